# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The README's example of a kind of object, and its table of tasks, are what the code has."""

from __future__ import annotations

import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import yaml

from ansible_collections.bill.connect.plugins.plugin_utils._resources import specs
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.payment_term import PAYMENT_TERM
from tools.resource_texts import INFO_TASKS, TASKS

ROOT = Path(__file__).resolve().parents[3]
README = (ROOT / "README.md").read_text()
PART = README.partition("### A new kind of object\n")[2].partition("\n## ")[0]
DESCRIPTION, ACTION = re.findall(r"```python\n(.*?)```", PART, re.DOTALL)


def test_readme_example_is_a_valid_description_of_at_most_25_lines(tmp_path: Path) -> None:
    assert len(DESCRIPTION.splitlines()) <= 25
    (tmp_path / "example.py").write_text(DESCRIPTION)
    found = spec_from_file_location(f"{specs.__name__}.example", tmp_path / "example.py")
    assert found
    assert found.loader
    module = module_from_spec(found)
    found.loader.exec_module(module)
    assert module.PAYMENT_TERM == PAYMENT_TERM


def test_readme_example_of_a_task_is_the_task() -> None:
    assert (ROOT / "plugins/action/bill_payment_term.py").read_text().endswith(f"\n{ACTION}")


def test_readme_tables_have_every_task() -> None:
    tasks = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())["action_groups"]["bill"]
    assert {*TASKS, *INFO_TASKS} <= {*tasks}
    for task in TASKS:
        assert f"| `bill.connect.{task}` | " in README, task
    for task in INFO_TASKS:
        assert task in README or task.removesuffix("_info") in TASKS, task
