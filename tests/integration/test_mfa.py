# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""MFA trust, from the code on a phone to the payment, and the requests to BILL."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import world
from tests.emulator.control_client import Control
from tests.integration.payer import (
    CHALLENGE,
    CHECK,
    CLIENT,
    CODE,
    PARTNER,
    PAY,
    PAYMENT,
    REMEMBERED,
    SIGN_IN,
    SPEND_TOKEN,
    STEP_UP,
    SYNC_TOKEN,
    TRUSTED,
    VALIDATE,
    challenge,
    login,
    only,
    that,
    validate,
)
from tests.integration.project import Project, Run, secrets_in
from tests.integration.rows import Row, play_rows

DAY = 24 * 60 * 60

NOT_TRUSTED = (
    "This session is not MFA-trusted, and require_trusted is true. Run the role bill.connect.trust: "
    "a person enters the MFA code, and the role returns remember_me_id and device for later sessions."
)
MFA_ID_REJECTED = (
    "BILL does not trust this session with the MFA ID in remember_me_id. BILL accepts an MFA ID for 30 days, "
    "and only with the device name that it was created with (device). The role bill.connect.trust creates a new MFA ID."
)


@pytest.fixture
def trusting(payer: Project) -> Project:
    """The payer's project with a device that BILL remembers."""
    payer.variables(bill_api_url=payer.api_url, **REMEMBERED)
    return payer


@pytest.mark.promise(1)
def test_mfa_id_of_remembered_device_lets_payment_succeed(trusting: Project, bill: Control) -> None:
    for _run in range(2):
        run = trusting.play(TRUSTED, PAY, that("bill.trusted", "paid.json.amount == 12.5"))
        assert run.code == 0, run.output
        assert run.warnings == []
    assert bill.get("counts") == {SIGN_IN: 1, PAYMENT: 2}
    assert bill.get("state")["payments"] == 2
    body = bill.received()[0]["body"]
    assert (body["rememberMeId"], body["device"]) == (world.REMEMBERED_DEVICE.id, world.REMEMBERED_DEVICE.device)


@pytest.mark.promise(1)
@pytest.mark.promise(8)
@pytest.mark.promise(9)
def test_require_trusted_without_trust_fails_before_payment(payer: Project, bill: Control) -> None:
    payer.hosts("one", "two", "three")
    look_up = {
        "name": "Look up",
        "ansible.builtin.debug": {
            "msg": "{{ lookup('bill.connect.bill_login', 'user_id', require_trusted=true) }}",
        },
    }
    for task in (TRUSTED, look_up):
        run = payer.play(task, PAY)
        assert run.code == 2
        assert run.times(NOT_TRUSTED) >= 3, run.output
        assert run.times("failed=1") == 3
        assert secrets_in(run.output) == []
    # The single check asks whether BILL wants MFA at all.
    assert bill.get("counts") == {SIGN_IN: 1, CHECK: 1}


@pytest.mark.promise(9)
def test_payment_refused_without_trust_does_not_sign_in_again(payer: Project, bill: Control) -> None:
    again = login(check_after=0)
    run = payer.play(login(), {**PAY, "ignore_errors": True}, that("paid.status == 403"), again, login())
    assert run.code == 0, run.output
    assert run.recap()["changed"] == 1
    assert bill.get("counts") == {SIGN_IN: 1, PAYMENT: 1, CHECK: 1}


@pytest.mark.promise(9)
def test_bdc_1361_from_any_request_does_not_sign_in_again(payer: Project) -> None:
    asking = [
        (CHECK, login(check_after=0)),
        (CHECK, {"name": "Info", "bill.connect.bill_session_info": {"sign_in": True}}),
        (CHALLENGE, challenge()),
        (VALIDATE, {"name": "V", "bill.connect.bill_mfa_validate": {"challenge_id": "C-1", "token": "012345"}}),
        ("GET /v3/login/organizations", {"name": "Organizations", "bill.connect.bill_organizations_info": None}),
    ]
    rows = [
        Row(
            [{**task, "name": "Ask"}, login()],
            before=[login()],
            posts=[("faults", {"on": request, "times": None, "code": "BDC_1361"})],
        )
        for request, task in asking
    ]
    for (request, _task), seen in zip(asking, play_rows(payer, rows), strict=True):
        assert seen.failed == ["Ask"], seen.shown.output
        # For the calls that make a session trusted, missing trust is no explanation.
        of_mfa = request in (CHALLENGE, VALIDATE)
        why = "a session of this kind cannot pass MFA" if of_mfa else "the request requires an MFA-trusted session"
        assert seen.shown.shows(f"BILL answered BDC_1361: {why}"), seen.shown.output
        assert seen.requests == [request]


