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

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from .._core.libraries import library_error
from .derived_keys import DerivedKeys

try:
    from cryptography.fernet import Fernet, InvalidToken

    _IMPORT_ERROR: Exception | None = None

    # OpenSSL loads an algorithm at its first use, which takes up to four milliseconds. Ansible imports this module in its main process. So
    # its workers, one for each task, need not load the algorithms again.
    Fernet(base64.urlsafe_b64encode(bytes(32))).encrypt(b"")
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
_PURPOSE = b"bill.connect kept session 3"
# The first bytes of the derived material are the encryption key, and the rest is the store key.
_ENCRYPTION_KEY_BYTES = 32
_MATERIAL_BYTES = 48

# The derived material of the last credentials, by a hash. The hash contains the secret of the store, so without that secret it does not
# help to guess a password.
_DERIVED = DerivedKeys()


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
        material = (_stretch if stretches else _mix)(identity.material, store_secret)
        self.key = material[_ENCRYPTION_KEY_BYTES:_MATERIAL_BYTES].hex()
        self._fernet = Fernet(base64.urlsafe_b64encode(material[:_ENCRYPTION_KEY_BYTES]))

    def encrypt(self, plain: bytes) -> bytes:
        # Fernet returns base64. Different base64 texts can have the same meaning, because some bits of the last digit are unused.
        # Therefore the store contains the decoded bytes.
        return base64.urlsafe_b64decode(self._fernet.encrypt(plain))

    def decrypt(self, encrypted: bytes) -> bytes | None:
        """The decrypted bytes. None if the data was changed, cut, or encrypted with another credential."""
        try:
            return self._fernet.decrypt(base64.urlsafe_b64encode(encrypted))
        except InvalidToken:
            return None


def _stretch(material: bytes, store_secret: bytes) -> bytes:
    name = hashlib.sha256(store_secret + material).digest()
    derived = _DERIVED.get(name)
    if derived is None:
        stretched = hashlib.pbkdf2_hmac("sha256", material, _PURPOSE + store_secret, _ROUNDS, _STRETCHED_BYTES)
        derived = _mix(stretched, store_secret)
        _DERIVED.put(name, derived)
    return derived


def _mix(material: bytes, store_secret: bytes) -> bytes:
    return hmac.digest(store_secret, _PURPOSE + material, "sha512")[:_MATERIAL_BYTES]
