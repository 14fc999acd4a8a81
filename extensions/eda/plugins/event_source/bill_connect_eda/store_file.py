# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the file of the store, and refuses one that other users can change. Private to bill.connect.

Nobody verifies a stored event again. So who can write into the store, can make rules run.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

_MODE = 0o600


class UnsafeStoreError(Exception):
    """Other users could change the store. The message says why."""


def make_file(path: Path) -> None:
    """Make the file and its folder for this user alone, if they are missing. Raises OSError and UnsafeStoreError."""
    folder = path.parent
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # An existing file is not opened: if this process has it open already, the second close would end the lock of the first.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE))
    _refuse_unsafe(folder, path)
    # Payloads are business data. The other files of SQLite get the mode of this one.
    with suppress(OSError):
        path.chmod(_MODE)
    # SQLite syncs the file. A power failure must not undo the names that lead to it.
    for parent in (folder, *(each.parent for each in missing)):
        _sync(parent)


def _refuse_unsafe(folder: Path, path: Path) -> None:
    about_folder, about = folder.stat(), path.lstat()
    # Root can change everything, and owns the folder of a volume in a container.
    if about_folder.st_uid not in {os.geteuid(), 0}:
        raise UnsafeStoreError("its folder belongs to another user")
    if about_folder.st_mode & stat.S_IWOTH:
        raise UnsafeStoreError("every user can change its folder")
    if not stat.S_ISREG(about.st_mode):
        raise UnsafeStoreError("it is not a file")
    if about.st_uid != os.geteuid():
        raise UnsafeStoreError("it belongs to another user")
    if about.st_mode & stat.S_IWOTH:
        raise UnsafeStoreError("every user can change it")


def _sync(folder: Path) -> None:
    # Some file systems cannot do this, and some users may not read the folder above.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
