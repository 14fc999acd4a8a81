# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The source of an option's value.

Private to bill.connect. The source decides two things: how a message names it, and what the value may do. Different people own
different sources. The owner of a credential in the environment is often not the person who may set a variable.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from .._core.control_characters import IN_A_BLOCK


class Kind(Enum):
    """The kinds of sources."""

    OPTION = "option"
    MODULE_DEFAULTS = "module_defaults"
    VARIABLE = "variable"
    ENVIRONMENT = "environment"
    SESSION = "session"
    TYPED = "typed"


# The form of the value in its source: encrypted on its own, a template, or unknown. Empty for plain text.
Form = Literal["", "vault", "template", "unknown"]

_TYPED = "Type the value again."
_ENVIRONMENT = (
    "Remove it where the environment is set. A Kubernetes secret made with echo ends in a line break (use printf), and a file with "
    "Windows line ends leaves a carriage return."
)
_ENCRYPTED = (
    "It was encrypted together with the value, for example by echo. Encrypt the value again without it: printf %s 'the value' | "
    "ansible-vault encrypt_string --stdin-name {name}"
)
_UNKNOWN = (
    "Remove it where the value comes from. A YAML block that begins with | ends in a line break (use |- or quotes), and the output of a "
    "file or a program often does (add | trim to the template)."
)
_TEMPLATE = "If a file or a program gives the value, remove it there, or add | trim to the template."


@dataclass(frozen=True)
class Source:
    """The source of one value. ``str()`` returns the words for a message, such as ``the variable bill_api_url``."""

    kind: Kind
    words: str
    form: Form = ""

    def __str__(self) -> str:
        return self.words

    @property
    def is_variable(self) -> bool:
        """Whether the value comes from a variable. ``module_defaults`` count as one: a play sets them for tasks of other authors."""
        return self.kind in (Kind.VARIABLE, Kind.MODULE_DEFAULTS)

    @property
    def remedy_for_control_character(self) -> str:
        """How to remove a line break or another control character from a value of this source."""
        if self.form == "vault":
            return _ENCRYPTED.format(
                name=self.words.split()[-1 if self.kind is Kind.MODULE_DEFAULTS else 2].strip("()")
            )
        if self.form:
            return _TEMPLATE if self.form == "template" else _UNKNOWN
        return {Kind.ENVIRONMENT: _ENVIRONMENT, Kind.TYPED: _TYPED}.get(self.kind, IN_A_BLOCK)

    @property
    def expands_environment(self) -> bool:
        """Whether ``$NAME`` in a path may stand for a value of the environment.

        It may not in variables. A launch user, an inventory or a fact could name any secret of the environment, and messages repeat
        the path.
        """
        return self.kind in (Kind.OPTION, Kind.ENVIRONMENT)


def option(name: str, form: Form = "") -> Source:
    return Source(Kind.OPTION, f"the option {name}", form)


def module_defaults(name: str, form: Form = "") -> Source:
    return Source(Kind.MODULE_DEFAULTS, f"module_defaults ({name})", form)


def variable(name: str, *, file: str | None = None, form: Form = "") -> Source:
    return Source(Kind.VARIABLE, f"the variable {name}" + (f" in {file}" if file else ""), form)


def environment(name: str) -> Source:
    return Source(Kind.ENVIRONMENT, f"the environment variable {name}")


def typed(label: str) -> Source:
    return Source(Kind.TYPED, f"the value that you typed for {label}")


# A value whose origin is not known, such as an argument of a lookup.
UNKNOWN = Source(Kind.OPTION, "the value", "unknown")
SESSION = Source(Kind.SESSION, "the previous sign-in")
