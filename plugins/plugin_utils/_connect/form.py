# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The form "Connect your BILL account".

It asks a person for the missing values, has BILL check them, and lets the person correct them.

Private to bill.connect. The form does not know what shows its questions, so a test can play the person.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from .._auth.methods import METHODS, MFA_OPTIONS
from .._auth.session import Session
from .._client.client import BillClient
from .._core.error_codes import is_final, may_be_other_environment
from .._core.errors import BillError, OptionError, UserAbortedError
from .._core.secret_registry import SecretRegistry
from .._options.resolve import describe_sources
from .._options.source import Source
from .._options.spec import OPTIONS
from .form_caller import UNKNOWN_PLACE, ClientBuilder, Destination, refuse_if_unwritable_now
from .interview import Interview, Prompter
from .mfa_questions import validate_code, wants_mfa
from .questions import AUTH_METHOD, ENVIRONMENT, QUESTIONS, WEB_APPS, Question

# The form gives up after this many corrections. Otherwise a person could lock an account by trying.
CORRECTIONS = 3
_DEVICE = "bill-connect"

_BY_NAME = {option.name: option for option in OPTIONS}


@dataclass(frozen=True)
class FormResult:
    """The result of a form.

    ``variables`` holds the new and the changed variables by name. None marks a variable to remove. ``elsewhere`` names the
    variables that later plays find in another place than the file. ``changed`` is true if the form made a session.
    """

    client: BillClient
    session: Session
    changed: bool
    variables: dict[str, Any] = field(repr=False)
    elsewhere: list[str]


