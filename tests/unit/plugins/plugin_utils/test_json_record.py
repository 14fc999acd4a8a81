# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stored record is read back unchanged, or not at all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._auth.cached_refusal import CachedRefusal
from ansible_collections.bill.connect.plugins.plugin_utils._auth.session import Session
from tests.unit.plugins.plugin_utils.fakes import SESSION

VALUES: tuple[Any, ...] = ("7", 7, True, None, [7], {"a": 7})
# The valid values of each field. The others are wrong in it.
FITS: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(("summary", "kind"), ("7",)),
    **dict.fromkeys(("session_id", "organization_id", "user_id", "code", "mfa_status"), ("7", None)),
    **dict.fromkeys(("made_at", "answered_at", "at", "until"), (7,)),
    **dict.fromkeys(("status", "idle_seconds", "ends_at"), (7, None)),
    **dict.fromkeys(("trusted", "mfa_bypass"), (True, None)),
    **dict.fromkeys(("of_session", "mfa_asked", "format"), (True,)),  # in Python, True is 1
}
REFUSAL = CachedRefusal(
    "credential",
    "BILL answered BDC_1101",
    "BDC_1101",
    401,
    ["username", "password"],
    1_800_000_000.0,
    1_800_000_600.0,
    False,
    {"host": "web1"},
)


@pytest.mark.parametrize("stored", [SESSION, REFUSAL], ids=["session", "refusal"])
def test_record_converted_to_bytes_is_read_back_unchanged(stored: Any) -> None:
    assert type(stored).from_bytes(stored.to_bytes()) == stored


@pytest.mark.promise(6)
@pytest.mark.parametrize("stored", [SESSION, REFUSAL], ids=["session", "refusal"])
@pytest.mark.parametrize("data", [b"", b"null", b"[]", b"{", b"7", b"\xff\xfe", b'{"format": 1}'])
def test_record_from_unknown_bytes_is_rejected(stored: Any, data: bytes) -> None:
    with pytest.raises((ValueError, TypeError)):
        type(stored).from_bytes(data)


@pytest.mark.promise(6)
@pytest.mark.parametrize("stored", [SESSION, REFUSAL], ids=["session", "refusal"])
def test_record_of_another_version_is_rejected(stored: Any) -> None:
    fields = json.loads(stored.to_bytes())
    others = [{**fields, "new": 1}]
    others += [{name: value for name, value in fields.items() if name != missing} for missing in fields]
    others += [{**fields, name: value} for name in fields for value in VALUES if value not in FITS.get(name, ())]
    for other in others:
        with pytest.raises((ValueError, TypeError)):
            type(stored).from_bytes(json.dumps(other).encode())


@pytest.mark.promise(6)
@pytest.mark.parametrize("seconds", ["NaN", "Infinity", "-Infinity", "1" + "0" * 400])
def test_record_with_a_time_that_is_not_a_number_is_rejected(seconds: str) -> None:
    with pytest.raises(TypeError):
        Session.from_bytes(SESSION.to_bytes().replace(b'"made_at": 1800000000.0', f'"made_at": {seconds}'.encode()))
