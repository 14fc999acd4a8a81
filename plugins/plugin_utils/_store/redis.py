# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stores encrypted entries in Redis or Valkey, which several controllers share.

Private to bill.connect. The names begin with the prefix of the URL::

    bill.connect:secret         32 random bytes, created once: the secret of the store. All keys are derived from it and from a credential.
    bill.connect:0f3a...91      the encrypted bytes of an entry
    bill.connect:0f3a...91:lock a lock, with the random token of its holder

The secret is in Redis, so that every controller derives the same keys from the same credential, and a controller with an empty HOME
needs nothing except the URL. A person who reads Redis has the secret too, as a person who copies the whole directory of a file store
has. Without the credential, that person finds and decrypts nothing. To test a guess, that person needs the whole credential: with a
password also the developer key, the user name and the organization. ``cipher.py`` makes each guess expensive.

Every entry has a time to live, which the server measures. So no clock of a controller decides when an entry disappears.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from .._core.clock import SYSTEM_CLOCK, Clock
from .._core.errors import BillError, StoreError
from .._core.late_import import LateImport
from .._core.libraries import library_error
from .._core.run import current_run
from .._core.store_url import StoreUrl, is_store_url
from .base import MAX_BYTES, SECRET_BYTES, lock_timeout_error
from .redis_errors import FOREIGN_KEYS, reason
from .redis_lock import LEASE_SECONDS, RenewedLock

_T = TypeVar("_T")

_LIBRARY = LateImport("redis")
_OLDEST_VERSION = 5
# What Redis returns for the time to live of a key that has none.
_NO_LIFE = -1
# Seconds after which an entry without an end disappears. Every use of a session writes it again.
_LONGEST_LIFE = 30 * 24 * 60 * 60
# Seconds between two tries to take a lock. The wait grows, because many controllers can wait for the same lock.
_FIRST_WAIT, _LONGEST_WAIT = 0.02, 0.2


class RedisStore:
    """The entries of one prefix in one Redis. Raises BillError if the library redis is missing or too old.

    Every operation takes at most the time limit of the URL. The first one also looks up the host and connects, and can take several times as
    long. An operation whose connection breaks is repeated once, because Redis may have been restarted.

    ``lease`` is the time in seconds after which a lock is free if its holder does not renew it.
    """

    is_shared = True

    def __init__(self, url: StoreUrl, *, clock: Clock = SYSTEM_CLOCK, lease: float = LEASE_SECONDS) -> None:
        self._url = url
        self._clock = clock
        self._lease = lease
        self._redis = redis_library()
        self._client = _open(self._redis, url)
        self._secret: bytes | None = None
        self._offset: float | None = None

    def clock_offset(self) -> float:
        if self._offset is None:
            self.existing_secret()
        return self._offset or 0.0

    def existing_secret(self) -> bytes | None:
        if self._secret is None:
            pipe = self._client.pipeline(transaction=False)
            pipe.time()
            pipe.get(self._name("secret"))
            before = self._clock.time()
            (seconds, microseconds), secret = self._do(pipe.execute)
            self._offset = seconds + microseconds / 1e6 - (before + self._clock.time()) / 2
            self._secret = None if secret is None else self._checked(secret)
        return self._secret

    def secret(self, proposal: bytes | None = None) -> bytes:
        if (secret := self.existing_secret()) is None:
            pipe = self._client.pipeline(transaction=False)
            pipe.set(self._name("secret"), proposal or os.urandom(SECRET_BYTES), nx=True)
            pipe.get(self._name("secret"))
            # Another controller may have created the secret meanwhile. So the secret is what Redis returns.
            secret = self._secret = self._checked(self._do(pipe.execute)[1])
        return secret

    def get(self, key: str) -> bytes | None:
        # Another program may have written any amount of data.
        found: bytes = self._do(lambda: self._client.getrange(self._name(key), 0, MAX_BYTES))
        return found or None

    def put(self, key: str, encrypted: bytes, *, seconds: float | None = None) -> None:
        pipe = self._client.pipeline(transaction=False)
        if self._secret:
            # If somebody has flushed Redis, this task and all others continue with the same secret.
            pipe.set(self._name("secret"), self._secret, nx=True)
        life = _LONGEST_LIFE if seconds is None else seconds
        pipe.set(self._name(key), encrypted, px=max(1, int(life * 1000)))
        self._do(pipe.execute)

    def delete(self, key: str) -> None:
        self._do(lambda: self._client.delete(self._name(key)))

    @contextmanager
    def lock(self, key: str, seconds: float) -> Iterator[None]:
        name = self._name(f"{key}:lock")
        held = self._client.lock(name, timeout=self._lease, blocking=False, thread_local=False)
        end, wait = self._clock.monotonic() + seconds, _FIRST_WAIT
        while not self._do(held.acquire):
            if self._do(lambda: self._client.pttl(name)) == _NO_LIFE:
                # Every lock of bill.connect has a time to live. Without one, it would never be free.
                raise self._unusable(FOREIGN_KEYS)
            left = end - self._clock.monotonic()
            if left <= 0:
                raise lock_timeout_error(seconds)
            self._clock.sleep(min(wait, left))
            wait = min(1.5 * wait, _LONGEST_WAIT)
        try:
            # The wait may have outlasted the run. Then nothing may be written under the lock.
            current_run().end_if_over()
            with self._do(lambda: RenewedLock(held, self._redis, self._lease)):
                yield
        except BaseException:
            with suppress(StoreError):
                self._release(held)
            raise
        # If this fails, the lock ends with its lease.
        self._release(held)

    def _release(self, held: Any) -> None:
        def release() -> None:
            # Redis may have lost the lock.
            with suppress(self._redis.exceptions.LockError):
                held.release()

        self._do(release)

    def _name(self, key: str) -> str:
        return self._url.prefix + key

    def _checked(self, secret: bytes | None) -> bytes:
        if secret is None or len(secret) != SECRET_BYTES:
            raise self._unusable(
                f"{self._name('secret')} is not a secret of bill.connect. Delete it, or set another prefix"
            )
        return secret

    def _do(self, operation: Callable[[], _T]) -> _T:
        """The result of an operation. Raises StoreError if it fails."""
        try:
            if self._offset is None and self._url.has_name:
                # No time limit of the library covers the look-up of the host. A thread takes longer than the whole operation.
                return _within(3 * self._url.timeout, operation)
            return operation()
        except (self._redis.RedisError, OSError, ValueError) as error:
            raise self._unusable(reason(error, self._url)) from None
        except RuntimeError:
            raise self._unusable("bill.connect could not start a thread") from None

    def _unusable(self, why: str) -> StoreError:
        return StoreError(f"The session store in Redis at {self._url.place} cannot be used: {why}")


