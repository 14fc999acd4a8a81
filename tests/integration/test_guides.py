# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the guides: every file and command in them, in the order of the page, and compares the output with the page.

In a guide,

- a block of YAML or INI begins with a comment that names its file (``# site.yml``). If it also names ``ansible-vault``, the file is
  encrypted.
- a block of text with a caption is a file, and the caption is its name. Such a file can have no comments, like CSV.
- a block of console begins with ``$`` and a command. The lines below are its output, with ``...`` for any text. A command that asks
  for six digits runs in a terminal.
- a line of a table of ``What is wrong`` and ``What you see`` has a message, word for word, with ``...`` for any text.
- a table of ``Command``, ``Sign-ins`` and ``Other requests`` has one line for each command of ansible-playbook, in the order of the page,
  with the numbers of requests that BILL gets.

Values of the emulator's world replace those of the examples, and a file replaces ``--ask-vault-pass``.
"""

from __future__ import annotations

import csv
import json
import os
import re
import shlex
import shutil
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import yaml

from tests.awx import rules
from tests.emulator import ledger, world
from tests.emulator.control_client import Control
from tests.http_server import Handler, serving
from tests.integration.payer import REMEMBERED
from tests.integration.project import VAULT_PASSWORD, Project, Run, secrets_in
from tests.integration.terminal import run_at_a_terminal
from tools.awx_form import TYPED

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "docsite" / "rst"

PASSWORD_FILE = ".bill_vault_password"
QUESTION = "Please type its six digits"
LOGIN: dict[str, Any] = {"name": "Sign in", "bill.connect.bill_login": None}

# The texts in the guides, and the values of the emulator's world.
EXAMPLES = {
    "00801EXAMPLEEXAMPLE1": world.ORGANIZATION.id,
    "00802EXAMPLEEXAMPLE2": world.SECOND_ORGANIZATION.id,
    "00804EXAMPLEEXAMPLE4": world.CLIENT_ORGANIZATION.id,
    "00601EXAMPLEEXAMPLE1": world.USER.id,
    "00609EXAMPLEEXAMPLE9": world.PAYER.id,
    "00901EXAMPLEEXAMPLE1": world.vendors(world.ORGANIZATION.id)[0]["id"],
    "00n01EXAMPLEEXAMPLE2": ledger.bills(world.ORGANIZATION.id)[0]["id"],
    "jo@example.com": world.CLERKS[0].username,
    "max@example.com": world.CLERKS[1].username,
}


@dataclass(frozen=True)
class Block:
    """A block of a page. ``title`` is the title of its section. ``first`` is its first line, without the comment sign or the prompt.
    ``caption`` is the name of a file without comments."""

    title: str
    first: str
    text: str
    caption: str = ""

    @property
    def file(self) -> str | None:
        return self.caption or (None if self.text.startswith("$") else self.first.split(",")[0])

    @property
    def encrypted(self) -> bool:
        return "ansible-vault" in self.first

    @property
    def shows(self) -> str:
        return self.text.partition("\n")[2]

    @property
    def fails(self) -> bool:
        """Whether the run fails: in its last task, or as its recap says. An earlier task may fail and be rescued or ignored."""
        return "fatal:" in self.shows.rpartition("TASK [")[2] or "failed=1" in self.shows


@dataclass(frozen=True)
class Wrong:
    """The cause of the fault in one line of a table: variables, BILL's response to a request, or files."""

    variables: Mapping[str, Any] = field(default_factory=dict)
    faults: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    task: Mapping[str, Any] = field(default_factory=lambda: LOGIN)
    warns: bool = False
    signed_in: bool = False
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Guide:
    """What the test of a page needs.

    - ``secrets``: the values for the secrets of the page's vault files, in their order.
    - ``environ``: the environment of each run.
    - ``prepare``: what BILL has at the beginning, beside the emulator's world.
    - ``actions``: the actions before the first command of a section.
    - ``requests``: the numbers of requests at the end of the page. A star in a path stands for any text, such as an identifier.
    - ``wrong``: the causes for the lines of the page's table.
    """

    secrets: Mapping[str, str] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[Control], None] = field(default=lambda _bill: None)
    actions: Mapping[str, Callable[[Project, Control], None]] = field(default_factory=dict)
    requests: Mapping[str, int] = field(default_factory=dict)
    wrong: Mapping[str, Wrong] = field(default_factory=dict)


def later(seconds: float) -> Callable[[Project, Control], None]:
    def advance(project: Project, bill: Control) -> None:
        # This machine's clock does not advance, so the session must look due for validation.
        project.environ["BILL_CHECK_AFTER"] = "0"
        bill.advance(seconds)

    return advance


def lost(acted: bool) -> Callable[[Project, Control], None]:
    """Lose the response to the next payment, whether BILL has paid or not."""

    def strike(_project: Project, bill: Control) -> None:
        bill.post("faults", on=PAY, reset=True, acted=acted)

    return strike


def has_paid_in_january(bill: Control) -> None:
    where = f"organization_id={world.ORGANIZATION.id}"
    paid = bill.post(
        f"objects/payments?{where}",
        vendorId=EXAMPLES["00901EXAMPLEEXAMPLE1"],
        billId=EXAMPLES["00n01EXAMPLEEXAMPLE2"],
        amount=12.25,
        description='=Paper, "A4"',
        status="SCHEDULED",
    )
    bill.change("payments", paid["id"], world.ORGANIZATION.id, createdTime="2025-01-20T09:00:00.000+00:00")


def has_approved_bills(bill: Control) -> None:
    """The first three unpaid bills are approved. Two of them are due on the first day of the page, and the third one later."""
    unpaid = [each for each in ledger.bills(world.ORGANIZATION.id) if each["paymentStatus"] == "UNPAID"]
    for each in unpaid[:3]:
        bill.change("bills", each["id"], world.ORGANIZATION.id, approvalStatus="APPROVED")


def as_user(user_id: str, organization_id: str) -> dict[str, str]:
    return {"bill_user_id": user_id, "bill_organization_id": organization_id}


def nearly_over(project: Project, bill: Control) -> None:
    """Go to the next morning: the MFA ID ends in a week, and the machine has a program that sends mails."""
    later(12 * HOUR)(project, bill)
    bin_folder = project.home / "bin"
    bin_folder.mkdir()
    (bin_folder / "mail").write_text(f'#!/bin/sh\n{{ echo "$@"; cat; }} > "{project.home}/mail"\n')
    (bin_folder / "mail").chmod(0o755)
    project.environ["PATH"] = f"{bin_folder}:{project.core_bin}:{os.defpath}"
    path = project.folder / "group_vars/all/bill_trust.yml"
    path.write_text(path.read_text().replace(in_days(30), in_days(7)))


def in_another_container(project: Project, bill: Control) -> None:
    """Remove the stored data, because another container has another home."""
    shutil.rmtree(project.home / ".ansible")


def in_days(days: int) -> str:
    return (datetime.now(timezone.utc) + timedelta(days=days)).date().isoformat()


def remembered(**changes: str) -> dict[str, str]:
    device = world.REMEMBERED_DEVICE
    return {"bill_remember_me_id": device.id, "bill_device": device.device, **changes}


