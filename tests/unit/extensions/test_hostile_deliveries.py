# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Thousands of forged, cut, replayed, oversized, slow and malformed deliveries: none gets in, and none stops the source."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.unit.extensions.sources import body_of, post, signature, until
from tests.unit.extensions.test_killed_source import Killed

MAX_BODY = 64 * 1024


def request(body: bytes, *headers: str, length: int | None = None, method: str = "POST", path: str = "/bill") -> bytes:
    size = len(body) if length is None else length
    return (
        "\r\n".join([f"{method} {path} HTTP/1.1", "Host: x", f"Content-Length: {size}", *headers, "", ""]).encode()
        + body
    )


def with_signature(body: bytes, value: str, length: int | None = None) -> bytes:
    return request(body, f"x-bill-sha-signature: {value}", length=length)


def chunked(body: bytes, value: str) -> bytes:
    head = f"POST /bill HTTP/1.1\r\nHost: x\r\nx-bill-sha-signature: {value}\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head.encode() + f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"


FORGED = body_of("forged")
GENUINE = body_of("genuine")
LARGE = b"x" * (MAX_BODY + 1)


def cut(body: bytes, random: random.Random) -> bytes:
    return body[: random.randrange(len(body))]


def changed(body: bytes, random: random.Random) -> bytes:
    place = random.randrange(len(body))
    return body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]


def nonsense(random: random.Random) -> bytes:
    body = random.choice(
        [b"{", b"[]", b"\xff", b"null", b"[" * 60_000, b'{"metadata":{"eventId":"forged"}}', random.randbytes(50)]
    )
    return with_signature(body, signature(body))


def foreign() -> bytes:
    body = body_of("forged", subscriptionId="another")
    return with_signature(body, signature(body))


Make = Callable[[random.Random], bytes]
NONE = {"", "400"}
# What somebody sends on one connection, and the statuses that are right. None of this is a new event.
HOSTILE: dict[str, tuple[Make, set[str]]] = {
    "no signature": (lambda _: request(FORGED), {"401"}),
    "another signature": (lambda random: with_signature(FORGED, signature(random.randbytes(8))), {"401"}),
    "another key": (lambda random: with_signature(FORGED, signature(FORGED, f"key-{random.random()}")), {"401"}),
    "a random header": (lambda random: with_signature(FORGED, random.randbytes(30).hex()), {"401"}),
    "one changed bit": (lambda random: with_signature(changed(FORGED, random), signature(FORGED)), {"401"}),
    "a cut body": (lambda random: with_signature(cut(FORGED, random), signature(FORGED)), {"401"}),
    "a body that never ends": (
        lambda random: with_signature(cut(FORGED, random), signature(FORGED), length=9999),
        {"408"},
    ),
    "a replayed delivery": (lambda _: with_signature(GENUINE, signature(GENUINE)), {"200"}),
    "a replayed delivery in chunks": (lambda _: chunked(GENUINE, signature(GENUINE)), {"200"}),
    "a large body": (lambda _: with_signature(LARGE, signature(LARGE)), {"413", ""}),
    "a large body in chunks": (lambda _: chunked(LARGE, signature(LARGE)), {"413", ""}),
    "a huge length": (lambda _: with_signature(FORGED, signature(FORGED), length=10**15), {"413"}),
    "a negative length": (lambda _: with_signature(FORGED, signature(FORGED), length=-1), NONE),
    "two lengths": (lambda _: with_signature(FORGED, f"{signature(FORGED)}\r\nContent-Length: 3"), NONE),
    "long headers": (
        lambda random: request(FORGED, *(f"h{n}: {'x' * 8500}" for n in range(random.randrange(1, 200)))),
        NONE,
    ),
    "random bytes": (lambda random: random.randbytes(random.randrange(1, 5000)), NONE),
    "a cut head": (lambda random: with_signature(FORGED, "x")[: random.randrange(1, 60)], {""}),
    "another method": (lambda _: request(FORGED, method="DELETE"), {"405"}),
    "another path": (lambda random: request(FORGED, path=f"/{random.random()}"), {"404"}),
    "signed nonsense": (nonsense, {"200"}),
    "an event of somebody else": (lambda _: foreign(), {"200"}),
}


async def send(url: str, what: bytes) -> str:
    """The status that somebody gets for these bytes. Empty if the source just ends the connection."""
    answer = b""
    with suppress(OSError):
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
        writer.write(what)
        with suppress(OSError):
            answer = await asyncio.wait_for(reader.read(), 60)
        writer.close()
    return answer[9:12].decode("ascii", errors="replace")


@pytest.mark.slow
def test_source_with_many_large_bodies_at_once_reads_only_some_of_them(tmp_path: Path) -> None:
    async def conversation() -> float:
        source = Killed(tmp_path)
        await source.start(read_seconds=60, max_body=4 * 2**20)
        assert await post(source.url, GENUINE) == 200
        before = source.memory()
        strangers = []

        async def begin() -> None:
            _reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(source.url).port)
            strangers.append(writer)
            writer.write(with_signature(b"x" * (4 * 2**20 - 1), signature(FORGED), length=4 * 2**20))
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(writer.drain(), 1)

        await asyncio.gather(*(begin() for _each in range(50)))
        # The source answers others. It goes on reading until it has what it wants to read.
        for number in range(20):
            assert await post(source.url, body_of(f"event-{number}")) == 200
            await asyncio.sleep(0.1)
        grown = source.memory() - before
        for writer in strangers:
            writer.transport.abort()
        await source.kill()
        return grown

    # They have sent 200 MiB. Sixteen bodies may be in memory, and less than 1 MiB of each other one.
    assert asyncio.run(conversation()) < 160


@pytest.mark.promise(21)
@pytest.mark.parametrize("count", [100, pytest.param(10_000, marks=pytest.mark.slow)])
def test_source_with_hostile_deliveries_takes_only_the_genuine_ones(tmp_path: Path, count: int) -> None:
    chance = random.Random(1)
    kinds = [chance.choice(list(HOSTILE)) for _each in range(count)]
    genuine = [f"event-{number}" for number in range(count // 20)]
    wrong: Counter[tuple[str, str]] = Counter()

    async def conversation() -> Killed:
        source = Killed(tmp_path)
        await source.start(max_body=MAX_BODY, read_seconds=1)
        assert await post(source.url, GENUINE) == 200
        waiting = [*kinds, *genuine]
        chance.shuffle(waiting)
        before = source.memory()

        async def stranger() -> None:
            while waiting:
                what = waiting.pop()
                if what not in HOSTILE:
                    assert await post(source.url, body_of(what)) == 200
                    continue
                make, right = HOSTILE[what]
                status = await send(source.url, make(chance))
                wrong[what, status] += status not in right

        await asyncio.gather(*(stranger() for _each in range(100)))
        await until(lambda: len(source.notes("put")) == len(genuine) + 1)
        assert source.memory() - before < 64
        await source.kill()
        return source

    source = asyncio.run(conversation())
    assert +wrong == Counter()
    assert sorted(source.notes("put")) == sorted([*genuine, "genuine"])
    # Strangers cannot fill the log: it has some kinds of warnings, each once a minute.
    assert len(source.log) < 40
    assert "findme" not in "".join(source.log)
