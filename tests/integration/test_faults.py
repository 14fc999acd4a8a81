# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every line of the first table in the guide on faults, word for word: the fault, the requests to BILL, and the output."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.emulator import server, world
from tests.emulator.certificates import Authority, Certificate, self_signed
from tests.emulator.control_client import Control
from tests.integration.fault_table import (
    AS_USER,
    EMAIL,
    LIST,
    OF_BILL,
    PARTNER_SIGN_IN,
    READ,
    SPEND,
    TASK,
    WRITE,
    check_lines,
    row,
)
from tests.integration.payer import CHALLENGE, CHECK, CLIENT, PARTNER, SIGN_IN, SPEND_TOKEN, VALIDATE
from tests.integration.project import Project
from tests.integration.rows import Row
from tests.redis_servers import free_port


class Scene(NamedTuple):
    """Where a fault occurs: the request, the task, the variables beside the vault, and whether a session is stored."""

    request: str
    task: dict[str, Any] = TASK
    variables: Mapping[str, str] = {}
    stored: bool = False


def request(**options: Any) -> dict[str, Any]:
    return {"name": "Ask", "bill.connect.bill_request": {"path": "/v3/vendors", **options}}


NEW_VENDOR = {"method": "POST", "body": {"name": "Acorn", "address": {"line1": "1 Main Street"}}}
CODE = {"challenge_id": "CHALLENGE-1", "token": "012345"}
REMEMBER = {**CODE, "remember_me": True, "device": "laptop"}
# The payer's MFA ID. BILL does not trust another user with it.
OTHERS_MFA_ID = {"bill_remember_me_id": world.REMEMBERED_DEVICE.id, "bill_device": world.REMEMBERED_DEVICE.device}
MFA_ID_THAT_ENDS = {
    **OTHERS_MFA_ID,
    "bill_username": world.PAYER.username,
    "bill_password": world.PAYER.password,
    "bill_remember_me_id_expires_on": (datetime.now(timezone.utc) + timedelta(days=3)).date().isoformat(),
}
AS_PARTNER = {**PARTNER, "bill_user_id": world.USER.id}

