# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation of the tasks for resources, from the descriptions of the resources.

Each function returns the text of one generated region, without its indentation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ansible_collections.bill.connect.plugins.plugin_utils._resources.fields import (
    Choice,
    Email,
    Field,
    Nested,
    Number,
    Text,
)
from ansible_collections.bill.connect.plugins.plugin_utils._resources.spec import Resource
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.classification import CLASSIFICATIONS
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.customer import CUSTOMER
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.vendor import VENDOR
from tools.option_texts import joined, scalar

_RETURN_VALUES = """\
object:
  description: The object as BILL has it, or as it would have it in check mode. Secret fields show their last four digits. Null if there is none.
  returned: success, without O(objects)
  type: dict
id:
  description: The ID of the object. Null in check mode if the object does not exist yet.
  returned: success, without O(objects)
  type: str
objects:
  description: The result of each object, in the order of O(objects). With O(purge=true), the archived objects follow.
  returned: with O(objects)
  type: list
  elements: dict
  contains:
    id:
      description: The ID of the object.
      type: str
    changed:
      description: Whether the object was changed.
      type: bool
    failed:
      description: Whether the object failed.
      type: bool
    msg:
      description: What was done, or why it failed.
      type: str
    object:
      description: The object as BILL has it.
      type: dict
changed:
  description: Whether an object at BILL was created, changed, archived or restored.
  returned: always
  type: bool
msg:
  description: What was done, or why the task failed.
  returned: always
  type: str
status:
  description: The HTTP status of BILL's refusal.
  returned: failure
  type: int
codes:
  description: The codes of BILL's refusal.
  returned: failure
  type: list
  elements: str
errors:
  description: The codes and messages of BILL's refusal.
  returned: failure
  type: list
  elements: dict
uncertain:
  description: Whether a write was sent whose outcome is not known. bill.connect has looked for its result at BILL, and has not found it.
  returned: failure
  type: bool
"""


def return_values() -> str:
    """The return values of every task for a resource."""
    return _RETURN_VALUES


def vendor() -> str:
    return options_of({"": VENDOR})


def customer() -> str:
    return options_of({"": CUSTOMER})


def classification() -> str:
    return options_of(CLASSIFICATIONS)


def options_of(resources: Mapping[str, Resource]) -> str:
    """The options of a task, in the format of Ansible's documentation."""
    lines: list[str] = []
    kinds = [kind for kind in resources if kind]
    first = next(iter(resources.values()))
    # The words are those of all kinds together.
    one, many = ("object", "objects") if kinds else (first.name, first.plural)
    if kinds:
        lines += _option(
            "kind", [f"Which list the {one} belongs to."], "str", f"choices: [{', '.join(kinds)}]", "required: true"
        )
    lines += _option("state", _state(one), "str", "choices: [present, absent]", "default: present")
    lines += _option(
        "id",
        [
            f"The ID of the {one} at BILL. Then the {one} is found by it, and every other field can be changed.",
            f"If not given, the {one} is found by O(match_by).",
        ],
        "str",
    )
    lines += _option("match_by", list(_match_by(resources, one)), "str", f"choices: [{', '.join(_keys(resources))}]")
    lines += _option(
        "clear",
        [
            "The fields to empty. A field that is not given, or has an empty value, stays as it is.",
            "BILL does not document that an empty value empties a field. If the field keeps its value, the task warns.",
        ],
        "list",
        "elements: str",
    )
    lines += _option("objects", _objects(first, one, many), "list", "elements: dict")
    lines += _option(
        "purge",
        [
            f"Whether to archive the {many} that O(objects) does not list. Check mode shows them first.",
            "An empty list is refused.",
        ],
        "bool",
        "default: false",
    )
    for name, field in _fields(resources).items():
        owners = [kind for kind, resource in resources.items() if any(each.name == name for each in resource.fields)]
        of_some = (
            [f"Only with {joined([f'O(kind={kind})' for kind in owners])}."] if len(owners) < len(resources) else []
        )
        lines += _documented(field, one, of_some)
    return "\n".join(lines)


def _state(one: str) -> list[str]:
    return [
        f"With V(present), the {one} exists and has the given values. An archived {one} is restored.",
        f"With V(absent), the {one} is archived.",
    ]


def _match_by(resources: Mapping[str, Resource], one: str) -> Iterator[str]:
    yield f"How the {one} is found if O(id) is not given."
    yield (
        f"The first value is the default. The {one} must have exactly the given value. If only a similar one exists, the task fails. If "
        "several have the value, the task fails and names their IDs."
    )
    if any(not key.is_filter for resource in resources.values() for key in resource.keys.values()):
        filters = [name for resource in resources.values() for name, key in resource.keys.items() if key.is_filter]
        without = (
            ""
            if not filters
            else f" With other values than {joined([f'V({name})' for name in dict.fromkeys(filters)])}"
        )
        yield f"{without.strip() + ', the' if without else 'The'} task reads the whole list, because BILL documents no filter."


def _objects(resource: Resource, one: str, many: str) -> list[str]:
    bulk = f" New {many} are created with BILL's bulk requests, {resource.bulk} at a time." if resource.bulk else ""
    return [
        f"Many {many}, each with the fields of this task and O(id) or O(clear). A dot in the name of a field goes into a dictionary, so the "
        "rows of a CSV file can be such a list. An empty cell counts as not given.",
        f"The task reads the list once and writes only the differences.{bulk}",
        f"If BILL refuses one {one}, the others are still written. The task then fails and returns a result for each.",
    ]


def _keys(resources: Mapping[str, Resource]) -> list[str]:
    return list(dict.fromkeys(key for resource in resources.values() for key in resource.keys))


def _fields(resources: Mapping[str, Resource]) -> dict[str, Field]:
    """The fields of all kinds. A field that only some kinds require is not required."""
    return {field.name: field for resource in resources.values() for field in resource.fields}


def _documented(field: Field, one: str, more: Sequence[str] = ()) -> list[str]:
    lines = _option(field.name, [*_description(field, one), *more], field.type_name)
    if isinstance(field, Nested):
        lines.append("  suboptions:")
        lines += [f"    {line}" for each in field.fields for line in _documented(each, one)]
    return lines


def _description(field: Field, one: str) -> Iterator[str]:
    yield field.summary
    if field.required:
        yield f"BILL requires it to create a {one}."
    if isinstance(field, Text) and field.limit:
        yield f"At most {field.limit} characters."
    if isinstance(field, Choice) and field.choices:
        yield f"Known values are {joined([f'V({each})' for each in field.choices])}."
    if isinstance(field, Number) and field.is_whole:
        yield f"From {field.minimum} to {field.maximum}."
    if isinstance(field, Email):
        yield "Case does not count as a difference."
    if field.is_secret:
        yield "Output shows only its last four digits."
    if field.may_be_masked:
        yield "If BILL shows it with a mask, only the digits that BILL shows are compared."
    if field.may_be_missing:
        yield "If BILL does not return it, it is not compared. Then it has an effect only on creation."


def _option(name: str, description: Sequence[str], type_name: str, *more: str) -> list[str]:
    lines = [f"{name}:", "  description:", *(f"    - {scalar(text, 6)}" for text in description)]
    return [
        line for text in [*lines, f"  type: {type_name}", *(f"  {each}" for each in more)] for line in text.split("\n")
    ]
