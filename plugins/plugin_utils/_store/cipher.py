# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Encrypts what a store keeps, with a key made from the credential and the store's own random key.

Private to bill.connect. Whoever cannot sign in at BILL cannot open, find or forge a kept session: the address it is kept
under and the key it is sealed with both come from the whole credential. A wrong password, key or organization leads to another
address, so it never meets a session that the right one made.

The store's random key makes names and single files useless to others: without it, nobody can test whether a guessed
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
    # Never where Ansible runs, since ansible-core needs it; only where ansible-test looks at imports.
    HAS_CRYPTOGRAPHY = False

# For those who copied the whole store, its random key included, and know the rest of the credential but not the password:
# each guess costs a MiB and thousands of hashes. A warm task pays for it every time, hence no more than some milliseconds.
_SCRYPT_COST = 2**10
_SCRYPT_BLOCK = 8
_PURPOSE = b"bill.connect kept session 2"


@dataclass(frozen=True)
class EntryIdentity:
    """What is kept in a store, and for which credential: all that its name and its encryption come from, besides the store's key."""

    # Kept out of repr(), so that no message or traceback can show it.
    material: bytes = field(repr=False)

    @classmethod
    def of(cls, credential: Mapping[str, str]) -> EntryIdentity:
        # JSON of sorted pairs: no two credentials are written alike.
        return cls(json.dumps(sorted(credential.items())).encode())


class Cipher:
    """Where something is kept in one store (``address``, a file name of hexadecimal digits), and how it is sealed.

    ``store_key`` holds the random bytes of that store. Without ``stretches`` it costs next to nothing: for what is gone with the store's key
    when the run ends.
    """

    def __init__(self, identity: EntryIdentity, store_key: bytes, *, stretches: bool = True) -> None:
        material = (_stretch if stretches else _mix)(identity.material, store_key)
        self.address = material[32:48].hex()
        self._fernet = Fernet(base64.urlsafe_b64encode(material[:32]))

    def close(self, plain: bytes) -> bytes:
        # Fernet writes base64, whose last digit can be changed without changing what it stands for: keep the bytes.
        return base64.urlsafe_b64decode(self._fernet.encrypt(plain))

    def open(self, sealed: bytes) -> bytes | None:
        """What was sealed; None if it was changed, cut, or sealed with another credential."""
        try:
            return self._fernet.decrypt(base64.urlsafe_b64encode(sealed))
        except InvalidToken:
            return None


@lru_cache(maxsize=16)
def _stretch(material: bytes, store_key: bytes) -> bytes:
    # Remembered for the life of the process: a loop of a thousand lookups runs in one.
    return hashlib.scrypt(material, salt=_PURPOSE + store_key, n=_SCRYPT_COST, r=_SCRYPT_BLOCK, p=1, dklen=48)


def _mix(material: bytes, store_key: bytes) -> bytes:
    return hmac.digest(store_key, _PURPOSE + material, "sha512")


# Ansible imports this once, in its parent process, and forks a worker for every task. What OpenSSL looks up when it is
# first used is looked up here, so that the workers inherit it instead of spending milliseconds on it one by one.
if HAS_CRYPTOGRAPHY:
    Cipher(EntryIdentity(b"warm up"), b"").open(Cipher(EntryIdentity(b"warm up"), b"").close(b""))
