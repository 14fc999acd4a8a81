# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The problems with the fields of a request. They are collected, because BILL reports all of them in one response.

Observed: one error object for each field, with a text such as `name: must not be blank` or `address: must not be null`.
The codes and all other texts are inferred.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from .errors import INVALID_FIELD, MISSING_FIELD, TOO_LONG, InvalidFieldsError

DAY = re.compile(r"\d{4}-\d\d-\d\d")


class Problems:
    def __init__(self) -> None:
        self._found: list[tuple[str, str]] = []
        # The position of the fields in a list of objects, such as `[2].` (inferred).
        self.position = ""

    def missing(self, name: str, words: str = "must not be null") -> None:
        self._found.append((MISSING_FIELD, f"{self.position}{name}: {words}"))

    def invalid(self, name: str, words: str) -> None:
        problem = (INVALID_FIELD, f"{self.position}{name}: {words}")
        if problem not in self._found:
            self._found.append(problem)

    def raise_if_any(self) -> None:
        if self._found:
            raise InvalidFieldsError(*self._found)

    def text(self, given: dict[str, Any], name: str) -> bool:
        """Whether the field is a text. If it is absent or blank, this is a problem."""
        value = given.get(name)
        if value is not None and not isinstance(value, str):
            self.invalid(name, "must be a string")
            return False
        if not (value or "").strip():
            self.missing(name, "must not be blank")
            return False
        return True

    def short_text(self, given: dict[str, Any], name: str, most: int) -> None:
        """A text with a limit of characters. A third party met the code and the words of the refusal."""
        if self.text(given, name) and len(given[name]) > most:
            words = f"Maximum length cannot be greater than {most} characters."
            self._found.append((TOO_LONG, f"Invalid entity data. {self.position}{name}: {words}"))

    def choice(self, given: dict[str, Any], name: str, *known: str) -> None:
        """A field that may be absent. It has one of the known values."""
        if given.get(name) is not None and given[name] not in known:
            self.invalid(name, f"must be one of {', '.join(known)}")

    def object(self, given: dict[str, Any], name: str) -> bool:
        value = given.get(name)
        if value is None:
            self.missing(name)
        elif not isinstance(value, dict):
            self.invalid(name, "must be an object")
        return isinstance(value, dict)

    def day(self, given: dict[str, Any], name: str) -> None:
        """Documented: dates of bills are yyyy-MM-dd."""
        if self.text(given, name) and not _is_day(given[name]):
            self.invalid(name, "must be a date in the format yyyy-MM-dd")

    def objects(self, given: dict[str, Any], name: str) -> list[tuple[str, dict[str, Any]]]:
        """The objects of a list that must not be empty, each with its position."""
        value = given.get(name)
        if value is None:
            self.missing(name)
            return []
        if not isinstance(value, list) or not value:
            self.invalid(name, "must be a list that is not empty")
            return []
        positions = [(f"{name}[{number}]", one) for number, one in enumerate(value)]
        for position, one in positions:
            if not isinstance(one, dict):
                self.invalid(position, "must be an object")
        return [(position, one) for position, one in positions if isinstance(one, dict)]

    def texts(self, given: dict[str, Any], name: str) -> list[tuple[str, str]]:
        """The texts of a list that must not be empty, each with its position."""
        value = given.get(name)
        if value is None:
            self.missing(name)
            return []
        if not isinstance(value, list) or not value:
            self.invalid(name, "must be a list that is not empty")
            return []
        positions = [(f"{name}[{number}]", one) for number, one in enumerate(value)]
        for position, one in positions:
            if not isinstance(one, str):
                self.invalid(position, "must be a string")
        return [(position, one) for position, one in positions if isinstance(one, str)]

    def number(self, position: str, value: Any) -> None:
        if value is None:
            self.missing(position)
        elif not is_number(value):
            self.invalid(position, "must be a number")


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_day(value: str) -> bool:
    if not DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True