def validate(token: str) -> dict[str, Any]:
    return {"name": "Validate", "bill.connect.bill_mfa_validate": {"challenge_id": "some", "token": token}}


HOUR = 3600
SIGN_IN, CHECK, SIGN_OUT = "POST /v3/login", "GET /v3/login/session", "POST /v3/logout"
PARTNER, AS_USER = "POST /v3/partner/login", "POST /v3/partner/login-as-user"
TOKEN, ROOT_TOKEN = "POST /connect/authx/token", "POST /authx/token"
CHALLENGE_REQUEST, VALIDATE_REQUEST = "POST /v3/mfa/challenge", "POST /v3/mfa/challenge/validate"
STEP_UP, PAY = "POST /v3/mfa/step-up", "POST /v3/payments"
SPEND = "GET /v3/spend/users/current"
SUBSCRIBE = "POST /connect-events/v3/subscriptions"
MODULES = ROOT / "plugins" / "modules"
# Each task that declares objects has a task beside it that lists them.
RESOURCES = {f"bill.connect.{path.stem.removesuffix('_info')}" for path in MODULES.glob("*_info.py")}
TRUST = {"name": "Sign in", "bill.connect.bill_login": {"require_trusted": True}}
CHALLENGE = {"name": "Challenge", "bill.connect.bill_mfa_challenge": None}
ORGANIZATIONS = {"name": "List", "bill.connect.bill_organizations_info": None}


def resource(task: str, /, **options: Any) -> Wrong:
    return Wrong(task={"name": f"Have a {task}", f"bill.connect.bill_{task}": options})


NEW_USER = {"email": "new@example.com", "first_name": "New", "last_name": "User", "accept_terms_of_service": True}


def as_the_payer(wrong: Wrong) -> Wrong:
    """The same task of a user who is no administrator."""
    # The password is not in the play, because Ansible shows the lines around a failed task.
    files = {"group_vars/all/payer.yml": yaml.safe_dump({"payer_password": world.PAYER.password})}
    variables = {"bill_username": world.PAYER.username, "bill_password": "{{ payer_password }}"}
    return replace(wrong, variables=variables, files=files)


def request(**options: Any) -> Wrong:
    return Wrong(task={"name": "Ask", "bill.connect.bill_request": {"path": "/v3/vendors", **options}})


def job_of_awx() -> dict[str, str]:
    """The environment that AWX gives to a job. The credential has the values that the page shows."""
    inputs, injectors = (
        yaml.safe_load((ROOT / "playbooks" / "files" / "awx" / f"{name}.yml").read_text())
        for name in ("inputs", "injectors")
    )
    typed = {
        "username": world.USER.username,
        "password": world.USER.password,
        "organization_id": world.ORGANIZATION.id,
        "dev_key": world.DEV_KEY,
    }
    assert {*typed} == {*TYPED}
    return rules.injected(inputs, injectors, rules.form(inputs, **typed))[0]


def form(*, faults: Mapping[str, Mapping[str, Any]] | None = None, mfa: bool = False, **changes: Any) -> Wrong:
    """The form with the usual answers as variables, except for these changes."""
    answers = {
        "bill_username": world.USER.username,
        "bill_password": world.USER.password,
        "bill_organization_id": world.ORGANIZATION.id,
        "bill_dev_key": world.DEV_KEY,
    }
    # The answers are not in the play, because Ansible shows the lines around a failed task.
    files = {"group_vars/all/answers.yml": yaml.safe_dump(answers)}
    task: dict[str, Any] = {"name": "Ask", "bill.connect.bill_form": {"mfa": mfa}}
    return Wrong(changes, faults or {}, task, warns=mfa, files=files)


def vault_file(files: Mapping[str, str] | None = None, **options: Any) -> Wrong:
    """A task that reads a vault file or tries to write it, with these files in the folder."""
    return Wrong(files=files or {}, task={"name": "Keep", "bill.connect.bill_vault_file": options})


# In the format of ansible-vault, as hexadecimal digits: the salt, the check of the password, and the text.
OF_ANOTHER_PASSWORD = "$ANSIBLE_VAULT;1.1;AES256\n" + b"\n".join([b"01" * 32] * 3).hex() + "\n"

# The host of a table of faults is none of the clients of the page. A play must not contain a key, because Ansible shows the lines around a
# failed task.
OF_A_CLIENT = {
    "bill_organization_id": world.CLIENT_ORGANIZATION.id,
    "bill_dev_key": "{{ client_dev_keys.willow_clinic }}",
}
OF_NO_CLIENT = {**OF_A_CLIENT, "bill_organization_id": "00899NOTACLIENT00099"}

WRONG_PASSWORD = Wrong({"bill_password": "wrong"})

