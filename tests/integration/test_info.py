# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The results of bill_session_info and bill_organizations_info, and the requests that they send."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from tests.emulator import world
from tests.emulator.control_client import Control
from tests.integration.payer import (
    CHALLENGE,
    CHECK,
    CLIENT,
    CODE,
    CONSOLE,
    PARTNER,
    PAYER,
    REMEMBERED,
    SIGN_IN,
    SPEND_TOKEN,
    SYNC_TOKEN,
    VALIDATE,
    challenge,
    login,
    only,
    only_these,
    that,
    validate,
)
from tests.integration.project import Project, secrets_in
from tests.integration.rows import Row, play_rows

LEFT = "task {{ bill.remember_me_id_days_left }}, info {{ session.remember_me_id_days_left }}"
NOTHING_OF_A_SESSION = [
    f"session.{name} is none"
    for name in ("organization_id", "user_id", "trusted", "mfa_status", "mfa_bypass", "expires_at", "expires_in")
]


def info(**options: Any) -> dict[str, Any]:
    return {"name": "Info", "bill.connect.bill_session_info": options or None, "register": "session"}


def test_session_info_without_stored_session_sends_nothing(payer: Project, bill: Control) -> None:
    run = payer.play(
        info(),
        that(
            "not session.signed_in and session is not changed",
            *NOTHING_OF_A_SESSION,
            "session.api_url == bill_api_url and session.auth_method == 'password'",
        ),
    )
    assert run.code == 0, run.output
    assert bill.get("counts") == {}


@pytest.mark.promise(2)
@pytest.mark.promise(5)
def test_session_info_stored_session_is_validated_each_time(payer: Project, bill: Control) -> None:
    about = [
        "session.signed_in and session is not changed",
        f"session.user_id == '{world.PAYER.id}' and session.organization_id == '{world.ORGANIZATION.id}'",
        "session.trusted is false and session.mfa_status == 'CHALLENGE' and session.mfa_bypass is false",
        "session.expires_in is integer and 2000 < session.expires_in <= 2100",
        "session.expires_at is match('20..-..-..T..:..:..Z')",
    ]
    run = payer.play(login(), info(), that(*about), info(sign_in=True), that(*about), arguments=("-vvvvv",))
    assert run.code == 0, run.output
    assert run.shows('"signed_in": true')
    assert secrets_in(run.output) == []
    assert bill.get("counts") == {SIGN_IN: 1, CHECK: 2}


@pytest.mark.promise(2)
@pytest.mark.slow
def test_session_info_without_valid_session_signs_in_only_on_request(payer: Project, bill: Control) -> None:
    run = payer.play(
        info(sign_in=True),
        that("session.signed_in and session is changed and session.mfa_status == 'CHALLENGE'"),
        info(sign_in=True),
        that("session.signed_in and session is not changed"),
    )
    assert run.code == 0, run.output
    bill.post("sessions/end")
    run = payer.play(info(), that("not session.signed_in", *NOTHING_OF_A_SESSION))
    assert run.code == 0, run.output
    # BILL's first response was enough: this run does not ask again.
    assert payer.play(info()).code == 0
    assert bill.get("counts") == {SIGN_IN: 1, CHECK: 3}
    assert payer.play(info(sign_in=True)).recap()["changed"] == 1
    assert bill.get("counts")[SIGN_IN] == 2


def test_session_info_before_and_after_mfa_code_reports_trust(payer: Project, bill: Control) -> None:
    payer.variables(bill_api_url=payer.api_url, code=CODE)
    run = payer.play(
        challenge(),
        info(),
        that("not session.trusted and session.mfa_status == 'CHALLENGE'"),
        validate(),
        info(),
        that("session.trusted and session.mfa_status == 'COMPLETE' and not session.mfa_bypass"),
    )
    assert run.code == 0, run.output


def test_session_info_mfa_bypass_is_reported(payer: Project, bill: Control) -> None:
    bill.post("settings", mfa_bypass=[world.DEV_KEY])
    run = payer.play(
        info(sign_in=True), that("session.mfa_bypass and session.mfa_status == 'DISABLED' and not session.trusted")
    )
    assert run.code == 0, run.output


