# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps sealed sessions in files of a directory that only its owner can enter.

Private to bill.connect. The directory has mode 0700, each file 0600. A file is replaced in one step, so that a reader
finds the old or the new one and never a half. A lock that the kernel frees when its holder dies lets one task at a
time decide about a sign-in; its file goes with the session.

::

    key                 32 random bytes, made once. Names and encryption come from it, so a listing or one copied file tells nothing.
    0f3a...91.session   8 bytes that say when the file may be removed, then the sealed bytes
    0f3a...91.lock      empty
"""

from __future__ import annotations

import os
import re
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from .._core.errors import LockTimeoutError, OptionError, StoreError
from .base import KEY_BYTES, Warn
from .lock import lock_file, open_locked

# A sealed session takes less than a KiB; more than this was not written by us.
_LARGEST = 64 * 1024
_PRIVATE = 0o077

# The first bytes of a file: the second since the epoch after which it is of no use, 0 if there is none.
_HEAD = 8
# Making the key takes a moment.
_PATIENCE_FOR_KEY = 10
# What a version without a key has left: its names come from the credential alone, so they test passwords.
_WITHOUT_KEY = re.compile(r"[0-9a-f]{32}(-[0-9])?\.(session|session\.new|lock)")


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
        now: Callable[[], float] = time.time,
    ) -> None:
        self._directory = directory
        self._ours = ours
        self._warn = warn
        self._clock = clock
        self._sleep = sleep
        self._now = now
        self._key: bytes | None = None

    def existing_key(self) -> bytes | None:
        if self._key is None:
            # A key that cannot be used is told by key().
            content = self._read(self._path_of_key, warn=_ignore)
            self._key = content if content and len(content) == KEY_BYTES else None
        return self._key

    def key(self) -> bytes:
        if (key := self.existing_key()) is None:
            self._prepare()
            key = self._key = self._make_key()
        return key

    def read(self, address: str) -> bytes | None:
        content = self._read(self._path(address), warn=self._warn)
        return None if content is None else content[_HEAD:]

    def write(self, address: str, sealed: bytes, *, seconds: float | None = None) -> None:
        self._prepare()
        path = self._path(address)
        end = 0 if seconds is None else int(self._now() + seconds) + 1
        # The lock is held, so nobody else writes to this name; what a killed task left there goes first.
        new = path + ".new"
        try:
            is_new = not os.path.lexists(path)
            with suppress(FileNotFoundError):
                os.unlink(new)
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
                stream.write(end.to_bytes(_HEAD, "big") + sealed)
            os.replace(new, path)
        except OSError as error:
            with suppress(OSError):
                os.unlink(new)
            raise self._unusable(error) from None
        if is_new:
            self._remove_outdated()

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
        path = os.path.join(self._directory, address + ".lock")
        entered = False
        try:
            with lock_file(
                path,
                seconds,
                # A lock without a session is of no use.
                stays=lambda: os.path.lexists(self._path(address)),
                clock=self._clock,
                sleep=self._sleep,
            ):
                entered = True
                yield
        except LockTimeoutError:
            if entered:
                raise
            raise LockTimeoutError(
                f"Other tasks or runs with the same credentials have been signing in for {seconds:.0f} seconds. "
                "Perhaps BILL is slow or out of reach: their messages tell."
            ) from None
        except OSError as error:
            if entered:
                raise
            raise self._unusable(error) from None

    @property
    def _path_of_key(self) -> str:
        return os.path.join(self._directory, "key")

    def _make_key(self) -> bytes:
        """The key, which only the first task makes, under the lock of the key's own file."""
        try:
            file = open_locked(self._path_of_key, self._clock() + _PATIENCE_FOR_KEY, self._clock, self._sleep)
        except OSError as error:
            raise self._unusable(error) from None
        try:
            if why := _unsafe(os.fstat(file)):
                raise StoreError(
                    f"The session store {self._directory} cannot be used: remove {self._path_of_key}, since {why}"
                )
            key = os.read(file, KEY_BYTES + 1)
            if len(key) != KEY_BYTES:
                # New, or of a task that was killed here. What is there is removed first: with the key others begin to write.
                self._remove_files_without_key()
                key = os.urandom(KEY_BYTES)
                os.ftruncate(file, 0)
                os.pwrite(file, key, 0)
                os.fsync(file)
            return key
        except OSError as error:
            raise self._unusable(error) from None
        finally:
            os.close(file)

    def _remove_files_without_key(self) -> None:
        for name in self._names():
            if _WITHOUT_KEY.fullmatch(name):
                with suppress(OSError):
                    os.unlink(os.path.join(self._directory, name))

    def _remove_outdated(self) -> None:
        """Remove what is of no use any more, such as refusals whose time is over: nobody asks for a mistyped password again."""
        for name in self._names():
            address, ending = os.path.splitext(name)
            if ending == ".session" and self._is_outdated(address):
                # Whoever holds the lock is just keeping something there.
                with suppress(LockTimeoutError, StoreError), self.lock(address, 0):
                    if self._is_outdated(address):
                        self.erase(address)

    def _is_outdated(self, address: str) -> bool:
        try:
            file = os.open(self._path(address), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return False
        try:
            head = os.read(file, _HEAD)
        except OSError:
            return False
        finally:
            os.close(file)
        return len(head) == _HEAD and 0 < int.from_bytes(head, "big") < self._now()

    def _names(self) -> list[str]:
        try:
            return os.listdir(self._directory)
        except OSError:
            return []

    def _read(self, path: str, warn: Warn) -> bytes | None:
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
            why: str | None = f"it cannot be opened ({error.strerror})"
        else:
            try:
                if (why := _unsafe(os.fstat(file))) is None:
                    return os.read(file, _LARGEST)
            except OSError as error:
                why = f"it cannot be read ({error.strerror})"
            finally:
                os.close(file)
        warn(f"The kept session {path} is ignored: {why}.")
        return None

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

    def _unusable(self, error: OSError) -> StoreError:
        return StoreError(f"The session store {self._directory} cannot be used ({error.strerror})")


def _ignore(_text: str) -> None:
    """Warn of nothing."""


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
