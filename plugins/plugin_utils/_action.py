# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's side of a task: run the operation on the controller, hide its result, hand the session to later tasks.

Private to bill.connect.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from . import _compat
from ._call import Call, attempt
from ._options import FACTS, PUBLISHED, SECRET_FACTS, Option
from ._sign_in import Outcome

display = Display()

_ORGANIZATION = "bill_organization_id"


class BillAction(ActionBase):
    """The base of every task of bill.connect; a subclass names its operation in ``perform``."""

    OWN_OPTIONS: ClassVar[tuple[Option, ...]] = ()

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def perform(self, call: Call) -> Outcome:
        raise NotImplementedError

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        task_vars = task_vars or {}
        result: dict[str, Any] = super().run(tmp, task_vars)
        self._warn_of_delegation()

        def work(call: Call) -> None:
            _compat.refuse_unsafe_core()
            outcome = self.perform(call)
            result.update(call.returned(outcome))
            self._publish(result, outcome, task_vars)

        attempt(
            work,
            given=self._task.args,
            variables=task_vars,
            templar=self._templar,
            failure=_compat.failure,
            own_options=self.OWN_OPTIONS,
        )
        # A failure never gets here, because its message is meant to be read.
        _compat.hide(self, result)
        return result

    def _publish(self, result: dict[str, Any], outcome: Outcome, task_vars: Mapping[str, Any]) -> None:
        """Define the variables that name the session for later tasks."""
        if task_vars.get("bill_connect_role"):
            # The role does it, with set_fact, which no version of ansible-core writes to disk.
            return
        if outcome.session is None and self._task.check_mode:
            return
        facts = {name: result[field] for name, field in FACTS.items()}
        ours = (task_vars.get(PUBLISHED) or {}).get(_ORGANIZATION)
        if facts[_ORGANIZATION] is None or task_vars.get(_ORGANIZATION) not in (None, ours):
            # The user's own variable decides where later tasks sign in, so it is never talked over.
            del facts[_ORGANIZATION]
        if _compat.facts_are_kept_on_disk():
            for name in (*SECRET_FACTS, _ORGANIZATION):
                facts.pop(name, None)
            display.warning(
                "bill.connect does not set bill_session_id and bill_headers, because this version of ansible-core "
                "would write them to the fact cache in the clear. Use register, or the role bill.connect.connect."
            )
        elif _ORGANIZATION in facts:
            facts[PUBLISHED] = {_ORGANIZATION: facts[_ORGANIZATION]}
        _compat.publish(self, result, facts)

    def _warn_of_delegation(self) -> None:
        if self._task.delegate_to not in (None, "localhost", "127.0.0.1", "::1"):
            display.warning(
                f"{self._task.action} always runs on the controller; delegate_to does not change where BILL is called from."
            )
