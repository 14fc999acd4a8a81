# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds braces that belong to a value, although ansible-core takes them for a template.

Private to bill.connect. Plain Python with Jinja, without Ansible. ansible-core removes ``{#...#}`` from a password without a word, and
evaluates ``{{7}}``. BILL then gets another password. Only the untemplated text shows that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from jinja2 import Environment, TemplateSyntaxError

from .facts import Loops

# Remedy for a value that only looks like a template.
BRACES = "If the braces are part of the value itself, mark it with !unsafe, for example: {name}: !unsafe '...'."

_NAME = re.compile(r"[^\W\d]\w*")
# A template that is only a name.
ONE_NAME = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_LOOKUPS = {"lookup", "query", "q"}
# These hold the variables of the host itself or of other hosts. The search would never end.
_NOT_FOLLOWED = {"ansible_delegated_vars", "ansible_facts", "hostvars", "vars"}

# The name of a place for messages.
LOOP = "The loop around the task"

# Says whether ansible-core would evaluate a text.
IsTemplate = Callable[[str], bool]


def loses_text(template: str, variables: Container[str], *, is_secret: bool = True) -> bool:
    """Return whether ansible-core removes or changes a part of a text that its author did not mean as a template.

    This is so for text beside a comment, and for a comment alone. In a secret, it is also so for text beside expressions that use no
    variable and no lookup, except ``{{ '{{' }}``, which writes braces. Elsewhere, such as in a path, these are meant.
    """
    if ONE_NAME.fullmatch(template):
        # Most templates are only a name. Jinja would need a tenth of the time of a task to find that out.
        return False
    kinds, names, strings, has_text = _parts_of(template)
    has_code = not kinds.isdisjoint({"variable_begin", "block_begin"})
    if "comment_begin" in kinds:
        return has_text or not has_code
    is_meant = any(name in _LOOKUPS or (name in variables and name != "omit") for name in names) or any(
        not set("{}").isdisjoint(each) for each in strings
    )
    return is_secret and has_text and has_code and not is_meant


def names_beside_text(raw: Any, variables: Mapping[str, Any], is_template: IsTemplate) -> set[str]:
    """Return the names in braces beside text, in an untemplated value and in the variables that it reads. They may be part of a password."""
    found: set[str] = set()
    for each in templates_behind("", raw, variables, is_template):
        _kinds, names, _strings, has_text = _parts_of(each.text)
        if has_text:
            found |= names
    return found


@dataclass(frozen=True)
class Template:
    """A template behind a value.

    ``holder`` names its variable, its option or its loop at the start of a sentence. ``name`` is the name of that variable or option, and
    ``key`` the key of the template in a dictionary, or the same name.
    """

    holder: str
    name: str
    key: str
    text: str = field(repr=False)


def templates_behind(
    holder: str, raw: Any, variables: Mapping[str, Any], is_template: IsTemplate, loops: Loops | None = None
) -> Iterator[Template]:
    """Yield the templates in an untemplated value, and in the variables and loops that it reads.

    ``loops`` holds the loops around the value, by the names that they define. ``holder`` names the value itself.
    """
    loops = loops or {}
    seen: set[str] = set()
    todo: list[tuple[str, str, Any]] = [(holder, holder.rpartition(" ")[2], raw)]
    while todo:
        holder, name, value = todo.pop()
        for key, text in _templates_in(value, is_template, name):
            yield Template(holder, name, key, text)
            new = set(_NAME.findall(text)) - seen - _NOT_FOLLOWED
            seen |= new
            for each in sorted(new):
                if each in loops:
                    todo += [(LOOP, each, loop.items) for loop in loops[each]]
                elif each in variables:
                    todo.append((f"The variable {each}", each, variables[each]))


def _templates_in(value: Any, is_template: IsTemplate, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        if is_template(value):
            yield key, value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from _templates_in(each, is_template, str(name) if _NAME.fullmatch(str(name)) else key)
    # Up to ansible-core 2.18, a separately encrypted text is a sequence, too. To read it would decrypt it.
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _templates_in(each, is_template, key)


def _parts_of(template: str) -> tuple[set[str], set[str], set[str], bool]:
    """Return the kinds of tokens in a template, the names and strings in its code, and whether it has text outside its braces.

    All are empty for a text that is no valid template: ansible-core refuses it.
    """
    # Such a first line changes what the braces are.
    if template.startswith("#jinja2:"):
        return set(), set(), set(), False
    try:
        tokens = [(kind, text) for _line, kind, text in Environment(autoescape=True).lex(template)]
    except TemplateSyntaxError:
        return set(), set(), set(), False
    kinds = [kind for kind, _text in tokens]
    if any(kinds.count(f"{each}_begin") != kinds.count(f"{each}_end") for each in ("variable", "block")):
        return set(), set(), set(), False
    has_text = any(kind == "data" and text.strip() for kind, text in tokens)
    names, strings = ({text for kind, text in tokens if kind == wanted} for wanted in ("name", "string"))
    return set(kinds), names, strings, has_text
