# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One call of a task or lookup: its options, the sign-in they lead to, and one clean message if it fails.

Private to bill.connect.
"""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

from ansible.utils.display import Display

from .._auth.session import Session
from .._auth.session_manager import SessionManager, SessionResult
from .._client.client import ApiResult, BillClient
from .._client.factory import build_session_manager
from .._client.request import Request
from .._client.run_records import GuardedWrite, RunRecords, WriteAttempt
from .._core.errors import BillError, OptionError
from .._core.redaction import redact, redact_text, sensitive_values
from .._options.destinations import check_destinations, foreign_hosts, steering_values
from .._options.source import Source
from .._options.spec import OPTIONS, ROLE_VARIABLES, Option, ResolvedOptions, resolve
from .._store.factory import open_run_store
from .._vault import ansible_paths
from .._vault.ansible_values import decrypted, encrypted_in
from . import core_versions as _compat
from .fact_check import FactCheck

_T = TypeVar("_T")

display = Display()

# The return values, in the order in which the documentation lists them.
LOGIN_FIELDS = (
    "session_id",
    "organization_id",
    "user_id",
    "headers",
    "api_url",
    "auth_method",
    "trusted",
    "expires_at",
    "remember_me_id_days_left",
    "changed",
)


def open_run_records() -> RunRecords:
    """What the tasks of this run of Ansible remember together."""
    return RunRecords(open_run_store(ansible_paths.memory_of_the_run(), warn=display.warning))


def secrets_of_environment() -> set[str]:
    """The secrets in the environment, whether they are used or not."""
    secrets = {text for option in OPTIONS if option.secret and (text := os.environ.get(option.environment_name))}
    # As they are in a path that was normalized.
    return secrets | {os.path.normpath(text) for text in secrets}


@dataclass(frozen=True)
class TaskContext:
    """``options`` by name, what opens the sign-in that they lead to, and which of their values are secret; ``learned`` are secrets
    met since. ``sources`` says in words where each option that was given comes from. ``run`` is what the tasks of this run remember.
    """

    # Kept out of repr(), so that no message or traceback can show them.
    options: Mapping[str, Any] = field(repr=False)
    open: Callable[[Mapping[str, Any]], SessionManager]
    secrets: Sequence[str] = field(repr=False)
    learned: set[str] = field(default_factory=set, repr=False)
    sources: Mapping[str, Source] = field(default_factory=dict)
    run: RunRecords = field(default_factory=open_run_records)
    # Those that were begun, for whoever ends the task by force.
    writes: list[tuple[BillClient, Request]] = field(default_factory=list, repr=False)

    @cached_property
    def sign_in(self) -> SessionManager:
        """The sign-in; OptionError if the options do not fit together."""
        return self.open(self.options)

    def returned(self, outcome: SessionResult) -> dict[str, Any]:
        """What the user gets back: the documented return values, all of them null where no session is left."""
        session = outcome.session
        if session:
            _compat.mask(session.secrets)
        return {
            "session_id": session and session.session_id,
            "organization_id": session and session.organization_id,
            "user_id": session and session.user_id,
            "headers": session and dict(session.headers),
            "api_url": self.sign_in.gateway.address.url,
            "auth_method": self.sign_in.credential.method,
            "trusted": session and session.trusted,
            "expires_at": session and session.expires_at,
            "remember_me_id_days_left": self.sign_in.days_left,
            "changed": outcome.changed,
        }

    def warn(self, text: str) -> None:
        """Show a warning, without the secrets of this call."""
        display.warning(redact_text(text, {*secrets_of_environment(), *self.secrets, *self.learned}))

    def check_destinations(self, options: ResolvedOptions) -> None:
        """OptionError if somebody else says where secrets go; a warning, once a run, of each host that is not BILL's."""
        check_destinations(options, default_store=ansible_paths.default_store())
        for each in foreign_hosts(options):
            if self.run.is_first(each.warning):
                self.warn(each.warning)

    def interrupted(self, name: str) -> BillError | None:
        """What to tell of a write after Ansible has ended the task with the exception of this name; None if nothing was sent."""
        for api, request in self.writes:
            if error := api.interrupted(request, name):
                return error
        return None

    @staticmethod
    def tell_of_progress(text: str) -> None:
        """Show with ``-v`` that a long task is alive."""
        display.v(f"bill.connect: {text}")

    @staticmethod
    def checked(terms: Sequence[Any]) -> list[str]:
        """The terms of a lookup, if they are names of return values; OptionError if not."""
        if unknown := [str(term) for term in terms if term not in LOGIN_FIELDS]:
            # Repeated only if it is a slip of the pen: a password given by mistake must not be shown.
            close = difflib.get_close_matches(unknown[0], LOGIN_FIELDS, n=1)
            named = f"field {unknown[0]}. Did you mean {close[0]}?" if close else "such field."
            raise OptionError(f"There is no {named} The fields are: {', '.join(LOGIN_FIELDS)}.")
        return [str(term) for term in terms]

    def records(self, path: Any) -> list[Any]:
        """What a read yields: the records of a list, or the answer itself if it is none; nothing for a no that was expected."""
        returned = replace(self, options={**self.options, "path": path}, open=lambda _options: self.sign_in).requested()
        if returned["status"] >= 400:
            return []
        answer = returned.get("results", returned.get("json"))
        if isinstance(answer, dict) and isinstance(answer.get("results"), list):
            answer = answer["results"]
        return answer if isinstance(answer, list) else [answer]

    def requested(
        self, *, check_mode: bool = False, diff: bool = False, task: str = "", host: str = ""
    ) -> dict[str, Any]:
        """Send the request that the options ask for, a write only outside check mode: the return values of bill_request.

        ``task`` tells one task of a run from another, and ``host`` is the one that it runs for.
        """
        options = self.options
        # Even if the request is refused here, Ansible may show what is in it.
        self.learned.update(sensitive_values(options.get("body")))
        request = Request.of(options, self.sign_in.gateway.address.url, self.secrets)
        self.learned.update(sensitive_values(request.body))
        if options["paginate"] and any(status >= 400 for status in options["expected_status"] or ()):
            raise OptionError(
                "expected_status takes only 200 to 299 with paginate: an error has no pages. Leave out the others."
            )
        api = BillClient(
            self.sign_in, options["expected_status"] or (), options["require_trusted"], {*self.secrets, *self.learned}
        )
        try:
            if options["paginate"]:
                result = api.read_all(request, most=options["max_results"], tell=self.tell_of_progress)
            elif request.reads:
                result = api.call(request)
            else:
                # Check mode refuses what a real run would refuse.
                write = GuardedWrite(
                    {**api.identity_of(request), "task": task, "check_mode": str(check_mode)}, host, request.shown
                )
                with nullcontext(WriteAttempt()) if options["repeat"] else self.run.once(write) as api.attempt:
                    if check_mode:
                        api.attempt.is_sent = True
                        result = api.look()
                    else:
                        self.writes.append((api, request))
                        result = api.call(request)
        finally:
            _compat.mask(set(api.secrets) - self.learned)
            self.learned.update(api.secrets)
        returned: dict[str, Any] = {"status": result.status, "changed": result.changed, "uncertain": False}
        if not request.reads:
            # Ansible may call the task failed for reasons of its own, such as until, and then shows this.
            returned["msg"] = _what_became_of(request, result)
        if options["paginate"]:
            returned |= {"results": result.records, "pages": result.pages}
        else:
            returned |= {"json": result.json}
        if diff and not request.reads:
            returned["diff"] = _difference(api.shown(request))
        return returned

    def told(self, session: Session | None, changed: bool) -> dict[str, Any]:
        """What is told of a session where nothing secret may be: the return values of bill_session_info."""
        ends = session.end if session else None
        return {
            "signed_in": session is not None,
            "organization_id": session and session.organization_id,
            "user_id": session and session.user_id,
            "api_url": self.sign_in.gateway.address.url,
            "auth_method": self.sign_in.credential.method,
            "trusted": session and session.trusted,
            "mfa_status": session and session.mfa_status,
            "mfa_bypass": session and session.mfa_bypass,
            "expires_at": session and session.expires_at,
            "expires_in": None if ends is None else max(0, int(ends - self.sign_in.clock())),
            "remember_me_id_days_left": self.sign_in.days_left,
            "changed": changed,
        }


