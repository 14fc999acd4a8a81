# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The columns of the option table.

Private to bill.connect. The code reads the columns at run time; ``make generate`` writes the documentation from them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .._core.store_url import secrets_of_store_url
from .deprecation import Deprecation

AwxField = Literal["none", "usual", "rare"]


@dataclass(frozen=True)
class Doubt:
    """A value that the form asks about once more, because it is probably another one, for example a password.

    The form accepts the value if the person types it again, because BILL may change its rules. ``pattern`` is what usual values
    contain or begin with. ``text`` completes "The value that you typed ...".
    """

    pattern: str
    text: str


@dataclass(frozen=True)
class Prompt:
    """How the form asks for an option: the label of the question, and where the person finds the value.

    The form asks only if the option ``only_with`` has a value.
    """

    label: str
    where_to_find: str
    only_with: str | None = None
    doubt: Doubt | None = None


@dataclass(frozen=True)
class Option:
    """One option of a task or lookup.

    What the value is:

    - ``kind``: the type as Ansible names it: ``str``, ``path``, ``int``, ``bool``. The code that uses a ``dict`` or ``raw``
      checks it. Three kinds are unknown to Ansible: ``date`` is a day as text (``2026-12-22``), ``digits`` a text of digits,
      ``statuses`` one or more HTTP statuses.
    - ``pattern``: a regular expression for the whole text. ``minimum`` and ``maximum``: the limits of a number.
    - ``secret``: no output shows the value. ``secret_in_url``: the same, if the value is a URL of a store that has a password.
    - ``is_data``: the value only goes into a request, so a fact may give it.

    Where the value comes from:

    - ``shared``: the option can also come from a variable or the environment. Other options come only from the task.
    - ``variable_suffix``: the part after ``bill_`` and ``BILL_`` in those names, if it is not ``name``.

    What comes and goes:

    - ``version_added``: the version of bill.connect that brings the option. Only the options of the first release have none.
    - ``deprecated``: a later version of bill.connect removes the option. A use of it, of its variable or of its environment name causes
      Ansible's deprecation warning. To rename an option, add a row with ``formerly`` of ``deprecation.py``.
    - ``deprecated_aliases``: those of the ``aliases`` that a later version removes.

    What the value does:

    - ``is_destination``: it decides where secrets go, who can read them on the way, or where their session is stored.
    - ``identifies_account``: a secret that only signing in to BILL needs. If none is defined, there is no session to end.
    - ``api_name``: BILL's name of the field that carries the value. ``other_api_names``: other names of it, as in BILL's v2 API. BILL's
      errors may use them.

    The texts for people. They are plain, without Ansible's markup, except ``details``:

    - ``label``: the name in a form.
    - ``where_to_find``: what the value is and where BILL shows it. It completes "label: ...". The form does not ask for an option
      without this text. ``prompts`` has the label and the text for single authentication methods, by ``auth_method``.
    - ``doubt``: the values that the form asks about once more. A prompt in ``prompts`` has its own.
    - ``summary``: one line. It is the comment in a vault file, and the beginning of every description. An existing vault file has
      the comment of an earlier version. If the line changes, the old comment stays there.
    - ``details``: the further paragraphs of the documentation, with Ansible's markup.
    - ``default_text``: what applies if nobody gives a value and there is no ``default``.
    - ``awx``: whether the credential type of AWX has a field for it. A ``rare`` field comes last. ``awx_note`` is the part of
      its help text that the summary does not have.
    """

    name: str
    kind: str = "str"
    default: Any = None
    choices: tuple[str, ...] = ()
    secret: bool = False
    secret_in_url: bool = False
    aliases: tuple[str, ...] = ()
    pattern: str = ".*"
    minimum: int = 0
    maximum: int = 1_000_000
    shared: bool = True
    required: bool = False
    is_data: bool = False
    variable_suffix: str = ""
    is_destination: bool = False
    identifies_account: bool = False
    api_name: str = ""
    other_api_names: tuple[str, ...] = ()
    label: str = ""
    where_to_find: str = ""
    # A dictionary has no hash, so the hash of the option leaves it out.
    prompts: Mapping[str, Prompt] = field(default_factory=dict, hash=False)
    doubt: Doubt | None = None
    summary: str = ""
    details: tuple[str, ...] = ()
    default_text: str = ""
    awx: AwxField = "none"
    awx_note: str = ""
    version_added: str = ""
    deprecated: Deprecation | None = None
    deprecated_aliases: Mapping[str, Deprecation] = field(default_factory=dict, hash=False)
    # The names of its other sources, and the compiled pattern.
    variable: str = field(init=False, repr=False, compare=False)
    environment_name: str = field(init=False, repr=False, compare=False)
    _regex: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.deprecated:
            self.deprecated.check(self.name)
        # Ansible creates the options in its main process. So the workers, one for each task, need not compute these values again.
        suffix = self.variable_suffix or self.name
        computed = {"variable": f"bill_{suffix}", "environment_name": f"BILL_{suffix.upper()}"}
        vars(self).update(computed, _regex=re.compile(self.pattern))

    @property
    def target(self) -> str:
        """The name of the option that gets the value: another one if this is the former name of that option."""
        return (self.deprecated.replaced_by if self.deprecated else "") or self.name

    def matches(self, text: str) -> bool:
        """Whether the whole text matches ``pattern``."""
        return self._regex.fullmatch(text) is not None

    def secrets_in(self, value: object) -> frozenset[str]:
        """The texts of a value that no output may show."""
        if not isinstance(value, str) or not value:
            return frozenset()
        if self.secret:
            return frozenset({value})
        return secrets_of_store_url(value) if self.secret_in_url else frozenset()

    def prompt(self, method: str = "") -> Prompt | None:
        """How the form asks for the option with this authentication method. None if the form does not ask."""
        usual = Prompt(self.label, self.where_to_find, doubt=self.doubt) if self.where_to_find else None
        return self.prompts.get(method, usual)
