# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values that each source gives for an option, in the order of their precedence.

Private to bill.connect. Plain Python, without Ansible.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._core.errors import OptionError
from .._core.plain_name import plain_name
from . import source as _source
from .source import Source
from .spec import OPTION_VARIABLES, OPTIONS, Option

# Both mean "not given": YAML's empty value, and the empty text that a form or shell leaves.
NOT_GIVEN = (None, "")

_PUBLISHED = {name for name, _field in OPTION_VARIABLES}


@dataclass(frozen=True)
class Candidates:
    """The sources of one task or lookup.

    - ``of_task``: the values of its arguments and their sources, by option.
    - ``variable``: returns a variable by its name, templated. None if it is not defined.
    - ``published``: variables that bill.connect itself has set to name the last session. They have the lowest precedence.
    - ``forms``: the forms of the values of variables, by name.
    """

    of_task: Mapping[str, tuple[Any, Source]]
    variable: Callable[[str], Any]
    environ: Mapping[str, str]
    published: Mapping[str, str | None]
    forms: Mapping[str, _source.Form]

    def of(self, option: Option) -> Iterator[tuple[Any, Source]]:
        """The values for an option, each with its source. The first value that is given counts."""
        if option.name in self.of_task:
            yield self.of_task[option.name]
        if not option.shared:
            return
        value = self.variable(option.variable)
        is_published = (
            option.variable in _PUBLISHED and value is not None and self.published.get(option.variable) == value
        )
        if not is_published and value is not None:
            yield value, _source.variable(option.variable, form=self.forms.get(option.variable, ""))
        if of_environment := self.environ.get(option.environment_name):
            yield of_environment, _source.environment(option.environment_name)
        if is_published:
            yield value, _source.SESSION


def values_of_task(
    given: Mapping[str, Any],
    table: Sequence[Option],
    defaulted: Collection[str],
    forms: Mapping[str, _source.Form],
) -> dict[str, tuple[Any, Source]]:
    """The values of the arguments and their sources, by option. ``defaulted`` are the arguments that come from module_defaults.

    Raises OptionError if an argument is not an option, or if an option is given twice.
    """
    names = _names(table)
    # The task's own value outranks module_defaults, also if each uses another name of the option.
    written = {names[each] for each in given if each in names and each not in defaulted}
    only_defaulted = {names[each] for each in defaulted if each in names} - written
    return {
        name: (
            value,
            (_source.module_defaults if name in only_defaulted else _source.option)(name, forms.get(name, "")),
        )
        for name, value in _by_name(given, table).items()
    }


def _names(table: Sequence[Option]) -> dict[str, str]:
    """The option's name for each name and alias."""
    return {alias: option.name for option in table for alias in (option.name, *option.aliases)}


def _by_name(given: Mapping[str, Any], table: Sequence[Option]) -> dict[str, Any]:
    names = _names(table)
    found: dict[str, Any] = {}
    for key, value in given.items():
        if key not in names:
            named = plain_name(key) or "with the given name"
            close = difflib.get_close_matches(named, names, n=1)
            # The options of this task alone come first, because the shared ones are many.
            valid = ", ".join(option.name for option in sorted(table, key=OPTIONS.__contains__))
            hint = f"Did you mean {close[0]}?" if close else f"The options are: {valid}."
            raise OptionError(f"There is no option {named}. {hint}")
        name = names[key]
        if found.get(name) not in NOT_GIVEN and value not in NOT_GIVEN and found[name] != value:
            raise OptionError(f"The option {name} is given twice, once as {key}, with different values. Keep one.")
        if value not in NOT_GIVEN:
            found[name] = value
    return found
