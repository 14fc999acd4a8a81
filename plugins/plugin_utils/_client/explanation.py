# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The errors for responses that only BILL's own messages explain, and for responses without a value.

Private to bill.connect. A server before BILL may also send such a response.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from .._core.errors import BillError, InvalidResponseError, UnknownApiError, reworded
from .._http.messages import Response
from .filters import fields_of
from .request import Request
from .write_outcome import named

_CHECK = "Check api_url, and that no proxy answers instead of BILL."
_NO_CONTENT = 204
# Documented by BILL: a filter for a field that the list does not have. BILL's message does not name the field.
_UNKNOWN_FILTER = "BDC_1130"
_FILTERABLE = "https://developer.bill.com/docs/filterable-fields"


def is_about(error: BillError, request: Request) -> bool:
    """Whether the error is the response to this request, and not to a login that the request needed."""
    return error.target is not None and error.target.partition("?")[0] == request.path


def explained(error: BillError, request: Request, said: Sequence[dict[str, Any]]) -> BillError:
    """The same error. If only BILL's own messages explain it, an error with these messages.

    ``said`` are the codes and messages of the response, without secrets.
    """
    if not is_about(error, request) or not said or not isinstance(error, (UnknownApiError, InvalidResponseError)):
        return error
    quoted = "; ".join(dict.fromkeys(each["message"] for each in said if each["message"]))
    # Documented by BILL: an error is an array. Servers before BILL send an object without a code, such as {"message": "Forbidden"}.
    if isinstance(error, InvalidResponseError) and isinstance(error.response_body, dict):
        quoted = f"{quoted.rstrip('.')}. The response has no BDC code. {_CHECK}"
    text = f"BILL answered {named(error)} to {request.method} {request.path}: {quoted}"
    if error.code == _UNKNOWN_FILTER and (fields := fields_of(dict(request.query).get("filters", ""))):
        text = f"{text.rstrip('.')}. The filters use {', '.join(fields)}. The fields of each list are at {_FILTERABLE}"
    return reworded(error, text)


def is_empty_read(response: Response, request: Request, expected: Collection[int]) -> bool:
    """Whether a read has returned nothing. Documented by BILL: a read returns an object or a list.

    ``expected`` are the statuses that the user expects. Status 204 never has a body.
    """
    allowed = response.status == _NO_CONTENT and response.status in expected
    return request.is_read and response.json is None and not allowed


def empty_read(response: Response, request: Request) -> InvalidResponseError:
    return InvalidResponseError(
        f"The response to {request.method} {request.path} is empty (HTTP status {response.status}). {_CHECK}",
        status=response.status,
        options=("api_url",),
    )
