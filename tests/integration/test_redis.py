# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs and controllers that share a Redis or Valkey. Each has an empty HOME."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.emulator.control_client import Control
from tests.integration.project import Project, Run, secrets_in
from tests.redis_servers import EACH_KIND, RedisServer

PASSWORD = "s3cret-findme/redis"
LOGIN: dict[str, Any] = {"name": "Sign in", "bill.connect.bill_login": None}
READ: dict[str, Any] = {"name": "Read", "bill.connect.bill_request": {"path": "/v3/vendors"}}
NEW_VENDOR = {"name": "Birch Paper", "address": {"line1": "1 Main Street", "city": "Portland", "country": "US"}}
CREATE: dict[str, Any] = {
    "name": "Create",
    "bill.connect.bill_request": {"method": "POST", "path": "/v3/vendors", "body": NEW_VENDOR},
}
FALLBACK = "Until this run ends, bill.connect stores the session on this machine only."


# The unit tests run with every kind. Here one of them is enough after a small change.
@pytest.fixture(params=EACH_KIND)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RedisServer]:
    started = RedisServer(request.param, tmp_path, password=PASSWORD)
    yield started
    started.close()


@pytest.fixture
def url(server: RedisServer) -> str:
    return f"redis://default:s3cret-findme%2Fredis@{server.place}/1?timeout=2"


def controllers(project: Project, number: int) -> list[Project]:
    """Controllers of the same user, each with a folder and a HOME of its own."""
    made = []
    for each in range(number):
        folder = project.folder.parent / f"controller-{each}"
        made.append(replace(project, folder=folder / "project", home=folder / "home"))
    return made


def new_job(project: Project) -> None:
    """The container of the job before is gone."""
    shutil.rmtree(project.home)
    project.home.mkdir()


@pytest.mark.promise(1)
@pytest.mark.promise(5)
@pytest.mark.promise(6)
@pytest.mark.promise(13)
def test_redis_store_of_jobs_with_an_empty_home_has_one_sign_in(
    project: Project, bill: Control, server: RedisServer, url: str
) -> None:
    """The URL comes from a vaulted variable, then from the environment, then from the task. Nothing shows its password."""
    project.hosts("one", "two")
    store = project.folder / "group_vars" / "all" / "store.yml"
    store.write_text(yaml.safe_dump({"bill_session_store": url}))
    assert project.run("ansible-vault", "encrypt", str(store)).code == 0
    runs = [project.play(LOGIN, READ, arguments=("-vvvvv",))]
    store.unlink()
    new_job(project)
    project.environ["BILL_SESSION_STORE"] = url
    runs.append(project.play(LOGIN, READ, arguments=("-vvvvv",)))
    del project.environ["BILL_SESSION_STORE"]
    new_job(project)
    with_option = {"name": "Sign in", "bill.connect.bill_login": {"session_store": url}, "loop": [1, 2]}
    runs.append(project.play(with_option, arguments=("-vvvvv",)))
    assert [run.code for run in runs] == [0, 0, 0], runs
    assert [run.changed for run in runs] == [1, 0, 0]
    # Another job finds that Redis is away.
    new_job(project)
    server.kill()
    project.variables(bill_api_url=project.api_url, bill_session_store=url)
    away = project.play(LOGIN, READ, LOGIN, arguments=("-vvvvv",))
    assert (away.code, away.changed) == (0, 1), away.output
    assert away.times(FALLBACK) == 1, away.output
    assert away.shows(f"The session store in Redis at {server.place} cannot be used: connection refused.")
    assert bill.get("counts") == {"POST /v3/login": 2, "GET /v3/vendors": 6}
    for run in (*runs, away):
        assert secrets_in(run.output) == []
        assert "s3cret" not in run.output.replace(str(project.folder), "")
    # The test itself wrote the URL into the play and into a file of variables.
    mine = {str(project.folder / "site.yml"), str(project.folder / "group_vars" / "all" / "plain.yml")}
    assert set(project.secrets_on_disk()) <= mine


@pytest.mark.promise(4)
@pytest.mark.promise(5)
@pytest.mark.promise(8)
def test_redis_store_that_cannot_be_used_as_written_is_explained(project: Project, bill: Control, url: str) -> None:
    wrong = {
        url.replace("%2F", "/"): "session_store is not a valid URL. In the user name and the password, write %40 for @",
        url
        + "&ssl_ca_certs=/ca.pem": "session_store has the option ssl_ca_certs in its URL, which applies only to rediss://.",
        "valkey://:s3cret-findme@127.0.0.1": "session_store must be a directory, none, or a URL that begins with redis://",
    }
    # Ansible shows the lines of a task that fails, so a URL is never in the task itself.
    project.variables(bill_api_url=project.api_url, stores=list(wrong))
    tasks = [
        {**LOGIN, "vars": {"bill_session_store": f"{{{{ stores[{number}] }}}}"}, "ignore_errors": True}
        for number in range(len(wrong))
    ]
    run = project.play(*tasks, arguments=("-vvv",))
    for message in wrong.values():
        assert run.shows(message), run.output
    assert run.times("(session_store comes from the variable bill_session_store)") >= 3
    assert secrets_in(run.output) == [], run.output
    assert bill.get("counts") == {}


