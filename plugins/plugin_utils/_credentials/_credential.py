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

from .._errors import OptionError, UnexpectedAnswer
from .._gateway import Gateway
from .._session import Session

# Far above any id of BILL's; it only keeps a session within what a header and the store take.
_LONGEST = 4096


class Credential(ABC):
    """One authentication method with its values.

    ``method`` is its ``auth_method``; ``needs`` maps each option it cannot do without to what BILL calls the value.
    Made from a mapping of option names to values; OptionError names every option that is missing.
    """

    method: ClassVar[str]
    needs: ClassVar[Mapping[str, str]]

    def __init__(self, options: Mapping[str, Any]) -> None:
        missing = [name for name in self.needs if not options.get(name)]
        if missing:
            raise OptionError(self._missing(missing), concerns=missing)
        self.values: dict[str, str] = {name: options[name] for name in self.needs}

    @abstractmethod
    def sign_in(self, gateway: Gateway, now: float) -> Session:
        """Ask BILL for a session; BillError if there is none to be had. ``now`` is in seconds since the epoch."""

    @abstractmethod
    def check(self, gateway: Gateway, session: Session) -> None:
        """Ask BILL whether the session still lives; SessionEnded if not."""

    @abstractmethod
    def sign_out(self, gateway: Gateway, session: Session) -> None:
        """End the session at BILL; SessionEnded if it had ended before."""

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


def text_of(answer: object, field: str) -> str:
    """A field of BILL's answer that must be a text fit for a header; UnexpectedAnswer if it is not."""
    if text := plain_text(answer.get(field) if isinstance(answer, dict) else None):
        return text
    raise UnexpectedAnswer(
        f"BILL's answer to the sign-in has no usable {field}. Check api_url, and that no proxy answers in BILL's place.",
        concerns=("api_url",),
    )