# What each method knows about its session: the user, the trust, and the expiry.
METHODS: dict[str, tuple[dict[str, str], list[str]]] = {
    "sync_token": (
        SYNC_TOKEN,
        [
            f"session.user_id == '{world.SYNC_TOKEN.user_id}' and not session.trusted and session.mfa_status == 'UNDEFINED'",
            "172700 < session.expires_in <= 172800",
        ],
    ),
    "console_token": (
        CONSOLE,
        [
            f"session.user_id == '{world.CONSOLE_ACCOUNT.user_id}' and session.trusted is false",
            f"session.organization_id == '{world.CLIENT_ORGANIZATION.id}'",
        ],
    ),
    "partner": (
        {**PARTNER, "bill_user_id": world.PAYER.id},
        [f"session.user_id == '{world.PAYER.id}' and session.trusted is false and session.mfa_status == 'CHALLENGE'"],
    ),
    "partner itself": (
        PARTNER,
        ["session.user_id is none and session.organization_id is none and session.trusted is none"],
    ),
    "oauth": (
        CLIENT,
        [
            f"session.user_id == '{world.CLIENT.user_id}' and session.trusted is none",
            "session.mfa_status == 'COMPLETE' and 800 < session.expires_in <= 900",
        ],
    ),
    "spend_token": (
        SPEND_TOKEN,
        [
            f"session.user_id == '{world.SPEND_TOKEN.user_id}' and session.organization_id is none",
            "session.trusted is none and session.expires_at is none and session.expires_in is none",
        ],
    ),
}


@pytest.mark.promise(2)
@pytest.mark.promise(5)
def test_session_info_each_auth_method_reports_its_session(project: Project) -> None:
    project.without_vault()
    rows = [
        Row(
            [
                info(),
                that("not session.signed_in"),
                info(sign_in=True),
                that("session.signed_in", f"session is {'not ' if method == 'spend_token' else ''}changed", *about),
                info(),
                that(
                    "session.signed_in and session is not changed and session.auth_method == bill_auth_method", *about
                ),
            ],
            only_these(project, variables),
        )
        for method, (variables, about) in METHODS.items()
    ]
    for method, seen in zip(METHODS, play_rows(project, rows, "-vvvvv"), strict=True):
        assert seen.failed == [], seen.shown.output
        assert secrets_in(seen.shown.output) == [], method
        assert sum(request in (SIGN_IN, "POST /v3/partner/login") for request in seen.requests) <= 1, method


def today() -> date:
    return datetime.now(timezone.utc).date()


def test_mfa_id_ending_within_a_week_warns(project: Project) -> None:
    message = {8: None, 7: "days left: 7", 0: "days left: 0", -1: "days left: 0"}
    variables = {**{name.lower(): value for name, value in PAYER.items()}, **REMEMBERED}
    project.without_vault()
    begin = None
    # Repeat if a day has ended in the meantime.
    while begin != today():
        begin = today()
        ends_on = {days: (begin + timedelta(days=days)).isoformat() for days in message}
        rows = [
            Row(
                [login(force=True), info(), {"name": "Show", "ansible.builtin.debug": {"msg": LEFT}}],
                {**variables, "bill_remember_me_id_expires_on": ends_on[days]},
            )
            for days in message
        ]
        all_seen = play_rows(project, rows)
    for (days, left), seen in zip(message.items(), all_seen, strict=True):
        run = seen.shown
        assert seen.failed == [], run.output
        assert run.shows(f"task {days}, info {days}")
        warned = [text for text in run.warnings if "MFA ID" in text]
        assert len(warned) == (1 if left else 0), run.output
        if left:
            whole = f"The MFA ID in remember_me_id expires on {ends_on[days]} ({left}). Create a new one with the role bill.connect.trust."
            assert run.shows(whole), run.output


LIST = "GET /v3/login/organizations"
ORGANIZATIONS: dict[str, Any] = {
    "name": "Organizations",
    "bill.connect.bill_organizations_info": None,
    "register": "found",
}


def names(*organizations: world.Organization) -> str:
    return f"found.organizations | map(attribute='name') | list == {[one.name for one in organizations]}"


@pytest.mark.promise(2)
@pytest.mark.promise(5)
def test_organizations_info_with_several_pages_reads_all(project: Project, bill: Control) -> None:
    bill.post("settings", organizations_page=1)
    three = names(world.ORGANIZATION, world.SECOND_ORGANIZATION, world.LOCKED_ORGANIZATION)
    run = project.play(
        ORGANIZATIONS,
        that("found is changed", three),
        ORGANIZATIONS,
        that("found is not changed", three),
        arguments=("-v",),
    )
    assert run.code == 0, run.output
    assert run.shows("bill.connect: organizations: 1, pages: 1")
    assert run.shows("bill.connect: organizations: 3, pages: 3")
    assert run.shows(f'"name": "{world.SECOND_ORGANIZATION.name}"')
    assert secrets_in(run.output) == []
    assert bill.get("counts") == {SIGN_IN: 1, LIST: 6}


