# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The user who pays, with a phone and a remembered device, the other users, and the tasks that lead to a payment."""

from __future__ import annotations

from typing import Any

from tests.emulator import world
from tests.integration.project import Project

SIGN_IN, CHECK, STEP_UP, PAYMENT = (
    "POST /v3/login",
    "GET /v3/login/session",
    "POST /v3/mfa/step-up",
    "POST /v3/payments",
)
CHALLENGE, VALIDATE = "POST /v3/mfa/challenge", "POST /v3/mfa/challenge/validate"

PAYER = {
    "BILL_USERNAME": world.PAYER.username,
    "BILL_PASSWORD": world.PAYER.password,
    "BILL_ORGANIZATION_ID": world.ORGANIZATION.id,
    "BILL_DEV_KEY": world.DEV_KEY,
}
REMEMBERED = {
    "bill_remember_me_id": world.REMEMBERED_DEVICE.id,
    "bill_device": world.REMEMBERED_DEVICE.device,
}
# A play reads the code from the phone as a user's program does after the code has arrived.
CODE = (
    "{{ (lookup('ansible.builtin.url', bill_api_url | replace('/connect', '/control/messages'), split_lines=False) "
    "| from_json | last).code }}"
)


def login(**options: Any) -> dict[str, Any]:
    return {"name": "Sign in", "bill.connect.bill_login": options or None, "register": "bill"}


def challenge(**options: Any) -> dict[str, Any]:
    return {"name": "Challenge", "bill.connect.bill_mfa_challenge": options or None, "register": "challenge"}


def validate(token: str = "{{ code }}", **options: Any) -> dict[str, Any]:
    given = {"challenge_id": "{{ challenge.challenge_id }}", "token": token, **options}
    return {"name": "Validate", "bill.connect.bill_mfa_validate": given, "register": "validated"}


def that(*facts: str) -> dict[str, Any]:
    return {"name": "So it is", "ansible.builtin.assert": {"that": list(facts)}, "no_log": True}


TRUSTED = login(require_trusted=True)
PAY: dict[str, Any] = {
    "name": "Pay",
    "ansible.builtin.uri": {
        "url": "{{ bill_api_url }}/v3/payments",
        "method": "POST",
        "headers": "{{ bill.headers }}",
        "body_format": "json",
        "body": {"vendorId": "00901VENDOR000000001", "amount": 12.5},
        "status_code": 201,
    },
    "register": "paid",
    "no_log": True,
}


PARTNER = {
    "bill_auth_method": "partner",
    "bill_app_key": world.PARTNER.app_key,
    "bill_username": world.PARTNER.username,
    "bill_password": world.PARTNER.password,
}


SYNC_TOKEN = {
    "bill_auth_method": "sync_token",
    "bill_username": world.SYNC_TOKEN.name,
    "bill_password": world.SYNC_TOKEN.value,
}
SPEND_TOKEN = {"bill_auth_method": "spend_token", "bill_api_token": world.SPEND_TOKEN.value}
CLIENT = {
    "bill_auth_method": "oauth",
    "bill_client_id": world.CLIENT.id,
    "bill_client_secret": world.CLIENT.secret,
}


CONSOLE = {
    "bill_auth_method": "console_token",
    "bill_username": world.CONSOLE_ACCOUNT.username,
    "bill_console_api_token": world.CONSOLE_ACCOUNT.token,
    "bill_organization_id": world.CLIENT_ORGANIZATION.id,
}


def only(project: Project, variables: dict[str, Any]) -> None:
    """These credentials only, with the developer key and the organization."""
    for name in PAYER:
        project.environ.pop(name, None)
    project.variables(**only_these(project, variables))


def only_these(project: Project, variables: dict[str, Any]) -> dict[str, Any]:
    """The same credentials as variables."""
    partner_itself = variables["bill_auth_method"] == "partner" and "bill_user_id" not in variables
    where = {} if partner_itself else {"bill_organization_id": world.ORGANIZATION.id, "bill_dev_key": world.DEV_KEY}
    return {"bill_api_url": project.api_url, **where, **variables}
