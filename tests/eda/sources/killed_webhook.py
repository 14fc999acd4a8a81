# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The source bill_webhook in a process that is killed at an exact moment.

It stands between ansible-rulebook and the source: it passes the events on, and the confirmations. The file ``kill`` in the present folder
names the moment. Then the process kills itself, and the file is gone:

- ``handed over``: ansible-rulebook has the event in its memory, and the source has not marked it yet.
- ``marked``: without feedback, the source has marked the event, and no action has begun.
- ``confirmed``: ansible-rulebook has confirmed the event, and the source does not know it yet.

It also writes a line to the log when the source has marked an event as handed over.
"""

from __future__ import annotations

import asyncio
import logging
import os
import runpy
import signal
from pathlib import Path
from typing import Any

_KILL = Path("kill")
_logger = logging.getLogger(__name__)


def _kill_if(moment: str) -> None:
    if _KILL.exists() and _KILL.read_text() == moment:
        _KILL.unlink()
        os.kill(os.getpid(), signal.SIGKILL)


def _after_the_mark(event: dict[str, Any]) -> None:
    _kill_if("marked")
    _logger.warning("marked %s", event["meta"]["id"])


class _Events:
    def __init__(self, queue: Any, *, feedback: bool) -> None:
        self._queue = queue
        self._feedback = feedback

    async def put(self, item: dict[str, Any]) -> None:
        await self._queue.put(item)
        _kill_if("handed over")
        if not self._feedback:
            # The source marks the event in this step of the event loop.
            asyncio.get_running_loop().call_soon(_after_the_mark, item)


class _Confirmations:
    def __init__(self, queue: Any) -> None:
        self._queue = queue

    async def get(self) -> Any:
        confirmed = await self._queue.get()
        _kill_if("confirmed")
        # The source marks the event in this step of the event loop.
        asyncio.get_running_loop().call_soon(_after_the_mark, confirmed)
        return confirmed


async def main(queue: Any, args: dict[str, Any]) -> None:
    """Run bill_webhook. Its file is in the argument ``source``."""
    source = args.pop("source")
    feedback = "eda_feedback_queue" in args
    if feedback:
        args["eda_feedback_queue"] = _Confirmations(args["eda_feedback_queue"])
    await runpy.run_path(source)["main"](_Events(queue, feedback=feedback), args)
