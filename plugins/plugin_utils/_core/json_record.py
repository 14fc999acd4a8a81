# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A record that is stored as bytes. It is loaded only if every field has the right type.

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
    """The base class of stored records. A subclass is a dataclass whose fields have JSON types."""

    # Increase this number when the fields of a subclass change their meaning. Records of another version are then ignored.
    FORMAT: ClassVar[int] = 1
    _types: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        # Ansible imports the classes in its main process. So the workers, one for each task, need not read the types again.
        cls._types = get_type_hints(cls)

    def to_bytes(self) -> bytes:
        return json.dumps({"format": self.FORMAT, **asdict(self)}).encode()

    @classmethod
    def from_bytes(cls: type[_T], data: bytes) -> _T:
        """The record that ``to_bytes`` wrote. Raises ValueError, TypeError or RecursionError if the data is not of this version."""
        fields = json.loads(data)
        if not isinstance(fields, dict) or fields.pop("format", None) != cls.FORMAT:
            raise ValueError("not of this version")
        if set(fields) != {each.name for each in dataclass_fields(cls)}:
            raise ValueError("not of this version")
        record = cls(**fields)
        for name, kind in cls._types.items():
            if name in fields and not _is(fields[name], kind):
                raise TypeError(f"{name} is of another type")
        return record


def _is(value: object, kind: Any) -> bool:
    """Whether a decoded JSON value has a type: a plain or optional type, or a list or dictionary of such types."""
    if get_origin(kind) is UnionType:
        return any(_is(value, each) for each in get_args(kind))
    if get_origin(kind) is list:
        return isinstance(value, list) and all(_is(each, get_args(kind)[0]) for each in value)
    if get_origin(kind) is dict:
        return isinstance(value, dict) and all(_is(each, get_args(kind)[1]) for each in value.values())
    if kind is float:
        # JSON may write a whole number without a decimal point. Python's JSON also reads NaN and Infinity, which are not valid here.
        return isinstance(value, (int, float)) and not isinstance(value, bool) and -1e12 < value < 1e12
    return isinstance(value, kind) and (kind in (bool, NoneType) or not isinstance(value, bool))
