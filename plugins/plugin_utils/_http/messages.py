# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A request and a response, as values.

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

    # Kept out of repr(), so that no message or traceback can show it.
    value: Any = field(repr=False)


@dataclass(frozen=True)
class FormBody:
    """Form fields to send."""

    fields: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class HttpRequest:
    """One request below a base URL.

    ``target`` is the path with its query, percent-encoded. ``profile`` says what codes and statuses of the response mean.
    ``is_repeatable`` says that sending it twice does no harm.
    """

    method: str
    target: str
    # Kept out of repr(): they hold the session.
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: JsonBody | FormBody | None = None
    profile: ErrorProfile = field(default_factory=ErrorProfile, repr=False)
    is_repeatable: bool = True


@dataclass(frozen=True)
class RawResponse:
    """What came back: the HTTP status and the bytes of the body."""

    status: int
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Response:
    """A successful response of BILL (status 200 to 299), or one whose status the caller expects. ``json`` is the decoded body."""

    status: int
    # Kept out of repr(): the response to a login holds the session.
    json: Any = field(repr=False)
