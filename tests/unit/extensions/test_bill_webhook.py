# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bill_webhook: what BILL or a stranger sends, what they get, and what a rule sees. All over HTTP on loopback."""

from __future__ import annotations

import asyncio
import base64
import gc
import json
import os
import sqlite3
import ssl
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from cryptography.hazmat.primitives import serialization

from ansible_collections.bill.connect.extensions.eda.plugins.event_source.bill_connect_eda.inbox import Inbox, Outcome
from ansible_collections.bill.connect.extensions.eda.plugins.event_source.bill_connect_eda.options import Arguments
from ansible_collections.bill.connect.extensions.eda.plugins.event_source.bill_connect_eda.receiver import Receiver
from ansible_collections.bill.connect.extensions.eda.plugins.event_source.bill_connect_eda.store import EventStore
from tests.emulator.certificates import Authority
from tests.unit.extensions.sources import (
    FOLDER,
    KEY,
    ORGANIZATION,
    PREVIOUS_KEY,
    SUBSCRIPTION,
    UPDATED,
    Queue,
    body_of,
    entry_of,
    post,
    receiving,
    running,
    signature,
    signed,
    until,
)


@pytest.fixture(autouse=True)
def all_logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")


def stored(folder: Path, query: str) -> list[Any]:
    """Rows of the store of a source that has ended."""
    with sqlite3.connect(folder / "events.sqlite3") as connection:
        return connection.execute(query).fetchall()


@pytest.mark.promise(21)
def test_source_with_a_signed_delivery_answers_200_and_hands_the_event_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def conversation() -> dict[str, Any]:
        queue = Queue(1)
        async with receiving(queue, tmp_path / "state", organization_ids=[ORGANIZATION]) as url:
            assert await post(url, body_of("event-1")) == 200
            return await asyncio.wait_for(queue.get(), 10)

    event = asyncio.run(conversation())
    assert event["meta"].pop("received_at").endswith("Z")
    assert event == {
        "meta": {
            "id": "event-1",
            # The same in every process and every release.
            "uuid": "f6ec4d09-e3bc-5cca-8458-2fafe1242e48",
            "type": "vendor.updated",
            "version": "1",
            "subscription_id": SUBSCRIPTION,
            "organization_id": ORGANIZATION,
            "updated_at": UPDATED,
            "verified": True,
            "known": True,
            "stale": False,
        },
        "payload": {"vendor": {"id": "00901VENDOR", "name": "Birch Paper Supply", "updatedTime": UPDATED}},
    }
    kept = b"".join(path.read_bytes() for path in (tmp_path / "state").iterdir())
    for secret in (KEY, signature(body_of("event-1"))):
        assert secret not in caplog.text
        assert secret.encode() not in kept
    # The content is deleted as soon as the event is handed over.
    assert b"Birch Paper" not in kept


FORGED: dict[str, Callable[[bytes], Any]] = {
    "no signature": lambda _body: [],
    "an empty signature": lambda _body: [""],
    "two signatures": lambda body: [signature(body), signature(body)],
    "another key": lambda body: [signature(body, "another key")],
    "an empty key": lambda body: [signature(body, "")],
    "the signature of another body": lambda body: [signature(body + b" ")],
    "hexadecimal digits": lambda body: [base64.b64decode(signature(body)).hex()],
    "a prefix": lambda body: [f"sha256={signature(body)}"],
    "no padding": lambda body: [signature(body).rstrip("=")],
    "a cut signature": lambda body: [base64.b64encode(base64.b64decode(signature(body))[:16]).decode()],
    "blanks inside": lambda body: [f"{signature(body)[:10]} {signature(body)[10:]}"],
    "other characters": lambda _body: ["é" * 44],
}


