# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks that rules start. tests/eda runs them from a rule."""

from __future__ import annotations

import json

import pytest

from tests.emulator.control_client import Control
from tests.integration.project import Project

VENDOR = "00901EXAMPLEEXAMPLE1"


@pytest.mark.slow
@pytest.mark.promise(8)
@pytest.mark.promise(21)
@pytest.mark.parametrize(
    ("playbook", "ids"),
    [
        ("event_vendor_created", {"bill_vendor_id": VENDOR}),
        ("event_payment_failed", {"bill_payment_id": "stp01EXAMPLEEXAMPLE1"}),
        (
            "event_bank_account_changed",
            {"bill_event_id": "f6d06930-1b2c", "bill_vendor_id": VENDOR, "bill_bank_account_id": "bna01EXAMPLEEXAMPL1"},
        ),
    ],
)
def test_event_playbook_with_an_invalid_id_sends_nothing(
    project: Project, bill: Control, playbook: str, ids: dict[str, str]
) -> None:
    for name, value in ids.items():
        # A pattern that ends with $ lets the line break pass.
        for end in ("\n", "/archive"):
            wrong = json.dumps({**ids, name: f"{value}{end}"})
            run = project.run("ansible-playbook", f"bill.connect.{playbook}", "-e", wrong)
            assert run.code == 2, run.output
            assert run.shows("Assertion failed"), run.output
    assert bill.get("counts") == {}
