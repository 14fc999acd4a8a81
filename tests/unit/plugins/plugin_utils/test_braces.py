# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Braces that belong to a password are told apart from templates."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._ansible.braces import (
    LOOP,
    loses_text,
    names_beside_text,
    templates_behind,
)
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.facts import Loop

VARIABLES = {"base": "Passw0rd", "accounts": {"main": {"pw": "a{#b#}c"}}, "omit": "__omit__", "me": "{{ me }}"}


def is_template(text: str) -> bool:
    return "{" in text


@pytest.mark.promise(17)
@pytest.mark.parametrize(
    "password",
    [
        *("ab{#cd#}ef", "{#cd#}", "ab{#-cd-#}", "{{ base }}{#cd#}ef", "a\nb{#c#}", "{% raw %}a{% endraw %}{#b#}"),
        *("ab{{7*7}}cd", "ab{{'x'}}", "ab{{omit}}", "ab{{unknown}}", "ab{%set x=1%}cd", "a{%if 1%}b{%endif%}"),
    ],
)
def test_braces_of_a_password_lose_text(password: str) -> None:
    assert loses_text(password, VARIABLES)


@pytest.mark.parametrize(
    "template",
    [
        *(
            "{{ base }}",
            "{{ base }}!2026",
            "st_{{ lookup('env', 'TOKEN') }}",
            "{{ base }}{# of the bank #}",
            "{{ 'a' ~ 1 }}",
        ),
        *(
            "{% if base %}abc{% else %}def{% endif %}",
            "{% raw %}ab{{c{#d#}{% endraw %}",
            "ab{{ '{{' }}cd",
            "{{ base }}\n{# note #}\n",
        ),
        # ansible-core refuses these itself.
        *("ab{{cd", "ab{%cd", "ab{#cd", "#jinja2: comment_start_string:'['\nab{#c#}"),
    ],
)
def test_braces_of_a_template_lose_no_text(template: str) -> None:
    assert not loses_text(template, VARIABLES)


@pytest.mark.parametrize(("text", "loses"), [("/srv/{{ 'x' }}", False), ("/srv/{{ 7 }}{#a#}", True)])
def test_braces_of_a_path_may_hold_a_constant(text: str, loses: bool) -> None:
    assert loses_text(text, VARIABLES, is_secret=False) is loses


@pytest.mark.promise(5)
@pytest.mark.parametrize(
    ("raw", "names"),
    [
        ("p{{ss}}word", {"ss"}),
        ("p{{a|zz9}}word", {"a", "zz9"}),
        ("{{ pw }}", {"ss"}),
        ("{{ vault_pw }}", set()),
        ("{{ me }}", set()),
        (7, set()),
        (None, set()),
    ],
)
def test_names_beside_text_are_found_behind_variables(raw: Any, names: set[str]) -> None:
    assert names_beside_text(raw, {**VARIABLES, "pw": "p{{ss}}word"}, is_template) == names


def test_templates_behind_a_value_are_named_by_variable_key_and_loop() -> None:
    loops = {"item": [Loop(["d{#e#}f"])]}
    found = templates_behind("The option password", "{{ accounts.main.pw }}{{ item }}", VARIABLES, is_template, loops)
    assert {(each.holder, each.key, each.text) for each in found} == {
        ("The option password", "password", "{{ accounts.main.pw }}{{ item }}"),
        ("The variable accounts", "pw", "a{#b#}c"),
        (LOOP, "item", "d{#e#}f"),
    }
