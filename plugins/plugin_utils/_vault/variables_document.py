# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The text of a variables file: its variables, and edits that leave everything else unchanged to the byte.

Private to bill.connect. Plain Python, without Ansible. PyYAML says where a value begins and ends, and an edit replaces only that
part. The code reads the result again, and refuses an edit that would change anything else. The only content of the file that
messages repeat is the names of the requested variables.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import yaml

from .._core.errors import BillError, OptionError
from .._options.spec import SUMMARIES

_STR, _NULL, _MERGE = (f"tag:yaml.org,2002:{name}" for name in ("str", "null", "merge"))
_UNSAFE = "!unsafe"
# A text with one of these is a template.
_TEMPLATE = re.compile(r"\{[{%#]")
# The comment in the first line of a block of text, after | or >.
_COMMENT_OF_A_BLOCK = re.compile(r"(?:[!&]\S*[ \t]+)*[|>][-+0-9]*[ \t]+(#[^\r\n]*)")


@dataclass(frozen=True)
class Edit:
    """A text after an edit, and the names of the variables that the edit added, changed and removed."""

    text: str = field(repr=False)
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


class VariablesDocument:
    """The text of a variables file. Raises BillError if the text is not one. ``file`` names it in messages.

    ``decrypt`` returns the clear text of a separately encrypted value, or None if it cannot decrypt it.
    """

    def __init__(self, text: str, file: str, decrypt: Callable[[str], str | None] = lambda _text: None) -> None:
        self._file = file
        self._decrypt = decrypt
        self._document = self._parsed(text)

    @property
    def names(self) -> list[str]:
        """The variables that Ansible finds in the file, sorted."""
        return sorted(self._document.names)

    def edit(self, variables: Mapping[str, Any]) -> Edit:
        """The edit that sets variables to these values. None removes a variable. An equal value keeps its text."""
        try:
            return self._edited(variables)
        except RecursionError:
            raise self._too_deep() from None

    def _edited(self, variables: Mapping[str, Any]) -> Edit:
        edit = Edit("")
        before = self._document.names
        document = self._document
        for name, value in _checked(variables).items():
            entries = [each for each in document.entries if each.name == name]
            if len(entries) > 1:
                raise BillError(f"{self._file} has the variable {name} more than once. Keep one of them.")
            if value is None and name not in before:
                continue
            if entries and value is not None and _alike(self._value(entries[0].value), value):
                continue
            document = self._changed(document, name, value, entries[0] if entries else None)
            (edit.removed if value is None else edit.changed if name in before else edit.added).append(name)
        return Edit(document.text, *(sorted(names) for names in (edit.added, edit.changed, edit.removed)))

    def _changed(self, document: _Document, name: str, value: Any, entry: _Entry | None) -> _Document:
        """The document with only this variable changed. Raises BillError if that is not possible."""
        for text in _candidates(document, name, value, entry):
            try:
                changed = self._parsed(text)
            except BillError:
                continue
            if self._is_only(document, changed, name, value):
                return changed
        raise BillError(
            f"The variable {name} cannot be changed in {self._file} without changing more than that: perhaps it is written in "
            "braces, or another part of the file refers to it. Change it there with ansible-vault edit; the file was left as it is."
        )

    def _is_only(self, before: _Document, after: _Document, name: str, value: Any) -> bool:
        seen: set[tuple[int, int]] = set()
        others = [[each for each in document.entries if each.name != name] for document in (before, after)]
        if len(others[0]) != len(others[1]) or not all(
            _equal(a.key, b.key, seen) and _equal(a.value, b.value, seen) for a, b in zip(*others, strict=True)
        ):
            return False
        found = [self._value(each.value) for each in after.entries if each.name == name]
        if value is None:
            return name not in after.names
        return len(found) == 1 and _alike(found[0], value)

    def _parsed(self, text: str) -> _Document:
        try:
            return _Document.of(text)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            where = f" (line {mark.line + 1})" if mark else ""
            raise BillError(
                f"{self._file} is not YAML that can be read{where}. It is not repeated here, because it may hold a secret."
            ) from None
        except yaml.YAMLError:
            raise BillError(f"{self._file} holds a character that YAML does not allow.") from None
        except RecursionError:
            raise self._too_deep() from None
        except _NoMapping as error:
            raise BillError(f"{self._file} {error}") from None

    def _too_deep(self) -> BillError:
        return BillError(f"{self._file} is nested too deeply.")

    def _value(self, node: yaml.Node) -> Any:
        """The value of a node. An ``_Unknown`` if the value is not known here, for example for a template."""
        loader = _Values("")
        loader.decrypt = self._decrypt
        try:
            return loader.construct_document(node)
        except (yaml.YAMLError, ValueError, TypeError, OverflowError, RecursionError):
            return _Unknown()
        finally:
            loader.dispose()


