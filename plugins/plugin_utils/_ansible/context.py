# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one invocation of a task or lookup works with.

Private to bill.connect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .._client.client import BillClient
from .._client.endpoint import EndpointClient
from .._client.factory import Surroundings, build_client
from .._client.request import Request
from .._client.run_records import RunRecords
from .._core.errors import BillError
from .._options.destinations import check_destinations, foreign_hosts
from .._options.resolve import ResolvedOptions
from .._options.source import Source
from .._vault import ansible_paths
from .reporter import CoreSecretRegistry, DisplayReporter


@dataclass(frozen=True)
class TaskContext:
    """``options`` by name, and those of their values that are secret. ``sources`` say where each option that was given comes from.

    ``secrets`` are all that this invocation knows, and ``run`` is what the tasks of this run of Ansible remember together.
    """

    # Kept out of repr(), so that no message or traceback can show them.
    options: Mapping[str, Any] = field(repr=False)
    option_secrets: Sequence[str] = field(repr=False)
    sources: Mapping[str, Source]
    secrets: CoreSecretRegistry = field(repr=False)
    run: RunRecords
    # The writes that were begun, for whoever ends the task by force.
    writes: list[tuple[EndpointClient, Request]] = field(default_factory=list, repr=False)

    @cached_property
    def reporter(self) -> DisplayReporter:
        return DisplayReporter(self.secrets)

    @cached_property
    def client(self) -> BillClient:
        """BILL, for the credential that the options hold; OptionError if they do not fit together."""
        return self.client_for(self.options)

    def client_for(self, options: Mapping[str, Any]) -> BillClient:
        """BILL, for the credential of other options."""
        around = Surroundings(
            ansible_paths.default_store(), ansible_paths.store_for_the_run(), self.reporter, self.secrets
        )
        return build_client(options, around)

    def check_destinations(self, options: ResolvedOptions) -> None:
        """OptionError if somebody else decides where secrets go; a warning, once a run, for each host that is not BILL's."""
        check_destinations(options, default_store=ansible_paths.default_store())
        for each in foreign_hosts(options):
            if self.run.is_first(each.warning):
                self.reporter.warn(each.warning)

    def interrupted(self, name: str) -> BillError | None:
        """What to tell of a write after Ansible has ended the task with the exception of this name; None if nothing was sent."""
        for endpoint, request in self.writes:
            if error := endpoint.interrupted(request, name):
                return error
        return None
