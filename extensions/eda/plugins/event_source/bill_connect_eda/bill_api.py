# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks BILL for a subscription and its events. Private to bill.connect.

The tasks of the collection have a better client. ansible-rulebook cannot load it, so this one is as small as possible: one request at a
time, one session in memory, and no repetition except after the end of a session.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from datetime import timezone
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

from .errors import BillError, RefusedError, UnreadableError
from .events import parse
from .options import Account

_TIMEOUT = aiohttp.ClientTimeout(total=60)
_LARGEST_RESPONSE = 16 * 1024 * 1024
# Documented by BILL: a page of a list has at most 100 entries.
_PAGE_SIZE = "100"
_BDC_CODE = re.compile("BDC_[0-9]{1,6}")
# BILL's code for a session that has expired (documented).
_SESSION_EXPIRED = "BDC_1109"
# The quotas of an hour and of requests at the same time, and a fault of BILL (documented). They say nothing about the credentials.
_TRANSIENT = {"BDC_1144", "BDC_1322", "BDC_1001"}


class BillApi:
    """The webhooks API for one account. Use it with ``async with``."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._headers: dict[str, str] = {}
        self._is_refused = False
        # When BILL sent its last response, on its own clock, in seconds since 1970. None if no response had a time.
        self.bill_time: float | None = None
        # With trust_env, aiohttp would send the credentials that ~/.netrc contains for this host. With cookies, it would send those of BILL back.
        self._http = aiohttp.ClientSession(timeout=_TIMEOUT, trust_env=False, cookie_jar=aiohttp.DummyCookieJar())
        self._proxy = _proxy_of(account.api_url)

    async def __aenter__(self) -> BillApi:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._http.close()

    async def subscription(self, subscription_id: str) -> dict[str, Any]:
        """The subscription as BILL has it. Raises BillError."""
        return _object(await self._call("GET", f"/v3/subscriptions/{quote(subscription_id, safe='')}"))

    async def enable(self, subscription_id: str) -> None:
        """Switch a subscription on. Raises BillError."""
        await self._call(
            "PATCH", f"/v3/subscriptions/{quote(subscription_id, safe='')}", body={"status": {"enabled": True}}
        )

    async def events(self, subscription_id: str, since: str) -> AsyncIterator[list[Any]]:
        """The pages of the event list from a time on, the oldest event first. Raises BillError."""
        path = f"/v3/events/subscription/{quote(subscription_id, safe='')}"
        query = {"createdTimeFrom": since, "ascending": "true", "max": _PAGE_SIZE}
        pages: set[str] = set()
        while True:
            answer = _object(await self._call("GET", path, query=query))
            entries = answer.get("results")
            if not isinstance(entries, list):
                raise BillError("BILL's event list has no results.")
            yield entries
            # Documented by BILL: the end of a list has no nextPage. An empty page is not the end.
            page = answer.get("nextPage")
            if not page:
                return
            if not isinstance(page, str) or page in pages:
                raise BillError("BILL's event list repeats a page.")
            pages.add(page)
            query["page"] = page

    async def _call(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: object = None
    ) -> object:
        """BILL's answer. If the session has expired, signs in once and asks again."""
        if self._is_refused:
            raise RefusedError("BILL has refused the credentials before.")
        url = self._account.webhooks_url + path
        if not self._headers:
            self._headers = await self._signed_in()
        status, answer = await self._send(method, url, headers=self._headers, query=query, body=body)
        # Documented by BILL: 401 is the status for wrong credentials of the webhooks API. An expired session is one of them.
        if status == 401 or _SESSION_EXPIRED in _codes(answer):
            self._headers = await self._signed_in()
            status, answer = await self._send(method, url, headers=self._headers, query=query, body=body)
        if status != 200:
            raise BillError(f"BILL answered {_status_and_codes(status, answer)} to {method} {path}.")
        return answer

    async def _signed_in(self) -> dict[str, str]:
        """The headers of a new session, or of the token. Raises RefusedError if BILL refuses the credentials."""
        values = self._account.credentials
        if "api_token" in values:
            # There is no sign-in. If the token has been sent, BILL has just refused it.
            self._is_refused = bool(self._headers)
            if self._is_refused:
                raise RefusedError("BILL refused the token of Spend & Expense.")
            return {"apiToken": values["api_token"]}
        names = {
            "username": "username",
            "password": "password",
            "organizationId": "organization_id",
            "devKey": "dev_key",
        }
        body = {field: values[name] for field, name in names.items()}
        status, answer = await self._send("POST", f"{self._account.api_url}/v3/login", headers={}, body=body)
        session_id = answer.get("sessionId") if isinstance(answer, dict) else None
        if status == 200 and isinstance(session_id, str) and session_id:
            return {"sessionId": session_id, "devKey": values["dev_key"]}
        # A proxy, or the wrong address, can cause another status of 400 to 499. Then the response has no code of BILL.
        is_about_credentials = status == 401 or (400 <= status < 500 and bool(_bdc_codes(answer)))
        if is_about_credentials and status not in (408, 429) and not _TRANSIENT & _codes(answer):
            self._is_refused = True
            raise RefusedError(f"BILL refused the sign-in with {_status_and_codes(status, answer)}.")
        raise BillError(f"BILL answered {_status_and_codes(status, answer)} to the sign-in.")

    async def _send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        query: Mapping[str, str] | None = None,
        body: object = None,
    ) -> tuple[int, object]:
        """The status and the JSON of BILL's response. Credentials follow no redirect."""
        options: dict[str, Any] = {"headers": headers, "params": query, "json": body, "proxy": self._proxy}
        try:
            async with self._http.request(method, url, **options, allow_redirects=False) as response:
                content = await response.content.read(_LARGEST_RESPONSE)
                while len(content) < _LARGEST_RESPONSE and (more := await response.content.read(_LARGEST_RESPONSE)):
                    content += more
                self.bill_time = _seconds(response.headers.get("Date"))
                return response.status, _json(content)
        # ValueError: a value cannot be in a header. The text of an error can contain an address or a value, so it is left out.
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError, ValueError) as error:
            raise BillError(f"BILL does not answer ({type(error).__name__}).") from None


