# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The session store that a user chooses, and a store that cannot be used."""

from __future__ import annotations

import stat
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml

from tests.emulator.control_client import Control
from tests.integration.fault_table import BEFORE_BILL
from tests.integration.project import Project

LOGIN = {"name": "Sign in", "bill.connect.bill_login": None, "register": "bill"}


@pytest.mark.promise(13)
def test_store_unusable_warns_once_and_stores_session_until_run_ends(project: Project, bill: Control) -> None:
    project.hosts(*(f"host{number}" for number in range(5)))
    (project.home / ".ansible").mkdir()
    (project.home / ".ansible" / "bill").write_text("a file where the directory should be")
    for _time in range(2):
        run = project.play(LOGIN, LOGIN)
        assert run.code == 0, run.output
        assert run.changed == 1
        assert run.times("The session is stored only until this run ends.") == 1, run.output
    assert bill.get("counts") == {"POST /v3/login": 2}
    assert project.secrets_on_disk() == []
    assert list((project.home / ".ansible" / "tmp").glob("**/*.session")) == []


@pytest.fixture
def short_folder() -> Iterator[str]:
    """A folder for temporary files. ansible-core 2.22 makes a socket in it, so its path must be short."""
    with TemporaryDirectory() as folder:
        yield folder


@pytest.mark.promise(1)
@pytest.mark.promise(4)
@pytest.mark.promise(6)
@pytest.mark.promise(13)
@pytest.mark.parametrize(
    ("holds", "refuses"), [("session_store", "modes"), ("ANSIBLE_HOME", "modes"), ("ANSIBLE_HOME", "locks")]
)
def test_share_without_modes_or_locks_warns_once_and_the_session_lasts_for_the_run(
    project: Project, bill: Control, short_folder: str, holds: str, refuses: str
) -> None:
    share = project.home / "share"
    share.mkdir()
    project.environ = {
        "PYTHONPATH": str(Path(__file__).with_name("no_modes")),
        "SHARE": str(share),
        "SHARE_REFUSES": refuses,
        "TMPDIR": short_folder,
    }
    project.hosts("a", "b")
    if holds == "ANSIBLE_HOME":
        project.environ["ANSIBLE_HOME"] = str(share)
    else:
        project.variables(bill_api_url=project.api_url, bill_session_store=str(share))
    wrong = {**LOGIN, "bill.connect.bill_login": {"password": "mistyped"}, "ignore_errors": True}
    run = project.play(LOGIN, LOGIN, wrong, wrong)
    assert run.code == 0, run.output
    assert run.changed == 1
    assert run.times("The session is stored only until this run ends.") == len(run.warnings) == 1, run.output
    if refuses == "modes":
        assert BEFORE_BILL["The session store is on a share without file modes (a warning)"].is_shown(run), run.output
    assert bill.get("counts") == {"POST /v3/login": 2}
    assert [path for path in (*share.rglob("*.session"), *share.rglob("key")) if path.stat().st_size] == []


@pytest.mark.promise(1)
@pytest.mark.promise(6)
def test_controller_in_fips_mode_signs_in_once(project: Project, bill: Control) -> None:
    project.environ = {"PYTHONPATH": str(Path(__file__).with_name("fips"))}
    project.hosts("a", "b")
    run = project.play(LOGIN, LOGIN)
    assert run.code == 0, run.output
    assert BEFORE_BILL["The controller is in FIPS mode (no fault)"].is_shown(run), run.output
    assert project.play(LOGIN).changed == 0
    assert bill.get("counts") == {"POST /v3/login": 1}
    assert project.secrets_on_disk() == []


@pytest.mark.promise(6)
@pytest.mark.slow
def test_store_file_names_without_key_cannot_confirm_password(project: Project, bill: Control) -> None:
    """Without the store's key, nobody can compute an entry's name from the right password."""
    store = project.home / ".ansible" / "bill"
    wrong = {**LOGIN, "bill.connect.bill_login": {"password": "mistyped"}, "ignore_errors": True}
    out = {"name": "Sign out", "bill.connect.bill_login": {"state": "absent"}}
    assert project.play(wrong, LOGIN, out).code == 0
    left = {path.name for path in store.iterdir()}
    # The cached refusal and its lock stay until the refusal expires.
    assert sorted(Path(name).suffix or name for name in left) == [".lock", ".session", "key"]
    # The same credentials have other names in another store.
    (store / "key").unlink()
    assert project.play(wrong).code == 0
    assert left & {path.name for path in store.iterdir()} == {"key"}


