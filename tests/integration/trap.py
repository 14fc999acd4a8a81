# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stranger's server that must not get any request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.http_server import Handler, serving


class Trap:
    """A server that signs in every user. ``received`` holds the path of each request."""

    def __init__(self, url: str, received: list[str]) -> None:
        self.url = url
        self.received = received


@contextmanager
def trap() -> Iterator[Trap]:
    received: list[str] = []

    class SignsIn(Handler):
        def do_POST(self) -> None:
            self.body()
            received.append(self.path)
            self.answer_json({"sessionId": "SESSION-of-the-trap"})

        do_GET = do_POST

    with serving(SignsIn) as url:
        yield Trap(f"{url}/connect", received)