def _proxy_of(url: str) -> str | None:
    """The proxy that the environment names for an address. None for http: a proxy would see the credentials."""
    parts = urlsplit(url)
    if parts.scheme != "https" or proxy_bypass(parts.hostname or ""):
        return None
    proxies = getproxies()
    return proxies.get("https") or proxies.get("all")


def _seconds(date: str | None) -> float | None:
    """The seconds since 1970 of a header Date. None if there is none, or if it is no time between the years 1 and 9999 (UTC)."""
    try:
        return parsedate_to_datetime(date).astimezone(timezone.utc).timestamp() if date else None
    # Python 3.9 raises TypeError for a text that is no date, later versions raise ValueError.
    except (TypeError, ValueError, OverflowError):
        return None


def _json(content: bytes) -> object:
    try:
        return parse(content)
    except UnreadableError:
        return None


def _object(answer: object) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise BillError("BILL's answer is not an object.")
    return answer


def _codes(answer: object) -> set[str]:
    """The codes of an error response, which is a list of objects (documented by BILL)."""
    errors = answer if isinstance(answer, list) else [answer]
    return {error["code"] for error in errors if isinstance(error, dict) and isinstance(error.get("code"), str)}


def _bdc_codes(answer: object) -> list[str]:
    return sorted(code for code in _codes(answer) if _BDC_CODE.fullmatch(code))


def _status_and_codes(status: int, answer: object) -> str:
    """The status and the codes. BILL's texts are left out, because they could repeat what was sent."""
    return " ".join([f"status {status}", *_bdc_codes(answer)])
