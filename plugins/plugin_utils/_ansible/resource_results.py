# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The return values of the tasks that bring objects of BILL to a wanted state.

Private to bill.connect.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from .._core.errors import BillError, UncertainWriteError
from .._resources.difference import redacted
from .._resources.many import Result
from .._resources.plan import DONE, Outcome


def described(results: Sequence[Result], *, is_list: bool) -> dict[str, Any]:
    """The return values of a task that succeeded, for one object or for the list of them."""
    if not is_list:
        (result,) = results
        return {**_of_one(result), "uncertain": False, "diff": _difference(result)}
    return {
        "changed": any(each.changed for each in results),
        "uncertain": False,
        "objects": [_in_list(each) for each in results],
        "diff": [_difference(each) for each in results if each.changed],
    }


def failure_of(results: Sequence[Result], *, is_list: bool) -> BillError | None:
    """The error of a task. Its details are return values. None if nothing has failed."""
    failed = [each for each in results if each.errors]
    if not failed:
        return None
    first = failed[0].errors[0]
    details = {
        **first.details,
        "changed": any(each.changed for each in results) or bool(first.details.get("changed")),
        "uncertain": any(isinstance(error, UncertainWriteError) for each in failed for error in each.errors),
    }
    if not is_list:
        return BillError(str(first), status=first.status, code=first.code, details=details)
    return BillError(
        f"{len(failed)} of {len(results)} {failed[0].desired.resource.plural} failed. The others are as wanted. The first failure: {first}",
        status=first.status,
        code=first.code,
        details={**details, "objects": [_without_secrets(_in_list(each), each) for each in results]},
    )


def _without_secrets(shown: dict[str, Any], result: Result) -> dict[str, Any]:
    """The result of one object in a task that failed. Ansible shows such a task, so it cannot return a value that BILL shows only once."""
    once = [name for name in map(_snake, result.desired.resource.one_time) if name in shown]
    if not once:
        return shown
    lost = f"The task failed, so it does not return {' and '.join(once)}, which BILL shows only once."
    return {**{name: value for name, value in shown.items() if name not in once}, "msg": f"{shown['msg']} {lost}"}


def _in_list(result: Result) -> dict[str, Any]:
    if result.errors:
        id_ = result.outcome and result.outcome.record and result.outcome.record.get("id")
        return {
            "id": id_ or result.desired.id,
            "changed": result.changed,
            "object": None,
            "msg": str(result.errors[0]),
            "failed": True,
        }
    return {**_of_one(result), "failed": False}


def _of_one(result: Result) -> dict[str, Any]:
    resource = result.desired.resource
    found = result.outcome.record if result.outcome else None
    record = None if found is None else redacted(resource, found)
    once = {name: record.pop(name) for name in resource.one_time if record and name in record}
    if record is not None:
        for option in dict.fromkeys(each.option for each in result.desired.children):
            record[option] = [_of_one(each)["object"] for each in result.children]
    return {
        "changed": result.changed,
        "id": record and record.get("id"),
        "object": record,
        "msg": " ".join(f"{each.desired.label}: {_done(each.outcome)}." for each in (result, *result.children)),
        **{_snake(name): value for name, value in once.items()},
    }


def _snake(name: str) -> str:
    return "".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in name)


def _done(outcome: Outcome | None) -> str:
    """What was done, in words."""
    return " and ".join(DONE[action] for action in outcome.actions) or "nothing to change" if outcome else "failed"


def _difference(result: Result) -> dict[str, str]:
    every = (result, *result.children)
    return {
        "before_header": result.desired.label,
        "before": "".join(_written(each.outcome.before) for each in every if each.outcome),
        "after_header": result.desired.label,
        "after": "".join(_written(each.outcome.after) for each in every if each.outcome),
    }


def _written(values: Mapping[str, Any]) -> str:
    return json.dumps(values, indent=2, ensure_ascii=False, default=str) + "\n" if values else ""
