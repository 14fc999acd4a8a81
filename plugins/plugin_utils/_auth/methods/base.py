# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The base class of all authentication methods.

Private to bill.connect.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from ..._core.error_parser import ErrorProfile
from ..._core.errors import InvalidResponseError, MissingOptionError
from ..._http.messages import HttpRequest, JsonBody
from ..._http.transport import Transport
from ..mfa_id import MfaId
from ..session import Session

# Every id of BILL is much shorter. The limit only ensures that a session fits into a header and the store.
_LONGEST = 4096

# The options of an MFA ID. They are not a part of the credential, because the same user logs in with and without an MFA ID.
MFA_OPTIONS = ("remember_me_id", "device", "remember_me_id_expires_on")


class AuthMethod(ABC):
    """One authentication method with its values from the options. Raises OptionError, which names every missing option."""

    # The value of auth_method.
    method: ClassVar[str]
    # The required options, each with a description of its value.
    required_options: ClassVar[Mapping[str, str]]
    # The other options that the method uses.
    optional_options: ClassVar[tuple[str, ...]] = ()
    # BILL limits the requests in flight for the values of these options. BILL counts the hourly quota for the first option only.
    quota_options: ClassVar[tuple[str, ...]] = ("dev_key", "organization_id")
    # The options that are the same in each organization of a user. BDC_1101 and BDC_1110 are about them: BILL documents these codes without
    # a word about the organization, which has codes of its own. Empty if a login is for no organization, or sends no secret of the user.
    user_options: ClassVar[tuple[str, ...]] = ()
    # Whether a login creates a session at BILL.
    creates_session: ClassVar[bool] = True
    # Whether BILL has a call that validates a session.
    can_validate: ClassVar[bool] = True
    # The message to the user about a session that BILL cannot end. It may contain {end}. None if BILL can end the session.
    logout_note: ClassVar[str | None] = None
    # Whether the login and the validation count for BILL's limit of requests a minute.
    is_rate_limited: ClassVar[bool] = False
    # Whether BILL's webhooks API accepts such a session.
    reaches_webhooks: ClassVar[bool] = True
    # Whether MFA trust is irrelevant for payments with such a session.
    is_mfa_exempt: ClassVar[bool] = False
    # The path of the list of organizations that a session can access. None if there is no such list.
    organizations_path: ClassVar[str | None] = "/v3/login/organizations"
    # The meanings of codes and statuses in responses to requests with such a session.
    profile: ClassVar[ErrorProfile] = ErrorProfile()

    def __init__(self, options: Mapping[str, Any]) -> None:
        missing = [name for name in self.required_options if not options.get(name)]
        if missing:
            raise MissingOptionError(self._missing(missing), options=missing)
        # The values that identify the credential, by option.
        self.values: dict[str, str] = {
            name: options[name]
            for name in (*self.required_options, *self.optional_options)
            if options.get(name) and name not in MFA_OPTIONS
        }
        self.mfa_id = MfaId.of(options) if self.can_be_trusted() else None

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> AuthMethod:
        """The authentication method with the credential of the options. Raises MissingOptionError if an option is missing."""
        return cls(options)

    @classmethod
    def options_used(cls) -> set[str]:
        """The required and optional options of this method, without the options that are common to all methods."""
        return {*cls.required_options, *cls.optional_options}

    @classmethod
    def can_be_trusted(cls) -> bool:
        """Whether a session of this method can become MFA-trusted."""
        return "remember_me_id" in cls.optional_options

    @property
    def title(self) -> str:
        """The name of the method in messages."""
        return f"auth_method {self.method}"

    @property
    def quota(self) -> dict[str, str]:
        """The option for which BILL counts the hourly quota, with its value."""
        option = self.quota_options[0]
        return {option: self.values[option]}

    @property
    def user(self) -> dict[str, str]:
        """The options that are the same in each organization of a user, with their values."""
        return {option: self.values[option] for option in self.user_options}

    def parent(self) -> AuthMethod | None:
        """The credential whose session this login needs. None if the login needs no other session."""
        return None

    def max_requests(self) -> int:
        """The maximum number of requests that a task needs to get a session."""
        login = self.max_login_requests()
        # An MFA ID also adds a step-up and the validation of its result. A parent adds its validation, its login, and a second login with
        # its new session.
        return 1 + login + (2 if self.mfa_id else 0) + (2 + login if self.parent() else 0)

    def max_login_requests(self) -> int:
        """The maximum number of requests of one login. With an MFA ID that BILL refuses, it needs 2."""
        return 2 if self.mfa_id else 1

    @abstractmethod
    def log_in(self, transport: Transport, now: float, parent: Session | None) -> Session:
        """A new session from BILL. Raises BillError if BILL does not create one.

        ``now`` is in seconds since the epoch. ``parent`` is a session of the credential that ``parent()`` returns, or None.
        """

    @abstractmethod
    def validate(self, transport: Transport, session: Session) -> Session:
        """The session with BILL's current information about it. Raises SessionExpiredError if the session has expired."""

    def authorized(self, session: Session, request: HttpRequest) -> HttpRequest:
        """The request with the headers of the session, which override its own, and with the meanings of errors for such a session."""
        return replace(
            request, headers={**request.headers, **session.headers}, profile=request.profile.over(self.profile)
        )

    def log_out(self, transport: Transport, session: Session) -> None:
        """End the session at BILL. Raises SessionExpiredError if it had already expired."""
        transport.send(HttpRequest("POST", "/v3/logout", session.headers))

    def step_up(self, transport: Transport, session: Session, mfa_id: MfaId) -> bool:
        """Whether BILL trusts the session because of an MFA ID, after a request. Raises SessionExpiredError if the session has expired."""
        # Observed: BILL does not return an error for an invalid MFA ID. The body of the response contains the result.
        request = HttpRequest("POST", "/v3/mfa/step-up", session.headers, JsonBody(mfa_id.body))
        body = transport.send(request).json
        return isinstance(body, dict) and body.get("trusted") is True

    def _missing(self, names: list[str]) -> str:
        wanted = ", ".join(f"{name} ({self.required_options[name]})" for name in names)
        variables = ", ".join(f"bill_{name}" for name in names)
        return (
            f"auth_method {self.method} requires {wanted}. Define {variables}, preferably in a vault file. The options or "
            f"the environment variables ({', '.join('BILL_' + name.upper() for name in names)}) work too."
        )


def plain_text(value: object) -> str | None:
    """The value if it is a printable text that is valid in a header. Otherwise None."""
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST:
        return None
    return value if value.isascii() and value.isprintable() and value == value.strip() else None


def text_of(answer: object, field: str, what: str, option: str = "api_url") -> str:
    """A field of BILL's response to ``what``. Raises InvalidResponseError if its value is not a text that is valid in a header."""
    if text := plain_text(answer.get(field) if isinstance(answer, dict) else None):
        return text
    raise InvalidResponseError(
        f"BILL's response to {what} has no usable {field}. Check {option}, and that no proxy answers instead of BILL.",
        options=(option,),
    )


def object_of(answer: object, what: str) -> dict[str, Any]:
    """BILL's response to ``what`` as a JSON object. Raises InvalidResponseError if it is not a JSON object."""
    if isinstance(answer, dict):
        return answer
    raise InvalidResponseError(
        f"BILL's response to {what} is not a JSON object. Check api_url, and that no proxy answers instead of BILL.",
        options=("api_url",),
    )
