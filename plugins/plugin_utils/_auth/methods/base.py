# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every authentication method says about itself.

Private to bill.connect.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from ..._core.errors import BillError, ErrorCode, InvalidResponseError, OptionError, UnknownApiError
from ..._http.transport import HttpTransport, Response
from ..mfa_id import MfaId
from ..session import Session

# Far above any id of BILL's; it only keeps a session within what a header and the store take.
_LONGEST = 4096

# The options of an MFA ID. They are no part of the credential: who signs in is the same person with and without it.
MFA_OPTIONS = ("remember_me_id", "device", "remember_me_id_expires_on")


class AuthMethod(ABC):
    """One authentication method with its values.

    ``method`` is its ``auth_method``; ``needs`` maps each option it cannot do without to what BILL calls the value, and
    ``takes`` names the options that it makes use of besides. Made from a mapping of option names to values; OptionError names
    every option that is missing.

    ``values`` are those that tell it from all others, by option. ``limits`` names the options for which BILL counts requests
    in flight, of which the first also stands for the hourly limits. ``signs_in`` says whether BILL makes a session, and
    ``checks`` whether it can be asked if that lives. ``no_sign_out`` says in words what becomes of a session that BILL has no
    way to end, perhaps with ``{end}`` in it. ``paced`` says that BILL counts by the minute what it is asked for a session.
    ``pays_untrusted`` says that MFA does not decide whether it can pay. ``organizations`` is the path of the list of
    organizations that a session reaches. ``meanings`` are those that some codes have with such a session, and ``statuses`` those
    of some HTTP statuses that come without a code that means anything.
    """

    method: ClassVar[str]
    needs: ClassVar[Mapping[str, str]]
    takes: ClassVar[tuple[str, ...]] = ()
    limits: ClassVar[tuple[str, ...]] = ("dev_key", "organization_id")
    signs_in: ClassVar[bool] = True
    checks: ClassVar[bool] = True
    no_sign_out: ClassVar[str | None] = None
    paced: ClassVar[bool] = False
    pays_untrusted: ClassVar[bool] = False
    organizations: ClassVar[str | None] = "/v3/login/organizations"
    meanings: ClassVar[Mapping[str, ErrorCode]] = {}
    statuses: ClassVar[Mapping[int, ErrorCode]] = {}

    def __init__(self, options: Mapping[str, Any]) -> None:
        missing = [name for name in self.needs if not options.get(name)]
        if missing:
            raise OptionError(self._missing(missing), concerns=missing)
        self.values: dict[str, str] = {
            name: options[name] for name in (*self.needs, *self.takes) if options.get(name) and name not in MFA_OPTIONS
        }
        self.mfa_id = MfaId.of(options) if self.can_be_trusted() else None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> AuthMethod:
        """The credential that the options hold; OptionError if they do not hold one."""
        return cls(options)

    @classmethod
    def uses(cls) -> set[str]:
        """The options that mean anything to this method, of those that do not mean the same to all."""
        return {*cls.needs, *cls.takes}

    @classmethod
    def can_be_trusted(cls) -> bool:
        """Whether a session of this method can become MFA-trusted."""
        return "remember_me_id" in cls.takes

    @property
    def title(self) -> str:
        """How messages call it."""
        return f"auth_method {self.method}"

    def through(self) -> AuthMethod | None:
        """The credential by whose session this one signs in; None if it signs in by itself."""
        return None

    def most_requests(self) -> int:
        """How many requests a task makes at the most to get a session."""
        # A check and a sign-in; with an MFA ID also a step-up, and a look at what came of it; and of the credential in between
        # a check, a sign-in, and its use once more.
        return 2 + (2 if self.mfa_id else 0) + (3 if self.through() else 0)

    @abstractmethod
    def sign_in(self, gateway: HttpTransport, now: float, through: Session | None) -> Session:
        """Ask BILL for a session; BillError if there is none to be had.

        ``now`` is in seconds since the epoch, ``through`` a session of the credential of ``through()``.
        """

    @abstractmethod
    def check(self, gateway: HttpTransport, session: Session) -> Session:
        """Ask BILL about the session: the same one with what BILL says of it now. SessionEnded if it is over."""

    def ask(
        self,
        gateway: HttpTransport,
        session: Session,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        meanings: Mapping[str, ErrorCode] | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> Response:
        """One request with a session; ``headers`` and ``meanings`` are its own. The session's headers go before them, and they
        before the session's meanings.

        Raises the BillError of whatever came of it, as ``gateway.ask`` does.
        """
        try:
            return gateway.ask(
                method,
                path,
                headers={**(headers or {}), **session.headers},
                body=body,
                meanings={**self.meanings, **(meanings or {})},
                fields=fields,
            )
        except BillError as error:
            # Whatever words it came with.
            raise by_status(error, self.statuses, gateway.place) from None

    def sign_out(self, gateway: HttpTransport, session: Session) -> None:
        """End the session at BILL; SessionEnded if it had ended before."""
        gateway.ask("POST", "/v3/logout", headers=session.headers)

    def step_up(self, gateway: HttpTransport, session: Session, mfa_id: MfaId) -> bool:
        """Ask BILL to trust the session for the sake of an MFA ID, and return whether it does; SessionEnded if it is over."""
        # Observed: an MFA ID that is no good is no error, but answered so in the body.
        answer = gateway.ask("POST", "/v3/mfa/step-up", headers=session.headers, body=mfa_id.body).json
        return isinstance(answer, dict) and answer.get("trusted") is True

    def _missing(self, names: list[str]) -> str:
        wanted = ", ".join(f"{name} ({self.needs[name]})" for name in names)
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
    """A field of BILL's answer to ``what`` that must be a text fit for a header; UnexpectedAnswer if it is not."""
    if text := plain_text(answer.get(field) if isinstance(answer, dict) else None):
        return text
    raise InvalidResponseError(
        f"BILL's answer to {what} has no usable {field}. Check {option}, and that no proxy answers in BILL's place.",
        concerns=(option,),
    )


def object_of(answer: object, what: str) -> dict[str, Any]:
    """BILL's answer to ``what`` if it is a JSON object; UnexpectedAnswer if not."""
    if isinstance(answer, dict):
        return answer
    raise InvalidResponseError(
        f"BILL's answer to {what} is no JSON object. Check api_url, and that no proxy answers in BILL's place.",
        concerns=("api_url",),
    )


def by_status(error: BillError, meanings: Mapping[int, ErrorCode], place: str) -> BillError:
    """The error itself, or what its HTTP status means, if it has one of those and no code that means anything."""
    meaning = meanings.get(error.status or 0)
    if meaning is None or not isinstance(error, (InvalidResponseError, UnknownApiError)):
        return error
    return meaning.kind(
        f"BILL answered HTTP status {error.status}: {meaning.says}. {meaning.do.format(place=place)}",
        status=error.status,
        concerns=meaning.concerns,
        answer=error.answer,
    )
