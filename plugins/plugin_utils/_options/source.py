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


class Kind(Enum):
    """The kinds of sources."""

    OPTION = "option"
    MODULE_DEFAULTS = "module_defaults"
    VARIABLE = "variable"
    ENVIRONMENT = "environment"
    SESSION = "session"
    TYPED = "typed"


@dataclass(frozen=True)
class Source:
    """The source of one value. ``str()`` returns the words for a message, such as ``the variable bill_api_url``."""

    kind: Kind
    words: str

    def __str__(self) -> str:
        return self.words

    @property
    def is_variable(self) -> bool:
        """Whether the value comes from a variable. ``module_defaults`` count as one: a play sets them for tasks of other authors."""
        return self.kind in (Kind.VARIABLE, Kind.MODULE_DEFAULTS)

    @property
    def expands_environment(self) -> bool:
        """Whether ``$NAME`` in a path may stand for a value of the environment.

        It may not in variables. A launch user, an inventory or a fact could name any secret of the environment, and messages repeat
        the path.
        """
        return self.kind in (Kind.OPTION, Kind.ENVIRONMENT)


def option(name: str) -> Source:
    return Source(Kind.OPTION, f"the option {name}")


def module_defaults(name: str) -> Source:
    return Source(Kind.MODULE_DEFAULTS, f"module_defaults ({name})")


def variable(name: str, *, file: str | None = None) -> Source:
    return Source(Kind.VARIABLE, f"the variable {name}" + (f" in {file}" if file else ""))


def environment(name: str) -> Source:
    return Source(Kind.ENVIRONMENT, f"the environment variable {name}")


def typed(label: str) -> Source:
    return Source(Kind.TYPED, f"the value that you typed for {label}")


SESSION = Source(Kind.SESSION, "the previous sign-in")
