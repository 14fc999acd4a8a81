# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds the written arguments of a lookup in the template that calls it.

Private to bill.connect. Plain Python with Jinja, without Ansible. A lookup receives only the values of its arguments. It cannot see
where they come from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from jinja2 import Environment, TemplateSyntaxError

# The key for the expressions of ``**``.
REST = "**"

_LOOKUPS = {"lookup", "query", "q"}
_BLANK = ("whitespace", "comment")
_Token = tuple[int, str, str]


@dataclass
class LookupCalls:
    """The expressions of all named arguments of the lookups in a template, by name.

    ``defines_names`` says that the template itself may define a name in these expressions.
    """

    expressions: dict[str, list[str]] = field(default_factory=dict)
    defines_names: bool = False

    def of(self, name: str) -> list[str]:
        return self.expressions.get(name, [])


def lookup_calls(template: str | None) -> LookupCalls:
    """Return the lookup calls in a template, or in an expression of ``when`` or ``that``.

    The result is empty if the text is not known (None) or is no valid template.
    """
    calls = LookupCalls()
    if template is None:
        return calls
    if "{{" not in template and "{%" not in template:
        template = f"{{{{ {template} }}}}"
    try:
        tokens = list(Environment(autoescape=True).lex(template))
    except TemplateSyntaxError:
        return calls
    calls.defines_names = any(kind == "block_begin" for _line, kind, _text in tokens)
    written = [number for number, (_line, kind, _text) in enumerate(tokens) if kind not in _BLANK]
    for number, after in pairwise(written):
        if tokens[number][1] == "name" and tokens[number][2] in _LOOKUPS and tokens[after][2] == "(":
            for argument in _arguments(tokens[after + 1 :]):
                name, expression = _named(argument)
                calls.expressions.setdefault(name, []).append(expression)
    return calls


def _arguments(tokens: list[_Token]) -> Iterator[list[_Token]]:
    """Yield the tokens of each argument, up to the closing parenthesis."""
    depth = 0
    argument: list[_Token] = []
    for token in tokens:
        text = token[2] if token[1] == "operator" else ""
        if depth == 0 and text in (",", ")"):
            yield argument
            argument = []
            if text == ")":
                return
            continue
        depth += (text in ("(", "[", "{")) - (text in (")", "]", "}"))
        argument.append(token)


def _named(argument: list[_Token]) -> tuple[str, str]:
    """Return the name and the expression of an argument. The name of a positional argument is empty."""
    written = [number for number, (_line, kind, _text) in enumerate(argument) if kind not in _BLANK]
    texts = [argument[number][2] for number in written[:2]]
    if texts[:1] == [REST]:
        return REST, _text_of(argument[written[0] + 1 :])
    if len(texts) == 2 and argument[written[0]][1] == "name" and texts[1] == "=":
        return texts[0], _text_of(argument[written[1] + 1 :])
    return "", _text_of(argument)


def _text_of(tokens: list[_Token]) -> str:
    return "".join(text for _line, _kind, text in tokens).strip()