GUIDES = {
    "guide_connect": Guide(
        secrets={"bill_password": world.USER.password, "bill_dev_key": world.DEV_KEY},
        # Only the form sends requests.
        requests={SIGN_IN: 1, SIGN_OUT: 1},
        wrong={
            "The vault password is not the password of the file": vault_file(
                {"one.yml": OF_ANOTHER_PASSWORD}, path="one.yml"
            ),
            "A value is missing, and there is no terminal": form(bill_password=""),
            "BILL refuses a value that is defined elsewhere": form(bill_password="wrong"),
            "The login is locked": form(faults={SIGN_IN: {"code": "BDC_1110"}}),
            "MFA is requested, and there is no terminal (a warning)": form(mfa=True),
            "The directory of the vault file would make Ansible ignore another file": vault_file(
                {"group_vars/web.yml": "a: 1"}, path="group_vars/web/bill.yml", variables={"a": 2}
            ),
            "The file is not a variables file": vault_file({"two.yml": "[a, b]"}, path="two.yml"),
            "``bill_vault_file`` gets a name that is not valid for a variable": vault_file(
                path="three.yml", variables={"bill-password": "some"}
            ),
            "``vault_id`` is one that Ansible was not started with": vault_file(
                path="four.yml", variables={"a": 1}, vault_id="prod"
            ),
        },
    ),
    "guide_pay": Guide(
        secrets={
            "bill_password": world.PAYER.password,
            "bill_dev_key": world.DEV_KEY,
            "bill_remember_me_id": world.REMEMBERED_DEVICE.id,
        },
        # The vendor exists, with another address.
        requests={SIGN_IN: 1, "PATCH /v3/vendors/*": 1, "POST /v3/bills": 1, PAY: 1},
    ),
    "guide_organizations": Guide(
        secrets={"bill_password": world.USER.password, "bill_dev_key": world.DEV_KEY},
        requests={SIGN_IN: 2},
    ),
    "guide_rotation": Guide(
        secrets={"bill_dev_key": world.DEV_KEY},
        environ={"BILL_PASSWORD": world.USER.password},
        requests={SIGN_IN: 1},
    ),
    "guide_password": Guide(
        secrets={"bill_password": world.USER.password, "bill_dev_key": world.DEV_KEY},
        actions={"How long it lasts": later(35 * 60 + 1)},
        requests={SIGN_IN: 3, SIGN_OUT: 1},
        wrong={
            "A value is missing": Wrong({"bill_password": ""}),
            "A value is not in quotes": Wrong({"bill_password": 123456}),
            "The password is wrong": WRONG_PASSWORD,
            "The developer key belongs to another BILL, or has a typing mistake": Wrong({"bill_dev_key": "wrong"}),
            "The organization is not one of yours": Wrong({"bill_organization_id": world.CLIENT_ORGANIZATION.id}),
            "The login is locked": Wrong(faults={SIGN_IN: {"code": "BDC_1110"}}),
        },
    ),
    "guide_sync_token": Guide(
        secrets={"bill_password": world.SYNC_TOKEN.value, "bill_dev_key": world.DEV_KEY},
        actions={"How long it lasts": later(24 * HOUR)},
        requests={SIGN_IN: 1, SIGN_OUT: 1},
        wrong={
            "A value is missing": Wrong({"bill_password": ""}),
            "The name or the value of the token is wrong": WRONG_PASSWORD,
            "``require_trusted: true``": Wrong(task=TRUST),
            "``bill_mfa_challenge``": Wrong(task=CHALLENGE),
        },
    ),
    "guide_console_token": Guide(
        secrets={
            "bill_console_api_token": world.CONSOLE_ACCOUNT.token,
            "bill_dev_key": world.DEV_KEY,
            "vault_willow_dev_key": world.DEV_KEY,
            "vault_harbor_dev_key": world.SECOND_DEV_KEY,
        },
        # The first client already has a session. A client without a session is not changed by signing out.
        requests={SIGN_IN: 2, SIGN_OUT: 2},
        wrong={
            "A value is missing": Wrong({"bill_console_api_token": ""}),
            "The token or the e-mail address is wrong": Wrong({"bill_console_api_token": "wrong"}),
            "The organization is not one of your clients'": Wrong({"bill_organization_id": "00899NOTACLIENT00099"}),
            "An MFA ID is given, and BILL does not trust the session for it (a warning)": Wrong(
                {"bill_remember_me_id": "MFAID", "bill_device": "build-server"}, warns=True
            ),
        },
    ),
    "guide_partner": Guide(
        secrets={
            "bill_app_key": world.PARTNER.app_key,
            "bill_password": world.PARTNER.password,
            "bill_dev_key": world.DEV_KEY,
        },
        requests={PARTNER: 1, AS_USER: 2, SIGN_OUT: 2},
        wrong={
            "A value is missing": Wrong({"bill_app_key": ""}),
            "An organization without a user": Wrong({"bill_organization_id": world.ORGANIZATION.id}),
            "A user without an organization": Wrong({"bill_user_id": world.USER.id}),
            "The app key is wrong": Wrong({"bill_app_key": "wrong"}),
            "The partner's password is wrong": WRONG_PASSWORD,
            "The user is not one of this organization": Wrong(as_user(world.SECOND_USER.id, world.ORGANIZATION.id)),
            "The organization is not one of the partner's": Wrong(as_user(world.USER.id, world.SECOND_ORGANIZATION.id)),
            "``require_trusted: true`` for the partner itself": Wrong(task=TRUST),
        },
    ),
    "guide_payments": Guide(
        secrets={
            "bill_password": world.PAYER.password,
            "bill_dev_key": world.DEV_KEY,
            "bill_client_id": world.CLIENT.id,
            "bill_client_secret": world.CLIENT.secret,
        },
        actions={
            "Pay without a person for 30 days": later(35 * 60 + 1),
            "Warnings before the MFA ID ends": nearly_over,
            "When the 30 days are over": later(31 * 24 * HOUR),
        },
        # Sign-ins with the password: one at first, one after each pause, one after the 30 days. BILL refuses the payment of
        # why.yml. Then one is made for each of four months. Each of the eight runs reads the payments first. Three of them read
        # them again, because the session had ended.
        requests={
            SIGN_IN: 4,
            TOKEN: 1,
            CHALLENGE_REQUEST: 2,
            VALIDATE_REQUEST: 2,
            STEP_UP: 0,
            PAY: 5,
            "GET /v3/payments": 11,
        },
        wrong={
            "An MFA ID without its device": Wrong({"bill_remember_me_id": "some"}),
            "The day is not a date": Wrong({"bill_remember_me_id_expires_on": "soon"}),
            "The name of the device is wrong (a warning)": Wrong(remembered(bill_device="another"), warns=True),
            "The day has passed, but BILL still trusts the session (a warning)": Wrong(
                remembered(bill_remember_me_id_expires_on="2026-01-01"), warns=True
            ),
            "The user has no phone": Wrong(faults={CHALLENGE_REQUEST: {"code": "BDC_1354"}}, task=CHALLENGE),
            "Nothing is stored between the tasks": Wrong({"bill_session_store": "none"}, task=CHALLENGE),
            "The code is sent without a session": Wrong(task=validate("012345")),
            "The code is wrong": Wrong(
                faults={VALIDATE_REQUEST: {"code": "BDC_1119"}}, task=validate("012345"), signed_in=True
            ),
            "The code does not have the right digits": Wrong(task=validate("12")),
        },
    ),
    "guide_resources": Guide(
        secrets={"bill_password": world.USER.password, "bill_dev_key": world.DEV_KEY},
        # Only the account that is no longer in the list is archived. The bill is created once.
        requests={
            "POST /v3/vendors": 1,
            "POST /v3/classifications/chart-of-accounts/bulk": 1,
            "POST /v3/classifications/chart-of-accounts/*/archive": 1,
            "POST /v3/bills": 1,
        },
        wrong={
            "BILL does not have the vendor, and a required field is missing": resource("vendor", name="Oak Supply"),
            "The name differs only in case": resource("vendor", name="birch paper supply co."),
            "A postal code without quotes": resource("vendor", name="Oak", address={"zip_or_postal_code": 1122}),
            "A name that is too long": resource("vendor", name="x" * 101),
            "A field of another kind": resource("classification", kind="departments", name="Sales", price=1),
            "``purge`` with an empty list": resource("classification", kind="departments", objects=[], purge=True),
            "Two rows for one object": resource(
                "classification", kind="departments", objects=[{"name": "Sales"}, {"name": "SALES"}]
            ),
            "A payment term is to be removed": resource("payment_term", days_due=30, state="absent"),
            "A typing error in an event": resource(
                "webhook_subscription",
                name="ansible",
                notification_url="https://hooks.example.com/bill",
                events=["vendor.update"],
            ),
            "``unless`` without a condition": request(
                path="/v3/bills", method="POST", body={"vendorId": "1"}, unless={"paginate": True}
            ),
        },
    ),
    "guide_spreadsheet": Guide(
        secrets={
            "bill_password": world.PAYER.password,
            "bill_dev_key": world.DEV_KEY,
            "bill_remember_me_id": world.REMEMBERED_DEVICE.id,
            "account_number": "99-findme-4321",
        },
        # Three vendors are created at once, and one alone. One is changed.
        requests={
            SIGN_IN: 1,
            "POST /v3/vendors/bulk": 1,
            "POST /v3/vendors": 1,
            "PATCH /v3/vendors/*": 1,
            "POST /v3/vendors/*/bank-account": 2,
            "DELETE /v3/vendors/*/bank-account": 0,
        },
        wrong={
            "A column that is no field": resource("vendor", objects=[{"name": "Acorn", "notes": "new"}]),
            "A row without a name": resource("vendor", objects=[{"name": "Acorn"}, {"name": "", "phone": "1"}]),
            "A name that is too long": resource("vendor", objects=[{"name": "x" * 101}]),
            "The same vendor in two rows": resource("vendor", objects=[{"name": "Acorn"}, {"name": "Acorn"}]),
            "A new vendor without an address": resource("vendor", objects=[{"name": "Acorn"}]),
            "BILL requires a trusted session for a bank account": replace(
                resource(
                    "vendor_bank_account",
                    vendor_id=world.vendors(world.ORGANIZATION.id)[0]["id"],
                    name_on_account="Acorn",
                    account_number="99-findme-4321",
                ),
                faults={"POST /v3/vendors/*/bank-account": {"code": "BDC_1361"}},
            ),
        },
    ),
    "guide_people": Guide(
        secrets={"bill_password": world.USER.password, "bill_dev_key": world.DEV_KEY},
        requests={
            SIGN_IN: 1,
            "POST /v3/users": 3,
            "PATCH /v3/users/*": 1,
            "POST /v3/users/*/archive": 1,
            "POST /v3/users/*/restore": 0,
        },
        wrong={
            "The list archives the user of the session": resource("user", email=world.USER.username, state="absent"),
            "The list gives the user of the session another role": resource(
                "user", email=world.USER.username, role="PAYER"
            ),
            "The list archives the last administrator": as_the_payer(
                resource("user", email=world.USER.username, state="absent")
            ),
            "A new user lacks values": resource("user", email="new@example.com"),
            "A typing error in the role": resource("user", **NEW_USER, role="CLARK"),
            "``CUSTOM`` without an ID": resource("user", **NEW_USER, role="CUSTOM"),
            "``purge``": resource("user", objects=[{**NEW_USER, "role": "CLERK"}], purge=True),
            "The user of the session is no administrator": as_the_payer(resource("user", **NEW_USER, role="CLERK")),
        },
    ),
    "guide_new_organization": Guide(
        secrets={"bill_password": world.USER.password, "bill_dev_key": world.DEV_KEY},
        # One sign-in and one vendor for each of the two organizations.
        requests={SIGN_IN: 2, "POST /v3/vendors": 2, "POST /v3/bill-approvals/policies": 2},
        wrong={
            "The organization is not one of yours": Wrong({"bill_organization_id": world.CLIENT_ORGANIZATION.id}),
            "The host has no organization": Wrong(),
            "An approver is no user of the organization": replace(
                resource(
                    "approval_policy",
                    policy_name="Large bills",
                    rules=[{"key": "BILL_AMOUNT", "op": "gte", "values": ["5000"]}],
                    approvers=["nobody@example.com"],
                ),
                variables={"bill_organization_id": world.ORGANIZATION.id},
            ),
            "A term is to be removed": replace(
                resource("payment_term", days_due=30, state="absent"),
                variables={"bill_organization_id": world.ORGANIZATION.id},
            ),
        },
    ),
    "guide_requests": Guide(
        secrets={
            "bill_password": world.PAYER.password,
            "bill_dev_key": world.DEV_KEY,
            "bill_remember_me_id": world.REMEMBERED_DEVICE.id,
        },
        actions={"If BILL has paid": lost(acted=True), "If BILL has not paid": lost(acted=False)},
        # Each of the six runs of pay.yml looks first. One payment is made for
        # each of three months, and one more is sent that BILL does not make. Vendors: Acorn, Oak, and one that BILL refuses.
        # The bill of once.yml is created alone, and the two of bills.yml in one bulk request.
        requests={
            SIGN_IN: 1,
            "GET /v3/payments": 6,
            PAY: 4,
            "POST /v3/vendors": 3,
            "POST /v3/bills": 1,
            "POST /v3/bills/bulk": 1,
            SUBSCRIBE: 1,
        },
        wrong={
            "The path does not begin with ``/v3``": request(path="vendors"),
            "The address is another one": request(path="https://example.com/connect/v3/vendors"),
            "A variable in the path is empty": request(path="/v3/vendors/{{ '' }}"),
            "A credential is in the query": request(query={"sessionId": "some"}),
            "A credential is in a header": request(headers={"sessionId": "some"}),
            "The path of webhooks lacks ``/v3``": request(path="/connect-events/subscriptions"),
            "The path of webhooks lacks ``/connect-events``": request(path="/v3/subscriptions"),
            "A file as a body": request(method="POST", path="/v3/documents/bills/1", body="%PDF-1.4"),
            "An identifier without quotes, in a call that bill.connect does not know": request(
                method="POST", path="/v3/new", body={"vendorId": 1}
            ),
            "A postal code without quotes": request(
                method="POST", body={"name": "Acorn", "address": {"zipOrPostalCode": 1122}}
            ),
            "A body without a method": request(body={"name": "Acorn"}),
            "A filter for a write": request(method="POST", filters="archived:eq:false"),
            "``max_results`` without ``paginate``": request(max_results=10),
            "Two places set the same parameter": request(page_size=10, query={"max": 20}),
            "An operator that BILL does not have": request(filters=[{"field": "name", "op": "like", "value": "Acorn"}]),
            "A filter by an empty variable": request(filters=[{"field": "name", "op": "eq", "value": "{{ '' }}"}]),
            "A sort without direction": request(sort="name"),
            "A page that is too large": request(page_size=500),
            "``require_trusted: true``, and the session is not trusted": replace(
                request(require_trusted=True), variables={"bill_remember_me_id": "", "bill_device": ""}
            ),
        },
    ),
    "guide_oauth": Guide(
        secrets={"bill_client_id": world.CLIENT.id, "bill_client_secret": world.CLIENT.secret},
        requests={TOKEN: 1},
        wrong={
            "A value is missing": Wrong({"bill_client_secret": ""}),
            "The client ID or the client secret is wrong": Wrong({"bill_client_secret": "wrong"}),
            "The same, with a code of BILL": Wrong(faults={TOKEN: {"code": "BDC_1101"}}),
            "The app may not do this": Wrong(
                faults={
                    TOKEN: {
                        "status": 400,
                        "body": '{"error": "unauthorized_client"}',
                        "content_type": "application/json",
                    }
                }
            ),
            "BILL gives tokens at neither of the two places": Wrong(
                faults={TOKEN: {"code": "BDC_1121"}, ROOT_TOKEN: {"status": 404}}
            ),
            "``bill_token_url`` has a typing mistake": Wrong({"bill_token_url": "{{ bill_api_url }}/authx/tokens"}),
            "``bill_token_url`` is another page of BILL's": Wrong(
                {"bill_token_url": "{{ bill_api_url }}/page"}, faults={"POST /page": {"not_json": True}}
            ),
            "``bill_mfa_challenge``": Wrong(task=CHALLENGE),
        },
    ),
    "guide_spend_token": Guide(
        secrets={"bill_api_token": world.SPEND_TOKEN.value},
        # Only the first of the two runs validates the token. The plays of both send their own requests.
        requests={SPEND: 3},
        wrong={
            "The value is missing": Wrong({"bill_api_token": ""}),
            "The token is wrong, or was revoked": Wrong({"bill_api_token": "wrong"}),
            "The copied value contains a blank or a line break": Wrong({"bill_api_token": "wro ng"}),
            "The calls of this minute are used up": Wrong(faults={SPEND: {"code": "BDC_1144"}}),
            "``require_trusted: true``": Wrong(task=TRUST),
            "``bill_organizations_info``": Wrong(task=ORGANIZATIONS),
        },
    ),
    "guide_awx": Guide(
        environ=job_of_awx(),
        actions={"Without a shared store, every job signs in": in_another_container},
        # The last run is in the same container as the one before.
        requests={SIGN_IN: 2, SIGN_OUT: 1, "POST /v3/vendors": 1},
        wrong={
            "A field is empty that the chosen way needs": Wrong({"bill_auth_method": "console_token"}),
            "The password is wrong, or belongs to the other environment": Wrong(faults={SIGN_IN: {"code": "BDC_1101"}}),
            "A variable overrides the credential": WRONG_PASSWORD,
            "A variable says where the credential goes": Wrong({"bill_api_url": "https://gateway.example.com/connect"}),
            "An MFA ID without its device": Wrong({"bill_remember_me_id": "some"}),
        },
    ),
    "guide_from_uri": Guide(
        secrets={"bill_password": world.USER.password, "bill_dev_key": world.DEV_KEY},
        # The old playbook enters the bill, and the new one finds it.
        requests={SIGN_IN: 2, SIGN_OUT: 1, "POST /v3/bills": 1},
        wrong={
            "``url`` is left": request(url="https://example.com/connect/v3/vendors"),
            "``body_format`` is left": request(method="POST", body={"name": "Acorn"}, body_format="json"),
            "A header of the session is left": request(headers={"sessionId": "some"}),
            "The address has the page": request(path="/v3/vendors?page=some", paginate=True),
        },
    ),
    # test_guide_from_v2_call_of_v2_has_the_session_in_its_form runs v2.yml, because the emulator has no v2 API.
    "guide_from_v2": Guide(
        secrets={"bill_password": world.USER.password, "bill_dev_key": world.DEV_KEY},
        requests={SIGN_IN: 1, "POST /v3/vendors": 1},
        wrong={
            "The address is that of v2": Wrong({"bill_api_url": "https://api.bill.com/api/v2"}),
            "The path is one of v2": request(path="/List/Vendor.json", method="POST"),
            "The body is a form": request(method="POST", body="data=%7B%7D"),
            "A name of v2 is left": Wrong(
                task={"name": "Sign in", "bill.connect.bill_login": {"userName": "ap@example.com"}}
            ),
            "The developer key works with v2 only": Wrong(faults={SIGN_IN: {"code": "BDC_1102"}}),
        },
    ),
    "guide_clients": Guide(
        secrets={
            "bill_console_api_token": world.CONSOLE_ACCOUNT.token,
            "harbor_studio": world.DEV_KEY,
            "oak_garage": world.DEV_KEY,
            "willow_clinic": world.SECOND_DEV_KEY,
        },
        # The last run sends the wrong token for one client only.
        requests={SIGN_IN: 5, "GET /v3/bills": 6},
        wrong={
            "A client has no developer key": Wrong({**OF_A_CLIENT, "bill_dev_key": ""}),
            "The organization is not one of your clients'": Wrong(OF_NO_CLIENT),
            "The sign-ins of this hour are used up": Wrong(OF_A_CLIENT, faults={SIGN_IN: {"code": "BDC_1144"}}),
        },
    ),
    "guide_month_end": Guide(
        secrets={"bill_password": world.SYNC_TOKEN.value, "bill_dev_key": world.DEV_KEY},
        prepare=has_paid_in_january,
        requests={SIGN_IN: 1, "GET /v3/*": 9},
        wrong={
            "A filter that BILL's list does not have": request(
                path="/v3/bills", filters=[{"field": "invoice.invoiceDate", "op": "gte", "value": "2025-01-01"}]
            ),
            "The sync token is wrong or was deleted": WRONG_PASSWORD,
        },
    ),
    "guide_pay_bills": Guide(
        secrets={
            "bill_password": world.PAYER.password,
            "bill_dev_key": world.DEV_KEY,
            "bill_remember_me_id": world.REMEMBERED_DEVICE.id,
        },
        prepare=has_approved_bills,
        actions={"When a response gets lost": lost(acted=True)},
        requests={SIGN_IN: 1, PAY: 3, STEP_UP: 0},
        wrong={
            "The MFA ID is missing": Wrong({"bill_remember_me_id": "", "bill_device": ""}, task=TRUST),
            "The 30 days are over, or the device has another name": Wrong({"bill_device": "another"}, task=TRUST),
            "The user may not pay, or BILL refuses the payment": replace(
                request(path="/v3/payments", method="POST", body={"vendorId": "1", "amount": 1}),
                faults={PAY: {"code": "BDC_1150"}},
            ),
        },
    ),
    # It has files only. tests/unit/docs/test_guide_fleet.py checks what is in them.
    "guide_fleet": Guide(),
    # tests/eda/test_guide.py runs their files.
    "guide_events": Guide(),
    "guide_events_in_production": Guide(),
}


