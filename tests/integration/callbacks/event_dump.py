# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A callback that writes down everything that it gets, more than a log shipper does: every event, result, field and attribute."""

from __future__ import annotations

DOCUMENTATION = """
name: event_dump
type: notification
short_description: Writes every event to a file
description: Writes every event to the file that EVENT_DUMP names.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.plugins.callback import CallbackBase

# These parts of a play have events of their own.
_OTHERS = ("block", "handlers", "post_tasks", "pre_tasks", "rescue", "always", "roles", "tasks")


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "event_dump"
    CALLBACK_NEEDS_ENABLED = True


def _recorder(event: str) -> Callable[..., None]:
    def record(_self: CallbackModule, *arguments: Any, **keywords: Any) -> None:
        lines: list[str] = []
        _write([arguments, keywords], event, lines, [])
        with open(os.environ["EVENT_DUMP"], "a", encoding="utf-8", errors="backslashreplace") as dump:
            dump.writelines(f"{line}\n" for line in lines)

    return record


# v2_on_any is left out, because it repeats all other events.
for _event in dir(CallbackBase):
    if _event.startswith("v2_") and _event != "v2_on_any":
        setattr(CallbackModule, _event, _recorder(_event))


def _write(thing: Any, where: str, lines: list[str], seen: list[Any]) -> None:
    """Add one line for each value in an object, with the path to it. Each object is written once per event."""
    if isinstance(thing, (str, bytes, int, float)) or thing is None:
        lines.append(f"{where} = {thing!s} {thing!r}")
        return
    if any(thing is each for each in seen):
        return
    seen.append(thing)
    if isinstance(thing, Mapping):
        for key, value in thing.items():
            _write(value, f"{where}.{key}", lines, seen)
    elif isinstance(thing, Iterable):
        for number, value in enumerate(thing):
            _write(value, f"{where}.{number}", lines, seen)
    else:
        lines.append(f"{where} = {thing!s} {thing!r}")
        _write(_held(thing), where, lines, seen)


def _held(thing: Any) -> dict[str, Any]:
    """The content of one of Ansible's objects, without the references that lead to all other objects."""
    if hasattr(thing, "dump_attrs"):  # plays, blocks, tasks and handlers
        fields = {name: value for name, value in thing.dump_attrs().items() if name not in _OTHERS}
        return {**fields, "get_vars": thing.get_vars(), "get_name": thing.get_name()}
    if hasattr(thing, "get_vars"):  # hosts
        return {"get_vars": thing.get_vars()}
    if type(thing).__module__.startswith("ansible."):
        # The loader is left out because it has the vault password. Names mangled by Python hold a result before it is hidden.
        names = [name for name in dir(thing) if "__" not in name and name != "_loader"]
        return {name: value for name in names if not callable(value := getattr(thing, name))}
    return {}
