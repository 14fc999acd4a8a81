# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control interface of webhook deliveries, as paths below /control/webhooks. README.md explains each path."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict

from .who import TheEmulator

router = APIRouter(prefix="/webhooks")


class Which(BaseModel):
    model_config = ConfigDict(extra="forbid")

    events: list[str] = []


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
    events = [emulator.webhooks.event(id_) for id_ in which.events]
    if None in events:
        raise HTTPException(404, "there is no such event")
    for event in events:
        if event is not None:
            await emulator.webhooks.deliveries.send(event)
    if events:
        await emulator.webhooks.deliveries.quiet()
    else:
        await emulator.webhooks.deliveries.send_due()
    return await deliveries(emulator)
