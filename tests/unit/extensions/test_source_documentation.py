# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation in the files of the event sources names the options that the code reads."""

from __future__ import annotations

import ast
import re
from typing import Any

import pytest
import yaml

from ansible_collections.bill.connect.extensions.eda.plugins.event_source.bill_connect_eda.options import Arguments
from tests.unit.extensions.sources import CREDENTIALS, FOLDER

VALUES = {"str": "x", "int": "5000", "list": ["x"], "path": "/x", "bool": "true", "dict": {}}
SPECIAL = {
    "path": "/x",
    "environment": "sandbox",
    "api_url": "https://x/connect",
    "since": "2026-12-15T00:00:00Z",
    "read_seconds": 5,
}
# The receiver alone needs these.
RECEIVER = {
    "host",
    "port",
    "path",
    "security_keys",
    "security_keys_env",
    "certfile",
    "keyfile",
    "max_body",
    "read_seconds",
}


def documented(name: str, what: str) -> Any:
    tree = ast.parse((FOLDER / f"{name}.py").read_text())
    texts = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
    }
    return yaml.safe_load(texts[what])


def read_by_the_code() -> set[str]:
    text = (FOLDER / "bill_connect_eda" / "options.py").read_text()
    return set(re.findall(r'self\._(?:text|texts|number|boolean)\(\s*"(\w+)"', text)) | {"credentials_env", "feedback"}


@pytest.mark.parametrize(("name", "interval", "others"), [("bill_webhook", 300, set()), ("bill_events", 60, RECEIVER)])
def test_source_documents_the_options_that_it_reads(name: str, interval: int, others: set[str]) -> None:
    options = documented(name, "DOCUMENTATION")["options"]
    assert set(options) == read_by_the_code() - others
    arguments = Arguments(
        {key: SPECIAL.get(key, VALUES[option["type"]]) for key, option in options.items()}, {**CREDENTIALS, "x": "key"}
    )
    arguments.inbox()
    arguments.account()
    arguments.event_list(interval)
    if not others:
        arguments.receiver()
    # Nothing that is documented is left.
    arguments.finish()


@pytest.mark.parametrize(("name", "interval"), [("bill_webhook", 300), ("bill_events", 60)])
def test_source_documents_its_defaults(name: str, interval: int) -> None:
    options = documented(name, "DOCUMENTATION")["options"]
    needed = {"subscription_ids": ["x"], "state_dir": "/x", "port": 1, "security_keys": ["x"]}
    arguments = Arguments(needed, {})
    parts = (arguments.inbox(), arguments.receiver(), arguments.event_list(interval))
    found = {key: value for part in parts for key, value in vars(part).items()}
    for key, option in options.items():
        if "default" in option and key in found:
            # The code has None for "no event is stale".
            assert (found[key] or 0) == option["default"], key


@pytest.mark.parametrize("name", ["bill_webhook", "bill_events"])
def test_example_of_a_source_uses_documented_options(name: str) -> None:
    (ruleset,) = documented(name, "EXAMPLES")
    used = ruleset["sources"][0][f"bill.connect.{name}"]
    assert set(used) <= set(documented(name, "DOCUMENTATION")["options"])
