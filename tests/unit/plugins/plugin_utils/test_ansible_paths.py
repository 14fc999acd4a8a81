# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of a run are where a store works, whatever the file system of Ansible's own directory cannot do."""

from __future__ import annotations

import errno
import fcntl
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible import constants

from ansible_collections.bill.connect.plugins.plugin_utils._vault import ansible_paths

# The real functions. The tests of other modules replace them.
from ansible_collections.bill.connect.plugins.plugin_utils._vault.ansible_paths import memory_of_the_run, run_store

Shares = list[Path]


def is_on(shares: Shares, place: Any) -> bool:
    path = os.readlink(f"/proc/self/fd/{place}") if isinstance(place, int) else os.fsdecode(place)
    return any(path.startswith(str(share)) for share in shares)


def no_locks(patch: pytest.MonkeyPatch, shares: Shares) -> None:
    _refuse(patch, fcntl, "flock", shares, errno.EOPNOTSUPP)


def no_renames(patch: pytest.MonkeyPatch, shares: Shares) -> None:
    _refuse(patch, os, "replace", shares, errno.EPERM)


def no_syncs(patch: pytest.MonkeyPatch, shares: Shares) -> None:
    _refuse(patch, os, "fsync", shares, errno.EIO)


def no_modes(patch: pytest.MonkeyPatch, shares: Shares) -> None:
    patch.setattr(os, "chmod", lambda *_any, **_more: None)
    _show(patch, shares, lambda about: (about.st_mode | 0o777, *about[1:]))


def another_owner(patch: pytest.MonkeyPatch, shares: Shares) -> None:
    """An NFS server maps root to nobody."""
    _show(patch, shares, lambda about: (*about[:4], 65534, 65534, *about[6:]))


def _refuse(patch: pytest.MonkeyPatch, module: Any, name: str, shares: Shares, number: int) -> None:
    real = getattr(module, name)

    def refuse(place: Any, *more: Any) -> Any:
        if is_on(shares, place):
            raise OSError(number, os.strerror(number))
        return real(place, *more)

    patch.setattr(module, name, refuse)


def _show(patch: pytest.MonkeyPatch, shares: Shares, show: Callable[[os.stat_result], tuple[Any, ...]]) -> None:
    def shown(real: Any) -> Any:
        def about(place: Any, *more: Any, **named: Any) -> os.stat_result:
            found: os.stat_result = real(place, *more, **named)
            return os.stat_result(show(found)) if is_on(shares, place) else found

        return about

    for name in ("stat", "lstat", "fstat"):
        patch.setattr(os, name, shown(getattr(os, name)))


Fault = Callable[[pytest.MonkeyPatch, Shares], None]
FAULTS = [no_locks, no_renames, no_syncs, no_modes, another_owner]


@pytest.fixture
def shares(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shares:
    """Ansible's directory for this run, TMPDIR, and another directory for temporary files."""
    folders = [tmp_path / name for name in ("ansible-local-1", "tmpdir", "shm")]
    for folder in folders:
        folder.mkdir(mode=0o700)
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(folders[0]))
    monkeypatch.setattr(tempfile, "tempdir", str(folders[1]))
    monkeypatch.setattr(ansible_paths, "TEMPORARY_DIRECTORIES", [str(folders[2])])
    return folders


def test_run_directories_are_usually_in_the_directory_of_ansible(shares: Shares) -> None:
    assert (run_store(), memory_of_the_run()) == (f"{shares[0]}/bill", f"{shares[0]}/bill-run")


@pytest.mark.promise(13)
def test_run_directories_on_a_file_system_without_fsync_are_usable(
    shares: Shares, monkeypatch: pytest.MonkeyPatch
) -> None:
    _refuse(monkeypatch, os, "fsync", shares, errno.EINVAL)
    assert memory_of_the_run() == f"{shares[0]}/bill-run"


@pytest.mark.promise(13)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("unusable", [1, 2])
def test_run_directories_are_where_a_store_works(
    shares: Shares, monkeypatch: pytest.MonkeyPatch, fault: Fault, unusable: int
) -> None:
    fault(monkeypatch, shares[:unusable])
    # Each process of the run finds the same directories.
    for _process in range(2):
        begins = f"{shares[unusable]}/bill.connect-{os.geteuid()}-ansible-local-1-"
        assert (run_store(), memory_of_the_run()) == (f"{begins}bill", f"{begins}bill-run")


@pytest.mark.promise(13)
@pytest.mark.parametrize("fault", FAULTS)
def test_run_directories_without_any_usable_place_are_those_of_ansible(
    shares: Shares, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    fault(monkeypatch, shares)
    assert memory_of_the_run() == f"{shares[0]}/bill-run"
