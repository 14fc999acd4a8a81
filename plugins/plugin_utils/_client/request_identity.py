# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The canonical form of a request: two requests that are the same for BILL have the same form.

Private to bill.connect.
"""

from __future__ import annotations

import json
from typing import Any

from .request import Request

# The headers that decide which organization a request is about. Other headers, such as one for tracing, may differ from host to host.
_IDENTITY_HEADERS = {"organizationid"}


def canonical_form(request: Request) -> str:
    """The request as JSON. The order of the query parameters and of the fields in the body does not count."""
    headers = sorted(
        (name.lower(), value) for name, value in request.headers.items() if name.lower() in _IDENTITY_HEADERS
    )
    # The order of several values of one parameter counts.
    query = sorted(request.query, key=lambda each: each[0])
    return json.dumps([request.method, request.path, query, headers, _with_integers(request.body)], sort_keys=True)


def _with_integers(value: Any) -> Any:
    """The value with 5 for 5.0, because JSON has only one kind of number."""
    if isinstance(value, dict):
        return {name: _with_integers(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_with_integers(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