def blocks(name: str) -> list[Block]:
    """The blocks of a page that the test runs, in their order."""
    found: list[Block] = []
    title = ""
    pattern = re.compile(
        r"^(?P<title>\S.*)\n(?:==+|--+|~~+)\n|^\.\. code-block:: (?P<kind>\w+)\n(?:   :caption: (?P<caption>.+)\n)?\n(?P<text>(?:   .*\n|\n)+)",
        re.MULTILINE,
    )
    for match in pattern.finditer((FOLDER / f"{name}.rst").read_text()):
        title = match["title"] or title
        if match["kind"] in ("yaml", "ini", "console") or match["caption"]:
            text = filled(textwrap.dedent(match["text"]).strip() + "\n")
            found.append(Block(title, re.sub(r"^[#$] ", "", text.partition("\n")[0]), text, match["caption"] or ""))
    return found


def filled(text: str) -> str:
    for example, real in EXAMPLES.items():
        text = text.replace(example, real)
    return text


def with_secrets(text: str, secrets: Mapping[str, str]) -> str:
    """A file with the world's values in place of its dots."""
    return re.sub(r'(\w+): "\.\.\."', lambda match: f'{match[1]}: "{secrets[match[1]]}"', text)


def lines(name: str) -> list[tuple[str, str]]:
    """The lines of the table of faults."""
    page = (FOLDER / f"{name}.rst").read_text()
    block = re.search(
        r'^\.\. csv-table::\n   :header: "What is wrong".*\n(?:   :.*\n)*\n((?:   .*\n)+)', page, re.MULTILINE
    )
    rows: Iterable[list[str]] = (
        csv.reader(textwrap.dedent(block[1]).splitlines(), skipinitialspace=True) if block else []
    )
    return [(row[0], row[1]) for row in rows]