@pytest.mark.promise(1)
@pytest.mark.promise(2)
def test_stored_session_with_twenty_hosts_is_stepped_up_once(payer: Project, bill: Control) -> None:
    payer.play(login(), that("not bill.trusted"))
    payer.variables(bill_api_url=payer.api_url, **REMEMBERED)
    payer.hosts(*(f"host{number:02}" for number in range(20)))
    # A slow BILL makes tasks overlap.
    bill.post("settings", latency=0.05)
    run = payer.play(TRUSTED, that("bill.trusted and not bill.changed"), arguments=("--forks", "10"))
    assert run.code == 0, run.output
    assert bill.get("counts") == {SIGN_IN: 1, STEP_UP: 1}
    bill.post("settings", latency=0)
    payer.hosts("localhost")
    run = payer.play(login(), PAY)
    assert run.code == 0, run.output
    assert bill.get("counts") == {SIGN_IN: 1, STEP_UP: 1, PAYMENT: 1}


@pytest.mark.promise(8)
@pytest.mark.promise(9)
@pytest.mark.parametrize(
    ("offered", "wrong"),
    [
        (SIGN_IN, "thirty days old"),
        (STEP_UP, "another device"),
        pytest.param(SIGN_IN, "another device", marks=pytest.mark.slow),
        pytest.param(STEP_UP, "thirty days old", marks=pytest.mark.slow),
    ],
)
def test_mfa_id_rejected_is_reported_and_sent_once(payer: Project, bill: Control, offered: str, wrong: str) -> None:
    if wrong == "thirty days old":
        bill.advance(30 * DAY)
    if offered == STEP_UP:
        payer.play(login())
    device = REMEMBERED if wrong == "thirty days old" else {**REMEMBERED, "bill_device": "other-server"}
    payer.variables(bill_api_url=payer.api_url, **device)
    run = payer.play(login(), that("not bill.trusted"), login())
    assert run.code == 0, run.output
    assert run.times(f"[WARNING]: {MFA_ID_REJECTED}") == 1, run.output
    counts = {SIGN_IN: 1} | ({STEP_UP: 1} if offered == STEP_UP else {})
    assert bill.get("counts") == counts
    run = payer.play(TRUSTED, PAY)
    assert run.code == 2
    assert run.shows(MFA_ID_REJECTED), run.output
    assert run.shows("remember_me_id comes from the variable bill_remember_me_id; device comes from the variable")
    assert "WARNING" not in run.output
    assert bill.get("counts") == {**counts, CHECK: 1}
    # A refusal of one MFA ID does not apply to another.
    payer.variables(bill_api_url=payer.api_url, bill_remember_me_id="MFAID-findme-0", bill_device="any")
    payer.play(login())
    assert bill.get("counts") == {**counts, CHECK: 1, STEP_UP: counts.get(STEP_UP, 0) + 1}


def test_require_trusted_with_mfa_bypass_succeeds(payer: Project, bill: Control) -> None:
    bill.post("settings", mfa_bypass=[world.DEV_KEY])
    run = payer.play(TRUSTED, PAY, TRUSTED, that("not bill.trusted", "paid.status == 201"))
    assert run.code == 0, run.output
    assert run.warnings == []
    assert bill.get("counts") == {SIGN_IN: 1, CHECK: 1, PAYMENT: 1}


def test_partner_with_mfa_id_of_user_pays(payer: Project, bill: Control) -> None:
    payer.variables(bill_api_url=payer.api_url, **PARTNER, bill_user_id=world.PAYER.id, **REMEMBERED)
    run = payer.play(TRUSTED, PAY)
    assert run.code == 0, run.output
    assert bill.get("counts") == {"POST /v3/partner/login": 1, "POST /v3/partner/login-as-user": 1, PAYMENT: 1}
    [paid] = bill.get("payments")
    assert paid["user_id"] == world.PAYER.id
    as_user = bill.received()[1]["body"]
    assert (as_user["rememberMeId"], as_user["device"]) == (
        world.REMEMBERED_DEVICE.id,
        world.REMEMBERED_DEVICE.device,
    )


