# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refuses what OpenSSL in FIPS mode refuses. Python imports this file at its start if PYTHONPATH names this folder."""

from __future__ import annotations

import hashlib
from typing import Any, NoReturn


def _refuse(*_arguments: Any, **_keywords: Any) -> NoReturn:
    raise ValueError("[digital envelope routines] unsupported")


vars(hashlib).update(scrypt=_refuse, md5=_refuse)
try:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.kdf import scrypt
except ImportError:
    # A Python without the library.
    pass
else:

    def _refuse_in_cryptography(*_arguments: Any, **_keywords: Any) -> NoReturn:
        raise UnsupportedAlgorithm("This version of OpenSSL does not support scrypt")

    vars(scrypt).update(Scrypt=_refuse_in_cryptography)
