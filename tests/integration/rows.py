# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a whole table in one run of ansible-playbook: a run takes half a second, and a task almost no time.

Each row is a play with its own host and its own session store. BILL is in its start state for each row, so no row affects another.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from tests.integration.project import Project, Run

ACTIONS = Path(__file__).with_name("actions")
CALLBACKS = Path(__file__).with_name("callbacks")

Task = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """One row. All ``tasks`` run, whatever fails.

    Requests of the tasks ``before`` do not count. ``posts`` change BILL after those tasks. ``environ`` is added to the environment of
    Ansible for this row.
    """

    tasks: Sequence[Task]
    variables: Mapping[str, Any] = field(default_factory=dict)
    before: Sequence[Task] = ()
    posts: Sequence[tuple[str, Mapping[str, Any]]] = ()
    environ: Mapping[str, str] = field(default_factory=dict)


class Shown(NamedTuple):
    """The output of one task.

    ``result`` is ok, changed, skipping or fatal. It is empty if no host ran the task, for example for a role's import.
    """

    name: str
    result: str
    text: str


@dataclass(frozen=True)
class Seen:
    """The output and the requests of one row. ``shown`` has an exit code as if the row were a run of its own."""

    shown: Run
    tasks: Sequence[Shown]
    received: Sequence[Mapping[str, Any]]

    @property
    def requests(self) -> list[str]:
        return [f"{each['method']} {each['path']}" for each in self.received]

    @property
    def counts(self) -> dict[str, int]:
        return dict(Counter(self.requests))

    def results(self, name: str) -> list[str]:
        """The results of the tasks with this name."""
        return [task.result for task in self.tasks if task.name == name]

    @property
    def failed(self) -> list[str]:
        return [task.name for task in self.tasks if task.result == "fatal"]


def wait(seconds: float) -> dict[str, Any]:
    """A task that lets time pass, also at BILL. The project must leap over waits."""
    return {"name": "Wait", "at_bill": {"wait": seconds}}


def play_rows(project: Project, rows: Sequence[Row], *arguments: str) -> list[Seen]:
    """Run all rows, one after the other. Returns what was seen of each."""
    names = [f"row{number}" for number in range(len(rows))]
    project.hosts(*names)
    project.environ["ANSIBLE_ACTION_PLUGINS"] = str(ACTIONS)
    if any(row.environ for row in rows):
        project.environ |= {
            "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
            "ANSIBLE_CALLBACKS_ENABLED": "environment_of_play",
        }
    run = project.plays(*(_play(project, *each) for each in zip(names, rows, strict=True)), arguments=arguments)
    assert run.code == 0, run.output
    parts = dict(re.findall(r"^PLAY \[(row\d+)\](.*?)(?=^PLAY )", run.output, re.MULTILINE | re.DOTALL))
    return [_seen(project, name, parts[name]) for name in names]


def _play(project: Project, name: str, row: Row) -> dict[str, Any]:
    store = str(project.home / f"store-{name}")
    # If secrets come from the environment, no variable may set the store.
    in_variable = {} if project.has_secrets_in_environment() else {"bill_session_store": store}
    before, tasks = (
        [task if in_variable else _in_store(task, store) for task in each] for each in (row.before, row.tasks)
    )
    control = project.api_url.removesuffix("/connect") + "/control"
    # The posts are not in the playbook, because Ansible shows lines of it if a task fails.
    Path(_file(project, name, "posts")).write_text(json.dumps(row.posts))

    def at_bill(what: str, **arguments: Any) -> dict[str, Any]:
        return {"name": what, "at_bill": {"control": control, **arguments}}

    return {
        "name": name,
        "hosts": name,
        "vars": {**in_variable, **row.variables, **({"environment_of_play": row.environ} if row.environ else {})},
        "tasks": [
            at_bill("Begin", reset=True),
            *before,
            at_bill("Arrange", posts=_file(project, name, "posts"), received=_file(project, name, "before")),
            *({**task, "ignore_errors": True} for task in tasks),
            at_bill("End", received=_file(project, name, "after")),
        ],
    }


def _in_store(task: Task, store: str) -> dict[str, Any]:
    return {
        name: {"session_store": store, **(value or {})} if name.startswith("bill.connect.") else value
        for name, value in task.items()
    }


def _file(project: Project, name: str, what: str) -> str:
    # This folder is not searched for secrets.
    return str(project.folder.parent / f"{name}-{what}.json")


def _seen(project: Project, name: str, shown: str) -> Seen:
    before, after = (json.loads(Path(_file(project, name, when)).read_text()) for when in ("before", "after"))
    of_tasks = shown.partition("\nTASK [Arrange]")[2].partition("\nTASK ")[2].rpartition("\nTASK [End]")[0]
    of_tasks = f"TASK {of_tasks}\n".replace(f"[{name}]", "[localhost]")
    tasks = [
        Shown(task, (re.findall(r"^(ok|changed|skipping|fatal): ", text, re.MULTILINE) or [""])[-1], text)
        for task, text in re.findall(r"^TASK \[(.*?)\] \**\n(.*?)(?=^TASK \[|\Z)", of_tasks, re.MULTILINE | re.DOTALL)
    ]
    # The last task decides the exit code, as in a run without ignore_errors.
    return Seen(Run(2 if tasks[-1].result == "fatal" else 0, of_tasks), tasks, after[len(before) :])
