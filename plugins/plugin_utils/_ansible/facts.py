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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

PREFIX = "ansible_"

# The fact that says which values of the other facts bill.connect itself has set: it names a record of the run, which no host can write
# and whose name no host can guess.
RECEIPT = "bill_connect_receipt"

# The names in a template. That takes in what stands in quotes, such as lookup('vars', 'name') and hostvars['host']['name'].
_NAME = re.compile(r"[^\W\d]\w*")
# How a template begins; the last one redefines the others.
_TEMPLATE = re.compile(r"\{\{|\{%|\A#jinja2:")
# What can reach a variable whose name is not written in the template.
_OPEN = {"ansible_facts", "extends", "from", "import", "include", "vars"}
_OF_OTHER_HOSTS = {"ansible_delegated_vars", "hostvars"}
_LOOKUP = re.compile(r"\b(?:lookup|query|q)\b")
# The name has to end there: what goes on after the quotes may put another one together.
_NAMED_LOOKUP = re.compile(r"""\b(?:lookup|query|q)\s*\(\s*(?:'([\w.]+)'|"([\w.]+)")\s*[,)]""")
# The lookups that read nothing but what they are told, and the variables of their options. Any other one may read variables by names that it puts together.
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
    """Whether a lookup of this name reads no variables by names that it puts together."""
    return name.removeprefix("ansible.builtin.") in _PLAIN_LOOKUPS or name.startswith(_PLAIN_COLLECTIONS)


@dataclass(frozen=True)
class Loop:
    """One loop around a task: ``items`` is the expression of its items, untemplated, and ``item`` the name that each of them gets.

    ``lookup`` is the template of the lookup that takes the expression, if one does, and ``depth`` says how far out the loop is.
    With a ``path`` it is no loop: what include_role has evaluated for its tasks is at this place in the expression, and stays.
    """

    items: Any
    item: str = "item"
    lookup: str = ""
    depth: int = 0
    path: tuple[Any, ...] | None = None

    @property
    def raw(self) -> Any:
        """All that the items come from, untemplated."""
        return [self.lookup, self.items]


Loops = Mapping[str, Sequence[Loop]]


@dataclass(frozen=True)
class Reach:
    """What templates can read: ``facts`` that decide a variable, ``loops``, the names of items of loops, and all ``names``.

    ``is_open`` says that they may read more than that, and ``other_hosts`` that they read variables of other hosts.
    """

    facts: frozenset[str]
    loops: frozenset[str]
    names: frozenset[str]
    is_open: bool
    other_hosts: bool


class HostFacts:
    """The facts among the variables of one host, all untemplated.

    ``facts`` are those of which ansible-core has made variables, by the variables' names. ``published`` holds the values that
    bill.connect itself has set as facts, by name: no host decides those. ``is_trusted`` says of a text whether ansible-core would
    evaluate it as a template; it does not evaluate data. ``read_by`` gives the variables that a lookup reads by names of its own.
    ``merges`` says that dictionaries of several sources are merged, and ``cleaned`` gives a fact as ansible-core makes a variable of
    it. Without ``are_certain`` a fact may have had another value.
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
        """Whether the host itself has said anything."""
        return any(name != RECEIPT and not self._is_published(name, fact) for name, fact in self._facts.items())

    def decide(self, name: str) -> bool:
        """Whether a fact gives a variable its value, or a part of it."""
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
        """All variables that facts decide."""
        return {name for name in self._facts if self.decide(name)}

    def telling(self, value: str) -> str | None:
        """The fact that says this value, or the same server if it is a URL; None if none does. What ansible-core gathers does not count."""
        for name, fact in self._facts.items():
            if (
                isinstance(name, str)
                and not name.startswith(PREFIX)
                and any(_says(text, value) for text in _texts(fact))
            ):
                return None if self._published.get(name) == value else name
        return None

    def reach(self, value: Any, where: Loops) -> Reach:
        """What the templates in an untemplated value can read, directly or behind variables.

        ``where`` holds what the value can refer to besides the variables: the loops around it, by the names of their items.
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


def _lookups_in(template: str) -> tuple[list[str], bool]:
    """The plain lookups in a template, and whether there is one that may read variables by names that it puts together."""
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
    """The texts in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _texts(each)
