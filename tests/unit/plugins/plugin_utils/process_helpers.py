# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks in processes of their own, a BILL in another one, and a way to kill a task at each of its steps.

It runs in a new interpreter (see ``apart``), because only a process with one thread may fork.
"""

from __future__ import annotations

import fcntl
import json
import multiprocessing
import os
import resource
import signal
import socketserver
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import requests

from ansible_collections.bill.connect.plugins.plugin_utils._auth import session_manager
from ansible_collections.bill.connect.plugins.plugin_utils._auth.session_manager import SessionManager
from ansible_collections.bill.connect.plugins.plugin_utils._client.factory import Surroundings, build_client
from ansible_collections.bill.connect.plugins.plugin_utils._client.late_exchange import EXCHANGE_FACTORY
from ansible_collections.bill.connect.plugins.plugin_utils._core import errors
from ansible_collections.bill.connect.plugins.plugin_utils._store import file as file_store
from tests.unit.plugins.plugin_utils.fakes import OPTIONS, Clock, ListReporter

# Each step is the same in each process, so all of them have this module.
EXCHANGE_FACTORY.module()
FORK = multiprocessing.get_context("fork")
NOBODY = 65534
NOON = 1_800_014_400.0
WRONG = {"password": "stale-findme"}
SPENT = {"dev_key": "spent-findme"}


def environment_of_a_new_interpreter() -> dict[str, str]:
    """The environment in which a new interpreter finds the collection and its tests.

    ansible-test finds the collection with an import hook, which another process does not have.
    """
    collections = Path(session_manager.__file__).parents[6]
    checkout = Path(__file__).parents[4]
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(collections), str(checkout), *filter(None, sys.path)])}


def in_its_own_process(scenario: str, *arguments: Any, module: str = __name__) -> Any:
    """The result of a scenario from this or another module, run in a new interpreter."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", module, scenario, json.dumps(arguments)],
        env=environment_of_a_new_interpreter(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def in_a_process(work: Callable[[], Any]) -> tuple[Any, int]:
    """The result of some work in its own process, and the signal that ended it.

    After a signal the result is None, otherwise the signal is 0.
    """
    reader, writer = os.pipe()
    process = os.fork()
    if not process:
        try:
            os.close(reader)
            results = json.dumps(work())
            with os.fdopen(writer, "w") as stream:
                stream.write(results)
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as stream:
        text = stream.read()
    _process, status = os.waitpid(process, 0)
    return (json.loads(text) if text else None), os.WTERMSIG(status)


# --- BILL ---


class _Handler(BaseHTTPRequestHandler):
    valid_sessions: set[str]
    log: int
    unanswered: int

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        # The content of a form does not matter here.
        self._answer(json.loads(body or b"{}") if "json" in (self.headers["Content-Type"] or "json") else {})

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: the file of requests is the log."""

    def _answer(self, body: dict[str, str]) -> None:
        kind = type(self)
        path = self.path.removeprefix("/connect")
        if path == "/end":
            kind.valid_sessions.clear()
            return self._say(200, {})
        os.write(kind.log, f"{self.command} {path}\n".encode())
        session_id = self.headers.get("sessionId") or ""
        if path == "/v3/login":
            if kind.unanswered:
                kind.unanswered -= 1
                self.connection.recv(1)  # until the client has closed the connection
                return None
            if body["password"] == WRONG["password"]:
                return self._say(401, [{"code": "BDC_1101"}])
            if body["devKey"] == SPENT["dev_key"]:
                return self._say(429, [{"code": "BDC_1144"}])
            return self._begin(body["organizationId"])
        if path == "/v3/partner/login":
            return self._begin(None)
        if path == "/authx/token":
            return self._say(200, {"access_token": f"TOKEN-{os.urandom(4).hex()}", "expires_in": 3600})
        if session_id not in kind.valid_sessions:
            return self._say(401, [{"code": "BDC_1109"}])
        if path == "/v3/partner/login-as-user":
            return self._begin(body["organizationId"])
        if path == "/v3/mfa/step-up":
            return self._say(200, {"trusted": True})
        if path == "/v3/logout":
            kind.valid_sessions.remove(session_id)
        return self._say(200, {})

    def _begin(self, organization_id: str | None) -> None:
        session_id = f"SESSION-{os.urandom(4).hex()}"
        type(self).valid_sessions.add(session_id)
        self._say(200, {"sessionId": session_id, "organizationId": organization_id})

    def _say(self, status: int, answer: Any) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Server(socketserver.TCPServer):
    request_queue_size = 256
    parent = 0

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report nothing: the death of a client is not an error of BILL."""

    def service_actions(self) -> None:
        if os.getppid() != self.parent:
            os._exit(0)


class Bill:
    """A BILL in its own process. The first ``unanswered`` sign-ins get no response."""

    def __init__(self, folder: Path, unanswered: int = 0) -> None:
        self._log = folder / "received"
        self._log.touch()
        server = _Server(("127.0.0.1", 0), _Handler)
        _Handler.valid_sessions = set()
        _Handler.log = os.open(self._log, os.O_WRONLY | os.O_APPEND)
        _Handler.unanswered = unanswered
        # If somebody kills the test, BILL ends too.
        server.parent = os.getpid()
        self.url = f"http://127.0.0.1:{server.server_address[1]}/connect"
        self._process = FORK.Process(target=server.serve_forever, daemon=True)
        self._process.start()
        server.server_close()

    @property
    def received(self) -> list[str]:
        return self._log.read_text().splitlines()


# --- Tasks ---


class ReceivesRequests(Protocol):
    """A BILL with a list of its requests: this one, or the one in a thread."""

    url: str

    @property
    def received(self) -> list[str]:
        """The requests."""


class Tasks:
    """The tasks of one run. They share only the store and BILL."""

    def __init__(self, folder: Path, bill: ReceivesRequests) -> None:
        self.folder = folder
        self.store = folder / "bill"
        self._bill = bill

    def open(self, warned: list[str], now: float = NOON, **changes: Any) -> SessionManager:
        options = {
            "auth_method": "password",
            "environment": "sandbox",
            "api_url": self._bill.url,
            "session_store": None,
            "check_after": 60,
            "timeout": 30,
            "retries": 0,
            "validate_certs": True,
            "ca_path": None,
            **OPTIONS,
            **changes,
        }
        clock = Clock()
        clock.now = now
        around = Surroundings(str(self.store), str(self.folder / "run"), ListReporter(warned), clock=clock)
        return build_client(options, around).sessions

    def do(
        self,
        verb: str = "present",
        *,
        prepare: Callable[[], None] = lambda: None,
        die_at: int | None = None,
        **how: Any,
    ) -> dict[str, Any]:
        """Run one task in its own process. Returns its result, or the signal that ended it.

        With ``die_at`` it kills itself at the step of that number. 0 only finds the steps.
        """

        def work() -> dict[str, Any]:
            prepare()
            return self.perform(verb, die_at, **how)

        results, died = in_a_process(work)
        return results or {"signal": died}

    def perform(self, verb: str, die_at: int | None, *, force: bool = False, **how: Any) -> dict[str, Any]:
        """Run one task in this process. Returns its result."""
        results: dict[str, Any] = {"warned": [], "steps": []}
        sign_in = self.open(results["warned"], **how)
        if die_at is not None:
            results["steps"] = steps_of(self._look, die_at, file_store.__file__)
        try:
            outcome = sign_in.end() if verb == "absent" else sign_in.ensure(force=force)
            results["changed"] = outcome.changed
            results["session"] = outcome.session and outcome.session.session_id
            results["headers"] = outcome.session and outcome.session.headers
            results["trusted"] = outcome.session and outcome.session.trusted
        except errors.BillError as error:
            results["error"] = str(error)
        return results

    def stored(self, **how: Any) -> str | None:
        """The session that the next task would find, or the warning if there is none."""
        warned: list[str] = []
        session = self.open(warned, **how).entry.load()
        if warned:
            return warned[0]
        return session.session_id if session else None

    @property
    def address(self) -> str:
        """The name of the entry for the session of the right credential."""
        return self.open([]).entry.key

    def sessions(self) -> list[Path]:
        """The files of all sessions and refusals, also those in this run's directory."""
        return [*self.store.glob("*.session"), *(self.folder / "run").glob("*.session")]

    def locked(self) -> bool:
        """Whether any process holds a lock."""
        for path in self.store.glob("*.lock"):
            with path.open() as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return True
        return False

    def _look(self) -> list[Any]:
        """Everything that a task can have changed: the files and the number of requests."""
        seen: list[Any] = [len(self._bill.received)]
        for path in sorted(self.folder.rglob("*")):
            about = path.lstat()
            seen.append([path.name, about.st_ino, about.st_mode, about.st_size, about.st_mtime_ns * path.is_file()])
        return seen


def steps_of(look: Callable[[], Any], die_at: int, *code: str) -> list[tuple[str, Any]]:
    """Record each step of this process and the state of the world. The process dies by SIGKILL at step number ``die_at``.

    A step is each line of the files ``code``. Each event that Python reports before it calls the system (open,
    rename, connect and so on) is also a step. So there is one before and one after each action, even for future code.
    """
    steps: list[tuple[str, Any]] = []
    looking = False

    def step(name: str) -> None:
        nonlocal looking
        looking = True
        steps.append((name, None if die_at else look()))
        if len(steps) == die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        looking = False

    def received(event: str, _arguments: tuple[Any, ...]) -> None:
        if not looking and event.partition(".")[0] in ("open", "os", "fcntl", "socket"):
            step(event)

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        if frame.f_code.co_filename not in code:
            return None
        if event == "line":
            step(f"{frame.f_code.co_name}, line {frame.f_lineno}")
        return trace

    sys.addaudithook(received)
    sys.settrace(trace)
    return steps


# --- Scenarios ---

LATER = NOON + 61
# The tasks before, and then the task that is killed.
SCENARIOS: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {
    "first": ([], {}),
    "checked": ([{}], {"now": LATER}),
    "ended": ([{}, {"end": True}], {"now": LATER}),
    "forced": ([{}], {"force": True}),
    "signed out": ([{}], {"verb": "absent"}),
    "refused": ([], WRONG),
    "spent": ([], SPENT),
}


def kill_at_each_step(folder: str, scenario: str) -> list[dict[str, Any]]:
    """Kill one task of a life just before and just after each of its changes. Returns what follows from each death."""
    top = Path(folder)
    bill = Bill(top)
    before, last = SCENARIOS[scenario]

    def file_with() -> Tasks:
        tasks = Tasks(Path(tempfile.mkdtemp(dir=top)), bill)
        for task in before:
            if "end" in task:
                requests.post(bill.url + "/end", timeout=10)
            else:
                tasks.do(**task)
        return tasks

    all_steps = file_with().do(**last, die_at=0)["steps"]
    return [_death(file_with(), bill, last, number, all_steps[number - 1][0]) for number in edges(all_steps)]


def edges(steps: list[tuple[str, Any]]) -> list[int]:
    """The numbers of the first and the last step of each state of the world."""
    looks = [look for _name, look in steps]
    return [
        number
        for number, look in enumerate(looks, start=1)
        if number in (1, len(looks)) or look != looks[number - 2] or look != looks[number]
    ]


def _death(tasks: Tasks, bill: Bill, last: dict[str, Any], number: int, step: str) -> dict[str, Any]:
    before = len(bill.received)
    stored = tasks.stored()
    death = tasks.do(**last, die_at=number)
    how = {name: value for name, value in last.items() if name in ("now", "password", "dev_key")}
    return {
        "step": f"{number}: {step}",
        "signal": death.get("signal"),
        "stored_before": stored,
        "stored": tasks.stored(),
        "locked": tasks.locked(),
        "next": tasks.do(**how),
        "checked": tasks.do(**how, check_after=0),
        "received": bill.received[before:],
        "left": sorted(path.suffix for path in tasks.store.iterdir()),
    }


def run_at_once(
    folder: str, size: int, first_dies: bool, how: dict[str, Any], before: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Start this many tasks at once.

    Before them, one task may be killed while BILL processes its sign-in, or one task may run to its end.
    """
    bill = Bill(Path(folder), unanswered=int(first_dies))
    tasks = Tasks(Path(folder), bill)
    if before is not None:
        tasks.do(**before)
    holder = FORK.Process(target=lambda: tasks.open([], **how).ensure())
    if first_dies:
        holder.start()
        while not bill.received:
            time.sleep(0.01)
    begin = FORK.Barrier(size + 1)
    reader, writer = os.pipe()
    run_at_once = [FORK.Process(target=_member, args=(tasks, how, begin, writer)) for _number in range(size)]
    for process in run_at_once:
        process.start()
    os.close(writer)
    begin.wait(60)
    if first_dies:
        holder.kill()
    with os.fdopen(reader) as stream:
        results = [json.loads(line) for line in stream]
    for process in run_at_once:
        process.join()
    return {"results": results, "received": bill.received}


def _member(tasks: Tasks, how: dict[str, Any], begin: Any, writer: int) -> None:
    begin.wait(60)
    # The system writes one short line in one piece.
    os.write(writer, (json.dumps(tasks.perform("present", None, **how)) + "\n").encode())


def full(folder: str, room: int) -> dict[str, Any]:
    """Store a session, limit all files to ``room`` bytes, and then validate, renew and use the session."""
    tasks = Tasks(Path(folder), bill := Bill(Path(folder)))

    def no_room() -> None:
        # Python ignores the signal that would come with the error.
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    first = tasks.do()
    return {
        "first": first["session"],
        "checked": tasks.do(now=LATER, prepare=no_room),
        "forced": tasks.do(now=LATER, force=True, prepare=no_room),
        "later": tasks.do(now=LATER),
        "received": bill.received,
        "left": sorted(path.suffix for path in tasks.store.iterdir()),
    }


@contextmanager
def not_by_root(bill: Bill) -> Iterator[tuple[Tasks, Callable[..., Any]]]:
    """The tasks of a user who is not root, because root can write to read-only directories, and a function that runs one."""
    with tempfile.TemporaryDirectory() as top:
        user = os.geteuid() or NOBODY
        os.chown(top, user, -1)
        tasks = Tasks(Path(top), bill)
        yield tasks, partial(tasks.do, prepare=lambda: os.setuid(user))


def read_only(folder: str) -> dict[str, Any]:
    """Store a session. Then the directory becomes read-only, and BILL ends the session. Returns what tasks do after that."""
    bill = Bill(Path(folder))
    with not_by_root(bill) as (tasks, task):
        results = [task()]
        tasks.store.chmod(0o500)
        requests.post(bill.url + "/end", timeout=10)
        results += [task(now=LATER) for _time in range(3)]
        results += [task("absent", now=LATER), task(now=LATER)]
    return {"results": results, "received": bill.received}


def signed_out_of_read_only(folder: str) -> dict[str, Any]:
    """Sign out of a session that cannot be deleted from the store, and run a task right after."""
    bill = Bill(Path(folder))
    results = []
    with not_by_root(bill) as (tasks, task):
        for verb, seconds in (("present", 0), ("absent", 2), ("present", 5), ("present", 8)):
            results.append(task(verb, now=NOON + seconds))
            tasks.store.chmod(0o500)
    return {"results": results, "received": bill.received}


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](*json.loads(sys.argv[2]))))
