# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks the body of a request. The result has plain JSON values, as the user wrote them.

Private to bill.connect.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from .._core.errors import OptionError
from .._core.written_values import dict_or_list
from .filters import FilterError, written_date
from .naming import name_of
from .text_check import changed_by_yaml
from .text_fields import TextFields

# A body for BILL should have only a few levels.
_MAX_DEPTH = 50


# Documented by BILL ("Attachments and documents"): the body of these calls is a file itself.
_UPLOAD = re.compile(r"/v3/(attachments/(vendors|customers|invoices)|documents/bills)/[^/]+")


def refuse_file(method: str, path: str, given: object) -> None:
    """Raise OptionError for an upload whose body is not JSON, because bill.connect cannot send files."""
    is_json = isinstance(given, (Mapping, list, tuple)) or (isinstance(given, str) and dict_or_list(given) is not None)
    if method == "POST" and _UPLOAD.fullmatch(path) and given is not None and not is_json:
        raise OptionError(
            f"POST {path} was not sent: BILL takes a file as its body, and bill.connect does not send files yet. Only a JSON document is "
            "possible, as body. Send other files with ansible.builtin.uri: set src to the file, and headers to the headers that "
            "bill_login returns, with Content-Type: application/octet-stream."
        )


def checked_body(given: object, texts: TextFields) -> dict[str, Any] | list[Any] | None:
    """The body as plain JSON values. None if there is no body. Raises OptionError.

    ``texts`` are the fields that BILL has as texts. Such a field must not be a number, true or false.
    """
    if given is None:
        return None
    if isinstance(given, str):
        given = dict_or_list(given)
    if not isinstance(given, (Mapping, list, tuple)):
        raise OptionError("body must be a dictionary or a list, or a text that holds a JSON object or array.")
    plain: dict[str, Any] | list[Any] = _Body(texts.body).json(given, "body", ())
    return plain


class _Body:
    """Checks the values of a body. ``texts`` are the fields that BILL has as texts."""

    def __init__(self, texts: Collection[str]) -> None:
        self._texts = texts

    def json(self, value: Any, place: str, path: tuple[str, ...], depth: int = 0) -> Any:
        """The value as plain JSON. ``place`` names it in messages. ``path`` has the names around it, without lists."""
        if depth > _MAX_DEPTH:
            raise OptionError(
                f"body is nested more than {_MAX_DEPTH} levels deep. That is more than bill.connect accepts. Check its nesting."
            )
        if isinstance(value, Mapping):
            return {
                _json_name(name, place): self.json(inner, name_of(place, name), (*path, str(name)), depth + 1)
                for name, inner in value.items()
            }
        if isinstance(value, (list, tuple)):
            return [self.json(inner, f"{place}[{number}]", path, depth + 1) for number, inner in enumerate(value)]
        # A bulk request may have its objects in a list with a name.
        if path and (why := changed_by_yaml(value, (".".join(path), ".".join(path[1:])), self._texts)):
            raise OptionError(f"{place} {why}")
        return _scalar(value, place)


def _scalar(value: Any, place: str) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str) and not _half_a_character(value):
        return str.__str__(value)
    if isinstance(value, int) and abs(value) < 10**100:
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    if isinstance(value, date):
        try:
            return written_date(value)
        except FilterError as why:
            raise OptionError(f"{place} {why}") from None
    raise OptionError(
        f"{place} has a value that JSON cannot have. Write a text, a finite number, a date, true, false, null, a list or a dictionary."
    )


def _json_name(name: object, place: str) -> str:
    if not isinstance(name, str) or _half_a_character(name):
        raise OptionError(f"{place} has a key that is not a text. Put it in quotes: YAML changes some unquoted keys.")
    return str.__str__(name)


def _half_a_character(text: str) -> bool:
    return any("\ud800" <= sign <= "\udfff" for sign in text)
