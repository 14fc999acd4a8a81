# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verifies the signature of a delivery. Private to bill.connect.

Documented by BILL (test with webhook security): the header x-bill-sha-signature has the HMAC-SHA256 of the payload in base64. The key is the
security key of the subscription. Used by public receivers: the key is UTF-8 text, and the raw body is what BILL signs.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

HEADER = "x-bill-sha-signature"
_BYTES = hashlib.sha256().digest_size


def signature_of(headers: Sequence[str]) -> bytes | None:
    """The signature, if there is exactly one header with the base64 of 32 bytes. Otherwise None."""
    if len(headers) != 1:
        return None
    try:
        signature = base64.b64decode(headers[0], validate=True)
    except (binascii.Error, ValueError):
        return None
    return signature if len(signature) == _BYTES else None


def is_signed(body: bytes, signature: bytes, keys: Sequence[bytes]) -> bool:
    """Whether one of the keys made the signature. The duration does not depend on which key, or on how many bytes match."""
    matches = [hmac.compare_digest(hmac.digest(key, body, "sha256"), signature) for key in keys]
    return any(matches)
