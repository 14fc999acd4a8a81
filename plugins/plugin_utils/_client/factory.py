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

from .._auth.cached_refusal import Refusal
from .._auth.methods import METHODS, Credential
from .._auth.session import Session
from .._auth.session_manager import SignIn
from .._core.base_url import API_URLS, Address
from .._core.errors import MinuteSpent
from .._http.retry_policy import Retry
from .._http.transport import Gateway
from .._limits.concurrency_limiter import Gate
from .._limits.rate_limiter import FURTHEST, PACED, Pace, Turns
from .._store.cipher import Identity, Seal
from .._store.encrypted_entry import Kept
from .._store.factory import open_shared, open_stores


def open_sign_in(
    options: Mapping[str, Any],
    *,
    default_store: str,
    store_for_the_run: str,
    warn: Callable[[str], None],
    tell: Callable[[str], None],
    tell_of_waits: Callable[[str], None],
) -> SignIn:
    """The sign-in that a complete set of options asks for; OptionError if they do not fit together.

    ``options`` holds every option of the table under its name. ``default_store`` and ``store_for_the_run`` are the
    directories for sessions that last, and for those that last as long as this run. ``tell`` is told what was decided,
    ``tell_of_waits`` of each wait before BILL is asked again.
    """
    stores = open_stores(
        options["session_store"] or default_store, default=default_store, for_the_run=store_for_the_run, warn=warn
    )
    address = Address.of_api(options["api_url"] or API_URLS[options["environment"]])
    if not options["validate_certs"]:
        warn(
            f"validate_certs is false: anybody between here and {address.host} can read the credentials. "
            "Name the authority's file with ca_path instead."
        )
    retry = Retry(options["retries"], tell_of_waits)

    def opened(credential: Credential) -> SignIn:
        through = credential.through()
        whole = {"auth_method": credential.method, "api_url": address.url, **credential.values}
        caller = {"api_url": address.url, **{name: credential.values[name] for name in credential.limits}}
        quota = {"api_url": address.url, credential.limits[0]: credential.values[credential.limits[0]]}
        shared = open_shared(stores, for_the_run=store_for_the_run, warn=warn)
        gate = Gate(
            # Sealed like a session, so that the names of files tell nothing; and late, since a task that asks nothing needs none.
            lambda store: Seal(Identity.of({**caller, "kept": "slots in flight"}), store.key()).address,
            shared,
            options["timeout"],
        )
        # A store that cannot be used has been told of by the lock of the sign-in.
        turns = cache(lambda: Kept(Turns, Identity.of({**quota, "kept": "turns"}), shared, lambda _text: None))
        pace = Pace(turns, tell_of_waits)

        @contextmanager
        def slot(path: str) -> Iterator[None]:
            if path.startswith(PACED):
                pace.wait()
            with gate.slot():
                yield

        gateway = Gateway(
            address,
            timeout=options["timeout"],
            validate_certs=options["validate_certs"],
            ca_path=options["ca_path"],
            slot=slot,
        )
        # Each try may first have to wait for its turn, and for its slot.
        turn, wait = (FURTHEST, MinuteSpent.wait) if credential.paced else (0.0, 0.0)
        longest = retry.longest(turn + 2 * options["timeout"], wait)
        return SignIn(
            credential=credential,
            gateway=gateway,
            kept=Kept(Session, Identity.of(whole), stores, warn),
            refused=cache(lambda: Kept(Refusal, Identity.of({**whole, "kept": "refusal"}), stores, warn)),
            hour=cache(lambda: Kept(Refusal, Identity.of({**quota, "kept": "spent hour"}), stores, warn)),
            retry=retry,
            check_after=options["check_after"],
            # Whoever holds the lock makes only so many requests.
            longest_wait=credential.most_requests() * longest,
            tell=tell,
            warn=warn,
            through=opened(through) if through else None,
        )

    return opened(METHODS[options["auth_method"]].of(options))
