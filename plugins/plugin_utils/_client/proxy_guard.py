# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sends the password of a proxy once if the proxy rejects it.

Private to bill.connect. A company's proxy often checks the password of a person, and a repeated wrong password locks the account of that
person.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from .._auth.cached_refusal import CACHE_SECONDS
from .._core.asker import Asker
from .._core.base_url import BaseUrl
from .._core.clock import CLOCK_TOLERANCE, Clock
from .._core.errors import LockTimeoutError, ProxyAuthenticationError, note_sent
from .._core.json_record import JsonRecord
from .._core.run import Run
from .._http.base import HttpSettings, Limits
from .._http.exchange import HttpExchange
from .._http.messages import HttpRequest, RawResponse
from .._store.base import Store
from .._store.cipher import EntryIdentity
from .._store.encrypted_entry import EncryptedEntry

# Seconds to wait for the lock of an answer if it is only rewritten.
_LOCK_TIMEOUT = 5


@dataclass(frozen=True)
class ProxyAnswer(JsonRecord):
    """What a proxy did with a user name and password at a time, in seconds since the epoch.

    ``message`` is the message of the error. None if the proxy accepted them. ``informed`` is the asker that got the message.
    """

    message: str | None
    at: float
    informed: dict[str, str]


class ProxyGuard(HttpExchange):
    """Exchanges that do not send a password again that the proxy has just rejected, in any task, fork or run.

    While it is not known whether the proxy accepts a password, only one request at a time is sent through it. ``asker`` is who needs the
    requests. With ``force``, the password is sent even if the proxy has just rejected it.
    """

    def __init__(
        self,
        base_url: BaseUrl,
        settings: HttpSettings,
        limits: Limits,
        *,
        store: Store,
        clock: Clock,
        run: Run,
        asker: Asker,
        force: bool,
    ) -> None:
        super().__init__(base_url, settings, limits, run)
        self._store = store
        self._clock = clock
        self._asker = asker
        self._force = force

    def at(self, base_url: BaseUrl) -> ProxyGuard:
        return ProxyGuard(
            base_url,
            self.settings,
            self.limits,
            store=self._store,
            clock=self._clock,
            run=self.run,
            asker=self._asker,
            force=self._force,
        )

    def exchange(self, request: HttpRequest) -> RawResponse:
        proxy = self.proxy
        if not proxy or not proxy.has_credentials:
            return super().exchange(request)
        entry = EncryptedEntry(
            ProxyAnswer,
            EntryIdentity.of({"kind": "proxy", "proxy": proxy.url}),
            self._store,
            # The lock of the session already warns about an unusable store.
            lambda _text: None,
        )
        with ExitStack() as held:
            try:
                is_locked = self._wait(entry, held)
            except BaseException as error:
                # This includes exceptions of Ansible, which can end a task during the wait. Nothing is sent before its end.
                note_sent(error, False)
                raise
            try:
                response = super().exchange(request)
            except ProxyAuthenticationError as error:
                if not is_locked:
                    with suppress(LockTimeoutError):
                        held.enter_context(entry.lock(0))
                self._save(entry, str(error))
                raise
            if is_locked:
                self._save(entry, None)
            return response

    def _wait(self, entry: EncryptedEntry[ProxyAnswer], held: ExitStack) -> bool:
        """Wait until the request may use the password. Returns whether ``held`` now holds the lock of the entry.

        Raises ProxyAuthenticationError if the proxy has rejected the password recently.
        """
        if self._is_accepted(entry):
            return False
        is_locked = False
        # If another task holds the lock for too long, this request does not wait for it any more.
        with suppress(LockTimeoutError):
            # Another task may hold the lock while it waits for its slot, and then for the proxy.
            held.enter_context(entry.lock(2 * self.settings.timeout))
            is_locked = True
        # Another task may have sent the password meanwhile.
        self._is_accepted(entry, is_locked=is_locked)
        return is_locked

    def _save(self, entry: EncryptedEntry[ProxyAnswer], message: str | None) -> None:
        entry.save(ProxyAnswer(message, self._clock.time(), self._asker.record()), seconds=CACHE_SECONDS)

    def _is_accepted(self, entry: EncryptedEntry[ProxyAnswer], *, is_locked: bool = False) -> bool:
        """Whether the proxy has accepted the password recently. Raises ProxyAuthenticationError if it has rejected the password recently."""
        answer = entry.load()
        # If the time is in the future, somebody has set the clock back. Then the answer does not count.
        if not answer or not answer.at - CLOCK_TOLERANCE <= self._clock.time() < answer.at + CACHE_SECONDS:
            return False
        if answer.message is None:
            return True
        if self._force:
            return False
        if informed := self._asker.other(self._informed(entry, answer, is_locked)):
            raise ProxyAuthenticationError(
                f"The proxy did not accept its user name and password for {informed} in this run, so bill.connect did not send them "
                "again: do what the message there says."
            )
        until = datetime.fromtimestamp(answer.at + CACHE_SECONDS, tz=timezone.utc).strftime("%H:%M:%S UTC")
        raise ProxyAuthenticationError(
            f"{answer.message} bill.connect did not send them again now, and does not before {until}, because repetition could lock the "
            "account. It sends corrected values at once. To send the same values now, use the task bill_login with force: true."
        )

    def _informed(self, entry: EncryptedEntry[ProxyAnswer], answer: ProxyAnswer, is_locked: bool) -> Mapping[str, str]:
        """The asker of this run that gets the whole message. If there is none yet, it is this asker."""
        if not self._asker.run or self._asker.is_in_run_of(answer.informed):
            return answer.informed
        with ExitStack() as held, suppress(LockTimeoutError):
            if not is_locked:
                held.enter_context(entry.lock(_LOCK_TIMEOUT))
                # Another task of this run may have been faster.
                newest = entry.load()
                if newest and self._asker.is_in_run_of(newest.informed):
                    return newest.informed
            entry.save(
                replace(answer, informed=self._asker.record()),
                seconds=max(1.0, answer.at + CACHE_SECONDS - self._clock.time()),
            )
        return self._asker.record()
