# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A record that is stored as bytes. It is loaded only if every field has the right type.

Private to bill.connect.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from types import NoneType
from typing import ClassVar, TypeVar

_T = TypeVar("_T", bound="JsonRecord")


@dataclass(frozen=True)
class JsonRecord:
    """The base class of stored records. A subclass is a dataclass whose fields have JSON types."""

    # Increase this number when the fields of a subclass change their meaning. Records of another version are then ignored.
    FORMAT: ClassVar[int] = 1
    # The types of the fields, each as a tree of plain values.
    _types: ClassVar[dict[str, _Type]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        # Ansible imports the classes in its main process. So the workers, one for each task, need not read the types again.
        # The annotations are texts. To evaluate them would take many times longer.
        cls._types = {name: _type_of(kind) for name, kind in cls.__annotations__.items() if "ClassVar" not in kind}

    def to_bytes(self) -> bytes:
        return json.dumps({"format": self.FORMAT, **asdict(self)}).encode()

    @classmethod
    def from_bytes(cls: type[_T], data: bytes) -> _T:
        """The record that ``to_bytes`` wrote. Raises ValueError, TypeError or RecursionError if the data is not of this version."""
        fields = json.loads(data)
        if not isinstance(fields, dict) or fields.pop("format", None) != cls.FORMAT:
            raise ValueError("not of this version")
        if fields.keys() != cls._types.keys():
            raise ValueError("not of this version")
        for name, kind in cls._types.items():
            if not _is(fields[name], kind):
                raise TypeError(f"{name} is of another type")
        return cls(**fields)


# The name of the type, and the types of its alternatives, its elements or its values.
_Type = tuple[str, tuple["_Type", ...]]


def _type_of(written: str) -> _Type:
    """A plain or optional type, or a list or dictionary of such types. A dictionary has texts as its keys."""
    for name in ("list", "dict"):
        if written.startswith(f"{name}["):
            return name, (_type_of(written[len(name) + 1 : -1].removeprefix("str, ")),)
    if " | " in written:
        return "union", tuple(_type_of(each) for each in written.split(" | "))
    return written, ()


_PLAIN = {"str": str, "int": int, "bool": bool, "None": NoneType}


def _is(value: object, kind: _Type) -> bool:
    """Whether a decoded JSON value has a type."""
    name, inner = kind
    if name == "union":
        return any(_is(value, each) for each in inner)
    if name == "list":
        return isinstance(value, list) and all(_is(each, inner[0]) for each in value)
    if name == "dict":
        return isinstance(value, dict) and all(_is(each, inner[0]) for each in value.values())
    if name == "float":
        # JSON may write a whole number without a decimal point. Python's JSON also reads NaN and Infinity, which are not valid here.
        return isinstance(value, (int, float)) and not isinstance(value, bool) and -1e12 < value < 1e12
    return isinstance(value, _PLAIN[name]) and (name in ("bool", "None") or not isinstance(value, bool))
