# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Resolve options: take each value from the first source that gives one.

Private to bill.connect.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._auth.methods import METHODS
from .._core.errors import BillError, OptionError
from . import source as _source
from .convert import convert
from .source import Source
from .spec import OPTION_VARIABLES, Option

_PUBLISHED = {name for name, _field in OPTION_VARIABLES}

# What one method needs may mean nothing to another.
_OF_METHODS = {name for method in METHODS.values() for name in method.options_used()}

# "Not given" in every place alike: YAML's empty value, and the empty text that a form or shell leaves behind.
_NOT_GIVEN = (None, "")


@dataclass(frozen=True)
class ResolvedOptions:
    """The value of every option, and in words where each one that was given comes from."""

    values: dict[str, Any] = field(repr=False)
    sources: dict[str, Source]
    secrets: tuple[str, ...] = field(repr=False)

    def explain(self, error: BillError) -> str:
        """The error's message, followed by where the values that it concerns come from."""
        # Not of those that another method would need: they were given, but not used.
        method = self.values.get("auth_method")
        unused = _OF_METHODS - METHODS[method].options_used() if method else set()
        return f"{error}{describe_sources(error, {name: self.sources[name] for name in self.sources.keys() - unused})}"


def describe_sources(error: BillError, sources: Mapping[str, Source]) -> str:
    """What to say after a message of where the values that the error concerns come from; of one without a source nothing."""
    concerned = [name for name in error.concerns if name in sources]
    return f" ({'; '.join(f'{name} comes from {sources[name]}' for name in concerned)})" if concerned else ""


def resolve(
    given: Mapping[str, Any],
    *,
    table: Sequence[Option],
    variable: Callable[[str], Any],
    environ: Mapping[str, str] | None = None,
    published: Mapping[str, str | None] | None = None,
    defaulted: Collection[str] = (),
) -> ResolvedOptions:
    """The options of one task or lookup, from the first place that gives each: itself, a variable, the environment.

    ``given`` holds the task's or lookup's own arguments, templated; ``defaulted`` names those of them that come from
    module_defaults. ``variable`` returns a variable by its name, templated; None if it is not defined. ``published`` holds variables that
    bill.connect has set itself to name the last session: such a value comes last, so that a session never decides where the next
    sign-in goes while anybody else says something about it; and only where there would be no sign-in without it. Raises OptionError.
    """
    published = published or {}
    environ = os.environ if environ is None else environ
    names = _names(table)
    # Where the task gives the same option by another of its names, that is what counts.
    written = {names[each] for each in given if each in names and each not in defaulted}
    defaulted = {names[each] for each in defaulted if each in names} - written
    of_task = {
        name: (value, (_source.module_defaults if name in defaulted else _source.option)(name))
        for name, value in _by_name(given, table).items()
    }
    values: dict[str, Any] = {}
    sources: dict[str, Source] = {}
    for option in table:
        values[option.name] = option.default
        for value, source in _candidates(option, of_task, variable, environ, published):
            if source == _source.SESSION and option.name not in METHODS[values["auth_method"]].required_options:
                continue
            if value not in _NOT_GIVEN:
                values[option.name] = convert(option, value, source)
                sources[option.name] = source
                break
        else:
            if option.required:
                raise OptionError(f"The option {option.name} is missing.")
    # A dictionary is as secret as its texts, of which its own task knows more.
    secrets = tuple(
        value for option in table if option.secret and isinstance(value := values[option.name], str) and value
    )
    return ResolvedOptions(values, sources, secrets)


def _candidates(
    option: Option,
    of_task: Mapping[str, tuple[Any, Source]],
    variable: Callable[[str], Any],
    environ: Mapping[str, str],
    published: Mapping[str, str | None],
) -> Iterator[tuple[Any, Source]]:
    """What each place says about an option, and the place in words; the first that says anything is right."""
    if option.name in of_task:
        yield of_task[option.name]
    if not option.shared:
        return
    value = variable(option.variable)
    ours = option.variable in _PUBLISHED and value is not None and published.get(option.variable) == value
    if not ours:
        yield value, _source.variable(option.variable)
    yield environ.get(option.environment_name), _source.environment(option.environment_name)
    if ours:
        yield value, _source.SESSION


def _names(table: Sequence[Option]) -> dict[str, str]:
    """The options' names by all that they can be called."""
    return {alias: option.name for option in table for alias in (option.name, *option.aliases)}


def _by_name(given: Mapping[str, Any], table: Sequence[Option]) -> dict[str, Any]:
    names = _names(table)
    found: dict[str, Any] = {}
    for key, value in given.items():
        if key not in names:
            # What is no name at all may be anything that slipped, a secret too.
            named = key if isinstance(key, str) and re.fullmatch(r"[\w.-]{1,40}", key) else "of the name that was given"
            close = difflib.get_close_matches(named, names, n=1)
            hint = f"Did you mean {close[0]}?" if close else f"The options are: {', '.join(o.name for o in table)}."
            raise OptionError(f"There is no option {named}. {hint}")
        name = names[key]
        if found.get(name) not in _NOT_GIVEN and value not in _NOT_GIVEN and found[name] != value:
            raise OptionError(f"The option {name} is given twice, once as {key}, with different values. Keep one.")
        if value not in _NOT_GIVEN:
            found[name] = value
    return found
