# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task never does to an object, although BILL might.

Private to bill.connect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .._core.errors import OptionError
from .calls import Calls, Record
from .desired import Desired
from .difference import differing_fields
from .fields import Field, Nested
from .finder import Finder
from .plan import Plan
from .values import is_masked, value_at

_ADMINISTRATOR = "ADMINISTRATOR"


def refuse_harm(desired: Desired, plan: Plan, calls: Calls, finder: Finder) -> None:
    """Raise OptionError if the plan would do harm. Nothing was sent then."""
    record, resource = plan.record, desired.resource
    if record is None or not plan.actions:
        return
    for rule in resource.locked:
        if value_at(record, rule.place):
            raise OptionError(f"The {desired.label} is not written. {rule.reason}")
    differing = differing_fields(desired, record) if "change" in plan.actions or "replace" in plan.actions else []
    if fixed := [field.name for field in differing if field.is_fixed]:
        raise OptionError(
            f"BILL sets {fixed[0]} when a {resource.name} is created, and does not change it later. The {desired.label} has another value. "
            f"Leave {fixed[0]} out, or set it to the value that BILL has."
        )
    if "replace" in plan.actions:
        _refuse_replacement(desired, record, differing)
    if "change" in plan.actions:
        _refuse_loss(desired, record, differing)
    if "archive" in plan.actions and resource.archives_children and "archive_children" not in desired.consents:
        raise OptionError(
            f"The {desired.label} was not archived. BILL also archives every {resource.name} below it (a third party has observed this), "
            f"and a restore does not bring those back. If you want this, set archive_children to true."
        )
    if resource.is_user and ("archive" in plan.actions or any(field.name == "role" for field in differing)):
        _refuse_lockout(desired, record, calls, finder)


def _refuse_loss(desired: Desired, record: Record, differing: Sequence[Field]) -> None:
    """Raise OptionError if an object inside the object would be sent without a value that BILL shows only with a mask."""
    for field in differing:
        wanted, found = desired.values[field.api_name], field.read(record)
        if not isinstance(field, Nested) or not wanted or not isinstance(found, Mapping):
            continue
        for inner in field.fields:
            if inner.may_be_masked and inner.api_name not in wanted and is_masked(inner.read(found)):
                name = f"{field.name}.{inner.name}"
                raise OptionError(
                    f"The {desired.label} was not changed. BILL shows {name} only with a mask, and does not document whether a change of "
                    f"{field.name} keeps it. Add {name} to this task, with its whole value."
                )


def _refuse_replacement(desired: Desired, record: Record, differing: Sequence[Field]) -> None:
    if "replace" not in desired.consents:
        raise OptionError(
            f"BILL cannot change a {desired.resource.name}. The {desired.label} has other values in: "
            f"{', '.join(field.name for field in differing)}. To delete it and create it again, set replace to true. In production, BILL needs "
            "two business days before it pays to a new account."
        )
    # A value that BILL shows with a mask would be lost with the old object.
    missing = [
        each.name
        for each in desired.resource.fields
        if each.api_name not in desired.values and (each.required or is_masked(each.read(record)))
    ]
    if missing:
        raise OptionError(
            f"To replace the {desired.label}, the task needs {', '.join(missing)}. Add {'them' if len(missing) > 1 else 'it'}."
        )


def _refuse_lockout(desired: Desired, record: Record, calls: Calls, finder: Finder) -> None:
    """Raise OptionError if the user of the session would lose access, or if no administrator would be left."""
    if calls.is_own_user(record):
        raise OptionError(
            f"The {desired.label} is the user of this session. A task does not archive this user, and does not change its role. Sign in as "
            "another administrator."
        )
    active = finder.everything(archived=False)
    others = [each for each in active if each["id"] != record["id"] and value_at(each, "role.type") == _ADMINISTRATOR]
    if value_at(record, "role.type") == _ADMINISTRATOR and not record.get("archived") and not others:
        raise OptionError(
            f"The {desired.label} is the last administrator. The organization would have none. Nothing was sent."
        )
