# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation of the tasks for resources, from the descriptions of the resources.

Each function returns the text of one generated region, without its indentation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ansible_collections.bill.connect.plugins.plugin_utils._ansible.resource_action import options_of
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.resource_info_action import info_options_of
from ansible_collections.bill.connect.plugins.plugin_utils._options.option import Option
from ansible_collections.bill.connect.plugins.plugin_utils._resources.fields import (
    Choice,
    Email,
    Field,
    Nested,
    Number,
    Text,
)
from ansible_collections.bill.connect.plugins.plugin_utils._resources.list_fields import ObjectList
from ansible_collections.bill.connect.plugins.plugin_utils._resources.reference_fields import Reference
from ansible_collections.bill.connect.plugins.plugin_utils._resources.spec import Resource
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.approval_policy import APPROVAL_POLICY
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.classification import CLASSIFICATIONS
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.customer import CUSTOMER
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.funding_account import FUNDING_ACCOUNTS
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.organization import ORGANIZATION_ITSELF
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.payment_term import PAYMENT_TERM
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.role import ROLE
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.user import USER
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.vendor import VENDOR
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.vendor_bank_account import (
    VENDOR_BANK_ACCOUNT,
)
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.webhook_subscription import (
    WEBHOOK_SUBSCRIPTION,
)
from tools.option_texts import deprecated, joined, scalar

# The tasks, with their kinds of objects.
TASKS: dict[str, Mapping[str, Resource]] = {
    "bill_approval_policy": {"": APPROVAL_POLICY},
    "bill_classification": CLASSIFICATIONS,
    "bill_customer": {"": CUSTOMER},
    "bill_payment_term": {"": PAYMENT_TERM},
    "bill_user": {"": USER},
    "bill_vendor": {"": VENDOR},
    "bill_vendor_bank_account": {"": VENDOR_BANK_ACCOUNT},
    "bill_webhook_subscription": {"": WEBHOOK_SUBSCRIPTION},
}
INFO_TASKS: dict[str, Mapping[str, Resource]] = {
    **{f"{name}_info": resources for name, resources in TASKS.items()},
    "bill_funding_account_info": FUNDING_ACCOUNTS,
    "bill_organization_info": {"": ORGANIZATION_ITSELF},
    "bill_role_info": {"": ROLE},
}

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
  description: The result of each object, in the order of O(objects).{purged}
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
  description: Whether an object at BILL was created, changed, restored or removed.
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


def return_values(resources: Mapping[str, Resource]) -> str:
    """The return values of a task for a resource."""
    can_purge = all(resource.can_purge for resource in resources.values())
    return _RETURN_VALUES.format(purged=" With O(purge=true), the archived objects follow." if can_purge else "")


def task_options(resources: Mapping[str, Resource]) -> str:
    """The options of a task for a resource, in the format of Ansible's documentation."""
    texts = _Texts(resources)
    lines: list[str] = []
    for option in options_of(resources):
        lines += texts.of(option)
    return "\n".join(lines)


def info_options(resources: Mapping[str, Resource]) -> str:
    """The options of a task that lists a resource."""
    texts = _Texts(resources)
    lines: list[str] = []
    for option in info_options_of(resources):
        lines += texts.of_info(option)
    return "\n".join(lines)