def run_operation(
    work: Callable[[TaskContext], _T],
    *,
    given: Mapping[str, Any],
    variables: Mapping[str, Any],
    templar: Any,
    failure: Callable[[str, Sequence[str] | None, Mapping[str, Any]], Exception],
    table: Sequence[Option] = OPTIONS,
    written: _compat.WrittenTask | None = None,
) -> _T:
    """Do ``work`` with the options that apply here; whatever goes wrong becomes a ``failure`` with a clean message.

    ``given`` holds the arguments of the task or lookup, ``variables`` all variables, untemplated; ``table`` are the options that there
    are, and ``written`` the task as its author wrote it. ``failure`` makes the exception from the message, the secrets that were in use (None if the options
    were not accepted), and what else there is to tell, by name; neither the message nor that holds any of the secrets.
    """
    options: ResolvedOptions | None = None
    details: Mapping[str, Any] = {}
    secrets = secrets_of_environment()
    learned: set[str] = set()
    try:
        plain = {name: decrypted(value) for name, value in given.items()}
        secrets |= _secrets_among(plain, table)
        run = open_run_records()
        check = FactCheck(templar, variables, run.published, written)
        _refuse_facts(check, plain, table)
        options = resolve(
            plain,
            table=table,
            variable=_compat.variables_of(templar, variables, check.refuse_fact, check.refuse_variable),
            published=_published(check),
            defaulted=_defaulted(given, written),
        )
        _compat.mask(options.secrets)
        secrets |= set(options.secrets)
        learned.update(encrypted_in(given))
        call = TaskContext(
            options.values,
            lambda values: _open(values, lambda text: redact_text(text, secrets | learned)),
            options.secrets,
            learned,
            sources=options.sources,
            run=run,
        )
        if set(table) >= set(OPTIONS):
            for option, value in steering_values(options):
                check.refuse_value(option, value)
            call.check_destinations(options)
        return work(call)
    except BillError as error:
        message, details = options.explain(error) if options else str(error), error.details
    except Exception as error:
        message = _bug(error)
    # Not in the except clauses: Ansible also shows the errors behind an error, and those may hold anything.
    secrets |= learned
    raise failure(redact_text(message, secrets), options.secrets if options else None, redact(dict(details), secrets))


