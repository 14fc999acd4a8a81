# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An exchange that is created when its first request goes out.

Private to bill.connect. A task with a stored session sends nothing. The library requests, the limits and the proxy are only for requests,
and their imports take longer than such a task.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from .._auth.methods import AuthMethod
from .._core.asker import Asker
from .._core.base_url import BaseUrl
from .._core.clock import Clock
from .._core.late_import import LateImport
from .._core.reporter import Reporter
from .._core.run import Run
from .._http.base import HttpSettings
from .._http.messages import HttpRequest, RawResponse
from .._store.base import Store

if TYPE_CHECKING:
    from .proxy_guard import ProxyGuard

# The module that imports the library requests.
EXCHANGE_FACTORY = LateImport(f"{__name__.rpartition('.')[0]}.exchange_factory")


@dataclass(frozen=True)
class ExchangeParts:
    """What the exchanges of one credential are made from.

    - ``api`` is the base URL of BILL's API. The limits belong to it, also for requests to another base URL.
    - ``store`` is shared by all tasks of the run. ``clock`` is its clock, and ``own_clock`` that of this machine.
    - With ``force``, the password of a proxy is sent even if the proxy has just rejected it.
    """

    api: BaseUrl
    method: AuthMethod
    settings: HttpSettings
    store: Store
    clock: Clock
    own_clock: Clock
    reporter: Reporter
    run: Run
    asker: Asker
    force: bool


class LateExchange:
    """An exchange of these parts with one base URL."""

    def __init__(self, base_url: BaseUrl, parts: ExchangeParts) -> None:
        self.base_url = base_url
        self._parts = parts

    @cached_property
    def opened(self) -> ProxyGuard:
        exchange: ProxyGuard = EXCHANGE_FACTORY.module().open_exchange(self.base_url, self._parts)
        return exchange

    def at(self, base_url: BaseUrl) -> LateExchange:
        return LateExchange(base_url, self._parts)

    def keep_alive(self) -> AbstractContextManager[None]:
        """Use one connection for all requests inside the context. The context is for reads only."""
        return self.opened.keep_alive()

    def exchange(self, request: HttpRequest) -> RawResponse:
        return self.opened.exchange(request)
