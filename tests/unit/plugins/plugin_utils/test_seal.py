# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kept sessions are sealed, with a key made from the credentials themselves."""

from __future__ import annotations

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._seal import Seal
from tests.unit.plugins.plugin_utils.conversation import OPTIONS


@pytest.mark.promise(6)
def test_the_same_credential_opens_what_it_closed() -> None:
    assert Seal(OPTIONS).open(Seal(dict(reversed(OPTIONS.items()))).close(b"session")) == b"session"


@pytest.mark.promise(6)
def test_what_is_sealed_shows_neither_session_nor_credential() -> None:
    sealed = Seal(OPTIONS).close(b"SESSION-findme")
    assert b"findme" not in sealed
    assert "findme" not in Seal(OPTIONS).address
    assert sealed != Seal(OPTIONS).close(b"SESSION-findme")


@pytest.mark.promise(3)
@pytest.mark.parametrize("name", OPTIONS)
def test_any_other_value_leads_to_another_address_and_another_key(name: str) -> None:
    right = Seal(OPTIONS)
    for value in (OPTIONS[name] + "x", OPTIONS[name] + " ", OPTIONS[name][:-1], OPTIONS[name].swapcase(), ""):
        wrong = Seal({**OPTIONS, name: value})
        assert wrong.address != right.address
        assert wrong.open(right.close(b"session")) is None


@pytest.mark.promise(3)
def test_values_that_slide_from_one_option_to_the_next_are_another_credential() -> None:
    assert Seal({"a": "xy", "b": "z"}).address != Seal({"a": "x", "b": "yz"}).address
    assert Seal({"a": 'x", "b": "y'}).address != Seal({"a": "x", "b": "y"}).address


@pytest.mark.promise(6)
def test_every_changed_bit_and_every_cut_is_noticed() -> None:
    seal = Seal(OPTIONS)
    sealed = seal.close(b"session")
    for bit in range(8 * len(sealed)):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        assert seal.open(bytes(changed)) is None, bit
        assert seal.open(sealed[: bit // 8]) is None, bit