@pytest.mark.promise(21)
@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_source_with_a_forged_delivery_answers_401_and_hands_nothing_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, forge: Callable[[bytes], list[str]]
) -> None:
    async def conversation() -> list[str]:
        queue, body = Queue(), body_of("forged-event")
        async with receiving(queue, tmp_path) as url:
            headers = [("x-bill-sha-signature", value) for value in forge(body)]
            async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as response:
                assert (response.status, await response.read()) == (401, b"")
            # The next genuine delivery shows that the source goes on, and that nothing was before it.
            assert await post(url, body_of("genuine")) == 200
            await until(lambda: not queue.empty())
        return queue.ids()

    assert asyncio.run(conversation()) == ["genuine"]
    assert "without a valid signature was refused" in caplog.text
    assert "forged-event" not in caplog.text


@pytest.mark.promise(21)
def test_source_with_two_keys_accepts_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A value from a file often ends with a line break.
    monkeypatch.setenv("CURRENT_KEY", f"{KEY}\n")

    async def conversation() -> list[str]:
        queue = Queue()
        keys = {"security_keys": ["", PREVIOUS_KEY], "security_keys_env": ["CURRENT_KEY"]}
        async with receiving(queue, tmp_path, **keys) as url:
            for number, key in enumerate((KEY, PREVIOUS_KEY)):
                body = body_of(f"event-{number}")
                assert await post(url, body, signed(body, key)) == 200
            await until(lambda: queue.qsize() == 2)
        return queue.ids()

    assert asyncio.run(conversation()) == ["event-0", "event-1"]


@pytest.mark.promise(21)
@pytest.mark.parametrize("keys", [{}, {"security_keys": []}, {"security_keys": ["", "  "]}, {"security_keys": None}])
def test_source_without_a_key_does_not_start(tmp_path: Path, keys: dict[str, Any]) -> None:
    async def conversation() -> None:
        args = {"port": 0, "subscription_ids": [SUBSCRIPTION], "state_dir": str(tmp_path)}
        async with running("bill_webhook", Queue(), **args, **keys) as task:
            await task

    with pytest.raises(Exception, match="does not start without a key"):
        asyncio.run(conversation())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"subscription_ids": []}, "subscription_ids is missing"),
        ({"subscription_ids": [123]}, "subscription_ids must be a list of texts"),
        ({"state_dir": ""}, "state_dir is missing"),
        ({"port": None}, "port is missing"),
        ({"port": "http"}, "port must be a whole number from 0 to 65535"),
        ({"port": "8²"}, "port must be a whole number from 0 to 65535"),
        ({"port": True}, "port must be a whole number from 0 to 65535"),
        ({"host": "::2"}, r"cannot listen on \[::2\]:0: "),
        ({"organization_ids": 0}, "organization_ids must be a list of texts"),
        ({"security_keys": {}}, "security_keys must be a list of texts"),
        ({"path": "bill"}, "path must begin with /"),
        ({"keyfile": "key.pem"}, "keyfile is given without certfile"),
        ({"certfile": "/nowhere.pem"}, "certificate cannot be loaded"),
        ({"security_keys_env": ["NOT_SET"]}, "lacks NOT_SET"),
        ({"secret_keys": ["x"]}, "no argument secret_keys"),
        ({"environment": "test"}, "environment must be sandbox or production"),
        ({"environment": "sandbox"}, "lacks BILL_USERNAME, BILL_PASSWORD"),
        ({"api_url": "http://bill.example/connect"}, "api_url must begin with https"),
        ({"api_url": "https://bill.example/v3"}, "must be an address that ends with /connect"),
        ({"api_url": "https://user@bill.example/connect"}, "must be an address that ends with /connect"),
        ({"api_url": "https://bill.example:https/connect"}, "api_url is not an address"),
        ({"api_url": "https://[bill/connect"}, "api_url is not an address"),
        ({"credentials_env": {"user": "X"}}, "credentials_env must be a mapping"),
        ({"since": "yesterday"}, "since is not a time"),
        ({"reenable": "perhaps"}, "reenable must be true or false"),
    ],
)
def test_source_with_a_wrong_option_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], message: str
) -> None:
    for name in list(os.environ):
        if name.startswith("BILL_"):
            monkeypatch.delenv(name)

    async def conversation() -> None:
        async with receiving(Queue(), tmp_path, **change):
            raise AssertionError("it started")

    with pytest.raises(Exception, match=message) as raised:
        asyncio.run(conversation())
    assert KEY not in str(raised.value)
    # pytest fails this test, and not a later one, if a job was made and never started.
    del raised
    gc.collect()


