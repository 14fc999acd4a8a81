# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which variables a managed host decides, and which of them a template can reach.

Private to bill.connect. Plain Python, without Ansible. Any module's result may carry ``ansible_facts``, and ansible-core makes a
variable of each fact. These variables outrank the inventory and group_vars. So a managed host that somebody broke into could say
where credentials go. A value that a fact decides is never used, and never ignored either.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

PREFIX = "ansible_"

# The names in a template. That takes in what stands in quotes, such as lookup('vars', 'name') and hostvars['host']['name'].
_NAME = re.compile(r"[^\W\d]\w*")
# How a template begins; the last one redefines the others.
_TEMPLATE = re.compile(r"\{\{|\{%|\A#jinja2:")
# What can reach a variable whose name is not written in the template.
_OPEN = {"ansible_facts", "extends", "from", "import", "include", "template", "vars", "varnames"}
_OF_OTHER_HOSTS = {"ansible_delegated_vars", "hostvars"}


@dataclass(frozen=True)
class Reach:
    """What templates can read: ``facts`` that decide a variable, and ``loops``, the names of items of loops.

    ``is_open`` says that they may read more than that, and ``other_hosts`` that they read variables of other hosts.
    """

    facts: frozenset[str]
    loops: frozenset[str]
    is_open: bool
    other_hosts: bool


class HostFacts:
    """The facts among the variables of one host, all untemplated.

    ``facts`` are those of which ansible-core has made variables, by the variables' names. ``published`` holds the values that
    bill.connect itself has set as facts, by name: no host decides those. ``is_trusted`` says of a text whether ansible-core would
    evaluate it as a template; it does not evaluate data. ``merges`` says that dictionaries of several sources are merged.
    """

    def __init__(
        self,
        variables: Mapping[str, Any],
        facts: Mapping[str, Any],
        published: Mapping[str, Collection[str]] | None = None,
        is_trusted: Callable[[str], bool] = lambda _text: True,
        merges: bool = False,
    ) -> None:
        self._variables = variables
        self._facts = facts
        self._published = published or {}
        self._is_trusted = is_trusted
        self._merges = merges

    @property
    def are_there(self) -> bool:
        """Whether the host has any facts."""
        return bool(self._facts)

    def decide(self, name: str) -> bool:
        """Whether a fact gives a variable its value, or a part of it."""
        if name not in self._facts or name not in self._variables:
            return False
        value, fact = self._variables[name], self._facts[name]
        if isinstance(value, str) and value in self._published.get(name, ()):
            return False
        if self._merges and isinstance(value, Mapping) and isinstance(fact, Mapping):
            return True
        return bool(value == fact)

    def decided(self) -> set[str]:
        """All variables that facts decide."""
        return {name for name in self._facts if self.decide(name)}

    def telling(self, text: str) -> str | None:
        """The fact that holds exactly this text, if there is one. Facts that ansible-core gathers itself do not count."""
        for name, value in self._facts.items():
            if isinstance(name, str) and not name.startswith(PREFIX) and text in _texts(value):
                return None if text in self._published.get(name, ()) else name
        return None

    def reach(self, value: Any, where: Mapping[str, Any]) -> Reach:
        """What the templates in an untemplated value can read, directly or behind variables.

        ``where`` holds what the value can refer to besides the variables: the expressions of loops, by the names of their items.
        """
        names: set[str] = set()
        todo: list[Any] = [value]
        while todo:
            for text in self._templates(todo.pop()):
                new = {each for each in _NAME.findall(text) if each not in names}
                names |= new
                todo += [
                    self._variables[name]
                    for name in new - where.keys() - _OPEN - _OF_OTHER_HOSTS
                    if name in self._variables
                ]
        return Reach(
            facts=frozenset(name for name in names if self.decide(name)),
            loops=frozenset(names & where.keys()),
            is_open=bool(names & _OPEN),
            other_hosts=bool(names & _OF_OTHER_HOSTS),
        )

    def _templates(self, value: Any) -> Iterator[str]:
        """The texts in an untemplated value that are templates."""
        if isinstance(value, str):
            if _TEMPLATE.search(value) and self._is_trusted(value):
                yield value
        elif isinstance(value, Mapping):
            for key, each in value.items():
                yield from self._templates(key)
                yield from self._templates(each)
        elif isinstance(value, (list, tuple)):
            for each in value:
                yield from self._templates(each)


def _texts(value: Any) -> Iterator[str]:
    """The texts in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _texts(each)
