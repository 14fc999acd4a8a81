# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A store in Redis or Valkey: what it writes, and what happens when the server fails."""

from __future__ import annotations

import os
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis

from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import BillError, LockTimeoutError, StoreError
from ansible_collections.bill.connect.plugins.plugin_utils._core.late_import import LateImport
from ansible_collections.bill.connect.plugins.plugin_utils._core.run import operation_of
from ansible_collections.bill.connect.plugins.plugin_utils._core.store_url import StoreUrl
from ansible_collections.bill.connect.plugins.plugin_utils._store.redis import RedisStore
from ansible_collections.bill.connect.plugins.plugin_utils._store.redis_errors import RIGHTS
from tests.emulator.certificates import Authority, Certificate
from tests.listener import connections
from tests.redis_servers import EACH_KIND, RedisServer, free_port, tls_in_front_of
from tests.unit.plugins.plugin_utils.fakes import Clock, Run, RunIsOverError

KEY = "a" * 32
LEASE = 0.6
SECRET = b"s" * 32

Servers = Callable[[str], RedisServer]
# Starts a server with other settings. It ends with the test.
StartServer = Callable[..., RedisServer]


@pytest.fixture(params=EACH_KIND)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(kind: str, redis_server: Servers) -> RedisServer:
    return redis_server(kind)


@pytest.fixture
def start_server(kind: str, tmp_path: Path) -> Iterator[StartServer]:
    with ExitStack() as started:

        def start(*arguments: str, **how: Any) -> RedisServer:
            server = RedisServer(kind, tmp_path, *arguments, **how)
            started.callback(server.close)
            return server

        yield start


_OPENED: list[RedisStore] = []


def opened(url: str, **how: Any) -> RedisStore:
    _OPENED.append(RedisStore(StoreUrl.of(url), **how))
    return _OPENED[-1]


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """Close the connections of each test. Errors can refer to them, so it is not certain when Python does that."""
    yield
    while _OPENED:
        _OPENED.pop()._client.close()


def write(store: RedisStore) -> None:
    store.secret()
    with store.lock(KEY, 0):
        store.put(KEY, b"sealed")


def failure(url: str) -> str:
    """The error of a task that writes to the store."""
    with pytest.raises(StoreError) as caught:
        write(opened(url))
    assert caught.value.__cause__ is None
    return str(caught.value)


# --- What is written ---


@pytest.mark.promise(6)
def test_redis_keys_have_the_prefix_and_a_time_to_live(server: RedisServer) -> None:
    store = opened(server.url + "?prefix=team:bill:")
    store.secret(SECRET)
    with store.lock(KEY, 0):
        store.put(KEY, b"session")
        assert set(server.data()) == {f"team:bill:{KEY}", f"team:bill:{KEY}:lock", "team:bill:secret"}
    store.put("refusal", b"refusal", seconds=600)
    with server.client() as client:
        left = {name: client.ttl(f"team:bill:{name}") for name in (KEY, "refusal", "secret")}
    assert left.pop("secret") == -1
    assert timedelta(seconds=left[KEY]) > timedelta(days=29)
    assert 590 <= left["refusal"] <= 600


def test_redis_entry_disappears_by_the_time_of_the_server(server: RedisServer) -> None:
    store = opened(server.url, clock=Clock())
    store.put(KEY, b"refusal", seconds=0.05)
    store.put("other", b"refusal", seconds=0.0001)
    time.sleep(0.1)
    assert (store.get(KEY), store.get("other")) == (None, None)


@pytest.mark.parametrize("database", ["/3", "?db=3"])
def test_redis_database_and_socket_come_from_the_url(server: RedisServer, database: str) -> None:
    for address in (server.url, f"unix://{server.socket}"):
        url = address + (database.replace("/", "?db=") if address.startswith("unix") else database)
        opened(url).put(KEY, b"sealed")
        assert opened(url).get(KEY) == b"sealed"
    assert server.data() == {}


def test_redis_clock_offset_is_that_of_the_server(server: RedisServer) -> None:
    clock = Clock()
    clock.now = time.time() - 3600
    assert abs(opened(server.url, clock=clock).clock_offset() - 3600) < 5


# --- Locks ---


def test_redis_lock_of_a_stopped_holder_ends_with_its_lease(server: RedisServer) -> None:
    """The renewing thread is stopped with its process. Here a second client takes the lock away instead."""
    holder = opened(server.url, lease=LEASE)
    with holder.lock(KEY, 0):
        with server.client() as client:
            client.set(f"bill.connect:{KEY}:lock", b"of another task", px=2000)
        time.sleep(LEASE)
    # The holder leaves the lock of the other task as it is.
    with pytest.raises(LockTimeoutError), opened(server.url).lock(KEY, 0):
        pass


