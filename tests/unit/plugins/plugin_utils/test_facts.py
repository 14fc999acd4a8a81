# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A managed host controls its facts, so the collection uses no value that depends on a fact."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._ansible.facts import (
    RECEIPT,
    HostFacts,
    Loop,
    Loops,
    Reach,
    is_plain_lookup,
)

EVIL = "https://evil.example/connect"


def host(facts: dict[str, Any], published: dict[str, str | None] | None = None, **variables: Any) -> HostFacts:
    """The facts of a host, with variables as ansible-core merges them: facts outrank the inventory, and the play outranks facts."""
    merges = variables.pop("merges", False)
    return HostFacts({**facts, "ansible_facts": facts, **variables}, facts, published, merges=merges)


@pytest.mark.promise(7)
@pytest.mark.parametrize(
    ("facts", "decides"),
    [
        pytest.param(host({"bill_api_url": EVIL}), True, id="a fact"),
        pytest.param(
            host({"bill_api_url": EVIL}, bill_api_url="https://mine.example"), False, id="the play outranks it"
        ),
        pytest.param(host({"other": EVIL}, bill_api_url="https://mine.example"), False, id="a fact of another name"),
        pytest.param(host({}, bill_api_url=EVIL), False, id="no fact"),
        pytest.param(host({"bill_api_url": [EVIL]}), True, id="a list"),
        pytest.param(host({"bill_api_url": {"a": 1}}, bill_api_url={"a": 1, "b": 2}, merges=True), True, id="merged"),
        pytest.param(host({"bill_api_url": {"a": 1}}, bill_api_url={"a": 1, "b": 2}), False, id="not merged"),
        pytest.param(host({"bill_api_url": EVIL}, {"bill_api_url": EVIL}), False, id="published"),
        pytest.param(host({"bill_api_url": EVIL}, {"bill_api_url": "x"}), True, id="another value than published"),
        pytest.param(host({"bill_api_url": [EVIL]}, {"bill_api_url": EVIL}), True, id="no text is published"),
        pytest.param(host({"bill_api_url": None}), True, id="nothing, which hides something"),
        pytest.param(host({"bill_api_url": None}, {"bill_api_url": None}), False, id="nothing is published"),
        pytest.param(
            host({"bill_api_url": None}, {"bill_user_id": None}), True, id="nothing of this name is published"
        ),
    ],
)
def test_fact_decides_a_variable_with_its_value(facts: HostFacts, decides: bool) -> None:
    assert facts.decide("bill_api_url") is decides
    assert facts.decided() == ({"bill_api_url"} if decides else facts.decided() - {"bill_api_url"})


def reach(facts: dict[str, Any], raw: Any, where: Loops | None = None, **variables: Any) -> Reach:
    return host(facts, **variables).reach(raw, where or {})


GATEWAY = {"gateway": EVIL}


@pytest.mark.promise(7)
@pytest.mark.parametrize(
    ("raw", "variables"),
    [
        ("{{ gateway }}", {}),
        ("https://{{ host }}/connect", {"host": "{{ gateway | lower }}"}),
        ("{{ gateway | default('x') }}", {}),
        ("{% if gateway is defined %}a{% else %}b{% endif %}", {}),
        ("{{ lookup('vars', 'gateway') }}", {}),
        ("{{ vars['gateway'] }}", {}),
        ("{{ urls[0] }}", {"urls": ["{{ gateway }}"]}),
        ("{{ urls.a }}", {"urls": {"a": "{{ gateway }}"}}),
        ({"a": ["{{ gateway }}"]}, {}),
        ("#jinja2: variable_start_string:'[%'\n[% gateway %]", {}),
    ],
)
def test_fact_that_a_template_can_read_is_reached(raw: Any, variables: dict[str, Any]) -> None:
    assert reach(GATEWAY, raw, **variables).facts == {"gateway"}


@pytest.mark.promise(7)
def test_fact_with_a_name_in_any_alphabet_is_reached() -> None:
    assert reach({"überurl": EVIL}, "{{ überurl }}").facts == {"überurl"}


@pytest.mark.parametrize(
    ("raw", "variables", "names"),
    [
        ("gateway", {}, set()),
        ("{{ other }}", {"other": "x"}, {"other"}),
        ("{{ gateway }}", {"gateway": "https://mine.example"}, {"gateway"}),
        ("{{ one }}", {"one": "{{ two }}", "two": "{{ one }}"}, {"one", "two"}),
        (7, {}, set()),
        (None, {}, set()),
    ],
)
def test_fact_that_a_template_does_not_name_is_not_reached(
    raw: Any, variables: dict[str, Any], names: set[str]
) -> None:
    nothing: frozenset[str] = frozenset()
    assert reach(GATEWAY, raw, **variables) == Reach(
        nothing, nothing, frozenset(names), is_open=False, other_hosts=False
    )


@pytest.mark.promise(7)
@pytest.mark.parametrize(
    "raw",
    [
        "{{ lookup('vars', 'gate' ~ x) }}",
        "{{ vars['gate' ~ x] }}",
        "{{ ansible_facts.gateway }}",
        "{% include 'url.j2' %}",
        "{% from 'url.j2' import url %}",
        "{{ lookup('template', 'url.j2') }}",
        "{{ lookup('va' ~ 'rs', 'gate' ~ 'way') }}",
        "{{ query(name, 'x') }}",
        "{{ q('community.general.merge_variables', 'x') }}",
        "{{ lookup('env', 'X') ~ lookup(name) }}",
        "{{ lookup('file' if false else 'template', 'url.j2') }}",
        "{{ lookup('file' | replace('file', 'vars'), 'gateway') }}",
        "{{ lookup('en' 'v', 'X') }}",
        "{{ lookup('file'[:0] ~ 'vars', 'gateway') }}",
    ],
)
def test_template_that_builds_a_name_may_read_any_fact(raw: str) -> None:
    assert reach(GATEWAY, raw).is_open


