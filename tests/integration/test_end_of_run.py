# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run of Ansible that is over sends nothing more, whatever its workers wait for and however it ends."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.emulator import world
from tests.emulator.control_client import Control
from tests.integration.fault_table import BEFORE_BILL
from tests.integration.payer import PARTNER, SPEND_TOKEN
from tests.integration.project import Project, Run
from tests.integration.watcher import below

# The programs start as after a login. A shell that runs the tests in the background ignores Ctrl-C, and a program inherits that.
_AS_A_LOGIN = (
    "import os, signal, sys; "
    "[signal.signal(each, signal.SIG_DFL) for each in (signal.SIGINT, signal.SIGHUP)]; "
    "os.execv(sys.argv[1], sys.argv[1:])"
)
_SECONDS = 30

BILLS, VENDORS, PARTNER_LOGIN = "GET /v3/bills", "POST /v3/vendors", "POST /v3/partner/login"
SPEND, PAYMENTS, INVOICES = "GET /v3/spend/users/current", "GET /v3/payments", "GET /v3/invoices"
NEW_VENDOR = {"name": "Late Paper Co.", "address": {"line1": "1 Main Street", "city": "Portland", "country": "US"}}
SECOND_KEY = {"bill_dev_key": world.SECOND_DEV_KEY}
AS_USER = {**PARTNER, "bill_user_id": world.USER.id}
BODY = "{{ body | default(omit) }}"

# What each host waits for, and how its task does that.
EVERY_WAIT: dict[str, dict[str, Any]] = {
    "flight1": {"does": "request", "path": "/v3/bills"},
    "flight2": {"does": "request", "path": "/v3/bills"},
    "flight3": {"does": "request", "path": "/v3/bills"},
    # The calls above take all slots.
    "slot": {"does": "request", "path": "/v3/customers", "times": 500},
    "retry": {"does": "request", "path": "/v3/vendors", "method": "POST", "body": NEW_VENDOR, **SECOND_KEY},
    "sign-in": {"does": "request", "path": "/v3/vendors", **AS_USER},
    "lock": {"does": "request", "path": "/v3/vendors", **AS_USER},
    # BILL allows 60 calls a minute.
    "rate": {"does": "request", "path": "/v3/spend/users/current", "times": 70, **SPEND_TOKEN},
    "vault": {"does": "store"},
    "lookup": {"does": "look up", **SECOND_KEY},
    "until": {"does": "repeat", **SECOND_KEY},
}
LOOKUP = "{{ lookup('bill.connect.bill_request', '/v3/payments') }}"
TASKS: list[dict[str, Any]] = [
    {
        "bill.connect.bill_request": {"path": "{{ path }}", "method": "{{ method | default('GET') }}", "body": BODY},
        "loop": "{{ range(times | default(1)) | list }}",
        "when": "does == 'request'",
    },
    {
        "bill.connect.bill_vault_file": {"path": "new.yml", "variables": {"bill_username": "ap@example.com"}},
        "when": "does == 'store'",
    },
    {"ansible.builtin.debug": {"msg": LOOKUP}, "when": "does == 'look up'"},
    {
        "bill.connect.bill_request": {"path": "/v3/invoices"},
        "register": "found",
        "until": "false",
        "retries": 500,
        "delay": 1,
        "when": "does == 'repeat'",
    },
]


