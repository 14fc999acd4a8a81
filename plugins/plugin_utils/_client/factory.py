# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds everything that one invocation needs from its options.

Private to bill.connect. Plain Python, without Ansible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from .._auth.cached_refusal import CachedRefusal
from .._auth.methods import METHODS, AuthMethod
from .._auth.session import Session
from .._auth.session_manager import SessionManager
from .._core.base_url import API_URLS, BaseUrl
from .._core.errors import RateLimitError
from .._http.retry_policy import RetryPolicy
from .._http.transport import HttpTransport
from .._limits.concurrency_limiter import ConcurrencyLimiter
from .._limits.rate_limiter import MAX_WAIT, RATE_LIMITED_PREFIX, RateLimiter, Reservations
from .._store.cipher import Cipher, EntryIdentity
from .._store.encrypted_entry import EncryptedEntry
from .._store.factory import open_shared, open_stores


def build_session_manager(
    options: Mapping[str, Any],
    *,
    default_store: str,
    store_for_the_run: str,
    warn: Callable[[str], None],
    tell: Callable[[str], None],
    tell_of_waits: Callable[[str], None],
) -> SessionManager:
    """The sign-in that a complete set of options asks for; OptionError if they do not fit together.

    ``options`` holds every option of the table under its name. ``default_store`` and ``store_for_the_run`` are the
    directories for sessions that last, and for those that last as long as this run. ``tell`` is told what was decided,
    ``tell_of_waits`` of each wait before BILL is asked again.
    """
    stores = open_stores(
        options["session_store"] or default_store, default=default_store, for_the_run=store_for_the_run, warn=warn
    )
    address = BaseUrl.of_api(options["api_url"] or API_URLS[options["environment"]])
    if not options["validate_certs"]:
        warn(
            f"validate_certs is false: anybody between here and {address.host} can read the credentials. "
            "Name the authority's file with ca_path instead."
        )
    retry = RetryPolicy(options["retries"], tell_of_waits)

    def opened(credential: AuthMethod) -> SessionManager:
        through = credential.through()
        whole = {"auth_method": credential.method, "api_url": address.url, **credential.values}
        caller = {"api_url": address.url, **{name: credential.values[name] for name in credential.limits}}
        quota = {"api_url": address.url, credential.limits[0]: credential.values[credential.limits[0]]}
        shared = open_shared(stores, for_the_run=store_for_the_run, warn=warn)
        gate = ConcurrencyLimiter(
            # Sealed like a session, so that the names of files tell nothing; and late, since a task that asks nothing needs none.
            lambda store: Cipher(EntryIdentity.of({**caller, "kept": "slots in flight"}), store.key()).address,
            shared,
            options["timeout"],
        )
        # A store that cannot be used has been told of by the lock of the sign-in.
        turns = cache(
            lambda: EncryptedEntry(
                Reservations, EntryIdentity.of({**quota, "kept": "turns"}), shared, lambda _text: None
            )
        )
        pace = RateLimiter(turns, tell_of_waits)

        @contextmanager
        def slot(path: str) -> Iterator[None]:
            if path.startswith(RATE_LIMITED_PREFIX):
                pace.wait()
            with gate.slot():
                yield

        gateway = HttpTransport(
            address,
            timeout=options["timeout"],
            validate_certs=options["validate_certs"],
            ca_path=options["ca_path"],
            slot=slot,
        )
        # Each try may first have to wait for its turn, and for its slot.
        turn, wait = (MAX_WAIT, RateLimitError.wait) if credential.paced else (0.0, 0.0)
        longest = retry.longest(turn + 2 * options["timeout"], wait)
        return SessionManager(
            credential=credential,
            gateway=gateway,
            kept=EncryptedEntry(Session, EntryIdentity.of(whole), stores, warn),
            refused=cache(
                lambda: EncryptedEntry(CachedRefusal, EntryIdentity.of({**whole, "kept": "refusal"}), stores, warn)
            ),
            hour=cache(
                lambda: EncryptedEntry(CachedRefusal, EntryIdentity.of({**quota, "kept": "spent hour"}), stores, warn)
            ),
            retry=retry,
            check_after=options["check_after"],
            # Whoever holds the lock makes only so many requests.
            longest_wait=credential.most_requests() * longest,
            tell=tell,
            warn=warn,
            through=opened(through) if through else None,
        )

    return opened(METHODS[options["auth_method"]].of(options))
