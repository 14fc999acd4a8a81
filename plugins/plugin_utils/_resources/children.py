# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Brings the objects that belong to one object to their wanted states, such as the contacts of a customer.

Private to bill.connect.
"""

from __future__ import annotations

from dataclasses import replace

from .._core.errors import BillError
from .calls import Calls
from .desired import STATES, Desired
from .difference import predicted
from .many import ManyReconciler, Result
from .plan import Plan, for_creation, predicted_outcome


def with_children(calls: Calls, result: Result, *, check_mode: bool) -> Result:
    """The result of an object, with the results of the wanted objects that belong to it."""
    if not result.desired.children or result.outcome is None or result.outcome.record is None:
        return result
    try:
        children = _reconciled(calls, result.desired, result.outcome.record.get("id"), check_mode=check_mode)
    except BillError as error:
        return replace(result, error=error)
    return replace(result, children=tuple(children))


def _reconciled(calls: Calls, desired: Desired, id_: str | None, *, check_mode: bool) -> list[Result]:
    children: list[Result] = []
    for option, resource in desired.resource.children.items():
        (parent,) = resource.parents
        for state in STATES:
            wanted = [each.desired for each in desired.children if each.option == option and each.state == state]
            if not wanted:
                continue
            if id_ is None:
                # In check mode, the object does not exist yet.
                children += [_created(each) for each in wanted if state == "present"]
                continue
            own = calls.within(resource, {parent: id_})
            children += ManyReconciler(own, calls.reporter).reconcile(wanted, state, purge=False, check_mode=check_mode)
    return children


def _created(desired: Desired) -> Result:
    plan = Plan(("create",), None, for_creation(desired))
    outcome = predicted_outcome(desired, plan)
    return Result(desired, replace(outcome, record=predicted(desired, {})))
