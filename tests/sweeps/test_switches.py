# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every resource converges under every combination of what BILL does not document.

BILL is in this process, so thousands of lives take a minute or two.
"""

from __future__ import annotations

import hashlib
import itertools
import random
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal, get_args, get_origin

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._resources.spec import Resource
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs import RESOURCES
from tests.emulator.settings import Settings
from tests.unit.plugins.plugin_utils.local_bill import LocalBill
from tests.unit.plugins.plugin_utils.resource_life import converge, converge_many

Combination = dict[str, Any]

_PLAIN = ("duplicate_names", "empty_clears", "archived_in_lists", "missing_filters", "parent_in_answer")

# The switches that change what BILL answers in the life of an object, by the plural of the resource.
ROWS: dict[str, tuple[str, ...]] = {
    "vendors": (
        "duplicate_names",
        "nested_patch",
        "empty_clears",
        "archived_in_lists",
        "missing_filters",
        "filters_ignore_case",
        "masked",
        "patch_checks_stored",
        "connected_vendors",
    ),
    "customers": (
        "duplicate_names",
        "nested_patch",
        "empty_clears",
        "archived_in_lists",
        "missing_filters",
        "filters_ignore_case",
    ),
    "accounts": (*_PLAIN, "nested_patch", "archives_children"),
    "accounting classes": _PLAIN,
    "departments": _PLAIN,
    "employees": _PLAIN,
    "items": (*_PLAIN, "patch_checks_stored"),
    "jobs": _PLAIN,
    "locations": _PLAIN,
    "users": ("archived_in_lists", "missing_filters", "archived_emails"),
    "bank accounts": ("missing_bank_account", "masked"),
    "payment terms": ("payment_term_change",),
    # The approvers are users.
    "approval policies": ("approval_policy_path", "missing_filters"),
    "subscriptions": ("autopay_partner",),
}
# Several workers share the combinations of a resource.
PARTS = 8
# Times and identifiers that differ from life to life.
_RANDOM = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|s3cret-webhook-findme-[0-9a-f]+")


def values_of(switch: str, resource: Resource) -> tuple[Any, ...]:
    """The values of a switch. Empty for a setting that is a number or a text: it is a limit or a code, and no switch."""
    if switch == "missing_filters":
        keys = [resource.filter_name(key) for key in resource.keys.values() if key.is_filter]
        return tuple([*archived, *name] for archived in ([], ["archived"]) for name in ([], *([key] for key in keys)))
    annotation = Settings.model_fields[switch].annotation
    if annotation is bool:
        return (False, True)
    return get_args(annotation) if get_origin(annotation) is Literal else ()


def combinations(resource: Resource) -> Iterator[Combination]:
    row = ROWS[resource.plural]
    for values in itertools.product(*(values_of(switch, resource) for switch in row)):
        yield dict(zip(row, values, strict=True))


def pairs(resource: Resource) -> list[Combination]:
    """Combinations in which every two values of two switches meet."""
    every = list(combinations(resource))
    chance = random.Random(1)
    chance.shuffle(every)
    found: list[Combination] = []
    met: set[frozenset[str]] = set()
    for each in every:
        meeting = {frozenset(map(repr, two)) for two in itertools.combinations(each.items(), 2)}
        if not found or meeting - met:
            found.append(each)
            met |= meeting
    return found


@pytest.fixture(scope="module")
def local_bill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalBill]:
    bill = LocalBill(tmp_path_factory.mktemp("bill"))
    yield bill
    bill.close()


def lived(bill: LocalBill, resource: Resource, switches: Combination) -> str:
    """The digest of all that BILL received and answered in the life of an object."""
    bill.reset(switches)
    tasks = bill.tasks(resource)
    if not resource.is_user and not resource.parents:
        tasks.empty()
    try:
        converge(tasks, **switches)
    except Exception as error:
        raise AssertionError(f"{resource.plural} with {switches}") from error
    return digest(bill)


def digest(bill: LocalBill) -> str:
    # What the body of a refusal has beside its status is not about the object.
    exchanged = [
        each if each.status < 300 else replace(each, received="")
        for each in bill.exchanged
        if "/v3/login" not in each.target
    ]
    return hashlib.sha256(_RANDOM.sub("", repr(exchanged)).encode()).hexdigest()


@pytest.mark.promise(2)
@pytest.mark.promise(20)
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("resource", RESOURCES, ids=lambda each: each.plural.replace(" ", "-"))
def test_resource_converges_under_every_combination_of_switches(
    local_bill: LocalBill, resource: Resource, part: int
) -> None:
    for switches in itertools.islice(combinations(resource), part, None, PARTS):
        lived(local_bill, resource, switches)


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda each: each.plural.replace(" ", "-"))
def test_switch_that_is_not_in_the_row_of_a_resource_makes_no_difference(
    local_bill: LocalBill, resource: Resource
) -> None:
    """A new switch is in a row, or this test shows that it does not concern the resource."""
    every = list(combinations(resource))
    some = random.Random(1).sample(every, min(3, len(every)))
    absent = [name for name in Settings.model_fields if name not in ROWS[resource.plural]]
    more = {name: values for name in absent if len(values := values_of(name, resource)) > 1}
    for each in some:
        expected = lived(local_bill, resource, each)
        for number in range(max(map(len, more.values()))):
            other = {name: values[number % len(values)] for name, values in more.items()}
            if lived(local_bill, resource, {**each, **other}) == expected:
                continue
            guilty = [
                name for name, value in other.items() if lived(local_bill, resource, {**each, name: value}) != expected
            ]
            pytest.fail(f"{guilty or other} change the answers about {resource.plural}. Add them to ROWS.")


@pytest.mark.promise(2)
@pytest.mark.promise(20)
@pytest.mark.parametrize(
    "resource", [each for each in RESOURCES if not each.is_single], ids=lambda each: each.plural.replace(" ", "-")
)
def test_list_of_objects_converges_under_every_pair_of_switches(local_bill: LocalBill, resource: Resource) -> None:
    for switches in pairs(resource):
        local_bill.reset(switches)
        try:
            converge_many(local_bill.tasks(resource), **switches)
        except Exception as error:
            raise AssertionError(f"{resource.plural} with {switches}") from error
