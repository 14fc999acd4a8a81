# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests an MFA code from BILL, and sends the code to BILL, so that the stored session becomes trusted.

Private to bill.connect. This package does not import Ansible. Documented by BILL: "MFA" (challenge, validate).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from .._auth.methods import last_day, object_of, text_of
from .._auth.session_manager import SessionManager
from .._core.error_codes import ErrorCode
from .._core.error_parser import ErrorProfile, error_items
from .._core.errors import (
    ApiError,
    BillError,
    ConcurrencyLimitError,
    InvalidResponseError,
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
from .late_exchange import EXCHANGE_FACTORY

# These tasks always send a request. So the main process of Ansible imports the library for it, once for all workers.
EXCHANGE_FACTORY.module()

# Documented by BILL: five text messages a minute, and no MFA for some kinds of sessions. BILL does not document the codes with which it
# rejects such requests. Assumption: the codes below.
_PROFILE = ErrorProfile(
    {
        "BDC_1361": ErrorCode(
            MfaRequiredError,
            "a session of this kind cannot pass MFA",
            "Use the session of a user with a phone for MFA (auth_method password).",
            ("auth_method",),
        ),
        "BDC_1322": ErrorCode(
            ConcurrencyLimitError,
            "too many codes were requested within a minute (BILL sends five text messages a minute), or too many requests were in "
            "flight",
            "Wait a minute.",
        ),
    }
)
_PROFILE_OF_CHALLENGES = ErrorProfile({"BDC_1144": _PROFILE.codes["BDC_1322"]}).over(_PROFILE)


@dataclass(frozen=True)
class MfaValidation:
    """The result of a correct code. The session is now trusted.

    - ``remember_me_id`` is the MFA ID. None if the request did not require BILL to remember the device.
    - ``expires_on`` is the day (UTC) on which the MFA ID ends. None if there is no MFA ID.
    """

    remember_me_id: str | None = field(repr=False)
    expires_on: date | None


def challenge(client: BillClient) -> str:
    """Request that BILL sends a code to the user's phone. Returns the id of the challenge. Raises BillError.

    The request is sent again only if BILL has certainly not processed it.
    """
    refuse_what_cannot_be_trusted(client.sessions)
    # Observed: BILL answers HTTP status 400 to a request without a body. An empty object is sufficient.
    request = HttpRequest(
        "POST", "/v3/mfa/challenge", body=JsonBody({}), profile=_PROFILE_OF_CHALLENGES, is_repeatable=False
    )
    try:
        body = client.request(request).response.json
    except UncertainWriteError as error:
        raise _with(
            error, " BILL may have sent a code anyway, but that code cannot be used. Ask for a new code."
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
    """Send the code of a challenge to BILL, so that the stored session becomes trusted. Raises BillError.

    With ``remember_me``, the request also requires BILL to remember the device of that name for 30 days. A wrong code is never sent
    again, because BILL locks MFA after some wrong codes (observed).
    """
    sessions = client.sessions
    refuse_what_cannot_be_trusted(sessions)
    if remember_me and not device:
        raise OptionError("remember_me requires device, a name for the device that BILL remembers. Define bill_device.")
    session = sessions.entry.load()
    if session is None:
        raise BillError(
            "There is no stored session that requested the code. Ask for a new code with bill_mfa_challenge, with the same "
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
        raise ApiError("The session that requested the code has expired. Ask for a new code.") from None
    except (ApiError, InvalidResponseError) as error:
        if not _is_about_the_code(error):
            raise
        said = f"{error.code} (HTTP status {error.status})" if error.code else f"HTTP status {error.status}"
        raise ApiError(
            f"BILL answered {said}: it did not accept the code. Check the six digits. If they are right, ask for a new code.",
            code=error.code,
            status=error.status,
        ) from None
    except UncertainWriteError as error:
        raise _with(error, " BILL may have accepted the code anyway. Ask for a new code.") from None
    now = sessions.clock.time()
    if not sessions.stored.update(session, trusted=True, refused_mfa_ids=[], answered_at=now):
        sessions.reporter.warn(
            "The session is MFA-trusted now. bill.connect could not store this, because other tasks hold the lock of the session. "
            "The next validation of the session shows it (check_after)."
        )
    if not remember_me:
        return MfaValidation(None, None)
    what = "the MFA code"
    return MfaValidation(text_of(object_of(response.json, what), "rememberMeId", what), last_day(now))


def refuse_what_cannot_be_trusted(sessions: SessionManager) -> None:
    """Raise OptionError if the session cannot become trusted, or if another task could not use the stored session."""
    if not sessions.method.can_be_trusted():
        raise OptionError(
            f"Sessions of {sessions.method.title} are never MFA-trusted. Use auth_method password.",
            options=("auth_method",),
        )
    if not sessions.entry.is_shared:
        raise OptionError(
            "The code must be sent in the session that requested it, but session_store none stores no session for "
            "another task. Set session_store to a directory.",
            options=("session_store",),
        )


def _is_about_the_code(error: BillError) -> bool:
    """Whether BILL refused a code without a reason that bill.connect knows. BILL documents no codes for a wrong or expired code."""
    if isinstance(error, ApiError):
        return isinstance(error, UnknownApiError)
    # Observed: error objects about a field may have no BDC code. A response without error objects does not come from BILL.
    return 400 <= (error.status or 0) < 500 and bool(error_items(error.response_body))


def _with(uncertain: UncertainWriteError, more: str) -> BillError:
    """The original error of an uncertain request. ``more`` is added to its message if the connection failed or BILL had a fault."""
    error = uncertain.origin or uncertain
    if not isinstance(error, (TransportError, ServerError)):
        return error
    return error.__class__(str(error) + more, code=error.code, status=error.status, options=error.options)