@pytest.mark.promise(21)
@pytest.mark.parametrize(
    ("metadata", "warning"),
    [
        ({"subscriptionId": "another"}, "not in subscription_ids"),
        ({"organizationId": "another"}, "not in organization_ids"),
        ({"organizationId": None}, "not in organization_ids"),
    ],
)
def test_source_with_an_event_of_somebody_else_answers_200_and_drops_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, metadata: dict[str, Any], warning: str
) -> None:
    async def conversation() -> list[str]:
        queue = Queue()
        async with receiving(queue, tmp_path, organization_ids=[ORGANIZATION]) as url:
            assert await post(url, body_of("foreign", **metadata)) == 200
            assert await post(url, body_of("ours")) == 200
            await until(lambda: not queue.empty())
        return queue.ids()

    assert asyncio.run(conversation()) == ["ours"]
    assert warning in caplog.text


@pytest.mark.promise(21)
def test_source_with_a_repeated_delivery_hands_the_event_over_once_also_after_a_restart(tmp_path: Path) -> None:
    async def conversation() -> list[str]:
        queue = Queue()
        for _start in range(2):
            async with receiving(queue, tmp_path) as url:
                assert [await post(url, body_of("event-1")) for _attempt in range(3)] == [200, 200, 200]
                await until(lambda: not queue.empty())
        return queue.ids()

    assert asyncio.run(conversation()) == ["event-1"]


@pytest.mark.promise(21)
def test_source_that_ends_before_the_rules_took_the_events_hands_them_over_at_the_next_start(tmp_path: Path) -> None:
    async def conversation() -> list[str]:
        ids = [f"event-{number}" for number in range(5)]
        slow = Queue(1)
        async with receiving(slow, tmp_path) as url:
            assert [await post(url, body_of(each)) for each in ids] == [200] * 5
            await until(slow.full)
        # BILL sends one of them again, because it did not get the answer.
        later = Queue()
        async with receiving(later, tmp_path) as url:
            assert await post(url, body_of("event-3")) == 200
            await until(lambda: later.qsize() == 4)
        return slow.ids() + later.ids()

    assert asyncio.run(conversation()) == ["event-0", "event-1", "event-2", "event-3", "event-4"]


@pytest.mark.promise(21)
def test_source_with_a_full_queue_answers_503_and_takes_the_event_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def conversation() -> list[str]:
        queue = Queue(1)
        async with receiving(queue, tmp_path, max_queue=2) as url:
            assert await post(url, body_of("event-0")) == 200
            await until(queue.full)
            assert [await post(url, body_of(f"event-{number}")) for number in (1, 2, 3)] == [200, 200, 503]
            # A duplicate needs no room.
            assert await post(url, body_of("event-1")) == 200
            ids = [(await queue.get())["meta"]["id"] for _each in range(3)]
            assert await post(url, body_of("event-3")) == 200
            return [*ids, (await queue.get())["meta"]["id"]]

    assert asyncio.run(conversation()) == ["event-0", "event-1", "event-2", "event-3"]
    assert "The queue is full" in caplog.text


