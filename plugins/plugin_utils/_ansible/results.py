# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds the return values of requests and lists from the results of the client.

Private to bill.connect.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .._client.endpoint import ApiResult, EndpointClient
from .._client.pagination import Page
from .._client.request import Request
from .._client.run_records import GuardedWrite
from .._client.unless import Unless
from .._client.write_locks import WriteLocks
from .._core.errors import OptionError
from .._core.redaction import sensitive_values
from .._core.reporter import Reporter
from .._options.source import UNKNOWN
from .context import TaskContext


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


@dataclass(frozen=True)
class Mode:
    """How a task runs: in check mode, with a diff. ``task`` identifies one task of a run, and ``host`` is the host that it runs for."""

    check_mode: bool = False
    diff: bool = False
    task: str = ""
    host: str = ""


def request_result(context: TaskContext, options: Mapping[str, Any], mode: Mode = Mode()) -> dict[str, Any]:
    """Send the request that ``options`` describe, and return the return values of bill_request. Check mode sends no write.

    Raises BillError.
    """
    # The secrets are registered first. Ansible may show the request even if it is rejected here.
    context.secrets.add_quietly(sensitive_values(options.get("body")))
    # The paths of a lookup are its terms, which have no source.
    sources = {"path": UNKNOWN, **context.sources}
    remedies = {name: source.remedy_for_control_character for name, source in sources.items()}
    api_url = context.client.transport.base_url.named
    request = Request.of(options, api_url, context.option_secrets, remedies)
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
    if (given := options.get("unless")) is not None:
        unless = Unless.of(given, request, api_url, context.option_secrets)
        # Other hosts and runs wait here. So they find the record that the first of them creates.
        with WriteLocks(context.client).held({**endpoint.identity_of(unless.request), "kind": "unless"}):
            if found := unless.found(endpoint):
                return _not_needed(request, unless, found)
            return _write_result(context, endpoint, request, mode, is_repeatable=options["repeat"])
    if options["paginate"]:
        return _list_result(context, endpoint, request, options["max_results"])
    if request.is_read:
        result = endpoint.call(request)
        return {"status": result.status, "changed": result.changed, "uncertain": False, "json": result.json}
    return _write_result(context, endpoint, request, mode, is_repeatable=options["repeat"])


def _write_result(
    context: TaskContext, endpoint: EndpointClient, request: Request, mode: Mode, *, is_repeatable: bool
) -> dict[str, Any]:
    if is_repeatable:
        result = _send_write(context, endpoint, request, mode.check_mode)
    else:
        # Check mode rejects a repeated write, as a real run does.
        identity = {**endpoint.identity_of(request), "task": mode.task, "check_mode": str(mode.check_mode)}
        with context.run.once(GuardedWrite(identity, mode.host, request.label)) as endpoint.attempt:
            result = _send_write(context, endpoint, request, mode.check_mode)
    # Ansible may mark the task as failed for its own reasons, such as until. Then it shows the message.
    returned = {
        "status": result.status,
        "changed": result.changed,
        "uncertain": False,
        "msg": _what_became_of(request, result),
        "json": result.json,
    }
    return {**returned, "diff": _difference(endpoint.redacted(request))} if mode.diff else returned


def _not_needed(request: Request, unless: Unless, found: list[Any]) -> dict[str, Any]:
    number = "a record" if len(found) == 1 else f"{len(found)} records"
    return {
        "status": None,
        "changed": False,
        "uncertain": False,
        "msg": f"{request.label} was not sent, because {unless.request.label} found {number}.",
        "json": None,
        "found": found,
    }


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
