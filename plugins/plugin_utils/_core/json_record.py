# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A value that is kept as bytes, and read back only if every field is what it should be.

Private to bill.connect.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from dataclasses import fields as dataclass_fields
from types import NoneType, UnionType
from typing import Any, ClassVar, TypeVar, get_args, get_origin, get_type_hints

_T = TypeVar("_T", bound="JsonRecord")


@dataclass(frozen=True)
class JsonRecord:
    """The base of what is kept. A subclass is a dataclass whose fields JSON knows."""

    # Raised when the fields of a subclass change their meaning: what another version has kept then counts as none.
    FORMAT: ClassVar[int] = 1

    def to_bytes(self) -> bytes:
        return json.dumps({"format": self.FORMAT, **asdict(self)}).encode()

    @classmethod
    def from_bytes(cls: type[_T], data: bytes) -> _T:
        """What ``to_bytes`` wrote; ValueError, TypeError or RecursionError if it was not this version's."""
        fields = json.loads(data)
        if not isinstance(fields, dict) or fields.pop("format", None) != cls.FORMAT:
            raise ValueError("not of this version")
        if set(fields) != {each.name for each in dataclass_fields(cls)}:
            raise ValueError("not of this version")
        record = cls(**fields)
        for name, kind in get_type_hints(cls).items():
            if name in fields and not _is(fields[name], kind):
                raise TypeError(f"{name} is of another type")
        return record


def _is(value: object, kind: Any) -> bool:
    """Whether a value that JSON has read is of a type: plain, optional, or a list or dictionary of such."""
    if get_origin(kind) is UnionType:
        return any(_is(value, each) for each in get_args(kind))
    if get_origin(kind) is list:
        return isinstance(value, list) and all(_is(each, get_args(kind)[0]) for each in value)
    if get_origin(kind) is dict:
        return isinstance(value, dict) and all(_is(each, get_args(kind)[1]) for each in value.values())
    if kind is float:
        # JSON writes a whole number without its point. (Python's JSON also reads NaN and Infinity; no time is that far.)
        return isinstance(value, (int, float)) and not isinstance(value, bool) and -1e12 < value < 1e12
    return isinstance(value, kind) and (kind in (bool, NoneType) or not isinstance(value, bool))