@pytest.mark.slow
def test_store_other_directory_has_the_session(project: Project, bill: Control) -> None:
    store = project.home / "sessions" / "bill"
    project.variables(bill_api_url=project.api_url, bill_session_store="~/sessions/bill")
    project.play(LOGIN)
    assert project.play(LOGIN).recap()["changed"] == 0
    assert stat.S_IMODE(store.stat().st_mode) == 0o700
    assert not (project.home / ".ansible" / "bill").exists()
    assert bill.get("counts") == {"POST /v3/login": 1}


@pytest.mark.promise(6)
@pytest.mark.promise(8)
def test_store_directory_open_to_others_is_refused(project: Project, bill: Control) -> None:
    shared = project.home / "shared"
    shared.mkdir()
    shared.chmod(0o755)
    project.variables(bill_api_url=project.api_url, bill_session_store=str(shared))
    run = project.play(LOGIN)
    assert run.code == 2
    assert run.shows("which other users can enter (mode 0755). Name a directory for bill.connect only")
    assert run.shows("session_store comes from the variable bill_session_store")
    assert bill.get("counts") == {}


def test_store_none_writes_nothing(project: Project, bill: Control) -> None:
    project.variables(bill_api_url=project.api_url, bill_session_store="none")
    run = project.play(LOGIN, LOGIN)
    assert run.recap()["changed"] == 2
    assert not (project.home / ".ansible" / "bill").exists()
    assert bill.get("counts") == {"POST /v3/login": 2}


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """A folder outside HOME for Ansible's own temporary files."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.mark.promise(13)
def test_store_home_not_writable_warns_once_and_signs_in_once(project: Project, bill: Control, elsewhere: Path) -> None:
    # Even root cannot make a directory below /proc.
    project.environ = {"ANSIBLE_HOME": "/proc/ansible", "ANSIBLE_LOCAL_TEMP": str(elsewhere)}
    project.hosts(*(f"host{number}" for number in range(5)))
    run = project.play(LOGIN, LOGIN)
    assert run.code == 0, run.output
    assert run.changed == 1
    # ansible-core also warns about the directory.
    assert len([text for text in run.warnings if "session store" in text]) == 1, run.output
    assert run.shows(
        "The session store /proc/ansible/bill cannot be used (No such file or directory). The session is stored only"
    )
    assert bill.get("counts") == {"POST /v3/login": 1}
    assert list(elsewhere.rglob("*.session")) == []


# A limit has the effect of a full disk. Ansible itself writes smaller files.
DISK_FULL = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
os.execvp(sys.argv[1], sys.argv[1:])
"""


@pytest.mark.promise(13)
@pytest.mark.slow
def test_store_disk_full_loses_no_session(project: Project, bill: Control) -> None:
    project.play(LOGIN)
    run = project.run(sys.executable, "-c", DISK_FULL, "ansible-playbook", "site.yml", "-e", "bill_check_after=0")
    assert run.code == 0, run.output
    assert run.changed == 0
    assert run.shows("cannot be used (File too large).")
    assert project.play(LOGIN).changed == 0
    assert bill.get("counts") == {"POST /v3/login": 1, "GET /v3/login/session": 1}


@pytest.mark.promise(1)
@pytest.mark.promise(4)
def test_store_shared_by_parallel_runs_signs_in_once(project: Project, bill: Control) -> None:
    project.hosts(*(f"host{number}" for number in range(10)))
    # The delay is long enough for all of them to start before the first gets its response.
    bill.post("settings", latency=1)
    right: tuple[str, ...] = ("ansible-playbook", "site.yml", "--forks", "10")
    wrong = (*right, "-e", "bill_password=stale-findme")
    (project.folder / "site.yml").write_text(
        yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": [LOGIN]}])
    )
    with ThreadPoolExecutor() as pool:
        runs = list(pool.map(lambda arguments: project.run(*arguments), [right, right, wrong, right, right]))
    refused = runs.pop(2)
    assert [run.code for run in runs] == [0] * 4, runs
    assert sum(run.changed for run in runs) == 1
    assert [run.warnings for run in runs] == [[]] * 4
    assert refused.times("failed=1") == 10, refused.output
    assert refused.changed == 0
    assert bill.get("counts") == {"POST /v3/login": 2}