def costs(name: str, what: str = "Command") -> list[tuple[str, ...]]:
    """The lines of a table of costs: what was run, without marks, and the numbers of sign-ins and of other requests."""
    page = (FOLDER / f"{name}.rst").read_text()
    block = re.search(
        rf'^\.\. csv-table::\n   :header: "{what}", "Sign-ins", "Other requests"\n(?:   :.*\n)*\n((?:   .*\n)+)',
        page,
        re.MULTILINE,
    )
    rows: Iterable[list[str]] = (
        csv.reader(textwrap.dedent(block[1]).splitlines(), skipinitialspace=True) if block else []
    )
    return [(row[0].replace("`", ""), *row[1:]) for row in rows]


def shows(output: str, text: str) -> bool:
    """Whether a run shows a text. ``...`` stands for any text."""
    # One pattern of all parts would take minutes to fail if a long output lacks one part.
    plain, at = _plain(output), 0
    for part in map(_plain, text.split("...")):
        found = plain.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _plain(text: str) -> str:
    """The text on one line, with every long row of stars shortened to three."""
    return " ".join(re.sub(r"\*{3,}", "***", text).split())


WARNING = re.compile(r"\[WARNING\]: [^\n]*")


def check_output(block: Block, run: Run) -> None:
    """Check the output of a run. Warnings may be anywhere, and everything else is in the order of the page."""
    warned = WARNING.findall(block.shows)
    for warning in warned:
        assert shows(run.output, warning), f"{block.text}\n\nbut:\n{run.output}"
    assert len(warned) == len([each for each in run.warnings if "DEPRECATION" not in each]), (
        f"{block.text}\n\nbut:\n{run.output}"
    )
    assert shows(_without_warnings(run.output), WARNING.sub("", block.shows)), f"{block.text}\n\nbut:\n{run.output}"
    assert secrets_in(run.output) == []