FORMS: dict[str, Callable[[str], Any]] = {
    "an object": json.loads,
    "a text": lambda event: event,
    "an entry of the event list": lambda event: entry_of("event-1", UPDATED, payload=event),
    "an entry with an object": lambda event: entry_of("event-1", UPDATED, payload=json.loads(event)),
    "an entry as a text": lambda event: json.dumps(entry_of("event-1", UPDATED, payload=event)),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_source_reads_each_form_of_a_body(tmp_path: Path, form: Callable[[str], Any]) -> None:
    async def conversation() -> dict[str, Any]:
        queue = Queue(1)
        async with receiving(queue, tmp_path) as url:
            assert await post(url, json.dumps(form(body_of("event-1").decode())).encode()) == 200
            return await asyncio.wait_for(queue.get(), 10)

    event = asyncio.run(conversation())
    assert (event["meta"]["id"], event["meta"]["type"]) == ("event-1", "vendor.updated")
    assert event["payload"]["vendor"]["name"] == "Birch Paper Supply"


UNREADABLE = {
    "no JSON": b"{",
    "not UTF-8": b"\xff\xfe",
    "nothing": b"",
    "a list": b"[]",
    "a number": b"1",
    "a text that is no JSON": b'"hello"',
    "no metadata": b'{"vendor": {}}',
    "metadata of another type": b'{"metadata": []}',
    "no id": body_of(""),
    "an id of another type": body_of("x", eventId=5),
    "a very long id": body_of("x" * 300),
    "deeply nested": b"[" * 100_000,
    "a deeply nested entity": body_of("deep").replace(b'"00901VENDOR"', b"[" * 300 + b"]" * 300),
    "an id that is no text": body_of("lone \ud800 surrogate"),
    "not a number": body_of("nan").replace(b'"00901VENDOR"', b"NaN"),
    "a number that Python reads as infinity": body_of("huge").replace(b'"00901VENDOR"', b"-1e999"),
    "a payload that is no event": b'{"payload": "[]"}',
}


@pytest.mark.promise(21)
@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_source_with_a_signed_body_that_is_no_event_answers_200_and_keeps_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, body: bytes
) -> None:
    async def conversation() -> list[str]:
        queue = Queue()
        async with receiving(queue, tmp_path) as url:
            assert await post(url, body) == 200
            assert await post(url, body_of("event-1")) == 200
            await until(lambda: not queue.empty())
        return queue.ids()

    assert asyncio.run(conversation()) == ["event-1"]
    assert stored(tmp_path, "SELECT body FROM unreadable") == [(body,)]
    assert "is not an event" in caplog.text


def test_source_marks_unknown_and_stale_events_and_hands_them_over(tmp_path: Path) -> None:
    def changed_in(event_id: str, entity: dict[str, Any]) -> bytes:
        return json.dumps({**json.loads(body_of(event_id)), "vendor": entity}).encode()

    async def conversation() -> list[dict[str, Any]]:
        queue = Queue()
        async with receiving(queue, tmp_path, max_age=60) as url:
            bodies = [
                body_of("a type", "customer.created"),
                body_of("a version", version="2"),
                changed_in("old", {"createdTime": "2001-01-01T00:00:00.000Z"}),
                changed_in(
                    "new", {"createdTime": "2001-01-01T00:00:00.000Z", "updatedTime": "2999-01-01T00:00:00.000Z"}
                ),
                changed_in("no time", {"id": "00901"}),
                changed_in("a strange time", {"updatedTime": "yesterday"}),
            ]
            assert [await post(url, body) for body in bodies] == [200] * len(bodies)
            await until(lambda: queue.qsize() == len(bodies))
        return [queue.get_nowait()["meta"] for _each in bodies]

    metas = asyncio.run(conversation())
    assert [meta["id"] for meta in metas if not meta["known"]] == ["a type", "a version"]
    assert [meta["id"] for meta in metas if meta["stale"]] == ["old"]


async def raw(url: str, *parts: bytes, wait: float = 0.0) -> bytes:
    """Send bytes to the source, and read until it ends the connection."""
    port = urlsplit(url).port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await asyncio.sleep(wait)
        return await asyncio.wait_for(reader.read(), 30)
    except ConnectionError:
        return b""
    finally:
        writer.close()


