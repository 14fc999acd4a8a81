# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An emulator of AWX on loopback. It has only the calls that the modules credential_type and job_template send, and the checks of AWX.

The calls, their statuses and headers are those that awx.awx 24.6.1 sends and expects. rules.py decides what is accepted. The test
creates a credential itself, as the web form does.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.http_server import Handler, serving

from .rules import (
    injected,
    refusals_of_injectors,
    refusals_of_inputs,
    refusals_of_survey,
    refusals_of_values,
    stored_inputs,
    stored_values,
)

TOKEN = "AWXTOKEN-findme-51c9"
USERNAME, PASSWORD = "admin", "AWX-findme-password"
HEADERS = {"X-API-Product-Name": "AWX", "X-API-Product-Version": "24.6.1"}
_TYPES, _TOKENS, _TEMPLATES = "/api/v2/credential_types/", "/api/v2/tokens/", "/api/v2/job_templates/"
# What a job template names. Each is the only one of its kind, and has this id.
NAMED = {
    "/api/v2/organizations/": (1, "Default"),
    "/api/v2/projects/": (6, "BILL"),
    "/api/v2/inventories/": (2, "Localhost"),
    "/api/v2/credentials/": (9, "BILL, Maple Street Bakery"),
}


class Awx:
    """The stored credential types by their ids, and the values of each credential with its type."""

    def __init__(self) -> None:
        self.url = ""
        self.types: dict[int, dict[str, Any]] = {}
        self.credentials: list[tuple[int, dict[str, Any]]] = []
        # The only job template, its survey and the ids of its credentials.
        self.template: dict[str, Any] = {}
        self.survey: dict[str, Any] = {}
        self.template_credentials: list[int] = []
        self.received: list[str] = []

    def type(self) -> dict[str, Any]:
        """The only credential type."""
        assert len(self.types) == 1
        return next(iter(self.types.values()))

    def type_named(self, name: str) -> dict[str, Any]:
        """The credential type with this name."""
        [found] = [each for each in self.types.values() if each["name"] == name]
        return found

    def add(self, name: str, inputs: Any, injectors: Any) -> dict[str, Any]:
        """Add a credential type, as a person does who pastes its two parts."""
        status, added = self._store(31, {}, {"name": name, "kind": "cloud", "inputs": inputs, "injectors": injectors})
        assert status == 201
        known: dict[str, Any] = added
        return known

    def job_with(self, values: Mapping[str, Any], type_name: str = "") -> tuple[dict[str, str], dict[str, str]]:
        """Add a credential. Returns the environment that a job gets from it, and the environment in the details of the job."""
        known = self.type_named(type_name) if type_name else self.type()
        refusals = refusals_of_values(known["inputs"], values)
        assert refusals == []
        self.credentials.append((known["id"], stored_values(known["inputs"], values)))
        return injected(known["inputs"], known["injectors"], self.credentials[-1][1])

    def answer(self, method: str, target: str, authorization: str, body: Any) -> tuple[int, Any]:
        parts = urlsplit(target)
        self.received.append(f"{method} {parts.path}")
        if parts.path.startswith(_TOKENS):
            basic = "Basic " + base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
            if authorization != basic:
                return 401, {"detail": "Authentication credentials were not provided."}
            return (204, None) if method == "DELETE" else (201, {"id": 1, "token": TOKEN})
        if authorization != f"Bearer {TOKEN}":
            return 401, {"detail": "Authentication credentials were not provided."}
        if parts.path == _TYPES and method == "GET":
            name = dict(parse_qsl(parts.query)).get("name")
            found = [each for each in self.types.values() if each["name"] == name]
            return 200, _page(found)
        if parts.path == _TYPES and method == "POST":
            return self._store(max(self.types, default=30) + 1, {"inputs": {}, "injectors": {}}, body)
        if parts.path.startswith(_TEMPLATES):
            return self._handle_template(
                method, parts.path.removeprefix(_TEMPLATES), dict(parse_qsl(parts.query)), body
            )
        if parts.path in NAMED and method == "GET":
            known_id, name = NAMED[parts.path]
            wanted = dict(parse_qsl(parts.query)).get("name")
            return 200, _page([{"id": known_id, "name": name}] if wanted == name else [])
        number = parts.path.removeprefix(_TYPES).strip("/")
        if not number.isdecimal() or int(number) not in self.types:
            return 404, {"detail": "Not found."}
        return self._handle_type(method, self.types[int(number)], body)

    def _handle_template(self, method: str, rest: str, query: Mapping[str, str], body: Any) -> tuple[int, Any]:
        if rest == "" and method == "GET":
            return 200, _page([self.template] if self.template.get("name") == query["name"] else [])
        if rest == "" and method == "POST":
            url = f"{_TEMPLATES}7/"
            self.template = {
                **body,
                "id": 7,
                "type": "job_template",
                "url": url,
                "related": {"survey_spec": f"{url}survey_spec/"},
            }
            return 201, self.template
        if rest == "7/" and method == "PATCH":
            self.template |= body
            return 200, self.template
        if rest == "7/survey_spec/" and method == "GET":
            return 200, self.survey
        if rest == "7/survey_spec/" and method == "POST":
            if refusals := refusals_of_survey(body):
                return 400, {"error": refusals}
            self.survey = body
            return 200, {}
        if rest == "7/credentials/" and method == "GET":
            return 200, _page([{"id": number} for number in self.template_credentials])
        if rest == "7/credentials/" and method == "POST":
            self.template_credentials.append(body["id"])
            return 204, None
        return 404, {"detail": "Not found."}

    def _handle_type(self, method: str, known: dict[str, Any], body: Any) -> tuple[int, Any]:
        in_use = any(of == known["id"] for of, _values in self.credentials)
        if method == "GET":
            return 200, known
        if method == "DELETE":
            if in_use:
                return 403, {"detail": "Credential types that are in use cannot be deleted"}
            del self.types[known["id"]]
            return 204, None
        if in_use and "inputs" in body and stored_inputs(body["inputs"]) != known["inputs"]:
            return 403, {"detail": "Modifications to inputs are not allowed for credential types that are in use"}
        return self._store(known["id"], known, body)

    def _store(self, number: int, known: Mapping[str, Any], body: Any) -> tuple[int, Any]:
        is_new = number not in self.types
        requested = {"description": "", **known, **body}
        errors: dict[str, list[str]] = {}
        if requested.get("kind") not in ("cloud", "net"):
            errors["kind"] = [f"Must be 'cloud' or 'net', not {requested.get('kind')}"]
        if refusals := refusals_of_inputs(requested["inputs"]):
            errors["inputs"] = refusals
        elif refusals := refusals_of_injectors(requested["injectors"], requested["inputs"]):
            errors["injectors"] = refusals
        if errors:
            return 400, errors
        # A user cannot set `managed`. It is true only for the types that AWX itself brings.
        requested |= {"id": number, "type": "credential_type", "url": f"{_TYPES}{number}/", "managed": False}
        self.types[number] = {**requested, "inputs": stored_inputs(requested["inputs"])}
        return (201 if is_new else 200), self.types[number]


def _page(found: list[Any]) -> dict[str, Any]:
    return {"count": len(found), "next": None, "previous": None, "results": found}


@contextmanager
def running() -> Iterator[Awx]:
    """A new emulator, until the block ends."""
    awx = Awx()

    class AwxHandler(Handler):
        def answer(self) -> None:
            body = self.body()
            status, content = awx.answer(
                self.command, self.path, self.headers.get("Authorization", ""), json.loads(body) if body else None
            )
            self.answer_json(content, status, HEADERS)

        do_GET = do_POST = do_PATCH = do_DELETE = answer

    with serving(AwxHandler) as awx.url:
        yield awx
