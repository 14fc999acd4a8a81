# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Creates the client of one invocation from its options, with all objects that the client uses. No other module creates these objects.

Private to bill.connect. This package does not import Ansible.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from .._auth.cached_refusal import CachedRefusal, Refusals
from .._auth.first_login import FirstLogin, FirstLoginEnd
from .._auth.methods import METHODS, AuthMethod
from .._auth.session import Session
from .._auth.session_manager import SessionManager
from .._core.asker import Asker
from .._core.base_url import API_URLS, BaseUrl
from .._core.clock import Clock, SystemClock
from .._core.errors import RateLimitError
from .._core.json_record import JsonRecord
from .._core.reporter import Reporter
from .._core.run import Run, UnwatchedRun
from .._core.secret_registry import SecretRegistry
from .._http.base import Exchange, HttpSettings
from .._http.retry_policy import RetryPolicy
from .._http.retrying_transport import RetryingTransport
from .._http.transport import HttpTransport
from .._limits.rate_limiter import MAX_WAIT
from .._store.base import Store
from .._store.cipher import EntryIdentity
from .._store.encrypted_entry import EncryptedEntry
from .._store.factory import open_run_store, open_shared, open_store
from .._store.store_clock import StoreClock
from .client import BillClient
from .late_exchange import ExchangeParts, LateExchange

_T = TypeVar("_T", bound=JsonRecord)


@dataclass(frozen=True)
class Surroundings:
    """The surroundings of an invocation.

    - ``default_store`` is the default directory for stored sessions.
    - ``run_store`` is a directory that exists until this run of Ansible ends.
    - ``secrets`` are the secrets of the invocation. The client adds the secrets of its sessions.
    - ``run`` is the run of Ansible. Nothing is sent after it is over.
    - ``asker`` is who needs the requests.
    - ``clock``, ``exchange`` and ``store`` can be replaced by a test. Without ``store``, the option ``session_store`` selects it.
    """

    default_store: str
    run_store: str
    reporter: Reporter
    secrets: SecretRegistry = field(default_factory=SecretRegistry)
    run: Run = field(default_factory=UnwatchedRun)
    asker: Asker = field(default_factory=Asker)
    clock: Clock = field(default_factory=SystemClock)
    exchange: Exchange | None = None
    store: Store | None = None


def build_client(options: Mapping[str, Any], around: Surroundings) -> BillClient:
    """The client for a complete set of options. Raises OptionError if the options do not fit together.

    ``options`` contains every option of the option table, by name.
    """
    base_url = BaseUrl.of_api(options["api_url"] or API_URLS[options["environment"]])
    if not options["validate_certs"]:
        around.reporter.warn(
            f"validate_certs is false: anybody between the controller and {base_url.host} can read the credentials. "
            "Set ca_path to the file of the authority instead."
        )
    return _Builder(options, around, base_url).client(METHODS[options["auth_method"]].from_options(options))


class _Builder:
    """Creates clients for one set of options. The client of a partner's user needs a second client for the partner."""

    def __init__(self, options: Mapping[str, Any], around: Surroundings, base_url: BaseUrl) -> None:
        self._options = options
        self._around = around
        self._base_url = base_url
        self._retry = RetryPolicy(options["retries"], around.clock, around.reporter)
        self._store = around.store or open_store(
            options["session_store"] or around.default_store,
            default=around.default_store,
            run_directory=around.run_store,
            warn=around.reporter.warn,
            clock=around.clock,
        )
        # Stored times are those of the store, because several controllers can share it.
        self._clock = StoreClock(around.clock, self._store)

    def client(self, method: AuthMethod) -> BillClient:
        transport = HttpTransport(self._exchange(method))
        parent = method.parent()
        sessions = SessionManager(
            method,
            RetryingTransport(transport, self._retry),
            self._entry(Session, self._identity(method)),
            Refusals(
                self._refusals(self._identity(method, kind="refusal")),
                self._refusals(self._user(method, kind="refusal")) if method.user else None,
                self._refusals(self._quota(method, kind="quota")),
                self._refusals(self._quota(method, kind="sign-ins")),
                clock=self._clock,
                asker=self._around.asker,
            ),
            self._first_login(method),
            check_after=self._options["check_after"],
            lock_timeout=self._lock_timeout(method),
            clock=self._clock,
            reporter=self._around.reporter,
            secrets=self._around.secrets,
            parent=self.client(parent).sessions if parent else None,
        )
        return BillClient(
            sessions, transport, self._retry, self._store, self._shared(), timeout=self._options["timeout"]
        )

    def _exchange(self, method: AuthMethod) -> Exchange:
        around = self._around
        if around.exchange:
            return around.exchange.at(self._base_url)
        parts = ExchangeParts(
            self._base_url,
            method,
            HttpSettings(self._options["timeout"], self._options["validate_certs"], self._options["ca_path"]),
            self._shared(),
            self._clock,
            around.clock,
            around.reporter,
            around.run,
            around.asker,
            # An option of bill_login.
            force=bool(self._options.get("force")),
        )
        return LateExchange(self._base_url, parts)

    def _shared(self) -> Store:
        return open_shared(self._store, run_directory=self._around.run_store, warn=self._around.reporter.warn)

    def _entry(self, kind: type[_T], identity: EntryIdentity) -> EncryptedEntry[_T]:
        return EncryptedEntry(kind, identity, self._store, self._around.reporter.warn)

    def _refusals(self, identity: EntryIdentity) -> EncryptedEntry[CachedRefusal]:
        return self._entry(CachedRefusal, identity)

    def _identity(self, method: AuthMethod, **more: str) -> EntryIdentity:
        """The identity of an entry that belongs to one credential."""
        return EntryIdentity.of({"auth_method": method.method, "api_url": self._base_url.url, **method.values, **more})

    def _first_login(self, method: AuthMethod) -> FirstLogin:
        identity, warn = self._user(method, kind="first login"), self._around.reporter.warn
        of_run = open_run_store(self._around.run_store, warn=warn)
        return FirstLogin(
            self._entry(FirstLoginEnd, identity) if method.user else None,
            EncryptedEntry(FirstLoginEnd, identity, of_run, warn) if method.user else None,
            self._clock,
            timeout=self._longest(method, method.max_login_requests()),
        )

    def _user(self, method: AuthMethod, **more: str) -> EntryIdentity:
        """The identity of an entry that belongs to one user in all organizations."""
        return EntryIdentity.of({"auth_method": method.method, "api_url": self._base_url.url, **method.user, **more})

    def _quota(self, method: AuthMethod, **more: str) -> EntryIdentity:
        """The identity of an entry that belongs to all credentials with the same hourly quota."""
        return EntryIdentity.of({"api_url": self._base_url.url, **method.quota, **more})

    def _lock_timeout(self, method: AuthMethod) -> float:
        """The time in seconds to wait for the lock of the session. It is the longest time that another task can hold the lock."""
        # The other task may wait for the user's first login, to another organization.
        return self._longest(method, method.max_requests() + (method.max_login_requests() if method.user else 0))

    def _longest(self, method: AuthMethod, requests: int) -> float:
        """The longest time in seconds for this number of requests."""
        # Each attempt may wait for the rate limiter and for a slot before it is sent.
        timeout: float = self._options["timeout"]
        # The header Retry-After can require a wait of this length.
        slot_wait, min_wait = (
            (MAX_WAIT, max(RateLimitError.min_wait, timeout)) if method.is_rate_limited else (0.0, timeout)
        )
        return requests * self._retry.max_duration(slot_wait + 2 * timeout, min_wait)
