# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts the parts of a source together, and runs them. Private to bill.connect."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from contextlib import AsyncExitStack, closing
from typing import Any

from .bill_api import BillApi
from .certificate import Certificate
from .errors import OptionError, StoreInUseError
from .event_list import EventListReader
from .inbox import Inbox, Queue
from .notices import logger
from .options import Account, Arguments, InboxOptions, ListOptions, ReceiverOptions
from .receiver import Receiver
from .store import EventStore

# When a rulebook is loaded again, the old source may still be about to end.
_STORE_ATTEMPTS = 10
_STORE_SECONDS = 0.5


async def receive(queue: Queue, args: Mapping[str, Any]) -> None:
    """Receive BILL's deliveries until the task is cancelled. Raises SourceError."""
    arguments = Arguments(args)
    inbox, receiver = arguments.inbox(), arguments.receiver()
    account, event_list = arguments.account(), arguments.event_list(300)
    arguments.finish()
    if account is None:
        logger.warning(
            "The source does not read BILL's event list, so it does not find events that BILL could not deliver. Give environment or api_url."
        )
    await _run(queue, args, inbox, receiver=receiver, account=account, event_list=event_list)


async def poll(queue: Queue, args: Mapping[str, Any]) -> None:
    """Read BILL's event list again and again until the task is cancelled. Raises SourceError."""
    arguments = Arguments(args)
    inbox, account, event_list = arguments.inbox(), arguments.account(), arguments.event_list(60)
    arguments.finish()
    if account is None:
        raise OptionError("environment or api_url is missing. The source needs one of them to read BILL's event list.")
    await _run(queue, args, inbox, receiver=None, account=account, event_list=event_list)


async def _run(
    queue: Queue,
    args: Mapping[str, Any],
    inbox_options: InboxOptions,
    *,
    receiver: ReceiverOptions | None,
    account: Account | None,
    event_list: ListOptions,
) -> None:
    # Whatever can fail comes before the first job, because a job that never starts is a fault of its own.
    certificate = Certificate(receiver.certfile, receiver.keyfile) if receiver and receiver.certfile else None
    async with AsyncExitStack() as stack:
        store = stack.enter_context(closing(await _open_store(inbox_options)))
        inbox = Inbox(store, inbox_options)
        if account and account.foreign_host:
            logger.warning("The credentials go to %s, which is not a host of BILL (api_url).", account.foreign_host)
        api = await stack.enter_async_context(BillApi(account)) if account else None
        jobs = [inbox.hand_over(queue, args.get("eda_feedback_queue")), inbox.prune()]
        if receiver:
            jobs.append(Receiver(receiver, inbox, certificate.context if certificate else None).serve())
        if certificate:
            jobs.append(certificate.watch())
        if api:
            reader = EventListReader(
                api, inbox, store, options=event_list, subscription_ids=inbox_options.subscription_ids
            )
            jobs.append(reader.read_forever())
        await _run_together(jobs)


async def _open_store(options: InboxOptions) -> EventStore:
    for _attempt in range(_STORE_ATTEMPTS):
        try:
            return EventStore.open(options.state_dir, max_ids=options.max_ids)
        except StoreInUseError:
            await asyncio.sleep(_STORE_SECONDS)
    return EventStore.open(options.state_dir, max_ids=options.max_ids)


async def _run_together(jobs: list[Coroutine[Any, Any, None]]) -> None:
    """Run until one job fails, or all end. Then no job is left. Raises what the job raised."""
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        done, _others = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
