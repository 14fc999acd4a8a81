# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The requests about one kind of object: read one, read a list, create, change, archive, restore and delete.

Private to bill.connect.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any
from urllib.parse import quote

from .._client.client import BillClient
from .._client.endpoint import EndpointClient
from .._client.filters import written_filters
from .._client.page_limits import largest_page
from .._client.request import Request
from .._client.write_locks import WriteLocks
from .._core.errors import ApiError, InvalidResponseError, OptionError
from .._core.reporter import Reporter
from .spec import ORGANIZATION, Resource
from .values import text_of

# BILL refuses a filter that a list does not have: the field, the operator, or the parameter.
_REFUSES_FILTER = ("BDC_1129", "BDC_1130", "BDC_1131")
# BILL answers so if it does not have a call.
_NO_SUCH_CALL = "BDC_1121"
_NO_SUCH_METHOD = 405

Record = dict[str, Any]


class Calls:
    """The requests about the objects of one resource, for one task.

    ``parents`` are the IDs of the objects that the list belongs to.
    ``writes`` receives every write that has started. Its reader needs them if Ansible ends the task.
    """

    def __init__(
        self,
        client: BillClient,
        resource: Resource,
        reporter: Reporter,
        writes: list[tuple[EndpointClient, Request]] | None = None,
        parents: Mapping[str, str] | None = None,
    ) -> None:
        self.client = client
        self.resource = resource
        self._parents = parents or {}
        self.reporter = reporter
        self._writes = [] if writes is None else writes
        # False after BILL has refused the filter for archived objects.
        self._has_archived_filter = resource.has_archive
        # The fields and operators that BILL has refused.
        self._refused: set[tuple[str, str]] = set()

    def within(self, resource: Resource, parents: Mapping[str, str]) -> Calls:
        """The requests about another resource, with the same client."""
        return Calls(self.client, resource, self.reporter, self._writes, parents)

    @cached_property
    def path(self) -> str:
        """The path of the list. Raises OptionError if the session has no organization, and the path needs it."""
        ids = dict(self._parents)
        if f"{{{ORGANIZATION}}}" in self.resource.path:
            ids[ORGANIZATION] = self.organization_id
        return self.resource.path.format(**{name: quote(id_, safe="") for name, id_ in ids.items()})

    @property
    def organization_id(self) -> str:
        """The organization of the session. Raises OptionError if the session has none."""
        session = self.client.sessions.current(require_trusted=False).session
        if not session.organization_id:
            raise OptionError(
                f"A session of {self.client.sessions.method.method} has no organization, and {self.resource.plural} belong to one. Use "
                "another authentication method."
            )
        return session.organization_id

    def is_own_user(self, user: Record) -> bool:
        """Whether a user of BILL is the one who is signed in."""
        session = self.client.sessions.current(require_trusted=False).session
        if session.user_id:
            return bool(user.get("id") == session.user_id)
        name = self.client.sessions.method.values.get("username")
        return bool(name) and text_of(user.get("email")).casefold() == text_of(name).casefold()

    def read(self, id_: str) -> Record | None:
        """The object with an identifier. None if BILL has no such object."""
        if not (self.resource.is_read_alone or self.resource.is_single):
            return next((each for each in self.listed("", "", archived=False) if each.get("id") == id_), None)
        # A single object has the path itself. BILL does not document its response if there is none.
        path = self.path if self.resource.is_single else self._path(id_)
        result = EndpointClient(self.client, expected=(200, 204, 404)).call(Request("GET", path))
        if result.status in (204, 404) or (self.resource.is_single and not result.json):
            return None
        return _object(result.json, self.resource)

    def find(self, field: str, op: str, value: str, *, archived: bool) -> list[Record] | None:
        """The objects with a value in a field. None if BILL refuses the filter."""
        if (field, op) in self._refused:
            return None
        try:
            return list(
                self.listed(written_filters([{"field": field, "op": op, "value": value}]), "", archived=archived)
            )
        except ApiError as error:
            if error.code not in _REFUSES_FILTER:
                raise
            self._refused.add((field, op))
            return None

    def listed(self, filters: str, sort: str, *, archived: bool) -> Iterator[Record]:
        """The objects that are archived, or those that are not. ``filters`` and ``sort`` are in BILL's syntax, or empty."""
        if archived and not self.resource.has_archive:
            return
        if self._has_archived_filter:
            own = f"archived:eq:{str(archived).lower()}"
            try:
                yield from self._pages(f"{filters},{own}" if filters else own, sort)
                return
            except ApiError as error:
                if error.code not in _REFUSES_FILTER:
                    raise
        # If BILL refuses the other filters, this request says so. Then nothing is known about the filter for archived objects.
        yield from (each for each in self._pages(filters, sort) if bool(each.get("archived")) is archived)
        self._has_archived_filter = False

    def create(self, body: Mapping[str, Any]) -> Record:
        try:
            created = self._write("POST", self.path, dict(body))
        except ApiError as error:
            if not self.resource.other_path or error.code != _NO_SUCH_CALL:
                raise
            created = self._write("POST", self.resource.other_path, dict(body))
        return _object(created, self.resource)

    def is_creation_open(self, body: Mapping[str, Any]) -> bool:
        """Whether an earlier task has sent this creation and has not got BILL's response. Then BILL returns it if it is sent again."""
        return EndpointClient(self.client).is_open(Request("POST", self.path, body=dict(body)))

    def create_all(self, bodies: Sequence[Mapping[str, Any]]) -> list[Record]:
        """Create several objects with one request. BILL creates all of them or none (documented)."""
        response = self._write("POST", f"{self.path}/bulk", [dict(body) for body in bodies])
        found = response.get(self.resource.bulk_name) if isinstance(response, Mapping) else response
        if not isinstance(found, list) or len(found) != len(bodies):
            return []
        return [_object(each, self.resource) for each in found]

    def change(self, id_: str, body: Mapping[str, Any]) -> None:
        methods = {"PUT": ("PUT",), "either": ("PATCH", "PUT")}.get(self.resource.update, ("PATCH",))
        for number, method in enumerate(methods, 1):
            try:
                self._write(method, self._path(id_), dict(body))
                return
            except ApiError as error:
                # BILL has not processed a call that it does not have.
                if number == len(methods) or not (error.code == _NO_SUCH_CALL or error.status == _NO_SUCH_METHOD):
                    raise

    def delete(self, id_: str) -> None:
        self._write("DELETE", self.path if self.resource.is_single else self._path(id_))

    def archive(self, id_: str) -> None:
        self._write("POST", f"{self._path(id_)}/archive")

    def restore(self, id_: str) -> None:
        self._write("POST", f"{self._path(id_)}/restore")

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Exclude every other task, host and run of the same store that changes objects of this resource in the same organization."""
        method = self.client.sessions.method
        organization_id = self.client.sessions.current(require_trusted=False).session.organization_id
        # Without an organization, as in Spend & Expense, the credential stands for its company.
        owner = (
            {"organization": organization_id} if organization_id else {"auth_method": method.method, **method.values}
        )
        identity = {"kind": "resource", "path": self.path, "api_url": self.client.transport.base_url.url, **owner}
        with WriteLocks(self.client).held(identity):
            yield

    def _pages(self, filters: str, sort: str) -> Iterator[Record]:
        if self.resource.list_at:
            whole = _object(EndpointClient(self.client).call(Request("GET", self.path)).json, self.resource)
            yield from (_object(each, self.resource) for each in whole.get(self.resource.list_at) or ())
            return
        size = largest_page(self.path)
        given = (("filters", filters), ("sort", sort), ("max", str(size) if size else ""))
        request = Request("GET", self.path, tuple((name, value) for name, value in given if value))
        for page in EndpointClient(self.client).read_all(request, max_results=None):
            if page.number > 1:
                self.reporter.progress(f"{self.resource.plural}: {page.read} read, pages: {page.number}")
            yield from (_object(each, self.resource) for each in page.records)

    def _write(self, method: str, path: str, body: dict[str, Any] | list[Any] | None = None) -> Any:
        # Each write has its own client, because a client records the progress of one write.
        endpoint, request = EndpointClient(self.client), Request(method, path, body=body)
        self._writes.append((endpoint, request))
        return endpoint.call(request).json

    def _path(self, id_: str) -> str:
        return f"{self.path}/{quote(id_, safe='')}"


def _object(found: Any, resource: Resource) -> Record:
    if not isinstance(found, dict):
        raise InvalidResponseError(
            f"BILL's response about a {resource.name} is not an object. Check api_url, and that no proxy answers instead of BILL.",
            options=("api_url",),
        )
    return found