def arrange(project: Project, bill: Control) -> None:
    """BILL and the hosts for a run whose workers all wait at the end."""
    hosts = {name: {"ansible_connection": "local", **about} for name, about in EVERY_WAIT.items()}
    (project.folder / "inventory.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts}}))
    project.variables(bill_api_url=project.api_url, bill_retries=10, bill_timeout=50)
    project.environ["ANSIBLE_FORKS"] = str(len(hosts))
    project.write_plays({"strategy": "free", "tasks": TASKS})
    bill.fault(BILLS, slow=50, times=3)
    bill.fault(PARTNER_LOGIN, slow=50)
    bill.fault(VENDORS, code="BDC_1322", times=99)
    bill.fault(PAYMENTS, status=503, times=99)


def all_wait(bill: Control) -> bool:
    enough = {BILLS: 3, VENDORS: 2, PARTNER_LOGIN: 1, SPEND: 60, PAYMENTS: 2, INVOICES: 1}
    counts = bill.get("counts")
    return all(counts.get(request, 0) >= number for request, number in enough.items())


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the lock of a file, as another program would."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def started(project: Project, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """A program in a process group of its own. Afterwards it has no processes left."""
    output = (project.home / "output").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-c", _AS_A_LOGIN, *command],
        cwd=project.folder,
        env=project.environment(),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )
    output.close()
    try:
        yield process
    finally:
        for each in [*below(process.pid), process.pid] if process.poll() is None else []:
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        process.wait()


def wait_until(happened: Callable[[], object], project: Project) -> None:
    end = time.monotonic() + _SECONDS
    while not happened():
        assert time.monotonic() < end, (project.home / "output").read_text()[:3000]
        time.sleep(0.02)


def ends(process: subprocess.Popen[bytes], sent: signal.Signals) -> bool:
    """Wait for the end of a run after a signal. Returns whether the signal was enough.

    On a busy machine, ansible-core can wait for ever for a lock of a worker that the signal has ended. Then a person sends it again.
    """
    try:
        process.wait(_SECONDS / 3)
    except subprocess.TimeoutExpired:
        process.send_signal(sent)
        process.wait(_SECONDS)
        return False
    return True


def is_left(pid: int) -> bool:
    """Whether a process exists. A process that has ended may keep its number until its parent asks for its result."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    return False


def nothing_is_sent_after(end: float, workers: set[int], bill: Control) -> None:
    """The run is over since ``end``. Its workers end, too, and none sent anything later than a second after that."""
    latest = time.monotonic() + 10
    while (left := {pid for pid in workers if is_left(pid)}) and time.monotonic() < latest:
        time.sleep(0.02)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    late = [each for each in bill.received() if datetime.fromisoformat(each["at"]).timestamp() > end + 1]
    assert (left, late) == (set(), [])


@pytest.mark.promise(16)
@pytest.mark.parametrize(
    ("sent", "to_group"),
    [
        (signal.SIGKILL, False),
        (signal.SIGHUP, True),
        *(
            pytest.param(sent, to_group, marks=pytest.mark.slow)
            for sent, to_group in [
                (signal.SIGKILL, True),
                (signal.SIGHUP, False),
                (signal.SIGTERM, False),
                (signal.SIGTERM, True),
                (signal.SIGINT, False),
                (signal.SIGINT, True),
            ]
        ),
    ],
    ids=lambda value: value.name if isinstance(value, signal.Signals) else "to the group" if value else "to the parent",
)
def test_run_that_a_signal_ends_sends_nothing_and_writes_nothing_later(
    project: Project, bill: Control, sent: signal.Signals, to_group: bool
) -> None:
    """Each host waits for something else. The first process is a process group leader, as in a shell."""
    arrange(project, bill)
    with (
        held(project.folder / ".new.yml.lock~"),
        started(project, str(project.core_bin / "ansible-playbook"), "site.yml") as process,
    ):
        wait_until(lambda: all_wait(bill), project)
        workers = set(below(process.pid))
        assert len(workers) >= len(EVERY_WAIT), (project.home / "output").read_text()
        (os.killpg if to_group else os.kill)(process.pid, sent)
        is_over = ends(process, sent)
        end = time.time()
    # The lock of the vault file is free now.
    nothing_is_sent_after(end, workers, bill)
    assert not (project.folder / "new.yml").exists()
    if sent is signal.SIGINT and is_over:
        output = (project.home / "output").read_text()
        assert BEFORE_BILL["Somebody stops the run with Ctrl-C"].is_shown(Run(process.returncode, output)), output


@pytest.mark.promise(16)
@pytest.mark.slow
@pytest.mark.parametrize("how", ["job_timeout", "cancel"])
def test_run_that_ansible_runner_ends_sends_nothing_and_writes_nothing_later(
    project: Project, bill: Control, how: str
) -> None:
    """ansible-runner kills the process group of Ansible. AWX and ansible-navigator use it."""
    arrange(project, bill)
    private = project.home / "runner"
    (private / "env").mkdir(parents=True)
    (private / "project").symlink_to(project.folder)
    # A slow machine needs more than eight seconds until all hosts wait.
    (private / "env" / "settings").write_text(yaml.safe_dump({"job_timeout": 30 if how == "job_timeout" else 600}))
    workers: set[int] = set()
    with (
        held(project.folder / ".new.yml.lock~"),
        started(project, sys.executable, "-m", "ansible_runner", "run", str(private), "-p", "site.yml") as process,
    ):
        wait_until(lambda: all_wait(bill), project)
        if how == "cancel":
            process.send_signal(signal.SIGTERM)
        while process.poll() is None:
            workers |= set(below(process.pid))
            time.sleep(0.02)
        end = time.time()
    assert len(workers) > len(EVERY_WAIT), (project.home / "output").read_text()
    nothing_is_sent_after(end, workers, bill)
    assert not (project.folder / "new.yml").exists()