@pytest.mark.promise(15)
def test_redis_lock_is_tried_less_often_until_the_time_limit(server: RedisServer) -> None:
    clock = Clock()
    before = clock.now
    with opened(server.url).lock(KEY, 0), server.client() as client:
        client.config_resetstat()
        with pytest.raises(LockTimeoutError), opened(server.url, clock=clock).lock(KEY, 10.1):
            pass
        assert 40 < client.info("commandstats")["cmdstat_set"]["calls"] < 70
    assert clock.now - before == pytest.approx(10.1)


@pytest.mark.promise(15)
def test_redis_lock_that_cannot_be_freed_is_a_store_error(start_server: StartServer) -> None:
    server = start_server()
    store = opened(server.url)
    with suppress(RunIsOverError), store.lock(KEY, 0):
        server.kill()
        raise RunIsOverError
    server.start()
    with pytest.raises(StoreError, match="connection refused|no such file"), store.lock(KEY, 0):
        server.kill()


@pytest.mark.promise(1)
def test_redis_lock_outlasts_its_lease_while_its_holder_lives(server: RedisServer) -> None:
    with opened(server.url, lease=LEASE).lock(KEY, 0), server.client() as client:
        left, end = [], time.monotonic() + 2 * LEASE
        while time.monotonic() < end:
            left.append(client.pttl(f"bill.connect:{KEY}:lock") / 1000)
            time.sleep(LEASE / 20)
        # If its holder ends at any time, the others wait for one lease at most.
        assert LEASE / 10 < min(left) < max(left) <= LEASE
        with pytest.raises(LockTimeoutError), opened(server.url).lock(KEY, 0):
            pass
    with opened(server.url).lock(KEY, 0), server.client() as client:
        assert 0 < client.pttl(f"bill.connect:{KEY}:lock") <= 10_000


def wait_for_the_lock(server: RedisServer) -> None:
    end = time.monotonic() + 5
    while f"bill.connect:{KEY}:lock" not in server.data() and time.monotonic() < end:
        time.sleep(0.02)


def test_redis_lock_that_redis_has_lost_is_taken_again(start_server: StartServer) -> None:
    server = start_server()
    with opened(server.url, lease=LEASE).lock(KEY, 0):
        with server.client() as client:
            client.flushall()
        wait_for_the_lock(server)
        server.kill()
        # A renewal fails.
        time.sleep(LEASE / 2)
        server.start()
        wait_for_the_lock(server)
        with pytest.raises(LockTimeoutError), opened(server.url).lock(KEY, 0):
            pass
    assert server.data() == {}


