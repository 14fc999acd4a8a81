# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every authentication method says about itself.

Private to bill.connect.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from ..._core.error_parser import ErrorProfile
from ..._core.errors import InvalidResponseError, OptionError
from ..._http.messages import HttpRequest, JsonBody
from ..._http.transport import Transport
from ..mfa_id import MfaId
from ..session import Session

# Far above any id of BILL's; it only keeps a session within what a header and the store take.
_LONGEST = 4096

# The options of an MFA ID. They are no part of the credential: who signs in is the same person with and without it.
MFA_OPTIONS = ("remember_me_id", "device", "remember_me_id_expires_on")


class AuthMethod(ABC):
    """One authentication method with its values. It is made from options; OptionError names every option that is missing."""

    # The value of auth_method.
    method: ClassVar[str]
    # The options that it needs, each with what BILL calls the value.
    required_options: ClassVar[Mapping[str, str]]
    # The options that it makes use of besides.
    optional_options: ClassVar[tuple[str, ...]] = ()
    # The options for which BILL counts requests in flight. The first one also stands for the hourly quota.
    quota_options: ClassVar[tuple[str, ...]] = ("dev_key", "organization_id")
    # Whether BILL makes a session.
    creates_session: ClassVar[bool] = True
    # Whether BILL has a call that tells if a session is valid.
    can_validate: ClassVar[bool] = True
    # What becomes of a session that BILL has no way to end, for the user; perhaps with {end} in it.
    no_logout: ClassVar[str | None] = None
    # Whether BILL limits by the minute what it is asked for a session.
    is_rate_limited: ClassVar[bool] = False
    # Whether such a session can pay without MFA trust.
    is_mfa_exempt: ClassVar[bool] = False
    # The path of the list of organizations that a session reaches.
    organizations_path: ClassVar[str | None] = "/v3/login/organizations"
    # What codes and statuses mean with such a session.
    profile: ClassVar[ErrorProfile] = ErrorProfile()

    def __init__(self, options: Mapping[str, Any]) -> None:
        missing = [name for name in self.required_options if not options.get(name)]
        if missing:
            raise OptionError(self._missing(missing), concerns=missing)
        # The values that tell it from all others, by option.
        self.values: dict[str, str] = {
            name: options[name]
            for name in (*self.required_options, *self.optional_options)
            if options.get(name) and name not in MFA_OPTIONS
        }
        self.mfa_id = MfaId.of(options) if self.can_be_trusted() else None

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> AuthMethod:
        """The credential that the options hold; OptionError if they do not hold one."""
        return cls(options)

    @classmethod
    def options_used(cls) -> set[str]:
        """The options that mean anything to this method, of those that do not mean the same to all."""
        return {*cls.required_options, *cls.optional_options}

    @classmethod
    def can_be_trusted(cls) -> bool:
        """Whether a session of this method can become MFA-trusted."""
        return "remember_me_id" in cls.optional_options

    @property
    def title(self) -> str:
        """How messages call it."""
        return f"auth_method {self.method}"

    def parent(self) -> AuthMethod | None:
        """The credential by whose session this one signs in; None if it signs in by itself."""
        return None

    def max_requests(self) -> int:
        """How many requests a task makes at the most to get a session."""
        # A check and a sign-in; with an MFA ID also a step-up, and a look at what came of it; and of the credential in between
        # a check, a sign-in, and its use once more.
        return 2 + (2 if self.mfa_id else 0) + (3 if self.parent() else 0)

    @abstractmethod
    def log_in(self, transport: Transport, now: float, parent: Session | None) -> Session:
        """Ask BILL for a session; BillError if there is none to be had.

        ``now`` is in seconds since the epoch, ``through`` a session of the credential of ``through()``.
        """

    @abstractmethod
    def validate(self, transport: Transport, session: Session) -> Session:
        """Ask BILL about the session: the same one with what BILL says of it now. SessionExpiredError if it is over."""

    def authorized(self, session: Session, request: HttpRequest) -> HttpRequest:
        """The request with the headers of the session, which go before its own, and with what errors mean for such a session."""
        return replace(
            request, headers={**request.headers, **session.headers}, profile=request.profile.over(self.profile)
        )

    def log_out(self, transport: Transport, session: Session) -> None:
        """End the session at BILL; SessionExpiredError if it had ended before."""
        transport.send(HttpRequest("POST", "/v3/logout", session.headers))

    def step_up(self, transport: Transport, session: Session, mfa_id: MfaId) -> bool:
        """Ask BILL to trust the session for the sake of an MFA ID, and return whether it does; SessionExpiredError if it is over."""
        # Observed: an MFA ID that is no good is no error, but answered so in the body.
        request = HttpRequest("POST", "/v3/mfa/step-up", session.headers, JsonBody(mfa_id.body))
        body = transport.send(request).json
        return isinstance(body, dict) and body.get("trusted") is True

    def _missing(self, names: list[str]) -> str:
        wanted = ", ".join(f"{name} ({self.required_options[name]})" for name in names)
        variables = ", ".join(f"bill_{name}" for name in names)
        return (
            f"auth_method {self.method} needs {wanted}. Define {variables}, best in a vault file; the options and "
            f"the environment names ({', '.join('BILL_' + name.upper() for name in names)}) work too."
        )


def plain_text(value: object) -> str | None:
    """The value if it is a text that fits a header and can be shown; None if not."""
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST:
        return None
    return value if value.isascii() and value.isprintable() and value == value.strip() else None


def text_of(answer: object, field: str, what: str, option: str = "api_url") -> str:
    """A field of BILL's answer to ``what`` that must be a text fit for a header; InvalidResponseError if it is not."""
    if text := plain_text(answer.get(field) if isinstance(answer, dict) else None):
        return text
    raise InvalidResponseError(
        f"BILL's answer to {what} has no usable {field}. Check {option}, and that no proxy answers in BILL's place.",
        concerns=(option,),
    )


def object_of(answer: object, what: str) -> dict[str, Any]:
    """BILL's answer to ``what`` if it is a JSON object; InvalidResponseError if not."""
    if isinstance(answer, dict):
        return answer
    raise InvalidResponseError(
        f"BILL's answer to {what} is no JSON object. Check api_url, and that no proxy answers in BILL's place.",
        concerns=("api_url",),
    )
