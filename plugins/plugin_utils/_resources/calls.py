# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The requests about one kind of object: read one, read a list, create, change, archive and restore.

Private to bill.connect.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from .._client.client import BillClient
from .._client.endpoint import EndpointClient
from .._client.filters import written_filters
from .._client.page_limits import largest_page
from .._client.request import Request
from .._client.write_locks import WriteLocks
from .._core.errors import ApiError, InvalidResponseError
from .._core.reporter import Reporter
from .spec import Resource

# BILL refuses a filter that a list does not have: the field, the operator, or the parameter.
_REFUSES_FILTER = ("BDC_1129", "BDC_1130", "BDC_1131")

Record = dict[str, Any]


class Calls:
    """The requests about the objects of one resource, for one task.

    ``writes`` receives every write that has started. Its reader needs them if Ansible ends the task.
    """

    def __init__(
        self,
        client: BillClient,
        resource: Resource,
        reporter: Reporter,
        writes: list[tuple[EndpointClient, Request]] | None = None,
    ) -> None:
        self.client = client
        self.resource = resource
        self._reporter = reporter
        self._writes = [] if writes is None else writes
        # False after BILL has refused the filter for archived objects.
        self._has_archived_filter = True

    def read(self, id_: str) -> Record | None:
        """The object with an identifier. None if BILL has no such object."""
        result = EndpointClient(self.client, expected=(200, 404)).call(Request("GET", self._path(id_)))
        return None if result.status == 404 else _object(result.json, self.resource)

    def find(self, field: str, op: str, value: str, *, archived: bool) -> list[Record] | None:
        """The objects with a value in a field. None if BILL refuses the filter."""
        try:
            return list(
                self.listed(written_filters([{"field": field, "op": op, "value": value}]), "", archived=archived)
            )
        except ApiError as error:
            if error.code not in _REFUSES_FILTER:
                raise
            return None

    def listed(self, filters: str, sort: str, *, archived: bool) -> Iterator[Record]:
        """The objects that are archived, or those that are not. ``filters`` and ``sort`` are in BILL's syntax, or empty."""
        if self._has_archived_filter:
            own = f"archived:eq:{str(archived).lower()}"
            try:
                yield from self._pages(f"{filters},{own}" if filters else own, sort)
                return
            except ApiError as error:
                if error.code not in _REFUSES_FILTER:
                    raise
                self._has_archived_filter = False
        # If BILL refuses the filters of the user, this request says so.
        yield from (each for each in self._pages(filters, sort) if bool(each.get("archived")) is archived)

    def create(self, body: Mapping[str, Any]) -> Record:
        return _object(self._write("POST", self.resource.path, dict(body)), self.resource)

    def create_all(self, bodies: Sequence[Mapping[str, Any]]) -> list[Record]:
        """Create several objects with one request. BILL creates all of them or none (documented)."""
        response = self._write("POST", f"{self.resource.path}/bulk", [dict(body) for body in bodies])
        found = response.get(self.resource.bulk_name) if isinstance(response, Mapping) else response
        if not isinstance(found, list) or len(found) != len(bodies):
            return []
        return [_object(each, self.resource) for each in found]

    def change(self, id_: str, body: Mapping[str, Any]) -> None:
        self._write("PATCH", self._path(id_), dict(body))

    def archive(self, id_: str) -> None:
        self._write("POST", f"{self._path(id_)}/archive")

    def restore(self, id_: str) -> None:
        self._write("POST", f"{self._path(id_)}/restore")

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Exclude every other task, host and run that changes objects of this resource with the same credential and store."""
        method = self.client.sessions.method
        identity = {
            "kind": "resource",
            "path": self.resource.path,
            "api_url": self.client.transport.base_url.url,
            "auth_method": method.method,
            **method.values,
        }
        with WriteLocks(self.client).held(identity):
            yield

    def _pages(self, filters: str, sort: str) -> Iterator[Record]:
        given = (("filters", filters), ("sort", sort), ("max", str(largest_page(self.resource.path))))
        request = Request("GET", self.resource.path, tuple((name, value) for name, value in given if value))
        for page in EndpointClient(self.client).read_all(request, max_results=None):
            if page.number > 1:
                self._reporter.progress(f"{self.resource.plural}: {page.read} read, pages: {page.number}")
            yield from (_object(each, self.resource) for each in page.records)

    def _write(self, method: str, path: str, body: dict[str, Any] | list[Any] | None = None) -> Any:
        # Each write has its own client, because a client records the progress of one write.
        endpoint, request = EndpointClient(self.client), Request(method, path, body=body)
        self._writes.append((endpoint, request))
        return endpoint.call(request).json

    def _path(self, id_: str) -> str:
        return f"{self.resource.path}/{quote(id_, safe='')}"


def _object(found: Any, resource: Resource) -> Record:
    if not isinstance(found, dict):
        raise InvalidResponseError(
            f"BILL's response about a {resource.name} is not an object. Check api_url, and that no proxy answers instead of BILL.",
            options=("api_url",),
        )
    return found