def redis_library() -> Any:
    """The library redis. It is imported only if a URL asks for it. Raises BillError if it is missing or too old."""
    try:
        redis = _LIBRARY.module()
    except Exception as error:
        raise library_error("redis", error, purpose="for session_store") from None
    version = str(getattr(redis, "__version__", "0"))
    major = version.partition(".")[0]
    if not major.isdigit() or int(major) < _OLDEST_VERSION:
        raise library_error("redis", None, purpose="for session_store", version=version)
    return redis


if is_store_url(os.environ.get("BILL_SESSION_STORE", "")):
    # Ansible imports this module in its main process. So not even the first workers import the library, which takes longer than their task.
    with suppress(BillError):
        redis_library()


def _open(redis: Any, url: StoreUrl) -> Any:
    """A client of this process only. It connects at its first operation."""
    # A worker of Ansible is a fork. It opens its own store, and the library never uses a connection of another process.
    return redis.Redis.from_url(
        url.redis_url,
        # It is also the time limit for the connection.
        socket_timeout=url.timeout,
        # A timeout is not repeated. By default, new versions of the library repeat everything several times.
        retry=redis.retry.Retry(redis.backoff.NoBackoff(), 1, (redis.ConnectionError,)),
        # Every version of the library and of the server knows it.
        protocol=2,
        # By default, each connection tells the server the name and version of the library, and waits for two answers.
        **({"driver_info": None} if hasattr(redis, "DriverInfo") else {"lib_name": None, "lib_version": None}),
        **({"ssl_cert_reqs": "required", "ssl_check_hostname": True} if url.has_tls else {}),
    )


def _within(seconds: float, operation: Callable[[], _T]) -> _T:
    """The result of an operation. Raises TimeoutError if it takes longer. The operation then continues in its thread."""
    done: list[_T] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            done.append(operation())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(name="bill.connect redis", target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if done:
        return done[0]
    raise failed[0] if failed else TimeoutError
