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
def test_cipher_with_the_same_credential_decrypts_the_entry() -> None:
    assert seal(OPTIONS, KEY).decrypt(seal(dict(reversed(OPTIONS.items())), KEY).encrypt(b"session")) == b"session"


@pytest.mark.promise(6)
def test_cipher_output_shows_neither_session_nor_credential() -> None:
    sealed = seal(OPTIONS, KEY).encrypt(b"SESSION-findme")
    assert b"findme" not in sealed
    assert "findme" not in seal(OPTIONS, KEY).key
    assert sealed != seal(OPTIONS, KEY).encrypt(b"SESSION-findme")


@pytest.mark.promise(3)
@pytest.mark.parametrize("name", OPTIONS)
def test_cipher_with_another_value_has_another_address_and_decrypts_nothing(name: str) -> None:
    right = seal(OPTIONS, KEY)
    for value in (OPTIONS[name] + "x", OPTIONS[name] + " ", OPTIONS[name][:-1], OPTIONS[name].swapcase(), ""):
        wrong = seal({**OPTIONS, name: value}, KEY)
        assert wrong.key != right.key
        assert wrong.decrypt(right.encrypt(b"session")) is None


@pytest.mark.promise(3)
def test_cipher_of_values_moved_between_options_has_another_address() -> None:
    assert seal({"a": "xy", "b": "z"}, KEY).key != seal({"a": "x", "b": "yz"}, KEY).key
    assert seal({"a": 'x", "b": "y'}, KEY).key != seal({"a": "x", "b": "y"}, KEY).key


@pytest.mark.promise(6)
def test_cipher_with_another_store_key_has_another_address_and_decrypts_nothing() -> None:
    ours, theirs = seal(OPTIONS, KEY), seal(OPTIONS, OTHER_KEY)
    assert ours.key != theirs.key
    assert theirs.decrypt(ours.encrypt(b"session")) is None


@pytest.mark.promise(6)
def test_cipher_with_a_changed_or_truncated_entry_decrypts_nothing() -> None:
    sealer = seal(OPTIONS, KEY)
    sealed = sealer.encrypt(b"session")
    for bit in range(8 * len(sealed)):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        assert sealer.decrypt(bytes(changed)) is None, bit
        assert sealer.decrypt(sealed[: bit // 8]) is None, bit
