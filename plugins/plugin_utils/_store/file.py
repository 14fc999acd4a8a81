# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stores encrypted entries in files of a directory that only its owner can enter.

Private to bill.connect. The directory has mode 0700, and each file has mode 0600. A file is replaced in one step, so that a reader
finds the complete old file or the complete new file. A lock allows only one task at a time to log in. The kernel frees the lock when
the process of its holder ends. The lock file is removed when its entry no longer exists.

::

    key                 32 random bytes, created once: the secret of the store. All names and encryption keys are derived from it.
                        Therefore a list of names or a copy of one file reveals nothing.
    0f3a...91.session   8 bytes with the time after which the file may be removed, then the encrypted bytes
    0f3a...91.lock      empty
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from .._core.clock import SYSTEM_CLOCK, Clock
from .._core.errors import LockTimeoutError, OptionError, StoreError
from .base import MAX_BYTES, SECRET_BYTES, Warn, lock_timeout_error
from .lock import is_at, lock_file, open_locked
from .private_directory import PRIVATE, PrivateDirectory, unsafe

# The length of the file header in bytes. The header is the time in seconds since the epoch after which the entry is outdated, or 0.
_HEAD = 8
# Seconds to wait for the lock of the secret. Another task needs only a moment to create the secret.
_LOCK_TIMEOUT_OF_SECRET = 10
# Files of an old version without a secret. Their names depend only on the credential, so an attacker could use them to test passwords.
_NAME_WITHOUT_SECRET = re.compile(r"[0-9a-f]{32}(-[0-9])?\.(session|session\.new|lock)")


