# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The emulator in the process of a test, for thousands of plays. Its clock stands still, and the sessions stay from play to play."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fastapi import APIRouter

from ansible_collections.bill.connect.plugins.plugin_utils._client.client import BillClient
from ansible_collections.bill.connect.plugins.plugin_utils._client.factory import Surroundings, build_client
from ansible_collections.bill.connect.plugins.plugin_utils._core.base_url import BaseUrl
from ansible_collections.bill.connect.plugins.plugin_utils._http.messages import HttpRequest, JsonBody, RawResponse
from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import OPTIONS
from ansible_collections.bill.connect.plugins.plugin_utils._resources.spec import Resource
from ansible_collections.bill.connect.plugins.plugin_utils._store.memory import MemoryStore
from tests.emulator import (
    approval_policies,
    classifications,
    customers,
    login,
    payment_terms,
    roles,
    users,
    vendor_bank_accounts,
    vendors,
    world,
)
from tests.emulator.clock import Clock as EmulatorClock
from tests.emulator.control_client import Control
from tests.emulator.in_process import EmulatorInProcess
from tests.emulator.settings import Settings
from tests.emulator.state import Emulator
from tests.unit.plugins.plugin_utils.fakes import Clock, SilentReporter
from tests.unit.plugins.plugin_utils.resource_tasks import CREDENTIAL, ResourceTasks

# Nothing is sent to this address.
API_URL = "http://127.0.0.1:9/connect"
# Some fields require an MFA-trusted session. A long sweep must not reach the hourly limit.
_SETTINGS = {"mfa_bypass": [world.DEV_KEY], "requests_per_hour": 1_000_000_000}


def _calls() -> APIRouter:
    """The sign-in, and the calls about the kinds of objects that tasks write. The kinds with the most lives come first."""
    router = APIRouter()
    for module in (
        vendors,
        customers,
        classifications,
        vendor_bank_accounts,
        users,
        roles,
        payment_terms,
        approval_policies,
    ):
        for each in module.routers:
            router.include_router(each)
    router.include_router(login.router)
    return router


class _LocalStore(MemoryStore):
    """A store that no other process shares. Its locks need no file."""

    is_shared = True


class _StandingClock(EmulatorClock):
    def now(self) -> float:
        return 1_800_000_000.0


@dataclass(frozen=True)
class Exchanged:
    """A request and its response."""

    method: str
    target: str
    sent: Any
    status: int
    received: str


class LocalBill:
    """An emulator without a network, and the client of all plays. ``exchanged`` are the requests since the last reset."""

    def __init__(self, folder: Path) -> None:
        self.emulator = Emulator(_StandingClock)
        self.caller = EmulatorInProcess(self.emulator, _calls())
        self.control = _LocalControl(self.emulator, self.caller)
        self.exchanged: list[Exchanged] = []
        options = {**{option.name: option.default for option in OPTIONS}, "api_url": API_URL, **CREDENTIAL}
        self.reporter = SilentReporter()
        self._client = build_client(
            options,
            Surroundings(
                str(folder / "bill"),
                str(folder / "run"),
                self.reporter,
                clock=Clock(),
                exchange=_LocalExchange(self, BaseUrl.of_api(API_URL)),
                store=_LocalStore(),
            ),
        )

    def close(self) -> None:
        self.caller.close()

    def reset(self, switches: Mapping[str, Any]) -> None:
        """Begin again with the objects of the world and with these settings."""
        self.emulator.settings.merge({**Settings().model_dump(), **_SETTINGS, **switches})
        self.emulator.reset_objects()
        self.exchanged.clear()

    def tasks(self, resource: Resource) -> ResourceTasks:
        return ResourceTasks(resource, self._opened, API_URL, self.control)

    def _opened(self, _exchange: None, **_options: Any) -> BillClient:
        return self._client


class _LocalControl(Control):
    """The control interface without a network."""

    def __init__(self, emulator: Emulator, caller: EmulatorInProcess) -> None:
        super().__init__(API_URL)
        self._emulator = emulator
        self._caller = caller

    def get(self, what: str) -> Any:
        return self._call("GET", what)

    def post(self, what: str, **content: Any) -> Any:
        return self._call("POST", what, content)

    def delete(self, what: str) -> Any:
        return self._call("DELETE", what)

    def received(self) -> list[dict[str, Any]]:
        return [vars(each) for each in self._emulator.record.requests]

    def _call(self, method: str, what: str, content: Any = None) -> Any:
        body = b"" if content is None else json.dumps(content).encode()
        response = self._caller.call(method, f"{self.url}/{what}", {"content-type": "application/json"}, body)
        assert response.status < 300, (response.status, response.body)
        return json.loads(response.body)


@dataclass(frozen=True)
class _LocalExchange:
    bill: LocalBill
    base_url: BaseUrl

    def at(self, base_url: BaseUrl) -> _LocalExchange:
        return replace(self, base_url=base_url)

    def keep_alive(self) -> AbstractContextManager[None]:
        return nullcontext()

    def exchange(self, request: HttpRequest) -> RawResponse:
        headers, body = dict(request.headers), b""
        sent = request.body.value if isinstance(request.body, JsonBody) else None
        if sent is not None:
            headers["content-type"] = "application/json"
            body = json.dumps(sent).encode()
        response = self.bill.caller.call(request.method, self.base_url.address_of(request.target), headers, body)
        self.bill.exchanged.append(
            Exchanged(request.method, request.target, sent, response.status, response.body.decode())
        )
        return RawResponse(response.status, response.body)
