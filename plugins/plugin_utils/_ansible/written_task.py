# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task as its author wrote it, and where it stands: its arguments, the loops and defaults around it, its role and its place.

Private to bill.connect.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from itertools import pairwise, takewhile
from typing import Any

from ansible.errors import AnsibleError
from ansible.parsing.mod_args import ModuleArgsParser

from .facts import Loop, Loops
from .running import query_of

# Blocks are nested a few levels deep; this only stops a circle.
_DEEPEST_BLOCKS = 1000


class WrittenTask:
    """A task as its author wrote it, untemplated. Nothing is looked at before it is asked for."""

    def __init__(self, task: Any) -> None:
        self.task = task

    @property
    def arguments(self) -> Mapping[str, Any]:
        """The arguments of the task itself."""
        return self._arguments[0]

    @property
    def whole(self) -> Any:
        """What stands for all arguments where that is one template."""
        return self._arguments[1]

    @cached_property
    def _arguments(self) -> tuple[Mapping[str, Any], Any]:
        return _parsed(self.task)

    @cached_property
    def defaults(self) -> list[Mapping[str, Any]]:
        """The ``module_defaults`` that may be for the task, each the arguments of one task or group; one template is named ``""``."""
        return [
            arguments if isinstance(arguments, Mapping) else {"": arguments}
            for defaults in _defaults_around(self.task)
            for _path, arguments in _groups_in(defaults)
        ]

    @cached_property
    def applied_defaults(self) -> list[tuple[str, Loop, Any]]:
        """The arguments among those that include_role has evaluated, with their values."""
        return [
            (name, loop, value)
            for depth, written, block in _applied_around(self.task)
            for path, arguments in _groups_in(getattr(block, "_ds", {}).get("module_defaults"))
            if isinstance(arguments, Mapping)
            for name, value in arguments.items()
            if (loop := _applied(written, ("module_defaults", *path, name), value, depth, name))
        ]


def _parsed(task: Any) -> tuple[Mapping[str, Any], Any]:
    """The arguments of a task, untemplated, and what stands for all of them."""
    written = _ds_of(task)
    try:
        _action, arguments, _delegate_to = ModuleArgsParser(written).parse(skip_action_validation=True)
    except AnsibleError:
        return {}, None
    # How ansible-core calls arguments that are one template.
    whole = [arguments.pop(name) for name in ("_variable_params", "_raw_params") if name in arguments]
    return arguments, whole or None


