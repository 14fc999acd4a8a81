# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lookup gets only values. The template that calls it shows their sources."""

from __future__ import annotations

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._ansible.lookup_calls import REST, lookup_calls


@pytest.mark.promise(7)
@pytest.mark.parametrize(
    ("template", "expressions"),
    [
        ("{{ lookup('x', a='1') }}", ["'1'"]),
        ("{{ query ('x', 'y', b=2, a = 'http://' ~ gw) | first }}", ["'http://' ~ gw"]),
        ("{{ q('x', a=f(1, [2, {'a': 3}])) }}", ["f(1, [2, {'a': 3}])"]),
        ("{{ lookup('x', a=b == 'c, a=1)') }}", ["b == 'c, a=1)'"]),
        ("{{ lookup('x', a=1) ~ lookup('y', a=2) }}", ["1", "2"]),
        ("{{ lookup('x', a=lookup('y', a=2)) }}", ["lookup('y', a=2)", "2"]),
        ("lookup('x', a=1) == 'y'", ["1"]),
        ("{% if lookup('x', a=1) %}{% endif %}", ["1"]),
        ("{{ lookup(a=1, *b) }}", ["1"]),
        ("{{ lookup('x', 'a=1') }}", []),
        ("{{ other('x', a=1) }}", []),
        ("{{ lookup }} a=1", []),
        ("{{ lookup('x', a=1", []),
        ("{{ lookup('x', a=$) }}", []),
        ("{# {{ lookup('x', a=1) }} #}", []),
        ("", []),
        (None, []),
    ],
)
def test_lookup_argument_is_found_by_its_name(template: str | None, expressions: list[str]) -> None:
    assert lookup_calls(template).of("a") == expressions


@pytest.mark.promise(7)
def test_lookup_arguments_of_a_dictionary_are_found() -> None:
    assert lookup_calls("{{ lookup('x', **{'a': gw}) }}").of(REST) == ["{'a': gw}"]


@pytest.mark.promise(7)
@pytest.mark.parametrize(
    ("template", "defines_names"),
    [("{{ lookup('x', a=b) }}", False), ("{% set b = gw %}{{ lookup('x', a=b) }}", True), ("{{ '{%' }}", False)],
)
def test_lookup_template_that_may_define_a_name_is_recognized(template: str, defines_names: bool) -> None:
    assert lookup_calls(template).defines_names is defines_names
