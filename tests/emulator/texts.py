# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fields that must be texts.

Documented by BILL: the fields and their samples (see the table of bill.connect). Inferred: BILL refuses a number, true or false in such a
field, and the code. It may also turn the value into a text without a word, which is worse. So the emulator refuses it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .problems import Problems

ADDRESS = "line1 line2 city stateOrProvince zipOrPostalCode country"
BANK_ACCOUNT = "nameOnAccount accountNumber routingNumber type ownerType paymentCurrency"
CLASSIFICATIONS = "chartOfAccountId accountingClassId departmentId locationId itemId"


def texts(*names: str, **inner: str) -> frozenset[str]:
    """The fields of these names, and those in the objects of these names. Two underscores go one level deeper."""
    below = {f"{place.replace('__', '.')}.{name}" for place, names in inner.items() for name in names.split()}
    return frozenset(below | {name for several in names for name in several.split()})


def check(problems: Problems, given: dict[str, Any], names: frozenset[str]) -> None:
    for field, position, value in _values(given, "", ""):
        if field in names and value is not None and not isinstance(value, str):
            problems.invalid(position, "must be a string")


def _values(given: Any, field: str, position: str) -> Iterator[tuple[str, str, Any]]:
    """Each value with the name of its field, without the numbers of lists, and its position."""
    if isinstance(given, dict):
        for name, value in given.items():
            dot = "." if field else ""
            yield from _values(value, f"{field}{dot}{name}", f"{position}{dot}{name}")
    elif isinstance(given, list):
        for number, value in enumerate(given):
            yield from _values(value, field, f"{position}[{number}]")
    else:
        yield field, position, given
