# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role bill.connect.trust: a person at a terminal or a program returns the code, and later runs pay without one."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tests.emulator import world
from tests.emulator.control_client import Control
from tests.integration.leaks import MARKS, Leaks
from tests.integration.payer import CHALLENGE, CODE, PAY, PAYMENT, SIGN_IN, TRUSTED, VALIDATE, challenge, that
from tests.integration.project import Project, Run, secrets_in
from tests.integration.terminal import at_a_terminal
from tests.integration.watcher import Watcher

ROLE: dict[str, Any] = {"name": "Trust", "ansible.builtin.import_role": {"name": "bill.connect.trust"}}
LEAKS = Leaks(*MARKS)
PROMPT = "BILL has sent a code to your phone. Please type its six digits:"
STORE_TRUST: dict[str, Any] = {
    "name": "Keep it",
    "ansible.builtin.copy": {
        "content": "{{ bill_trust | to_nice_yaml | ansible.builtin.vault(lookup('ansible.builtin.file', 'vault_password')) }}",
        "dest": "{{ playbook_dir }}/group_vars/all/trust.yml",
        "mode": "0600",
        # Without this, copy takes the text for a source to decrypt, and writes it in clear text.
        "decrypt": False,
    },
    "no_log": True,
}
NOT_SET = that("bill_trust is not defined")


def check_no_secrets(project: Project, run: Run, typed: str = "") -> None:
    """Check that no secret is on the screen or the disk. The code appears only where the person typed it."""
    assert secrets_in(run.output) == []
    assert project.secrets_on_disk() == []
    assert not typed or run.output.count(typed) <= 1, run.output


@pytest.mark.promise(1)
@pytest.mark.promise(5)
@pytest.mark.promise(6)
def test_role_trust_code_typed_lets_later_runs_pay(payer: Project, bill: Control) -> None:
    watcher = Watcher((str(payer.home),))
    payer.watch = watcher.watch
    day = datetime.now(timezone.utc).date()
    with at_a_terminal(payer, ROLE, STORE_TRUST) as terminal:
        terminal.asks(PROMPT)
        terminal.types((code := bill.last_code()) + "\r")
        run = terminal.ends()
    assert run.code == 0, run.output
    days = {(end + timedelta(days=30)).isoformat() for end in (day, datetime.now(timezone.utc).date())}
    assert any(run.shows(f"BILL trusts bill-connect until {end}.") for end in days), run.output
    assert run.shows("The variable bill_trust holds the values for later runs")
    check_no_secrets(payer, run, code)
    # The search includes temporary files that were gone at the end.
    assert any("ansible-local-" in place for place in watcher.seen)
    files = {place: seen for place, seen in watcher.seen.items() if place != "environ"}
    assert not [place for place, seen in files.items() if any(LEAKS.in_bytes(each) for each in seen)]
    assert bill.get("counts") == {SIGN_IN: 1, CHALLENGE: 1, VALIDATE: 1}
    assert (payer.folder / "group_vars" / "all" / "trust.yml").read_text().startswith("$ANSIBLE_VAULT;")
    # The code made the stored session trusted. A new session needs the MFA ID in the file.
    shutil.rmtree(payer.home / ".ansible" / "bill")
    run = payer.play(TRUSTED, PAY, that("bill.remember_me_id_days_left in [29, 30]"))
    assert run.code == 0, run.output
    assert run.warnings == []
    check_no_secrets(payer, run)
    assert bill.get("counts") == {SIGN_IN: 2, CHALLENGE: 1, VALIDATE: 1, PAYMENT: 1}
    assert bill.received()[-2]["body"]["device"] == "bill-connect"


@pytest.mark.promise(8)
def test_role_trust_without_terminal_accepts_code_in_next_run(payer: Project, bill: Control) -> None:
    run = payer.play(ROLE)
    assert run.code == 2
    message = bill.get("messages")[-1]
    assert run.shows(
        "No code was given. If there is no terminal to type the code in, run this again within a few minutes, with "
        f"-e bill_mfa_challenge_id={message['id']} -e bill_mfa_token= and the six digits."
    ), run.output
    given = ("-e", f"bill_mfa_challenge_id={message['id']}", "-e", f"bill_mfa_token={message['code']}")
    run = payer.play(ROLE, TRUSTED, arguments=("-vvv", *given))
    assert run.code == 0, run.output
    assert run.shows("BILL trusts bill-connect until")
    assert secrets_in(run.output) == []
    assert bill.get("counts") == {SIGN_IN: 1, CHALLENGE: 1, VALIDATE: 1}


