# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""BILL from the core's side, for each method: its requests and its responses, without a network, a thread or a wait."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.bill.connect.plugins.plugin_utils._auth.session_manager import SessionManager
from ansible_collections.bill.connect.plugins.plugin_utils._client.client import BillClient
from ansible_collections.bill.connect.plugins.plugin_utils._core import errors
from ansible_collections.bill.connect.plugins.plugin_utils._core.base_url import BaseUrl
from ansible_collections.bill.connect.plugins.plugin_utils._http.messages import (
    FormBody,
    HttpRequest,
    JsonBody,
    RawResponse,
)
from tests.unit.plugins.plugin_utils.fakes import OPTIONS

API_URL = "http://127.0.0.1:9/connect"

PARTNER = {"auth_method": "partner", "app_key": "s3cret-findme-appkey"}
PARTNER_USER = {**PARTNER, "user_id": "00601EXAMPLEEXAMPLE1"}
OAUTH = {"auth_method": "oauth", "client_id": "app", "client_secret": "s3cret-findme-client"}
SPEND_TOKEN = {"auth_method": "spend_token", "api_token": "s3cret-findme-apitoken"}
# The partner's own session belongs to no organization.
THE_PARTNER = {**PARTNER, "organization_id": None, "dev_key": None}
MFA_ID = {"remember_me_id": "s3cret-findme-mfaid", "device": "ci"}

METHODS: dict[str, dict[str, Any]] = {
    "password": {},
    "sync_token": {"auth_method": "sync_token"},
    "console_token": {"auth_method": "console_token", "console_api_token": "s3cret-findme-console"},
    "the partner": THE_PARTNER,
    "a partner's user": PARTNER_USER,
    "oauth": OAUTH,
    "spend_token": SPEND_TOKEN,
}

LOGIN = "POST /v3/login"
CHECK = "GET /v3/login/session"
LOGOUT = "POST /v3/logout"
STEP_UP = "POST /v3/mfa/step-up"
CHALLENGE = "POST /v3/mfa/challenge"
VALIDATE = "POST /v3/mfa/challenge/validate"
PARTNER_LOGIN = "POST /v3/partner/login"
AS_USER = "POST /v3/partner/login-as-user"
CHECK_PARTNER = "GET /v3/partner/organizations?max=1"
TOKEN = "POST /authx/token"
TOKEN_AT_ROOT = "POST http://127.0.0.1:9/authx/token"
SPEND = "GET /v3/spend/users/current"

# An HTTP status with its JSON (or with bytes that are not JSON), or the error that replaces the response.
ScriptedResponse = tuple[int, Any] | errors.BillError

Open = Callable[..., SessionManager]
OpenClient = Callable[..., BillClient]


@dataclass(frozen=True)
class Received:
    """One request, without the headers that every request has."""

    name: str
    headers: dict[str, str]
    body: Any
    form: Any


def no(code: str, status: int = 400) -> ScriptedResponse:
    """An error response of BILL."""
    return status, [{"code": code, "severity": "ERROR", "message": "echo of s3cret-findme"}]


