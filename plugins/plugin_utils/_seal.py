# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Encrypts what the store keeps, with a key made from the credentials themselves.

Private to bill.connect. Whoever cannot sign in at BILL cannot open, find or forge a kept session either: the
address it is kept under and the key it is sealed with both come from the whole credential. A wrong password, key
or organization leads to another address, so it never meets a session that the right one made.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache

try:
    from cryptography.fernet import Fernet, InvalidToken

    HAS_CRYPTOGRAPHY = True
except ImportError:
    # Never where Ansible runs, since ansible-core needs it; only where ansible-test looks at imports.
    HAS_CRYPTOGRAPHY = False

# Every method's credential holds a secret that a machine made (a developer key or a token), which nobody can guess.
# scrypt is the second line, for those who know that one but not the password: it makes each guess cost a MiB and
# thousands of hashes. A warm task pays for it every time, hence no more than some milliseconds.
_SCRYPT_COST = 2**10
_SCRYPT_BLOCK = 8
_PURPOSE = b"bill.connect kept session 1"


class Seal:
    """Where a credential's session is kept (``address``, a file name of hexadecimal digits) and how it is sealed."""

    def __init__(self, credential: Mapping[str, str]) -> None:
        # JSON of sorted pairs: no two credentials are written alike.
        material = _stretch(json.dumps(sorted(credential.items())).encode())
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
def _stretch(credential: bytes) -> bytes:
    # Remembered for the life of the process: a loop of a thousand lookups runs in one.
    return hashlib.scrypt(credential, salt=_PURPOSE, n=_SCRYPT_COST, r=_SCRYPT_BLOCK, p=1, dklen=48)


# Ansible imports this once, in its parent process, and forks a worker for every task. What OpenSSL looks up when it is
# first used is looked up here, so that the workers inherit it instead of spending milliseconds on it one by one.
if HAS_CRYPTOGRAPHY:
    Seal({"warm": "up"}).open(Seal({"warm": "up"}).close(b""))
