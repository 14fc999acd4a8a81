# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every example of a write can be run again: it looks first, or it is in a table with the reason why it need not."""

from __future__ import annotations

import importlib
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
GUIDES = sorted((ROOT / "docs" / "docsite" / "rst").glob("*.rst"))
PLAYS = sorted(path for folder in ("playbooks", "roles") for path in (ROOT / folder).rglob("*.yml"))
ROLES = sorted(ROOT.glob("roles/*/README.md"))
DOCUMENTED = sorted(path for folder in ("modules", "lookup") for path in (ROOT / "plugins" / folder).glob("bill_*.py"))
_PLUGINS = "ansible_collections.bill.connect.plugins"

# The writes without ``unless``, by their place and name.
NEED_NOT_LOOK = {
    (
        "event_bank_account_changed.yml",
        "Open a ticket",
    ): "It goes to a ticket system, with a key that identifies the event.",
    ("event_payment_failed.yml", "Inform"): "It is a message for people, once for each event.",
    (
        "guide_from_uri.rst",
        "Enter the bill",
    ): "It is the old way. A task before it looks, and the page says what is wrong with it.",
    ("guide_from_uri.rst", "Sign in to BILL"): "It signs in with uri, and changes no data.",
    ("guide_from_uri.rst", "Sign out"): "It signs out with uri, and changes no data.",
    ("guide_from_v2.rst", "List/Vendor.json"): "It reads: v2 has POST for every call.",
    ("guide_requests.rst", "Create the vendor"): "The page shows the refusal. A task before it looks.",
    ("guide_requests.rst", "Create a vendor without an address"): "BILL refuses it.",
    (
        "webhook.yml",
        "Let BILL send an event with invented values",
    ): "Each test sends one such event, and changes no data.",
}


def blocks(path: Path) -> Iterator[str]:
    """The blocks of YAML in a file."""
    text = path.read_text()
    if path.suffix == ".rst":
        for block in re.findall(r"^\.\. code-block:: yaml\n\n((?:   .*\n|\n)+)", text, re.MULTILINE):
            yield textwrap.dedent(block)
    elif path.suffix == ".md":
        yield from re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    elif path.suffix == ".py":
        yield importlib.import_module(f"{_PLUGINS}.{path.parent.name}.{path.stem}").EXAMPLES
    else:
        yield text


def tasks(part: Any) -> Iterator[dict[str, Any]]:
    """All dictionaries in a document that may be tasks, at any depth."""
    if isinstance(part, dict):
        yield part
    for each in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from tasks(each)


def writes_without_looking(text: str) -> list[str]:
    """The names of the tasks that write and do not look first."""
    found: list[str] = []
    made_once: set[object] = set()
    # Tags such as !vault are unknown to this parser.
    for task in tasks(yaml.safe_load(re.sub(r"(?<=\s)!\w+ ?", "", text))):
        asked = task.get("bill.connect.bill_request") or task.get("ansible.builtin.uri") or {}
        if not isinstance(asked, dict) or asked.get("method", "GET") == "GET":
            continue
        looks = "unless" in asked
        # A write that belongs to another one is sent only if that one has just been sent.
        if looks or str(task.get("when")) in {f"{name} is changed" for name in made_once}:
            made_once.add(task.get("register"))
        else:
            found.append(str(task.get("name")))
    return found


def examples() -> list[tuple[str, str]]:
    """The places and names of all writes without ``unless``."""
    every = (*GUIDES, ROOT / "README.md", *ROLES, *DOCUMENTED, *PLAYS)
    return [(path.name, name) for path in every for text in blocks(path) for name in writes_without_looking(text)]


@pytest.mark.promise(10)
@pytest.mark.promise(20)
def test_examples_of_writes_look_first_or_have_a_reason() -> None:
    assert sorted(examples()) == sorted(NEED_NOT_LOOK)


def test_examples_of_writes_that_do_not_look_are_found() -> None:
    """The check above is not empty."""
    pay = {"path": "/v3/payments", "method": "POST"}
    book = [
        {
            "hosts": "localhost",
            "tasks": [
                {"name": "Read", "bill.connect.bill_request": {"path": "/v3/bills"}},
                {"block": [{"name": "Pay", "bill.connect.bill_request": pay}]},
                {
                    "name": "Bill",
                    "bill.connect.bill_request": {**pay, "unless": {"match": {"a": 1}}},
                    "register": "bill",
                },
                {"name": "Pay it", "bill.connect.bill_request": pay, "when": "bill is changed"},
                {"name": "Pay another", "bill.connect.bill_request": pay, "when": "other is changed"},
                {"name": "Ask", "ansible.builtin.uri": {"url": "x", "method": "PATCH"}},
            ],
        }
    ]
    assert writes_without_looking(yaml.safe_dump(book, sort_keys=False)) == ["Pay", "Pay another", "Ask"]
    pages = {path.name for path in (*GUIDES, *DOCUMENTED) for text in blocks(path) if "method: POST" in text}
    assert pages >= {"guide_payments.rst", "guide_requests.rst", "bill_request.py"}
