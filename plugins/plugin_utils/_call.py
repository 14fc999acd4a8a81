# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One call of a task or lookup: its options, the sign-in they lead to, and one clean message if it fails.

Private to bill.connect.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ansible.utils.display import Display

from . import _compat
from ._errors import BillError
from ._options import OPTIONS, PUBLISHED, Option, Options, gather
from ._session import Session
from ._sign_in import Outcome, SignIn, open_sign_in

_T = TypeVar("_T")

display = Display()

# The return values, in the order in which the documentation lists them.
FIELDS = (
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


@dataclass(frozen=True)
class Call:
    """``options`` by name, the sign-in that they lead to, and which of their values are secret."""

    # Kept out of repr(), so that no message or traceback can show them.
    options: Mapping[str, Any] = field(repr=False)
    sign_in: SignIn
    secrets: Sequence[str] = field(repr=False)

    def returned(self, outcome: Outcome) -> dict[str, Any]:
        """What the user gets back: the documented return values, all of them null where no session is left."""
        session = outcome.session
        if session:
            # The scheme of an Authorization is no secret, and what follows it is one by itself, too.
            headers = session.headers.values()
            _compat.mask([session.session_id, *headers, *(value.rpartition(" ")[2] for value in headers)])
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

    @staticmethod
    def tell_of_progress(text: str) -> None:
        """Show with ``-v`` that a long task is alive."""
        display.v(f"bill.connect: {text}")

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


def attempt(
    work: Callable[[Call], _T],
    *,
    given: Mapping[str, Any],
    variables: Mapping[str, Any],
    templar: Any,
    failure: Callable[[str, Sequence[str] | None], Exception],
    own_options: tuple[Option, ...] = (),
) -> _T:
    """Do ``work`` with the options that apply here; whatever goes wrong becomes a ``failure`` with a clean message.

    ``given`` holds the arguments of the task or lookup, ``variables`` all variables, untemplated. ``failure`` makes the
    exception from the message and the secrets that were in use, which the message does not hold; None if the options were
    not accepted.
    """
    options: Options | None = None
    try:
        options = gather(
            {name: _compat.decrypted(value) for name, value in given.items()},
            table=(*OPTIONS, *own_options),
            variable=_compat.variables_of(templar, variables),
            published=variables.get(PUBLISHED),
        )
        _compat.mask(options.secrets)
        return work(Call(options.values, _open(options), options.secrets))
    except BillError as error:
        message = options.explain(error) if options else str(error)
    except Exception as error:
        message = _bug(error)
    # Not in the except clauses: Ansible also shows the errors behind an error, and those may hold anything.
    raise failure(message, options.secrets if options else None)


def _open(options: Options) -> SignIn:
    return open_sign_in(
        options.values,
        default_store=_compat.default_store(),
        store_for_the_run=_compat.store_for_the_run(),
        warn=display.warning,
        tell=lambda text: display.vv(f"bill.connect: {text}"),
        tell_of_waits=Call.tell_of_progress,
    )


def _bug(error: Exception) -> str:
    """What to say of an error that nobody expected: where it came from, but nothing that it may hold."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}" if trace else "unknown"
    return f"bill.connect met a fault of its own ({type(error).__name__} at {where}). Please report it."
