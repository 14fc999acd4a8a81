# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's side of a task: run the operation on the controller, hide its result, hand the session to later tasks.

Private to bill.connect.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from .._core.redaction import redact
from .._core.secret_registry import SecretRegistry
from .._options.spec import OPTION_VARIABLES, OPTIONS, SESSION_VARIABLES, Option
from .._vault.ansible_values import decrypted
from . import core_versions as _compat
from .context import TaskContext
from .facts import RECEIPT
from .reporter import CoreSecretRegistry
from .runner import Invocation, OperationError, operation
from .task_result import TaskResult
from .written_task import WrittenTask, is_in_role

display = Display()

# What was taken from which task: with until, ansible-core makes a new action for every try, and gives it the same task.
_TAKEN: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()


# How a write ended that BILL has done, or may have done, by the task: until must not send it again.
_WRITTEN: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()


class BillAction(ActionBase):
    """The base of every task of bill.connect. A subclass names its operation in ``perform``.

    ``variables`` are all that Ansible has, untemplated, once it runs. ``SIGNS_IN`` says that the task takes the shared options besides its
    own. ``FAILURE_DATA`` is what a failure returns besides its message, unless the failure itself says otherwise.
    """

    OWN_OPTIONS: ClassVar[tuple[Option, ...]] = ()
    SIGNS_IN: ClassVar[bool] = True
    FAILURE_DATA: ClassVar[Mapping[str, Any]] = {}

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def perform(self, context: TaskContext) -> TaskResult:
        raise NotImplementedError

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        self.variables = task_vars or {}
        self._context: TaskContext | None = None
        if before := _WRITTEN.get(self._task):
            return dict(before)
        try:
            return self._remembered(self._run(tmp))
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            # Ansible ends a task that takes too long, wherever it is. What may have been sent is told all the same.
            if self._context and (written := self._context.interrupted(type(error).__name__)):
                return self._remembered(self._failed(str(written), written.details))
            raise

    def _run(self, tmp: str | None) -> dict[str, Any]:
        given = self._taken_from_the_task()
        secrets = CoreSecretRegistry()
        invocation = Invocation(given, self.variables, self._templar, self._table(), WrittenTask(self._task))
        data: dict[str, Any] = {}
        is_resolved = True
        try:
            data.update(super().run(tmp, self.variables))
            self._warn_of_delegation()
            with operation(invocation, secrets) as self._context:
                _compat.refuse_unsafe_core()
                result = self.perform(self._context)
                data.update(result.data)
                # Check mode does not end a session, so what names it stays.
                if result.publish and (data["headers"] or not self._task.check_mode):
                    self._publish(self._context, data)
        except OperationError as error:
            is_resolved = error.is_resolved
            self._hide_item(str(error), secrets if is_resolved else None)
            # Not raised, because ansible-core then ignores until.
            return self._failed(str(error), error.details)
        except BaseException as error:
            # From Ansible: the task has run into its own timeout, or was meant to run in the background.
            is_resolved = False
            self._hide_item(f"ansible-core has ended the task: {error}", None)
            raise
        finally:
            if is_resolved:
                self._hide_arguments(given, secrets.texts)
            else:
                # Any of the arguments may hold a secret, even where none belongs.
                self._task.args = dict.fromkeys(given, _compat.HIDDEN)
        _compat.settle(data)
        # A failure never gets here, because its message is meant to be read.
        if (
            not result.public
            or self._task.no_log
            or secrets.contains(data)
            or _compat.item_of_loop_holds(self._task, self.variables, secrets.texts)
        ):
            _compat.hide(self._task, data)
        return data

    def _hide_item(self, message: str, secrets: SecretRegistry | None) -> None:
        """Ansible shows the item of a loop that failed, and credentials may have come from there. None: any text may be secret."""
        if _compat.item_of_loop_holds(self._task, self.variables, secrets.texts if secrets else None):
            _compat.hide_item(self._task, message)

    def _failed(self, message: str, details: Mapping[str, Any]) -> dict[str, Any]:
        """The result of a task that failed."""
        return {"changed": False, "failed": True, "msg": message, **self.FAILURE_DATA, **details}

    @classmethod
    def _table(cls) -> tuple[Option, ...]:
        return (*(OPTIONS if cls.SIGNS_IN else ()), *cls.OWN_OPTIONS)

    def _remembered(self, result: dict[str, Any]) -> dict[str, Any]:
        """The result. One of a write that BILL has processed, or may have, is what every later try of ``until`` gets."""
        if "uncertain" in result and (result["changed"] or result["uncertain"]):
            _WRITTEN[self._task] = result
        return dict(result)

    def _taken_from_the_task(self) -> dict[str, Any]:
        """The arguments; no secret of them is left in the task, because callbacks hear what a task holds at its end."""
        before = _TAKEN.get(self._task, {})
        arguments = {
            name: before.get(name) if value == _compat.HIDDEN else value for name, value in self._task.args.items()
        }
        _TAKEN[self._task] = arguments
        self._hide_arguments(arguments, ())
        return arguments

    def _hide_arguments(self, arguments: Mapping[str, Any], secrets: Collection[str]) -> None:
        """Leave none of the arguments in the task that is a secret or has one in it."""
        secret = {name for option in self._table() if option.secret for name in (option.name, *option.aliases)}
        hidden = [
            name for name, value in arguments.items() if value and (name in secret or not _can_be_shown(value, secrets))
        ]
        # In a dictionary of its own, since the items of a loop may share theirs.
        self._task.args = {**arguments, **dict.fromkeys(hidden, _compat.HIDDEN)}

    def _publish(self, context: TaskContext, result: dict[str, Any]) -> None:
        """Define the variables that name the session for later tasks of this host."""
        # The role sets these itself, with set_fact.
        names = () if is_in_role(self._task, "bill.connect.connect") else SESSION_VARIABLES
        session = {name: result[field] for name, field in names}
        before = context.run.published(self.variables.get(RECEIPT))
        # Where the user defines one of these it stays theirs, because it decides where later tasks sign in.
        ours = {
            name: result[field]
            for name, field in OPTION_VARIABLES
            if self.variables.get(name) == before.get(name) and (name in before or result[field] is not None)
        }
        # Before anything is defined: what has no receipt counts as a fact of the host.
        if receipt := context.run.publish(ours) if ours else None:
            ours[RECEIPT] = receipt
        if warning := _compat.publish(self, result, session, ours, steering=("bill_organization_id",)):
            display.warning(warning)
        elif not _compat.CAN_CHANGE_SET_FACT and self._differs_from_the_roles(session, self.variables):
            display.warning(
                "bill_session_id and bill_headers still name the session that the role bill.connect.connect has set, which "
                "a task cannot change on this version of ansible-core. Do not use them from here on; use register."
            )

    @staticmethod
    def _differs_from_the_roles(session: Mapping[str, Any], task_vars: Mapping[str, Any]) -> bool:
        # Not by bill_session_id, which several methods do without.
        name = "bill_headers"
        return bool(task_vars.get("bill_connect_role_set")) and name in session and session[name] != task_vars.get(name)

    def _warn_of_delegation(self) -> None:
        if self._task.delegate_to not in (None, "localhost", "127.0.0.1", "::1"):
            display.warning(
                f"{self._task.action} always runs on the controller; delegate_to does not change where BILL is called from."
            )


def _can_be_shown(value: Any, secrets: Collection[str]) -> bool:
    try:
        plain = decrypted(value)
    except AnsibleError:
        # Encrypted, and no password for it; that is told where the value is used.
        return False
    return bool(redact(plain, secrets) == plain)
