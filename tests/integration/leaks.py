# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds secrets in bytes, in every form in which they may be written."""

from __future__ import annotations

import base64
import html
import json
import re
import shlex
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

import yaml

# Every secret of the emulator's world contains one of these marks, and every sessionId begins with the second. Code that writes a
# secret in one of the forms below also writes the mark in that form, even if it shortens the secret.
MARKS = ("findme", "SESSION-")


class Leaks:
    """All forms of these secrets, for a search in bytes.

    ``numbers`` are short secrets, such as MFA codes. The same digits can occur by chance. So a number counts only if it stands alone
    and is not a fraction of a second.
    """

    def __init__(self, *secrets: str, numbers: Iterable[str] = ()) -> None:
        self._forms = {
            form: f"{secret} ({name})" for secret in secrets for name, form in reversed(list(_forms(secret))) if form
        }
        self._numbers = {number: re.compile(rb"(?<![\w.-])%s(?!\w)" % number.encode()) for number in numbers}

    def in_bytes(self, data: bytes) -> list[str]:
        """The secrets in the bytes, each with its form. Line breaks inside a secret do not matter."""
        on_one_line = data.translate(None, b"\r\n")
        found = {what for form, what in self._forms.items() if form in on_one_line}
        return sorted(found | {number for number, form in self._numbers.items() if form.search(data)})

    def in_text(self, text: str) -> list[str]:
        return self.in_bytes(text.encode(errors="surrogateescape"))


def _forms(secret: str) -> Iterator[tuple[str, bytes]]:
    raw = secret.encode()
    for name, text in _texts(secret):
        yield name, text.encode()
    yield "backwards", raw[::-1]
    # These base64 digits depend only on the secret, at any offset in the encoded text.
    for shift, begins in enumerate((0, 2, 3)):
        digits = base64.b64encode(bytes(shift) + raw)[begins : (shift + len(raw)) * 8 // 6]
        yield "base64", digits
        yield "base64 for URLs", digits.translate(bytes.maketrans(b"+/", b"-_"))


def _texts(secret: str) -> Iterator[tuple[str, str]]:
    raw = secret.encode()
    in_json = json.dumps(secret)[1:-1]
    yield "plain", secret
    yield "JSON", in_json
    yield "JSON", json.dumps(secret, ensure_ascii=False)[1:-1]
    yield "JSON in JSON", json.dumps(in_json)[1:-1]
    yield "Python", repr(secret)[1:-1]
    yield "Python, bytes", repr(raw)[2:-1]
    yield "Python in Python", repr(repr(secret))[2:-2]
    yield "YAML", yaml.safe_dump(secret, default_style='"', width=10**6).strip()[1:-1]
    yield "XML", html.escape(secret)
    yield "XML", html.escape(secret, quote=False)
    yield "XML", html.escape(secret, quote=False).replace('"', "&quot;")
    yield "shell", shlex.quote(secret)
    yield "URL", quote(secret)
    yield "URL", quote(secret, safe="")
    yield "URL", quote_plus(secret)
    for byte in ("%%%02x", "%%%02X"):
        yield "URL, every byte", "".join(byte % each for each in raw)
    yield "hex", raw.hex()
    yield "hex", raw.hex().upper()
