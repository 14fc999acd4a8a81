# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sends one HTTP request and returns the raw response before a deadline.

Private to bill.connect.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from queue import SimpleQueue

from .._core.base_url import BaseUrl
from .._core.errors import TlsError, TransportError, note_sent
from .._core.run import Run, UnwatchedRun
from .abortable_adapter import AbortableAdapter
from .base import HttpSettings, Limits, NoLimits
from .http_sender import THREAD_NAME, HttpSender, requests_library
from .messages import HttpRequest, RawResponse
from .proxy import Proxy
from .transport_errors import TransportErrors


class HttpExchange:
    """Exchanges through the library requests. Each exchange has its own connection, except inside ``keep_alive``.

    The wait for ``limits`` is not part of the timeout. Nothing is sent after ``run`` is over. The usual environment variables name the
    proxies.
    """

    def __init__(
        self, base_url: BaseUrl, settings: HttpSettings, limits: Limits | None = None, run: Run | None = None
    ) -> None:
        self.base_url = base_url
        self.settings = settings
        self.limits = limits or NoLimits()
        self.run = run or UnwatchedRun()
        self.errors = TransportErrors(base_url.host, settings.timeout, settings.ca_path, base_url.option)
        self._sender = HttpSender(base_url, settings, self.errors)
        self._keeps_alive = False
        self._adapter: AbortableAdapter | None = None
        self._thread: _ExchangeThread | None = None

    @property
    def proxy(self) -> Proxy | None:
        """The proxy for the base URL. None if there is none. Raises OptionError if its address cannot be used."""
        return self._sender.proxy

    def at(self, base_url: BaseUrl) -> HttpExchange:
        return HttpExchange(base_url, self.settings, self.limits, self.run)

    @contextmanager
    def keep_alive(self) -> Iterator[None]:
        """Use one connection for all requests inside the context.

        Do not use it for a write. An idle connection may be closed, and the client may notice this only after it has sent the write.
        """
        self._keeps_alive = True
        try:
            yield
        finally:
            self._keeps_alive = False
            self._close()

    def exchange(self, request: HttpRequest) -> RawResponse:
        # The timeout of requests starts again with every packet and does not cover the DNS look-up. Therefore the exchange runs in a thread.
        # This method aborts the connection at the deadline, or when Ansible ends the task.
        requests_library()
        # An address of a proxy that cannot be used is reported before the request waits for its slot.
        _proxy = self.proxy
        adapter: AbortableAdapter | None = None
        try:
            self.run.end_if_over()
            with ExitStack() as held:
                held.enter_context(self.limits.slot(request.target))
                adapter = self._adapter or AbortableAdapter(self.run)
                if self._keeps_alive:
                    self._adapter = adapter
                pending = _Pending(self._sender, adapter, request, held.pop_all(), keep_open=self._keeps_alive)
            return self._outcome(pending, adapter)
        except BaseException as error:
            # This includes exceptions of Ansible, which can end a task at any point. Nothing is sent while a request waits for its slot.
            is_sent = adapter is not None and adapter.connected
            note_sent(error, is_sent)
            if isinstance(error, (TransportError, TlsError)):
                error.not_processed = not is_sent
            raise

    def _outcome(self, pending: _Pending, adapter: AbortableAdapter) -> RawResponse:
        try:
            # A list has one thread for all its pages, because the start of a thread takes a part of the time of a page.
            if self._thread is None:
                self._thread = _ExchangeThread()
                self._thread.start_with(pending)
            else:
                self._thread.run_soon(pending)
            if not self._keeps_alive:
                self._end_thread()
            pending.wait(self.settings.timeout)
        finally:
            # Check this before the abort, because an aborted connection can look like the end of a response.
            is_late = not pending.is_done
            if is_late:
                adapter.abort()
                self._adapter = None
                self._end_thread()
        if is_late:
            raise self._sender.timed_out(adapter)
        try:
            return pending.outcome()
        except BaseException:
            # The connection may be broken. The next exchange opens a new one.
            self._close()
            raise

    def _close(self) -> None:
        if self._adapter and self._adapter.http:
            self._adapter.http.close()
        self._adapter = None
        self._end_thread()

    def _end_thread(self) -> None:
        """Let the thread end as soon as its exchange has ended. A DNS look-up may continue after the deadline."""
        if self._thread:
            self._thread.end_soon()
        self._thread = None


class _Pending:
    """One exchange, which another thread runs. It holds its slot until the exchange has ended."""

    def __init__(
        self, sender: HttpSender, adapter: AbortableAdapter, request: HttpRequest, held: ExitStack, *, keep_open: bool
    ) -> None:
        self.held = held
        self._sender = sender
        self._keep_open = keep_open
        self._adapter = adapter
        self._request = request
        self._response: RawResponse | None = None
        self._error: BaseException | None = None
        # This lock is taken until the exchange has ended.
        self._running = threading.Lock()
        self._running.acquire()

    def run(self) -> None:
        try:
            with self.held:
                try:
                    self._response = self._sender.send(self._adapter, self._request, keep_open=self._keep_open)
                except BaseException as error:
                    self._error = error
        finally:
            self._running.release()

    def wait(self, timeout: float) -> None:
        """Wait until the exchange has ended, but at most ``timeout`` seconds."""
        self._running.acquire(timeout=timeout)

    @property
    def is_done(self) -> bool:
        return self._response is not None or self._error is not None

    def outcome(self) -> RawResponse:
        """The response. Raises the error of the exchange if there is no response."""
        if self._response is not None:
            return self._response
        raise self._error or AssertionError("unreachable: the exchange is done")


class _ExchangeThread(threading.Thread):
    """Runs exchanges, one after the other."""

    def __init__(self) -> None:
        super().__init__(name=THREAD_NAME, daemon=True)
        self._exchanges: SimpleQueue[_Pending | None] = SimpleQueue()

    def start_with(self, pending: _Pending) -> None:
        """Start the thread and this exchange. If it cannot start, the slot of the exchange is released, and TransportError is raised."""
        self.run_soon(pending)
        try:
            self.start()
        except RuntimeError:
            pending.held.close()
            raise TransportError(
                "bill.connect could not start a thread to send the request, so it sent nothing. The limit of processes and threads is used "
                "up. Use fewer forks, or raise the limit (ulimit -u, or the limit of the container)."
            ) from None

    def run_soon(self, pending: _Pending) -> None:
        self._exchanges.put(pending)

    def end_soon(self) -> None:
        """End after the exchanges that are not complete."""
        self._exchanges.put(None)

    def run(self) -> None:
        while pending := self._exchanges.get():
            pending.run()
