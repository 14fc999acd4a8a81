# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The directories of ansible-core that bill.connect writes to.

Private to bill.connect.
"""

from __future__ import annotations

import glob
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache

from ansible import constants as C

from .._store.factory import can_store

# Where the files of a run can be if neither the directory of Ansible nor TMPDIR can hold them. Other users can write there, so each
# directory has a name that is unique for the run, and is used only if it belongs to this user.
TEMPORARY_DIRECTORIES = (os.path.join(os.sep, "tmp"), os.path.join(os.sep, "dev", "shm"))
# No run takes longer.
_DAYS_OF_A_RUN = 7


def default_store() -> str:
    """The directory that stores sessions if nobody names another one: ``<ANSIBLE_HOME>/bill``."""
    return os.path.join(C.ANSIBLE_HOME, "bill")


def run_store() -> str:
    """A store directory that exists as long as this run of Ansible. Its forks share the directory."""
    return _of_the_run("bill")


def memory_of_the_run() -> str:
    """A directory for the records that the tasks of this run share. It is separate from the store, where a task looks for sessions."""
    return _of_the_run("bill-run")


def name_of_the_run() -> str:
    """A name that no other run of Ansible has."""
    return str(os.path.basename(C.DEFAULT_LOCAL_TMP))


def _of_the_run(name: str) -> str:
    return _place(C.DEFAULT_LOCAL_TMP, tempfile.gettempdir()) + name


# Each task needs it twice.
@lru_cache(maxsize=1)
def _place(_local: str, _temporary: str) -> str:
    # All processes of the run find the same place, because a place that can hold a store has the trial of the first process.
    return next((each for each in _places() if can_store(each + "bill-run")), next(_places()))


def _places() -> Iterator[str]:
    """The beginnings of the paths of the directories of this run. The directory of Ansible may be on a share that cannot hold a store."""
    local = C.DEFAULT_LOCAL_TMP
    yield os.path.join(local, "")
    for directory in dict.fromkeys((tempfile.gettempdir(), *TEMPORARY_DIRECTORIES)):
        if os.path.isdir(directory):
            ours = os.path.join(directory, f"bill.connect-{os.geteuid()}-")
            _remove_old(ours)
            # The name is unique for this run. A directory of another user in its place is not used.
            yield f"{ours}{os.path.basename(local)}-"


def _remove_old(beginning: str) -> None:
    """Remove the directories of earlier runs. Ansible removes only its own directory."""
    for path in glob.glob(glob.escape(beginning) + "*"):
        with suppress(OSError):
            if time.time() - os.lstat(path).st_mtime > _DAYS_OF_A_RUN * 24 * 60 * 60:
                shutil.rmtree(path)
