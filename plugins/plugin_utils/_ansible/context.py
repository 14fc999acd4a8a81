# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The context of one invocation of a task or lookup.

Private to bill.connect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .._client.client import BillClient
from .._client.factory import Surroundings, build_client
from .._client.run_records import RunRecords
from .._core.asker import Asker
from .._core.errors import BillError, OptionError
from .._options.deprecation import DeprecatedUse
from .._options.destinations import check_destinations, foreign_hosts
from .._options.resolve import ResolvedOptions
from .._options.source import Source
from .._vault import ansible_paths
from .ansible_run import AnsibleRun
from .reporter import CoreSecretRegistry, DisplayReporter

if TYPE_CHECKING:
    from .._client.endpoint import EndpointClient
    from .._client.request import Request


@dataclass(frozen=True)
class TaskContext:
    """The options, secrets and run records of one invocation.

    ``options`` holds the values of the options by name, and ``option_secrets`` the secret values among them. ``sources`` says where each
    given option comes from. ``secrets`` holds all secrets that this invocation knows. All tasks of this run of Ansible share ``run``.
    ``faults`` holds the errors of options that only other authentication methods use; only the form reads those options. ``asker`` is the
    host and the task of the invocation.
    """

    # repr() leaves these fields out, so that no message or traceback shows them.
    options: Mapping[str, Any] = field(repr=False)
    option_secrets: Sequence[str] = field(repr=False)
    sources: Mapping[str, Source]
    secrets: CoreSecretRegistry = field(repr=False)
    run: RunRecords
    faults: Mapping[str, OptionError] = field(default_factory=dict)
    asker: Asker = field(default_factory=Asker)
    # The writes that have started. ``interrupted`` needs them when Ansible ends the task.
    writes: list[tuple[EndpointClient, Request]] = field(default_factory=list, repr=False)

    @cached_property
    def reporter(self) -> DisplayReporter:
        return DisplayReporter(self.secrets)

    @cached_property
    def client(self) -> BillClient:
        """The client for the credentials in the options. Raises OptionError if the options do not fit together."""
        return self.client_for(self.options)

    def client_for(self, options: Mapping[str, Any]) -> BillClient:
        """Return the client for the credentials in other options. Raises OptionError if they do not fit together."""
        around = Surroundings(
            ansible_paths.default_store(),
            ansible_paths.run_store(),
            self.reporter,
            self.secrets,
            AnsibleRun(),
            self.asker,
        )
        return build_client(options, around)

    def check_destinations(self, options: ResolvedOptions) -> None:
        """Check where the secrets go. Warn once a run about each host that is neither BILL's nor this machine.

        Raises OptionError if a variable decides where secrets of the environment go.
        """
        check_destinations(options, default_store=ansible_paths.default_store())
        for each in foreign_hosts(options):
            self.warn_once(each.warning)

    def warn_once(self, warning: str | None) -> None:
        """Show a warning, but only once in a run of Ansible."""
        if warning and self.run.is_first(warning):
            self.reporter.warn(warning)

    def deprecate_once(self, use: DeprecatedUse) -> None:
        """Show Ansible's deprecation warning, but only once in a run of Ansible."""
        if self.run.is_first(use.text):
            self.reporter.deprecate(use)

    def interrupted(self, name: str) -> BillError | None:
        """Return the error for a write after Ansible has ended the task; None if no write was sent.

        ``name`` is the class name of the exception that ended the task.
        """
        for endpoint, request in self.writes:
            if error := endpoint.interrupted(request, name):
                return error
        return None