@pytest.mark.promise(8)
@pytest.mark.parametrize("variables", [SYNC_TOKEN, SPEND_TOKEN, PARTNER], ids=["sync_token", "spend_token", "partner"])
def test_require_trusted_with_method_without_trust_sends_nothing(
    payer: Project, bill: Control, variables: dict[str, str]
) -> None:
    only(payer, variables)
    method = variables["bill_auth_method"] + (" without user_id" if variables is PARTNER else "")
    run = payer.play(
        {**TRUSTED, "ignore_errors": True}, {**challenge(), "ignore_errors": True}, validate("012345", challenge_id="C")
    )
    assert run.code == 2
    assert run.shows(f"Sessions of auth_method {method} are never MFA-trusted, but require_trusted is true."), (
        run.output
    )
    assert run.shows(
        "Use auth_method password with remember_me_id and device. The role bill.connect.trust returns these values."
    )
    assert run.times(f"Sessions of auth_method {method} are never MFA-trusted. Use auth_method password.") >= 2
    assert run.shows("auth_method comes from the variable bill_auth_method")
    assert bill.get("counts") == {}


def test_oauth_with_require_trusted_pays_without_mfa(payer: Project, bill: Control) -> None:
    only(payer, CLIENT)
    run = payer.play(TRUSTED, PAY, that("bill.trusted is none"))
    assert run.code == 0, run.output
    assert run.warnings == []
    assert bill.get("counts") == {"POST /connect/authx/token": 1, PAYMENT: 1}


def check_no_secrets(run: Run, bill: Control) -> None:
    assert secrets_in(run.output) == []
    for message in bill.get("messages"):
        assert message["code"] not in run.output


@pytest.mark.promise(2)
@pytest.mark.promise(5)
def test_mfa_challenge_validate_and_payment_in_one_play_succeed(payer: Project, bill: Control) -> None:
    payer.variables(bill_api_url=payer.api_url, code=CODE)
    elsewhere = str(payer.home / "elsewhere")
    run = payer.play(
        challenge(),
        validate(remember_me=True, device="laptop", machine_name="desk 7"),
        TRUSTED,
        PAY,
        that(
            "challenge is changed and validated is changed and bill is not changed",
            "validated.trusted and validated.remember_me_id is string",
        ),
        login(
            session_store=elsewhere,
            remember_me_id="{{ validated.remember_me_id }}",
            device="laptop",
            remember_me_id_expires_on="{{ validated.remember_me_id_expires_on }}",
        ),
        that("bill is changed and bill.trusted and bill.remember_me_id_days_left in [29, 30]"),
        arguments=("-vvv",),
    )
    assert run.code == 0, run.output
    assert run.warnings == []
    # The second sign-in uses the MFA ID, because no session is stored.
    assert bill.get("counts") == {SIGN_IN: 2, CHALLENGE: 1, VALIDATE: 1, PAYMENT: 1}
    assert [received["body"] for received in bill.received() if received["path"] == "/v3/mfa/challenge"] == [{}]
    [given] = [received["body"] for received in bill.received() if received["path"].endswith("/validate")]
    message = bill.get("messages")[0]
    assert given == {
        "challengeId": message["id"],
        "token": message["code"],
        "rememberMe": True,
        "device": "laptop",
        "machineName": "desk 7",
    }
    check_no_secrets(run, bill)
    assert payer.secrets_on_disk() == []


def request_code(payer: Project, bill: Control) -> dict[str, str]:
    """The message with a code that an earlier run requested. The next run has the code in its variables."""
    run = payer.play(challenge())
    assert run.code == 0, run.output
    message: dict[str, str] = bill.get("messages")[-1]
    payer.variables(bill_api_url=payer.api_url, challenge={"challenge_id": message["id"]}, code=message["code"])
    return message


