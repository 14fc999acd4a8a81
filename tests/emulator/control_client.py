# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients of a running emulator for tests: a client of BILL, and a client of the control interface."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import requests

from . import world

TIMEOUT = 10


class Bill:
    """The simplest client of BILL: it does not retry, and it does not store sessions."""

    def __init__(self, api_url: str) -> None:
        self.api_url = api_url

    def sign_in(self, **changes: str | None) -> requests.Response:
        """Sign in as the first user. `changes` replaces fields. None removes a field."""
        fields = {
            "devKey": world.DEV_KEY,
            "username": world.USER.username,
            "organizationId": world.ORGANIZATION.id,
            "password": world.USER.password,
            **changes,
        }
        body = {name: value for name, value in fields.items() if value is not None}
        return requests.post(f"{self.api_url}/v3/login", json=body, timeout=TIMEOUT)

    def session(self, **changes: str | None) -> dict[str, str]:
        """Sign in. Returns the headers that later calls need."""
        response = self.sign_in(**changes)
        response.raise_for_status()
        return {"sessionId": response.json()["sessionId"], "devKey": changes.get("devKey") or world.DEV_KEY}

    def get(
        self, path: str, headers: dict[str, str] | None = None, timeout: float = TIMEOUT, **options: Any
    ) -> requests.Response:
        return requests.get(f"{self.api_url}{path}", headers=headers, timeout=timeout, **options)

    def check(self, headers: dict[str, str]) -> int:
        return self.get("/v3/login/session", headers).status_code

    def post(
        self, path: str, headers: dict[str, str] | None = None, content: Any = None, **options: Any
    ) -> requests.Response:
        """Send `content` as JSON."""
        return requests.post(f"{self.api_url}{path}", headers=headers, json=content, timeout=TIMEOUT, **options)

    def send(
        self, method: str, path: str, headers: dict[str, str] | None = None, content: Any = None
    ) -> requests.Response:
        return requests.request(method, f"{self.api_url}{path}", headers=headers, json=content, timeout=TIMEOUT)

    def sign_out(self, headers: dict[str, str]) -> requests.Response:
        return requests.post(f"{self.api_url}/v3/logout", headers=headers, timeout=TIMEOUT)


class Control:
    """A client of the control interface.

    `verify` is for https: the file of the authority to trust, or False if a test uses an invalid certificate.
    """

    def __init__(self, api_url: str, verify: Path | bool = True) -> None:
        self.url = api_url.removesuffix("/connect") + "/control"
        self._verify = verify if isinstance(verify, bool) else str(verify)

    def get(self, what: str) -> Any:
        return self._json(requests.get(f"{self.url}/{what}", timeout=TIMEOUT, verify=self._verify))

    def post(self, what: str, **content: Any) -> Any:
        return self._json(requests.post(f"{self.url}/{what}", json=content, timeout=TIMEOUT, verify=self._verify))

    def delete(self, what: str) -> Any:
        return self._json(requests.delete(f"{self.url}/{what}", timeout=TIMEOUT, verify=self._verify))

    def change(self, kind: str, id_: str, organization_id: str, **changes: Any) -> Any:
        """Change fields of an object, as BILL does."""
        url = f"{self.url}/objects/{kind}/{id_}?organization_id={organization_id}"
        return self._json(requests.patch(url, json=changes, timeout=TIMEOUT, verify=self._verify))

    def deliver(self, *event_ids: str) -> list[dict[str, Any]]:
        """Send the webhook events that are due, or these events now, and wait for the receivers. Returns all deliveries."""
        deliveries: list[dict[str, Any]] = self.post("webhooks/deliver", events=event_ids)["deliveries"]
        return deliveries

    def fault(self, on: str, **kind: Any) -> None:
        self.post("faults", on=on, **kind)

    def advance(self, seconds: float) -> None:
        self.post("clock", advance=seconds)

    def last_code(self) -> str:
        """The last code that BILL sent to a phone."""
        code: str = self.get("messages")[-1]["code"]
        return code

    def received(self) -> list[dict[str, Any]]:
        requests_received: list[dict[str, Any]] = self.get("requests")
        return requests_received

    @staticmethod
    def _json(response: requests.Response) -> Any:
        response.raise_for_status()
        return response.json()


def refusal(response: requests.Response) -> tuple[int, list[str]]:
    """The status and the BDC codes of an error response."""
    return response.status_code, codes(response)


def codes(response: requests.Response) -> list[str]:
    """The BDC codes of an error response."""
    return [error["code"] for error in response.json()]
