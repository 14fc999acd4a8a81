# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options and names that a later major version of bill.connect removes.

Private to bill.connect. Plain Python, without Ansible. The documentation and the warnings follow from the option table, and the
release tool refuses a version that still has what it should have removed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from .._core.errors import OptionError
from .source import Kind, Source

if TYPE_CHECKING:
    from .option import Option


@dataclass(frozen=True)
class DeprecatedUse:
    """A use of something deprecated: the text for the user, and the version of bill.connect that removes it."""

    text: str
    version: str
    collection_name: str = "bill.connect"


@dataclass(frozen=True)
class Deprecation:
    """Why an option or a name goes, when, and what to use instead.

    - ``why``: one sentence. ``removed_in_version``: the version of bill.connect that no longer has it, such as ``2.0.0``.
    - ``alternative``: one sentence for an option that nothing replaces. ``replaced_by``: the option that replaces it. One of the two is
      given. ``formerly`` sets ``replaced_by``. A deprecated alias needs neither, because the name of its option replaces it.
    """

    why: str
    removed_in_version: str
    alternative: str = ""
    replaced_by: str = ""

    def check(self, name: str) -> None:
        """Raises ValueError if the row of ``name`` does not say what to use instead, or says it twice."""
        if bool(self.alternative) == bool(self.replaced_by):
            raise ValueError(f"{name} is deprecated, so it needs either an alternative or the name that replaces it.")

    def use(self, what: str, new_name: str) -> DeprecatedUse:
        """A use of ``what`` by the user. ``new_name`` is what to write instead, unless there is an alternative."""
        instead = self.alternative or f"Use {new_name} instead."
        return DeprecatedUse(
            f"{what[0].upper()}{what[1:]} is deprecated. {self.why} {instead}", self.removed_in_version
        )


def formerly(option: Option, name: str, deprecation: Deprecation) -> Option:
    """The row of an option's former name, for the option table. It has the former variable and environment name, too.

    ``resolve`` gives its value to the option. The row is a full option, so a secret stays one.
    """
    return replace(
        option,
        name=name,
        default=None,
        required=False,
        aliases=(),
        deprecated_aliases={},
        variable_suffix="",
        api_name="",
        other_api_names=(),
        where_to_find="",
        prompts={},
        summary=f"The former name of {option.name}.",
        details=(),
        default_text="",
        awx="none",
        awx_note="",
        version_added="",
        deprecated=replace(deprecation, replaced_by=option.name),
    )


@dataclass
class FormerValues:
    """The values that were given with former names, by the option that replaces each."""

    _found: dict[str, tuple[Any, Source]] = field(default_factory=dict, repr=False)

    def add(self, option: Option, value: Any, source: Source) -> None:
        """Take the value of a former name. Raises OptionError if another former name has another value."""
        self._found[option.target] = self._chosen(option.target, (value, source), self._found.get(option.target))

    def of(self, option: Option, current: tuple[Any, Source] | None) -> tuple[Any, Source] | None:
        """The value of an option: its own, or that of a former name. None if neither is given.

        The nearer source counts, as for any option. Raises OptionError if both names have the same kind of source and different values.
        """
        former = self._found.get(option.name)
        return self._chosen(option.name, current, former) if current and former else current or former

    @staticmethod
    def _chosen(name: str, first: tuple[Any, Source], second: tuple[Any, Source] | None) -> tuple[Any, Source]:
        if second is None:
            return first
        ranks = [_RANKS.index(source.kind) for _value, source in (first, second)]
        if ranks[0] == ranks[1] and first[0] != second[0]:
            raise OptionError(
                f"The option {name} is given twice, by {first[1]} and by {second[1]}, with different values. Keep one."
            )
        return first if ranks[0] <= ranks[1] else second


# The order in which the kinds of sources count.
_RANKS = (Kind.OPTION, Kind.TYPED, Kind.MODULE_DEFAULTS, Kind.VARIABLE, Kind.ENVIRONMENT, Kind.SESSION)


def deprecated_uses(
    table: Sequence[Option], sources: Mapping[str, Source], given: Collection[str]
) -> Iterator[DeprecatedUse]:
    """What a task or lookup uses that is deprecated. ``given`` holds the names of its arguments that have a value."""
    by_name = {option.name: option for option in table}
    for option in table:
        if option.deprecated and (source := sources.get(option.name)):
            new = by_name.get(option.deprecated.replaced_by)
            yield option.deprecated.use(str(source), _name_for(new, source) if new else "")
        for alias, deprecation in option.deprecated_aliases.items():
            if alias in given:
                yield deprecation.use(f"the name {alias} of the option {option.name}", option.name)


def _name_for(option: Option, source: Source) -> str:
    """The option's name of the same kind as the name that the user wrote."""
    return {Kind.VARIABLE: option.variable, Kind.ENVIRONMENT: option.environment_name}.get(source.kind, option.name)


def deprecations_in(table: Iterable[Option]) -> Iterator[tuple[str, Deprecation]]:
    """Everything in a table that is deprecated, by its name."""
    for option in table:
        if option.deprecated:
            yield option.name, option.deprecated
        for alias, deprecation in option.deprecated_aliases.items():
            yield f"{option.name} ({alias})", deprecation
