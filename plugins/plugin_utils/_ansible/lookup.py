# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The base class of all lookups. It runs the operation and returns its result.

Private to bill.connect.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible.plugins.lookup import LookupBase

from .._core.control_characters import without_marks
from .._options.resolve import MARK
from .._options.spec import OPTIONS, Option
from .context import TaskContext
from .keywords import check_environment
from .omit import without_omitted
from .reporter import CoreSecretRegistry
from .runner import Invocation, OperationError, operation
from .running import task_of_worker
from .template_errors import BillLookupError
from .templates import refuse_undefined


class BillLookup(LookupBase):
    """The base class of every lookup of bill.connect. A subclass implements ``perform``, which receives the terms."""

    OWN_OPTIONS: ClassVar[tuple[Option, ...]] = ()

    def perform(self, context: TaskContext, terms: list[Any]) -> list[Any]:
        raise NotImplementedError

    def repeated(self, terms: list[Any], given: Mapping[str, Any], variables: Mapping[str, Any]) -> list[Any] | None:
        """Return the result of an equal call that is known without an operation. None if there is none."""
        return None

    def run(self, terms: list[Any], variables: Mapping[str, Any] | None = None, **kwargs: Any) -> list[Any]:
        # with_ loops of ansible-core 2.16 add this argument.
        kwargs.pop("wantlist", None)
        if (again := self.repeated(terms, kwargs, variables or {})) is not None:
            return again
        # ansible-core handles its own error, so this is outside of the operation.
        refuse_undefined([terms, kwargs])
        invocation = Invocation(kwargs, variables or {}, self._templar, (*OPTIONS, *self.OWN_OPTIONS))
        message = ""
        try:
            with operation(invocation, CoreSecretRegistry()) as context:
                context.warn_once(check_environment(task_of_worker(), in_lookup=True))
                # A template may give all terms as one list.
                flat = [each for term in terms for each in (term if isinstance(term, list) else [term])]
                given = without_omitted(flat, invocation.variables)
                plain = without_marks(given)
                if plain is not given:
                    context.warn_once(MARK.format(holder="An argument of the lookup"))
                return self.perform(context, plain)
        except OperationError as error:
            message = str(error)
        # This line is outside the except clause, because Ansible also shows the cause of an error.
        raise BillLookupError(message)