def wrong_code(code: str) -> str:
    """A code that BILL did not send."""
    return f"{(int(code) + 1) % 10**6:06d}"


@pytest.mark.promise(1)
def test_mfa_validate_in_later_run_accepts_code(payer: Project, bill: Control) -> None:
    run = payer.play(challenge(), arguments=("-v",))
    message = bill.get("messages")[-1]
    assert run.shows(f'"challenge_id": "{message["id"]}"'), run.output
    payer.variables(bill_api_url=payer.api_url, challenge={"challenge_id": message["id"]}, code=message["code"])
    run = payer.play(validate(), TRUSTED, PAY, that("validated.remember_me_id is none", "bill is not changed"))
    assert run.code == 0, run.output
    # The session is trusted, so the next run has a trusted session, too.
    assert payer.play(TRUSTED).recap()["changed"] == 0
    assert bill.get("counts") == {SIGN_IN: 1, CHALLENGE: 1, VALIDATE: 1, PAYMENT: 1}


@pytest.mark.promise(12)
def test_mfa_tasks_in_check_mode_send_nothing(payer: Project, bill: Control) -> None:
    run = payer.play(
        challenge(),
        validate("012345", challenge_id="C-1", remember_me=True, device="laptop"),
        that(
            "challenge is changed and challenge.challenge_id is none",
            "validated is changed and validated.trusted is none and validated.remember_me_id is none",
        ),
        arguments=("--check",),
    )
    assert run.code == 0, run.output
    assert bill.get("counts") == {}


@pytest.mark.promise(5)
@pytest.mark.promise(8)
def test_mfa_validate_after_wrong_code_accepts_right_code(payer: Project, bill: Control) -> None:
    message = request_code(payer, bill)
    wrong = wrong_code(message["code"])
    payer.variables(
        bill_api_url=payer.api_url, challenge={"challenge_id": message["id"]}, wrong=wrong, code=message["code"]
    )
    run = payer.play({**validate("{{ wrong }}"), "ignore_errors": True}, validate(), TRUSTED, arguments=("-vvv",))
    assert run.code == 0, run.output
    assert run.shows(
        "BILL answered BDC_1119 (HTTP status 400): it did not accept the code. Check the six digits. If they are right, ask for a new code."
    ), run.output
    assert wrong not in run.output
    check_no_secrets(run, bill)
    assert bill.get("counts") == {SIGN_IN: 1, CHALLENGE: 1, VALIDATE: 2}


@pytest.mark.promise(8)
def test_mfa_validate_expired_code_is_refused(payer: Project, bill: Control) -> None:
    request_code(payer, bill)
    bill.advance(300)
    run = payer.play(validate())
    assert run.code == 2
    assert run.shows("BILL answered BDC_1374: the MFA code has expired. Ask for a new code."), run.output
    assert bill.get("counts") == {SIGN_IN: 1, CHALLENGE: 1, VALIDATE: 1}


@pytest.mark.promise(8)
def test_mfa_validate_after_too_many_wrong_codes_is_refused(payer: Project, bill: Control) -> None:
    code = request_code(payer, bill)["code"]
    wrong = {**validate("{{ '%06d' % ((code | int + 1) % 1000000) }}"), "ignore_errors": True}
    assert code
    run = payer.play(wrong, wrong, wrong, {**validate(), "ignore_errors": True}, challenge())
    assert run.times("it did not accept the code") >= 3, run.output
    assert run.times("BILL answered BDC_1358: somebody entered too many wrong MFA codes.") >= 2
    assert bill.get("counts") == {SIGN_IN: 1, CHALLENGE: 2, VALIDATE: 4}
    bill.advance(600)
    assert payer.play({**challenge(), "bill.connect.bill_mfa_challenge": {"retries": 0}}).code == 0


@pytest.mark.promise(8)
def test_mfa_challenge_sixth_in_a_minute_is_refused(payer: Project, bill: Control) -> None:
    # BILL's minute follows its clock.
    bill.post("clock", set="2026-03-02T10:00:01Z")
    run = payer.play({**challenge(retries=0), "loop": [1, 2, 3, 4, 5, 6]})
    assert run.code == 2
    assert run.shows(
        "BILL answered BDC_1322: too many codes were requested within a minute (BILL sends five text messages"
    )
    assert len(bill.get("messages")) == 5
    bill.advance(60)
    assert payer.play(challenge()).code == 0
    assert bill.get("counts") == {SIGN_IN: 1, CHALLENGE: 7}


