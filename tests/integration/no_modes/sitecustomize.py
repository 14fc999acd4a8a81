# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shows files below SHARE with mode 0777, whatever anybody does, as on SMB. Python imports this at its start if PYTHONPATH names the folder.

With SHARE_REFUSES=locks, files below SHARE have modes, and no locks.
"""

from __future__ import annotations

import errno
import fcntl
import os
from typing import Any

_SHARE = os.environ.get("SHARE", "/nowhere")
_stat, _lstat, _fstat, _chmod, _flock = os.stat, os.lstat, os.fstat, os.chmod, fcntl.flock


def _is_below(path: Any) -> bool:
    if isinstance(path, int):
        try:
            path = os.readlink(f"/proc/self/fd/{path}")
        except OSError:
            return False
    return os.fsdecode(path).startswith(_SHARE)


def _shown(real: Any) -> Any:
    def about(path: Any, *more: Any, **named: Any) -> os.stat_result:
        found: os.stat_result = real(path, *more, **named)
        return os.stat_result((found.st_mode | 0o777, *found[1:])) if _is_below(path) else found

    return about


def _ignored(path: Any, *more: Any, **named: Any) -> None:
    if not _is_below(path):
        _chmod(path, *more, **named)


def _refused(file: int, operation: int) -> None:
    if _is_below(file):
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
    _flock(file, operation)


if os.environ.get("SHARE_REFUSES") == "locks":
    vars(fcntl).update(flock=_refused)
else:
    vars(os).update(stat=_shown(_stat), lstat=_shown(_lstat), fstat=_shown(_fstat), chmod=_ignored)
