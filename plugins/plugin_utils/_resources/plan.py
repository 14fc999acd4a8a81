# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides what has to be done with one object, and says what became of it. Sends nothing.

Private to bill.connect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from .._core.errors import OptionError
from .calls import Record
from .desired import Desired, State, refuse_incomplete
from .difference import changes, differing_fields, managed, predicted
from .fields import Nested

Action = Literal["create", "restore", "change", "replace", "archive", "delete"]
DONE: dict[Action, str] = {
    "create": "created",
    "restore": "restored",
    "change": "changed",
    "replace": "replaced",
    "archive": "archived",
    "delete": "deleted",
}


@dataclass(frozen=True)
class Plan:
    """What has to be done, in this order. ``body`` is that of the creation or of the change. ``record`` is the object before."""

    actions: tuple[Action, ...]
    record: Record | None = field(repr=False)
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Outcome:
    """What became of an object.

    - ``record``: the object as BILL has it, or as it would have it in check mode. None if there is none.
    - ``before`` and ``after``: the given fields before and after, without secrets.
    - ``actions``: what was done. Empty if nothing was to be done.
    - ``warnings``: what the user should know.
    """

    record: Record | None = field(repr=False)
    changed: bool
    actions: tuple[Action, ...] = ()
    before: Mapping[str, Any] = field(default_factory=dict, repr=False)
    after: Mapping[str, Any] = field(default_factory=dict, repr=False)
    warnings: tuple[str, ...] = ()


def decide(desired: Desired, state: State, record: Record | None) -> Plan:
    """What has to be done with an object, or without one. Raises OptionError if it cannot be done."""
    if state == "absent":
        if record is None or bool(record.get("archived")):
            return Plan((), record)
        if desired.resource.removal == "impossible":
            raise OptionError(
                f"BILL has no way to remove a {desired.resource.name}, so the {desired.label} stays. Leave state: absent out."
            )
        return Plan((desired.resource.removal,), record)
    if record is None:
        if desired.id:
            raise OptionError(f"BILL has no {desired.label}. Correct id, or leave it out.")
        refuse_incomplete(desired)
        return Plan(("create",), None, for_creation(desired))
    body = changes(desired, record)
    actions: list[Action] = ["restore"] if record.get("archived") else []
    if body:
        actions.append("replace" if desired.resource.update == "replace" else "change")
    return Plan(tuple(actions), record, body)


def unchanged(desired: Desired, plan: Plan) -> Outcome:
    """The outcome if nothing has to be done."""
    now = _shown(desired, plan.record)
    return Outcome(plan.record, changed=False, before=now, after=now)


def outcome_of(desired: Desired, state: State, plan: Plan, record: Record | None) -> Outcome:
    """What became of an object, which was read again as ``record`` after the actions of the plan."""
    before, after = _shown(desired, plan.record), _shown(desired, record)
    # The honest answer is what BILL has now, and not what was sent.
    # A replaced object can look the same, because BILL masks what differs.
    changed = bool(set(plan.actions) - {"change"}) or _given(desired, plan.record) != _given(desired, record)
    warnings: tuple[str, ...] = ()
    if state == "present" and record is not None and (lost := _not_taken(desired, record)):
        warnings = (
            f"BILL accepted the request for {desired.label}, but it has other values in: {', '.join(lost)}. "
            "Check these values. BILL may change or ignore them.",
        )
    return Outcome(record, changed, plan.actions if changed else (), before, after, warnings)


def predicted_outcome(desired: Desired, plan: Plan) -> Outcome:
    """The outcome in check mode."""
    record = plan.record
    for action in plan.actions:
        record = expected(action, desired, replace(plan, record=record))
    return Outcome(record, True, plan.actions, _shown(desired, plan.record), _shown(desired, record))


def expected(action: Action, desired: Desired, plan: Plan) -> Record | None:
    """The object as BILL should have it after an action. None if BILL should have none."""
    record = plan.record or {}
    if action == "delete":
        return None
    if action in ("archive", "restore"):
        return {**record, "archived": action == "archive"}
    return predicted(desired, record)


def _shown(desired: Desired, record: Record | None) -> dict[str, Any]:
    """The given fields and the state of an object, for the diff."""
    if record is None:
        return {}
    return {**managed(desired, record), "state": "absent" if record.get("archived") else "present"}


def _given(desired: Desired, record: Record | None) -> dict[str, Any]:
    """The given fields of an object, as BILL has them."""
    return {} if record is None else {each.name: each.read(record) for each in desired.given}


def for_creation(desired: Desired) -> dict[str, Any]:
    """The body of the request that creates the object."""
    body: dict[str, Any] = {}
    for each in desired.resource.fields:
        value = desired.values.get(each.api_name, each.on_creation)
        if value not in (None, "", []):
            body = each.put(body, value)
    return body


def _not_taken(desired: Desired, record: Record) -> list[str]:
    """The names of the given fields that BILL has with another value."""
    names: list[str] = []
    for each in differing_fields(desired, record):
        wanted = desired.values[each.api_name]
        if isinstance(each, Nested) and wanted is not None:
            below = each.differing(wanted, each.read(record))
            names += [f"{each.name}.{inner.name}" for inner in each.fields if inner.api_name in below]
        else:
            names.append(each.name)
    return names
