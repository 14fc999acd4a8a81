# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks that call BILL's endpoints, and the requests that BILL received."""

from __future__ import annotations

from typing import Any

from tests.emulator.control_client import Control
from tests.integration.payer import PAYMENT, REMEMBERED
from tests.integration.project import Project

LOGIN, VENDORS, ONE_PAYMENT = "POST /v3/login", "GET /v3/vendors", PAYMENT


def call(path: str = "/v3/vendors", name: str = "Call BILL", task: dict[str, Any] | None = None, **options: Any) -> Any:
    """A task that calls BILL; ``task`` has its keywords."""
    given = {"path": path, **options}
    return {"name": name, "bill.connect.bill_request": given, "register": "answer", **(task or {})}


def pay(amount: Any = 12.5, name: str = "Pay", task: dict[str, Any] | None = None, **options: Any) -> Any:
    body = {"vendorId": "00901VENDOR000000001", "amount": amount}
    return call("/v3/payments", name, task, method="POST", body=body, **{"require_trusted": True, **options})


def that(*facts: str, name: str = "So it is") -> dict[str, Any]:
    return {"name": name, "ansible.builtin.assert": {"that": list(facts)}}


def may_pay(project: Project, **variables: Any) -> None:
    """Make BILL trust the payer's sessions from now on."""
    project.variables(**{"bill_api_url": project.api_url, **REMEMBERED, **variables})


def calls_received(bill: Control) -> list[str]:
    """The requests to BILL, the earliest first, without those that sign in or ask about the session."""
    received = [f"{each['method']} {each['path']}" for each in bill.received()]
    return [each for each in received if "/v3/login" not in each]


def bodies(bill: Control, request: str) -> list[Any]:
    return [each["body"] for each in bill.received() if f"{each['method']} {each['path']}" == request]


def amounts_paid(bill: Control) -> list[Any]:
    """The amounts of all payments that BILL has made, whatever happened to the responses."""
    return [each["payment"]["amount"] for each in bill.get("payments")]
