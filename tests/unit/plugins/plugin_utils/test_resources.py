# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every resource converges. A new resource is tested here because of its description alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._client.client import BillClient
from ansible_collections.bill.connect.plugins.plugin_utils._resources.spec import Resource
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs import RESOURCES
from tests.emulator import world
from tests.emulator.control_client import Control
from tests.emulator.server import running
from tests.unit.plugins.plugin_utils.desk import Desk, key_of, sample

# What BILL does not document, and what a resource must withstand.
SWITCHES: dict[str, Any] = {
    "as documented": {},
    "names are unique": {"duplicate_names": "refused"},
    "nested objects are merged": {"nested_patch": "merge"},
    "empty texts do not clear": {"empty_clears": False},
    "archived objects are hidden": {"archived_in_lists": False},
    "no filter for archived objects": {"missing_filters": ["archived"]},
    "no filters at all": {"missing_filters": ["archived", "name"]},
    "no filters, archived objects are shown": {"missing_filters": ["archived", "name"], "archived_in_lists": True},
    "filters ignore case": {"filters_ignore_case": True},
    "tax IDs are masked": {"masked": True},
    "parents are not shown": {"parent_in_answer": False},
    "vendors are connected": {"connected_vendors": True},
}


@pytest.fixture(scope="session")
def emulator_url() -> Iterator[str]:
    with running() as url:
        yield url


@pytest.fixture
def open_desk(build: Callable[..., BillClient], emulator_url: str) -> Callable[[Resource], Desk]:
    control = Control(emulator_url)
    control.post("reset")
    # Some fields require an MFA-trusted session.
    control.post("settings", mfa_bypass=[world.DEV_KEY])
    return lambda resource: Desk(resource, build, emulator_url)


@pytest.fixture(params=RESOURCES, ids=lambda each: each.plural.replace(" ", "-"))
def desk(open_desk: Callable[[Resource], Desk], request: pytest.FixtureRequest) -> Desk:
    return open_desk(request.param)


def others(desk: Desk, number: int) -> dict[str, Any]:
    """Other values of all fields except the key."""
    first = sample(desk.resource)
    return {**sample(desk.resource, number), **key_of(desk.resource, first)}


@pytest.mark.promise(2)
@pytest.mark.promise(20)
@pytest.mark.parametrize("switch", SWITCHES)
def test_resource_converges(desk: Desk, switch: str) -> None:
    desk.bill.post("settings", **SWITCHES[switch])
    first, key = sample(desk.resource), key_of(desk.resource, sample(desk.resource))
    steps: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
        ("present", first, ("create",)),
        ("present", first, ()),
        ("present", others(desk, 2), ("change",)),
        ("present", others(desk, 2), ()),
        ("present", key, ()),
        ("absent", key, ("archive",)),
        ("absent", key, ()),
        ("present", others(desk, 2), ("restore",)),
        ("present", others(desk, 2), ()),
    ]
    for number, (state, options, actions) in enumerate(steps):
        before = len(desk.writes())
        outcome = desk.task(state, **options)  # type: ignore[arg-type]
        assert (number, outcome.actions, outcome.changed) == (number, actions, bool(actions))
        assert bool(len(desk.writes()) - before) is bool(actions), number
    named = [each for each in desk.stored() if all(each.get(_api(n)) == v for n, v in key.items())]
    assert len(named) == 1


def _api(name: str) -> str:
    first, *more = name.split("_")
    return first + "".join(word.capitalize() for word in more)
