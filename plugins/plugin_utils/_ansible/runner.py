# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Resolves the options of one invocation, and converts every error into one message without secrets.

Private to bill.connect.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from ansible.errors import AnsibleError
from ansible.utils.display import Display

from .._client.run_records import RunRecords
from .._core.errors import BillError, MissingOptionError, OptionError
from .._core.redaction import redact
from .._core.run import operation_of
from .._options.destinations import steering_values
from .._options.resolve import ResolvedOptions, Unusable, resolve
from .._options.source import Form
from .._options.spec import OPTIONS, ROLE_VARIABLES, Option
from .._store.factory import open_run_store
from .._vault import ansible_paths
from .._vault.ansible_values import decrypted, encrypted_in
from .._vault.variable_locations import unread_file
from . import templates
from .ansible_run import AnsibleRun
from .asker import asker_of
from .context import TaskContext
from .fact_check import FactCheck
from .omit import without_omitted
from .reporter import CoreSecretRegistry, DisplayReporter, environment_secrets
from .template_errors import why
from .written_task import WrittenTask

display = Display()


class OperationError(Exception):
    """The error of a failed operation, with the message for the user.

    ``details`` holds the other return values. Neither the message nor ``details`` contains a secret. ``is_resolved`` says that the
    options were accepted. Then all secrets among the arguments are known.
    """

    def __init__(self, message: str, details: Mapping[str, Any], *, is_resolved: bool) -> None:
        super().__init__(message)
        self.details = details
        self.is_resolved = is_resolved


# The options that may have line breaks. They may also be large.
_OF_MANY_LINES = ("body", "variables")


@dataclass(frozen=True)
class Invocation:
    """The input of a task or lookup from Ansible.

    ``given`` holds the arguments, and ``variables`` all variables, untemplated. ``table`` holds the options that the task or lookup has.
    ``written`` is the task as its author wrote it; None for a lookup. ``any_method`` says that the authentication method can still
    change, so the options of all methods are read.
    """

    given: Mapping[str, Any] = field(repr=False)
    variables: Mapping[str, Any] = field(repr=False)
    templar: Any
    table: Sequence[Option] = OPTIONS
    written: WrittenTask | None = None
    any_method: bool = False


def open_run_records() -> RunRecords:
    """Return the records that all tasks of this run of Ansible share."""
    return RunRecords(open_run_store(ansible_paths.memory_of_the_run(), warn=display.warning))


@contextmanager
def operation(invocation: Invocation, secrets: CoreSecretRegistry) -> Iterator[TaskContext]:
    """Yield the context for an operation. Every ``Exception`` inside becomes an OperationError without secrets."""
    options: ResolvedOptions | None = None
    details: Mapping[str, Any] = {}
    unused = environment_secrets()
    try:
        with operation_of(run_of_ansible := AnsibleRun()), run_of_ansible.watched():
            # These secrets must be known before the options are resolved, because the options may be rejected.
            unused |= _secrets_among(invocation)
            run = open_run_records()
            check = FactCheck(invocation.templar, invocation.variables, run.published, invocation.written)
            options = _resolve(invocation, check)
            options = replace(options, secrets=tuple({*options.secrets, *_unused_secrets(invocation, options)}))
            secrets.add(options.secrets)
            secrets.add_quietly(encrypted_in(invocation.given))
            for note in options.notes:
                DisplayReporter(secrets).warn(note)
            context = TaskContext(
                options.values,
                options.secrets,
                options.sources,
                secrets,
                run,
                options.faults,
                asker_of(invocation.variables),
            )
            for use in options.deprecated:
                context.deprecate_once(use)
            if "api_url" in options.values:
                for option, value in steering_values(options):
                    check.refuse_value(option, value)
                context.check_destinations(options)
            yield context
        return
    except BillError as error:
        message, details = options.explain(error) if options else str(error), error.details
        if isinstance(error, MissingOptionError) and (hint := _unread_file(invocation)):
            message += f" {hint}"
    except Exception as error:
        message = _bug(error)
    # These lines are outside the except clauses, because Ansible also shows the cause of an error. A cause may contain a secret.
    unused |= secrets.texts
    message = CoreSecretRegistry(unused).redact_text(message)
    raise OperationError(message, redact(dict(details), unused), is_resolved=options is not None)


def _resolve(invocation: Invocation, check: FactCheck) -> ResolvedOptions:
    given = without_omitted(invocation.given, invocation.variables)
    for name, value in given.items():
        if templates.is_unevaluated(value):
            raise OptionError(f"The option {name} {templates.UNEVALUATED}")
    plain = {name: _readable(value) for name, value in given.items()}
    _refuse_facts(check, plain, invocation.table)
    return resolve(
        plain,
        table=invocation.table,
        variable=templates.variables_of(
            invocation.templar, invocation.variables, check.refuse_fact, check.refuse_variable
        ),
        published=_published(check),
        defaulted=_defaulted(invocation.given, invocation.written),
        any_method=invocation.any_method,
        forms=_forms(invocation),
    )