# A fault comes from the emulator's behaviour for such a request, if it has any ...
FAULTS: list[tuple[Scene, dict[str, dict[str, Any] | None]]] = [
    (
        Scene(SIGN_IN),
        {
            "The user name or the password is wrong": {"code": "BDC_1101"},
            "The developer key is wrong": {"code": "BDC_1102"},
            "The developer key is inactive": {"code": "BDC_1103"},
            "The organization is locked": {"code": "BDC_1107"},
            "The login is locked": {"code": "BDC_1110"},
            "The organization is not one of the user's": {"code": "BDC_1123"},
            "The developer terms are not accepted": {"code": "BDC_1104"},
            "The user and the organization belong to different partners": {"code": "BDC_1106"},
            "The user is not active": {"code": "BDC_1111"},
            "BILL does not say why it refuses": {"code": "BDC_1113"},
            "A code that this collection does not know": {"code": "BDC_7777"},
            "BILL rejects a field": {"status": 400, "body": '[{"message": "username: must not be blank findme"}]'},
            "The requests of the clock hour are used up": {"code": "BDC_1144"},
            "Other programs have three requests in flight": {"code": "BDC_1322"},
            "A fault at BILL": {"code": "BDC_1001"},
            "A server before BILL has too many requests": {"status": 429, "body": "<html>findme Slow down</html>"},
            "A fault of a gateway before BILL": {"status": 502, "body": "<html>findme Bad Gateway</html>"},
            "A refusal in an object named errors": {
                "status": 401,
                "body": json.dumps({"errors": [{"code": "BDC_1101", "message": "findme"}]}),
            },
            "A refusal in an object of its own": {
                "status": 401,
                "body": json.dumps({"code": "BDC_1101", "message": "findme"}),
            },
            "A refusal with status 200": {"code": "BDC_1101", "status": 200},
            "A refusal with status 503": {"code": "BDC_1101", "status": 503},
            "The connection is reset": {"reset": True},
            "The response is cut off": {"cut": True},
            "The response does not come in time": {"slow": 5},
            "The response comes too slowly": {"drip": 5},
            "The response does not end": {"endless": True},
            "The response is not JSON": {"not_json": True},
            "The response is JSON of another shape": {"json": ["findme"]},
            "The response has no session": {"json": {"organizationId": world.ORGANIZATION.id, "other": "findme"}},
            "The session in the response is empty": {
                "json": {"sessionId": "", "organizationId": world.ORGANIZATION.id}
            },
            "The session belongs to another organization": {
                "json": {"sessionId": "SESSION-0123abcd", "organizationId": world.SECOND_ORGANIZATION.id}
            },
            "The response is a redirect": {"redirect": "http://127.0.0.1:9/findme"},
            "A refusal without a code": {"status": 401, "body": "<html>findme</html>"},
        },
    ),
    (
        Scene(CHECK, stored=True),
        {
            "The developer key was refused when the stored session was checked": {"code": "BDC_1103"},
            "The stored session has ended": {"code": "BDC_1109", "times": 1},
            "The stored session is not trusted": {"code": "BDC_1361"},
            "BILL says that the stored session belongs to another organization": {
                "json": {"organizationId": world.SECOND_ORGANIZATION.id}
            },
            "The check gets JSON of another shape": {"json": ["findme"]},
            "A fault at BILL while the stored session is checked": {"status": 503},
        },
    ),
    (
        Scene(CHALLENGE, {"name": "Challenge", "bill.connect.bill_mfa_challenge": None}, stored=True),
        {
            "``bill_mfa_challenge``: the user has no phone for MFA": {"code": "BDC_1354"},
            "``bill_mfa_challenge``: BILL's risk service refuses": {"code": "BDC_1570"},
            "``bill_mfa_challenge``: too many codes are requested": {"code": "BDC_1322"},
            "``bill_mfa_challenge``: the response is lost": {"reset": True, "acted": True},
            "``bill_mfa_challenge``: the response names no challenge": {"json": {"other": "findme"}},
        },
    ),
    (
        Scene(VALIDATE, {"name": "Validate", "bill.connect.bill_mfa_validate": CODE}, stored=True),
        {
            "``bill_mfa_validate``: the code is wrong": {"code": "BDC_1119"},
            "``bill_mfa_validate``: too many wrong codes were tried": {"code": "BDC_1358"},
            "``bill_mfa_validate``: the code has expired": {"code": "BDC_1374"},
            "``bill_mfa_validate``: the session that requested the code has expired": {"code": "BDC_1109"},
            "``bill_mfa_validate``: the response is lost": {"reset": True, "acted": True},
        },
    ),
    (
        Scene(VALIDATE, {"name": "Validate", "bill.connect.bill_mfa_validate": REMEMBER}, stored=True),
        {
            "``bill_mfa_validate``: the response holds no MFA ID": {"json": {"other": "findme"}},
        },
    ),
    (
        Scene(LIST, {"name": "List", "bill.connect.bill_organizations_info": None}, stored=True),
        {
            "``bill_organizations_info``: the response is not a list": {"json": {"other": "findme"}},
            "``bill_organizations_info``: the list does not end": {"json": {"results": [], "nextPage": "findme"}},
        },
    ),
    (
        Scene(WRITE, request(**NEW_VENDOR), stored=True),
        {
            "``bill_request``: the response to a write is lost": {"reset": True, "acted": True},
            "``bill_request``: the response to a write is cut off": {"cut": True},
            "``bill_request``: the response to a write does not come in time": {"slow": 5},
            "``bill_request``: BILL has a fault during a write": {"code": "BDC_1001"},
            "``bill_request``: a gateway before BILL has a fault during a write": {
                "status": 502,
                "body": "<html>findme Bad Gateway</html>",
            },
            "``bill_request``: the response to a write is not JSON": {"not_json": True},
            "``bill_request``: the response to a write is a redirect": {"redirect": "http://127.0.0.1:9/findme"},
            "``bill_request``: other programs have three requests in flight": {"code": "BDC_1322"},
            "``bill_request``: a server before BILL has too many requests": {
                "status": 429,
                "body": "<html>findme</html>",
            },
            "``bill_request``: the requests of the clock hour are used up": {"code": "BDC_1144"},
            "``bill_request``: BILL rejects fields": {
                "status": 400,
                "body": json.dumps(
                    [
                        {"code": "BDC_1108", "message": "name: must not be blank"},
                        {"message": "address: must not be null"},
                    ]
                ),
            },
            "``bill_request``: a code that this collection does not know": {"code": "BDC_7777"},
            "``bill_request``: the session is not trusted": {"code": "BDC_1361"},
            "``bill_request``: BILL does not accept the session, although it is valid": {"code": "BDC_1109"},
            "``bill_request``: the organization in the request is not one of the user's": {"code": "BDC_1123"},
        },
    ),
    (
        Scene(WRITE, request(**NEW_VENDOR, expected_status=[200]), stored=True),
        {
            "``bill_request``: a write has succeeded, but not as expected": None,
        },
    ),
    (
        Scene(EMAIL, request(path="/v3/invoices/00e01/email", method="POST", body={}), stored=True),
        {
            "``bill_request``: too many calls in a minute that send an email": {"code": "BDC_1144"},
        },
    ),
    (
        Scene(READ, request(), stored=True),
        {
            "``bill_request``: there is no such API": {"code": "BDC_1121"},
            "``bill_request``: BILL has a fault during a read": {"status": 503},
            "``bill_request``: the response to a read is lost": {"reset": True},
            "``bill_request``: a read gets an empty response": {"status": 204},
            "``bill_request``: a server before BILL refuses a read": {
                "status": 403,
                "body": '{"message": "Forbidden"}',
            },
        },
    ),
    (
        Scene(READ, request(expected_status=[404]), stored=True),
        {
            "``bill_request``: a read has succeeded, but not as expected": None,
        },
    ),
    (
        Scene(READ, request(paginate=True), stored=True),
        {
            "``bill_request``: ``paginate`` for a response that is not a list": {"json": {"other": "findme"}},
            "``bill_request``: BILL refuses the size of the page, and half of it": {
                "status": 400,
                "body": json.dumps([{"code": "BDC_1129", "message": "max: must be between 1 and 50"}]),
            },
            "``bill_request``: the list does not end": {"json": {"results": [], "nextPage": "findme"}},
        },
    ),
    (
        Scene(SIGN_IN, {"name": "Sign in", "bill.connect.bill_login": {"require_trusted": True}}),
        {
            "Trust is required, and the session is not trusted": None,
        },
    ),
    (
        Scene(SIGN_IN, variables=OTHERS_MFA_ID),
        {
            "BILL does not trust the MFA ID": None,
        },
    ),
    (
        Scene(SIGN_IN, {"name": "Sign in", "bill.connect.bill_login": {"require_trusted": True}}, OTHERS_MFA_ID),
        {
            "Trust is required, and BILL does not trust the MFA ID": None,
        },
    ),
    (
        Scene(SIGN_IN, variables=MFA_ID_THAT_ENDS),
        {
            "The MFA ID ends soon": None,
        },
    ),
    (
        Scene(PARTNER_SIGN_IN, variables=AS_PARTNER),
        {
            "``partner``: the user name or the password is wrong": {"code": "BDC_1101"},
            "``partner``: the app key is wrong": {"code": "BDC_1102"},
            "``partner``: the app key is inactive": {"code": "BDC_1103"},
        },
    ),
    (
        Scene(AS_USER, variables=AS_PARTNER),
        {
            "``partner``: there is no such user": {"code": "BDC_1111"},
            "``partner``: the organization is not one of the partner's": {"code": "BDC_1123"},
        },
    ),
    (
        Scene("POST *authx/token", variables=CLIENT),
        {
            "``oauth``: the client id or the secret is wrong": {
                "status": 401,
                "body": json.dumps({"error": "invalid_client"}),
            },
            "``oauth``: the client is refused with a code of BILL's": {"code": "BDC_1101"},
            "``oauth``: the client is refused with the HTTP status alone": {"status": 401},
            "``oauth``: the app may not sign in in this way": {
                "status": 400,
                "body": json.dumps({"error": "unauthorized_client"}),
            },
            "``oauth``: the request is not understood": {
                "status": 400,
                "body": json.dumps({"error": "invalid_request"}),
            },
            "``oauth``: there are no tokens at the address": {"status": 404},
            "``oauth``: the response has no token": {"json": {"token_type": "Bearer", "other": "findme"}},
        },
    ),
    (
        Scene(SPEND, variables=SPEND_TOKEN),
        {
            "``spend_token``: the token is wrong": {"code": "BDC_1109"},
            "``spend_token``: the token is refused with the HTTP status alone": {"status": 401},
            "``spend_token``: the calls of the minute are used up": {"code": "BDC_1144"},
            "``spend_token``: the calls are refused with the HTTP status alone": {"status": 429},
        },
    ),
]
FAULT_OF_LINE = {wrong: (scene, how) for scene, faults in FAULTS for wrong, how in faults.items()}