def _secrets_among(given: Mapping[str, Any], table: Sequence[Option]) -> set[str]:
    names = {name for option in table if option.secret for name in (option.name, *option.aliases)}
    return {value for name, value in given.items() if name in names and isinstance(value, str) and value}


def _refuse_facts(check: FactCheck, given: Mapping[str, Any], table: Sequence[Option]) -> None:
    """OptionError if a managed host decides an option of the task, or a variable of the roles and playbooks.

    The variables of options are looked at where their values are taken.
    """
    for name in ROLE_VARIABLES:
        check.refuse_fact(name)
    options = [option for option in table if not option.is_data]
    check.refuse_templates_of_arguments(options)
    for option in options:
        check.refuse_option(option, given)


def _published(check: FactCheck) -> Mapping[str, str | None]:
    """The variables that bill.connect has set itself for the host, where nobody else says the same and has to be heard."""
    published = check.published()
    # Who else says the same matters only where the environment says something else.
    contested = {name for name in published if os.environ.get(name.upper()) not in (None, "", published[name])}
    return {name: value for name, value in published.items() if name not in contested or not check.is_of_authors(name)}


def _defaulted(given: Mapping[str, Any], written: _compat.WrittenTask | None) -> list[str]:
    """The arguments that come from module_defaults."""
    # Where one template stands for all arguments of the task, nobody can tell. They count as the task's own.
    if written is None or not given or written.whole is not None:
        return []
    return [name for name in given if name not in written.arguments]


def _what_became_of(request: Request, result: ApiResult) -> str:
    """What to say of a write that has not failed."""
    if result.status is None:
        return f"In check mode {request.shown} is not sent."
    done = "has done" if result.changed else "has not done"
    return f"BILL {done} this: {request.shown} (HTTP status {result.status})."


def _difference(shown: Mapping[str, Any]) -> dict[str, str]:
    """A write as diff mode shows it: nothing before, and the request after."""
    body = json.dumps(shown["body"], indent=2, ensure_ascii=False) + "\n" if "body" in shown else ""
    return {
        "before_header": "BILL",
        "before": "",
        "after_header": f"{shown['method']} {shown['url']}",
        "after": body,
    }


def _open(options: Mapping[str, Any], clean: Callable[[str], str]) -> SessionManager:
    """The sign-in that the options ask for; ``clean`` takes the secrets out of what it shows."""
    return build_session_manager(
        options,
        default_store=ansible_paths.default_store(),
        store_for_the_run=ansible_paths.store_for_the_run(),
        warn=lambda text: display.warning(clean(text)),
        tell=lambda text: display.vv(clean(f"bill.connect: {text}")),
        tell_of_waits=lambda text: TaskContext.tell_of_progress(clean(text)),
    )


def _bug(error: Exception) -> str:
    """What to say of an error that nobody expected: where it came from, but nothing that it may hold."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}" if trace else "unknown"
    return f"bill.connect met a fault of its own ({type(error).__name__} at {where}). Please report it."
