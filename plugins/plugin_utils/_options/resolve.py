# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Resolve options: take each value from the first source that gives one.

Private to bill.connect.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._auth.methods import METHODS
from .._core.control_characters import without_marks
from .._core.errors import BillError, OptionError
from . import source as _source
from .candidates import NOT_GIVEN, Candidates, values_of_task
from .convert import convert
from .deprecation import DeprecatedUse, FormerValues, deprecated_uses
from .source import Source
from .spec import Option

# The options of all methods. An option that one method uses may have no effect with another.
_OF_METHODS = {name for method in METHODS.values() for name in method.options_used()}
_OF_OTHER_METHODS = {name: frozenset(_OF_METHODS - method.options_used()) for name, method in METHODS.items()}

MARK = "{holder} begins with a byte order mark, which some editors write. bill.connect left it out. Remove it from the file."


@dataclass(frozen=True)
class Unusable:
    """A given value that cannot be read, for example because it cannot be decrypted. ``reason`` completes "The option x"."""

    reason: str


@dataclass(frozen=True)
class ResolvedOptions:
    """The value of every option, the source of each given value, and the secrets among the values.

    An option that only other authentication methods use has its default and no source. If the method can still change, the options of
    all methods have their values, and ``faults`` holds the errors of those without a usable value, by name.
    """

    values: dict[str, Any] = field(repr=False)
    sources: dict[str, Source]
    secrets: tuple[str, ...] = field(repr=False)
    faults: dict[str, OptionError] = field(default_factory=dict)
    # What was changed in a value, for the user.
    notes: tuple[str, ...] = ()
    # What the task uses although a later version removes it.
    deprecated: tuple[DeprecatedUse, ...] = ()

    def explain(self, error: BillError) -> str:
        """The error's message, followed by the sources of the values that it concerns."""
        # With any_method, the options of other methods have sources too. They do not help.
        unused = _of_other_methods(self.values.get("auth_method"))
        return f"{error}{describe_sources(error, {name: self.sources[name] for name in self.sources.keys() - unused})}"


def describe_sources(error: BillError, sources: Mapping[str, Source]) -> str:
    """The end of a message: the sources of the values that the error concerns. Empty if no such value has a source."""
    concerned = [name for name in error.options if name in sources]
    return f" ({'; '.join(f'{name} comes from {sources[name]}' for name in concerned)})" if concerned else ""


def resolve(
    given: Mapping[str, Any],
    *,
    table: Sequence[Option],
    variable: Callable[[str], Any],
    environ: Mapping[str, str] | None = None,
    published: Mapping[str, str | None] | None = None,
    defaulted: Collection[str] = (),
    any_method: bool = False,
    forms: Mapping[str, _source.Form] | None = None,
) -> ResolvedOptions:
    """The options of one task or lookup. Each comes from the first source that gives it: the task itself, a variable, the environment.

    An option that only other authentication methods use is not read at all, because its variable may be undefined or encrypted for
    somebody else.

    - ``given``: the templated arguments of the task or lookup. ``defaulted`` names those of them that come from module_defaults.
    - ``variable``: returns a variable by its name, templated. None if it is not defined.
    - ``published``: variables that bill.connect itself has set to name the last session. Such a value has the lowest precedence, so
      a session never overrides another source. It applies only if the authentication method requires the option.
    - ``any_method``: the method can still change, so the options of all methods are read. ``faults`` of the result has their errors.
    - ``forms``: the forms of the values of variables and arguments, by name. A message about a value depends on its form.

    Raises OptionError.
    """
    published, forms = published or {}, forms or {}
    environ = os.environ if environ is None else environ
    candidates = Candidates(values_of_task(given, table, defaulted, forms), variable, environ, published, forms)
    values: dict[str, Any] = {option.name: option.default for option in table}
    sources: dict[str, Source] = {}
    faults: dict[str, OptionError] = {}
    notes: list[str] = []
    former = FormerValues()
    # The authentication method comes first, because it decides which options are read. A former name comes before its option.
    for option in sorted(table, key=lambda each: (each.target != "auth_method", each.target == each.name)):
        if option.target in _of_other_methods(values.get("auth_method")) and not any_method:
            continue
        try:
            own, had_mark = _value_of(option, candidates.of(option), values)
            found = former.of(option, own)
            if found and option.target != option.name:
                former.add(option, *found)
        except OptionError as error:
            if not any_method or option.target not in _OF_METHODS:
                raise
            faults[option.target] = error
            continue
        if found:
            values[option.name], sources[option.name] = found
            if had_mark:
                notes.append(_note_of_mark(values[option.name], sources[option.name]))
        elif option.required:
            raise OptionError(f"The option {option.name} is missing.")
    # Only part of a dictionary is secret. Its own task knows which texts are secret.
    secrets = tuple(each for option in table for each in option.secrets_in(values[option.name]))
    written = [name for name, value in given.items() if value not in NOT_GIVEN]
    deprecated = tuple(deprecated_uses(table, sources, written))
    return ResolvedOptions(values, sources, secrets, faults, tuple(notes), deprecated)


def options_of(method: str | None, table: Sequence[Option]) -> list[Option]:
    """The options of a table that a task with this authentication method reads. None stands for the default method."""
    default = next((option.default for option in table if option.name == "auth_method"), None)
    # With an unknown method, the task fails.
    others = _OF_OTHER_METHODS.get(method or default or "", frozenset())
    return [option for option in table if option.name not in others]


def _of_other_methods(method: str | None) -> frozenset[str]:
    """The options that only other authentication methods use. Empty if the task has no authentication method."""
    return _OF_OTHER_METHODS[method] if method else frozenset()


def _value_of(
    option: Option, candidates: Iterator[tuple[Any, Source]], values: Mapping[str, Any]
) -> tuple[tuple[Any, Source] | None, bool]:
    """The converted value of an option with its source, and whether a byte order mark was removed. None if no source gives one.

    Raises OptionError.
    """
    for value, source in candidates:
        if source == _source.SESSION and option.name not in METHODS[values["auth_method"]].required_options:
            continue
        if isinstance(value, Unusable):
            raise OptionError(f"{str(source)[0].upper()}{str(source)[1:]} {value.reason}")
        plain = without_marks(value)
        if plain not in NOT_GIVEN:
            return (convert(option, plain, source), source), plain is not value
    return None, False


def _note_of_mark(value: Any, source: Source) -> str:
    return MARK.format(
        holder=f"{'A text in' if isinstance(value, (Mapping, list, tuple)) else 'The value of'} {source}"
    )
