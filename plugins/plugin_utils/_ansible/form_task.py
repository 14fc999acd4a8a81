# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the form once in Ansible: collects the existing values, and asks the user at the terminal for the others.

Private to bill.connect.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Set
from contextlib import suppress
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

from ansible.utils.display import Display

from .._connect.form import Form, FormResult
from .._connect.form_caller import UNKNOWN_PLACE
from .._core.errors import BillError, NoTerminalError, OptionError, UserAbortedError
from .._options import source as _source
from .._options.convert import convert
from .._options.resolve import ResolvedOptions
from .._options.source import Kind
from .._options.spec import OPTIONS
from .._vault.variable_locations import overriding_files
from .._vault.vault_edit import refuse_if_unwritable
from .._vault.vault_file import read_variables, typed_password
from . import core_versions, templates, terminal
from .context import TaskContext
from .fact_check import FactCheck

display = Display()


class Terminal:
    """Asks the user at the terminal of Ansible."""

    def ask(self, prompt: str, *, hidden: bool) -> str:
        """Return what the user types. Raises NoTerminalError if there is no terminal, and UserAbortedError after Ctrl-C."""
        typed = terminal.typed(_in_lines(prompt), hidden=hidden)
        if typed is None:
            raise UserAbortedError("You ended the form with Ctrl-C. Nothing was written.")
        return typed

    def show(self, text: str) -> None:
        display.display(_in_lines(text))


@dataclass(frozen=True)
class _VaultFilePlace:
    """The vault file, as the place to which bill_vault_file writes the variables of the form."""

    path: str
    loader: Any
    vault_id: str | None

    def refuse_if_unwritable(self) -> None:
        refuse_if_unwritable(self.path, self.loader, vault_id=self.vault_id)


def _in_lines(text: str) -> str:
    """Return the text in lines that fit the terminal. The terminal itself would break words."""
    # Ansible uses the same width for its lines of stars.
    lines = (wrap(line, display.columns, break_long_words=False, break_on_hyphens=False) for line in text.split("\n"))
    return "\n".join("\n".join(line) for line in lines)


def filled(call: TaskContext, loader: Any, templar: Any, variables: Mapping[str, Any]) -> FormResult:
    """Return the result of the form. ``variables`` holds all variables of Ansible, untemplated. Raises BillError."""
    _confirm_the_vault_password(call, loader)
    stored = _stored(call, loader, templar, variables)
    # The form also asks for a value that the inventory reads from the vault file itself.
    given = {
        option.name: source
        for option in OPTIONS
        if (source := call.sources.get(option.name))
        and not (source.kind is Kind.VARIABLE and stored.get(option.name) == call.options[option.name])
    }
    values = dict(call.options)
    for option in OPTIONS:
        # The inventory has the old value of the vault file, and a variable overrides the environment. Here the environment must
        # override it. Otherwise nobody could replace a secret without a terminal.
        if option.name in stored and option.name not in given and (text := os.environ.get(option.environment_name)):
            given[option.name] = _source.environment(option.environment_name)
            values[option.name] = convert(option, text, given[option.name])
            call.secrets.add(option.secrets_in(text))
    # If the environment replaces a value, the environment is its source. A variable must not decide where such a value goes.
    in_file = {
        option.name: _source.variable(option.variable, file=call.options["vault_file"])
        for option in OPTIONS
        if option.name in stored
    }
    call.check_destinations(
        ResolvedOptions({**values, **{n: stored[n] for n in stored if n not in given}}, {**in_file, **given}, ())
    )
    # Later plays have neither the variables of this command line nor this environment.
    lasting = {name for name, source in given.items() if source.kind is Kind.VARIABLE}
    lasting -= {option.name for option in OPTIONS if option.variable in core_versions.extra_variables(loader)}

    for option in OPTIONS:
        call.secrets.add(option.secrets_in(stored.get(option.name)))
    path = call.options["vault_file"]
    form = Form(
        Terminal(),
        values=values,
        given=given,
        found=frozenset(lasting),
        stored=stored,
        faults=call.faults,
        clients=call,
        secrets=call.secrets,
        destination=_VaultFilePlace(path, loader, call.options["vault_id"]) if path else UNKNOWN_PLACE,
    )
    done = form.fill(mfa=call.options["mfa"])
    if path:
        names = {option.variable for option in OPTIONS if option.name in stored} | done.variables.keys()
        _warn_of_what_goes_before(
            path, names - {name for name, value in done.variables.items() if value is None}, loader
        )
    return done


def _warn_of_what_goes_before(path: str, names: Set[str], loader: Any) -> None:
    """Warn about files that override variables of the vault file in plays of this folder."""
    path = os.path.abspath(path)
    for file in overriding_files(path, loader):
        # If a file cannot be read here, the play that reads it reports the error.
        with suppress(BillError):
            if both := sorted(names & read_variables(loader, file).keys()):
                display.warning(
                    f"Plays in this folder use {', '.join(both)} from {file}, because it overrides {path}. Remove them from one of the two files."
                )


def _confirm_the_vault_password(call: TaskContext, loader: Any) -> None:
    """Ask for the vault password of a new file once more, as ansible-vault does.

    With a typing error in the password, nobody could open the file. Raises BillError after three wrong entries.
    """
    path = call.options["vault_file"]
    password = typed_password(loader, path, call.options["vault_id"]) if path else None
    if password is None:
        return
    with suppress(NoTerminalError):
        prompt = (
            "\nVault password: type it again, because a typing mistake would lock you out of the file; it is not shown:"
        )
        for _try in range(3):
            # ansible-core also removes the blanks around the password.
            if Terminal().ask(prompt, hidden=True).strip() == password:
                return
            Terminal().show("This is not the vault password that you typed before.")
        raise BillError("You typed two different vault passwords. Nothing was written. Start again.")


def _stored(call: TaskContext, loader: Any, templar: Any, variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that an earlier run of the form stored in the vault file, by option."""
    path = call.options["vault_file"]
    raw = read_variables(loader, path) if path else {}
    # In templates, every other definition of these variables overrides the file, as in plays.
    known = {**raw, **variables}
    templar.available_variables = known
    known = {**known, **raw}
    check = FactCheck(templar, known, call.run.published)
    value_of = templates.variables_of(templar, known, check.refuse_fact, check.refuse_variable)
    stored: dict[str, Any] = {}
    for option in OPTIONS:
        try:
            if option.variable in raw and (value := value_of(option.variable)) not in (None, ""):
                stored[option.name] = convert(option, value, _source.variable(option.variable, file=path))
        except OptionError as error:
            # The user can correct the value in the form.
            display.warning(f"{error} The form ignores this value.")
    return stored


def returned(filled: FormResult | None, call: TaskContext) -> dict[str, Any]:
    """Build the return values of bill_form. If ``filled`` is None, as in check mode, nothing is known."""
    if filled is None:
        return {
            **dict.fromkeys(("organization_id", "user_id", "api_url", "auth_method", "trusted")),
            "variables": {},
            "elsewhere": [],
            "changed": False,
        }
    session = filled.session
    call.secrets.add(session.secrets)
    return {
        "organization_id": session.organization_id,
        "user_id": session.user_id,
        "api_url": filled.client.transport.base_url.url,
        "auth_method": filled.client.sessions.method.method,
        "trusted": session.trusted,
        "variables": filled.variables,
        "elsewhere": filled.elsewhere,
        "changed": filled.changed,
    }