@pytest.mark.promise(13)
def test_redis_lock_that_no_thread_can_renew_is_given_back(
    server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(server.url)
    store.secret()

    def start(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(StoreError, match="bill.connect could not start a thread"), store.lock(KEY, 0):
        pass
    assert "bill.connect could not start a thread" in failure(server.url)
    assert set(server.data()) == {"bill.connect:secret"}


@pytest.mark.promise(16)
def test_redis_lock_after_the_end_of_the_run_is_given_back(server: RedisServer, run: Run) -> None:
    run.is_over = True
    with operation_of(run), pytest.raises(RunIsOverError), opened(server.url).lock(KEY, 0):
        raise AssertionError("unreachable: the run is over")
    assert server.data() == {}


def test_redis_secret_is_restored_after_a_flush_by_the_next_write(server: RedisServer) -> None:
    store = opened(server.url)
    secret = store.secret()
    with server.client() as client:
        client.flushall()
        store.put(KEY, b"sealed")
        assert opened(server.url).existing_secret() == secret
        client.flushall()
    # Now another controller is faster.
    secret = opened(server.url).secret()
    store.put(KEY, b"sealed")
    assert opened(server.url).existing_secret() == secret


@pytest.mark.promise(1)
def test_redis_secret_that_another_controller_creates_meanwhile_is_used(
    server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(server.url)
    monkeypatch.setattr(store, "existing_secret", lambda: None)
    secret = opened(server.url).secret()
    assert store.secret() == secret
    with server.client() as client:
        client.set("bill.connect:secret", "of another program")
    with pytest.raises(StoreError, match="is not a secret of bill.connect"):
        store.secret()


def test_redis_connection_of_the_parent_is_not_used_in_a_fork(server: RedisServer) -> None:
    store = opened(server.url)
    store.put(KEY, b"sealed")
    with server.client() as client:
        before = {each["id"] for each in client.client_list()}
        if child := os.fork():
            assert os.waitpid(child, 0)[1] == 0
        else:
            with suppress(BaseException):
                found = store.get(KEY)
                used = {each["id"] for each in opened(server.url)._client.client_list()} - before
                del store
                os._exit(0 if found == b"sealed" and len(used) == 2 else 1)
            os._exit(2)
        # The end of the child has not closed the connection of the parent.
        assert store.get(KEY) == b"sealed"
        assert {each["id"] for each in client.client_list()} == before


# --- Faults ---


@pytest.mark.promise(8)
def test_redis_that_is_away_is_a_store_error(kind: str) -> None:
    port = free_port()
    assert failure(f"redis://bill:findme@127.0.0.1:{port}") == (
        f"The session store in Redis at 127.0.0.1:{port} cannot be used: connection refused"
    )
    assert failure("unix:///nonexistent/redis.sock") == (
        "The session store in Redis at /nonexistent/redis.sock cannot be used: no such file or directory"
    )


@pytest.mark.promise(15)
def test_redis_that_does_not_answer_is_left_after_the_timeout(start_server: StartServer) -> None:
    server = start_server()
    store = opened(server.url + "?timeout=0.2")
    store.secret()
    server.stop()
    began = time.monotonic()
    for each in (store, opened(server.url + "?timeout=0.2")):
        with pytest.raises(StoreError, match=r"it did not answer within 0\.2 seconds"):
            each.get(KEY)
    assert time.monotonic() - began < 3
    server.resume()
    assert store.get(KEY) is None


def test_redis_that_was_restarted_is_used_again(start_server: StartServer) -> None:
    server = start_server()
    store = opened(server.url)
    store.put(KEY, b"sealed")
    server.kill()
    server.start()
    assert store.get(KEY) is None
    store.put(KEY, b"sealed")
    assert opened(server.url).get(KEY) == b"sealed"


def test_redis_that_is_full_is_a_store_error(start_server: StartServer) -> None:
    server = start_server("--maxmemory-policy", "noeviction")
    with server.client() as client:
        client.config_set("maxmemory", 1)
    assert "its memory is full (maxmemory). Give it more memory" in failure(server.url)


def test_redis_that_becomes_full_inside_a_lock_frees_it(start_server: StartServer) -> None:
    server = start_server("--maxmemory-policy", "noeviction")
    store = opened(server.url)
    store.secret()
    with server.client() as client:
        with store.lock(KEY, 0):
            client.config_set("maxmemory", 1)
            with pytest.raises(StoreError, match="its memory is full"):
                store.put(KEY, b"sealed")
        assert client.exists(f"bill.connect:{KEY}:lock") == 0


def test_redis_replica_is_read_but_not_written(start_server: StartServer) -> None:
    primary = start_server("--repl-diskless-sync-delay", "0")
    opened(primary.url).put(KEY, b"sealed")
    opened(primary.url).secret(SECRET)
    replica = start_server("--replicaof", "127.0.0.1", str(primary.port))
    store, end = opened(replica.url), time.monotonic() + 20
    while store.get(KEY) is None and time.monotonic() < end:
        time.sleep(0.05)
    assert (store.get(KEY), store.secret()) == (b"sealed", SECRET)
    assert "it is a replica, which nobody can write to. Name the primary in session_store" in failure(replica.url)


@pytest.mark.promise(5)
def test_redis_that_rejects_the_password_is_a_store_error(start_server: StartServer) -> None:
    server = start_server(password="findme-right")
    assert opened(f"redis://:findme-right@{server.place}").secret()
    for user in (":findme-wrong@", "bill:findme-wrong@"):
        results = failure(f"redis://{user}{server.place}")
        assert results.endswith("it rejected the user name or the password. Check both in session_store")
    assert failure(server.url).endswith("it requires a password. Add user name and password to session_store")


def test_redis_without_a_password_says_so(server: RedisServer) -> None:
    assert "findme" not in (results := failure(f"redis://:findme@{server.place}"))
    assert "it has no password, but session_store has one" in results


def test_redis_user_with_the_rights_of_the_guide_is_enough(start_server: StartServer) -> None:
    server = start_server()
    with server.client() as client:
        rights = RIGHTS.format(prefix="bill.connect:").split()
        client.execute_command("ACL", "SETUSER", "bill", "on", ">find:me", "resetkeys", "-@all", *rights)
        client.execute_command("ACL", "SETUSER", "reader", "on", ">findme", "~*", "-@all", "+get", "+time", "+getrange")
    for url in (f"redis://bill:find%3Ame@{server.place}", f"unix://bill:find%3Ame@{server.socket}?db=2"):
        store = opened(url, lease=LEASE)
        store.secret()
        with store.lock(KEY, 0):
            store.put(KEY, b"sealed")
            time.sleep(LEASE / 2)
            with pytest.raises(LockTimeoutError), opened(url).lock(KEY, 0):
                pass
        assert store.get(KEY) == b"sealed"
        store.delete(KEY)
    assert (
        "its user may not do what bill.connect needs. Give the user these rights: ~bill.connect:* +select"
        in failure(f"redis://reader:findme@{server.place}")
    )
    assert "these rights: ~other:* +select" in failure(f"redis://bill:find%3Ame@{server.place}?prefix=other:")


def test_redis_user_needs_each_right_of_the_guide(server: RedisServer) -> None:
    rights = RIGHTS.format(prefix="bill.connect:").split()
    url = f"redis://bill:findme@{server.place}/1"

    def use() -> None:
        store = opened(url)
        write(store)
        with store.lock(KEY, 0):
            store.get(KEY)
            store.delete(KEY)
            with pytest.raises(LockTimeoutError), opened(url).lock(KEY, 0):
                pass
        with redis.Redis.from_url(url, protocol=2) as client, client.lock("bill.connect:renewed", timeout=1) as lock:
            lock.extend(1, replace_ttl=True)

    with server.client() as client:
        for left_out in rights:
            client.execute_command(
                *("ACL", "SETUSER", "bill", "reset", "on", ">findme", "-@all"),
                *(right for right in rights if right != left_out),
            )
            client.script_flush()
            client.flushall()
            with pytest.raises((StoreError, redis.RedisError)):
                use()
        client.flushall()
        client.execute_command("ACL", "SETUSER", "bill", *rights)
        use()
        client.execute_command("ACL", "DELUSER", "bill")


def test_redis_rights_are_those_of_the_guide() -> None:
    guide = Path(__file__).parents[4] / "docs" / "docsite" / "rst" / "guide_stores.rst"
    line = next(each.split() for each in guide.read_text().splitlines() if "ACL SETUSER" in each)
    assert set(RIGHTS.format(prefix="bill.connect:").split()) <= set(line)
    assert {each for each in line if each[0] in "+~"} <= set(RIGHTS.format(prefix="bill.connect:").split())


def test_redis_keys_of_another_program_are_a_store_error(server: RedisServer) -> None:
    with server.client() as client:
        client.set("bill.connect:secret", "short")
        client.set("empty:secret", "")
        client.set("long:secret", "x" * 33)
        client.lpush("list:secret", "a list")
        client.lpush(f"other:{KEY}", "a list")
        client.set(f"large:{KEY}", b"x" * 200_000)
    for prefix in ("bill.connect:", "empty:", "long:"):
        assert f"{prefix}secret is not a secret of bill.connect. Delete it, or set another prefix" in failure(
            f"{server.url}?prefix={prefix}"
        )
    assert "another program uses the same keys" in failure(server.url + "?prefix=list:")
    with pytest.raises(StoreError, match="another program uses the same keys"):
        opened(server.url + "?prefix=other:").get(KEY)
    assert len(opened(server.url + "?prefix=large:").get(KEY) or b"") < 70_000


@pytest.mark.promise(15)
def test_redis_lock_that_another_program_has_written_is_not_waited_for(server: RedisServer) -> None:
    with server.client() as client:
        client.set(f"text:{KEY}:lock", "findme")
        client.lpush(f"list:{KEY}:lock", "findme")
        for prefix in ("text:", "list:"):
            with (
                pytest.raises(StoreError, match="another program uses the same keys"),
                opened(f"{server.url}?prefix={prefix}").lock(KEY, 600),
            ):
                pass


def test_redis_database_that_does_not_exist_is_a_store_error(server: RedisServer) -> None:
    assert "it does not have the database that session_store names" in failure(server.url + "/999")


def test_redis_with_too_many_clients_is_a_store_error(start_server: StartServer) -> None:
    server = start_server()
    with server.client() as client:
        client.ping()
        client.config_set("maxclients", 1)
        # Redis 6 often closes the connection before it can be read why.
        assert re.search(r"[Ii]t has too many clients \(maxclients\)", failure(server.url))


def test_redis_that_runs_a_script_is_a_store_error(start_server: StartServer) -> None:
    server = start_server("--lua-time-limit", "1")
    with server.client() as busy, server.client() as client, ThreadPoolExecutor(1) as pool:
        pool.submit(busy.eval, "while true do end", 0)
        assert re.search("it is busy with a script|it did not answer within", failure(f"{server.url}?timeout=0.1"))
        end = time.monotonic() + 10
        while "it is busy with a script of another program" not in failure(server.url):
            assert time.monotonic() < end
        client.script_kill()


def test_redis_sentinel_is_a_store_error(start_server: StartServer, tmp_path: Path) -> None:
    (tmp_path / "sentinel.conf").write_text("protected-mode no\n")
    sentinel = start_server("--sentinel", configuration=tmp_path / "sentinel.conf")
    assert (
        "Perhaps it is a Sentinel, which bill.connect does not support. Name the primary in session_store"
        in failure(sentinel.url)
    )


# What a server says that the tests cannot bring into such a state in a short time.
@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"-LOADING Redis is loading the dataset in memory", "it is still loading its data after a start"),
        (b"-MASTERDOWN Link with MASTER is down", "it is a replica without a primary"),
        (b"-MISCONF Redis is configured to save RDB snapshots", "it cannot save its data to its disk"),
        (b"-NOREPLICAS Not enough good replicas to write.", "it has too few replicas to accept a write"),
        (b"-DENIED Redis is running in protected mode", "it runs in protected mode"),
        (b"-MOVED 866 10.0.0.1:6379", "it is a Redis Cluster"),
        (b"-ASK 866 10.0.0.1:6379", "it is a Redis Cluster"),
        (b"-TRYAGAIN Multiple keys request during rehashing of slot", "it is a Redis Cluster"),
        (
            b"-CLUSTERDOWN Hash slot not served",
            "it is a Redis Cluster, which bill.connect does not support. Name a single server",
        ),
        (b"-CROSSSLOT Keys in request don't hash to the same slot", "it is a Redis Cluster"),
        (b"-NEWCODE findme", "it answered NEWCODE"),
        (b"-ERR findme", "the library redis reports ResponseError"),
        (b"HTTP/1.1 400 Bad Request", "its response is not that of a Redis. Check host and port in session_store"),
    ],
)
def test_redis_answer_that_is_an_error_is_explained(said: bytes, why: str) -> None:
    def answer(peer: socket.socket) -> None:
        while peer.recv(65536):
            peer.sendall(said + b"\r\n")

    with listening(answer) as (place, _served):
        results = failure(f"redis://:findme@{place}")
    assert why in results
    assert not re.search(r"findme|10\.0\.0\.1", results)


