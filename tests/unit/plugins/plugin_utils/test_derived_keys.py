# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The keys that the workers of one run share in memory."""

from __future__ import annotations

import hashlib
import mmap
import os
from collections.abc import Callable

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._store import cipher
from ansible_collections.bill.connect.plugins.plugin_utils._store.cipher import Cipher, EntryIdentity
from ansible_collections.bill.connect.plugins.plugin_utils._store.derived_keys import DerivedKeys

SECRET = b"s" * 32
# pytest-xdist has threads.
pytestmark = pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")


def in_a_fork(work: Callable[[], object]) -> None:
    if (child := os.fork()) == 0:
        try:
            work()
        finally:
            os._exit(0)
    os.waitpid(child, 0)


def names(count: int) -> list[bytes]:
    return [hashlib.sha256(bytes([number])).digest() for number in range(count)]


@pytest.fixture
def derivations(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The credentials that this process has derived keys for, without the keys of other tests."""
    derived: list[bytes] = []
    derive = hashlib.pbkdf2_hmac

    def pbkdf2_hmac(algorithm: str, material: bytes, salt: bytes, rounds: int, length: int) -> bytes:
        derived.append(material)
        return derive(algorithm, material, salt, rounds, length)

    monkeypatch.setattr(hashlib, "pbkdf2_hmac", pbkdf2_hmac)
    monkeypatch.setattr(cipher, "_STRETCHED", DerivedKeys())
    monkeypatch.setattr(cipher, "_MIXED", DerivedKeys())
    return derived


def test_cipher_after_a_worker_with_the_same_credential_derives_no_key(derivations: list[bytes]) -> None:
    identity = EntryIdentity.of({"password": "s3cret-findme-password"})
    in_a_fork(lambda: Cipher(identity, SECRET))
    key = Cipher(identity, SECRET).key
    assert derivations == []
    cipher._STRETCHED = DerivedKeys()
    assert Cipher(identity, SECRET).key == key
    assert derivations == [identity.material]


@pytest.mark.promise(3)
def test_cipher_after_a_change_of_the_credential_or_the_store_derives_another_key(derivations: list[bytes]) -> None:
    right, wrong = (EntryIdentity.of({"password": password}) for password in ("s3cret-findme-password", "stale-findme"))
    keys = {Cipher(right, SECRET).key, Cipher(wrong, SECRET).key, Cipher(right, b"t" * 32).key}
    assert len(keys) == len(derivations) == 3
    encrypted = Cipher(right, SECRET).encrypt(b"a session")
    assert Cipher(wrong, SECRET).decrypt(encrypted) is None
    assert Cipher(right, b"t" * 32).decrypt(encrypted) is None
    assert Cipher(right, SECRET).decrypt(encrypted) == b"a session"


@pytest.mark.promise(5)
def test_derived_keys_contain_no_part_of_a_credential(derivations: list[bytes]) -> None:
    Cipher(EntryIdentity.of({"password": "s3cret-findme-password"}), SECRET)
    assert len(derivations) == 1
    memory = cipher._STRETCHED._memory
    assert memory is not None
    content = memory[:]
    assert content.strip(b"\0")
    assert b"findme" not in content
    assert SECRET not in content


def test_cipher_of_an_entry_of_the_run_replaces_no_key_of_a_credential(derivations: list[bytes]) -> None:
    identity = EntryIdentity.of({"password": "s3cret-findme-password"})
    key = Cipher(identity, SECRET).key
    for number in range(200):
        Cipher(EntryIdentity.of({"warning": str(number)}), SECRET, stretches=False)
    # The same identity has another key without the expensive derivation, whichever was derived first.
    assert Cipher(identity, SECRET, stretches=False).key != key
    assert Cipher(identity, SECRET).key == key
    assert derivations == [identity.material]


def test_derived_keys_that_another_process_is_writing_are_not_used() -> None:
    keys, (name, *others) = DerivedKeys(), names(200)
    keys.put(name, b"k" * 48)
    assert keys.get(name) == b"k" * 48
    assert keys._memory is not None
    place = keys._memory[:].index(name) + 40
    keys._memory[place : place + 1] = b"x"
    assert keys.get(name) is None
    # More keys than places replace each other.
    for each in others:
        keys.put(each, each + each[:16])
        assert keys.get(each) == each + each[:16]
    assert all(keys.get(each) in (None, each + each[:16]) for each in others)


def test_derived_keys_without_shared_memory_are_derived_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise OSError

    monkeypatch.setattr(mmap, "mmap", refuse)
    keys = DerivedKeys()
    keys.put(bytes(32), bytes(48))
    assert keys.get(bytes(32)) is None
