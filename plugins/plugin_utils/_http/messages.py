# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests and responses as values.

Private to bill.connect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .._core.error_parser import ErrorProfile


@dataclass(frozen=True)
class JsonBody:
    """A JSON value to send."""

    # repr() omits the value, so that no message or traceback shows it.
    value: Any = field(repr=False)


@dataclass(frozen=True)
class FormBody:
    """Form fields to send."""

    fields: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class HttpRequest:
    """One request to a target below a base URL.

    - ``target`` is the path with its query, percent-encoded.
    - ``profile`` contains the meanings of codes and statuses in the response.
    - ``is_repeatable`` is true if the request does no harm when it is sent twice.
    """

    method: str
    target: str
    # repr() omits the headers, because they contain the session.
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: JsonBody | FormBody | None = None
    profile: ErrorProfile = field(default_factory=ErrorProfile, repr=False)
    is_repeatable: bool = True


@dataclass(frozen=True)
class RawResponse:
    """A response as received: the HTTP status and the bytes of the body.

    ``retry_after`` is the number of seconds in the header Retry-After. None without such a number.
    """

    status: int
    body: bytes = field(repr=False)
    retry_after: float | None = None


@dataclass(frozen=True)
class Response:
    """A successful response of BILL (status 200 to 299), or a response whose status the caller expects. ``json`` is the decoded body."""

    status: int
    # repr() omits the body, because the response to a login contains the session.
    json: Any = field(repr=False)
