# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lets each process create DISK_TAKES files below DISK, and then reports a full disk. Python imports this at its start if PYTHONPATH names the folder."""

from __future__ import annotations

import errno
import os
from typing import Any

_DISK, _TAKES = os.environ.get("DISK", "/nowhere"), int(os.environ.get("DISK_TAKES", "0"))
_open = os.open
_created: list[str] = []


def _limited(path: Any, flags: int, *more: Any, **named: Any) -> int:
    if flags & os.O_CREAT and flags & os.O_EXCL and os.fsdecode(path).startswith(_DISK):
        _created.append(os.fsdecode(path))
        if len(_created) > _TAKES:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
    return _open(path, flags, *more, **named)


vars(os).update(open=_limited)
