# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The faults that a test configures, and the request that each fault applies to."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from .clock import Clock
from .errors import RefusalError
from .settings import Settings
from .wire import Response

# These faults replace the normal response.
OWN_RESPONSE = {"status", "code", "not_json", "json_", "redirect"}
KINDS = ("status", "slow", "cut", "reset", "not_json", "json_", "redirect", "drip", "endless")


class Fault(BaseModel):
    model_config = ConfigDict(extra="forbid")

    on: str
    times: int | None = Field(default=1, ge=1)
    after: int = Field(default=0, ge=0)

    # A fault has exactly one of these. `code` alone is a kind, too.
    status: int | None = Field(default=None, ge=200, le=599)
    slow: float | None = Field(default=None, gt=0)
    cut: Literal[True] | None = None
    reset: Literal[True] | None = None
    not_json: Literal[True] | None = None
    json_: Any = Field(default=None, alias="json")
    redirect: str | None = None
    drip: float | None = Field(default=None, gt=0)
    endless: Literal[True] | None = None

    code: str | None = None  # alone or with `status`
    body: str | None = None  # with `status`
    content_type: str = "text/plain"  # with `body`
    retry_after: int | None = None  # with `status`
    acted: bool | None = None  # with `cut` (default true), or with a fault that does not act (default false)

    @model_validator(mode="after")
    def _one_kind(self) -> Fault:
        given = self.model_fields_set
        kinds = [kind for kind in KINDS if kind in given]
        if not kinds and "code" in given:
            kinds = ["code"]
        if len(kinds) != 1:
            raise ValueError("give exactly one kind of fault")
        for extra, fits in (
            ("code", {"status", "code"}),
            ("body", {"status"}),
            ("content_type", {"status"}),
            ("retry_after", {"status"}),
            ("acted", {"cut", "reset", *OWN_RESPONSE}),
        ):
            if extra in given and kinds[0] not in fits:
                raise ValueError(f"{extra} cannot be combined with {kinds[0]}")
        if "code" in given and "body" in given:
            raise ValueError("give code or body, not both")
        return self

    @property
    def kind(self) -> str:
        return next((kind for kind in KINDS if kind in self.model_fields_set), "code").rstrip("_")

    @property
    def acts(self) -> bool:
        """Whether BILL processes the request, so that the fault changes only the response."""
        if self.acted is not None:
            return self.acted
        return self.kind in {"slow", "drip", "endless", "cut"}

    @property
    def replaces_response(self) -> bool:
        return bool(self.model_fields_set & OWN_RESPONSE)

    def response(self, clock: Clock, settings: Settings) -> Response:
        """The response in place of the normal one."""
        if self.code is not None:
            refusal = RefusalError(self.code)
            return Response.of_json(self.status or refusal.status(settings), refusal.envelope(clock, settings))
        if self.status is not None:
            body = (self.body or "").encode()
            return Response(self.status, self.content_type, body, retry_after=self.retry_after)
        if self.redirect is not None:
            return Response(302, "text/plain", b"", location=self.redirect)
        if self.not_json:
            return Response(200, "text/html", b"<!doctype html><title>BILL</title><p>We will be right back.")
        return Response.of_json(200, self.json_ if self.kind == "json" else {})


class Faults:
    def __init__(self) -> None:
        self.queue: list[Fault] = []

    def take(self, method: str, path: str) -> Fault | None:
        """The first fault in the queue that applies to this request. `after` requests pass before a fault applies."""
        for fault in self.queue:
            if not fnmatchcase(f"{method} {path}", fault.on):
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            if fault.times is not None:
                fault.times -= 1
                if fault.times == 0:
                    self.queue.remove(fault)
            return fault
        return None