def test_source_ends_the_connection_after_its_answer(tmp_path: Path) -> None:
    async def conversation() -> list[bytes]:
        async with receiving(Queue(), tmp_path) as url:
            body = body_of("event-1")
            return [await raw(url, head(body, len(body)) + body), await raw(url, head(b"", 4) + b"nope")]

    for answer, status in zip(asyncio.run(conversation()), (b"200", b"401"), strict=True):
        assert answer.startswith(b"HTTP/1.1 " + status)
        assert b"Connection: close" in answer


def test_receiver_with_a_mistake_of_its_own_answers_503_and_does_not_show_the_event(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class WrongInbox(Inbox):
        async def take(self, body: bytes) -> Outcome:
            raise ValueError(body)

    arguments = Arguments(
        {"subscription_ids": [SUBSCRIPTION], "state_dir": str(tmp_path), "port": 0, "security_keys": [KEY]}
    )

    async def conversation() -> int:
        inbox = arguments.inbox()
        with closing(EventStore.open(inbox.state_dir, max_ids=1000)) as store:
            serving = asyncio.ensure_future(Receiver(arguments.receiver(), WrongInbox(store, inbox)).serve())
            await until(lambda: "Listening for BILL: " in caplog.text)
            url = caplog.text.split("Listening for BILL: ")[1].split()[0]
            try:
                return await post(url, body_of("event-1"))
            finally:
                serving.cancel()
                await asyncio.wait([serving])

    assert asyncio.run(conversation()) == 503
    assert "A delivery could not be taken: ValueError. Report this." in caplog.text
    assert "Birch" not in caplog.text


def head(body: bytes, length: int) -> bytes:
    return f"POST /bill HTTP/1.1\r\nHost: x\r\nx-bill-sha-signature: {signature(body)}\r\nContent-Length: {length}\r\n\r\n".encode()


@pytest.mark.slow
@pytest.mark.promise(21)
def test_source_refuses_what_is_no_delivery(tmp_path: Path) -> None:
    async def conversation() -> list[str]:
        queue = Queue()
        async with receiving(queue, tmp_path, max_body=2048, read_seconds=1) as url:
            async with aiohttp.ClientSession() as session:
                for method, path, status in (
                    ("GET", "/bill", 405),
                    ("PUT", "/bill", 405),
                    ("POST", "/", 404),
                    ("POST", "/bill/x", 404),
                ):
                    async with session.request(method, url.removesuffix("/bill") + path) as response:
                        assert response.status == status
            large = b"x" * 4096
            assert await post(url, large) == 413

            async def chunks() -> Any:
                for _each in range(4):
                    yield large

            async with (
                aiohttp.ClientSession() as session,
                session.post(url, data=chunks(), headers=signed(large)) as response,
            ):
                assert response.status == 413
            # A compressed body is not unpacked, so it is not what was signed.
            packed = {"Content-Encoding": "gzip"}
            assert await post(url, b"not gzip", packed | signed(b"unpacked")) == 401
            body = body_of("slow")
            assert b" 408 " in await raw(url, head(body, len(body)), body[:10])
            # Not even the head comes.
            assert await raw(url, b"POST /bill HT") == b""
            assert b" 400 " in await raw(url, b"\x16\x03\x01 nonsense\r\n\r\n")
            assert await post(url, body_of("event-1")) == 200
            await until(lambda: not queue.empty())
        return queue.ids()

    assert asyncio.run(conversation()) == ["event-1"]


def test_source_with_a_certificate_speaks_https(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "authority")
    server = authority.good()
    context = ssl.create_default_context(cafile=authority.file)

    async def conversation() -> int:
        tls: dict[str, Any] = {
            "certfile": str(server.certificate),
            "keyfile": str(server.private_key),
            "read_seconds": 1,
        }
        async with receiving(Queue(), tmp_path / "state", **tls) as url:
            assert url.startswith("https://127.0.0.1:")
            # A stranger who never begins TLS.
            assert await raw(url) == b""
            body = body_of("event-1")
            async with (
                aiohttp.ClientSession() as session,
                session.post(url, data=body, headers=signed(body), ssl=context) as response,
            ):
                return response.status

    assert asyncio.run(conversation()) == 200


def test_source_uses_a_renewed_certificate_without_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    old, new = (Authority(tmp_path / name) for name in ("old", "new"))
    files = {"certfile": tmp_path / "fullchain.pem", "keyfile": tmp_path / "key.pem"}
    sleep = asyncio.sleep
    # A minute takes a moment.
    monkeypatch.setattr(asyncio, "sleep", lambda seconds: sleep(0.01 if seconds == 60 else seconds))

    def put(authority: Authority) -> None:
        issued = authority.good()
        files["certfile"].write_bytes(issued.certificate.read_bytes())
        files["keyfile"].write_bytes(issued.private_key.read_bytes())

    async def deliver(url: str, authority: Authority, number: int) -> int:
        body = body_of(f"event-{number}")
        context = ssl.create_default_context(cafile=authority.file)
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, data=body, headers=signed(body), ssl=context) as response,
        ):
            return response.status

    async def conversation() -> list[int]:
        paths = {name: str(path) for name, path in files.items()}
        async with receiving(Queue(), tmp_path / "state", **paths) as url:
            statuses = [await deliver(url, old, 1)]
            put(new)
            await until(lambda: "The source uses the renewed certificate." in caplog.text)
            return [*statuses, await deliver(url, new, 2)]

    put(old)
    assert asyncio.run(conversation()) == [200, 200]


