# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The places of the variables in the text of a YAML file.

Private to bill.connect. It reads what ansible-core reads: JSON first, then YAML with the parser that ansible-core has chosen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import yaml

# libyaml's parser if PyYAML has it. It reads more than PyYAML's own parser, for example tabs.
from ansible.module_utils.common.yaml import SafeLoader

from .yaml_values import STR, UNSAFE

_NULL, _MERGE = (f"tag:yaml.org,2002:{name}" for name in ("null", "merge"))


class NotVariables(Exception):
    """The text is YAML, but not a variables file."""


@dataclass(frozen=True)
class Entry:
    """A variable: its key and its value, with their positions in the text. ``name`` is None if the key cannot be a variable."""

    name: str | None
    key: yaml.Node
    value: yaml.Node
    key_begin: int
    key_end: int
    begin: int
    end: int


@dataclass(frozen=True)
class Document:
    """A text, its variables in order, and the position for a new one."""

    text: str
    entries: list[Entry]
    names: set[str]
    indent: str
    end: int
    in_braces: bool

    @classmethod
    def of(cls, text: str) -> Document:
        if (variables := _of_json(text)) is not None:
            return cls(text, variables, {str(each.name) for each in variables}, "", len(text), True)
        # libyaml does not count a byte order mark at the beginning, so positions are those in the text behind it.
        mark = "\ufeff" if text.startswith("\ufeff") else ""
        document = cls._of_yaml(text[len(mark) :])
        return document._behind(mark) if mark else document

    @classmethod
    def _of_yaml(cls, text: str) -> Document:
        events = list(yaml.parse(text, Loader=SafeLoader))
        documents = sum(isinstance(event, yaml.DocumentStartEvent) for event in events)
        if documents > 1:
            raise NotVariables(
                "holds several YAML documents, so Ansible reads no variables from it. Keep one document."
            )
        end = next(
            (_at(e.start_mark) for e in events if isinstance(e, yaml.DocumentEndEvent) and e.explicit), len(text)
        )
        node = yaml.compose(text, Loader=SafeLoader)
        if node is None or node.tag == _NULL:
            # Ansible reads no variables from a null, either. A null that somebody wrote leaves no place for a variable.
            return cls(text, [], set(), "", end, bool(node and node.value))
        if not isinstance(node, yaml.MappingNode):
            raise NotVariables("holds no variables. Write a name, a colon and a value for each variable.")
        nodes = _nodes(events[2:-2])
        entries = []
        for key, value in node.value:
            of_key, of_value = next(nodes), next(nodes)
            begin, end_of_value = _span(text, of_value)
            entries.append(Entry(_name(key), key, value, *_span(text, of_key), begin, end_of_value))
        first = entries[0].key_begin if entries else 0
        indent = re.sub(r"\?[ \t]*$", "", text[line_begin(text, first) : first])
        in_braces = bool(node.flow_style) or bool(indent.strip(" "))
        return cls(text, entries, _names(node, set()), indent, end, in_braces)

    def _behind(self, mark: str) -> Document:
        """The same document with a byte order mark before its text."""
        by = len(mark)
        entries = [
            replace(e, key_begin=e.key_begin + by, key_end=e.key_end + by, begin=e.begin + by, end=e.end + by)
            for e in self.entries
        ]
        return replace(self, text=mark + self.text, entries=entries, end=self.end + by)


def _of_json(text: str) -> list[Entry] | None:
    """The variables in a text that is JSON. None if it is not. No edit needs their places, because they are in braces."""
    try:
        variables = json.loads(text)
        if not isinstance(variables, dict):
            return None
        nodes = yaml.representer.SafeRepresenter().represent_data(variables).value
    except (ValueError, RecursionError):
        return None
    return [Entry(_name(key), key, value, 0, 0, 0, 0) for key, value in nodes]


def _nodes(events: list[yaml.Event]) -> Iterator[list[yaml.Event]]:
    """The events of each key and each value of the outermost mapping."""
    one: list[yaml.Event] = []
    depth = 0
    for event in events[1:-1]:
        one.append(event)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if not depth:
            yield one
            one = []


def _span(text: str, events: list[yaml.Event]) -> tuple[int, int]:
    """Where the text of some events begins and ends, without the blank lines after it."""
    begin = _at(events[0].start_mark)
    ends = [
        _at(event.end_mark)
        for event in events
        # A mapping or list without brackets ends where the next node begins.
        if not (isinstance(event, yaml.CollectionEndEvent) and _at(event.start_mark) == _at(event.end_mark))
    ]
    return begin, begin + len(text[begin : max(ends)].rstrip(" \t\r\n"))


def _at(mark: Any) -> int:
    return int(mark.index)


def _name(key: yaml.Node) -> str | None:
    return str(key.value) if isinstance(key, yaml.ScalarNode) and key.tag in (STR, UNSAFE) else None


def _names(node: yaml.Node, seen: set[int]) -> set[str]:
    """The names in a mapping, with those that it merges from other mappings."""
    found: set[str] = set()
    if not isinstance(node, yaml.MappingNode) or id(node) in seen:
        return found
    seen.add(id(node))
    for key, value in node.value:
        if key.tag == _MERGE:
            for each in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                found |= _names(each, seen)
        elif (name := _name(key)) is not None:
            found.add(name)
    return found


def line_begin(text: str, place: int) -> int:
    """The position where the line begins."""
    return text.rfind("\n", 0, place) + 1


def next_line(text: str, place: int) -> int:
    found = text.find("\n", place)
    return len(text) if found < 0 else found + 1


def are_equal(a: Any, b: Any, seen: set[tuple[int, int]]) -> bool:
    """Whether two nodes have the same content. ``seen`` holds compared pairs, because nodes can refer to each other."""
    if (id(a), id(b)) in seen:
        return True
    seen.add((id(a), id(b)))
    if isinstance(a, yaml.Node):
        return type(a) is type(b) and a.tag == b.tag and are_equal(a.value, b.value, seen)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(are_equal(x, y, seen) for x, y in zip(a, b, strict=True))
    return bool(a == b)
