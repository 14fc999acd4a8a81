# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Encrypts the entries of a store, with a key derived from the credential and the store's random key.

Private to bill.connect. The address and the encryption key of a stored session are derived from the whole credential. A user without the
credential cannot find, decrypt or forge the session. A wrong password, key or organization leads to another address. Therefore it never
finds the session of the right credential.

File names and single files are useless without the store's random key. An attacker without that key cannot test whether a guessed
password belongs to a file name or a copied file.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

try:
    from cryptography.fernet import Fernet, InvalidToken

    HAS_CRYPTOGRAPHY = True
except ImportError:
    # The library is missing only when ansible-test checks imports, because ansible-core requires it.
    HAS_CRYPTOGRAPHY = False

# An attacker may have a copy of the whole store with its random key, and may know the whole credential except the password. Then each
# guess costs a MiB of memory and thousands of hashes. Every task has the same cost, so it must take only some milliseconds.
_SCRYPT_COST = 2**10
_SCRYPT_BLOCK = 8
_PURPOSE = b"bill.connect kept session 2"


@dataclass(frozen=True)
class EntryIdentity:
    """The identity of an entry: its kind and its credential. The address and the encryption key are derived from it and the store's key."""

    # repr() omits the material, so that no message or traceback shows it.
    material: bytes = field(repr=False)

    @classmethod
    def of(cls, credential: Mapping[str, str]) -> EntryIdentity:
        # The JSON of sorted pairs is different for any two different credentials.
        return cls(json.dumps(sorted(credential.items())).encode())


class Cipher:
    """The cipher of one entry in one store.

    - ``address`` is the name of the entry, a file name of hexadecimal digits.
    - ``store_key`` is the random key of the store.
    - ``stretches`` is true for an expensive key derivation. Use false only for entries that are deleted with the store's key at the end
      of the run.
    """

    def __init__(self, identity: EntryIdentity, store_key: bytes, *, stretches: bool = True) -> None:
        material = (_stretch if stretches else _mix)(identity.material, store_key)
        self.address = material[32:48].hex()
        self._fernet = Fernet(base64.urlsafe_b64encode(material[:32]))

    def close(self, plain: bytes) -> bytes:
        # Fernet returns base64. Different base64 texts can have the same meaning, because some bits of the last digit are unused.
        # Therefore the store contains the decoded bytes.
        return base64.urlsafe_b64decode(self._fernet.encrypt(plain))

    def open(self, sealed: bytes) -> bytes | None:
        """The decrypted bytes. None if the data was changed, cut, or encrypted with another credential."""
        try:
            return self._fernet.decrypt(base64.urlsafe_b64encode(sealed))
        except InvalidToken:
            return None


@lru_cache(maxsize=16)
def _stretch(material: bytes, store_key: bytes) -> bytes:
    # The result is cached until the process ends, because a loop of a thousand lookups runs in one process.
    return hashlib.scrypt(material, salt=_PURPOSE + store_key, n=_SCRYPT_COST, r=_SCRYPT_BLOCK, p=1, dklen=48)


def _mix(material: bytes, store_key: bytes) -> bytes:
    return hmac.digest(store_key, _PURPOSE + material, "sha512")


# Ansible imports this module once in its parent process and forks a worker for every task. OpenSSL needs some milliseconds at its first
# use. This call does the first use in the parent, so that no worker has to repeat it.
if HAS_CRYPTOGRAPHY:
    Cipher(EntryIdentity(b"warm up"), b"").open(Cipher(EntryIdentity(b"warm up"), b"").close(b""))
