# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The search for secrets finds them in every form that a log, a file or a process list may have."""

from __future__ import annotations

import base64
import binascii
import html
import json
import shlex
from pathlib import Path
from urllib.parse import quote, urlencode
from xml.sax import saxutils

import pytest
import yaml

from tests.integration.leaks import MARKS, Leaks
from tests.integration.project import secrets_in

# Every character that an encoding may change.
AWKWARD = "s3\"c'r\\e%41+t/={{ x }}&<é€>$(y)"


def in_every_alignment(encode: str) -> list[bytes]:
    return [getattr(base64, encode)(b"?" * number + AWKWARD.encode() + b"!" * 9) for number in range(3)]


@pytest.mark.parametrize(
    "written",
    [
        AWKWARD.encode(),
        AWKWARD.encode()[::-1],
        json.dumps({"password": AWKWARD}).encode(),
        json.dumps({"password": AWKWARD}, ensure_ascii=False).encode(),
        json.dumps({"body": json.dumps({"password": AWKWARD})}).encode(),
        repr({"password": AWKWARD}).encode(),
        repr({"password": AWKWARD.encode()}).encode(),
        str(KeyError(repr({"password": AWKWARD}))).encode(),
        yaml.safe_dump({"password": AWKWARD}, default_style='"').encode(),
        saxutils.escape(AWKWARD).encode(),
        html.escape(AWKWARD).encode(),
        saxutils.quoteattr(AWKWARD + "'").encode(),
        shlex.join(["curl", "-d", AWKWARD]).encode(),
        f"https://x/{quote(AWKWARD)}?y".encode(),
        f"https://x/{quote(AWKWARD, safe='')}?y".encode(),
        urlencode({"password": AWKWARD}).encode(),
        "".join(f"%{byte:02X}" for byte in AWKWARD.encode()).encode(),
        "".join(f"%{byte:02x}" for byte in AWKWARD.encode()).encode(),
        binascii.hexlify(AWKWARD.encode()),
        binascii.hexlify(AWKWARD.encode()).upper(),
        *in_every_alignment("b64encode"),
        *in_every_alignment("urlsafe_b64encode"),
        base64.encodebytes(b"padding " * 5 + AWKWARD.encode() + b" padding" * 5),
    ],
)
@pytest.mark.parametrize("around", [b"", b"\x00\xff\xfe binary \x80"])
def test_leaks_secret_in_each_encoding_is_found(written: bytes, around: bytes) -> None:
    assert Leaks("another", AWKWARD).in_bytes(around + written + around)


def test_leaks_secret_with_line_breaks_is_found() -> None:
    assert Leaks(AWKWARD).in_text(AWKWARD[:9] + "\r\n" + AWKWARD[9:]) == [f"{AWKWARD} (plain)"]


@pytest.mark.parametrize("mark", MARKS)
def test_leaks_shortened_secret_is_found_by_its_mark(mark: str) -> None:
    cut = f'left"{mark}'
    for written in (cut, json.dumps([json.dumps([cut])]), base64.b64encode(cut.encode()).decode()):
        assert secrets_in(written)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        AWKWARD[:-1].encode(),
        AWKWARD.upper().encode(),
        base64.b64encode(b"nothing of the kind"),
        Path(__file__).with_name("conftest.py").read_bytes(),
    ],
)
def test_leaks_data_without_secret_finds_nothing(data: bytes) -> None:
    assert Leaks(AWKWARD).in_bytes(data) == []


@pytest.mark.parametrize(
    "around", ["{}", "token={}&x", '{{"token": "{}"}}', "'{}'", "token: {}\nnext", "\x00{}.", "({})"]
)
def test_leaks_code_by_itself_is_found(around: str) -> None:
    assert Leaks(numbers=["012345"]).in_text(around.format("012345")) == ["012345"]


@pytest.mark.parametrize("by_chance", ["1795112345.012345", "9012345", "0123456", "tmp-012345-9", "a012345f"])
def test_leaks_digits_inside_other_text_are_ignored(by_chance: str) -> None:
    assert Leaks(numbers=["012345"]).in_text(by_chance) == []