@dataclass(frozen=True)
class _Forms(Mapping[str, Form]):
    """The forms of untemplated values, by name. A form is found when it is needed. ``known`` holds those that need no search."""

    raws: Mapping[str, Any] = field(repr=False)
    known: Mapping[str, Form]
    variables: Mapping[str, Any] = field(repr=False)

    def __getitem__(self, name: str) -> Form:
        return self.known[name] if name in self.known else templates.form_of(self.raws[name], self.variables)

    def __iter__(self) -> Iterator[str]:
        return iter({**self.raws, **self.known})

    def __len__(self) -> int:
        return len({**self.raws, **self.known})


def _forms(invocation: Invocation) -> Mapping[str, Form]:
    """Return the forms of the values of the variables of options and of the arguments, by name."""
    # A lookup gets evaluated arguments.
    of_lookup: dict[str, Form] = {} if invocation.written else dict.fromkeys(invocation.given, "unknown")
    raws = {
        **{
            each.variable: invocation.variables[each.variable]
            for each in invocation.table
            if each.shared and each.variable in invocation.variables
        },
        **(invocation.written.arguments if invocation.written else {}),
    }
    for name in _OF_MANY_LINES:
        raws.pop(name, None)
    return _Forms(raws, of_lookup, invocation.variables)


def _readable(value: Any) -> Any:
    """Return the value of an argument with plain texts. An argument that cannot be decrypted matters only if it is used."""
    try:
        return decrypted(value)
    except (AnsibleError, ValueError) as error:
        return Unusable(f"cannot be used: {why(error)}")


def _secrets_among(invocation: Invocation) -> set[str]:
    """Return the secret texts among the arguments."""
    if not invocation.given:
        return set()
    options = {name: option for option in invocation.table for name in (option.name, *option.aliases)}
    return {
        text
        for name, value in invocation.given.items()
        if (option := options.get(name)) and (option.secret or option.secret_in_url)
        for text in option.secrets_in(_readable(value))
    }


def _unused_secrets(invocation: Invocation, options: ResolvedOptions) -> set[str]:
    """Return the secrets of other authentication methods that are known without any evaluation. They must not be sent or shown."""
    found = _secrets_among(invocation)
    for option in invocation.table:
        if option.secret and option.shared and option.name not in options.sources:
            raw = invocation.variables.get(option.variable)
            is_plain = isinstance(raw, str) and not templates.is_template(raw)
            found |= {text for text in (raw if is_plain else None, os.environ.get(option.environment_name)) if text}
    return found


def _refuse_facts(check: FactCheck, given: Mapping[str, Any], table: Sequence[Option]) -> None:
    """Raise OptionError if a managed host decides an option of the task, or a variable of the roles and playbooks.

    The variables of options are checked later, when ``resolve`` reads their values.
    """
    check.refuse_false_name()
    # A fact is refused even if the authentication method does not use its option.
    for name in (*ROLE_VARIABLES, *(option.variable for option in table if option.shared)):
        check.refuse_fact(name)
    check.refuse_options([option for option in table if not option.is_data], given)


def _published(check: FactCheck) -> Mapping[str, str | None]:
    """Return the variables that bill.connect itself has set for the host, by name.

    A variable is left out if the inventory or play defines the same value and the environment defines another value. Then the value
    counts as an ordinary variable and overrides the environment.
    """
    published = check.published()
    # The inventory and the play matter only if the environment has another value.
    contested = {name for name in published if os.environ.get(name.upper()) not in (None, "", published[name])}
    return {name: value for name, value in published.items() if name not in contested or not check.is_of_authors(name)}


def _defaulted(given: Mapping[str, Any], written: WrittenTask | None) -> list[str]:
    """Return the names of the arguments that come from module_defaults."""
    # If one template stands for all arguments of the task, their origin is not known. They count as the task's own arguments.
    if written is None or not given or written.whole is not None:
        return []
    return [name for name in given if name not in written.arguments]


def _unread_file(invocation: Invocation) -> str | None:
    """Return a hint about a vault file that the play does not read. None if there is none, or if any secret is defined."""
    variables = invocation.variables
    folder = variables.get("playbook_dir")
    if not isinstance(folder, str) or any(option.secret and option.variable in variables for option in OPTIONS):
        return None
    return unread_file(variables.get("ansible_inventory_sources"), folder)


def _bug(error: Exception) -> str:
    """Return the message for an unexpected error: its class and its place, but not its text, which may contain a secret."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}" if trace else "unknown"
    return f"This is a bug in bill.connect ({type(error).__name__} at {where}). Please report it."
