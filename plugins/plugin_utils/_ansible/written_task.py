# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task as its author wrote it: its arguments, the loops and defaults around it, its role, and its place in the file.

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

_UNKNOWN = object()

# Real blocks are nested only a few levels deep. The limit stops an endless loop.
_DEEPEST_BLOCKS = 1000


class WrittenTask:
    """A task as its author wrote it, untemplated. The task is not parsed before a property is read."""

    def __init__(self, task: Any) -> None:
        self.task = task

    @property
    def arguments(self) -> Mapping[str, Any]:
        """The arguments of the task itself."""
        return self._arguments[0]

    @property
    def whole(self) -> Any:
        """A list with the template that stands for all arguments; None without such a template."""
        return self._arguments[1]

    @cached_property
    def _arguments(self) -> tuple[Mapping[str, Any], Any]:
        return _parsed(self.task)

    @cached_property
    def defaults(self) -> list[Mapping[str, Any]]:
        """The ``module_defaults`` that may apply to the task. Each element holds the arguments of one task or group.

        The key ``""`` holds one template that stands for all arguments.
        """
        return [
            arguments if isinstance(arguments, Mapping) else {"": arguments}
            for defaults in _defaults_around(self.task)
            for _path, arguments in _groups_in(defaults)
        ]

    @cached_property
    def applied_defaults(self) -> list[tuple[str, Loop, Any]]:
        """The arguments in ``module_defaults`` that include_role has evaluated, each as name, source and value."""
        return [
            (name, loop, value)
            for depth, written, block in _applied_around(self.task)
            for path, arguments in _groups_in(getattr(block, "_ds", {}).get("module_defaults"))
            if isinstance(arguments, Mapping)
            for name, value in arguments.items()
            if (loop := _applied(written, ("module_defaults", *path, name), value, depth, name))
        ]


def _parsed(task: Any) -> tuple[Mapping[str, Any], Any]:
    """Return the untemplated arguments of a task, and a list with the template that stands for all of them, or None."""
    written = _ds_of(task)
    if not written or (written.get(getattr(task, "action", ""), _UNKNOWN) is None and "args" not in written):
        # A block, or the usual bill_login, which has no arguments. Their parser takes longer than the rest of this file.
        return {}, None
    try:
        _action, arguments, _delegate_to = ModuleArgsParser(written).parse(skip_action_validation=True)
    except AnsibleError:
        return {}, None
    # ansible-core uses these names for a template that stands for all arguments.
    whole = [arguments.pop(name) for name in ("_variable_params", "_raw_params") if name in arguments]
    return arguments, whole or None


