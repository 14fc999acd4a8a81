# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's side of a task: run the operation on the controller, hide its result, hand the session to later tasks.

Private to bill.connect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from .._core.redaction import contains_secret, redact
from .._options.spec import OPTION_VARIABLES, OPTIONS, SESSION_VARIABLES, Option
from .._vault.ansible_values import decrypted
from . import core_versions as _compat
from .context import TaskContext, run_operation
from .facts import RECEIPT

display = Display()

# What was taken from which task: with until, ansible-core makes a new action for every try, and gives it the same task.
_TAKEN: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()


# How a write ended that BILL has done, or may have done, by the task: until must not send it again.
_WRITTEN: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()


class _Failed(Exception):
    """The message of a task that failed; ``details`` is what else it returns."""

    def __init__(self, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.details = details or {}


class BillAction(ActionBase):
    """The base of every task of bill.connect; a subclass names its operation in ``perform``, and returns what the user gets.

    ``SIGNS_IN`` says that it takes the options of every task besides its own.
    ``variables`` are all that Ansible has, untemplated, once it runs. ``FAILS_WITH`` is what a failure returns besides its message,
    unless the failure itself says otherwise.
    ``SHOWN`` says that the result can be shown if there is no secret in it, ``MAKES_A_SESSION`` that it is a session for later
    tasks, and ``ONCE`` that what has changed something, or may have, is not done again by ``until``.
    """

    OWN_OPTIONS: ClassVar[tuple[Option, ...]] = ()
    SIGNS_IN: ClassVar[bool] = True
    FAILS_WITH: ClassVar[Mapping[str, Any]] = {}
    SHOWN: ClassVar[bool] = False
    MAKES_A_SESSION: ClassVar[bool] = False
    ONCE: ClassVar[bool] = False

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def perform(self, call: TaskContext) -> dict[str, Any]:
        raise NotImplementedError

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        self._calls: list[TaskContext] = []
        try:
            return self._run(tmp, task_vars)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            # Ansible ends a task that takes too long, wherever it is. What may have been sent is told all the same.
            for call in self._calls:
                if written := call.interrupted(type(error).__name__):
                    return self._remembered(self._ended(str(written), written.details))
            raise

    def _run(self, tmp: str | None, task_vars: dict[str, Any] | None) -> dict[str, Any]:
        self.variables = task_vars = task_vars or {}
        if before := _WRITTEN.get(self._task):
            return dict(before)
        given = self._taken_from_the_task()
        result: dict[str, Any] = {}
        known: Sequence[str] | None = None
        learned: set[str] = set()

        def work(call: TaskContext) -> None:
            nonlocal known, learned
            self._calls.append(call)
            known, learned = call.secrets, call.learned
            _compat.refuse_unsafe_core()
            result.update(self.perform(call))
            # Check mode does not end a session, so what names it stays.
            if self.MAKES_A_SESSION and (result["headers"] or not self._task.check_mode):
                self._publish(call, result, task_vars)

        def failure(message: str, secrets: Sequence[str] | None, details: Mapping[str, Any]) -> Exception:
            nonlocal known
            known = secrets
            # Ansible shows the item of a loop that failed, and credentials may have come from there.
            met = None if secrets is None else [*secrets, *learned]
            if _compat.item_of_loop_holds(self._task, task_vars, met):
                _compat.hide_item(self._task, message)
            return _Failed(message, details)

        try:
            result.update(super().run(tmp, task_vars))
            self._warn_of_delegation()
            run_operation(
                work,
                given=given,
                variables=task_vars,
                templar=self._templar,
                failure=failure,
                table=self._table(),
                written=_compat.WrittenTask(self._task),
            )
        except _Failed as failed:
            # Not raised, because ansible-core then pays no heed to until.
            return self._remembered(self._ended(str(failed), failed.details))
        except BaseException as error:
            # Of Ansible itself: the task has run into its own timeout, or was meant to run in the background.
            failure(f"ansible-core has ended the task: {error}", None, {})
            raise
        finally:
            if known is None:
                # Any of the arguments may hold a secret, even where none belongs.
                self._task.args = dict.fromkeys(given, _compat.HIDDEN)
            else:
                self._hide_arguments(given, [*known, *learned])
        _compat.settle(result)
        secrets = [*(known or ()), *learned]
        # A failure never gets here, because its message is meant to be read.
        if (
            not self.SHOWN
            or self._task.no_log
            or contains_secret(result, secrets)
            or _compat.item_of_loop_holds(self._task, task_vars, secrets)
        ):
            _compat.hide(self._task, result)
        return self._remembered(result)

    def _ended(self, message: str, details: Mapping[str, Any]) -> dict[str, Any]:
        """The result of a task that failed."""
        return {"changed": False, "failed": True, "msg": message, **self.FAILS_WITH, **details}

    @classmethod
    def _table(cls) -> tuple[Option, ...]:
        return (*(OPTIONS if cls.SIGNS_IN else ()), *cls.OWN_OPTIONS)

    def _remembered(self, result: dict[str, Any]) -> dict[str, Any]:
        if self.ONCE and (result["changed"] or result.get("uncertain")):
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

    def _hide_arguments(self, arguments: Mapping[str, Any], secrets: Sequence[str]) -> None:
        """Leave none of the arguments in the task that is a secret or has one in it."""
        secret = {name for option in self._table() if option.secret for name in (option.name, *option.aliases)}
        hidden = [
            name for name, value in arguments.items() if value and (name in secret or not _can_be_shown(value, secrets))
        ]
        # In a dictionary of its own, since the items of a loop may share theirs.
        self._task.args = {**arguments, **dict.fromkeys(hidden, _compat.HIDDEN)}

    def _publish(self, call: TaskContext, result: dict[str, Any], task_vars: Mapping[str, Any]) -> None:
        """Define the variables that name the session for later tasks of this host."""
        # The role sets these itself, with set_fact.
        names = () if _compat.is_in_role(self._task, "bill.connect.connect") else SESSION_VARIABLES
        session = {name: result[field] for name, field in names}
        before = call.run.published(task_vars.get(RECEIPT))
        # Where the user defines one of these it stays theirs, because it decides where later tasks sign in.
        ours = {
            name: result[field]
            for name, field in OPTION_VARIABLES
            if task_vars.get(name) == before.get(name) and (name in before or result[field] is not None)
        }
        # Before anything is defined: what has no receipt counts as a fact of the host.
        if receipt := call.run.publish(ours) if ours else None:
            ours[RECEIPT] = receipt
        if warning := _compat.publish(self, result, session, ours, steering=("bill_organization_id",)):
            display.warning(warning)
        elif not _compat.CAN_CHANGE_SET_FACT and self._differs_from_the_roles(session, task_vars):
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


def _can_be_shown(value: Any, secrets: Sequence[str]) -> bool:
    try:
        plain = decrypted(value)
    except AnsibleError:
        # Encrypted, and no password for it; that is told where the value is used.
        return False
    return bool(redact(plain, secrets) == plain)