def test_source_with_an_encrypted_key_does_not_ask_for_its_password(tmp_path: Path) -> None:
    server = Authority(tmp_path / "authority").good()
    key = serialization.load_pem_private_key(Path(server.private_key).read_bytes(), None)
    Path(server.private_key).write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"password-findme"),
        )
    )
    args = {
        "port": 0,
        "security_keys": [KEY],
        "subscription_ids": [SUBSCRIPTION],
        "state_dir": str(tmp_path / "state"),
        "certfile": str(server.certificate),
        "keyfile": str(server.private_key),
    }
    # The process opens the terminal as its own, so OpenSSL could ask there.
    program = (
        "import asyncio, json, os, runpy, sys; os.open(sys.argv[3], os.O_RDWR); "
        'asyncio.run(runpy.run_path(sys.argv[1])["main"](asyncio.Queue(), json.loads(sys.argv[2])))'
    )
    ours, terminal = os.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-c", program, str(FOLDER / "bill_webhook.py"), json.dumps(args), os.ttyname(terminal)],
            start_new_session=True,
            stdin=terminal,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    finally:
        os.close(terminal)
        os.close(ours)
    assert "The certificate cannot be loaded" in done.stderr


@pytest.mark.promise(21)
def test_source_takes_small_deliveries_without_a_length_while_strangers_send_large_bodies(tmp_path: Path) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield body_of("event-1")

    async def conversation() -> tuple[list[int], list[str]]:
        queue = Queue()
        # The strangers hold their connections for a minute, and BILL does not wait so long.
        async with receiving(queue, tmp_path, read_seconds=60) as url:
            strangers = []
            start = ["POST /bill HTTP/1.1", "Host: x", "Transfer-Encoding: chunked"]
            start += [f"x-bill-sha-signature: {signature(b'')}", "", "20000", "x" * 0x18000]
            for _each in range(40):
                _reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
                writer.write("\r\n".join(start).encode())
                await writer.drain()
                strangers.append(writer)
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(10)) as session,
                session.post(url, data=chunks(), headers=signed(body_of("event-1"))) as response,
            ):
                statuses = [response.status, await post(url, body_of("event-2"))]
            for writer in strangers:
                writer.close()
            await until(lambda: queue.qsize() == 2)
        return statuses, queue.ids()

    assert asyncio.run(conversation()) == ([200, 200], ["event-1", "event-2"])


def test_source_with_a_port_that_is_taken_does_not_start(tmp_path: Path) -> None:
    async def conversation() -> None:
        async with receiving(Queue(), tmp_path / "first") as url:
            port = urlsplit(url).port
            async with receiving(Queue(), tmp_path / "second", port=port):
                raise AssertionError("it started")

    with pytest.raises(Exception, match=r"cannot listen on 127\.0\.0\.1:\d+: .*in use"):
        asyncio.run(conversation())