def _groups_in(defaults: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield each entry of module_defaults that may apply to a task of bill.connect, as path and arguments."""
    for number, each in enumerate(defaults if isinstance(defaults, list) else [defaults]):
        for name, arguments in each.items() if isinstance(each, Mapping) else ():
            # The members of a group of another collection are not known here.
            if "bill" in str(name) or str(name).startswith("group/"):
                yield ((number, name) if isinstance(defaults, list) else (name,)), arguments


def loops_around(task: Any, variables: Mapping[str, Any], named: Callable[[str], str]) -> Loops:
    """Return the loops around a task by the names that they define, the innermost loop first.

    ``named`` evaluates a name that is a template. Several loops may define the same name. The result includes the variables of ``apply``.
    """
    if task is None:
        # The main process of ansible-core evaluates the names of tasks. It is not known here which task that is.
        item = variables.get("ansible_loop_var")
        return {item: [Loop(None, item, query_of("?"))]} if isinstance(item, str) else {}
    found: dict[str, list[Loop]] = {}
    for depth, each in enumerate(_around(task)):
        for name, loop in _loops_of(each, depth, named):
            found.setdefault(name, []).append(loop)
    for depth, written, block in _applied_around(task):
        for name, value in (getattr(block, "vars", None) or {}).items():
            applied = _applied(written, ("vars", name), value, depth, name)
            # Another variable of this name may override it.
            if applied and name in variables and variables[name] == value:
                found.setdefault(name, []).append(applied)
    return {name: sorted(loops, key=lambda loop: loop.depth) for name, loops in found.items()}


def _applied_around(task: Any) -> Iterator[tuple[int, Mapping[str, Any], Any]]:
    """Yield each ``apply`` of the includes around a task: the depth of its block, its untemplated value, and the block itself."""
    for depth, (block, include) in enumerate(pairwise(_around(task))):
        written = _parsed(include)[0].get("apply")
        if isinstance(written, Mapping):
            yield depth, written, block


def _applied(written: Any, path: tuple[Any, ...], value: Any, depth: int, name: str) -> Loop | None:
    """Return the source of a value at this path of ``apply``; None if the value is still as its author wrote it."""
    while path and (isinstance(written, list) or (isinstance(written, Mapping) and path[0] in written)):
        written, path = written[path[0]], path[1:]
    return None if not path and written == value else Loop(written, name, depth=depth, path=path)


def _ds_of(task: Any) -> dict[str, Any]:
    written = getattr(task, "_ds", None)
    return written if isinstance(written, dict) else {}


def play_of(task: Any) -> Any:
    """Return the play of a task; None if there is none."""
    return next((play for each in _around(task) if (play := getattr(each, "_play", None)) is not None), None)


def _around(task: Any) -> Iterator[Any]:
    """Yield the task and the blocks and includes around it, from the inside to the outside."""
    seen = 0
    while task is not None and seen < _DEEPEST_BLOCKS:
        yield task
        task, seen = getattr(task, "_parent", None), seen + 1


def _loops_of(task: Any, depth: int, named: Callable[[str], str]) -> Iterator[tuple[str, Loop]]:
    """Yield the loop of a task once for each name that it defines."""
    for key, items in _ds_of(task).items():
        lookup = str(key).removeprefix("with_")
        if key == "loop" or lookup != key:
            control = getattr(task, "loop_control", None)
            names = [getattr(control, "loop_var", None) or "item", getattr(control, "index_var", None)]
            item, *index = [named(name) for name in names if isinstance(name, str)]
            loop = Loop(items, item, query_of(lookup) if key != "loop" else "", depth)
            yield from ((name, loop) for name in (item, *index, "ansible_loop"))


def _defaults_around(task: Any) -> Iterator[Any]:
    """Yield the untemplated module_defaults of the task, of everything around it, and of the play."""
    # The task object holds evaluated defaults. So its own defaults are read in their written form.
    yield _ds_of(task).get("module_defaults")
    holders = [*_around(task)][1:]
    for each in (task, *holders):
        holders += [
            getattr(each, "_role", None),
            *(getattr(each, "_dep_chain", None) or ()),
            getattr(each, "_play", None),
        ]
    # The defaults are read from each holder. The defaults that ansible-core combines from them may be gone when the task runs.
    for holder in {id(each): each for each in holders if each is not None}.values():
        yield getattr(holder, "_module_defaults", None)


def environments_around(task: Any) -> Iterator[Any]:
    """Yield each untemplated value of the keyword ``environment`` of the task, of the blocks and roles around it, and of the play."""
    # ansible-core has already evaluated the keyword of the task itself, and has left out what is no dictionary.
    yield from _items(_ds_of(task).get("environment"))
    seen: list[Any] = []
    for each in [*_around(task)]:
        for holder in (each, getattr(each, "_role", None), getattr(each, "_play", None)):
            if holder is not None and holder is not task and not any(holder is other for other in seen):
                seen.append(holder)
                yield from _items(getattr(holder, "_environment", None))


def keyword_of(task: Any, name: str) -> Any:
    """Return a keyword of the task itself as its author wrote it; None if the task does not have it."""
    return _ds_of(task).get(name)


def _items(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        yield from value
    elif isinstance(value, (str, Mapping)):
        yield value


def is_in_role(task: Any, name: str) -> bool:
    """Return whether a task belongs to a role. ``name`` is the full name of the role."""
    role = getattr(task, "_role", None)
    return role is not None and str(role.get_name()) == name


def place_of(task: Any) -> str:
    """Return a text that identifies one task of a run by the place where it is written.

    The id of ansible-core is not suitable. With strategy free and in loops of include_tasks, each host and item gets its own task from
    the same lines. Two imports or two plays that use the same lines give the same place. Their author may mean other hosts, and not a
    second payment.
    """
    path, _colon, line = str(task.get_path() or task._uuid).rpartition(":")
    in_file = takewhile(lambda each: not hasattr(each, "statically_loaded"), _around(task))
    return json.dumps(
        [
            # Several links may lead to the same file.
            os.path.realpath(path) if path else "",
            line,
            str(_ds_of(task).get("name")),
            # Two tasks may come from one YAML anchor or from one line. Their positions in their blocks differ.
            [_number_of(each) for each in in_file],
        ]
    )


def _number_of(task: Any) -> int:
    """Return the position of a task or block in its parent block; -1 if it is not found there."""
    parent = getattr(task, "_parent", None)
    for part in ("block", "rescue", "always"):
        for number, each in enumerate(getattr(parent, part, None) or ()):
            if getattr(each, "_uuid", None) == task._uuid:
                return number
    return -1
