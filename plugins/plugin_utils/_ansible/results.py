# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds the return values of tasks and lookups from the results of the client.

Private to bill.connect.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._auth.session import SessionResult
from .._client.client import BillClient
from .._client.endpoint import ApiResult, EndpointClient
from .._client.pagination import Page
from .._client.request import Request
from .._client.run_records import GuardedWrite
from .._core.errors import OptionError
from .._core.redaction import sensitive_values
from .._core.reporter import Reporter
from .._options.source import UNKNOWN
from .context import TaskContext

# The return values of bill_login, in the order of its documentation.
LOGIN_FIELDS = (
    "session_id",
    "organization_id",
    "user_id",
    "headers",
    "api_url",
    "auth_method",
    "trusted",
    "expires_at",
    "remember_me_id_days_left",
    "changed",
)


def login_result(client: BillClient, result: SessionResult) -> dict[str, Any]:
    """Build the return values of bill_login. All values of the session are None if there is no session."""
    session = result.session
    return {
        "session_id": session and session.session_id,
        "organization_id": session and session.organization_id,
        "user_id": session and session.user_id,
        "headers": session and dict(session.headers),
        "api_url": client.transport.base_url.url,
        "auth_method": client.sessions.method.method,
        "trusted": session and session.trusted,
        "expires_at": session and session.expires_at,
        "remember_me_id_days_left": client.sessions.days_left,
        "changed": result.changed,
    }


def session_info_result(client: BillClient, result: SessionResult) -> dict[str, Any]:
    """Build the return values of bill_session_info. They contain no secret."""
    session = result.session
    ends = session.end if session else None
    return {
        "signed_in": session is not None,
        "organization_id": session and session.organization_id,
        "user_id": session and session.user_id,
        "api_url": client.transport.base_url.url,
        "auth_method": client.sessions.method.method,
        "trusted": session and session.trusted,
        "mfa_status": session and session.mfa_status,
        "mfa_bypass": session and session.mfa_bypass,
        "expires_at": session and session.expires_at,
        "expires_in": None if ends is None else max(0, int(ends - client.sessions.clock.time())),
        "remember_me_id_days_left": client.sessions.days_left,
        "changed": result.changed,
    }


def checked_terms(terms: Sequence[Any]) -> list[str]:
    """Return the terms of a lookup. Raises OptionError if a term is not the name of a return value."""
    if unknown := [str(term) for term in terms if term not in LOGIN_FIELDS]:
        # The message repeats only a term that resembles a field. A password that was given by mistake must not be shown.
        close = difflib.get_close_matches(unknown[0], LOGIN_FIELDS, n=1)
        named = f"field {unknown[0]}. Did you mean {close[0]}?" if close else "such field."
        raise OptionError(f"There is no {named} The fields are: {', '.join(LOGIN_FIELDS)}.")
    return [str(term) for term in terms]


def read_pages(pages: Iterable[Page], what: str, reporter: Reporter) -> tuple[list[Any], Page | None]:
    """Return all records of a list, and its last page. The reporter shows progress, because a long list takes time."""
    records: list[Any] = []
    last: Page | None = None
    for last in pages:
        records += last.records
        reporter.progress(f"{what}: {last.read}, pages: {last.number}")
    return records, last


def records_of(context: TaskContext, path: Any) -> list[Any]:
    """Return the records of a list, or a list with the response itself if it is no list.

    The result is empty if BILL rejects the request with a status in ``expected_status``.
    """
    result = request_result(context, {**context.options, "path": path})
    if result["status"] >= 400:
        return []
    body = result.get("results", result.get("json"))
    if isinstance(body, dict) and isinstance(body.get("results"), list):
        body = body["results"]
    return body if isinstance(body, list) else [body]


def request_result(
    context: TaskContext,
    options: Mapping[str, Any],
    *,
    check_mode: bool = False,
    diff: bool = False,
    task: str = "",
    host: str = "",
) -> dict[str, Any]:
    """Send the request that ``options`` describe, and return the return values of bill_request. Check mode sends no write.

    ``task`` identifies one task of a run. ``host`` is the host that the task runs for. Raises BillError.
    """
    # The secrets are registered first. Ansible may show the request even if it is rejected here.
    context.secrets.add_quietly(sensitive_values(options.get("body")))
    # The paths of a lookup are its terms, which have no source.
    sources = {"path": UNKNOWN, **context.sources}
    remedies = {name: source.remedy_for_control_character for name, source in sources.items()}
    request = Request.of(options, context.client.transport.base_url.named, context.option_secrets, remedies)
    context.secrets.add_quietly(sensitive_values(request.body))
    if options["paginate"] and any(status >= 400 for status in options["expected_status"] or ()):
        raise OptionError(
            "expected_status accepts only 200 to 299 with paginate, because an error has no pages. Leave out the other values."
        )
    endpoint = EndpointClient(
        context.client,
        expected=options["expected_status"] or (),
        require_trusted=options["require_trusted"],
    )
    endpoint.refuse_unreachable(request)
    if options["paginate"]:
        return _list_result(context, endpoint, request, options["max_results"])
    if request.is_read:
        result = endpoint.call(request)
    elif options["repeat"]:
        result = _send_write(context, endpoint, request, check_mode)
    else:
        # Check mode rejects a repeated write, as a real run does.
        identity = {**endpoint.identity_of(request), "task": task, "check_mode": str(check_mode)}
        with context.run.once(GuardedWrite(identity, host, request.label)) as endpoint.attempt:
            result = _send_write(context, endpoint, request, check_mode)
    returned: dict[str, Any] = {"status": result.status, "changed": result.changed, "uncertain": False}
    if not request.is_read:
        # Ansible may mark the task as failed for its own reasons, such as until. Then it shows this message.
        returned["msg"] = _what_became_of(request, result)
        if diff:
            returned["diff"] = _difference(endpoint.redacted(request))
    return {**returned, "json": result.json}


def _list_result(
    context: TaskContext, endpoint: EndpointClient, request: Request, max_results: int | None
) -> dict[str, Any]:
    pages = endpoint.read_all(request, max_results=max_results)
    records, last = read_pages(pages, f"records of {request.path}", context.reporter)
    return {
        "status": last and last.status,
        "changed": False,
        "uncertain": False,
        "results": records,
        "pages": last.number if last else 0,
    }


def _send_write(context: TaskContext, endpoint: EndpointClient, request: Request, check_mode: bool) -> ApiResult:
    if check_mode:
        endpoint.attempt.is_sent = True
        return endpoint.check_only()
    context.writes.append((endpoint, request))
    return endpoint.call(request)


def _what_became_of(request: Request, result: ApiResult) -> str:
    """Return the message for a write that has not failed."""
    if result.status is None:
        return f"In check mode {request.label} is not sent."
    done = "has processed" if result.changed else "has rejected"
    return f"BILL {done} this write: {request.label} (HTTP status {result.status})."


def _difference(shown: Mapping[str, Any]) -> dict[str, str]:
    """Return the diff of a write for diff mode. The text before is empty, and the text after is the body of the request."""
    body = json.dumps(shown["body"], indent=2, ensure_ascii=False) + "\n" if "body" in shown else ""
    return {
        "before_header": "BILL",
        "before": "",
        "after_header": f"{shown['method']} {shown['url']}",
        "after": body,
    }
