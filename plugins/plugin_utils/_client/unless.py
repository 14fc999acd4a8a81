# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The read that makes a write unnecessary: if it finds something, the write is not sent.

Private to bill.connect. BILL has no key with which a bill, an invoice or a payment is created only once. So the user says how to recognize it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from .._core.errors import OptionError
from .._core.plain_name import plain_name
from .._core.written_values import dict_or_list
from .endpoint import EndpointClient
from .request import Request

_KEYS = ("path", "query", "filters", "sort", "paginate", "match")
# BILL answers so if a record does not exist.
_NOT_THERE = 404


@dataclass(frozen=True)
class Unless:
    """A read, and the fields that a record must have. ``match`` has their names, where a dot goes into an object, and their values."""

    request: Request
    is_list: bool
    # repr() omits the values, because they may contain private data.
    match: Mapping[str, Any] = field(repr=False)

    @classmethod
    def of(cls, given: object, write: Request, api_url: str, secrets: Sequence[str]) -> Unless:
        """The read in the option ``unless`` of a write. Raises OptionError.

        Without a path, it reads the path of the write.
        """
        if isinstance(given, str):
            given = dict_or_list(given)
        if not isinstance(given, Mapping):
            raise OptionError(f"unless must be a dictionary. Its keys are: {', '.join(_KEYS)}.")
        if unknown := [key for key in given if key not in _KEYS]:
            raise OptionError(
                f"unless has no key {plain_name(unknown[0]) or 'with that name'}. Its keys are: {', '.join(_KEYS)}."
            )
        if write.is_read:
            raise OptionError("unless is for writes. Leave it out.")
        match = given.get("match") or {}
        if not isinstance(match, Mapping) or not all(isinstance(name, str) for name in match):
            raise OptionError("match in unless must be a dictionary of fields and values.")
        if empty := [name for name, value in match.items() if value in (None, "")]:
            raise OptionError(
                f"match in unless has no value for {empty[0]}. Perhaps a variable in it is empty. Leave the field out, or set a value."
            )
        if not (given.get("filters") or given.get("query") or match or given.get("path")):
            raise OptionError("unless would find any record. Add filters, or match with the fields of the record.")
        is_list = given.get("paginate", True)
        if not isinstance(is_list, bool):
            raise OptionError("paginate in unless must be true or false.")
        options = {name: given.get(name) for name in ("query", "filters", "sort")}
        path = given.get("path") or write.path
        read = Request.of({**options, "method": "GET", "path": path, "paginate": is_list}, api_url, secrets)
        return cls(read, is_list, dict(match))

    def found(self, endpoint: EndpointClient) -> list[Any]:
        """The records that the read finds and that match. Raises BillError."""
        if self.is_list:
            pages = EndpointClient(endpoint.client).read_all(self.request, max_results=None)
            return [record for page in pages for record in page.records if self._fits(record)]
        result = EndpointClient(endpoint.client, expected=(*range(200, 300), _NOT_THERE)).call(self.request)
        body = result.json
        if result.status == _NOT_THERE or body is None:
            return []
        records = body.get("results", [body]) if isinstance(body, dict) else body
        return [each for each in records if self._fits(each)] if isinstance(records, list) else []

    def _fits(self, record: Any) -> bool:
        return all(_is_same(_value_at(record, name), value) for name, value in self.match.items())


def _value_at(record: Any, name: str) -> Any:
    for part in name.split("."):
        record = record.get(part) if isinstance(record, Mapping) else None
    return record


def _is_same(found: Any, wanted: Any) -> bool:
    """Whether BILL has the value. A number can be a text: BILL shows some numbers as texts."""
    if isinstance(found, bool) or isinstance(wanted, bool):
        return found is wanted
    if str(found).strip() == str(wanted).strip():
        return found is not None
    try:
        return isinstance(found, (int, float)) and Decimal(str(found)) == Decimal(str(wanted).strip())
    except InvalidOperation:
        return False
