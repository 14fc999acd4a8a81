# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificate of the receiver, also after its renewal. Private to bill.connect.

A certificate lives for some weeks, and a rulebook runs for months. With an expired certificate BILL's deliveries fail, and BILL switches the
subscription off.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Awaitable, Callable

from .errors import OptionError
from .notices import logger

# Seconds between two looks at the files.
_SECONDS = 60.0


class Certificate:
    """A certificate with its private key. ``keyfile`` is None if the key is in ``certfile``. Raises OptionError if they cannot be loaded."""

    def __init__(
        self, certfile: str, keyfile: str | None, sleep: Callable[[float], Awaitable[None]] | None = None
    ) -> None:
        self._certfile = certfile
        self._keyfile = keyfile
        self._sleep = sleep or asyncio.sleep
        self._version = self._version_of_files()
        try:
            # The server has the same context for all its life. It hands each connection to the newest one.
            self.context = self._loaded()
            self._newest = self._loaded()
        except OSError as error:
            raise OptionError(
                f"The certificate cannot be loaded: {error.strerror or error}. Check certfile and keyfile. Both are PEM files, and the key has no password."
            ) from None
        self.context.sni_callback = self._choose

    async def watch(self) -> None:
        """Load the files again when they change, for ever. Later connections get the new certificate."""
        while True:
            await self._sleep(_SECONDS)
            version = self._version_of_files()
            if version != self._version:
                # After a failure, the next change counts: perhaps only one of the two files is new yet.
                self._version = version
                self._renew()

    def _renew(self) -> None:
        try:
            # A context of its own: the old one would keep a certificate with a key of another type, and use it for some clients.
            self._newest = self._loaded()
        except OSError as error:
            logger.warning(
                "The renewed certificate cannot be loaded: %s. The source goes on with the one before. Check certfile and keyfile.",
                error.strerror or error,
            )
        else:
            logger.info("The source uses the renewed certificate.")

    def _choose(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        """Python calls this at the beginning of each connection, also if the client names no host."""
        connection.context = self._newest

    def _loaded(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # Without the password, OpenSSL would ask the terminal for the one of the key, and the source would wait for ever.
        context.load_cert_chain(self._certfile, self._keyfile, password="")
        return context

    def _version_of_files(self) -> list[tuple[int, ...] | None]:
        """Numbers that differ after each change of the files. A file that is missing has none."""
        return [_version_of(path) for path in (self._certfile, self._keyfile) if path]


def _version_of(path: str) -> tuple[int, ...] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    # The time of a change of the rights counts, too: perhaps the source could not read the file before.
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