def _without_warnings(output: str) -> str:
    # A long warning continues on further lines, up to the next line with a beginning of its own.
    return re.sub(
        r"^\[(?:DEPRECATION )?WARNING\].*\n(?:(?!ok:|changed:|TASK|PLAY|skipping:|fatal:).*\S.*\n)*",
        "",
        output,
        flags=re.M,
    )


def as_of_now(block: Block, bill: Control) -> Block:
    """The block with today's dates, and with the values that BILL has sent."""
    text = block.text.replace("2026-12-22", in_days(30))
    for example, real in (("CHALLENGE", "id"), ("012345", "code")):
        if example in text:
            text = text.replace(example, bill.get("messages")[-1][real])
    return replace(block, text=text, first=re.sub(r"^[#$] ", "", text.partition("\n")[0]))


def run_block(project: Project, bill: Control, block: Block) -> Run:
    """Run the command of a block."""
    if QUESTION in block.text:
        return in_a_terminal(project, bill, shlex.split(block.first))
    program, *arguments = shlex.split(as_of_now(block, bill).first.removesuffix(" < /dev/null"))
    if program == "cat":
        return Run(0, "".join((project.folder / name).read_text() for name in arguments))
    # Otherwise the page's own configuration names the password file, or there is none.
    with_vault = "--ask-vault-pass" in arguments
    return project.run(program, *(each for each in arguments if each != "--ask-vault-pass"), with_vault=with_vault)


def in_a_terminal(project: Project, bill: Control, command: list[str]) -> Run:
    """Run the command with a person, who types the code at the prompt."""
    with run_at_a_terminal(project, *command, with_vault=False) as terminal:
        terminal.asks(QUESTION)
        terminal.types(bill.last_code() + "\r")
        run = terminal.ends()
    # Codes that move the cursor are not part of the text.
    return Run(run.code, re.sub(r"\^M|\x1b\[K?", "\n", run.output).replace("\r", ""))


def run_page(project: Project, bill: Control, name: str) -> tuple[list[Block], list[tuple[str, ...]]]:
    """Run a page from its first block to the last. Returns its files and its commands that succeeded, and what each command cost."""
    guide = GUIDES[name]
    project.without_vault()
    project.environ |= guide.environ
    guide.prepare(bill)
    write(project, project.home / PASSWORD_FILE, VAULT_PASSWORD)
    actions = dict(guide.actions)
    done = []
    cost: list[tuple[str, ...]] = []
    for block in blocks(name):
        if block.file:
            write_file(project, block, guide)
            done.append(block)
            continue
        if block.first.startswith("ansible-vault create"):
            # It opens an editor. The next block is the text that the user types there.
            continue
        if block.title in actions:
            actions.pop(block.title)(project, bill)
        before = bill.get("counts")
        run = run_block(project, bill, block)
        assert run.code == (2 if block.fails else 0), run.output
        check_output(as_of_now(block, bill), run)
        if block.first.startswith("ansible-playbook "):
            cost.append((block.first.replace(" --ask-vault-pass", ""), *cost_since(before, bill)))
        if run.code == 0:
            done.append(block)
    assert actions == {}
    return done, cost


def cost_since(before: Mapping[str, int], bill: Control) -> tuple[str, str]:
    """The numbers of sign-ins and of other requests that BILL has got since then."""
    sent = {request: count - before.get(request, 0) for request, count in bill.get("counts").items()}
    return str(sent.pop(SIGN_IN, 0)), str(sum(sent.values()))


def write_file(project: Project, block: Block, guide: Guide) -> None:
    """Write the file of a block, encrypted if the page says so."""
    assert block.file
    write(project, block.file, with_secrets(block.text, guide.secrets))
    if block.encrypted:
        run = project.run("ansible-vault", "encrypt", block.file)
        assert run.code == 0, run.output


def changes(bill: Control) -> list[tuple[str, str]]:
    """The writes that BILL has processed, or may have processed, with their bodies. Calls for a session or its trust change no data."""
    for_a_session = ("/v3/login", "/v3/logout", "/v3/partner/", "/v3/mfa/", "/authx/token", "/connect/authx/token")
    return [
        (f"{each['method']} {each['path']}", json.dumps(each["body"], sort_keys=True))
        for each in bill.received()
        if each["method"] != "GET"
        and not each["path"].startswith(for_a_session)
        and (each["status"] is None or each["status"] < 400)
    ]


def write(project: Project, name: str | Path, text: str) -> None:
    path = project.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_guides_with_yaml_blocks_are_all_tested() -> None:
    assert sorted(GUIDES) == sorted(
        path.stem for path in FOLDER.glob("*.rst") if "code-block:: yaml" in path.read_text()
    )


def test_guides_in_extra_docs_are_complete() -> None:
    extra = yaml.safe_load((ROOT / "docs" / "docsite" / "extra-docs.yml").read_text())
    listed = [page for section in extra["sections"] for page in section["toctree"]]
    assert sorted(listed) == sorted(path.stem for path in FOLDER.glob("*.rst"))


@pytest.mark.parametrize("name", GUIDES)
def test_guide_blocks_begin_with_file_name_or_command(name: str) -> None:
    for block in blocks(name):
        assert block.caption or block.text.startswith(("# ", "$ ")), block
        if block.file and block.file.endswith(".yml"):
            assert yaml.safe_load(block.text), block