# --- Positions ---


class _NoMapping(Exception):
    """The text is YAML, but not a variables file."""


@dataclass(frozen=True)
class _Entry:
    """A variable: its key and its value, with their positions in the text. ``name`` is None if the key cannot be a variable."""

    name: str | None
    key: yaml.Node
    value: yaml.Node
    key_begin: int
    key_end: int
    begin: int
    end: int


@dataclass(frozen=True)
class _Document:
    """A text, its variables in order, and the position for a new one."""

    text: str
    entries: list[_Entry]
    names: set[str]
    indent: str
    end: int
    in_braces: bool

    @classmethod
    def of(cls, text: str) -> _Document:
        # The Python parser of PyYAML is used, because the C parser counts positions in bytes.
        events = list(yaml.parse(text, Loader=yaml.SafeLoader))
        documents = sum(isinstance(event, yaml.DocumentStartEvent) for event in events)
        if documents > 1:
            raise _NoMapping("holds several YAML documents, of which Ansible takes none for variables. Keep one.")
        end = next(
            (_at(e.start_mark) for e in events if isinstance(e, yaml.DocumentEndEvent) and e.explicit), len(text)
        )
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is None or (node.tag == _NULL and node.value == ""):
            return cls(text, [], set(), "", end, False)
        if not isinstance(node, yaml.MappingNode):
            raise _NoMapping("holds no variables: it needs a name, a colon and a value for each.")
        nodes = _nodes(events[2:-2])
        entries = []
        for key, value in node.value:
            of_key, of_value = next(nodes), next(nodes)
            begin, end_of_value = _span(text, of_value)
            entries.append(_Entry(_name(key), key, value, *_span(text, of_key), begin, end_of_value))
        first = entries[0].key_begin if entries else 0
        indent = re.sub(r"^\ufeff|\? *$", "", text[_line(text, first) : first])
        in_braces = bool(node.flow_style) or bool(indent.strip(" "))
        return cls(text, entries, _names(node, set()), indent, end, in_braces)


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
    return str(key.value) if isinstance(key, yaml.ScalarNode) and key.tag in (_STR, _UNSAFE) else None


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


def _line(text: str, place: int) -> int:
    """The position where the line begins."""
    return text.rfind("\n", 0, place) + 1


def _next_line(text: str, place: int) -> int:
    found = text.find("\n", place)
    return len(text) if found < 0 else found + 1


# --- Edits ---


def _candidates(document: _Document, name: str, value: Any, entry: _Entry | None) -> Iterator[str]:
    """The texts that may be the wanted result, the best first."""
    if document.in_braces:
        return
    if value is None:
        if entry:
            yield _without(document.text, document.indent, entry)
    elif entry:
        yield _replaced(document.text, entry, written(value))
    else:
        yield _with(document, document.end, name, value)
        # The last value may be a block of text without an end of line, and an added end of line would change it.
        # So the second candidate puts the variable first.
        yield _with(
            document, _line(document.text, document.entries[0].key_begin) if document.entries else 0, name, value
        )


def _replaced(text: str, entry: _Entry, new: str) -> str:
    begin, end = entry.begin, entry.end
    colon = re.compile(r"[ \t]*:").match(text, entry.key_end)
    if begin == end:
        blank = "" if text[begin - 1 : begin].isspace() else " "
        return text[:begin] + blank + new + text[end:]
    if colon and "\n" in text[colon.end() : begin]:
        # The old value begins on the line below its name, where the new value may not fit.
        old = slice(_line(text, begin), _next_line(text, end))
        return text[: colon.end()] + " " + new + text[colon.end() : old.start] + text[old.stop :]
    comment = _COMMENT_OF_A_BLOCK.match(text, begin, end)
    return text[:begin] + new + (f" {comment[1]}" if comment else "") + text[end:]


def _without(text: str, indent: str, entry: _Entry) -> str:
    begin = _line(text, entry.key_begin)
    above = _line(text, begin - 1) if begin else 0
    note = SUMMARIES.get(entry.name or "")
    if note and text[above:begin].rstrip("\r\n") == f"{indent}# {note}":
        begin = above
    return text[:begin] + text[_next_line(text, max(entry.end, entry.key_end)) :]


def _with(document: _Document, place: int, name: str, value: Any) -> str:
    text = document.text
    end_of_line = "\r\n" if "\r\n" in text else "\n"
    lines = [f"# {SUMMARIES[name]}"] if name in SUMMARIES else []
    lines.append(f"{_written_key(name)}: {written(value)}")
    new = "".join(document.indent + line + end_of_line for line in lines)
    before = end_of_line if text[:place].strip("\ufeff") and not text[:place].endswith("\n") else ""
    return text[:place] + before + new + text[place:]


