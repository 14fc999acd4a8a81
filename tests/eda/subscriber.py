# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A user of BILL who subscribes to events of vendors, and changes vendors."""

from __future__ import annotations

import uuid
from typing import Any

from tests.emulator import world
from tests.emulator.control_client import Bill

TYPES = ("vendor.created", "vendor.updated")
ADDRESS = {
    "line1": "1 Mill Lane",
    "city": "Portland",
    "stateOrProvince": "OR",
    "zipOrPostalCode": "97201",
    "country": "US",
}


class Subscriber:
    """A signed-in user with one subscription."""

    def __init__(self, api_url: str, notification_url: str, *types: str) -> None:
        self._bill = Bill(api_url)
        self._webhooks = Bill(f"{api_url}-events")
        self._headers: dict[str, str] = {}
        self.sign_in()
        wanted = {
            "name": "ansible",
            "status": {"enabled": True},
            "events": [{"type": each, "version": "1"} for each in types or TYPES],
            "notificationUrl": notification_url,
        }
        made = self.call("POST", "/v3/subscriptions", wanted)
        self.id: str = made["id"]
        self.key: str = made["securityKey"]

    def sign_in(self) -> None:
        """A session ends when the clock of the emulator is moved far."""
        self._headers = self._bill.session()

    def call(self, method: str, path: str, content: Any = None) -> Any:
        """Call the webhooks API."""
        headers = {**self._headers, "X-Idempotent-Key": str(uuid.uuid4())}
        response = self._webhooks.send(method, path, headers, content)
        response.raise_for_status()
        return response.json()

    def change_vendors(self, *numbers: int) -> None:
        """Change the phone of the first vendor, once for each number. Each change causes one event."""
        vendor = world.vendors(world.ORGANIZATION.id)[0]["id"]
        for number in numbers:
            self._bill.send(
                "PATCH", f"/v3/vendors/{vendor}", self._headers, {"phone": f"555-{number:04}"}
            ).raise_for_status()

    def create_vendor(self, name: str) -> str:
        """The id of a new vendor."""
        made = self._bill.post("/v3/vendors", self._headers, {"name": name, "address": ADDRESS})
        made.raise_for_status()
        return str(made.json()["id"])

    @property
    def is_on(self) -> bool:
        return bool(self.call("GET", f"/v3/subscriptions/{self.id}")["status"]["enabled"])

    @property
    def events(self) -> list[str]:
        """The ids of all events that BILL has recorded, the oldest first."""
        listed = self.call(
            "GET", f"/v3/events/subscription/{self.id}?createdTimeFrom=2020-01-01T00:00:00Z&ascending=true"
        )
        return [each["id"] for each in listed["results"]]
