# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rejects every value that a managed host decides.

Private to bill.connect. The check applies only if the template of the value may read a fact. It compares the value with the result of
the template without the facts of all hosts. If the two differ, a host decides the value.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from .._core.errors import OptionError
from .._options.spec import Option
from . import templates
from .braces import ONE_NAME
from .fact_error import refused
from .facts import RECEIPT, Loops
from .host_variables import FAULT, HostVariables, Published
from .lookup_calls import REST, LookupCalls, lookup_calls
from .loop_items import LoopItems
from .lost_text import OF_OTHER_KINDS, LostText, can_lose_text
from .running import task_of_worker, template_text, trusted
from .written_task import WrittenTask, loops_around

# _UNKNOWN stands for a value that was used but is not known. _UNUSED stands for a value that may not have been used.
_UNKNOWN, _UNUSED = object(), object()


class FactCheck:
    """Checks the variables and options of one task or lookup.

    ``variables`` holds all variables of Ansible, untemplated. ``published`` takes the receipt among the facts. It returns the values
    that bill.connect itself has set as facts, by name. ``written`` is the task as its author wrote it. A lookup has none.
    """

    def __init__(
        self, templar: Any, variables: Mapping[str, Any], published: Published, written: WrittenTask | None = None
    ) -> None:
        self._templar = templar
        self._published = published
        self._written = written
        self._task = written.task if written else task_of_worker()
        self._host = HostVariables(templar, variables, published, self._task)

    def published(self) -> Mapping[str, str | None]:
        """Return the variables that bill.connect itself has set for this host, by name."""
        return self._published(self._host.variables.get(RECEIPT))

    def is_of_authors(self, name: str) -> bool:
        """Return whether the inventory or the play defines a variable with its current value. Another source may define the same value."""
        authors = self._host.of_authors
        return name in authors and authors[name] == self._host.variables.get(name)

    @cached_property
    def _loops(self) -> Loops:
        return loops_around(self._task, self._host.variables, self._named)

    @cached_property
    def _items(self) -> LoopItems:
        return LoopItems(self._templar, self._host, self._loops, is_inside=self._written is not None)

    def _named(self, name: str) -> str:
        """Return the evaluated name of a loop variable. Raises OptionError if a fact may have decided it."""
        if "{" not in name:
            return name
        if self._host.are_facts_there and self._host.may_read_facts(self._host.facts.reach(name, {})):
            raise self._refused("The name of the items of a loop", "", "facts")
        return str(self._templar.template(name))

    def refuse_false_name(self) -> None:
        """Raise OptionError if a fact sets inventory_hostname, because then the host decides its own name."""
        if self._host.is_host_a_fact:
            raise OptionError(
                "The variable inventory_hostname is a fact, so a managed host decides its own name, and bill.connect cannot know which "
                "host set the facts. bill.connect does nothing for such a host: credentials could go anywhere."
            )

    def refuse_fact(self, name: str) -> None:
        """Raise OptionError if a variable is a fact. Its templates may read facts: ``refuse_variable`` checks them."""
        if self._host.facts.decide(name):
            raise self._refused(f"The variable {name}", name, name)

    def refuse_variable(self, name: str, used: Any) -> None:
        """Raise OptionError if a variable depends on a fact. ``used`` is the value of the variable."""
        is_item = name in self._loops and self._host.are_facts_there
        fact = self._items.fact_behind(name) if is_item else None
        raw = self._host.variables.get(name)
        if fact := fact or self._behind(raw, used, self._of_variable):
            raise self._refused(f"The variable {name}", name, fact)
        if name not in OF_OTHER_KINDS:
            self._refuse_lost_text(
                f"The variable {name}", raw, used, self._of_variable, name in templates.SECRET_VARIABLES
            )

    @cached_property
    def _written_names(self) -> set[str]:
        """The names of all arguments in the task and in the defaults around it, whether they apply or not."""
        if self._written is None:
            return set()
        applied = (each[0] for each in self._written.applied_defaults)
        return {*self._written.arguments, *(name for each in self._written.defaults for name in each), *applied}

    def refuse_options(self, options: Sequence[Option], given: Mapping[str, Any]) -> None:
        """Raise OptionError if a fact decides one of these options. ``given`` holds the arguments of the task or lookup."""
        self._refuse_templates_of_arguments(options)
        # The usual task has no arguments.
        for option in options if given or self._written_names else ():
            self._refuse_option(option, given)

    def _refuse_option(self, option: Option, given: Mapping[str, Any]) -> None:
        names = {option.name, *option.aliases}
        if names.isdisjoint(given) and names.isdisjoint(self._written_names):
            return
        facts: list[str | None] = []
        if self._written is None:
            facts += [self._behind_argument(name, given[name]) for name in sorted(names & given.keys())]
            raws = [(raw, given[name]) for name in names & given.keys() for raw in self._arguments_of_lookup(name)]
        else:
            raws = [(raw, given.get(name)) for name, raw in self._written.arguments.items() if name in names]
            # An argument of the task overrides all defaults, unless the task omits it.
            if not names & self._written.arguments.keys() & given.keys():
                raws += [(each[name], _UNUSED) for each in self._written.defaults for name in names if name in each]
                if self._host.are_facts_there:
                    applied = [each for each in self._written.applied_defaults if each[0] in names]
                    facts += [self._items.fact_behind_value(*each) for each in applied]
            facts += [self._behind(raw, used, self._templar.template) for raw, used in raws]
        if fact := next(filter(None, facts), None):
            raise self._refused(f"The option {option.name}", option.variable if option.shared else "", fact)
        if can_lose_text(option):
            used = next((given[name] for name in names if name in given), None)
            for raw, _used in raws:
                self._refuse_lost_text(f"The option {option.name}", raw, used, self._of_argument, option.secret)

    def _refuse_lost_text(
        self, holder: str, raw: Any, used: Any, evaluate: Callable[[Any], Any], is_secret: bool
    ) -> None:
        # Most values are plain texts. They need no look at the loops.
        if raw is not None and not (isinstance(raw, str) and not templates.is_template(raw)):
            LostText(self._host, self._loops).refuse(holder, raw, used, evaluate, is_secret=is_secret)

    def _refuse_templates_of_arguments(self, options: Collection[Option]) -> None:
        """Raise OptionError if a fact decides one of these options through a template for several arguments.

        Such a template stands for all arguments of the task, or for all defaults of a group.
        """
        if self._written is None:
            return
        templates = [
            *((raw, _UNKNOWN) for raw in self._written.whole or ()),
            *((each[""], _UNUSED) for each in self._written.defaults if "" in each),
        ]
        if not templates:
            return
        names = [name for option in options for name in (option.name, *option.aliases)]

        def those(raw: Any) -> Any:
            arguments = self._templar.template(raw)
            return {name: arguments.get(name) for name in names} if isinstance(arguments, Mapping) else arguments

        for template, used in templates:
            # Each option is checked alone, because the other arguments are allowed to come from facts.
            parts = self._mapping_behind(template)
            raws = [template] if parts is None else [parts[name] for name in names if name in parts]
            evaluate = those if parts is None else self._templar.template
            for raw in raws:
                if fact := self._behind(raw, used, evaluate):
                    raise self._refused("The template of the arguments", "", fact)

    def refuse_value(self, option: Option, value: str) -> None:
        """Raise OptionError if a value equals a fact and the play itself does not contain the value.

        Another task or a lookup may have taken the value from a fact. The author does not notice this if the fact overrides a variable
        of the play.
        """
        # The usual address is a plain text in the inventory. To look at the facts of hundreds of hosts takes longer than the rest of the task.
        raw = self._host.variables.get(option.variable)
        if value == "none" or (raw == value and templates.is_certainly_written(raw)) or not self._host.are_facts_there:
            return
        fact_name = next((fact for facts in self._host.facts_of_all() if (fact := facts.telling(value))), None)
        if fact_name and not self._is_written(option, value):
            raise self._refused(f"The value of {option.name}", option.variable, fact_name)

    def _is_written(self, option: Option, value: str) -> bool:
        """Return whether the task, the play or the inventory contains this value.

        The value is plain text there, or the result of templates that read only the play and the inventory.
        """
        names = (option.name, *option.aliases)
        with self._host.as_written() as variables:
            raws = [
                variables.get(option.variable),
                *self._arguments_of_task(names),
                *(raw for name in names for raw in self._arguments_of_lookup(name)),
            ]
            return any(
                raw == value or _are_alike(value, self._host.outcome(raw, variables, self._of_variable))
                for raw in raws
                if raw is not None
            )

    def _arguments_of_task(self, names: Iterable[str]) -> list[Any]:
        """Return the untemplated values of an option in the task and in the defaults around it."""
        if self._written is None:
            return []
        wholes = [self._mapping_behind(raw) or {} for raw in self._written.whole or ()]
        # Defaults that include_role has evaluated are no longer as their author wrote them.
        defaults = [] if self._written.applied_defaults else self._written.defaults
        places = [self._written.arguments, *wholes, *defaults]
        return [place[name] for place in places for name in names if name in place]

    def _arguments_of_lookup(self, name: str) -> list[Any]:
        """Return the templates that may have given the value of an argument of the lookup."""
        if self._written is not None:
            return []
        rest = [f"({expression})[{name!r}]" for expression in self._calls.of(REST)]
        return [trusted(f"{{{{ {expression} }}}}") for expression in (*self._calls.of(name), *rest)]

    @cached_property
    def _calls(self) -> LookupCalls:
        return lookup_calls(template_text())

    def _behind_argument(self, name: str, value: Any) -> str | None:
        """Return the name of a fact that may decide an argument of the lookup; None if no fact does."""
        if not self._host.are_facts_there:
            return None
        raws = self._arguments_of_lookup(name)
        if len(raws) == 1 and not self._calls.defines_names:
            return self._behind(raws[0], value, self._of_argument)
        # It is not known which template gave the value. One that gives the same value without facts is enough.
        lost = {name for name in self._loops if self._items.fact_behind(name)}
        with self._host.without_facts(lost) as variables:
            outcomes = [self._host.outcome(raw, variables, self._of_argument) for raw in raws]
        return None if any(_are_alike(value, each) for each in outcomes) else "facts"

    def _mapping_behind(self, raw: Any) -> Mapping[str, Any] | None:
        """Return the untemplated dictionary that a template stands for; None unless the template is only the name of a variable."""
        names: set[str] = set()
        while isinstance(raw, str) and templates.is_trusted(raw) and (found := ONE_NAME.fullmatch(raw.strip())):
            name = found[1]
            if name in names or name in self._loops or self._host.facts.decide(name):
                return None
            names.add(name)
            raw = self._host.variables.get(name)
        is_plain = isinstance(raw, Mapping) and not any("{" in str(key) for key in raw)
        return raw if is_plain else None

    def _behind(self, raw: Any, used: Any, evaluate: Callable[[Any], Any]) -> str | None:
        """Return the name of a fact that decides an untemplated value; None if no fact does.

        ``used`` is the result of the templates in the value.
        """
        if raw is None or (isinstance(raw, str) and not templates.is_template(raw)):
            return None
        reach = self._host.facts.reach(raw, self._loops)
        # To look at the facts of all hosts takes time. Most templates only name a variable of the inventory.
        if not (reach.facts or reach.loops or reach.is_open or reach.other_hosts) or not self._host.are_facts_there:
            return None
        lost = {name: fact for name in reach.loops if (fact := self._items.fact_behind(name))}
        may_read = reach.facts or lost or reach.is_open or reach.other_hosts
        if may_read and self._depends_on_facts(raw, used, evaluate, lost):
            return min([*reach.facts, *lost.values()], default="facts")
        return None

    def _depends_on_facts(self, raw: Any, used: Any, evaluate: Callable[[Any], Any], lost: Collection[str]) -> bool:
        if used is _UNKNOWN or used is _UNUSED:
            here = self._host.outcome(raw, self._host.variables, evaluate)
            if here is FAULT:
                return used is _UNKNOWN
            used = here
        with self._host.without_facts(lost) as variables:
            return not _are_alike(used, self._host.outcome(raw, variables, evaluate))

    def _of_variable(self, raw: Any) -> Any:
        # Each call creates a renderer, because a renderer uses the variables that the templar had when it was created.
        return templates.renderer(self._templar)(raw)

    def _of_argument(self, raw: Any) -> Any:
        # As in a lookup, lists and dictionaries keep their types.
        value = self._templar.template(raw)
        return value if isinstance(value, (Mapping, list, tuple)) else self._of_variable(raw)

    def _refused(self, what: str, variable: str, fact: str) -> OptionError:
        return refused(what, variable, fact, self._host.name if "inventory_hostname" in self._host.variables else None)


def _are_alike(one: Any, other: Any) -> bool:
    """Return whether two values of an option are the same. Ansible converts some values to text, so they are compared as text.

    An empty text and None are the same.
    """
    if one is FAULT or other is FAULT:
        return False
    if isinstance(one, (Mapping, list, tuple)) or isinstance(other, (Mapping, list, tuple)):
        return bool(one == other)
    return ("" if one is None else str(one)) == ("" if other is None else str(other))
