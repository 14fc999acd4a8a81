# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replaces a file in one step, and holds off other tasks until then.

Private to bill.connect. Plain Python, without Ansible's vault: the data is encrypted before it comes here. After any interruption there
is either the complete old file or the complete new one.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from secrets import token_hex

from .._core.errors import BillError, LockTimeoutError, StoreError
from .._store.file import FileStore
from .._store.lock import lock_file
from . import ansible_paths

# Writing a file takes less time than this, so no task holds the lock for longer.
LOCK_TIMEOUT = 30.0
_LARGEST = 16 * 1024 * 1024
# The variables of bill.connect need less than this when they are encrypted.
_TRIAL = 16 * 1024


def read_file(path: str, target: str) -> bytes | None:
    """The bytes of the file ``target``. None if there is no file. Raises BillError, which names ``path``."""
    with errors_of(path):
        try:
            # O_NONBLOCK: a pipe in the place of the file must not block the task for ever.
            file = os.open(target, os.O_RDONLY | os.O_NONBLOCK)
        except (FileNotFoundError, NotADirectoryError):
            return None
        with os.fdopen(file, "rb") as stream:
            about = os.fstat(file)
            if not stat.S_ISREG(about.st_mode):
                raise BillError(f"{path} is not a file.")
            if about.st_size > _LARGEST:
                raise BillError(f"{path} is too large for a file of variables.")
            return stream.read()


@contextmanager
def write_lock(path: str, target: str, *, beside: bool = True) -> Iterator[bool]:
    """A lock, so that one task at a time writes to a file. True if it excludes all tasks of this user. Raises LockTimeoutError.

    The kernel releases the lock when its holder dies. The locks are separate files, because anybody who can read a directory or a
    file of the project can lock it for ever. One lock is in Ansible's home. One is ``beside`` the file, for tasks that have
    another home. If no lock is possible, the task still finds a change by another program before it replaces the file.
    """
    folder, name = os.path.split(target)
    hashed = f"vault-{hashlib.sha256(os.fsencode(target)).hexdigest()[:32]}"
    with ExitStack() as held:
        try:
            # The store of the run is only looked for if the other one is unusable.
            for directory in (ansible_paths.default_store, ansible_paths.run_store):
                with suppress(StoreError):
                    held.enter_context(
                        FileStore(directory(), is_default=True, warn=lambda _text: None).lock(hashed, LOCK_TIMEOUT)
                    )
                    break
            alone = beside and _holds_beside(held, folder, name)
        except LockTimeoutError:
            raise LockTimeoutError(
                f"Another task has been writing to {path} for {LOCK_TIMEOUT:.0f} seconds. Try again later."
            ) from None
        yield alone


def _holds_beside(held: ExitStack, folder: str, name: str) -> bool:
    path = os.path.join(folder, f".{name}.lock~")
    try:
        # A stranger could hold the lock on a file of their own for ever.
        if os.path.lexists(path) and os.lstat(path).st_uid != os.geteuid():
            return False
        held.enter_context(lock_file(path, LOCK_TIMEOUT))
    except OSError:
        return False
    return True


