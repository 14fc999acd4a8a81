# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Another store replaces an unusable store for the run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import StoreError
from ansible_collections.bill.connect.plugins.plugin_utils._store.fallback import FallbackStore
from ansible_collections.bill.connect.plugins.plugin_utils._store.file import FileStore

NAME = "a" * 32
OTHER = "b" * 32


class StoreWithoutLocks(FileStore):
    """A directory on a file system without locks."""

    @contextmanager
    def lock(self, key: str, seconds: float) -> Iterator[None]:
        if key:
            raise StoreError("No locks")
        yield


@pytest.mark.promise(4)
@pytest.mark.promise(13)
def test_fallback_store_without_a_lock_in_the_first_store_writes_to_the_second(
    tmp_path: Path, warned: list[str]
) -> None:
    primary = StoreWithoutLocks(str(tmp_path / "primary"), is_default=True, warn=warned.append)
    spare = FileStore(str(tmp_path / "spare"), is_default=True, warn=warned.append)
    store = FallbackStore(primary, spare, warned.append)
    primary.put(NAME, b"of another run")
    with store.lock(NAME, 1):
        store.put(NAME, b"mine")
    assert (store.get(NAME), primary.get(NAME), spare.get(NAME)) == (b"mine", b"of another run", b"mine")
    # The entry of the other run stays, so what goes before it stays, too.
    with store.lock(NAME, 1):
        store.delete(NAME)
    assert (store.get(NAME), primary.get(NAME)) == (b"mine", b"of another run")
    assert warned == [
        "No locks. The session is stored only until this run ends. Set session_store to another directory.",
        "No locks, so the stored entry stays in it. Remove it there, or set session_store to another directory.",
    ]


@pytest.mark.promise(13)
def test_fallback_store_that_cannot_lock_an_address_still_locks_others(tmp_path: Path, warned: list[str]) -> None:
    primary = FileStore(str(tmp_path / "primary"), is_default=True, warn=warned.append)
    spare = FileStore(str(tmp_path / "spare"), is_default=True, warn=warned.append)
    store = FallbackStore(primary, spare, warned.append)
    primary.secret()
    (tmp_path / "primary" / f"{NAME}.lock").mkdir()
    with store.lock(NAME, 1):
        store.put(NAME, b"mine")
        store.delete(NAME)
    assert (primary.get(NAME), spare.get(NAME)) == (None, None)
    with store.lock(OTHER, 1):
        store.put(OTHER, b"another")
    assert (primary.get(OTHER), spare.get(OTHER)) == (b"another", None)
    assert len(warned) == 1
