# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""BILL's MFA challenge: ask for a code, and answer with it, so that the kept session becomes trusted.

Private to bill.connect. Plain Python, without Ansible. Documented by BILL: "MFA" (challenge, validate).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from .._auth.methods import last_day, object_of, text_of
from .._auth.session_manager import SessionManager
from .._core.error_codes import ErrorCode
from .._core.error_parser import ErrorProfile
from .._core.errors import (
    ApiError,
    BillError,
    ConcurrencyLimitError,
    MfaRequiredError,
    OptionError,
    ServerError,
    SessionExpiredError,
    TransportError,
    UncertainWriteError,
    UnknownApiError,
)
from .._http.messages import HttpRequest, JsonBody
from .client import BillClient

# Documented by BILL: five text messages a minute, and no MFA for some kinds of sessions. With which codes it refuses these is
# not; that it is these is an assumption.
_PROFILE = ErrorProfile(
    {
        "BDC_1361": ErrorCode(
            MfaRequiredError,
            "a session like this one cannot pass MFA",
            "One of a user who has a phone set up can (auth_method password).",
            ("auth_method",),
        ),
        "BDC_1322": ErrorCode(
            ConcurrencyLimitError,
            "too many codes were asked for within a minute (BILL sends five text messages a minute), or too many requests were in "
            "flight",
            "Wait a minute.",
        ),
    }
)


@dataclass(frozen=True)
class MfaValidation:
    """What a right code has brought: trust for the session, and the MFA ID if BILL was asked to remember the device.

    ``expires_on`` is the day (UTC) on which the MFA ID ends.
    """

    remember_me_id: str | None = field(repr=False)
    expires_on: date | None


def challenge(client: BillClient) -> str:
    """Have BILL send a code to the user's phone; returns the id of the challenge that it answers.

    Raises BillError. Never asks a second time unless BILL has certainly sent nothing.
    """
    refuse_what_cannot_be_trusted(client.sessions)
    # An object, though empty: without one BILL has been seen to answer 400.
    request = HttpRequest("POST", "/v3/mfa/challenge", body=JsonBody({}), profile=_PROFILE, is_repeatable=False)
    try:
        body = client.request(request).response.json
    except UncertainWriteError as error:
        raise _with(
            error, " BILL may have sent a code all the same, which cannot be used. Ask for another one."
        ) from None
    return text_of(body, "challengeId", "the request for a code")


def validate(
    client: BillClient,
    challenge_id: str,
    token: str,
    *,
    remember_me: bool = False,
    device: str | None = None,
    machine_name: str | None = None,
) -> MfaValidation:
    """Answer a challenge with the code, so that the kept session becomes trusted.

    With ``remember_me`` BILL is asked to remember the device of that name for 30 days. Raises BillError. A wrong code is never
    sent again by itself, since BILL locks after some.
    """
    sessions = client.sessions
    refuse_what_cannot_be_trusted(sessions)
    if remember_me and not device:
        raise OptionError("remember_me needs device, a name for what BILL is to remember. Define bill_device.")
    session = sessions.entry.load()
    if session is None:
        raise BillError(
            "No session is kept here that could have asked for the code. Ask for a new one with bill_mfa_challenge, with the same "
            "credentials and session_store."
        )
    body: dict[str, str | bool] = {"challengeId": challenge_id, "token": token}
    if remember_me:
        body |= {"rememberMe": True, **({"machineName": machine_name} if machine_name else {}), "device": device or ""}
    request = HttpRequest(
        "POST", "/v3/mfa/challenge/validate", body=JsonBody(body), profile=_PROFILE, is_repeatable=False
    )
    try:
        response = client.request_with(session, request)
    except SessionExpiredError:
        raise ApiError("The session that asked for the code has ended at BILL. Ask for a new code.") from None
    except UnknownApiError as error:
        raise ApiError(
            f"BILL answered {error.code} (HTTP status {error.status}): it did not take the code. Check the six digits; if they "
            "are right, ask for a new code.",
            code=error.code,
            status=error.status,
        ) from None
    except UncertainWriteError as error:
        raise _with(error, " BILL may have taken the code all the same. Ask for a new one.") from None
    now = sessions.clock.time()
    if not sessions.stored.update(session, trusted=True, refused_mfa_ids=[], answered_at=now):
        sessions.reporter.warn(
            "The session is MFA-trusted now, but other tasks are busy with it, so that this could not be noted. It is found out when "
            "BILL is next asked about the session (check_after)."
        )
    if not remember_me:
        return MfaValidation(None, None)
    what = "the MFA code"
    return MfaValidation(text_of(object_of(response.json, what), "rememberMeId", what), last_day(now))


def refuse_what_cannot_be_trusted(sessions: SessionManager) -> None:
    """OptionError if no code can make the session trusted, or be given back in another task."""
    if not sessions.method.can_be_trusted():
        raise OptionError(
            f"Sessions of {sessions.method.title} are never MFA-trusted. Use auth_method password.",
            concerns=("auth_method",),
        )
    if not sessions.entry.shared:
        raise OptionError(
            "A code is given back in the session that asked for it, and session_store none keeps no session for "
            "another task. Name a directory.",
            concerns=("session_store",),
        )


def _with(uncertain: UncertainWriteError, more: str) -> BillError:
    """The error behind an uncertain request; with ``more`` where it is about the connection or a fault of BILL."""
    error = uncertain.origin or uncertain
    if not isinstance(error, (TransportError, ServerError)):
        return error
    return error.__class__(str(error) + more, code=error.code, status=error.status, concerns=error.concerns)