@contextmanager
def listening(serve: Callable[[socket.socket], object]) -> Iterator[tuple[str, list[object]]]:
    """The place of a server that serves one connection after another, and what it returned for each."""
    served: list[object] = []

    def work() -> None:
        for peer in connections(listener):
            with peer, suppress(OSError):
                served.append(serve(peer))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}", served
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.promise(15)
def test_redis_operation_is_repeated_once_if_its_connection_breaks() -> None:
    with listening(lambda peer: peer.recv(65536)) as (place, served):
        assert "it closed the connection" in failure(f"redis://{place}")
    assert len(served) == 2


@pytest.mark.promise(15)
def test_redis_operation_is_not_repeated_if_it_has_no_answer_in_time() -> None:
    def wait(peer: socket.socket) -> None:
        while peer.recv(65536):
            pass

    with listening(wait) as (place, served):
        assert "it did not answer within 0.1 seconds" in failure(f"redis://{place}?timeout=0.1")
    assert len(served) == 1


@pytest.mark.promise(15)
def test_redis_host_whose_look_up_takes_long_is_a_store_error(monkeypatch: pytest.MonkeyPatch) -> None:
    is_over = threading.Event()

    def getaddrinfo(*_arguments: object) -> list[Any]:
        is_over.wait(60)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    assert "it did not answer within 0.1 seconds" in failure("redis://redis.example.com?timeout=0.1")
    is_over.set()