REACHED: list[tuple[dict[str, str], tuple[world.Organization, ...], dict[str, int]]] = [
    (CONSOLE, (world.ORGANIZATION, world.SECOND_ORGANIZATION, world.CLIENT_ORGANIZATION), {SIGN_IN: 1, LIST: 1}),
    (
        PARTNER,
        (world.ORGANIZATION, world.LOCKED_ORGANIZATION),
        {"POST /v3/partner/login": 1, "GET /v3/partner/organizations": 1},
    ),
    (CLIENT, (world.ORGANIZATION,), {"POST /connect/authx/token": 1, LIST: 1}),
]


def test_organizations_info_other_auth_methods_list_their_organizations(project: Project) -> None:
    project.without_vault()
    rows = [
        Row([ORGANIZATIONS, that(names(*reached))], only_these(project, variables))
        for variables, reached, _expected in REACHED
    ]
    for (_variables, _reached, expected), seen in zip(REACHED, play_rows(project, rows), strict=True):
        assert seen.failed == [], seen.shown.output
        assert seen.counts == expected


@pytest.mark.promise(8)
def test_organizations_info_spend_token_is_refused(payer: Project, bill: Control) -> None:
    only(payer, SPEND_TOKEN)
    run = payer.play(ORGANIZATIONS)
    assert run.code == 2
    assert run.shows("auth_method spend_token has no list of organizations. (auth_method comes from"), run.output
    assert bill.get("counts") == {}


FOUR = (challenge(), validate("012345", challenge_id="C-1"), info(), ORGANIZATIONS)


def test_module_defaults_of_group_apply_to_all_four_tasks(payer: Project, bill: Control) -> None:
    given = {name.lower().removeprefix("bill_"): value for name, value in PAYER.items()}
    payer.environ.clear()
    payer.variables(nothing=None)
    run = payer.play(
        *({**task, "ignore_errors": True} for task in FOUR),
        module_defaults={"group/bill.connect.bill": {**given, "api_url": payer.api_url}},
    )
    assert run.recap()["ignored"] == 1, run.output
    assert bill.get("counts") == {SIGN_IN: 1, CHALLENGE: 1, VALIDATE: 1, CHECK: 1, LIST: 1}
    assert {received["headers"].get("devkey", world.DEV_KEY) for received in bill.received()} == {world.DEV_KEY}


def test_tasks_delegated_to_other_host_warn_once_each(payer: Project, bill: Control) -> None:
    payer.hosts("localhost", "other")
    run = payer.play(
        *({**task, "delegate_to": "other", "run_once": True, "ignore_errors": True} for task in FOUR),
        challenge(),
        arguments=("--limit", "localhost"),
    )
    for name in ("mfa_challenge", "mfa_validate", "session_info", "organizations_info"):
        assert run.times(f"bill.connect.bill_{name} always runs on the controller; delegate_to does not change") == 1


@pytest.mark.promise(5)
def test_output_loop_of_users_has_no_passwords(payer: Project, bill: Control) -> None:
    users = [{"username": one.username, "password": one.password} for one in world.CLERKS[:2]]
    payer.variables(bill_api_url=payer.api_url, users=users)
    who = {"username": "{{ item.username }}", "password": "{{ item.password }}"}
    run = payer.play(
        {**info(sign_in=True, **who), "loop": "{{ users }}"},
        {**ORGANIZATIONS, "bill.connect.bill_organizations_info": who, "loop": "{{ users }}"},
        {**challenge(**who), "loop": "{{ users }}", "ignore_errors": True},
        that(
            f"session.results | map(attribute='user_id') | list == {[one.id for one in world.CLERKS[:2]]}",
            "found.results | map(attribute='changed') | list == [false, false]",
        ),
    )
    assert run.code == 0, run.output
    assert run.shows("BILL answered BDC_1354: this user has no phone for MFA")
    assert secrets_in(run.output) == []
    assert bill.get("counts") == {SIGN_IN: 2, CHECK: 2, LIST: 2, CHALLENGE: 2}
