# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control interface of webhook deliveries, as paths below /control/webhooks. README.md explains each path."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict

from .who import TheEmulator

router = APIRouter(prefix="/webhooks")


class Which(BaseModel):
    model_config = ConfigDict(extra="forbid")

    events: list[str] = []


async def until_the_end(deliveries: Awaitable[None]) -> None:
    """Wait for deliveries, but not longer than the emulator runs. Without this, uvicorn reports the call as a bug."""
    try:
        await deliveries
    except asyncio.CancelledError:
        raise HTTPException(503, "the emulator ends") from None


@router.get("")
async def deliveries(emulator: TheEmulator) -> dict[str, Any]:
    known = emulator.webhooks.deliveries
    return {
        "paused": known.is_paused,
        "pending": known.pending,
        "deliveries": [one.shown() for one in known.everything],
    }


@router.post("/pause")
async def pause(emulator: TheEmulator) -> dict[str, Any]:
    emulator.webhooks.deliveries.pause()
    return await deliveries(emulator)


@router.post("/resume")
async def resume(emulator: TheEmulator) -> dict[str, Any]:
    emulator.webhooks.deliveries.resume()
    return await deliveries(emulator)


@router.post("/deliver")
async def deliver(which: Which, emulator: TheEmulator) -> dict[str, Any]:
    """Send the given events in this order, or all that are due, and wait until nothing is in flight."""
    events = [event for id_ in which.events if (event := emulator.webhooks.event(id_)) is not None]
    if len(events) < len(which.events):
        raise HTTPException(404, "there is no such event")
    known = emulator.webhooks.deliveries
    await until_the_end(known.send(events) if events else known.send_due())
    return await deliveries(emulator)