# ... or from what the user has done.
NOBODY = "No server listens at the address"
ADDRESSES: dict[str, Callable[[str], str]] = {
    "The address does not lead to BILL's API": lambda api_url: f"{api_url}/elsewhere",
    "The https address does not serve TLS": lambda api_url: api_url.replace("http:", "https:"),
}
NO_STORE, DAMAGED = "The session store cannot be used", "The stored session is damaged"
NO_REDIS = "Redis cannot be used"

# ... or from BILL's certificate. The user trusts its authority in every case except the last.
CERTIFICATES: dict[str, Callable[[Authority], Certificate]] = {
    "The certificate has expired": Authority.expired,
    "The certificate is not valid yet": Authority.not_yet_valid,
    "The certificate is for another host": Authority.for_another_host,
    "The certificate is self-signed": lambda authority: self_signed(authority.file.parent / "self-signed"),
    "The certificate comes from an authority that is not trusted": Authority.good,
}

# The requests that share one run of a playbook. There are few runs, and none takes much longer than the others.
RUNS = {
    "signing in": [SIGN_IN],
    "checking": [CHECK],
    "MFA": [CHALLENGE, VALIDATE],
    "reading": [LIST, READ],
    "writing": [WRITE],
    "partner": [PARTNER_SIGN_IN, AS_USER],
    "oauth": ["POST *authx/token"],
    "minutes": [SPEND, EMAIL],
}