@pytest.mark.promise(8)
def test_mfa_validate_with_remember_me_requires_device(payer: Project, bill: Control) -> None:
    request_code(payer, bill)
    run = payer.play(validate(remember_me=True))
    assert run.code == 2
    assert run.shows("remember_me requires device, a name for the device that BILL remembers. Define bill_device."), (
        run.output
    )
    assert VALIDATE not in bill.get("counts")
    assert payer.play(validate(remember_me=True, device="laptop")).code == 0


@pytest.mark.promise(2)
@pytest.mark.promise(9)
def test_mfa_challenge_with_expired_session_renews_it_once(payer: Project, bill: Control) -> None:
    payer.play(login())
    bill.post("sessions/end")
    request_code(payer, bill)
    assert len(bill.get("messages")) == 1
    assert payer.play(validate(), TRUSTED).code == 0
    # The task asks BILL whether the session has really ended.
    assert bill.get("counts") == {SIGN_IN: 2, CHALLENGE: 2, CHECK: 1, VALIDATE: 1}


@pytest.mark.promise(8)
@pytest.mark.promise(9)
def test_mfa_validate_with_expired_session_does_not_sign_in(payer: Project, bill: Control) -> None:
    request_code(payer, bill)
    bill.post("sessions/end")
    run = payer.play({**validate(), "ignore_errors": True}, challenge())
    assert run.shows("The session that requested the code has expired. Ask for a new code."), run.output
    # The next challenge signs in. The code does not.
    assert run.recap()["ignored"] == 1
    assert bill.get("counts") == {SIGN_IN: 2, CHALLENGE: 3, CHECK: 1, VALIDATE: 1}
    assert [f"{received['method']} {received['path']}" for received in bill.received()][3:] == [
        CHALLENGE,
        CHECK,
        SIGN_IN,
        CHALLENGE,
    ]


@pytest.mark.promise(8)
def test_mfa_validate_without_stored_session_sends_nothing(payer: Project, bill: Control) -> None:
    run = payer.play(validate("012345", challenge_id="C-1"))
    assert run.code == 2
    assert run.shows("There is no stored session that requested the code. Ask for a new code with"), run.output
    assert bill.get("counts") == {}


@pytest.mark.promise(8)
@pytest.mark.parametrize("task", [challenge(), validate("012345", challenge_id="C-1")], ids=["challenge", "validate"])
def test_mfa_tasks_with_session_store_none_are_refused(payer: Project, bill: Control, task: dict[str, Any]) -> None:
    payer.environ["BILL_SESSION_STORE"] = "none"
    run = payer.play(task)
    assert run.code == 2
    assert run.shows("session_store none stores no session for another task. Set session_store to a directory."), (
        run.output
    )
    assert run.shows("session_store comes from the environment variable BILL_SESSION_STORE")
    assert bill.get("counts") == {}


@pytest.mark.promise(8)
def test_mfa_validate_code_changed_by_yaml_is_not_sent(payer: Project, bill: Control) -> None:
    request_code(payer, bill)
    (payer.folder / "code.yml").write_text("code: 012345\n")
    run = payer.play(validate(), arguments=("--extra-vars", "@code.yml"))
    assert run.code == 2
    assert run.shows(
        "must be the digits of the code. In a play, put them in quotes: YAML changes unquoted digits that begin with 0."
    ), run.output
    assert VALIDATE not in bill.get("counts")


@pytest.mark.parametrize("jinja2_native", ["0", "1"])
def test_mfa_validate_code_in_quotes_is_sent_unchanged(payer: Project, bill: Control, jinja2_native: str) -> None:
    payer.environ["ANSIBLE_JINJA2_NATIVE"] = jinja2_native
    codes = ["012345", "123456"]
    given = [{**validate(challenge_id="C-1"), "vars": {"code": code}, "ignore_errors": True} for code in codes]
    run = payer.play(login(), *given)
    assert run.code == 0, run.output
    assert [request["body"]["token"] for request in bill.received()[1:]] == codes
