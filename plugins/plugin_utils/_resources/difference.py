# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compares a wanted object with the object at BILL.

Private to bill.connect. Only the fields that the user gave are compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .desired import Desired
from .fields import Field, Nested
from .spec import Resource
from .values import is_masked, text_of

_MASK = "********"
# The digits of a secret that may be shown, if it has at least twice as many.
_SHOWN = 4


def changes(desired: Desired, record: Mapping[str, Any]) -> dict[str, Any]:
    """The body of the request that makes the object as wanted. Empty if it already is.

    It has only the fields on the highest level that differ. An object in it is complete, because BILL does not document whether it
    replaces such an object or merges it. If BILL replaces the whole object, the body has all fields.
    """
    differing = differing_fields(desired, record)
    if not differing:
        return {}
    resource = desired.resource
    is_whole = resource.update in ("PUT", "either", "replace")
    body: dict[str, Any] = {}
    for field in resource.fields:
        found = field.read(record)
        if field in differing or (is_whole and desired.values.get(field.api_name) is not None):
            body = field.put(body, field.merged(desired.values[field.api_name], found))
        elif (is_whole or field.name in resource.always_sent) and found is not None and not is_masked(found):
            body = field.put(body, found)
    return body


def differing_fields(desired: Desired, record: Mapping[str, Any]) -> list[Field]:
    """The given fields on the highest level that differ."""
    ignored = overridden(desired.resource, record)
    differing: list[Field] = []
    for field in desired.given:
        wanted, found = desired.values[field.api_name], field.read(record)
        if isinstance(field, Nested) and wanted is not None:
            below = {name.partition(".")[2] for name in ignored if name.startswith(f"{field.name}.")}
            names = {each.api_name for each in field.fields if each.name in below}
            if set(field.differing(wanted, found)) - names:
                differing.append(field)
        elif field.name not in ignored and not field.is_same(wanted, found):
            differing.append(field)
    return differing


def overridden(resource: Resource, record: Mapping[str, Any]) -> set[str]:
    """The names of the fields that BILL replaces by values of its own in this object."""
    return {name for rule in resource.overridden if record.get(rule.field) in rule.values for name in rule.fields}


def predicted(desired: Desired, record: Mapping[str, Any]) -> dict[str, Any]:
    """The object as BILL would have it after the change."""
    result = dict(record)
    for field in desired.given:
        wanted = desired.values[field.api_name]
        if isinstance(field, Nested) and wanted is not None:
            wanted = {**_mapping(record.get(field.api_name)), **field.merged(wanted, field.read(record))}
        if field.is_read:
            result = field.placed(result, wanted)
    return result


def managed(desired: Desired, record: Mapping[str, Any] | None) -> dict[str, Any]:
    """The given fields with the values of an object of BILL, with the names that users write, and without secrets.

    ``record`` is None if there is no object.
    """
    return {} if record is None else _shown(desired.given, desired.values, record)


def redacted(resource: Resource, record: Mapping[str, Any]) -> dict[str, Any]:
    """An object of BILL in which the secret fields show their last digits only."""
    return _redacted(resource.fields, record)


def _shown(fields: list[Field], wanted: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for field in fields:
        if not field.is_read:
            continue
        found = field.read(record)
        inner = wanted.get(field.api_name)
        if isinstance(field, Nested) and isinstance(inner, Mapping):
            given = [each for each in field.fields if each.api_name in inner]
            result[field.name] = _shown(given, inner, _mapping(found))
        else:
            result[field.name] = last_digits(found) if field.is_secret else field.shown(found)
    return result


def _redacted(fields: tuple[Field, ...], record: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(record)
    for field in fields:
        found = result.get(field.api_name)
        if isinstance(field, Nested) and isinstance(found, Mapping):
            result[field.api_name] = _redacted(field.fields, found)
        elif field.is_secret and found is not None:
            result[field.api_name] = last_digits(found)
    return result


def last_digits(value: Any) -> str | None:
    """A secret with a mask in place of everything except its last four digits. A short secret is masked completely."""
    if value is None:
        return None
    text = text_of(value)
    if is_masked(text):
        return text
    return _MASK + (text[-_SHOWN:] if len(text) >= 2 * _SHOWN else "")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
