# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fields that name another object of BILL, such as the role of a user.

Private to bill.connect. A user names the other object with words, and BILL wants its ID. ``references.py`` looks it up.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .fields import Field, Text
from .list_fields import ListField, elements

if TYPE_CHECKING:
    from .spec import Resource


@dataclass(frozen=True)
class Reference(Field):
    """Another object of BILL. Its value is that object: with ``id`` alone, with ``by`` alone, or complete after it was looked up.

    - ``target``: the kind of the other object.
    - ``by``: the field of the other object that the user gives. The option ``..._id`` gives the ID instead.
    """

    target: Resource = field(kw_only=True)
    by: Text = field(kw_only=True)

    @property
    def id_name(self) -> str:
        return f"{self.name}_id"

    @property
    def option_names(self) -> tuple[str, ...]:
        return (self.name, self.id_name)

    def converted(self, value: Any, place: str) -> dict[str, Any]:
        return {self.by.api_name: self.by.converted(value, place)}

    def converted_id(self, value: Any, place: str) -> dict[str, Any]:
        return {"id": Text(self.id_name).converted(value, place)}

    def normal(self, value: Any) -> Any:
        return value.get("id") if isinstance(value, Mapping) else None

    def written(self, value: Any) -> Any:
        return value["id"]

    def shown(self, value: Any) -> Any:
        return value.get(self.by.api_name) or value.get("id") if isinstance(value, Mapping) else value


@dataclass(frozen=True)
class ReferenceList(ListField):
    """Other objects of BILL. A text with ``sign`` in it is the value of ``by``, and every other text is an ID.

    ``id_at`` is the name of the ID in the objects that BILL shows.
    """

    target: Resource = field(kw_only=True)
    by: Text = field(kw_only=True)
    sign: str = field(kw_only=True)
    id_at: str = "id"

    def converted(self, value: Any, place: str) -> list[dict[str, Any]]:
        found = []
        for number, each in enumerate(elements(value, place)):
            text = self.by.converted(each, f"{place}[{number}]")
            found.append({self.by.api_name if self.sign in text else "id": text})
        return found

    def read(self, record: Mapping[str, Any]) -> Any:
        found = super().read(record)
        if not isinstance(found, list):
            return None
        return [{**each, "id": each.get(self.id_at)} for each in found if isinstance(each, Mapping)]

    def placed(self, record: Mapping[str, Any], value: Any) -> dict[str, Any]:
        return super().placed(record, [{self.id_at: each.get("id")} for each in value])

    def normal(self, value: Any) -> frozenset[Hashable]:
        return frozenset(each.get("id") for each in value or ())

    def written(self, value: Any) -> Any:
        return [each["id"] for each in value]

    def shown(self, value: Any) -> Any:
        return [each.get("id") for each in value] if isinstance(value, list) else value