@pytest.mark.promise(5)
def test_role_trust_code_from_program_is_requested_once_for_three_hosts(payer: Project, bill: Control) -> None:
    # The program must not use this earlier code.
    payer.play(challenge())
    payer.hosts("one", "two", "three")
    payer.variables(
        bill_api_url=payer.api_url, bill_mfa_token=CODE, bill_device="build-7", bill_mfa_machine_name="rack 2"
    )
    run = payer.play(
        ROLE, that("bill_trust.bill_device == 'build-7' and bill_trust | length == 3"), TRUSTED, arguments=("-vvv",)
    )
    assert run.code == 0, run.output
    assert run.times("BILL trusts build-7 until") == 1
    check_no_secrets(payer, run)
    assert bill.last_code() not in run.output
    assert bill.get("counts") == {SIGN_IN: 1, CHALLENGE: 2, VALIDATE: 1}
    given = bill.received()[-1]["body"]
    assert (given["device"], given["machineName"], given["rememberMe"]) == ("build-7", "rack 2", True)


@pytest.mark.promise(8)
def test_role_trust_strategy_that_ignores_run_once_is_refused_before_a_code_is_sent(
    payer: Project, bill: Control
) -> None:
    payer.hosts("one", "two")
    included: dict[str, Any] = {"name": "Trust", "ansible.builtin.include_role": {"name": "bill.connect.trust"}}
    once = {**challenge(), "run_once": True}
    run = payer.plays(
        {"strategy": "free", "ignore_errors": True, "tasks": [once]},
        {"strategy": "ansible.builtin.host_pinned", "tasks": [included]},
    )
    assert run.code == 2
    assert run.shows("The strategy free of this play ignores run_once, so BILL would send a code for every host.")
    assert run.shows("The strategy ansible.builtin.host_pinned of this play ignores run_once"), run.output
    assert bill.get("counts") == {}


@pytest.mark.promise(12)
@pytest.mark.parametrize(
    "given", [{}, {"bill_mfa_token": "012345", "bill_mfa_challenge_id": "C-1"}], ids=["without code", "with code"]
)
def test_role_trust_check_mode_asks_and_sends_nothing(payer: Project, bill: Control, given: dict[str, str]) -> None:
    payer.variables(bill_api_url=payer.api_url, **given)
    with at_a_terminal(payer, ROLE, NOT_SET, arguments=("--check",)) as terminal:
        run = terminal.ends()
    assert run.code == 0, run.output
    assert not run.shows(PROMPT)
    assert bill.get("counts") == {}


@pytest.mark.parametrize("key", [pytest.param("a", marks=pytest.mark.terminal), "c"])
def test_role_trust_aborted_at_prompt_can_run_again(payer: Project, bill: Control, key: str) -> None:
    with at_a_terminal(payer, ROLE) as terminal:
        terminal.asks(PROMPT)
        terminal.types("\x03")
        terminal.asks("Press 'C' to continue the play or 'A' to abort")
        terminal.types(key)
        run = terminal.ends()
    assert run.code == 2
    assert run.shows("run this again within a few minutes") == (key == "c"), run.output
    assert bill.get("counts") == {SIGN_IN: 1, CHALLENGE: 1}
    check_no_secrets(payer, run)
    with at_a_terminal(payer, ROLE) as terminal:
        terminal.asks(PROMPT)
        terminal.types(bill.last_code() + "\r")
        assert terminal.ends().code == 0
    assert bill.get("counts") == {SIGN_IN: 1, CHALLENGE: 2, VALIDATE: 1}


@pytest.mark.promise(8)
def test_role_trust_wrong_code_is_reported_and_next_run_requests_another(payer: Project, bill: Control) -> None:
    with at_a_terminal(payer, ROLE) as terminal:
        terminal.asks(PROMPT)
        wrong = f"{(int(bill.last_code()) + 1) % 10**6:06d}"
        terminal.types(wrong + "\r")
        run = terminal.ends()
    assert run.code == 2
    assert run.shows("BILL answered BDC_1119 (HTTP status 400): it did not accept the code. Check the six digits"), (
        run.output
    )
    check_no_secrets(payer, run, wrong)
    with at_a_terminal(payer, ROLE, TRUSTED) as terminal:
        terminal.asks(PROMPT)
        terminal.types(bill.last_code() + "\r")
        assert terminal.ends().code == 0
    assert bill.get("counts") == {SIGN_IN: 1, CHALLENGE: 2, VALIDATE: 2}


@pytest.mark.terminal
@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("typed", "message"), [("", "No code was given."), ("12345", "must be the digits of the code")]
)
def test_role_trust_malformed_code_is_not_sent(payer: Project, bill: Control, typed: str, message: str) -> None:
    with at_a_terminal(payer, ROLE) as terminal:
        terminal.asks(PROMPT)
        terminal.types(typed + "\r")
        run = terminal.ends()
    assert run.code == 2
    assert run.shows(message), run.output
    assert bill.get("counts") == {SIGN_IN: 1, CHALLENGE: 1}


def test_role_trust_user_without_phone_is_not_asked(payer: Project, bill: Control) -> None:
    payer.environ |= {"BILL_USERNAME": world.USER.username, "BILL_PASSWORD": world.USER.password}
    with at_a_terminal(payer, ROLE) as terminal:
        run = terminal.ends()
    assert run.code == 2
    assert run.shows("BILL answered BDC_1354: this user has no phone for MFA, or the phone does not work."), run.output
    assert PROMPT not in run.output
