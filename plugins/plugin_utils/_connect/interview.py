# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks a person, and notices when nobody is there to answer.

Private to bill.connect. It does not know what shows the questions, so a test can play the person.
"""

from __future__ import annotations

import re
from typing import Any, Protocol

from .._core.errors import NoTerminalError, OptionError
from .._options import source
from .._options.convert import convert
from .._options.option import Option
from .questions import Question

_BEGINNING = "\nPress Enter to use the value in [brackets]. Ctrl-C ends the form, and nothing is written then.\n"
_STORED = "the value in the vault file"
_TYPED = "the value that you typed"
# The form gives up after this many invalid answers, because a program may answer instead of a person.
_TRIES = 10


class Prompter(Protocol):
    def ask(self, prompt: str, *, hidden: bool) -> str:
        """What the person types. Raises NoTerminalError if there is no terminal, UserAbortedError if the person aborts."""

    def show(self, text: str) -> None:
        """Show a line."""


class Interview:
    """The questions of one form to one person.

    ``is_alone`` becomes true when a question finds nobody to answer. From then on, every answer is empty.
    """

    def __init__(self, prompter: Prompter) -> None:
        self._prompter = prompter
        self.is_alone = False
        # The first question shows this text.
        self._beginning = _BEGINNING

    @property
    def has_begun(self) -> bool:
        """Whether somebody has answered a question."""
        return not self._beginning

    def ask(self, prompt: str, *, hidden: bool = False) -> str:
        """What the person types, without blanks at its ends unless it is hidden. Raises UserAbortedError if the person aborts."""
        if self.is_alone:
            return ""
        try:
            typed = self._prompter.ask(self._beginning + prompt, hidden=hidden)
        except NoTerminalError:
            self.is_alone = True
            return ""
        self._beginning = ""
        return typed if hidden else typed.strip()

    def is_yes(self, prompt: str) -> bool:
        """Whether the person answers yes. Enter means no. Raises UserAbortedError if the person aborts."""
        for _try in range(_TRIES):
            answer = self.ask(f"{prompt} yes or no [no]:").lower()
            if answer in ("y", "yes"):
                return True
            if answer in ("", "n", "no"):
                break
            self.show("Type yes or no.")
        return False

    def value(self, question: Question, option: Option, *, before: Any, is_stored: bool) -> Any:
        """A valid value for the option, or ``before`` if the person types none. ``is_stored`` says that the vault file has ``before``.

        Raises UserAbortedError if the person aborts.
        """
        prompt = f"{question.label}: {question.where}"
        if option.secret:
            prompt += "; it is not shown"
        if before:
            prompt += f" [{(_STORED if is_stored else _TYPED) if option.secret else before}]"
        doubted = None
        for _try in range(_TRIES):
            typed = self.ask(f"\n{prompt}:", hidden=option.secret)
            # A password may begin or end with a blank. A key never does.
            if option.pattern != Option.pattern or not typed.strip():
                typed = typed.strip()
            if not typed and (before or question.optional or self.is_alone):
                return before
            if not typed:
                self.show(f"{question.label} is required. Type a value.")
                continue
            try:
                value = convert(option, typed, source.typed(question.label))
            except OptionError as error:
                self.show(str(error))
                continue
            if not question.doubt or re.search(question.doubt.pattern, value) or value in (doubted, before):
                return value
            doubted = value
            # The value is not shown. It may be a password that the person typed at the wrong question.
            self.show(
                f"The value that you typed for {question.label} {question.doubt.text}. bill.connect has not sent it to BILL. "
                f"Type the correct {question.label}. To send this value anyway, type it again."
            )
        raise OptionError(
            f"You typed no usable value for {question.label} {_TRIES} times. Nothing was written. Start again."
        )

    def show(self, text: str) -> None:
        self._prompter.show(text)