@contextmanager
def happens(pid: int, when: Callable[[], bool], then: Callable[[int], None]) -> Iterator[None]:
    """While a run continues, do something as soon as a condition holds."""
    with ThreadPoolExecutor() as pool:
        done = pool.submit(_as_soon_as, when, then, pid)
        yield
        done.result()


def _as_soon_as(when: Callable[[], bool], then: Callable[[int], None], pid: int) -> None:
    end = time.monotonic() + 60
    while not when():
        assert time.monotonic() < end
        time.sleep(0.02)
    then(pid)


def watch(when: Callable[[], bool], then: Callable[[int], None]) -> Callable[[int], AbstractContextManager[None]]:
    return lambda pid: happens(pid, when, then)


@pytest.mark.slow
@pytest.mark.promise(10)
@pytest.mark.promise(13)
@pytest.mark.promise(15)
@pytest.mark.parametrize("fault", ["killed", "stopped"])
def test_redis_that_fails_during_a_write_sends_it_once(
    project: Project, bill: Control, server: RedisServer, url: str, fault: str
) -> None:
    project.variables(bill_api_url=project.api_url, bill_session_store=url)
    project.play(LOGIN)
    bill.post("settings", latency=1)
    project.watch = watch(
        lambda: bool(bill.get("counts").get("POST /v3/vendors")),
        lambda _pid: server.kill() if fault == "killed" else server.stop(),
    )
    run = project.play(CREATE, READ, LOGIN, READ)
    assert (run.code, run.recap()["failed"]) == (0, 0), run.output
    assert run.times(FALLBACK) == 1, run.output
    counts = bill.get("counts")
    assert counts["POST /v3/vendors"] == 1
    assert counts["POST /v3/login"] == 1


@pytest.mark.slow
@pytest.mark.promise(1)
@pytest.mark.promise(4)
@pytest.mark.promise(11)
def test_redis_store_of_twenty_controllers_started_together_has_one_sign_in(
    project: Project, bill: Control, url: str
) -> None:
    fleet = controllers(project, 20)
    for each in fleet:
        each.variables(bill_api_url=project.api_url, bill_session_store=url)
    bill.post("settings", latency=0.5)

    def run(controller: Project) -> Run:
        return controller.play(LOGIN, READ)

    with ThreadPoolExecutor(20) as pool:
        runs = list(pool.map(run, fleet))
    assert [each.code for each in runs] == [0] * 20, runs
    assert sum(each.changed for each in runs) == 1
    assert [each.warnings for each in runs] == [[]] * 20
    assert bill.get("counts") == {"POST /v3/login": 1, "GET /v3/vendors": 20}
    assert bill.get("state")["peak_in_flight"] <= 3
    bill.post("reset")
    for each in fleet:
        each.variables(bill_api_url=project.api_url, bill_session_store=url + "&prefix=wrong:", bill_retries=0)
    with ThreadPoolExecutor(20) as pool:
        refused = list(pool.map(lambda each: each.play(LOGIN, arguments=("-e", "bill_password=stale-findme")), fleet))
    assert [each.code for each in refused] == [2] * 20
    assert all(each.shows("BDC_1101") for each in refused), refused
    assert bill.get("counts") == {"POST /v3/login": 1}


def workers_of(pid: int) -> list[int]:
    """The processes that a run has started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.slow
@pytest.mark.promise(1)
@pytest.mark.promise(16)
@pytest.mark.parametrize("name", ["SIGKILL", "SIGSTOP"])
def test_redis_lock_whose_holder_ends_delays_the_others_by_seconds(
    project: Project, bill: Control, url: str, name: str
) -> None:
    first, second = controllers(project, 2)
    for each in (first, second):
        each.variables(bill_api_url=project.api_url, bill_session_store=url)
    # The sign-in of the first controller gets no response while the controller holds the lock.
    bill.post("settings", latency=20)
    second.write_plays({"tasks": [LOGIN]})
    later: list[Run] = []
    seconds: list[float] = []

    def end(pid: int) -> None:
        children = workers_of(pid)
        for child in (*children, pid):
            os.kill(child, getattr(signal, name))
        bill.post("settings", latency=0)
        began = time.monotonic()
        later.append(second.run("ansible-playbook", "site.yml"))
        seconds.append(time.monotonic() - began)
        if name == "SIGSTOP":
            for child in (*children, pid):
                os.kill(child, signal.SIGKILL)

    first.watch = watch(lambda: bool(bill.get("counts").get("POST /v3/login")), end)
    first.play(LOGIN)
    assert (later[0].code, later[0].changed) == (0, 1), later[0].output
    # The lease is 10 seconds.
    assert seconds[0] < 20
    assert bill.get("counts") == {"POST /v3/login": 2}, json.dumps(bill.get("counts"))
