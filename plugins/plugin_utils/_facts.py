# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which variables a managed host decides.

Private to bill.connect. Plain Python, without Ansible. Any module's result may carry ``ansible_facts``, and ansible-core makes a
variable of each fact. These variables outrank the inventory and group_vars. So a managed host that somebody broke into could say
where credentials go. A value that a fact decides is never used, and never ignored either: what it has hidden is lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_PREFIX = "ansible_"
_FACTS = "ansible_facts"

# The names in a template. That takes in what stands in quotes, such as lookup('vars', 'name') and hostvars['host']['name'].
_NAME = re.compile(r"[A-Za-z_]\w*")
# How a template begins; the last one redefines the others.
_TEMPLATE = re.compile(r"\{\{|\{%|\A#jinja2:")
# What finds variables by a name that the template may put together, and by host.
_BY_ANY_NAME = {"vars", "varnames", "template"}
_BY_HOST = "hostvars"
# Facts of ansible-core itself without its prefix.
_OF_CORE = {"gather_subset", "module_setup"}


class HostFacts:
    """The facts among the variables of one host, all untemplated.

    ``published`` holds variables that bill.connect itself has set as facts, by name: their values are known, so no host decides them.
    ``is_trusted`` says of a text whether ansible-core would evaluate it as a template; it does not evaluate data.
    """

    def __init__(
        self,
        variables: Mapping[str, Any],
        published: Mapping[str, Any] | None = None,
        is_trusted: Callable[[str], bool] = lambda _text: True,
    ) -> None:
        self._variables = variables
        self._is_trusted = is_trusted
        facts = variables.get(_FACTS)
        self._facts: Mapping[str, Any] = facts if isinstance(facts, Mapping) else {}
        self._published = published or {}

    def decide(self, name: str) -> bool:
        """Whether a fact gives a variable its value."""
        if not self._facts or name not in self._variables:
            return False
        value = self._variables[name]
        if name in self._published and self._published[name] == value:
            return False
        names = [name, name.removeprefix(_PREFIX)] if name.startswith(_PREFIX) else [name]
        return any(each in self._facts and bool(self._facts[each] == value) for each in names)

    def deciding(self, name: str) -> str | None:
        """The fact that decides a variable: itself, or one that its templates read, however far behind; None if there is none."""
        if self.decide(name):
            return name
        return self.read_by(self._variables.get(name))

    def read_by(self, value: Any, where: Mapping[str, Any] | None = None) -> str | None:
        """The first fact that the templates in an untemplated value read; None if there is none.

        ``where`` holds what the value can refer to besides the variables, untemplated, such as the items of a loop.
        """
        return self._read_by(value, where or {}, set())

    def _read_by(self, value: Any, where: Mapping[str, Any], seen: set[str]) -> str | None:
        for text in self._templates(value):
            names = set(_NAME.findall(text))
            if _FACTS in names:
                return _FACTS
            if (fact := self._among(names)) or (fact := self._of_hosts(names)):
                return fact
            for name in sorted(names - seen - _BY_ANY_NAME - {_BY_HOST}):
                seen.add(name)
                behind = where[name] if name in where else self._variables.get(name)
                if behind is not None and (fact := self._read_by(behind, where, seen)):
                    return fact
        return None

    def _among(self, names: set[str]) -> str | None:
        if not self._facts:
            return None
        if names & _BY_ANY_NAME:
            # The name may be put together of parts, so any fact can be meant. Those with the prefix are named as such.
            names = names | {name for name in self._facts if isinstance(name, str) and name not in _OF_CORE}
        return next((name for name in sorted(names) if self.decide(name)), None)

    def _of_hosts(self, names: set[str]) -> str | None:
        hosts = self._variables.get(_BY_HOST) if _BY_HOST in names else None
        if not isinstance(hosts, Mapping):
            return None
        for host in hosts:
            # Untemplated; a plain mapping serves in tests.
            raw = hosts.raw_get(host) if hasattr(hosts, "raw_get") else hosts[host]
            if isinstance(raw, Mapping) and (fact := HostFacts(raw)._among(names - {_BY_HOST})):
                return fact
        return None

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