class _Texts:
    """The words about the kinds of objects of one task."""

    def __init__(self, resources: Mapping[str, Resource]) -> None:
        self.resources = resources
        self.every = list(resources.values())
        self.first = self.every[0]
        has_kinds = any(resources)
        self.one = "object" if has_kinds else self.first.name
        self.many = "objects" if has_kinds else self.first.plural
        self.fields: dict[str, tuple[Field, bool]] = {}
        for resource in self.every:
            for field in resource.fields:
                for name in field.option_names:
                    self.fields[name] = (field, name != field.name)

    def of(self, option: Option) -> list[str]:
        """The documentation of an option of the task that writes."""
        name = option.name
        if name in self.fields:
            field, is_id = self.fields[name]
            if is_id:
                return _option(name, [f"The ID of the {field.name}, instead of O({field.name})."], "str")
            return _documented(field, self.one, self._owners(name))
        if name in self.first.children:
            return self._child(name)
        written = {
            "kind": self._kind,
            "state": self._state,
            "id": self._id,
            "match_by": self._match_by,
            "clear": self._clear,
            "replace": self._replace,
            "archive_children": self._archive_children,
            "objects": self._objects,
            "purge": self._purge,
        }
        return written[name]() if name in written else self._parent(name)

    def of_info(self, option: Option) -> list[str]:
        """The documentation of an option of the task that lists."""
        name = option.name
        if name == "kind":
            return self._kind()
        if name == "id":
            return _option(
                name, [f"Only the {self.one} with this ID. If BILL does not have it, the list is empty."], "str"
            )
        if name == "filters":
            return _option(
                name, [f"Which {self.many} to list, as in M(bill.connect.bill_request).", *self._with_filters()], "raw"
            )
        if name == "sort":
            return _option(
                name, ["The order of the list, as in M(bill.connect.bill_request).", *self._with_filters()], "raw"
            )
        if name == "archived":
            return _option(
                name,
                [f"Whether to list archived {self.many}, too, or only these."],
                "str",
                "choices: [exclude, only, include]",
                "default: exclude",
            )
        if name in self.first.children:
            return _option(
                name,
                [
                    f"Whether to add the {name} of each {self.one} to the list, in the field C({name}).",
                    f"This needs a request for each {self.one}.",
                ],
                "bool",
                "default: false",
            )
        return self._parent(name, "required: true")

    def _with_filters(self) -> list[str]:
        kinds = [kind for kind, resource in self.resources.items() if resource.has_filters]
        return [] if len(kinds) == len(self.every) else [f"Only with {joined([f'O(kind={kind})' for kind in kinds])}."]

    def _owners(self, name: str) -> list[str]:
        owners = [
            kind
            for kind, resource in self.resources.items()
            if any(name in field.option_names for field in resource.fields)
        ]
        return [f"Only with {joined([f'O(kind={kind})' for kind in owners])}."] if len(owners) < len(self.every) else []

    def _kind(self) -> list[str]:
        kinds = ", ".join(self.resources)
        return _option(
            "kind", [f"Which list the {self.one} belongs to."], "str", f"choices: [{kinds}]", "required: true"
        )

    def _state(self) -> list[str]:
        restored = f" An archived {self.one} is restored." if self.first.has_archive else ""
        absent = {
            "archive": f"With V(absent), the {self.one} is archived.",
            "delete": f"With V(absent), the {self.one} is deleted. BILL cannot restore it.",
            "impossible": f"BILL has no way to remove a {self.one}. If it exists, V(absent) fails.",
        }[self.first.removal]
        return _option(
            "state",
            [f"With V(present), the {self.one} exists and has the given values.{restored}", absent],
            "str",
            "choices: [present, absent]",
            "default: present",
        )

    def _parent(self, name: str, *more: str) -> list[str]:
        return _option(name, [f"The ID of the {name.removesuffix('_id')}."], "str", *more)

    def _id(self) -> list[str]:
        how = (
            "by O(match_by)"
            if self._has_match_by()
            else f"by {' and '.join(f'O({each})' for each in self._key_fields())}"
        )
        fixed = [field.name for field in self.first.fields if field.is_fixed and field.is_read]
        which = f"every other field except {joined([f'O({each})' for each in fixed])}" if fixed else "every other field"
        return _option(
            "id",
            [
                f"The ID of the {self.one} at BILL. Then the {self.one} is found by it, and {which} can be changed.",
                f"If not given, the {self.one} is found {how}.",
            ],
            "str",
        )

    def _key_fields(self) -> list[str]:
        return [name for key in self.first.keys.values() for name in key.fields]

    def _has_match_by(self) -> bool:
        return any(option.name == "match_by" for option in options_of(self.resources))

    def _match_by(self) -> list[str]:
        keys = list(dict.fromkeys(key for resource in self.every for key in resource.keys))
        return _option("match_by", list(self._about_match_by()), "str", f"choices: [{', '.join(keys)}]")

    def _about_match_by(self) -> Iterator[str]:
        yield f"How the {self.one} is found if O(id) is not given."
        default = "The first value is the default."
        if self.first.tries_keys:
            default = "The default is the first of them whose option has a value."
        yield (
            f"{default} The {self.one} must have exactly the given value. If only a similar one exists, the task fails. If "
            "several have the value, the task fails and names their IDs."
        )
        keys = [(name, key) for resource in self.every for name, key in resource.keys.items()]
        if any(not key.is_filter for _name, key in keys):
            filters = list(dict.fromkeys(name for name, key in keys if key.is_filter))
            without = f"With other values than {joined([f'V({name})' for name in filters])}, the" if filters else "The"
            yield f"{without} task reads the whole list, because BILL documents no filter."

    def _clear(self) -> list[str]:
        return _option(
            "clear",
            [
                "The fields to empty. A field that is not given, or has an empty value, stays as it is.",
                "BILL does not document that an empty value empties a field. If the field keeps its value, the task warns.",
            ],
            "list",
            "elements: str",
        )

    def _replace(self) -> list[str]:
        return _option(
            "replace",
            [
                f"Whether to delete the {self.one} and create it again if it differs. BILL cannot change a {self.one}.",
                f"If BILL refuses the new one, there is none. In production, BILL needs two business days before it pays to a new {self.one}.",
            ],
            "bool",
            "default: false",
        )

    def _archive_children(self) -> list[str]:
        kinds = [kind for kind, resource in self.resources.items() if resource.archives_children]
        return _option(
            "archive_children",
            [
                f"Whether an {self.one} may be archived although BILL archives the objects below it, too, as a third party has observed. A "
                "restore does not bring them back.",
                f"Only with {joined([f'O(kind={kind})' for kind in kinds])}. Without it, such an {self.one} is not archived.",
            ],
            "bool",
            "default: false",
        )

    def _objects(self) -> list[str]:
        bulk = self.first.bulk
        by_bulk = f" New {self.many} are created with BILL's bulk requests, {bulk} at a time." if bulk else ""
        ids = " and ".join(f"O({name})" for name in self.first.parents) or "O(id)"
        read = "" if self.first.is_single else f"The task reads the list once and writes only the differences.{by_bulk}"
        return _option(
            "objects",
            [
                f"Many {self.many}, each with the fields of this task and {ids} or O(clear). A dot in the name of a field goes into a "
                "dictionary, so the rows of a CSV file can be such a list. An empty cell counts as not given.",
                *([read] if read else []),
                f"If BILL refuses one {self.one}, the others are still written. The task then fails and returns a result for each.",
            ],
            "list",
            "elements: dict",
        )

    def _purge(self) -> list[str]:
        return _option(
            "purge",
            [
                f"Whether to archive the {self.many} that O(objects) does not list. Check mode shows them first.",
                "An empty list is refused.",
            ],
            "bool",
            "default: false",
        )

    def _child(self, name: str) -> list[str]:
        child = self.first.children[name]
        key = next(iter(child.keys.values())).fields[0]
        lines = _option(
            name,
            [
                f"The {child.plural} of the {self.one}. Each is found by its C({key}). A {child.name} that is not listed stays as it is.",
                f"This needs one more request for each {self.one}.",
            ],
            "list",
            "elements: dict",
        )
        inner = [
            *_option("id", [f"The ID of the {child.name}, instead of C({key})."], "str"),
            *_option(
                "state",
                [f"Whether the {child.name} must exist. With V(absent), it is archived."],
                "str",
                "choices: [present, absent]",
                "default: present",
            ),
            *_option("clear", ["The fields to empty."], "list", "elements: str"),
            *(line for each in child.fields for line in _documented(each, child.name)),
        ]
        return [*lines, "  suboptions:", *(f"    {line}" for line in inner)]


