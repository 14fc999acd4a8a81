# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Brings one object to its wanted state: find it, decide what differs, write only that, and read what became of it.

Private to bill.connect. BILL has no version of an object and no conditional write. So every write is made under a lock that all tasks of the
store share, after the object was read once more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .._core.error_parser import error_items
from .._core.errors import ApiError, BillError, UncertainWriteError, reworded
from .calls import Calls, Record
from .desired import Desired, State
from .difference import changes
from .finder import Finder, similar_error
from .guards import refuse_harm
from .plan import DONE, Action, Outcome, Plan, decide, expected, for_creation, outcome_of, predicted_outcome, unchanged


class Reconciler:
    """Reconciles objects of one resource. ``finder`` finds them, and ``calls`` sends the requests."""

    def __init__(self, calls: Calls, finder: Finder) -> None:
        self._calls = calls
        self._finder = finder

    def reconcile(self, desired: Desired, state: State, *, check_mode: bool) -> Outcome:
        """Bring one object to its wanted state. Check mode only predicts it. Raises BillError."""
        record = self._finder.find(desired)
        if record is not None or state == "absent":
            plan = decide(desired, state, record)
            if not plan.actions:
                return unchanged(desired, plan) if check_mode else self._settled(desired, state, plan)
        if check_mode:
            return predicted_outcome(desired, self.planned(desired, state))
        with self._calls.exclusive():
            # Another task may have changed the object while this one waited.
            self._finder.forget()
            return self.carried_out(desired, state, self.planned(desired, state))

    def planned(self, desired: Desired, state: State) -> Plan:
        """What has to be done with an object. Raises OptionError if it is not clear which object is meant."""
        record = self._finder.find(desired)
        if record is None and not desired.id and state == "present" and (similar := self._finder.similar(desired)):
            # Somebody may have created it since the first request.
            record = next((each for each in similar if desired.is_exactly(each)), None)
            if record is None:
                raise similar_error(desired, similar)
        return self.guarded(desired, decide(desired, state, record))

    def guarded(self, desired: Desired, plan: Plan) -> Plan:
        """The same plan. Raises OptionError if it would do harm."""
        refuse_harm(desired, plan, self._calls, self._finder)
        return plan

    def carried_out(self, desired: Desired, state: State, plan: Plan) -> Outcome:
        """The outcome of a plan. The caller holds the lock. Raises BillError."""
        record = plan.record
        for action in plan.actions:
            record = self._do(action, desired, plan)
        return outcome_of(desired, state, plan, record) if plan.actions else self._settled(desired, state, plan)

    def _settled(self, desired: Desired, state: State, plan: Plan) -> Outcome:
        """The outcome of an object that is as wanted. Raises BillError.

        An earlier task may have created it without getting BILL's response. BILL shows some values only there, and returns the response again
        for the same key.
        """
        if state == "absent" or not desired.resource.one_time:
            return unchanged(desired, plan)
        body = for_creation(desired)
        if self._calls.is_creation_open(body):
            plan = replace(plan, record={**(plan.record or {}), **self._calls.create(body)})
        return unchanged(desired, plan)

    def _do(self, action: Action, desired: Desired, plan: Plan) -> Record | None:
        """Carry out one action. Returns the object that BILL has then. Raises BillError."""
        try:
            return self._send(action, desired, plan)
        except UncertainWriteError as error:
            return self._looked_up(action, desired, error)
        except ApiError as error:
            raise _explained(error, action, desired, plan) from None

    def _send(self, action: Action, desired: Desired, plan: Plan) -> Record | None:
        if plan.record is None:
            return self._created(plan.body)
        # A single object has no ID.
        id_ = str(plan.record.get("id", ""))
        if action == "replace":
            return self._replaced(desired, id_, plan.body)
        if action == "delete":
            self._calls.delete(id_)
            return None
        if action == "change":
            self._calls.change(id_, plan.body)
        elif action == "restore":
            self._calls.restore(id_)
        else:
            self._calls.archive(id_)
        return self._read_again(plan.record) or expected(action, desired, plan)

    def _created(self, body: Mapping[str, Any]) -> Record:
        created = self._calls.create(body)
        once = {name: created[name] for name in self._calls.resource.one_time if name in created}
        return {**(self._read_again(created) or created), **once}

    def _replaced(self, desired: Desired, id_: str, body: Mapping[str, Any]) -> Record:
        """The object that takes the place of the deleted one. BILL cannot do both at once."""
        try:
            self._calls.delete(id_)
        except UncertainWriteError:
            if self._finder.find(desired):
                raise
        try:
            return self._created(body)
        except UncertainWriteError as error:
            if record := self._finder.find(desired):
                return record
            error.details = {**error.details, "changed": True}
            raise
        except BillError as error:
            error.details = {**error.details, "changed": True}
            raise reworded(
                error,
                f"The old {desired.label} was deleted, and the new one was not created. BILL has none now. {error}",
            ) from None

    def _looked_up(self, action: Action, desired: Desired, error: UncertainWriteError) -> Record | None:
        """The object after a write whose response was lost. Such a write is never sent again. Raises ``error`` if BILL has not done it."""
        if action == "create" and desired.resource.one_time:
            # Only the response has the values that BILL shows once. The next run gets it, because this write has an idempotent key.
            raise error
        self._finder.forget()
        record = self._finder.find(desired)
        is_done = {
            "create": record is not None,
            "change": record is not None and not changes(desired, record),
            "restore": record is not None and not record.get("archived"),
            "archive": record is None or bool(record.get("archived")),
            "delete": record is None,
            # BILL has not deleted the old object, or it is not known whether it has created the new one.
            "replace": False,
        }[action]
        if not is_done:
            raise error
        return record

    def _read_again(self, record: Record) -> Record | None:
        """The object as BILL has it now. None if it cannot be read: BILL has rights for each operation, so only the reading may be refused."""
        try:
            return self._calls.read(str(record.get("id", "")))
        except BillError:
            # The write has succeeded, so this is no failure of the task.
            return None


def _explained(error: ApiError, action: Action, desired: Desired, plan: Plan) -> ApiError:
    """The error of BILL, with the advice for this action."""
    text = f"The {desired.label} was not {DONE[action]}. {error}"
    sent = plan.body if action in ("create", "change", "replace") else {}
    named = {_field_in(each.get("message")) for each in error_items(error.response_body)}
    stored = [each.name for each in desired.resource.fields if each.api_name in named and each.api_name not in sent]
    if action == "change" and stored:
        # Observed by a third party: a change of one field was refused because of an incomplete address, which BILL had stored before.
        text += (
            f" BILL checks the whole stored {desired.resource.name}, also the fields that this task does not change. Add "
            f"{', '.join(stored)} to this task, with valid values."
        )
    return reworded(error, text)


def _field_in(message: object) -> str:
    """The field on the highest level that a message of BILL begins with (observed: ``address.city: must not be blank``)."""
    return message.partition(":")[0].split(".")[0] if isinstance(message, str) else ""
