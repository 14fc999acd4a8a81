# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Creates what a request needs in addition to its session: the connection, the guard of the proxy, and the limits.

Private to bill.connect. This module imports the library requests. Tasks that always send a request import it in the main process of
Ansible, once for all workers. For other tasks, late_exchange.py imports it.
"""

from __future__ import annotations

from .._core.base_url import BaseUrl
from .._limits.concurrency_limiter import ConcurrencyLimiter
from .._limits.rate_limiter import RateLimiter, Reservations
from .._limits.request_limits import RequestLimits
from .._store.cipher import EntryIdentity
from .._store.encrypted_entry import EncryptedEntry
from .late_exchange import ExchangeParts
from .proxy_guard import ProxyGuard


def open_exchange(base_url: BaseUrl, parts: ExchangeParts) -> ProxyGuard:
    return ProxyGuard(
        base_url,
        parts.settings,
        _limits(parts),
        store=parts.store,
        clock=parts.clock,
        run=parts.run,
        asker=parts.asker,
        force=parts.force,
    )


def _limits(parts: ExchangeParts) -> RequestLimits:
    api_url, method = parts.api.url, parts.method
    caller = EntryIdentity.of(
        {"api_url": api_url, **{name: method.values[name] for name in method.quota_options}, "kind": "slots"}
    )
    reservations = EncryptedEntry(
        Reservations,
        EntryIdentity.of({"api_url": api_url, **method.quota, "kind": "calls of the minute"}),
        parts.store,
        # The lock of the session already warns about an unusable store.
        lambda _text: None,
    )
    return RequestLimits(
        ConcurrencyLimiter(caller, parts.store, parts.settings.timeout, parts.own_clock),
        RateLimiter(reservations, parts.clock, parts.reporter),
    )