def test_fault_table_each_line_has_a_test() -> None:
    assert sorted(OF_BILL) == sorted([*FAULT_OF_LINE, *ADDRESSES, *CERTIFICATES, NOBODY, NO_STORE, NO_REDIS, DAMAGED])
    assert sorted(request for requests in RUNS.values() for request in requests) == sorted(
        {scene.request for scene, _faults in FAULTS}
    )


def fault_row(wrong: str) -> Row:
    scene, how = FAULT_OF_LINE[wrong]
    check_after = {"bill_check_after": 0} if scene.stored else {}
    return row(
        wrong,
        scene.task,
        variables={**scene.variables, **check_after},
        before=[{**TASK, "vars": {"bill_check_after": 300}}] if scene.stored else [],
        posts=[("faults", {"on": scene.request, "times": None, **how})] if how else [],
    )


@pytest.mark.promise(4)
@pytest.mark.promise(8)
@pytest.mark.promise(9)
@pytest.mark.promise(15)
@pytest.mark.parametrize("name", RUNS)
def test_fault_table_faults_of_bill_are_handled_as_documented(project: Project, name: str) -> None:
    if name == "minutes":
        # There is a minute between two tries.
        project.leap_over_waits()
    check_lines(
        project,
        {wrong: fault_row(wrong) for wrong, (scene, _how) in FAULT_OF_LINE.items() if scene.request in RUNS[name]},
    )


@pytest.mark.promise(7)
@pytest.mark.promise(8)
@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_fault_table_addresses_and_certificates_are_handled_as_documented(project: Project, tmp_path: Path) -> None:
    with socket.socket() as taken, ExitStack() as servers:
        # The socket holds the port, so no other program can use it. It does not listen.
        taken.bind(("127.0.0.1", 0))
        urls = {wrong: lead(project.api_url) for wrong, lead in ADDRESSES.items()}
        urls[NOBODY] = f"http://127.0.0.1:{taken.getsockname()[1]}/connect"
        variables: dict[str, dict[str, str]] = {wrong: {"bill_api_url": url} for wrong, url in urls.items()}
        authority = Authority(tmp_path / "authority")
        received_by = {}
        for wrong, show in CERTIFICATES.items():
            shown = show(authority)
            url = servers.enter_context(server.running(shown.certificate, shown.private_key))
            trusted = {} if "authority" in wrong else {"bill_ca_path": str(authority.file)}
            variables[wrong] = {"bill_api_url": url, **trusted}
            received_by[wrong] = Control(url, verify=False)
        check_lines(
            project, {wrong: row(wrong, TASK, variables=where) for wrong, where in variables.items()}, received_by
        )


@pytest.mark.promise(1)
@pytest.mark.promise(13)
def test_fault_table_faults_of_store_are_handled_as_documented(project: Project) -> None:
    (no_store := project.home / "no store").write_text("a file where the directory should be")
    damaged = {"bill_session_store": str(project.home / "damaged")}
    damage = {
        "name": "Damage it",
        "ansible.builtin.shell": f"truncate -s -10 {damaged['bill_session_store']}/*.session",
    }
    check_lines(
        project,
        {
            DAMAGED: row(DAMAGED, TASK, variables=damaged, before=[TASK, damage]),
            # This line is the last, because after it the run has one session for every store.
            NO_STORE: row(NO_STORE, TASK, variables={"bill_session_store": str(no_store)}),
        },
    )


@pytest.mark.promise(13)
def test_fault_table_fault_of_redis_is_handled_as_documented(project: Project) -> None:
    away = {"bill_session_store": f"redis://127.0.0.1:{free_port()}"}
    check_lines(project, {NO_REDIS: row(NO_REDIS, TASK, variables=away)})
