# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stored sessions are encrypted, with a key derived from the credentials themselves."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._store.cipher import Cipher, EntryIdentity
from tests.unit.plugins.plugin_utils.fakes import OPTIONS

KEY, OTHER_KEY = b"k" * 32, b"o" * 32


def cipher_of(credential: Mapping[str, str], key: bytes) -> Cipher:
    return Cipher(EntryIdentity.of(credential), key)


@pytest.mark.promise(6)
def test_cipher_with_the_same_credential_decrypts_the_entry() -> None:
    assert (
        cipher_of(OPTIONS, KEY).decrypt(cipher_of(dict(reversed(OPTIONS.items())), KEY).encrypt(b"session"))
        == b"session"
    )


@pytest.mark.promise(6)
def test_cipher_output_shows_neither_session_nor_credential() -> None:
    encrypted = cipher_of(OPTIONS, KEY).encrypt(b"SESSION-findme")
    assert b"findme" not in encrypted
    assert "findme" not in cipher_of(OPTIONS, KEY).key
    assert encrypted != cipher_of(OPTIONS, KEY).encrypt(b"SESSION-findme")


@pytest.mark.promise(3)
@pytest.mark.parametrize("name", OPTIONS)
def test_cipher_with_another_value_has_another_address_and_decrypts_nothing(name: str) -> None:
    right = cipher_of(OPTIONS, KEY)
    for value in (OPTIONS[name] + "x", OPTIONS[name] + " ", OPTIONS[name][:-1], OPTIONS[name].swapcase(), ""):
        wrong = cipher_of({**OPTIONS, name: value}, KEY)
        assert wrong.key != right.key
        assert wrong.decrypt(right.encrypt(b"session")) is None


@pytest.mark.promise(3)
def test_cipher_of_values_moved_between_options_has_another_address() -> None:
    assert cipher_of({"a": "xy", "b": "z"}, KEY).key != cipher_of({"a": "x", "b": "yz"}, KEY).key
    assert cipher_of({"a": 'x", "b": "y'}, KEY).key != cipher_of({"a": "x", "b": "y"}, KEY).key


@pytest.mark.promise(6)
def test_cipher_with_another_store_key_has_another_address_and_decrypts_nothing() -> None:
    ours, theirs = cipher_of(OPTIONS, KEY), cipher_of(OPTIONS, OTHER_KEY)
    assert ours.key != theirs.key
    assert theirs.decrypt(ours.encrypt(b"session")) is None


@pytest.mark.promise(6)
def test_cipher_with_a_changed_or_truncated_entry_decrypts_nothing() -> None:
    cipher = cipher_of(OPTIONS, KEY)
    encrypted = cipher.encrypt(b"session")
    for bit in range(8 * len(encrypted)):
        changed = bytearray(encrypted)
        changed[bit // 8] ^= 1 << bit % 8
        assert cipher.decrypt(bytes(changed)) is None, bit
        assert cipher.decrypt(encrypted[: bit // 8]) is None, bit
