# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A managed host decides its facts, so no value that a fact decides is used."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._facts import HostFacts

EVIL = "https://evil.example/connect"


def with_facts(facts: dict[str, Any], **variables: Any) -> dict[str, Any]:
    """The variables of a host as ansible-core makes them: facts outrank the inventory, and the play outranks facts."""
    inventory = variables.pop("inventory", {})
    # In ansible_facts the names have no prefix.
    short = {name.removeprefix("ansible_"): value for name, value in facts.items()}
    return {**inventory, **facts, "ansible_facts": short, **variables}


@pytest.mark.promise(7)
@pytest.mark.parametrize(
    ("variables", "fact"),
    [
        pytest.param(with_facts({"bill_api_url": EVIL}), "bill_api_url", id="a fact"),
        pytest.param(
            with_facts({"bill_api_url": EVIL}, inventory={"bill_api_url": "https://gateway.prod.bill.com/connect"}),
            "bill_api_url",
            id="a fact that hides the inventory",
        ),
        pytest.param(
            with_facts({"bill_api_url": EVIL}, bill_api_url="https://mine.example/connect"),
            None,
            id="the play outranks it",
        ),
        pytest.param(with_facts({"bill_validate_certs": False}), None, id="a fact of another name"),
        pytest.param({"bill_api_url": EVIL}, None, id="no facts at all"),
        pytest.param(with_facts({}, bill_api_url=EVIL), None, id="no such fact"),
        pytest.param(
            with_facts({"gateway": EVIL}, bill_api_url="{{ gateway }}"), "gateway", id="a template that reads a fact"
        ),
        pytest.param(
            with_facts({"gateway": EVIL}, bill_api_url="https://{{ host }}/connect", host="{{ gateway | lower }}"),
            "gateway",
            id="a fact two templates behind",
        ),
        pytest.param(
            with_facts({"gateway": EVIL}, bill_api_url="{{ gateway }}", gateway="https://mine.example"),
            None,
            id="a template whose variable the play defines",
        ),
        pytest.param(
            with_facts({"gateway": EVIL}, bill_api_url="{{ gateway | default('x') }}"),
            "gateway",
            id="a default cannot hide it",
        ),
        pytest.param(
            with_facts({}, bill_api_url="{{ ansible_facts.gateway }}"), "ansible_facts", id="ansible_facts itself"
        ),
        pytest.param(
            with_facts({"ansible_hostname": "h"}, bill_api_url="{{ ansible_hostname }}"),
            "ansible_hostname",
            id="a fact with the prefix",
        ),
        pytest.param(
            with_facts({"ansible_local": {"a": 1}}, bill_api_url="{{ ansible_local.a }}"),
            "ansible_local",
            id="a local fact",
        ),
        pytest.param(with_facts({"ansible_hostname": "h"}, bill_api_url="https://h"), None, id="no template"),
        pytest.param(
            with_facts({"gateway": EVIL}, bill_api_url="{{ lookup('vars', 'gateway') }}"),
            "gateway",
            id="the lookup vars",
        ),
        pytest.param(
            with_facts({"gate_a": EVIL}, bill_api_url="{{ lookup('vars', 'gate_' ~ x) }}"),
            "gate_a",
            id="a name that is put together",
        ),
        pytest.param(with_facts({"gate_a": EVIL}, bill_api_url="{{ vars['gate_' ~ x] }}"), "gate_a", id="vars"),
        pytest.param(
            with_facts(
                {"module_setup": True, "gather_subset": ["all"], "ansible_os": 1},
                bill_api_url="{{ lookup('vars', 'mine') }}",
                mine="x",
            ),
            None,
            id="the lookup vars beside core's own facts",
        ),
        pytest.param(
            {
                "ansible_facts": {},
                "hostvars": {"web1": with_facts({"gateway": EVIL})},
                "bill_api_url": "{{ hostvars.web1.gateway }}",
            },
            "gateway",
            id="a fact of another host",
        ),
        pytest.param(
            {
                "ansible_facts": {},
                "hostvars": {"web1": with_facts({"other": EVIL})},
                "bill_api_url": "{{ hostvars[inventory_hostname].gateway }}",
            },
            None,
            id="a variable of another host",
        ),
        pytest.param(
            with_facts({"gateway": EVIL}, bill_api_url="{% if gateway is defined %}a{% else %}b{% endif %}"),
            "gateway",
            id="a condition",
        ),
        pytest.param(
            with_facts({"gateway": EVIL}, bill_api_url="{{ urls[0] }}", urls=["{{ gateway }}"]), "gateway", id="a list"
        ),
        pytest.param(
            with_facts({"gateway": EVIL}, bill_api_url="{{ urls.a }}", urls={"a": "{{ gateway }}"}),
            "gateway",
            id="a dictionary",
        ),
        pytest.param(
            with_facts({"x": 1}, bill_api_url="{{ one }}", one="{{ two }}", two="{{ one }}"), None, id="a circle"
        ),
        pytest.param({"ansible_facts": "no dictionary", "bill_api_url": EVIL}, None, id="facts that are none"),
    ],
)
def test_deciding_fact_is_found_wherever_it_is(variables: dict[str, Any], fact: str | None) -> None:
    assert HostFacts(variables).deciding("bill_api_url") == fact


@pytest.mark.promise(7)
def test_published_variable_is_no_fact_of_the_host_with_the_published_value_only() -> None:
    ours = {"bill_organization_id": "008A"}
    assert not HostFacts(with_facts({"bill_organization_id": "008A"}), ours).decide("bill_organization_id")
    assert HostFacts(with_facts({"bill_organization_id": "008B"}), ours).decide("bill_organization_id")
    assert HostFacts(with_facts({"bill_organization_id": "008A"}), {}).decide("bill_organization_id")
    assert HostFacts(with_facts({"bill_user_id": "008A"}), ours).decide("bill_user_id")


@pytest.mark.promise(7)
def test_item_of_a_loop_leads_to_the_expression_of_the_loop() -> None:
    facts = HostFacts(with_facts({"gateways": [EVIL]}, item=EVIL))
    assert facts.read_by("{{ item }}", {"item": "{{ gateways }}"}) == "gateways"
    assert facts.read_by("{{ item }}", {"item": ["https://mine.example"]}) is None


@pytest.mark.promise(7)
def test_data_that_looks_like_a_template_is_none() -> None:
    variables = with_facts({"gateway": EVIL}, bill_api_url="{{ answer.text }}", answer={"text": "say {{ gateway }}"})
    assert HostFacts(variables, is_trusted=lambda text: text != "say {{ gateway }}").deciding("bill_api_url") is None