@pytest.mark.promise(15)
@pytest.mark.parametrize("host", ["no-such-host.invalid", f"{'a' * 70}.invalid"])
def test_redis_host_that_has_no_name_is_a_store_error(host: str) -> None:
    assert "the name of its host cannot be resolved" in failure(f"redis://{host}")


# --- TLS ---


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls") / "authority")


@pytest.fixture
def tls_port(server: RedisServer) -> Iterator[Callable[..., int]]:
    """Gives the server a port with TLS and this certificate. With ``clients``, it accepts only clients of that authority."""
    with ExitStack() as started:

        def start(certificate: Certificate, clients: Authority | None = None) -> int:
            return started.enter_context(tls_in_front_of(server.port, certificate, clients))

        yield start


@pytest.mark.promise(7)
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_redis_with_tls_of_a_known_authority_is_used(
    tls_port: Callable[..., int], authority: Authority, host: str
) -> None:
    url = f"rediss://{host}:{tls_port(authority.good())}"
    for option in (f"ssl_ca_certs={authority.file}", f"ssl_ca_path={authority.directory}"):
        assert opened(f"{url}?{option}").secret()


@pytest.mark.promise(7)
def test_redis_with_a_client_certificate_is_used(tls_port: Callable[..., int], authority: Authority) -> None:
    port = tls_port(authority.good(), authority)
    mine = authority.for_another_purpose()
    url = f"rediss://127.0.0.1:{port}?ssl_ca_certs={authority.file}"
    assert opened(f"{url}&ssl_certfile={mine.certificate}&ssl_keyfile={mine.private_key}").secret()
    assert re.search("closed the connection|no secure connection", failure(url))


