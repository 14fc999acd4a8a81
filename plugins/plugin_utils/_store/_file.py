# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps sealed sessions in files of a directory that only its owner can enter.

Private to bill.connect. The directory has mode 0700, each file 0600. A file is replaced in one step, so that a reader
finds the old or the new one and never a half; a lock that the kernel frees when its holder dies lets one task at a
time decide about a sign-in.
"""

from __future__ import annotations

import fcntl
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from .._errors import BusyError, OptionError, StoreError
from ._store import Warn

# A sealed session takes less than a KiB; more than this was not written by us.
_LARGEST = 64 * 1024
_PRIVATE = 0o077


class FileStore:
    """A directory of sealed sessions.

    ``ours`` says that bill.connect chose the directory itself; its mode is then tightened when it is open to others, unless
    a link is in its place. A directory that a user named is not touched, and refused with OptionError when others can enter it.
    """

    shared = True

    def __init__(
        self,
        directory: str,
        *,
        ours: bool,
        warn: Warn,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._directory = directory
        self._ours = ours
        self._warn = warn
        self._clock = clock
        self._sleep = sleep

    def read(self, address: str) -> bytes | None:
        path = self._path(address)
        try:
            self._is_open(os.stat(self._directory))
        except (OSError, StoreError):
            # Told by the lock, which every task takes before it writes.
            return None
        try:
            # NONBLOCK: a pipe put in the file's place must not make a task wait for ever.
            file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            return self._ignored(path, f"it cannot be opened ({error.strerror})")
        try:
            if why := _unsafe(os.fstat(file)):
                return self._ignored(path, why)
            return os.read(file, _LARGEST)
        except OSError as error:
            return self._ignored(path, f"it cannot be read ({error.strerror})")
        finally:
            os.close(file)

    def write(self, address: str, sealed: bytes) -> None:
        self._prepare()
        path = self._path(address)
        # The lock is held, so nobody else writes to this name; what a killed task left there goes first.
        new = path + ".new"
        try:
            with suppress(FileNotFoundError):
                os.unlink(new)
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
                stream.write(sealed)
            os.replace(new, path)
        except OSError as error:
            with suppress(OSError):
                os.unlink(new)
            raise self._unusable(error) from None

    def erase(self, address: str) -> None:
        try:
            os.unlink(self._path(address))
        except (FileNotFoundError, NotADirectoryError):
            pass
        except OSError as error:
            raise self._unusable(error) from None

    @contextmanager
    def lock(self, address: str, seconds: float) -> Iterator[None]:
        self._prepare()
        try:
            file = os.open(
                os.path.join(self._directory, address + ".lock"),
                os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW,
                0o600,
            )
        except OSError as error:
            raise self._unusable(error) from None
        with os.fdopen(file, "rb"):
            self._wait_for(file, seconds)
            yield

    def _wait_for(self, file: int, seconds: float) -> None:
        end = self._clock() + seconds
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if self._clock() >= end:
                    raise BusyError(
                        f"Other tasks or runs with the same credentials have been signing in for {seconds:.0f} seconds. "
                        "Perhaps BILL is slow or out of reach: their messages tell."
                    ) from None
            except OSError as error:
                raise self._unusable(error) from None
            self._sleep(0.02)

    def _prepare(self) -> None:
        try:
            os.makedirs(self._directory, mode=0o700, exist_ok=True)
            if self._is_open(os.stat(self._directory)):
                os.chmod(self._directory, 0o700)
        except OSError as error:
            raise self._unusable(error) from None

    def _is_open(self, about: os.stat_result) -> bool:
        """Whether our own directory can be entered by others; StoreError or OptionError if it must not be used."""
        if not stat.S_ISDIR(about.st_mode):
            raise StoreError(f"The session store {self._directory} is not a directory")
        if about.st_uid != os.geteuid():
            raise StoreError(f"The session store {self._directory} belongs to another user")
        if about.st_mode & _PRIVATE and not self._ours:
            raise OptionError(
                f"session_store names {self._directory}, which other users can enter (mode "
                f"{stat.S_IMODE(about.st_mode):04o}). Name a directory of its own: one that does not exist yet is made "
                "with mode 0700.",
                concerns=("session_store",),
            )
        if about.st_mode & _PRIVATE and os.path.islink(self._directory):
            # Where the link leads may have been made for something else, too.
            raise StoreError(f"The session store {self._directory} is a link to a directory that other users can enter")
        return bool(about.st_mode & _PRIVATE)

    def _path(self, address: str) -> str:
        return os.path.join(self._directory, address + ".session")

    def _ignored(self, path: str, why: str) -> bytes | None:
        self._warn(f"The kept session {path} is ignored: {why}.")
        return None

    def _unusable(self, error: OSError) -> StoreError:
        return StoreError(f"The session store {self._directory} cannot be used ({error.strerror})")


def _unsafe(about: os.stat_result) -> str | None:
    """Why an open file is none of ours; None if it is."""
    if not stat.S_ISREG(about.st_mode):
        return "it is not a file"
    if about.st_uid != os.geteuid():
        return "it belongs to somebody else"
    if about.st_mode & _PRIVATE:
        return "others may read or change it"
    if about.st_size > _LARGEST:
        return "it is too large"
    return None
