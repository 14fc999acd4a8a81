# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds secrets in bytes, in whatever form they were written down."""

from __future__ import annotations

import base64
import html
import json
import re
import shlex
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

import yaml

# Every secret of the emulator's world has one of these in it, and every sessionId begins with the second. Whatever writes a
# secret down in one of the forms below writes its mark down in that form, too, even if it cuts the secret short.
MARKS = ("findme", "SESSION-")


class Leaks:
    """Any form of these secrets, to be found in bytes.

    The ``numbers`` are short ones, such as MFA codes. Since the same digits come up by chance, these are found only where they
    stand by themselves, and are no fraction of a second.
    """

    def __init__(self, *secrets: str, numbers: Iterable[str] = ()) -> None:
        self._forms = {
            form: f"{secret} ({name})" for secret in secrets for name, form in reversed(list(_forms(secret))) if form
        }
        self._numbers = {number: re.compile(rb"(?<![\w.-])%s(?!\w)" % number.encode()) for number in numbers}

    def in_bytes(self, data: bytes) -> list[str]:
        """Which secrets are in there, and in which form; the same if they were broken into lines."""
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
    # The digits of base64 that depend on nothing but the secret, wherever in the encoded text it begins.
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