def refuse_if_closed(path: str, folder: str) -> None:
    """Raise BillError if nothing can be written to the folder, or to the one that will hold it."""
    while not os.path.lexists(folder):
        folder = os.path.dirname(folder)
    if not os.path.isdir(folder):
        raise BillError(f"{path} cannot be written: {folder} is not a directory.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise BillError(f"{path} cannot be written: the directory {folder} is not writable.")


def try_to_write(path: str, target: str, size: int) -> None:
    """Raise BillError if the directory of the file does not take what ``replace_file`` writes. Nothing stays there.
    Raises LockTimeoutError.

    A caller uses it before a step that cannot be undone, such as a new password at BILL. Modes do not show everything: a share can refuse
    names, a new file in the place of an old one, or its data. ``size`` is the size of the file in bytes. A few bytes more can be
    refused by a full disk, so the trial is larger.
    """
    data = os.urandom(size + _TRIAL)
    folder, name = os.path.split(target)
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    trial = os.path.join(folder, name)
    made: list[str] = []
    try:
        # A task that writes removes what looks like the leftovers of a killed task. These files look so, too.
        with write_lock(path, target), errors_of(f"{path} cannot be written: the directory {folder}"):
            for _file in ("the old one", "the new one"):
                made.append(_written_beside(trial, data))
            made.append(_back_up(path, os.path.join(folder, f".{name}.trial"), data))
            os.replace(made[0], made[1])
    finally:
        for each in made:
            with suppress(OSError):
                os.unlink(each)


def replace_file(
    path: str, target: str, new: bytes, *, old: bytes | None, backup: bytes | None, alone: bool
) -> str | None:
    """Replace the bytes ``old`` of the file ``target`` with ``new``. Returns the path of the backup, or None.

    ``old`` is None if there was no file. ``backup`` is what the backup holds; without it there is none. ``alone`` is true if no other
    task of this user writes. Raises BillError, which names ``path``.
    """
    backup_file = None
    with errors_of(path):
        if alone:
            _remove_leftovers(target)
        written = _written_beside(target, new)
        try:
            if backup is not None:
                backup_file = _back_up(path, target, backup)
            if read_file(path, target) != old:
                raise BillError(
                    f"Another program changed {path} meanwhile, so bill.connect did not change it. Try again."
                )
            os.replace(written, target)
        except BaseException:
            for each in filter(None, (written, backup_file)):
                with suppress(OSError):
                    os.unlink(each)
            raise
        fsync_directory(os.path.dirname(target))
    return backup_file


def remove_file(path: str, each: str) -> None:
    """Remove a file or a link, durably. Raises BillError, which names ``path``."""
    with errors_of(path):
        os.unlink(each)
        fsync_directory(os.path.dirname(each))


def backups_of(target: str) -> list[str]:
    """The paths of the file's backups, sorted."""
    folder, name = os.path.split(target)
    day = r"\.[0-9]+\.[0-9]{4}-[0-9]{2}-[0-9]{2}"
    # The second form is that of older versions, and of Ansible's own backups.
    time_of_day = r"(_[0-9]{2}-[0-9]{2}-[0-9]{2}\.bak|@[0-9]{2}:[0-9]{2}:[0-9]{2}~)"
    of_this_file = re.compile(re.escape(name) + day + time_of_day)
    try:
        return sorted(os.path.join(folder, each) for each in os.listdir(folder) if of_this_file.fullmatch(each))
    except OSError:
        return []


def fsync_directory(folder: str) -> None:
    """Make the directory's entries durable on the disk."""
    with suppress(OSError):
        directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


@contextmanager
def errors_of(path: str) -> Iterator[None]:
    """Turn an OSError into a BillError, which names ``path``."""
    try:
        yield
    except OSError as error:
        raise BillError(f"{path} cannot be used ({error.strerror}).") from None


def _written_beside(target: str, data: bytes) -> str:
    """The path of a new file that can replace the old one. If it stays there, Ansible does not read a file of this name as variables."""
    folder, name = os.path.split(target)
    # The name is random, so nobody can put something else in its place.
    new = os.path.join(folder, f".{name}.{token_hex(8)}~")
    _create(new, data, target)
    return new


def _remove_leftovers(target: str) -> None:
    """Remove the new files that killed tasks left behind."""
    folder, name = os.path.split(target)
    left = re.compile(re.escape(f".{name}.") + r"([0-9a-f]{16}~|trial\.[0-9_.-]+\.bak)")
    for each in os.listdir(folder):
        path = os.path.join(folder, each)
        if left.fullmatch(each):
            with suppress(OSError):
                about = os.lstat(path)
                if stat.S_ISREG(about.st_mode) and about.st_uid == os.geteuid():
                    os.unlink(path)


def _back_up(path: str, target: str, data: bytes) -> str:
    """The path of a copy beside the file. Raises BillError.

    The name has only characters that every file system accepts: Windows shares accept no colon. Ansible reads no file that ends with .bak.
    """
    for number in range(100):
        when = time.strftime("%Y-%m-%d_%H-%M-%S", time.localtime(time.time() + number))
        copy = f"{target}.{os.getpid()}.{when}.bak"
        try:
            _create(copy, data, target)
        except FileExistsError:
            continue
        except OSError as error:
            raise BillError(
                f"{path} was not changed, because its backup {os.path.basename(copy)} cannot be written ({error.strerror})."
            ) from None
        return copy
    raise BillError(f"{path} cannot be backed up.")


def _create(path: str, data: bytes, target: str) -> None:
    """Create a file that only its owner can read. It gets the owner of the old file if the system allows that."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            with suppress(OSError):
                about = os.stat(target)
                if (about.st_uid, about.st_gid) != (os.geteuid(), os.getegid()):
                    os.fchown(descriptor, about.st_uid, about.st_gid)
            stream.write(data)
            stream.flush()
            os.fsync(descriptor)
    except BaseException:
        with suppress(OSError):
            os.unlink(path)
        raise