def _documented(field: Field, one: str, more: Sequence[str] = ()) -> list[str]:
    elements = [f"elements: {field.elements_name}"] if field.elements_name else []
    added = [f"version_added: {field.version_added}"] if field.version_added else []
    summary, *facts = _description(field, one)
    deprecation = [deprecated("It", field.deprecated, f"C({field.deprecated.replaced_by})")] if field.deprecated else []
    lines = _option(field.name, [summary, *deprecation, *facts, *more], field.type_name, *elements, *added)
    if isinstance(field, Nested) or (isinstance(field, ObjectList) and not field.text_is):
        lines.append("  suboptions:")
        lines += [f"    {line}" for each in field.fields for line in _documented(each, one)]
    return lines


def _description(field: Field, one: str) -> Iterator[str]:
    yield field.summary
    if field.required:
        yield f"BILL requires it to create {'an' if one[0] in 'aeio' else 'a'} {one}."
    if isinstance(field, Text) and field.limit:
        yield f"At most {field.limit} characters."
    if isinstance(field, Choice) and field.choices:
        yield f"Known values are {joined([f'V({each})' for each in field.choices])}."
    if isinstance(field, Number) and field.is_whole:
        yield f"From {field.minimum} to {field.maximum}."
    if isinstance(field, Email):
        yield "Case does not count as a difference."
    if field.on_creation is not None:
        yield f"If not given, a new {one} gets V({str(field.on_creation).lower()})."
    if isinstance(field, Reference):
        yield f"The task looks it up in BILL's list of {field.target.plural}."
    if field.is_fixed and field.is_read:
        yield "BILL does not change it later."
    if field.is_fixed and not field.is_read:
        yield f"It has an effect only when the {one} is created."
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
