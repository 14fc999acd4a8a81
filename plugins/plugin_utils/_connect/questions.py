# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The questions of the form, in order: first those for everybody, then those of each authentication method.

Private to bill.connect. A method says which options it uses. The option table says how to ask for each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .._auth.methods import METHODS, AuthMethod
from .._options.option import Doubt
from .._options.spec import OPTIONS


@dataclass(frozen=True)
class Question:
    """One question: its option, its label, and a text that says what the value is and where to find it.

    If the question is ``optional``, the answer may be empty. The form asks only if the option ``only_with`` has a value.
    ``doubt`` says which values the form asks about once more.
    """

    option: str
    label: str
    where: str
    optional: bool = False
    only_with: str | None = None
    doubt: Doubt | None = None


# BILL's web app, where people sign in and find their keys. Documented by BILL.
WEB_APPS: Mapping[str, str] = {
    "sandbox": "https://login.stage.us.bill.com/neo/login",
    "production": "https://login.us.bill.com/neo/login",
}

_BY_NAME = {option.name: option for option in OPTIONS}


def _question(name: str, method: str = "", *, optional: bool = False) -> Question | None:
    """The question for an option with this authentication method. None if the form does not ask for it."""
    prompt = _BY_NAME[name].prompt(method)
    if prompt is None:
        return None
    # If the other option has a value, the method needs this one.
    optional = optional and not prompt.only_with
    return Question(name, prompt.label, prompt.where_to_find, optional, prompt.only_with, prompt.doubt)


def _first(name: str) -> Question:
    question = _question(name)
    if question is None:
        raise ValueError(f"The option {name} has no prompt.")
    return question


def _questions_of(method: type[AuthMethod]) -> Iterator[Question]:
    for name in (*method.required_options, *method.optional_options):
        if question := _question(name, method.method, optional=name not in method.required_options):
            yield question


ENVIRONMENT = _first("environment")
AUTH_METHOD = _first("auth_method")
QUESTIONS: Mapping[str, tuple[Question, ...]] = {name: tuple(_questions_of(method)) for name, method in METHODS.items()}
