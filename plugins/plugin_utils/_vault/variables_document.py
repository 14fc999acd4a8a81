# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The text of a variables file: its variables, and edits that leave everything else unchanged to the byte.

Private to bill.connect. The parser that ansible-core has chosen says where a value begins and ends, and an edit replaces only that
part. The code reads the result again, and refuses an edit that would change anything else. The only content of the file that
messages repeat is the names of the requested variables.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from .._core.errors import BillError, OptionError
from .._options.spec import SUMMARIES
from .yaml_positions import Document, Entry, NotVariables, are_equal, line_begin, next_line
from .yaml_values import are_alike, native, value_of, written, written_key

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
            if entries and value is not None and are_alike(value_of(entries[0].value, self._decrypt), value):
                continue
            document = self._changed(document, name, value, entries[0] if entries else None)
            (edit.removed if value is None else edit.changed if name in before else edit.added).append(name)
        return Edit(document.text, *(sorted(names) for names in (edit.added, edit.changed, edit.removed)))

    def _changed(self, document: Document, name: str, value: Any, entry: Entry | None) -> Document:
        """The document with only this variable changed. Raises BillError if that is not possible."""
        for text in _candidates(document, name, value, entry):
            try:
                changed = self._parsed(text)
            except BillError:
                continue
            if self._is_only(document, changed, name, value):
                return changed
        raise BillError(
            f"bill.connect cannot change the variable {name} in {self._file} without a change to other parts of the file. Perhaps the "
            "variable is in braces, or another part of the file refers to it. The file was not changed. Change it with ansible-vault edit."
        )

    def _is_only(self, before: Document, after: Document, name: str, value: Any) -> bool:
        seen: set[tuple[int, int]] = set()
        others = [[each for each in document.entries if each.name != name] for document in (before, after)]
        if len(others[0]) != len(others[1]) or not all(
            are_equal(a.key, b.key, seen) and are_equal(a.value, b.value, seen) for a, b in zip(*others, strict=True)
        ):
            return False
        found = [value_of(each.value, self._decrypt) for each in after.entries if each.name == name]
        if value is None:
            return name not in after.names
        return len(found) == 1 and are_alike(found[0], value)

    def _parsed(self, text: str) -> Document:
        try:
            return Document.of(text)
        except yaml.MarkedYAMLError as error:
            if "nesting" in str(error.problem):
                # libyaml has a limit of its own.
                raise self._too_deep() from None
            mark = error.problem_mark or error.context_mark
            where = f" (line {mark.line + 1})" if mark else ""
            raise BillError(
                f"{self._file} is not valid YAML{where}. This message does not show the text, because it may hold a secret. Correct the file."
            ) from None
        except yaml.YAMLError:
            raise BillError(f"{self._file} holds a character that YAML does not allow.") from None
        except RecursionError:
            raise self._too_deep() from None
        except NotVariables as error:
            raise BillError(f"{self._file} {error}") from None

    def _too_deep(self) -> BillError:
        return BillError(f"{self._file} is nested too deeply.")


def header(by: str, look: str, change: str) -> Iterable[str]:
    """The first lines of a new file: which task wrote it, and the commands to view and to change it."""
    yield f"# Written by {by}, encrypted with your vault password."
    yield f"# To view it: {look}"
    yield f"# To change it: {change}"
    yield "---"


# --- Edits ---


def _candidates(document: Document, name: str, value: Any, entry: Entry | None) -> Iterator[str]:
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
            document, line_begin(document.text, document.entries[0].key_begin) if document.entries else 0, name, value
        )


def _replaced(text: str, entry: Entry, new: str) -> str:
    begin, end = entry.begin, entry.end
    colon = re.compile(r"[ \t]*:").match(text, entry.key_end)
    if begin == end:
        blank = "" if text[begin - 1 : begin].isspace() else " "
        return text[:begin] + blank + new + text[end:]
    if colon and "\n" in text[colon.end() : begin]:
        # The old value begins on the line below its name, where the new value may not fit.
        old = slice(line_begin(text, begin), next_line(text, end))
        return text[: colon.end()] + " " + new + text[colon.end() : old.start] + text[old.stop :]
    comment = _COMMENT_OF_A_BLOCK.match(text, begin, end)
    return text[:begin] + new + (f" {comment[1]}" if comment else "") + text[end:]


def _without(text: str, indent: str, entry: Entry) -> str:
    begin = line_begin(text, entry.key_begin)
    above = line_begin(text, begin - 1) if begin else 0
    note = SUMMARIES.get(entry.name or "")
    if note and text[above:begin].rstrip("\r\n") == f"{indent}# {note}":
        begin = above
    return text[:begin] + text[next_line(text, max(entry.end, entry.key_end)) :]


def _with(document: Document, place: int, name: str, value: Any) -> str:
    text = document.text
    end_of_line = "\r\n" if "\r\n" in text else "\n"
    lines = [f"# {SUMMARIES[name]}"] if name in SUMMARIES else []
    lines.append(f"{written_key(name)}: {written(value)}")
    new = "".join(document.indent + line + end_of_line for line in lines)
    place = max(place, len(text) - len(text.removeprefix("\ufeff")))
    before = end_of_line if text[:place].strip("\ufeff") and not text[:place].endswith("\n") else ""
    return text[:place] + before + new + text[place:]


def _checked(variables: Mapping[str, Any]) -> dict[str, Any]:
    """The variables with plain values. Raises OptionError for a name or a value that a file cannot hold."""
    for name in variables:
        if not isinstance(name, str) or not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name) or keyword.iskeyword(name):
            # A key that is not a valid name may be anything by mistake, even a secret.
            raise OptionError(
                "A name in variables is not valid for a variable. A name has only letters, digits and underscores, does not begin with a "
                "digit, and is not a keyword of Python. (This message does not show the name, because it may be a secret.)"
            )
    found = {}
    for name, value in variables.items():
        try:
            found[str.__str__(name)] = native(value)
        except (TypeError, ValueError, RecursionError):
            raise OptionError(
                f"bill.connect cannot write the value of the variable {name} to a file. Only texts, numbers, true and false, dates, lists "
                "and dictionaries are possible."
            ) from None
    return found