@pytest.mark.promise(7)
@pytest.mark.parametrize(
    ("shown", "why"),
    [
        (
            "good",
            "its certificate is not accepted (unable to get local issuer certificate). Check the host and ssl_ca_certs",
        ),
        ("expired", "its certificate is not accepted (certificate has expired)"),
        (
            "for_another_host",
            "its certificate is not accepted (IP address mismatch, certificate is not valid for '127.0.0.1'). Check the host",
        ),
    ],
)
def test_redis_whose_certificate_is_wrong_gets_no_password(
    tls_port: Callable[..., int], authority: Authority, shown: str, why: str
) -> None:
    url = f"rediss://:findme@127.0.0.1:{tls_port(getattr(authority, shown)())}"
    assert why in failure(url if shown == "good" else f"{url}?ssl_ca_certs={authority.file}")


def test_redis_without_tls_is_named(server: RedisServer, tls_port: Callable[..., int], authority: Authority) -> None:
    results = failure(f"rediss://{server.place}?timeout=0.2")
    assert (
        "it did not answer within 0.2 seconds. If this port does not use TLS, session_store must begin with redis://"
        in results
    )
    results = failure(f"redis://127.0.0.1:{tls_port(authority.good())}?timeout=1")
    assert "it closed the connection. " in results
    assert "If this port uses TLS, session_store must begin with rediss://" in results


def test_redis_file_of_tls_that_is_missing_is_a_store_error(server: RedisServer) -> None:
    assert (
        "a file of TLS that session_store names cannot be read (no such file or directory). Check the options that begin with ssl_"
        in failure(f"rediss://{server.place}?ssl_ca_certs=/nonexistent/ca.pem")
    )


# --- The library ---


def test_redis_library_that_is_missing_names_the_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(
        BillError, match="needs the Python library redis for session_store. The Python that runs Ansible on"
    ):
        opened("redis://127.0.0.1")


@pytest.mark.parametrize("version", ["4.6.0", "unknown"])
def test_redis_library_that_is_too_old_names_its_version(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    monkeypatch.setattr(redis, "__version__", version)
    with pytest.raises(BillError, match=rf"has version {version}, which is too old.* -m pip install --upgrade redis"):
        opened("redis://127.0.0.1")


def test_redis_library_that_is_broken_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def module(_library: LateImport) -> None:
        raise AttributeError("module 'ssl' has no attribute 'wrap_socket'")

    monkeypatch.setattr(LateImport, "module", module)
    with pytest.raises(
        BillError, match="cannot import it .AttributeError: module 'ssl' has no attribute 'wrap_socket'."
    ):
        opened("redis://127.0.0.1")


def test_redis_store_makes_few_connections(server: RedisServer) -> None:
    store = opened(server.url)
    threads = threading.active_count()
    with server.client() as client:
        client.config_resetstat()
        store.secret()
        for _time in range(20):
            with store.lock(KEY, 0):
                store.put(KEY, b"sealed")
                store.get(KEY)
        assert client.info()["total_connections_received"] == 1
        # Nothing is sent that is not needed.
        assert [name for name in client.info("commandstats") if "client" in name or "hello" in name] == []
    # The threads that renew the locks have ended.
    assert threading.active_count() <= threads
