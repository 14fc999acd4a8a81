# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide's table of tasks says what the descriptions of the objects say."""

from __future__ import annotations

import csv
import textwrap
from pathlib import Path

import pytest

from tools.resource_texts import INFO_TASKS, TASKS

PAGE = (Path(__file__).resolve().parents[3] / "docs/docsite/rst/guide_resources.rst").read_text()
ROWS = {
    row[0].strip("`"): row[1:]
    for row in csv.reader(
        textwrap.dedent(PAGE.partition(':header: "Task"')[2].partition("\n\n")[2].partition("\n\n")[0]).splitlines(),
        skipinitialspace=True,
    )
}
REMOVAL = {"archive": "archives", "delete": "deletes", "impossible": "fails: BILL cannot remove a term"}


def test_guide_has_a_row_for_each_task_and_names_the_others() -> None:
    assert {*ROWS} == {*TASKS}
    for task in INFO_TASKS:
        assert task.removesuffix("_info") in TASKS or f"``{task}``" in PAGE, task


@pytest.mark.parametrize("task", TASKS)
def test_guide_row_of_a_task_says_what_identifies_removes_and_is_refused(task: str) -> None:
    identified, removal, refused = ROWS[task]
    for resource in TASKS[task].values():
        assert removal == REMOVAL[resource.removal]
        names = [name for key in resource.keys.values() for name in key.fields] or resource.parents
        # A dotted name is the option of a dictionary. The choice of match_by has a name of its own.
        for name in names:
            assert f"``{name.replace('.', '_')}``" in identified, name
        for consent in resource.consents:
            assert f"``{consent}: true``" in refused, consent