@pytest.mark.promise(7)
@pytest.mark.parametrize("raw", ["{{ hostvars.web1.gateway }}", "{{ ansible_delegated_vars['web1'][k] }}"])
def test_template_may_read_variables_of_other_hosts(raw: str) -> None:
    assert reach({}, raw).other_hosts


@pytest.mark.promise(7)
def test_template_with_a_loop_item_reaches_the_loop() -> None:
    assert reach(GATEWAY, "{{ item }}", {"item": [Loop("{{ gateway }}")]}).loops == {"item"}
    assert reach(GATEWAY, "{{ url }}", {"item": [Loop("{{ gateway }}")]}, url="{{ item }}").loops == {"item"}


@pytest.mark.promise(7)
def test_template_that_builds_a_name_may_read_any_loop_item() -> None:
    assert reach(GATEWAY, "{{ lookup('vars', 'it' ~ 'em') }}", {"item": [Loop("x")]}).loops == {"item"}


@pytest.mark.parametrize(
    "raw",
    [
        "{{ lookup('env', 'BILL_PASSWORD') }}",
        '{{ lookup("ansible.builtin.file", "password.txt") }}',
        "{{ query('bill.connect.bill_login', 'api_url') }}",
        "{{ lookup('community.hashi_vault.vault_kv2_get', 'bill') }}",
    ],
)
def test_lookup_that_reads_only_its_arguments_reads_no_fact(raw: str) -> None:
    assert not reach(GATEWAY, raw).is_open


@pytest.mark.parametrize(
    ("name", "is_plain"),
    [
        ("items", True),
        ("random_choice", True),
        ("ansible.builtin.dict", True),
        ("vars", False),
        ("ansible.builtin.template", False),
        ("x.y.z", False),
    ],
)
def test_lookup_that_reads_no_variables_is_recognized_by_its_name(name: str, is_plain: bool) -> None:
    assert is_plain_lookup(name) is is_plain


@pytest.mark.promise(7)
def test_lookup_that_reads_variables_by_itself_reaches_their_facts() -> None:
    variables = {"ansible_url": EVIL, "behind": "{{ ansible_url }}"}
    read_by = {"url": ["ansible_url"], "community.hashi_vault.kept": ["behind"]}
    facts = HostFacts(variables, {"ansible_url": EVIL}, read_by=lambda lookup: read_by.get(lookup, ()))
    for raw in (
        "{{ lookup('url', 'x') }}",
        "{{ q('community.hashi_vault.kept') }}",
        Loop(["x"], lookup="{{ q('url') }}").raw,
    ):
        assert facts.reach(raw, {}).facts == {"ansible_url"}
    assert facts.reach("{{ lookup('env', 'x') }}", {}).facts == frozenset()


@pytest.mark.promise(7)
def test_fact_is_compared_after_ansible_core_cleaned_it() -> None:
    variables, facts = {"gateway": {"url": EVIL}}, {"gateway": {"url": EVIL, "_ansible_x": 1}}
    assert not HostFacts(variables, facts).decide("gateway")
    assert HostFacts(variables, facts, cleaned=lambda fact: {"url": fact["url"]}).decide("gateway")


@pytest.mark.promise(7)
def test_fact_that_may_have_had_another_value_decides() -> None:
    assert HostFacts({"bill_api_url": EVIL}, {"bill_api_url": "x"}, are_certain=False).decide("bill_api_url")


@pytest.mark.promise(7)
@pytest.mark.parametrize(
    ("facts", "are_there"),
    [
        ({}, False),
        ({"bill_user_id": "006A", RECEIPT: "r"}, False),
        ({"bill_user_id": "006B", RECEIPT: "r"}, True),
        ({"gateway": EVIL}, True),
    ],
)
def test_host_without_facts_of_its_own_has_no_facts(facts: dict[str, Any], are_there: bool) -> None:
    assert host(facts, {"bill_user_id": "006A"}).are_there is are_there


@pytest.mark.promise(7)
def test_template_syntax_in_untrusted_data_reaches_no_fact() -> None:
    variables = {"answer": {"text": "say {{ gateway }}"}, **GATEWAY}
    facts = HostFacts(variables, GATEWAY, is_trusted=lambda text: text != "say {{ gateway }}")
    assert facts.reach("{{ answer.text }}", {}).facts == frozenset()


@pytest.mark.promise(7)
@pytest.mark.parametrize(
    ("facts", "fact"),
    [
        ({"gateway": EVIL}, "gateway"),
        ({"gw": {"urls": ["x", EVIL]}}, "gw"),
        ({"gateway": EVIL + "/v3"}, "gateway"),
        ({"gateway": "HTTPS://me@EVIL.example"}, "gateway"),
        ({"gateway": "https://evil.example.com/connect"}, None),
        ({"gateway": "http://evil.example/connect"}, None),
        ({"gateway": "evil.example"}, None),
        ({"gateway": "https://[evil"}, None),
        ({"ansible_env": {"GATEWAY": EVIL}}, None),
        ({"gateway": 7}, None),
        ({}, None),
    ],
)
def test_fact_with_the_value_or_its_server_is_found(facts: dict[str, Any], fact: str | None) -> None:
    assert host(facts).telling(EVIL) == fact
    assert host(facts, {"gateway": EVIL, "gw": EVIL}).telling(EVIL) is None
