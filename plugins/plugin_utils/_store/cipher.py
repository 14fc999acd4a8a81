# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Encrypts the entries of a store, with a key derived from the credential and the secret of the store.

Private to bill.connect. The store key and the encryption key of a session are derived from the whole credential. A user without the
credential cannot find, decrypt or forge the session. A wrong password, developer key or organization leads to another store key.
Therefore it never finds the session of the right credential.

File names and single files are useless without the secret of the store. An attacker without that secret cannot test whether a guessed
password belongs to a file name or a copied file.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from .._core.libraries import library_error
from .derived_keys import DerivedKeys

try:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    _IMPORT_ERROR: Exception | None = None

    # OpenSSL loads an algorithm at its first use, which takes up to four milliseconds. Ansible imports this module in its main process. So
    # its workers, one for each task, need not load the algorithms again.
    AESGCM(bytes(32)).encrypt(bytes(12), b"", None)
    hmac.digest(bytes(32), b"", "sha512")
except Exception as error:
    # ansible-core requires the library, but an installation can be incomplete. Cipher reports the error when a task needs it.
    _IMPORT_ERROR = error

# An attacker may have a copy of the whole store with its secret, and may know the whole credential except the password. Then each guess
# costs this many rounds of HMAC-SHA256. Every run has the same cost, and every task if there is no shared memory, so it
# must take only some milliseconds. PBKDF2 is the only
# algorithm for this that FIPS mode allows: OpenSSL has neither scrypt nor Argon2 there.
_ROUNDS = 6_000
# One block of SHA-256. A longer result would double the cost for a task, but not for an attacker, who needs only one block.
_STRETCHED_BYTES = 32
_PURPOSE = b"bill.connect kept session 4"
# The first bytes of the derived material are the encryption key, and the rest is the store key.
_ENCRYPTION_KEY_BYTES = 32
_MATERIAL_BYTES = 48
# AES-GCM needs another nonce for each encryption with a key. Each entry has a key of its own, and is written a few times an hour.
_NONCE_BYTES = 12

# The derived material of the last credentials, by a hash. The hash contains the secret of the store, so without that secret it does not
# help to guess a password. The many entries of a run must not replace a session, whose derivation is expensive.
_STRETCHED, _MIXED = DerivedKeys(), DerivedKeys()


@dataclass(frozen=True)
class EntryIdentity:
    """The identity of an entry: its kind and its credential. Its store key and its encryption key are derived from it."""

    # repr() omits the credential, so that no message or traceback shows it.
    _credential: Mapping[str, str] = field(repr=False)

    @classmethod
    def of(cls, credential: Mapping[str, str]) -> EntryIdentity:
        return cls(dict(credential))

    @cached_property
    def material(self) -> bytes:
        # The JSON of sorted pairs is different for any two different credentials. Most entries of a task are never used.
        return json.dumps(sorted(self._credential.items())).encode()


class Cipher:
    """The cipher of one entry in one store.

    - ``key`` is the key of the entry in the store: hexadecimal digits, because it is also a file name.
    - ``store_secret`` is the random secret of the store.
    - ``stretches`` is true for an expensive key derivation. Use false only for entries that are deleted with the secret at the end of the
      run.

    Raises BillError if the library for encryption cannot be imported.
    """

    def __init__(self, identity: EntryIdentity, store_secret: bytes, *, stretches: bool = True) -> None:
        if _IMPORT_ERROR:
            raise library_error("cryptography", _IMPORT_ERROR)
        known, derive = (_STRETCHED, _stretch) if stretches else (_MIXED, _mix)
        name = hashlib.sha256(store_secret + identity.material).digest()
        material = known.get(name) or known.put(name, derive(identity.material, store_secret))
        self.key = material[_ENCRYPTION_KEY_BYTES:].hex()
        self._cipher = AESGCM(material[:_ENCRYPTION_KEY_BYTES])

    def encrypt(self, plain: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, None)

    def decrypt(self, encrypted: bytes) -> bytes | None:
        """The decrypted bytes. None if the data was changed, cut, or encrypted with another credential."""
        try:
            return self._cipher.decrypt(encrypted[:_NONCE_BYTES], encrypted[_NONCE_BYTES:], None)
        except (InvalidTag, ValueError):
            # It is a ValueError if not even the nonce is complete.
            return None


def _stretch(material: bytes, store_secret: bytes) -> bytes:
    stretched = hashlib.pbkdf2_hmac("sha256", material, _PURPOSE + store_secret, _ROUNDS, _STRETCHED_BYTES)
    return _mix(stretched, store_secret)


def _mix(material: bytes, store_secret: bytes) -> bytes:
    return hmac.digest(store_secret, _PURPOSE + material, "sha512")[:_MATERIAL_BYTES]
