# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many deliveries the event source bill_webhook takes, compared with a handler of aiohttp that does nothing."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.benchmarks.conftest import Often, Report
from tests.benchmarks.figures import Figure, Target, ratios
from tests.unit.extensions import rulebook_process
from tests.unit.extensions.sources import FOLDER, KEY, PREVIOUS_KEY, SUBSCRIPTION, body_of, signed

# It ends each connection, as the source does.
NOTHING = """
import asyncio
from aiohttp import web

async def answer(request):
    await request.read()
    response = web.Response()
    response.force_close()
    return response

async def run():
    application = web.Application()
    application.router.add_post("/bill", answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"Listening for BILL: http://127.0.0.1:{runner.addresses[0][1]}/bill", flush=True)
    await asyncio.Event().wait()

asyncio.run(run())
"""
DELIVERIES = 1000
AT_THE_SAME_TIME = 8


@dataclass(frozen=True)
class Server:
    """A process that takes deliveries. It runs on one processor."""

    process: subprocess.Popen[str]
    url: str

    def processor_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().split()
        return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(*arguments: str) -> Iterator[Server]:
    with subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, text=True) as process:
        os.sched_setaffinity(process.pid, {min(os.sched_getaffinity(0))})
        assert process.stdout
        said = next((line for line in process.stdout if line.startswith("Listening for BILL: ")), "")
        try:
            yield Server(process, said.split(": ")[1].strip())
        finally:
            process.kill()


async def deliver(url: str, first: int) -> None:
    """Send genuine deliveries. The numbers of their ids begin with ``first``."""
    bodies = [body_of(f"event-{number}") for number in range(first, first + DELIVERIES)]
    waiting = [(body, signed(body)) for body in bodies]

    async def send(session: aiohttp.ClientSession) -> None:
        while waiting:
            body, headers = waiting.pop()
            async with session.post(url, data=body, headers=headers) as response:
                assert response.status == 200

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(send(session) for _each in range(AT_THE_SAME_TIME)))


def test_deliveries_compared_with_a_handler_that_does_nothing(tmp_path: Path, often: Often, report: Report) -> None:
    args = {
        "port": 0,
        "security_keys": [KEY, PREVIOUS_KEY],
        "subscription_ids": [SUBSCRIPTION],
        "state_dir": str(tmp_path / "state"),
    }
    source = (str(rulebook_process.__file__), str(FOLDER / "bill_webhook.py"), str(tmp_path), json.dumps(args))
    used: dict[str, list[float]] = {"nothing": [], "source": []}
    rates = []
    with serving("-c", NOTHING) as nothing, serving(*source) as ours:
        for number in range(often(7)):
            for name, server in (("nothing", nothing), ("source", ours)):
                before, start = server.processor_seconds(), time.perf_counter()
                asyncio.run(deliver(server.url, number * DELIVERIES))
                rate = DELIVERIES / (time.perf_counter() - start)
                used[name].append(server.processor_seconds() - before)
            rates.append(rate)
    report(
        Figure(
            "Processor time of a delivery to bill_webhook",
            "a handler of aiohttp that does nothing",
            ratios(used["source"], used["nothing"]),
            Target(5),
        ),
        Figure(
            "Deliveries to bill_webhook, on one processor",
            "nothing",
            rates,
            Target(200, is_least=True),
            unit="a second",
        ),
    )
