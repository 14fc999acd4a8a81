# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A directory that only its owner can enter, on file systems with and without modes.

Private to bill.connect.
"""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass

from .._core.errors import OptionError, StoreError
from .base import MAX_BYTES, SECRET_BYTES

# The modes of other users.
PRIVATE = 0o077


@dataclass(frozen=True)
class PrivateDirectory:
    """The directory of a store.

    ``is_default`` is true if bill.connect chose it itself. ``path_of_secret`` is the file that shows that bill.connect has used it before.
    """

    path: str
    is_default: bool
    path_of_secret: str

    def prepare(self) -> None:
        """Create the directory, or close it to other users. Raises StoreError or OptionError if it must not be used."""
        try:
            os.makedirs(self.path, mode=0o700, exist_ok=True)
            if self.is_open():
                with suppress(PermissionError):
                    os.chmod(self.path, 0o700)
                if os.stat(self.path).st_mode & PRIVATE:
                    raise self.without_modes()
        except OptionError:
            # On a file system without modes, no other directory would be better.
            if self.has_modes():
                raise
            raise self.without_modes() from None
        except FileExistsError:
            what = "a link to nothing" if os.path.islink(self.path) else "not a directory"
            raise StoreError(f"The session store {self.path} cannot be used (it is {what})") from None
        except OSError as error:
            raise self.unusable(error) from None

    def is_open(self) -> bool:
        """Whether other users can enter the directory, so that its mode must be changed.

        Raises OSError if there is no directory, and StoreError or OptionError if the directory must not be used.
        """
        about = os.stat(self.path)
        if not stat.S_ISDIR(about.st_mode):
            raise StoreError(f"The session store {self.path} is not a directory")
        if about.st_uid != os.geteuid():
            raise StoreError(f"The session store {self.path} belongs to another user")
        if about.st_mode & PRIVATE and not self.is_default and not self._is_in_use():
            raise OptionError(
                f"session_store names {self.path}, which other users can enter (mode "
                f"{stat.S_IMODE(about.st_mode):04o}). Name a directory for bill.connect only. If it does not exist "
                "yet, bill.connect creates it with mode 0700. If this directory is for bill.connect only, run chmod 0700 on it once.",
                options=("session_store",),
            )
        if about.st_mode & PRIVATE and os.path.islink(self.path):
            # The target of the link may also have another purpose, so its mode must not be changed.
            raise StoreError(f"The session store {self.path} is a link to a directory that other users can enter")
        return bool(about.st_mode & PRIVATE)

    def _is_in_use(self) -> bool:
        """Whether bill.connect has used the directory before. Kubernetes opens such a directory to a group again if the volume has fsGroup."""
        try:
            about = os.lstat(self.path_of_secret)
        except OSError:
            return False
        return stat.S_ISREG(about.st_mode) and about.st_uid == os.geteuid() and about.st_size == SECRET_BYTES

    def has_modes(self) -> bool:
        """Whether a new file in the directory is private. SMB, Azure Files and the Windows drives of WSL show all files as open to everyone."""
        try:
            with tempfile.TemporaryFile(dir=self.path) as file:
                return not os.fstat(file.fileno()).st_mode & PRIVATE
        except OSError:
            return True

    def without_modes(self) -> StoreError:
        return StoreError(
            f"The session store {self.path} cannot be used, because its file system has no file modes, or ignores them. Other users "
            "could read the sessions"
        )

    def unusable(self, error: OSError) -> StoreError:
        return StoreError(f"The session store {self.path} cannot be used ({error.strerror})")


def unsafe(about: os.stat_result) -> str | None:
    """The reason why an open file must not be used. None if it may be used."""
    if not stat.S_ISREG(about.st_mode):
        return "it is not a file"
    if about.st_uid != os.geteuid():
        return "it belongs to another user"
    if about.st_mode & PRIVATE:
        return "other users may read or change it"
    if about.st_size > MAX_BYTES:
        return "it is too large"
    return None