def _groups_in(defaults: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """What module_defaults hold for tasks that may be ours, each with its place."""
    for number, each in enumerate(defaults if isinstance(defaults, list) else [defaults]):
        for name, arguments in each.items() if isinstance(each, Mapping) else ():
            # What is in a group of another collection is not known here.
            if "bill" in str(name) or str(name).startswith("group/"):
                yield ((number, name) if isinstance(defaults, list) else (name,)), arguments


def loops_around(task: Any, variables: Mapping[str, Any], named: Callable[[str], str]) -> Loops:
    """The loops around a task, by the names that they define, the innermost first; ``named`` gives the name where that is a template.

    One name may be that of several loops. The variables of ``apply`` are among them.
    """
    if task is None:
        # The first process of ansible-core evaluates the names of tasks, and of which one nobody knows.
        item = variables.get("ansible_loop_var")
        return {item: [Loop(None, item, query_of("?"))]} if isinstance(item, str) else {}
    found: dict[str, list[Loop]] = {}
    for depth, each in enumerate(_around(task)):
        for name, loop in _loops_of(each, depth, named):
            found.setdefault(name, []).append(loop)
    for depth, written, block in _applied_around(task):
        for name, value in (getattr(block, "vars", None) or {}).items():
            applied = _applied(written, ("vars", name), value, depth, name)
            # Another variable of this name may outrank it.
            if applied and name in variables and variables[name] == value:
                found.setdefault(name, []).append(applied)
    return {name: sorted(loops, key=lambda loop: loop.depth) for name, loops in found.items()}


def _applied_around(task: Any) -> Iterator[tuple[int, Mapping[str, Any], Any]]:
    """What ``apply`` says of the includes around a task, untemplated, and the block that it has made, with the depth of that."""
    for depth, (block, include) in enumerate(pairwise(_around(task))):
        written = _parsed(include)[0].get("apply")
        if isinstance(written, Mapping):
            yield depth, written, block


def _applied(written: Any, path: tuple[Any, ...], value: Any, depth: int, name: str) -> Loop | None:
    """Where a value comes from that ``apply`` has in this place; None if it is as it was written."""
    while path and (isinstance(written, list) or (isinstance(written, Mapping) and path[0] in written)):
        written, path = written[path[0]], path[1:]
    return None if not path and written == value else Loop(written, name, depth=depth, path=path)


def _ds_of(task: Any) -> dict[str, Any]:
    written = getattr(task, "_ds", None)
    return written if isinstance(written, dict) else {}


def play_of(task: Any) -> Any:
    """The play of a task; None without one."""
    return next((play for each in _around(task) if (play := getattr(each, "_play", None)) is not None), None)


def _around(task: Any) -> Iterator[Any]:
    """The task, and the blocks and includes that it is in, from the innermost on."""
    seen = 0
    while task is not None and seen < _DEEPEST_BLOCKS:
        yield task
        task, seen = getattr(task, "_parent", None), seen + 1


def _loops_of(task: Any, depth: int, named: Callable[[str], str]) -> Iterator[tuple[str, Loop]]:
    """A task's loop, with each name that it defines."""
    for key, items in _ds_of(task).items():
        lookup = str(key).removeprefix("with_")
        if key == "loop" or lookup != key:
            control = getattr(task, "loop_control", None)
            names = [getattr(control, "loop_var", None) or "item", getattr(control, "index_var", None)]
            item, *index = [named(name) for name in names if isinstance(name, str)]
            loop = Loop(items, item, query_of(lookup) if key != "loop" else "", depth)
            yield from ((name, loop) for name in (item, *index, "ansible_loop"))


def _defaults_around(task: Any) -> Iterator[Any]:
    """The module_defaults of the task, of all that it is in, and of the play, untemplated."""
    # The task's own as they were written: those that it holds are evaluated.
    yield _ds_of(task).get("module_defaults")
    holders = [*_around(task)][1:]
    for each in (task, *holders):
        holders += [
            getattr(each, "_role", None),
            *(getattr(each, "_dep_chain", None) or ()),
            getattr(each, "_play", None),
        ]
    # Each one's own: what ansible-core derives from them is not always there any more when the task runs.
    for holder in {id(each): each for each in holders if each is not None}.values():
        yield getattr(holder, "_module_defaults", None)


def is_in_role(task: Any, name: str) -> bool:
    """Whether a task belongs to a role, named in full."""
    role = getattr(task, "_role", None)
    return role is not None and str(role.get_name()) == name


def place_of(task: Any) -> str:
    """What tells one task of a run from another: where it is written.

    Not ansible-core's own id: with strategy free and in loops of include_tasks, each host and item gets a task of its own from the same
    lines. Whoever uses the same lines twice, by two imports or two plays, may mean other hosts by it, and not a second payment.
    """
    path, _colon, line = str(task.get_path() or task._uuid).rpartition(":")
    in_file = takewhile(lambda each: not hasattr(each, "statically_loaded"), _around(task))
    return json.dumps(
        [
            # A file can be included by several links.
            os.path.realpath(path) if path else "",
            line,
            str(_ds_of(task).get("name")),
            # The place among its neighbours tells two tasks of one YAML anchor, or of one line, apart.
            [_number_of(each) for each in in_file],
        ]
    )


def _number_of(task: Any) -> int:
    """The place of a task or block in the block that it is in."""
    parent = getattr(task, "_parent", None)
    for part in ("block", "rescue", "always"):
        for number, each in enumerate(getattr(parent, part, None) or ()):
            if getattr(each, "_uuid", None) == task._uuid:
                return number
    return -1
