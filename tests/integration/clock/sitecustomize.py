# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sets the controller's clock ahead. Python imports this file at its start if PYTHONPATH names this folder.

So a test sees what a task does ten minutes later, without a wait. If CONTROLLER_LEAPS names a file, long waits also take no time:
the clocks of all processes and of BILL jump to the end of the wait.
"""

from __future__ import annotations

import fcntl
import json
import os
import struct
import time
from http.client import HTTPConnection
from urllib.parse import urlsplit

_now, _sleep = time.time, time.sleep
_ahead = float(os.environ.get("CONTROLLER_AHEAD", "0"))
_leaps = os.environ.get("CONTROLLER_LEAPS")


def _leaped(file: int) -> float:
    return float(struct.unpack("d", os.pread(file, 8, 0) or bytes(8))[0])


def _time() -> float:
    if _leaps is None:
        return _now() + _ahead
    file = os.open(_leaps, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        return _now() + _ahead + _leaped(file)
    finally:
        os.close(file)


def _leap(seconds: float) -> None:
    if _leaps is None or seconds < 1:
        return _sleep(seconds)
    end = _time() + seconds
    file = os.open(_leaps, os.O_RDWR)
    try:
        # The lock is released when the file is closed.
        fcntl.flock(file, fcntl.LOCK_EX)
        leap = end - _time()
        if leap > 0:
            # Another process may have set the clock ahead already.
            _advance_bill(leap)
            os.pwrite(file, struct.pack("d", _leaped(file) + leap), 0)
    finally:
        os.close(file)


def _advance_bill(seconds: float) -> None:
    url = urlsplit(os.environ["CONTROLLER_LEAPS_URL"])
    line = HTTPConnection(url.netloc, timeout=10)
    line.request("POST", url.path, json.dumps({"advance": seconds}), {"Content-Type": "application/json"})
    assert line.getresponse().status == 200
    line.close()


vars(time).update(time=_time, sleep=_leap)
