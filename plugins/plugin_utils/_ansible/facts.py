# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds the variables that a managed host decides, and those of them that a template can read.

Private to bill.connect. Plain Python, without Ansible. The result of any module may contain ``ansible_facts``. ansible-core turns each
fact into a variable. These variables override the inventory and group_vars. So an attacker on a managed host could decide where
credentials go. A value that a fact decides is never used, and never silently ignored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

PREFIX = "ansible_"

# This fact proves which other facts bill.connect itself has set. It names a record of the run. No host can write that record or guess
# its name.
RECEIPT = "bill_connect_receipt"

# The names in a template, including those in quotes, such as lookup('vars', 'name') and hostvars['host']['name'].
_NAME = re.compile(r"[^\W\d]\w*")
# The start of a template. The last alternative, #jinja2:, redefines the other two.
_TEMPLATE = re.compile(r"\{\{|\{%|\A#jinja2:")
# A template with one of these names can read a variable whose name is not written in the template.
_OPEN = {"ansible_facts", "extends", "from", "import", "include", "vars"}
_OF_OTHER_HOSTS = {"ansible_delegated_vars", "hostvars"}
_LOOKUP = re.compile(r"\b(?:lookup|query|q)\b")
# A comma or parenthesis must follow the quotes. Otherwise an expression may build another name.
_NAMED_LOOKUP = re.compile(r"""\b(?:lookup|query|q)\s*\(\s*(?:'([\w.]+)'|"([\w.]+)")\s*[,)]""")
# These lookups read only their arguments and the variables of their options. Any other lookup may read a variable whose name it builds.
_PLAIN_LOOKUPS = {
    *("csvfile", "dict", "env", "file", "fileglob", "filetree", "first_found", "flattened", "indexed_items", "ini"),
    *("items", "lines", "list", "nested", "password", "pipe", "sequence", "subelements", "together", "unvault", "url"),
    *("cartesian", "inventory_hostnames", "random_choice"),
}
_PLAIN_COLLECTIONS = (
    "amazon.aws.",
    "azure.azcollection.",
    "bill.connect.",
    "community.hashi_vault.",
    "cyberark.conjur.",
    "google.cloud.",
)


def is_plain_lookup(name: str) -> bool:
    """Return whether a lookup is plain. A plain lookup reads no variable whose name it builds itself."""
    return name.removeprefix("ansible.builtin.") in _PLAIN_LOOKUPS or name.startswith(_PLAIN_COLLECTIONS)


@dataclass(frozen=True)
class Loop:
    """One loop around a task. ``items`` is the untemplated expression of its items, and ``item`` the variable name of each item.

    ``lookup`` is the template of the lookup that takes the expression; empty without a lookup. ``depth`` counts the levels from the task
    outwards. An object with a ``path`` is not a loop. It stands for a value that include_role has evaluated for its tasks. The path is
    the position of that value in the expression. The value does not change.
    """

    items: Any
    item: str = "item"
    lookup: str = ""
    depth: int = 0
    path: tuple[Any, ...] | None = None

    @property
    def raw(self) -> Any:
        """Everything that decides the items, untemplated."""
        return [self.lookup, self.items]


Loops = Mapping[str, Sequence[Loop]]


@dataclass(frozen=True)
class Reach:
    """The variables that templates can read.

    ``facts`` holds the variables that facts decide, ``loops`` the names that loops define, and ``names`` all names. ``is_open`` says that
    the templates may read other variables too. ``other_hosts`` says that they read variables of other hosts.
    """

    facts: frozenset[str]
    loops: frozenset[str]
    names: frozenset[str]
    is_open: bool
    other_hosts: bool