@dataclass
class Bill:
    """A BILL with one user, one partner, one app and one API token. It records its requests."""

    requests: list[Received] = field(default_factory=list)
    valid_sessions: set[str] = field(default_factory=set)
    trusted: set[str] = field(default_factory=set)
    password: str = OPTIONS["password"]
    # The valid MFA IDs, each with its device.
    remembered: set[tuple[str, str]] = field(default_factory=set)
    # These fields replace the usual fields of a response or add to them.
    answer: dict[str, Any] = field(default_factory=dict)
    answer_to_check: dict[str, Any] = field(default_factory=dict)
    in_flight: int = 0
    peak: int = 0
    _next: dict[str, list[ScriptedResponse]] = field(default_factory=dict)
    _before: list[tuple[str, Callable[[], object]]] = field(default_factory=list)

    def will_answer(self, *warned: ScriptedResponse, to: str = "") -> None:
        """Set the next responses, each used once. With ``to``, only for this request."""
        self._next[to] = list(warned)

    def before_answering(self, name: str, happens: Callable[[], object]) -> None:
        """Set what happens elsewhere while BILL processes the next request of this name."""
        self._before.append((name, happens))

    @property
    def received(self) -> list[str]:
        return [each.name for each in self.requests]

    @property
    def sign_ins(self) -> int:
        return self.received.count(LOGIN)

    def last(self, name: str) -> Received:
        return next(each for each in reversed(self.requests) if each.name == name)

    def exchange(self, address: str, request: HttpRequest) -> tuple[int, bytes]:
        """The HTTP status and the body of the response."""
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        try:
            url = address + request.target
            # This BILL serves every address.
            path = url[url.index("/v3/") :] if "/v3/" in url else url.removeprefix(API_URL)
            body = request.body
            received = Received(
                f"{request.method} {path}",
                dict(request.headers),
                body.value if isinstance(body, JsonBody) else None,
                body.fields if isinstance(body, FormBody) else None,
            )
            self.requests.append(received)
            for each in [each for each in self._before if each[0] == received.name][:1]:
                self._before.remove(each)
                each[1]()
            status, answer = self._response_to(received)
            if isinstance(answer, bytes):
                return status, answer
            return status, b"" if answer is None else json.dumps(answer).encode()
        finally:
            self.in_flight -= 1

    def _response_to(self, received: Received) -> tuple[int, Any]:
        for name in (received.name, ""):
            if self._next.get(name):
                warned = self._next[name].pop(0)
                if isinstance(warned, errors.BillError):
                    raise warned
                return warned
        return self.usual_response(received.name, received.headers, received.body)

    def usual_response(self, name: str, headers: dict[str, str], body: Any) -> tuple[int, Any]:
        if name == LOGIN:
            if body.get("password", self.password) != self.password:
                return 401, [{"code": "BDC_1101"}]
            return self._begun("SESSION", body)
        if name == PARTNER_LOGIN:
            return self._begun("PARTNER", {})
        if name.endswith("/authx/token"):
            return 200, {"access_token": f"TOKEN-{len(self.requests)}", "expires_in": 3600, **self.answer}
        if name == SPEND:
            return 200, {"id": "u1", **self.answer}
        if headers.get("sessionId") not in self.valid_sessions:
            return 401, [{"code": "BDC_1109"}]
        session_id = headers["sessionId"]
        if name == AS_USER:
            return self._begun("SESSION", body)
        if name == LOGOUT:
            self.valid_sessions.remove(session_id)
        if name == STEP_UP:
            if self._is_remembered(body):
                self.trusted.add(session_id)
            return 200, {"trusted": session_id in self.trusted}
        if name == CHALLENGE:
            return 200, {"challengeId": f"CHALLENGE-{len(self.requests)}"}
        if name == VALIDATE:
            self.trusted.add(session_id)
            return 200, {"rememberMeId": "s3cret-findme-new"} if body.get("rememberMe") else {}
        return 200, self.answer_to_check

    def _begun(self, kind: str, body: dict[str, Any]) -> tuple[int, Any]:
        session_id = f"{kind}-{len(self.requests)}"
        self.valid_sessions.add(session_id)
        if self._is_remembered(body):
            self.trusted.add(session_id)
        about = {"organizationId": body.get("organizationId"), "userId": "006", "trusted": session_id in self.trusted}
        return 200, {"sessionId": session_id, **(about if kind == "SESSION" else {}), **self.answer}

    def _is_remembered(self, body: dict[str, Any]) -> bool:
        return (body.get("rememberMeId"), body.get("device")) in self.remembered


class BillExchange:
    """Exchanges with the BILL of a test, without a network, a thread or a limit."""

    def __init__(self, bill: Bill, base_url: BaseUrl) -> None:
        self._bill = bill
        self.base_url = base_url

    def at(self, base_url: BaseUrl) -> BillExchange:
        return BillExchange(self._bill, base_url)

    def keep_alive(self) -> AbstractContextManager[None]:
        return nullcontext()

    def exchange(self, request: HttpRequest) -> RawResponse:
        return RawResponse(*self._bill.exchange(self.base_url.url, request))
