# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Genuine deliveries while the source is killed and started again."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.unit.extensions.sources import FOLDER, KEY, SUBSCRIPTION, body_of, signed, until


class Killed:
    """A source in a process of its own, which the test kills at any time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        self.url = ""
        self.log: list[str] = []

    async def start(self, **changes: Any) -> None:
        args = {
            "port": 0,
            "security_keys": [KEY],
            "subscription_ids": [SUBSCRIPTION],
            "state_dir": str(self._folder / "state"),
            **changes,
        }
        script = Path(__file__).with_name("rulebook_process.py")
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(script), str(FOLDER / "bill_webhook.py"), str(self._folder), json.dumps(args)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        self.url = ""
        self._reading = asyncio.ensure_future(self._read_log(self._process))
        await until(lambda: bool(self.url) or self._reading.done())
        assert self.url, self.log

    async def kill(self) -> None:
        assert self._process
        self._process.kill()
        await self._process.wait()
        await self._reading

    def memory(self) -> float:
        """The most memory that the process has had, in MiB."""
        assert self._process
        status = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))

    def notes(self, name: str) -> list[str]:
        file = self._folder / name
        return file.read_text().split() if file.exists() else []

    async def _read_log(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout
        async for line in process.stdout:
            self.log.append(line.decode().strip())
            if self.log[-1].startswith("Listening for BILL: "):
                self.url = self.log[-1].removeprefix("Listening for BILL: ")


async def deliver(source: Killed, session: aiohttp.ClientSession, event_id: str) -> None:
    """Send one event until the answer is 200, as BILL does."""
    body = body_of(event_id)
    while True:
        with suppress(aiohttp.ClientError, OSError):
            async with session.post(source.url, data=body, headers=signed(body)) as response:
                if response.status == 200:
                    return
        await asyncio.sleep(0.02)


@pytest.mark.promise(21)
@pytest.mark.parametrize(("events", "kills"), [(100, 1), pytest.param(5000, 6, marks=pytest.mark.slow)])
def test_source_that_is_killed_hands_each_event_over_once(tmp_path: Path, events: int, kills: int) -> None:
    order = random.Random(1)
    waiting = [f"event-{number}" for number in range(events)]
    # BILL repeats some of them.
    waiting += order.sample(waiting, events // 10)
    order.shuffle(waiting)

    async def conversation() -> tuple[Killed, list[str]]:
        source = Killed(tmp_path)
        await source.start()
        last_put = []

        async def deliveries(session: aiohttp.ClientSession) -> None:
            while waiting:
                await deliver(source, session, waiting.pop())

        async def fewer_than(number: float) -> None:
            await until(lambda: len(waiting) <= number)

        async def killing() -> None:
            for left in range(kills, 0, -1):
                await fewer_than(len(waiting) * (1 - order.uniform(0.2, 0.8) / left))
                await source.kill()
                last_put.append(source.notes("put")[-1])
                await source.start()

        async with aiohttp.ClientSession() as session:
            await asyncio.gather(killing(), *(deliveries(session) for _each in range(4)))
        await until(lambda: len(set(source.notes("put"))) == events)
        # The last event is seen a moment after it is put.
        await until(lambda: source.notes("put")[-1] == source.notes("seen")[-1])
        await source.kill()
        return source, last_put

    source, last_put = asyncio.run(conversation())
    put, seen = Counter(source.notes("put")), Counter(source.notes("seen"))
    # None is lost.
    assert set(put) == {f"event-{number}" for number in range(events)}
    # No rule saw one twice.
    assert max(seen.values()) == 1
    # At most the event that was just put when the source was killed is put again, and then no rule had seen it.
    repeated = [event for event, times in put.items() if times > 1]
    assert set(repeated) <= set(last_put)
    # What was in the memory of a killed process is at most one event for each kill.
    assert len(set(put) - set(seen)) <= kills
