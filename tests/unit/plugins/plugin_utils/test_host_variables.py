# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts of all hosts, as one host finds them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._ansible import core_versions
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.host_variables import HostVariables

HOSTS = [f"host{number:03}" for number in range(500)]
PUBLISHED = {"bill_organization_id": "00801", "bill_connect_receipt": "receipt"}
ELSEWHERE = "https://elsewhere.example"


class Encrypted:
    """A value whose vault password is missing."""

    def __eq__(self, _other: object) -> bool:
        raise ValueError("no vault secrets")

    def __hash__(self) -> int:
        raise ValueError("no vault secrets")


def of_first_host(facts: dict[str, dict[str, Any]], checked: list[Any] | None = None) -> HostVariables:
    """The variables of the first host, when the hosts have these facts. ``checked`` gets the receipts that are looked up."""

    def published(receipt: Any) -> dict[str, str]:
        if checked is not None:
            checked.append(receipt)
        return {"bill_organization_id": "00801"} if receipt == "receipt" else {}

    manager = SimpleNamespace(_fact_cache=facts, _inventory=SimpleNamespace(hosts=dict.fromkeys(HOSTS)))
    variables = {
        "inventory_hostname": HOSTS[0],
        "hostvars": SimpleNamespace(_variable_manager=manager),
        **facts.get(HOSTS[0], {}),
    }
    return HostVariables(None, variables, published)


def test_facts_of_all_hosts_with_equal_facts_are_checked_once() -> None:
    """Every host looks at all hosts, so the time of a play would grow with the square of their number."""
    checked: list[Any] = []
    host = of_first_host({name: dict(PUBLISHED) for name in HOSTS}, checked)
    assert host.are_facts_there is False
    assert [facts.telling(ELSEWHERE) for facts in host.facts_of_all()] == [None, None]
    assert len(checked) <= 3


@pytest.mark.promise(7)
@pytest.mark.parametrize("hostile", [HOSTS[0], HOSTS[1], HOSTS[250], HOSTS[-1], "localhost"])
def test_facts_of_one_hostile_host_among_many_are_found(hostile: str) -> None:
    facts: dict[str, dict[str, Any]] = {name: dict(PUBLISHED) for name in [*HOSTS, "localhost"]}
    facts[hostile]["elsewhere"] = ELSEWHERE
    host = of_first_host(facts)
    assert host.are_facts_there is True
    assert [name for each in host.facts_of_all() if (name := each.telling(ELSEWHERE))] == ["elsewhere"]
    assert "elsewhere" in host.names_of_facts


@pytest.mark.promise(7)
def test_facts_of_two_hostile_hosts_with_hosts_between_are_found() -> None:
    host = of_first_host(
        {"one": {"first": "1"}, "two": PUBLISHED, "three": {"first": "1", "second": ELSEWHERE}, "four": PUBLISHED}
    )
    assert host.names_of_facts == {"first", "second", *PUBLISHED}
    assert "second" in [each.telling(ELSEWHERE) for each in host.facts_of_all()]


@pytest.mark.promise(18)
def test_facts_that_cannot_be_compared_are_checked_each() -> None:
    host = of_first_host({name: {"mine": Encrypted(), "elsewhere": ELSEWHERE} for name in ("one", "two", "three")})
    assert [each.telling(ELSEWHERE) for each in host.facts_of_all()] == [None, *["elsewhere"] * 3]


@pytest.mark.promise(7)
def test_facts_on_disk_count_as_facts_of_all_hosts_of_the_inventory(monkeypatch: pytest.MonkeyPatch) -> None:
    """The names in a cache on disk are not listed, because that is slow."""
    monkeypatch.setattr(core_versions, "are_facts_on_disk", lambda: True)
    host = of_first_host({HOSTS[7]: {"elsewhere": ELSEWHERE}})
    assert host.are_facts_there is True
    assert "elsewhere" in [each.telling(ELSEWHERE) for each in host.facts_of_all()]