# `make test` runs these guides from the first block to the last. For all guides, it runs the tables of faults.
RUN_BY_MAKE_TEST = ("guide_connect",)
# These need a collection that `make awx` downloads. tests/awx/test_guides.py runs them.
RUN_BY_MAKE_AWX = ("guide_spreadsheet",)
# These need ansible-rulebook, and are run by tests/eda/test_guide.py and the files that it names.
RUN_BY_MAKE_EDA = ("guide_events", "guide_events_in_production")
assert {*RUN_BY_MAKE_TEST, *RUN_BY_MAKE_AWX, *RUN_BY_MAKE_EDA} < {*GUIDES}


@pytest.mark.promise(1)
@pytest.mark.promise(2)
@pytest.mark.promise(5)
@pytest.mark.parametrize(
    "name",
    [
        name if name in RUN_BY_MAKE_TEST else pytest.param(name, marks=pytest.mark.slow)
        for name in GUIDES
        if name not in (*RUN_BY_MAKE_AWX, *RUN_BY_MAKE_EDA)
    ],
)
def test_guide_run_block_by_block_shows_documented_output(project: Project, bill: Control, name: str) -> None:
    check_guide(project, bill, name)


def check_guide(project: Project, bill: Control, name: str) -> None:
    """Run a page from the first block to the last, and compare what is shown with the page. Then run its commands again."""
    guide = GUIDES[name]
    done, cost = run_page(project, bill, name)
    if documented := costs(name):
        assert cost == documented
    counts = bill.get("counts")
    assert {
        pattern: sum(count for request, count in counts.items() if fnmatchcase(request, pattern))
        for pattern in guide.requests
    } == guide.requests
    assert [path for path in project.secrets_on_disk() if not path.endswith(PASSWORD_FILE)] == []
    if name not in RUN_BY_MAKE_TEST:
        run_again(project, bill, name, done)


def run_again(project: Project, bill: Control, name: str, done: list[Block]) -> None:
    """Run every command of the page that succeeded again, in the order of the page, each once. BILL gets no further write.

    If a later command of the page has undone something, the command may do it again. Then it runs twice.
    """
    assert changes(bill) or not writing_plays(name)
    # A file that the page changes later gets its earlier text again. Every other file stays as the page's commands have left it.
    texts = Counter(block.file for block in done)
    seen: set[str] = set()
    for block in done:
        if block.file and texts[block.file] > 1:
            write_file(project, block, GUIDES[name])
            seen.clear()
        # BILL accepts a code once.
        if block.file or not block.first.startswith("ansible-playbook ") or "bill_mfa_token" in block.first:
            continue
        if block.first in seen:
            continue
        seen.add(block.first)
        before = changes(bill)
        assert run_block(project, bill, block).code == 0, block
        if (after := changes(bill)) != before:
            assert run_block(project, bill, block).code == 0, block
            assert changes(bill) == after, block


@pytest.mark.slow
@pytest.mark.promise(10)
@pytest.mark.promise(20)
@pytest.mark.parametrize("name", RUN_BY_MAKE_TEST)
def test_guide_run_again_changes_nothing_at_bill(project: Project, bill: Control, name: str) -> None:
    """The test of the other pages runs them again itself."""
    done, _cost = run_page(project, bill, name)
    run_again(project, bill, name, done)


def writes(part: Any) -> bool:
    """Whether a play, or a part of it, has a task that writes at BILL."""
    if isinstance(part, list):
        return any(map(writes, part))
    if not isinstance(part, dict):
        return False
    request = part.get("bill.connect.bill_request")
    is_write = isinstance(request, dict) and request.get("method", "GET") != "GET"
    return is_write or any(name in RESOURCES for name in part) or any(map(writes, part.values()))


def writing_plays(name: str) -> list[dict[str, Any]]:
    """The plays of a page that write at BILL, in the order of its commands. The variables of a command are in the play."""
    files = {block.file: block.text for block in blocks(name) if block.file}
    found: list[dict[str, Any]] = []
    for command in [block.first for block in blocks(name) if block.first.startswith("ansible-playbook ")]:
        arguments = shlex.split(command)[1:]
        if "--check" in arguments or arguments[0] not in files:
            continue
        extra = yaml.safe_load(arguments[arguments.index("-e") + 1].replace("=", ": ")) if "-e" in arguments else {}
        for play in yaml.safe_load(files[arguments[0]]):
            mine = {**play, "vars": {**play.get("vars", {}), **extra}}
            if writes(play) and mine not in found:
                found.append(mine)
    return found


@pytest.mark.slow
@pytest.mark.promise(10)
@pytest.mark.promise(20)
@pytest.mark.parametrize(
    "name",
    [name for name in GUIDES if name not in (*RUN_BY_MAKE_AWX, *RUN_BY_MAKE_EDA) and writing_plays(name)],
)
def test_guide_writes_of_twenty_hosts_are_those_of_one_host(project: Project, bill: Control, name: str) -> None:
    """On twenty hosts, each write is sent once, or refused with the reason. A second run writes nothing."""
    guide = GUIDES[name]
    project.without_vault()
    project.timeout = 400
    pays = guide.secrets.get("bill_password") == world.PAYER.password
    project.variables(bill_api_url=project.api_url, **(REMEMBERED if pays else {}))
    project.environ |= guide.environ
    plays = [
        {**play, "hosts": "all", "gather_facts": False, "ignore_errors": True, "name": f"Play {number}"}
        for number, play in enumerate(writing_plays(name))
        # It archives what another play of the page declares.
        if "purge" not in str(play)
    ]

    def run_on(count: int) -> Run:
        project.hosts(*(f"host{number}" for number in range(count)))
        run = project.plays(*plays, arguments=("--forks", "20"))
        assert run.code == 0, run.output
        for failure in re.findall(r"^(?:fatal|failed): .*", run.output, re.MULTILINE):
            reasons = ("was not sent for", "BILL answered BDC_", "Nothing was paid.")
            assert any(reason in failure for reason in reasons), failure
        return run

    def begin() -> None:
        bill.post("reset")
        guide.prepare(bill)
        shutil.rmtree(project.home / ".ansible", ignore_errors=True)
        for block in reversed(blocks(name)):
            if block.file and block.file.startswith("group_vars/"):
                write_file(project, block, guide)

    begin()
    run_on(1)
    of_one = Counter(changes(bill))
    assert of_one
    assert max(of_one.values()) == 1
    begin()
    run_on(20)
    assert Counter(changes(bill)) == of_one
    again = run_on(20)
    assert again.changed == 0, again.output
    assert Counter(changes(bill)) == of_one