class FileStore:
    """A directory of encrypted entries.

    ``is_default`` is true if bill.connect chose the directory itself. If other users can enter such a directory, its mode is set to 0700. The
    same holds for a directory that bill.connect has used before. A link to such a directory is rejected with StoreError. If a user chose
    another directory and other users can enter it, it is not changed. It is rejected with OptionError.

    A store is usable only if its files are private, can be locked, and return what was written. The first use of the secret proves that.
    Otherwise StoreError is raised.
    """

    is_shared = True

    def __init__(
        self,
        directory: str,
        *,
        is_default: bool,
        warn: Warn,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._directory = directory
        self._private = PrivateDirectory(directory, is_default, self._path_of_secret)
        self._warn = warn
        self._clock = clock
        self._secret: bytes | None = None

    def clock_offset(self) -> float:
        return 0.0

    def existing_secret(self) -> bytes | None:
        if self._secret is None:
            # secret() reports a secret that cannot be used.
            content = self._read(self._path_of_secret, warn=_ignore)
            self._secret = content if content and len(content) == SECRET_BYTES else None
        return self._secret

    def secret(self, proposal: bytes | None = None) -> bytes:
        if (secret := self.existing_secret()) is None:
            self._private.prepare()
            secret = self._secret = self._make_secret(proposal)
        return secret

    def get(self, key: str) -> bytes | None:
        content = self._read(self._path(key), warn=self._warn)
        return None if content is None else content[_HEAD:]

    def put(self, key: str, encrypted: bytes, *, seconds: float | None = None) -> None:
        self._private.prepare()
        path = self._path(key)
        end = 0 if seconds is None else int(self._clock.time() + seconds) + 1
        # The caller holds the lock, so no other task writes this file. A file that a killed task left there is removed first.
        new = path + ".new"
        try:
            is_new = not os.path.lexists(path)
            with suppress(FileNotFoundError):
                os.unlink(new)
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
                if unsafe(os.fstat(stream.fileno())):
                    # No task would read the file.
                    raise self._private.without_modes()
                stream.write(end.to_bytes(_HEAD, "big") + encrypted)
            os.replace(new, path)
        except (OSError, StoreError) as error:
            with suppress(OSError):
                os.unlink(new)
            raise (error if isinstance(error, StoreError) else self._private.unusable(error)) from None
        if is_new:
            self._remove_outdated()

    def delete(self, key: str) -> None:
        try:
            os.unlink(self._path(key))
        except (FileNotFoundError, NotADirectoryError):
            pass
        except OSError as error:
            raise self._private.unusable(error) from None

    @contextmanager
    def lock(self, key: str, seconds: float) -> Iterator[None]:
        self._private.prepare()
        path = os.path.join(self._directory, key + ".lock")
        entered = False
        try:
            with lock_file(
                path,
                seconds,
                # A lock file without an entry is not needed.
                stays_with=self._path(key),
                clock=self._clock,
            ):
                entered = True
                yield
        except LockTimeoutError:
            if entered:
                raise
            raise lock_timeout_error(seconds) from None
        except OSError as error:
            if entered:
                raise
            raise self._private.unusable(error) from None

    @property
    def _path_of_secret(self) -> str:
        return os.path.join(self._directory, "key")

    def _make_secret(self, proposal: bytes | None) -> bytes:
        """The secret of the store. The first task creates it while it holds the lock of the file."""
        try:
            file = self._open_secret()
        except OSError as error:
            path = self._path_of_secret
            if os.path.islink(path) or os.path.isdir(path):
                raise self._blocked_by(path, "it is not a file") from None
            raise self._private.unusable(error) from None
        try:
            secret = os.read(file, SECRET_BYTES + 1)
            if len(secret) != SECRET_BYTES:
                # The file is new, or a task was killed before it wrote the secret. The old files are removed first, because other tasks
                # begin to write as soon as the secret exists.
                self._remove_files_without_secret()
                secret = proposal or os.urandom(SECRET_BYTES)
                os.ftruncate(file, 0)
                os.pwrite(file, secret, 0)
                self._sync_or_empty(file)
            if self._read(self._path_of_secret, warn=_ignore) != secret:
                # Without this, every task would write a session that no task can read.
                raise StoreError(
                    f"The session store {self._directory} cannot be used, because it does not return what was written to it"
                )
            return secret
        except OSError as error:
            raise self._private.unusable(error) from None
        finally:
            os.close(file)

    @staticmethod
    def _sync_or_empty(file: int) -> None:
        try:
            os.fsync(file)
        except OSError as error:
            # Some file systems have no such step.
            if error.errno not in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
                # Otherwise the next task would use a secret that may be lost.
                os.ftruncate(file, 0)
                raise

    def _open_secret(self) -> int:
        """The locked file of the secret. A secret that other users may have read or changed is replaced by an empty file."""
        path = self._path_of_secret
        end = self._clock.monotonic() + _LOCK_TIMEOUT_OF_SECRET
        is_replaced = False
        while True:
            file = open_locked(path, end, self._clock)
            try:
                # Another task may have replaced the file while this task waited for the lock.
                if is_at(path, file):
                    about = os.fstat(file)
                    if about.st_size > SECRET_BYTES:
                        # For example, a directory of certificates has such a file.
                        raise StoreError(
                            f"The session store {self._directory} cannot be used: {path} is a file of another program. Name another directory"
                        )
                    if not (why := unsafe(about)):
                        return file
                    if not stat.S_ISREG(about.st_mode) or about.st_uid != os.geteuid() or not about.st_mode & PRIVATE:
                        raise self._blocked_by(path, why)
                    if is_replaced:
                        raise self._private.without_modes()
                    # A new file is needed, because another user may still have the old one open.
                    os.unlink(path)
                    is_replaced = True
            except BaseException:
                os.close(file)
                raise
            os.close(file)

    def _blocked_by(self, path: str, why: str) -> StoreError:
        return StoreError(f"The session store {self._directory} cannot be used: remove {path}, because {why}")

    def _remove_files_without_secret(self) -> None:
        for name in self._names():
            if _NAME_WITHOUT_SECRET.fullmatch(name):
                with suppress(OSError):
                    os.unlink(os.path.join(self._directory, name))

    def _remove_outdated(self) -> None:
        """Remove outdated entries, such as old cached refusals. No task reads the refusal of a mistyped password again."""
        for name in self._names():
            key, ending = os.path.splitext(name)
            if ending == ".session" and self._is_outdated(key):
                # If another task holds the lock, it is about to write this entry.
                with suppress(LockTimeoutError, StoreError), self.lock(key, 0):
                    if self._is_outdated(key):
                        self.delete(key)

    def _is_outdated(self, key: str) -> bool:
        try:
            file = os.open(self._path(key), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return False
        try:
            head = os.read(file, _HEAD)
        except OSError:
            return False
        finally:
            os.close(file)
        return len(head) == _HEAD and 0 < int.from_bytes(head, "big") < self._clock.time()

    def _names(self) -> list[str]:
        try:
            return os.listdir(self._directory)
        except OSError:
            return []

    def _read(self, path: str, warn: Warn) -> bytes | None:
        try:
            self._private.is_open()
        except OptionError:
            # On a file system without modes, the fallback store is used.
            if self._private.has_modes():
                raise
            return None
        except (OSError, StoreError):
            # lock() reports this error. Every task calls it before it writes.
            return None
        try:
            # O_NONBLOCK prevents an endless wait if there is a named pipe in place of the file.
            file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            why: str | None = f"it cannot be opened ({error.strerror})"
        else:
            try:
                if (why := unsafe(os.fstat(file))) is None:
                    return os.read(file, MAX_BYTES)
            except OSError as error:
                why = f"it cannot be read ({error.strerror})"
            finally:
                os.close(file)
        warn(f"bill.connect ignores the stored session {path}: {why}.")
        return None

    def _path(self, key: str) -> str:
        return os.path.join(self._directory, key + ".session")


def _ignore(_text: str) -> None:
    """Discard a warning."""
