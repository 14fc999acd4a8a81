# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Redacts secrets in requests to BILL, in responses of BILL, and in messages.

Private to bill.connect. A value is secret because of the name of its field, or because it contains a secret of this play.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import NoneType
from typing import Any

MASK = "********"

# Shorter secrets are not searched inside texts, because nearly every text contains them.
MIN_LENGTH = 4
# A secret with at least this many characters is not an ordinary word.
_NO_WORD = 8
_LONGEST = 300

# Field names of sessions and credentials, as _plain() writes them. They are secret in requests and in responses.
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
# Field names of personal and bank data. They are secret in a request. In a response they are the data that the user requested.
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
    """A copy of a JSON value that may be shown. ``********`` replaces every value that is secret or contains a secret."""
    found = _Secrets(secrets)
    whole = [value]
    # Each item of this list is a copy, but its inner values are not copied yet. Recursion could exceed Python's limit.
    todo: list[Any] = [whole]
    while todo:
        each = todo.pop()
        for place, inner in list(each.items()) if isinstance(each, dict) else enumerate(each):
            each[place] = copy = _masked_here(inner, found)
            if isinstance(copy, (dict, list)):
                todo.append(copy)
    return whole[0]


def sensitive_values(value: Any) -> set[str]:
    """The texts and numbers of a JSON value that ``redact`` hides because of the names of their fields."""
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
    """Whether a JSON value contains one of these secrets, or a field whose name belongs to a session or credential."""
    return _contains(value, _Secrets(secrets), is_credential_name)


def is_redacted(value: Any, secrets: Iterable[str]) -> bool:
    """Whether ``redact`` would hide something in a JSON value. It takes much less time, because it copies nothing."""
    return _contains(value, _Secrets(secrets), _is_secret)


def _contains(value: Any, found: _Secrets, is_secret: Callable[[Any], bool]) -> bool:
    """Whether a JSON value contains a secret, or a field with a secret name that has a value."""
    texts: list[str] = []
    # Records with the same fields are checked field by field, and all texts are checked together. For a long list, a separate check of
    # each value takes longer than reading the list.
    columns: list[Sequence[Any]] = [[value]]
    while columns:
        column = columns.pop()
        kinds = set(map(type, column))
        if kinds <= {str, bool, NoneType}:
            texts += column if kinds == {str} else [each for each in column if isinstance(each, str)]
            continue
        alike: dict[tuple[Any, ...], list[Mapping[Any, Any]]] = {}
        for each in column:
            if isinstance(each, dict):
                alike.setdefault(tuple(each), []).append(each)
            elif isinstance(each, str):
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
                if is_secret(name) and any(map(_says, inner)):
                    return True
                columns.append(inner)
    return found.among(texts)


def sanitize(text: Any, secrets: Iterable[str]) -> str | None:
    """A message of BILL that may be shown: one line of at most 300 characters without secrets. None if nothing is left."""
    if not isinstance(text, str):
        return None
    found = _Secrets(secrets)
    # Redact a second time, because the removal of line breaks can put the parts of a secret together.
    line = found.redacted(text)[: 20 * _LONGEST]
    line = found.redacted(" ".join("".join(sign if sign.isprintable() else " " for sign in line).split()))
    if len(line) > _LONGEST:
        line = line[: _LONGEST - 3] + "..."
    return line if line.replace(MASK, "").strip() else None


def redact_text(message: str, secrets: Iterable[str]) -> str:
    """A message of bill.connect that may be shown. ``********`` replaces every secret of at least 8 characters.

    A shorter secret can be an ordinary word of the message. A mask in its place would reveal the secret. The code that writes a message
    never puts a secret into it.
    """
    for secret in sorted({each for each in secrets if len(each) >= _NO_WORD}, key=len, reverse=True):
        message = message.replace(secret, MASK)
    # A message can contain text from elsewhere. Control characters must not reach the terminal. Line breaks are harmless.
    return "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in message)


def is_credential_name(name: Any) -> bool:
    """Whether a field or parameter of this name belongs to a session or credential."""
    return (plain := _plain(name)) in _CREDENTIALS or plain.endswith(_ENDS_OF_CREDENTIALS)


def contains_any(text: str, secrets: Iterable[str]) -> bool:
    """Whether a text is one of the secrets or contains one."""
    return _Secrets(secrets).inside(text)


class _Secrets:
    def __init__(self, secrets: Iterable[str]) -> None:
        self._whole = {secret for secret in secrets if secret}
        # The longest secret comes first, because a secret may be a part of another one.
        self._parts = sorted((s for s in self._whole if len(s) >= MIN_LENGTH), key=len, reverse=True)

    def inside(self, value: Any) -> bool:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            try:
                value = str(value)
            except ValueError:
                # Python does not convert a number with thousands of digits. No secret is such a number.
                return False
        return isinstance(value, str) and (value in self._whole or any(part in value for part in self._parts))

    def among(self, texts: list[str]) -> bool:
        """Whether one of the texts is one of the secrets or contains one."""
        together = "\n".join(texts)
        if any(part in together for part in self._parts):
            return True
        # The comparison of whole texts takes longest, and only short secrets need it.
        return len(self._parts) < len(self._whole) and not self._whole.isdisjoint(texts)

    def redacted(self, text: str) -> str:
        if text in self._whole:
            return MASK
        for part in self._parts:
            text = text.replace(part, MASK)
        return text


def _masked_here(value: Any, found: _Secrets) -> Any:
    """A copy of the value, redacted on this level only. The values inside a dictionary or list stay, unless their name is secret."""
    if isinstance(value, Mapping):
        return {
            MASK if found.inside(name) else name: MASK if _is_secret(name) and _says(inner) else inner
            for name, inner in value.items()
        }
    if isinstance(value, (list, tuple)):
        return list(value)
    return MASK if found.inside(value) else value


def _is_secret(name: Any) -> bool:
    return is_credential_name(name) or _plain(name) in _PERSONAL


def _says(value: Any) -> bool:
    """Whether a value can reveal something. An empty value and a boolean reveal nothing."""
    return not isinstance(value, bool) and value not in (None, "", [], {})


def _plain(name: Any) -> str:
    return re.sub("[_-]", "", name).lower() if isinstance(name, str) else ""