def test_source_with_a_filter_that_fails_goes_on_and_tries_the_event_at_the_next_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class FailingQueue(Queue):
        async def put(self, item: dict[str, Any]) -> None:
            if item["meta"]["id"] == "event-1":
                raise ValueError("the filter has failed")
            await super().put(item)

    async def conversation() -> tuple[list[str], list[str]]:
        failing, later = FailingQueue(), Queue()
        async with receiving(failing, tmp_path) as url:
            assert [await post(url, body_of(f"event-{number}")) for number in (1, 2)] == [200, 200]
            await until(lambda: not failing.empty())
        async with receiving(later, tmp_path):
            await until(lambda: not later.empty())
        return failing.ids(), later.ids()

    assert asyncio.run(conversation()) == (["event-2"], ["event-1"])
    assert "The event event-1 was not handed over: ValueError" in caplog.text


def test_source_with_feedback_counts_an_event_as_handed_over_when_ansible_rulebook_confirms_it(tmp_path: Path) -> None:
    async def conversation() -> list[Any]:
        queue, feedback, later = Queue(), Queue(1), Queue()
        async with receiving(queue, tmp_path, feedback=True, eda_feedback_queue=feedback) as url:
            assert [await post(url, body_of(f"event-{number}")) for number in (1, 2)] == [200, 200]
            await until(lambda: not queue.empty())
            first = queue.get_nowait()
            # A filter has split the event, so another confirmation comes before.
            await feedback.put({"meta": {"id": "a part of it"}})
            await until(feedback.empty)
            assert queue.empty()
            await feedback.put(first)
            # The second event comes after the confirmation of the first, and is not confirmed.
            await until(lambda: not queue.empty())
        async with receiving(later, tmp_path):
            await until(lambda: not later.empty())
        return [first["meta"], queue.get_nowait()["meta"], later.get_nowait()["meta"]]

    first, second, again = asyncio.run(conversation())
    assert [first["id"], second["id"], again["id"]] == ["event-1", "event-2", "event-2"]
    # ansible-rulebook knows an event again by this value.
    assert first["uuid"] != second["uuid"] == again["uuid"]


@pytest.mark.slow
def test_source_with_the_store_of_a_running_source_does_not_start(tmp_path: Path) -> None:
    async def conversation() -> None:
        async with receiving(Queue(), tmp_path), receiving(Queue(), tmp_path):
            raise AssertionError("both started")

    with pytest.raises(Exception, match="Another event source uses the store"):
        asyncio.run(conversation())


@pytest.mark.promise(21)
def test_source_waits_until_the_source_before_it_has_ended(tmp_path: Path) -> None:
    async def conversation() -> int:
        store = EventStore.open(tmp_path, max_ids=1000)
        # When a rulebook is loaded again, the old source ends a moment after the start of the new one.
        asyncio.get_running_loop().call_later(0.1, store.close)
        async with receiving(Queue(), tmp_path) as url:
            return await post(url, body_of("event-1"))

    assert asyncio.run(conversation()) == 200


def test_source_makes_its_store_for_its_own_user_only(tmp_path: Path) -> None:
    async def conversation() -> None:
        async with receiving(Queue(), tmp_path / "state") as url:
            await post(url, body_of("event-1"))
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "state").iterdir()}
            assert modes.pop("events.sqlite3") == 0o600
            assert set(modes.values()) <= {0o600}
            assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700

    asyncio.run(conversation())


def test_source_with_a_damaged_store_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "events.sqlite3").write_bytes(b"this is no database" * 1000)

    async def conversation() -> None:
        async with receiving(Queue(), tmp_path):
            raise AssertionError("it started")

    with pytest.raises(Exception, match="cannot be used: .*Check the folder in state_dir"):
        asyncio.run(conversation())