class HostFacts:
    """The facts among the variables of one host, all untemplated.

    ``facts`` holds the facts that ansible-core has turned into variables, by the names of the variables. ``published`` holds the values
    that bill.connect itself has set as facts, by name. No host decides those. ``is_trusted`` returns whether ansible-core would evaluate
    a text as a template. ansible-core does not evaluate data. ``read_by`` returns the variables that a lookup reads although the
    template does not name them. ``merges`` says that ansible-core merges dictionaries of several sources. ``cleaned`` returns a fact in
    the form that its variable has in ansible-core. If ``are_certain`` is False, a fact may have had another value.
    """

    def __init__(
        self,
        variables: Mapping[str, Any],
        facts: Mapping[str, Any],
        published: Mapping[str, str | None] | None = None,
        *,
        is_trusted: Callable[[str], bool] = lambda _text: True,
        read_by: Callable[[str], Iterable[str]] = lambda _lookup: (),
        merges: bool = False,
        cleaned: Callable[[Any], Any] = lambda fact: fact,
        are_certain: bool = True,
    ) -> None:
        self._variables = variables
        self._facts = facts
        self._published = published or {}
        self._is_trusted = is_trusted
        self._read_by = read_by
        self._merges = merges
        self._cleaned = cleaned
        self._are_certain = are_certain

    @property
    def are_there(self) -> bool:
        """Whether the host itself has set any fact."""
        return any(name != RECEIPT and not self._is_published(name, fact) for name, fact in self._facts.items())

    def decide(self, name: str) -> bool:
        """Return whether a fact decides the value of a variable, or a part of the value."""
        if name not in self._facts or name not in self._variables:
            return False
        value, fact = self._variables[name], self._cleaned(self._facts[name])
        if self._is_published(name, value):
            return False
        if self._merges and isinstance(value, Mapping) and isinstance(fact, Mapping):
            return True
        return not self._are_certain or bool(value == fact)

    def _is_published(self, name: str, value: Any) -> bool:
        return isinstance(value, (str, type(None))) and name in self._published and self._published[name] == value

    def decided(self) -> set[str]:
        """Return the names of all variables that facts decide."""
        return {name for name in self._facts if self.decide(name)}

    def telling(self, value: str) -> str | None:
        """Return the name of a fact that has this value; None if no fact has it. URLs are the same if their server is the same.

        The facts that ansible-core gathers do not count.
        """
        for name, fact in self._facts.items():
            if (
                isinstance(name, str)
                and not name.startswith(PREFIX)
                and any(_says(text, value) for text in _texts(fact))
            ):
                return None if self._published.get(name) == value else name
        return None

    def reach(self, value: Any, where: Loops) -> Reach:
        """Return what the templates in an untemplated value can read, directly or through other variables.

        ``where`` holds the loops around the value, by the names that they define. The value can also refer to these names.
        """
        names: set[str] = set()
        is_open = False
        todo: list[Any] = [value]
        while todo:
            for text in self._templates(todo.pop()):
                lookups, any_lookup = _lookups_in(text)
                found = {*_NAME.findall(text), *(name for each in lookups for name in self._read_by(each))}
                new = found - names
                names |= new
                is_open = is_open or bool(new & _OPEN) or any_lookup
                todo += [
                    self._variables[name]
                    for name in new - where.keys() - _OPEN - _OF_OTHER_HOSTS
                    if name in self._variables
                ]
        return Reach(
            facts=frozenset(name for name in names if self.decide(name)),
            loops=frozenset(where.keys() if is_open else names & where.keys()),
            names=frozenset(names),
            is_open=is_open,
            other_hosts=bool(names & _OF_OTHER_HOSTS),
        )

    def _templates(self, value: Any) -> Iterator[str]:
        """Yield the texts in an untemplated value that are templates."""
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


def _lookups_in(template: str) -> tuple[list[str], bool]:
    """Return the plain lookups in a template, and whether the template has another lookup. That one may build names of variables."""
    named = [one or other for one, other in _NAMED_LOOKUP.findall(template)]
    plain = [name for name in named if is_plain_lookup(name)]
    return plain, len(plain) < len(_LOOKUP.findall(template))


def _says(text: str, value: str) -> bool:
    if "://" in text and "://" in value and (server := _server(value)):
        return _server(text) == server
    return text == value


def _server(url: str) -> tuple[str, str] | None:
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    return (parts.scheme.lower(), parts.netloc.rpartition("@")[2].lower()) if parts.netloc else None


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts in a value. The keys of dictionaries do not count."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _texts(each)
