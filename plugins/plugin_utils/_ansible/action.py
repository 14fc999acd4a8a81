# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The base class of all tasks. It runs the operation on the controller, hides the result, and publishes the session.

Private to bill.connect.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from .._core.redaction import is_redacted
from .._core.secret_registry import SecretRegistry
from .._options.source import Kind
from .._options.spec import OPTION_VARIABLES, OPTIONS, SESSION_VARIABLES, Option
from .._vault.ansible_values import decrypted
from . import core_versions, garbage_collection, hiding
from .context import TaskContext
from .facts import RECEIPT
from .keywords import check_environment, check_limits
from .reporter import CoreSecretRegistry
from .runner import Invocation, OperationError, operation
from .task_result import TaskResult
from .written_task import WrittenTask, is_in_role

display = Display()

# An argument that cannot be decrypted.
_UNREADABLE = object()

# The arguments of each task, before they are hidden. With until, ansible-core makes a new action for every try.
# Every try gets the same task object.
_ARGUMENTS: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()


# The result of each task whose write BILL has done or may have done. A later try of until must not send such a write again.
_RESULTS_OF_WRITES: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()


class BillAction(ActionBase):
    """The base class of every task of bill.connect. A subclass implements ``perform``.

    ``variables`` holds all variables of Ansible, untemplated. ``run`` sets it. ``SIGNS_IN`` says that the task takes the shared options
    besides its own. ``ANY_METHOD`` says that it reads the options of all authentication methods. ``FAILURE_DATA`` holds what a failure
    returns besides its message. The details of the error override it.
    """

    OWN_OPTIONS: ClassVar[tuple[Option, ...]] = ()
    SIGNS_IN: ClassVar[bool] = True
    ANY_METHOD: ClassVar[bool] = False
    FAILURE_DATA: ClassVar[Mapping[str, Any]] = {}

    # All options of the task, and the same options by their names and aliases.
    _table: ClassVar[tuple[Option, ...]]
    _options: ClassVar[Mapping[str, Option]]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        # Ansible imports the class in its main process. So the workers, one for each task, need not do this again.
        cls._table = (*(OPTIONS if cls.SIGNS_IN else ()), *cls.OWN_OPTIONS)
        cls._options = {name: option for option in cls._table for name in (option.name, *option.aliases)}

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def perform(self, context: TaskContext) -> TaskResult:
        raise NotImplementedError

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        self.variables = task_vars or {}
        self._plain: dict[str, Any] = {}
        self._context: TaskContext | None = None
        if before := _RESULTS_OF_WRITES.get(self._task):
            return dict(before)
        try:
            with garbage_collection.paused():
                return self._saved_result(self._run(tmp))
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            # Ansible can end a task at any line when its timeout expires. The result must still report a write that may have been sent.
            if self._context and (written := self._context.interrupted(type(error).__name__)):
                return self._saved_result(self._failed(str(written), written.details))
            raise

    def _run(self, tmp: str | None) -> dict[str, Any]:
        given = self._take_arguments()
        secrets = CoreSecretRegistry()
        invocation = Invocation(
            given, self.variables, self._templar, self._table, WrittenTask(self._task), self.ANY_METHOD
        )
        data: dict[str, Any] = {}
        is_resolved = True
        try:
            data.update(super().run(tmp, self.variables))
            self._warn_of_delegation()
            with operation(invocation, secrets) as self._context:
                core_versions.refuse_unsafe_core()
                if self.SIGNS_IN:
                    for warning in (
                        check_environment(self._task),
                        *check_limits(self._task, self._context.options, self._context.sources),
                    ):
                        self._context.warn_once(warning)
                result = self.perform(self._context)
                data.update(result.data)
                # In check mode, state absent does not end the session. The variables that name the session must stay.
                if result.publish and (data["headers"] or not self._task.check_mode):
                    self._publish(self._context, data)
        except OperationError as error:
            is_resolved = error.is_resolved
            self._hide_item(str(error), secrets if is_resolved else None)
            # ansible-core ignores until when an action raises an error. So a failed result is returned.
            return self._failed(str(error), error.details)
        except BaseException as error:
            # Ansible has ended the task: its timeout has expired, or it should run in the background (async).
            is_resolved = False
            self._hide_item(f"ansible-core has ended the task: {error}", None)
            raise
        finally:
            if is_resolved:
                self._hide_arguments(given, secrets.texts)
            else:
                # Any argument may hold a secret, even one whose option is not secret.
                self._task.args = dict.fromkeys(given, hiding.HIDDEN)
        hiding.protect_status(data)
        # A failure never reaches this line, because the user must be able to read its message.
        if (
            not result.public
            or self._task.no_log
            or secrets.contains(data)
            or hiding.item_of_loop_holds(self._task, self.variables, secrets.texts)
        ):
            hiding.hide_result(self._task, data)
            if "diff" in data and not self._task.no_log:
                hiding.show_diff(data["diff"])
        return data

    def _hide_item(self, message: str, secrets: SecretRegistry | None) -> None:
        """Hide the item of a failed loop if it may hold a secret, because Ansible shows that item.

        ``secrets`` is None if the secrets are not known. Then any text may be secret.
        """
        if hiding.item_of_loop_holds(self._task, self.variables, secrets.texts if secrets else None):
            hiding.hide_item(self._task, message)

    def _failed(self, message: str, details: Mapping[str, Any]) -> dict[str, Any]:
        """Return the result of a task that failed."""
        return {"changed": False, "failed": True, "msg": message, **self.FAILURE_DATA, **details}

    def _saved_result(self, result: dict[str, Any]) -> dict[str, Any]:
        """Return a copy of the result. Record the result of a write that BILL has processed or may have processed.

        Every later try of ``until`` gets the recorded result.
        """
        if "uncertain" in result and (result["changed"] or result["uncertain"]):
            _RESULTS_OF_WRITES[self._task] = result
        return dict(result)

    def _take_arguments(self) -> dict[str, Any]:
        """Return the arguments of the task, and replace the secret ones in the task.

        Callbacks receive the arguments that a task holds at its end.
        """
        before = _ARGUMENTS.get(self._task, {})
        arguments = {
            name: before.get(name) if isinstance(value, str) and value == hiding.HIDDEN else value
            for name, value in self._task.args.items()
        }
        _ARGUMENTS[self._task] = arguments
        self._plain = {name: _plain(value) for name, value in arguments.items()}
        self._hide_arguments(arguments, ())
        return arguments

    def _hide_arguments(self, arguments: Mapping[str, Any], secrets: Collection[str]) -> None:
        """Replace each argument of the task that is a secret or contains one."""
        hidden = [name for name in arguments if self._must_be_hidden(name, secrets)]
        # This is a new dictionary, because the items of a loop may share the old one.
        self._task.args = {**arguments, **dict.fromkeys(hidden, hiding.HIDDEN)}

    def _must_be_hidden(self, name: str, secrets: Collection[str]) -> bool:
        """Return whether an argument of the task is a secret or contains one."""
        plain, option = self._plain[name], self._options.get(name)
        if plain is _UNREADABLE or is_redacted(plain, secrets):
            return True
        return bool(option and ((option.secret and plain) or option.secrets_in(plain)))

    def _publish(self, context: TaskContext, result: dict[str, Any]) -> None:
        """Define the variables that name the session, for later tasks of this host."""
        # The role sets these variables itself, with set_fact.
        names = () if is_in_role(self._task, "bill.connect.login") else SESSION_VARIABLES
        session = {name: result[field] for name, field in names}
        before = context.run.published(self.variables.get(RECEIPT))
        # A variable that the user defines is not changed, because it decides where later tasks sign in.
        ours = {
            name: result[field]
            for name, field in OPTION_VARIABLES
            # After clear_facts, a variable that bill.connect has set may be undefined.
            if (name not in self.variables or _has(self.variables, name, before.get(name)))
            and (name in before or result[field] is not None)
        }
        # Only an option of this task is unknown to later tasks.
        sources = context.sources
        own = [
            name
            for name, field in OPTION_VARIABLES
            if name in ours and field in sources and sources[field].kind is Kind.OPTION
        ]
        context.warn_once(core_versions.lost_facts(own))
        # The receipt is needed before the variables are defined: a value without a receipt counts as a fact of the host.
        receipt = context.run.publish(ours) if ours else None
        ours = {**ours, RECEIPT: receipt} if receipt else {}
        if warning := core_versions.publish(self, result, session, ours):
            context.warn_once(warning)
        elif not core_versions.SINCE_2_21 and self._differs_from_the_roles(session, self.variables):
            display.warning(
                "bill_session_id and bill_headers still name the session of the role bill.connect.login. On this version of "
                "ansible-core, a task cannot change them. From now on, use register instead of these variables."
            )

    @staticmethod
    def _differs_from_the_roles(session: Mapping[str, Any], task_vars: Mapping[str, Any]) -> bool:
        # bill_session_id cannot be compared, because several methods have none.
        name = "bill_headers"
        return bool(task_vars.get("bill_connect_role_set")) and name in session and session[name] != task_vars.get(name)

    def _warn_of_delegation(self) -> None:
        if self._task.delegate_to not in (None, "localhost", "127.0.0.1", "::1"):
            display.warning(
                f"{self._task.action} always runs on the controller; delegate_to does not change which machine sends the requests to BILL."
            )


def _has(variables: Mapping[str, Any], name: str, value: str | None) -> bool:
    """Return whether a variable has this value; None if it is not defined."""
    try:
        return bool(variables.get(name) == value)
    except AnsibleError:
        # Up to ansible-core 2.18, a comparison decrypts the variable. Its vault password is missing. So the variable is the user's own.
        return False


def _plain(value: Any) -> Any:
    """Return an argument with plain texts."""
    try:
        return decrypted(value)
    except AnsibleError:
        # The value is encrypted and its vault password is missing. The error is reported where the value is used.
        return _UNREADABLE
