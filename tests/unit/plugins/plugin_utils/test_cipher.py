# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stored sessions are encrypted, with a key derived from the credentials themselves."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._store.cipher import Cipher, EntryIdentity
from tests.unit.plugins.plugin_utils.conversation import OPTIONS

KEY, OTHER_KEY = b"k" * 32, b"o" * 32


def seal(credential: Mapping[str, str], key: bytes) -> Cipher:
    return Cipher(EntryIdentity.of(credential), key)


@pytest.mark.promise(6)
def test_the_same_credential_opens_what_it_closed() -> None:
    assert seal(OPTIONS, KEY).decrypt(seal(dict(reversed(OPTIONS.items())), KEY).encrypt(b"session")) == b"session"


@pytest.mark.promise(6)
def test_what_is_sealed_shows_neither_session_nor_credential() -> None:
    sealed = seal(OPTIONS, KEY).encrypt(b"SESSION-findme")
    assert b"findme" not in sealed
    assert "findme" not in seal(OPTIONS, KEY).key
    assert sealed != seal(OPTIONS, KEY).encrypt(b"SESSION-findme")


@pytest.mark.promise(3)
@pytest.mark.parametrize("name", OPTIONS)
def test_any_other_value_leads_to_another_address_and_another_key(name: str) -> None:
    right = seal(OPTIONS, KEY)
    for value in (OPTIONS[name] + "x", OPTIONS[name] + " ", OPTIONS[name][:-1], OPTIONS[name].swapcase(), ""):
        wrong = seal({**OPTIONS, name: value}, KEY)
        assert wrong.key != right.key
        assert wrong.decrypt(right.encrypt(b"session")) is None


@pytest.mark.promise(3)
def test_values_that_slide_from_one_option_to_the_next_are_another_credential() -> None:
    assert seal({"a": "xy", "b": "z"}, KEY).key != seal({"a": "x", "b": "yz"}, KEY).key
    assert seal({"a": 'x", "b": "y'}, KEY).key != seal({"a": "x", "b": "y"}, KEY).key


@pytest.mark.promise(6)
def test_seal_with_the_key_of_another_store_has_another_address_and_opens_nothing() -> None:
    ours, theirs = seal(OPTIONS, KEY), seal(OPTIONS, OTHER_KEY)
    assert ours.key != theirs.key
    assert theirs.decrypt(ours.encrypt(b"session")) is None


@pytest.mark.promise(6)
def test_every_changed_bit_and_every_cut_is_noticed() -> None:
    sealer = seal(OPTIONS, KEY)
    sealed = sealer.encrypt(b"session")
    for bit in range(8 * len(sealed)):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        assert sealer.decrypt(bytes(changed)) is None, bit
        assert sealer.decrypt(sealed[: bit // 8]) is None, bit