class Form:
    """One run of the form.

    - ``values``: the value of every option.
    - ``given``: the options that the form does not ask for, each with the source of its value.
    - ``found``: those of ``given`` that later plays find in the same place.
    - ``faults``: the errors of given values that cannot be used, by option. They matter only if the authentication method uses the option.
    - ``stored``: the values that an earlier run stored, by option. A person keeps one by pressing Enter.
    - ``clients``: builds the clients that try the values.
    - ``secrets``: gets each secret before anything else uses it.
    - ``destination``: the place to which the caller writes the variables.
    """

    def __init__(
        self,
        prompter: Prompter,
        *,
        values: Mapping[str, Any],
        given: Mapping[str, Source],
        found: frozenset[str],
        stored: Mapping[str, Any],
        faults: Mapping[str, OptionError],
        clients: ClientBuilder,
        secrets: SecretRegistry,
        destination: Destination = UNKNOWN_PLACE,
    ) -> None:
        self._destination = destination
        self._interview = Interview(prompter)
        self._values = {**values, **{name: value for name, value in stored.items() if name not in given}}
        if "environment" in given and "api_url" not in given:
            # Somebody named the environment for this run, so the address of an earlier run does not apply.
            self._values["api_url"] = None
        self._given = given
        self._found = found
        self._stored = stored
        self._faults = faults
        self._clients = clients
        self._secrets = secrets

    def fill(self, *, mfa: bool | None) -> FormResult:
        """The result, once BILL accepts the values. The form asks for what is missing until then.

        ``mfa`` says whether to have BILL trust the session. With None, the form asks for that, too.

        Raises the BillError for a value that BILL does not accept in the end.
        """
        self._destination.refuse_if_unwritable()
        if url := self._values["api_url"]:
            self._interview.show(f"BILL: {url}, from {self._given.get('api_url', 'the vault file')}")
        else:
            self._fill(ENVIRONMENT)
        self._fill(AUTH_METHOD)
        used = METHODS[self._values["auth_method"]].options_used()
        if fault := next((fault for name, fault in self._faults.items() if name in used), None):
            raise fault
        for each in self._fields:
            self._fill(each)
        client, session, changed = self._signed_in()
        self._values = self._wanted()
        # MFA and the end of the old session cannot be undone, so everything that can fail comes before.
        refuse_if_unwritable_now(self._destination)
        if mfa is None:
            mfa = self._wants_mfa(client, session)
        if mfa and not session.trusted:
            session = self._set_up_mfa(client, session)
            refuse_if_unwritable_now(self._destination)
        self._sign_out_old()
        return FormResult(client, session, changed, *self._variables_to_save())

    @property
    def _fields(self) -> tuple[Question, ...]:
        return QUESTIONS[self._values["auth_method"]]

    # --- asking ---

    def _fill(self, each: Question) -> None:
        """Ask for one value until the value is valid."""
        name, option = each.option, _BY_NAME[each.option]
        if each.only_with and not self._values[each.only_with]:
            return
        if name in self._given:
            self._interview.show(f"{each.label}: from {self._given[name]}")
            self._show_web_app(each)
            return
        before = self._values[name]
        value = self._interview.value(each, option, before=before, is_stored=before == self._stored.get(name))
        if option.secret:
            self._secrets.add([value])
        self._values[name] = value
        if not self._interview.is_alone:
            self._interview.show("  (not shown)" if option.secret else f"  {value or '(none)'}")
        self._show_web_app(each)

    def _show_web_app(self, each: Question) -> None:
        if each is ENVIRONMENT:
            self._interview.show(f"BILL's web app: {WEB_APPS[self._values['environment']]}")

    # --- BILL's responses ---

    def _signed_in(self) -> tuple[BillClient, Session, bool]:
        correction = 0
        while True:
            wanted = self._wanted()
            try:
                client = self._clients.client_for(wanted)
                self._interview.show("\nbill.connect lets BILL validate these values.")
                held = client.sessions.log_in()
                return client, held.session, held.is_new
            except BillError as error:
                refusal = error
            self._correct(refusal, correction := correction + 1)
            while not refusal.is_transient and self._wanted() == wanted:
                self._interview.show("\nNo value was changed, so bill.connect does not send the values again.")
                self._correct(refusal, correction := correction + 1)

    def _wanted(self) -> dict[str, Any]:
        """The present values, without the MFA ID of an earlier run if that one was for another user."""
        if self._is_the_same():
            return dict(self._values)
        theirs = [name for name in MFA_OPTIONS if name in self._stored and name not in self._given]
        return {**self._values, **dict.fromkeys(theirs)}

    def _correct(self, error: BillError, correction: int) -> None:
        """Let the person correct the values that the error concerns. Raises the error if there is nothing to correct."""
        if error.is_transient and not self._interview.is_alone and correction <= CORRECTIONS:
            self._interview.show(f"\n{error}")
            self._interview.ask("Press Enter to try again:")
            return
        wanted = [each for each in self._fields if each.option in error.options and self._can_correct(each)]
        if may_be_other_environment(error.code) and self._can_correct(ENVIRONMENT):
            wanted.append(ENVIRONMENT)
        # The question for a secret comes first, because it hides what is typed. After a message about a wrong password, people type the
        # password at the next question, whatever it asks for.
        wanted.sort(key=lambda each: not _BY_NAME[each.option].secret)
        if not wanted or self._interview.is_alone or correction > CORRECTIONS or is_final(error.code):
            raise self._explained(error)
        *labels, last = (each.label for each in wanted)
        named = f"{', '.join(labels)} and {last}" if labels else last
        self._interview.show(f"\n{error.summary}{self._sources(error)} Nothing was written.")
        self._interview.show(f"Please correct {named} (correction {correction} of {CORRECTIONS}). Enter keeps a value:")
        for each in wanted:
            self._fill(each)

    def _can_correct(self, each: Question) -> bool:
        if each.only_with and not self._values[each.only_with]:
            return False
        return each.option not in self._given and not (each is ENVIRONMENT and self._values["api_url"])

    def _explained(self, error: BillError) -> BillError:
        """The same error, with the sources of the values in its message and a note that nothing was written."""
        more = self._sources(error)
        if self._interview.is_alone and isinstance(error, OptionError):
            more += " bill.connect cannot ask you for values, because there is no terminal."
        return error.__class__(
            f"{error}{more} Nothing was written.",
            code=error.code,
            status=error.status,
            # Without this the task would add the sources again, and it does not know which values a person typed.
            options=(),
            details=error.details,
        )

    def _sources(self, error: BillError) -> str:
        # Options of other authentication methods have no effect, so their sources do not help.
        used = METHODS[self._values["auth_method"]].options_used() | {"auth_method", "environment", "api_url"}
        return describe_sources(error, {name: source for name, source in self._given.items() if name in used})

    def _sign_out_old(self) -> None:
        """End the session of the credentials that were just replaced, so that nobody can use it with the old ones."""
        method = METHODS[self._values["auth_method"]]
        secrets = {name for name in method.options_used() if _BY_NAME[name].secret and name not in MFA_OPTIONS}
        if not self._is_the_same() or not any(self._changed(name) for name in secrets & self._stored.keys()):
            return
        # The stored credentials may be invalid in many ways, so every BillError is ignored.
        with suppress(BillError):
            self._clients.client_for({**self._values, **self._stored}).sessions.end()

    def _changed(self, name: str) -> bool:
        return bool(self._values[name] != self._stored.get(name))

    def _is_the_same(self) -> bool:
        """Whether the user and the organization are those of the earlier run. True if there was no earlier run."""
        of_whom = ("auth_method", "environment", "api_url", "username", "organization_id", "user_id")
        return not any(self._changed(name) for name in of_whom if name in self._stored)

    # --- MFA ---

    def _wants_mfa(self, client: BillClient, session: Session) -> bool:
        # BILL does not document whether a session from a console token can have MFA.
        if (
            session.trusted
            or not client.sessions.method.can_be_trusted()
            or client.sessions.method.method == "console_token"
        ):
            return False
        if self._found.intersection(MFA_OPTIONS):
            # A new value would have to go where the old one is, and the form cannot write there.
            return False
        return wants_mfa(self._interview)

    def _set_up_mfa(self, client: BillClient, session: Session) -> Session:
        """The session after BILL trusts it. If MFA fails, the same session and a warning, because the credentials are valid."""
        device = self._values["device"] or _DEVICE
        try:
            self._refuse_other_places()
            done = validate_code(self._interview, client, device)
        except UserAbortedError:
            raise
        except BillError as error:
            client.sessions.reporter.warn(
                f"MFA is not set up: {error}{self._sources(error)} BILL accepted the credentials. To set up MFA, run this again."
            )
            return session
        self._secrets.add([done.remember_me_id])
        self._values |= {
            "remember_me_id": done.remember_me_id,
            "device": device,
            "remember_me_id_expires_on": done.expires_on and done.expires_on.isoformat(),
        }
        return client.sessions.entry.load() or session

    def _refuse_other_places(self) -> None:
        if places := sorted(str(self._given[name]) for name in self._found.intersection(MFA_OPTIONS)):
            raise OptionError(
                f"Later plays use {' and '.join(places)}, and the form cannot write there. Remove the old definition, or use the role "
                "bill.connect.trust."
            )

    # --- what to store ---

    def _variables_to_save(self) -> tuple[dict[str, Any], list[str]]:
        variables: dict[str, Any] = {}
        elsewhere: list[str] = []
        names = {"auth_method", "environment", "api_url"}
        names |= METHODS[self._values["auth_method"]].options_used()
        for option in OPTIONS:
            value = self._values[option.name]
            if option.name not in names:
                continue
            if option.name in self._found:
                elsewhere.append(option.variable)
            # The file keeps its text for an unchanged value, perhaps a template. A default needs no place in the file.
            # For an encrypted file, ansible-core 2.22 redacts every value wherever it appears, even common words such as sandbox.
            elif value != self._stored.get(option.name, option.default):
                variables[option.variable] = value
        return variables, elsewhere
