# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may be shown of what is sent to BILL, and of what it answers.

Private to bill.connect. A value is secret by the name of its field, or because it holds a secret of this play.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import NoneType
from typing import Any

MASK = "********"

# Shorter secrets are not looked for inside texts: they are part of nearly everything.
SHORT = 4
# A secret of so many characters is no ordinary word.
_NO_WORD = 8
_LONGEST = 300

# As _plain() writes names. Of sessions and credentials, whoever wrote them:
_CREDENTIALS = {
    "sessionid",
    "devkey",
    "developerkey",
    "appkey",
    "remembermeid",
    "mfaid",
    "securitykey",
    "authorization",
}
_ENDS_OF_CREDENTIALS = ("password", "secret", "token", "jwt")
# Of persons and banks: what a user sends. In an answer it is what was asked for.
_PERSONAL = {
    "accountnumber",
    "bankaccountnumber",
    "routingnumber",
    "taxid",
    "ssn",
    "socialsecuritynumber",
    "dateofbirth",
    "cardnumber",
    "cvv",
    "pan",
}


def redact(value: Any, secrets: Iterable[str]) -> Any:
    """A copy of a JSON value to show, with ``********`` in place of every value that is secret, or that holds a secret."""
    found = _Secrets(secrets)
    whole = [value]
    # What stands here is a copy, but what it holds is not yet. No recursion: it may be nested deeper than Python goes.
    todo: list[Any] = [whole]
    while todo:
        each = todo.pop()
        for place, inner in list(each.items()) if isinstance(each, dict) else enumerate(each):
            each[place] = copy = _masked_here(inner, found)
            if isinstance(copy, (dict, list)):
                todo.append(copy)
    return whole[0]


def sensitive_values(value: Any) -> set[str]:
    """The texts and numbers of a JSON value that ``masked`` would mask by the names of their fields."""
    found: set[str] = set()
    todo = [(value, False)]
    while todo:
        each, secret = todo.pop()
        if isinstance(each, Mapping):
            todo += [(inner, secret or _is_secret(name)) for name, inner in each.items()]
        elif isinstance(each, (list, tuple)):
            todo += [(inner, secret) for inner in each]
        elif secret and _says(each):
            found.add(str(each))
    return found


def contains_secret(value: Any, secrets: Iterable[str]) -> bool:
    """Whether a JSON value holds a secret of these, or something of a session or credential by the name of its field."""
    found = _Secrets(secrets)
    texts: list[str] = []
    # Records of the same fields are looked at field by field, and all texts together: one by one, a long list would take longer to look
    # through than to read.
    columns: list[Sequence[Any]] = [[value]]
    while columns:
        column = columns.pop()
        kinds = set(map(type, column))
        if kinds == {str}:
            texts += column
            continue
        if kinds <= {bool, NoneType}:
            continue
        alike: dict[tuple[Any, ...], list[Mapping[Any, Any]]] = {}
        for each in column:
            if isinstance(each, str):
                texts.append(each)
            elif isinstance(each, Mapping):
                alike.setdefault(tuple(each), []).append(each)
            elif isinstance(each, (list, tuple)):
                columns.append(each)
            elif found.inside(each):
                return True
        for names, records in alike.items():
            texts += [name for name in names if isinstance(name, str)]
            for name, inner in zip(names, zip(*(each.values() for each in records), strict=True), strict=True):
                if of_credentials(name) and any(map(_says, inner)):
                    return True
                columns.append(inner)
    return found.among(texts)


def sanitize(text: Any, secrets: Iterable[str]) -> str | None:
    """One of BILL's own messages to show: one line of at most 300 characters, secrets masked; None if nothing is left."""
    if not isinstance(text, str):
        return None
    found = _Secrets(secrets)
    # Again at the end: without its line breaks it may hold a secret that it did not hold before.
    line = found.cut(text)[: 20 * _LONGEST]
    line = found.cut(" ".join("".join(sign if sign.isprintable() else " " for sign in line).split()))
    if len(line) > _LONGEST:
        line = line[: _LONGEST - 3] + "..."
    return line if line.replace(MASK, "").strip() else None


def redact_text(message: str, secrets: Iterable[str]) -> str:
    """One of our own messages to show, with ``********`` in place of every secret.

    Short secrets stay: one can be an ordinary word of a message, and a mask there would tell what it is. No message repeats a secret by itself.
    """
    for secret in sorted({each for each in secrets if len(each) >= _NO_WORD}, key=len, reverse=True):
        message = message.replace(secret, MASK)
    # Whatever a message repeats, it writes nothing to a terminal but text. Its own line breaks stay.
    return "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in message)


def of_credentials(name: Any) -> bool:
    """Whether a field or parameter of this name holds something of a session or credential."""
    return (plain := _plain(name)) in _CREDENTIALS or plain.endswith(_ENDS_OF_CREDENTIALS)


def holds(text: str, secrets: Iterable[str]) -> bool:
    """Whether a text is one of the secrets, or holds one."""
    return _Secrets(secrets).inside(text)


class _Secrets:
    def __init__(self, secrets: Iterable[str]) -> None:
        self._whole = {secret for secret in secrets if secret}
        # The longest first, since one may be part of another.
        self._parts = sorted((s for s in self._whole if len(s) >= SHORT), key=len, reverse=True)

    def inside(self, value: Any) -> bool:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            try:
                value = str(value)
            except ValueError:
                # Python does not write out numbers of thousands of digits; no secret is one.
                return False
        return isinstance(value, str) and (value in self._whole or any(part in value for part in self._parts))

    def among(self, texts: list[str]) -> bool:
        """Whether one of many texts is one of the secrets, or holds one."""
        together = "\n".join(texts)
        return not self._whole.isdisjoint(texts) or any(part in together for part in self._parts)

    def cut(self, text: str) -> str:
        if text in self._whole:
            return MASK
        for part in self._parts:
            text = text.replace(part, MASK)
        return text


def _masked_here(value: Any, found: _Secrets) -> Any:
    """The value, masked as far as it is not in a dictionary or list of its own."""
    if isinstance(value, Mapping):
        return {
            MASK if found.inside(name) else name: MASK if _is_secret(name) and _says(inner) else inner
            for name, inner in value.items()
        }
    if isinstance(value, (list, tuple)):
        return list(value)
    return MASK if found.inside(value) else value


def _is_secret(name: Any) -> bool:
    return of_credentials(name) or _plain(name) in _PERSONAL


def _says(value: Any) -> bool:
    """Whether a value can give away anything: not if there is none, nor if it only says yes or no."""
    return not isinstance(value, bool) and value not in (None, "", [], {})


def _plain(name: Any) -> str:
    return re.sub("[_-]", "", name).lower() if isinstance(name, str) else ""
