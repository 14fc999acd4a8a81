# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A process that runs an event source as ansible-rulebook does, and notes what it got. A test kills it.

Arguments: the file of the source, a folder for the notes, and the arguments of the source as JSON. The file ``put`` has the ids that the source
has put into the queue, and ``seen`` those that a rule has seen: the consumer is a task of its own, as in ansible-rulebook.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import runpy
import sys
from pathlib import Path
from typing import Any


class NotingQueue(asyncio.Queue[dict[str, Any]]):
    """The queue of ansible-rulebook. It notes each event before ``put`` returns."""

    def __init__(self, notes: Path) -> None:
        super().__init__(1)
        self._file = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    async def put(self, item: dict[str, Any]) -> None:
        await super().put(item)
        # What is written survives the end of the process.
        os.write(self._file, f"{item['meta']['id']}\n".encode())


async def consume(queue: NotingQueue, notes: Path) -> None:
    file = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    while True:
        event = await queue.get()
        os.write(file, f"{event['meta']['id']}\n".encode())


async def run(source: str, notes: Path, args: dict[str, Any]) -> None:
    queue = NotingQueue(notes / "put")
    await asyncio.gather(consume(queue, notes / "seen"), runpy.run_path(source)["main"](queue, args))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
    asyncio.run(run(sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3])))
