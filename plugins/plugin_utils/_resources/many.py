# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Brings many objects of one resource to their wanted states: one list is read, and only the differences are written.

Private to bill.connect. New objects are created with BILL's bulk request. BILL creates all objects of such a request or none (documented). So
if BILL refuses one, each of its objects is sent alone, and the object that BILL refuses has a name.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from .._core.errors import ApiError, BillError, OptionError, UncertainWriteError
from .._core.reporter import Reporter
from .calls import Calls
from .desired import Desired, State
from .finder import Finder
from .plan import Outcome, Plan, outcome_of, predicted_outcome, unchanged
from .reconcile import Reconciler
from .values import text_of

# Errors that say nothing about the next object.
_OF_ONE_OBJECT = (ApiError, OptionError, UncertainWriteError)


@dataclass(frozen=True)
class _Step:
    """The plan of one object, or the reason why it has none."""

    desired: Desired
    state: State
    plan: Plan
    error: BillError | None = None


@dataclass(frozen=True)
class Result:
    """What became of one object of the list: its outcome, or the error. ``children`` are the results of the objects that belong to it."""

    desired: Desired
    outcome: Outcome | None = None
    error: BillError | None = None
    children: tuple[Result, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether something of the object, or of those that belong to it, was changed at BILL."""
        return any(each.outcome.changed for each in (self, *self.children) if each.outcome)

    @property
    def secrets(self) -> list[str]:
        """The values that BILL shows only once."""
        record = (self.outcome and self.outcome.record) or {}
        return [str(record[name]) for name in self.desired.resource.one_time if name in record]

    @property
    def warnings(self) -> list[str]:
        """The warnings about the object and about those that belong to it."""
        return [text for each in (self, *self.children) if each.outcome for text in each.outcome.warnings]

    @property
    def errors(self) -> list[BillError]:
        """The errors of the object and of those that belong to it."""
        return [each.error for each in (self, *self.children) if each.error]


def reconcile_singles(calls: Calls, wanted: Sequence[Desired], state: State, *, check_mode: bool) -> list[Result]:
    """Bring objects to their wanted states that have no list, because each belongs to another object. Each is written alone."""
    refuse_duplicates(wanted)
    results: list[Result] = []
    stop: BillError | None = None
    for number, desired in enumerate(wanted, 1):
        if stop:
            results.append(Result(desired, error=stop))
            continue
        own = calls.within(desired.resource, desired.parents)
        try:
            results.append(
                Result(desired, Reconciler(own, Finder(own)).reconcile(desired, state, check_mode=check_mode))
            )
        except BillError as error:
            results.append(Result(desired, error=error))
            stop = None if isinstance(error, _OF_ONE_OBJECT) else error
        calls.reporter.progress(f"{desired.resource.plural}: {number} of {len(wanted)} done")
    return results


class ManyReconciler:
    """Reconciles a list of objects of one resource."""

    def __init__(self, calls: Calls, reporter: Reporter) -> None:
        self._calls = calls
        self._finder = Finder(calls, is_whole=True)
        self._one = Reconciler(calls, self._finder)
        self._reporter = reporter

    def reconcile(self, wanted: Sequence[Desired], state: State, *, purge: bool, check_mode: bool) -> list[Result]:
        """Bring all objects to their wanted states. With ``purge``, the objects that are not listed are archived.

        An object that BILL refuses does not stop the others. After another failure, such as one of the network, no further object is
        written. Each of them then has this failure as its result. Raises BillError if the list cannot be read.
        """
        refuse_duplicates(wanted)
        if purge and state == "absent":
            raise OptionError(
                f"purge with state absent would archive all {self._calls.resource.plural}. Nothing was sent. Leave purge out, or set state "
                "to present."
            )
        if check_mode:
            return [_predicted(step) for step in self._steps(wanted, state, purge)]
        # To read the whole list takes long. So it is read only once, under the lock.
        with self._calls.exclusive():
            return self._carried_out(self._steps(wanted, state, purge))

    def _steps(self, wanted: Sequence[Desired], state: State, purge: bool) -> list[_Step]:
        steps: list[_Step] = []
        for desired in wanted:
            try:
                steps.append(_Step(desired, state, self._one.planned(desired, state)))
            except OptionError as error:
                steps.append(_Step(desired, state, Plan((), None), error))
        return [*steps, *self._unlisted(steps)] if purge else steps

    def _unlisted(self, listed: Sequence[_Step]) -> list[_Step]:
        """The steps that archive the objects that are not listed. Raises OptionError if it is not clear which objects are listed."""
        if error := next((step.error for step in listed if step.error), None):
            raise OptionError(f"With purge, every object must be clear, and nothing was changed. {error}")
        ids = {step.plan.record["id"] for step in listed if step.plan.record}
        like = listed[0].desired
        steps: list[_Step] = []
        for record in self._finder.everything(archived=False):
            if record["id"] not in ids:
                name = " ".join(text_of(value) for value in like.resource.key_values(like.key, record))
                # The values and the children of a listed object are not those of this one.
                desired = Desired(
                    like.resource,
                    {},
                    record["id"],
                    like.key,
                    parents=like.parents,
                    consents=like.consents,
                    known_as=name,
                )
                steps.append(_Step(desired, "absent", self._one.guarded(desired, Plan(("archive",), record))))
        return steps

    def _carried_out(self, steps: Sequence[_Step]) -> list[Result]:
        results = self._created([step for step in steps if step.plan.actions == ("create",)])
        open_ = [step for step in steps if step.desired not in results]
        stop: BillError | None = None
        for number, step in enumerate(open_, 1):
            if stop and step.plan.actions:
                results[step.desired] = Result(step.desired, error=stop)
                continue
            result = results[step.desired] = self._single(step)
            if result.error and not isinstance(result.error, _OF_ONE_OBJECT):
                stop = result.error
            if step.plan.actions:
                self._reporter.progress(f"{step.desired.resource.plural}: {number} of {len(open_)} done")
        return [results[step.desired] for step in steps]

    def _single(self, step: _Step) -> Result:
        if step.error:
            return Result(step.desired, error=step.error)
        try:
            return Result(step.desired, self._one.carried_out(step.desired, step.state, step.plan))
        except BillError as error:
            return Result(step.desired, error=error)

    def _created(self, steps: Sequence[_Step]) -> dict[Desired, Result]:
        """The results of the objects that bulk requests created. The others have no result yet."""
        results: dict[Desired, Result] = {}
        size = self._calls.resource.bulk
        if not size or len(steps) < 2:
            return results
        for start in range(0, len(steps), size):
            batch = steps[start : start + size]
            try:
                self._calls.create_all([step.plan.body for step in batch])
            except ApiError:
                # BILL has created none of them, so each is sent alone later. Then the message names the object.
                continue
            except BillError as error:
                # The list shows below which of them BILL has created.
                results.update({step.desired: Result(step.desired, error=error) for step in batch})
                if not isinstance(error, UncertainWriteError):
                    break
            else:
                done = Outcome(None, changed=True, actions=("create",))
                results.update({step.desired: Result(step.desired, done) for step in batch})
            self._reporter.progress(f"{self._calls.resource.plural}: {start + len(batch)} of {len(steps)} created")
        self._finder.forget()
        with suppress(BillError):
            self._look_up([step for step in steps if step.desired in results], results)
        return results

    def _look_up(self, steps: Sequence[_Step], results: dict[Desired, Result]) -> None:
        """Replace the results of objects that BILL has now."""
        for step in steps:
            if record := self._finder.find(step.desired):
                results[step.desired] = Result(step.desired, outcome_of(step.desired, "present", step.plan, record))


def _predicted(step: _Step) -> Result:
    if step.error:
        return Result(step.desired, error=step.error)
    is_done = not step.plan.actions
    return Result(
        step.desired, unchanged(step.desired, step.plan) if is_done else predicted_outcome(step.desired, step.plan)
    )


def refuse_duplicates(wanted: Sequence[Desired]) -> None:
    """Raise OptionError if two elements mean the same object."""
    seen: dict[Any, Desired] = {}
    for each in wanted:
        key = ("id", each.id) if each.id else (*each.similar_key, *each.parents.values())
        if key in seen:
            raise OptionError(
                f"{seen[key].place} and {each.place} both mean {each.label}. Nothing was sent. Remove one of them."
            )
        seen[key] = each