@pytest.mark.slow
@pytest.mark.promise(14)
def test_guide_from_uri_both_ways_read_the_same_at_documented_cost(project: Project, bill: Control) -> None:
    name = "guide_from_uri"
    project.without_vault()
    files = {block.first: with_secrets(block.text, GUIDES[name].secrets) for block in blocks(name) if block.file}
    for file, text in files.items():
        write(project, file.split(",")[0], text)
    page = (FOLDER / f"{name}.rst").read_text()
    tables = {
        title: re.findall(rf"\* - {title}\n     - (\d+)\n     - (\d+)\n", page)
        for title in ("Lines of YAML", "Tasks that are run for 336 vendors")
    }
    lines_of_yaml, tasks, read = [], [], []
    for playbook, included in (("before", ["page.yml"]), ("after", [])):
        # The comment that names the file does not count.
        written = [line for file in (f"{playbook}.yml", *included) for line in files[file].splitlines()[1:]]
        lines_of_yaml.append(str(len([line for line in written if line.strip()])))
        run = project.run("ansible-playbook", f"{playbook}.yml")
        assert run.code == 0, run.output
        tasks.append(str(run.recap()["ok"] + run.recap()["skipped"]))
        read.append(json.loads((project.folder / f"vendors_{playbook}.json").read_text()))
    assert tables == {"Lines of YAML": [tuple(lines_of_yaml)], "Tasks that are run for 336 vendors": [tuple(tasks)]}
    assert read[0] == read[1]
    assert len(read[0]) == 336


@pytest.mark.slow
@pytest.mark.promise(1)
@pytest.mark.promise(20)
def test_guide_new_organization_costs_the_documented_requests(project: Project, bill: Control) -> None:
    name = "guide_new_organization"
    project.without_vault()
    # The page has its inventory twice, and the first one has one organization.
    for block in reversed(blocks(name)):
        if block.file:
            write(project, block.file, with_secrets(block.text, GUIDES[name].secrets))
    measured = []
    for which in ("first", "second"):
        before = bill.get("counts")
        run = project.run("ansible-playbook", "new_organization.yml", "-i", "organizations.yml")
        assert run.code == 0, run.output
        measured.append((f"The {which} run, for one organization", *cost_since(before, bill)))
    assert costs(name, "Run") == measured


@pytest.mark.slow
@pytest.mark.promise(5)
def test_guide_from_v2_call_of_v2_has_the_session_in_its_form(project: Project, bill: Control) -> None:
    """A server of this test takes the call, because the emulator has no v2 API. So the answer is an assumption."""
    name = "guide_from_v2"
    project.without_vault()
    for block in blocks(name):
        if block.file:
            write(project, block.file, with_secrets(block.text, GUIDES[name].secrets))
    received: list[tuple[str, dict[str, list[str]]]] = []

    class V2(Handler):
        def do_POST(self) -> None:
            received.append((self.path, parse_qs(self.body().decode(), strict_parsing=True)))
            self.answer_json({"response_status": 0, "response_data": []})

    with serving(V2) as url:
        run = project.run("ansible-playbook", "v2.yml", "-e", f"v2_url={url}/api/v2")
    assert run.code == 0, run.output
    [(path, form_fields)] = received
    assert path == "/api/v2/List/Vendor.json"
    assert (form_fields["devKey"], form_fields["data"]) == ([world.DEV_KEY], ['{"start": 0, "max": 999}'])
    # The session is the one that BILL has made.
    [session_id] = form_fields["sessionId"]
    assert bill.post("sessions/end", session_id=session_id) == {"ended": 1}
    assert secrets_in(run.output) == []
    assert session_id not in run.output


@pytest.mark.slow
@pytest.mark.promise(1)
@pytest.mark.promise(11)
def test_guide_clients_forty_clients_cost_the_documented_requests(project: Project, bill: Control) -> None:
    """The play of the page, for an accounting firm whose clients share a developer key."""
    name = "guide_clients"
    project.without_vault()
    [playbook] = [block.text for block in blocks(name) if block.file == "unpaid.yml"]
    write(project, "unpaid.yml", playbook)
    clients = {
        f"client{number}": {"bill_organization_id": each.id} for number, each in enumerate(world.FORTY_ORGANIZATIONS)
    }
    write(project, "clients.yml", yaml.safe_dump({"clients": {"hosts": clients}}))
    account = {
        "bill_auth_method": "console_token",
        "bill_username": world.FIRM.username,
        "bill_console_api_token": world.FIRM.token,
        "bill_dev_key": world.DEV_KEY,
    }
    write(project, "group_vars/all/main.yml", yaml.safe_dump(account))
    measured = []
    for which in ("The first run", "The next run, within 35 minutes"):
        before = bill.get("counts")
        run = project.run("ansible-playbook", "unpaid.yml", "-i", "clients.yml")
        assert run.code == 0, run.output
        assert run.times("bills, ") == len(clients)
        measured.append((which, *cost_since(before, bill)))
    assert costs(name, "Forty clients") == measured
    assert bill.get("state")["peak_in_flight"] <= 3


def in_store(task: Mapping[str, Any], store: str) -> dict[str, Any]:
    """The task with a store of its own, for secrets from the environment: no variable may set the store then."""
    return {
        name: {**(value or {}), "session_store": store} if name.startswith("bill.connect.") else value
        for name, value in task.items()
    }


TABLES = {name: lines(name) for name in GUIDES}


@pytest.mark.parametrize("name", GUIDES)
def test_guide_fault_table_each_line_has_a_test(name: str) -> None:
    assert sorted(wrong for wrong, _message in TABLES[name]) == sorted(GUIDES[name].wrong)


@pytest.mark.promise(8)
@pytest.mark.parametrize("name", GUIDES)
def test_guide_fault_table_each_line_shows_documented_message(project: Project, bill: Control, name: str) -> None:
    project.environ |= GUIDES[name].environ
    # The variables are those at the beginning of the page. A file in clear text is faster.
    project.without_vault()
    for block in reversed(blocks(name)):
        if block.file and block.file.startswith("group_vars/"):
            write(project, block.file, with_secrets(block.text, GUIDES[name].secrets))
    tasks: list[dict[str, Any]] = []
    faults = [GUIDES[name].wrong[wrong] for wrong, _message in TABLES[name]]
    # Faults of BILL come first, so that each meets the line that it is for.
    for number, fault in sorted(enumerate(faults), key=lambda each: not each[1].faults):
        # Each line has its own store, so no line finds the session or the cached refusal of another.
        for file, text in fault.files.items():
            write(project, file, text)
        store = str(project.home / f"store-{number}")
        variables = {"bill_retries": 0, **({} if project.environ else {"bill_session_store": store}), **fault.variables}
        task = in_store(fault.task, store) if project.environ else fault.task
        for on, kind in fault.faults.items():
            bill.post("faults", on=on, **kind)
        if fault.signed_in:
            tasks.append({**LOGIN, "vars": variables})
        tasks.append({**task, "name": f"Line {number}", "vars": variables, "ignore_errors": True})
    run = project.play(*tasks)
    assert run.code == 0, run.output
    shown = dict(re.findall(r"^TASK \[Line (\d+)\](.*?)(?=^TASK|^PLAY)", run.output, re.MULTILINE | re.DOTALL))
    for number, (wrong, message) in enumerate(TABLES[name]):
        part = shown[str(number)]
        assert shows(part, message), (wrong, part)
        assert ("[WARNING]" in part, "FAILED!" in part) == (faults[number].warns, not faults[number].warns), (
            wrong,
            part,
        )
    assert bill.get("faults") == []
    assert secrets_in(run.output) == []
