# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A play that brings objects of BILL to a wanted state, with a real client and the emulator. Each call is a new task."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.bill.connect.plugins.plugin_utils._client.client import BillClient
from ansible_collections.bill.connect.plugins.plugin_utils._resources.calls import Calls
from ansible_collections.bill.connect.plugins.plugin_utils._resources.desired import State, desired_of
from ansible_collections.bill.connect.plugins.plugin_utils._resources.fields import (
    AddressLine,
    Choice,
    Email,
    Field,
    Flag,
    Nested,
    Number,
    Phone,
)
from ansible_collections.bill.connect.plugins.plugin_utils._resources.finder import Finder
from ansible_collections.bill.connect.plugins.plugin_utils._resources.list_fields import ObjectList
from ansible_collections.bill.connect.plugins.plugin_utils._resources.many import ManyReconciler, Result
from ansible_collections.bill.connect.plugins.plugin_utils._resources.plan import Outcome
from ansible_collections.bill.connect.plugins.plugin_utils._resources.reconcile import Reconciler
from ansible_collections.bill.connect.plugins.plugin_utils._resources.references import References
from ansible_collections.bill.connect.plugins.plugin_utils._resources.spec import Resource
from tests.emulator import world
from tests.emulator.control_client import Control
from tests.unit.plugins.plugin_utils.fakes import ListReporter

CREDENTIAL = {
    "username": world.USER.username,
    "password": world.USER.password,
    "organization_id": world.ORGANIZATION.id,
    "dev_key": world.DEV_KEY,
}


# An object that others belong to, by the option with its ID.
_PARENTS: dict[str, Callable[[], str]] = {"vendor_id": lambda: str(world.vendors(world.ORGANIZATION.id)[0]["id"])}
# The emulator's names of the kinds whose path is not their name.
_KINDS = {
    "bank account": "vendor-bank-accounts",
    "payment term": "payment-terms",
    "subscription": "webhook-subscriptions",
}


class ResourceTasks:
    """The tasks of one play on one resource."""

    def __init__(
        self, resource: Resource, open_client: Callable[..., BillClient], url: str, control: Control | None = None
    ) -> None:
        self.resource = resource
        self.bill = control or Control(url)
        self.reporter = ListReporter()
        self.parents = {name: _PARENTS[name]() for name in resource.parents}
        self.consents = dict.fromkeys(resource.consents, True)
        self.credential = CREDENTIAL
        self._open_client = open_client
        self._url = url

    def task(
        self, state: State = "present", *, check_mode: bool = False, match_by: str | None = None, **options: Any
    ) -> Outcome:
        calls = self.calls()
        desired = desired_of(self.resource, {**self.parents, **self.consents, **options}, match_by=match_by)
        if state == "present":
            desired = References(calls).resolved(desired)
        own = calls.within(self.resource, desired.parents)
        return Reconciler(own, Finder(own)).reconcile(desired, state, check_mode=check_mode)

    def many(
        self,
        objects: Sequence[Mapping[str, Any]],
        state: State = "present",
        *,
        purge: bool = False,
        check_mode: bool = False,
    ) -> list[Result]:
        wanted = [
            desired_of(self.resource, {**self.parents, **self.consents, **each}, place=f"objects[{number}]")
            for number, each in enumerate(objects)
        ]
        calls = self.calls()
        if state == "present":
            references = References(calls)
            wanted = [references.resolved(each) for each in wanted]
        return ManyReconciler(calls, self.reporter).reconcile(wanted, state, purge=purge, check_mode=check_mode)

    def calls(self) -> Calls:
        """The requests of a new task."""
        return Calls(self._open_client(None, api_url=self._url, **self.credential), self.resource, self.reporter)

    @property
    def path(self) -> str:
        """BILL's path of the list."""
        return self.resource.path.format(organization_id=world.ORGANIZATION.id, **self.parents)

    def requests(self) -> list[str]:
        """The requests about the resource that BILL has received, with method and path."""
        lines = [f"{each['method']} {each['path']}" for each in self.bill.received()]
        return [line for line in lines if self.path in line]

    def writes(self) -> list[str]:
        """The writes about the resource that BILL has received."""
        return [line for line in self.requests() if not line.startswith("GET ")]

    def stored(self) -> list[dict[str, Any]]:
        """The objects that BILL has."""
        found: list[dict[str, Any]] = self.bill.get(self._control)
        return found

    def store(self, **content: Any) -> dict[str, Any]:
        """Store an object at BILL without any check."""
        made: dict[str, Any] = self.bill.post(self._control, **content)
        return made

    def empty(self) -> None:
        """Remove all objects at BILL."""
        self.bill.delete(self._control)

    @property
    def _control(self) -> str:
        kind = _KINDS.get(self.resource.name, self.resource.path.removeprefix("/v3/"))
        return f"objects/{kind}?organization_id={world.ORGANIZATION.id}"


# Values that BILL takes, for fields in which it does not take every text: by the kind of object and the field.
_VALUES: dict[tuple[str, str], Callable[[int], Any]] = {
    ("user", "role"): lambda number: ("PAYER", "CLERK", "AUDITOR")[number % 3],
    ("user", "accept_terms_of_service"): lambda _number: True,
    ("bank account", "account_number"): lambda number: f"10020030{number:04d}",
    ("bank account", "routing_number"): lambda number: f"07400{number:04d}",
    ("bank account", "owner_type"): lambda _number: "BUSINESS",
    ("approval policy", "rules"): lambda number: [{"key": "BILL_AMOUNT", "op": "gte", "values": [f"{number}000"]}],
    ("approval policy", "approvers"): lambda number: [world.USER.username, world.CONSOLE_ACCOUNT.username][
        : 1 + number % 2
    ],
    ("payment term", "days_due"): lambda number: 40 + number,
    ("subscription", "notification_url"): lambda number: f"https://hooks.example.com/{number}",
    ("subscription", "events"): lambda number: ["vendor.created", ("bill.created", "payment.failed")[number % 2]],
}


def sample(resource: Resource, number: int = 1, *, only_required: bool = False) -> dict[str, Any]:
    """Options for an object of a resource, made from its description. Each number has other values."""
    return {
        each.name: _VALUES.get((resource.name, each.name), lambda given, field=each: _value(field, given))(number)
        for each in resource.fields
        if each.required or not only_required
    }


def key_of(resource: Resource, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that identify the object. A single object is identified by the object that it belongs to."""
    names = next(iter(resource.keys.values())).fields if resource.keys else ()
    return {name: options[name] for name in names}


def _value(field: Field, number: int) -> Any:
    if isinstance(field, Nested):
        return {each.name: _value(each, number) for each in field.fields}
    if isinstance(field, ObjectList):
        return [{each.name: _value(each, number) for each in field.fields}]
    if isinstance(field, Email):
        return f"person{number}@example.com"
    if isinstance(field, Phone):
        return f"555-010{number}"
    if isinstance(field, Number):
        return number if field.is_whole else number + 0.5
    if isinstance(field, Flag):
        return bool(number % 2)
    if isinstance(field, Choice):
        choices = field.choices or ("US", "CA", "GB")
        return choices[number % len(choices)]
    if isinstance(field, AddressLine):
        return f"{number} {field.name} Street"
    return f"{field.name}-{number}-23456789"[: getattr(field, "limit", 0) or None]