# --- Values ---


def _checked(variables: Mapping[str, Any]) -> dict[str, Any]:
    """The variables with plain values. Raises OptionError for a name or a value that a file cannot hold."""
    for name in variables:
        if not isinstance(name, str) or not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name) or keyword.iskeyword(name):
            # A key that is not a valid name may be anything by mistake, even a secret.
            raise OptionError(
                "One of the names in variables can be no variable: it needs letters, digits and underscores alone, no digit at its "
                "beginning, and must not be a word of Python's. (It is not repeated here, because it may be a secret.)"
            )
    found = {}
    for name, value in variables.items():
        try:
            found[str.__str__(name)] = _native(value)
        except (TypeError, ValueError, RecursionError):
            raise OptionError(
                f"The variable {name} holds what cannot be kept in a file: only texts, numbers, true and false, days, lists and "
                "dictionaries can."
            ) from None
    return found


def _native(value: Any) -> Any:
    """The same value in Python's own types, without Ansible's subclasses. Raises TypeError or ValueError if it cannot be written."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        # A lone surrogate raises UnicodeEncodeError, because it cannot be written.
        value.encode()
        return str.__str__(value)
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, datetime):
        return datetime.fromisoformat(value.isoformat())
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    if isinstance(value, Mapping):
        return {_native(key): _native(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_native(each) for each in value]
    raise TypeError


def written(value: Any) -> str:
    """A value on one line of YAML. Texts are in double quotes, and a text that looks like a template has the tag ``!unsafe``."""
    # In brackets, because yaml.dump adds an end of document to a single number.
    line = yaml.dump(
        [value], Dumper=_Dumper, default_flow_style=True, width=float("inf"), allow_unicode=True, sort_keys=False
    )
    return line.strip()[1:-1]


def _written_key(name: str) -> str:
    """The name, in quotes if YAML reads it as another value, such as yes."""
    plain = yaml.safe_load(name) == name
    return name if plain else f'"{name}"'


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar(_UNSAFE if _TEMPLATE.search(value) else _STR, value, style='"')


_Dumper.add_representer(str, _text)


class _Unknown:
    """A value that only Ansible can compute. It equals no other value."""


class _Values(yaml.SafeLoader):
    decrypt: Callable[[str], str | None]


def _of_text(loader: _Values, node: yaml.ScalarNode) -> Any:
    text = loader.construct_scalar(node)
    return _Unknown() if _TEMPLATE.search(text) else text


def _of_unsafe(loader: _Values, node: yaml.Node) -> Any:
    # Versions of ansible-core differ on a value without quotes: some read a text, others a number.
    return node.value if isinstance(node, yaml.ScalarNode) and node.style in ("'", '"') else _Unknown()


def _of_vault(loader: _Values, node: yaml.Node) -> Any:
    text = loader.decrypt(node.value) if isinstance(node, yaml.ScalarNode) else None
    return _Unknown() if text is None or _TEMPLATE.search(text) else text


def _of_others(loader: _Values, node: yaml.Node) -> Any:
    return _Unknown()


_Values.add_constructor(_STR, _of_text)
_Values.add_constructor(_UNSAFE, _of_unsafe)
_Values.add_constructor("!vault", _of_vault)
_Values.add_constructor(None, _of_others)


def _alike(a: Any, b: Any) -> bool:
    """Whether two values are the same, types included: 1 is neither true nor 1.0."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return {*map(repr, a)} == {*map(repr, b)} and all(_alike(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(_alike(x, y) for x, y in zip(a, b, strict=True))
    return repr(a) == repr(b)


def _equal(a: Any, b: Any, seen: set[tuple[int, int]]) -> bool:
    """Whether two nodes have the same content. ``seen`` holds compared pairs, because nodes can refer to each other."""
    if (id(a), id(b)) in seen:
        return True
    seen.add((id(a), id(b)))
    if isinstance(a, yaml.Node):
        return type(a) is type(b) and a.tag == b.tag and _equal(a.value, b.value, seen)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(_equal(x, y, seen) for x, y in zip(a, b, strict=True))
    return bool(a == b)


def header(by: str, look: str, change: str) -> Iterable[str]:
    """The first lines of a new file: what keeps it, and the commands to view and to change it."""
    yield f"# Kept by {by}, and encrypted with your vault password."
    yield f"# To look into it: {look}"
    yield f"# To change it: {change}"
    yield "---"
