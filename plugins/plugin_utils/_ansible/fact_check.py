# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refuses every value that a managed host decides.

Private to bill.connect. A value is compared with what its template gives without the facts of all hosts, and only where that template may
read a fact. Where the two differ, a host decides the value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from ansible import constants as C

from .._core.errors import OptionError
from .._options.spec import Option
from .._vault.ansible_values import decrypted
from . import core_versions as _compat
from .facts import RECEIPT, HostFacts

# The facts of which ansible-core makes variables even where it is told to make none.
_ALWAYS_VARIABLES = {"ansible_local"}

# In the place of a value that was used but is not known; of one that may not have been used; and of a template that cannot be evaluated.
_UNKNOWN, _UNUSED, _FAULT = object(), object(), object()

Published = Callable[[Any], Mapping[str, str | None]]


class FactCheck:
    """The check of one task or lookup.

    ``variables`` are all that Ansible has, untemplated. ``published`` gives the values that bill.connect itself has set as facts, by name,
    for the receipt that is among these facts. ``written`` is the task as it was written, where that is known.
    """

    def __init__(
        self,
        templar: Any,
        variables: Mapping[str, Any],
        published: Published,
        written: _compat.WrittenTask | None = None,
    ) -> None:
        self._templar = templar
        self._variables = variables
        self._published = published
        self._written = written
        self._host = str(variables.get("inventory_hostname"))
        self._manager = getattr(variables.get("hostvars"), "_variable_manager", None)
        self._facts = HostFacts(
            variables,
            self._own_facts(),
            published(variables.get(RECEIPT)),
            is_trusted=_compat.is_trusted,
            merges=C.DEFAULT_HASH_BEHAVIOUR == "merge",
            cleaned=_compat.cleaned_fact,
            # Without the manager only those are known whose names ansible-core has cut, and of two that become the same only one.
            are_certain=self._manager is not None,
        )

    def published(self) -> Mapping[str, str | None]:
        """The variables that bill.connect itself has set for this host, by name."""
        return self._published(self._variables.get(RECEIPT))

    def is_of_authors(self, name: str) -> bool:
        """Whether the inventory or the play gives a variable the value that it has, whoever else does."""
        return name in self._of_authors and self._of_authors[name] == self._variables.get(name)

    def refuse_fact(self, name: str) -> None:
        """OptionError if a variable is a fact. Its templates may read facts."""
        if self._facts.decide(name):
            raise self._refused(f"The variable {name}", name, name)

    def refuse_variable(self, name: str, used: Any) -> None:
        """OptionError if a fact is behind a variable, which gives the value ``used``."""
        if fact := self._behind(self._variables.get(name), used, self._of_variable):
            raise self._refused(f"The variable {name}", name, fact)

    def refuse_option(self, option: Option, given: Mapping[str, Any]) -> None:
        """OptionError if a fact decides an option of the task, whose arguments are ``given``."""
        if self._written is None:
            return
        names = {option.name, *option.aliases}
        raws = [(raw, given.get(name)) for name, raw in self._written.arguments.items() if name in names]
        # What the task says itself goes before all defaults, if it does say something.
        if not names & self._written.arguments.keys() & given.keys():
            raws += [(each[name], _UNUSED) for each in self._written.defaults for name in names if name in each]
        for raw, used in raws:
            if fact := self._behind(raw, used, self._templar.template):
                raise self._refused(f"The option {option.name}", option.variable if option.shared else "", fact)

    def refuse_templates_of_arguments(self, options: Collection[Option]) -> None:
        """OptionError if a fact decides some of these options where one template stands for all arguments of the task, or for all
        defaults of a group.
        """
        if self._written is None:
            return

        def those(raw: Any) -> Any:
            arguments = self._templar.template(raw)
            if not isinstance(arguments, Mapping):
                return arguments
            return {name: arguments.get(name) for option in options for name in (option.name, *option.aliases)}

        raws = [
            (self._written.whole, _UNKNOWN),
            *((each[""], _UNUSED) for each in self._written.defaults if "" in each),
        ]
        for raw, used in raws:
            if fact := self._behind(raw, used, those):
                raise self._refused("The template of the arguments", "", fact)

    def refuse_value(self, option: Option, value: str) -> None:
        """OptionError if a value is what a fact says, and not what the play itself says.

        That finds what another task or a lookup has taken from a fact, unnoticed because the fact hides a variable of the play.
        """
        if value == "none" or not self._are_facts_there:
            return
        told = next((fact for facts in self._facts_of_all() if (fact := facts.telling(value))), None)
        if told and not self._is_written(option, value):
            raise self._refused(f"The value of {option.name}", option.variable, told)

    def _is_written(self, option: Option, value: str) -> bool:
        """Whether the task, the play or the inventory has this value in plain text."""
        arguments = self._written.arguments if self._written else {}
        return value in (
            self._of_authors.get(option.variable),
            *(arguments.get(name) for name in (option.name, *option.aliases)),
        )

    def _behind(
        self, raw: Any, used: Any, evaluate: Callable[[Any], Any], seen: frozenset[int] = frozenset()
    ) -> str | None:
        """A fact that decides what the templates in an untemplated value give; None if none does.

        ``used`` is what they have given. ``seen`` are the loops that were looked at.
        """
        if raw is None or not self._are_facts_there:
            return None
        loops = self._written.loops if self._written else {}
        reach = self._facts.reach(raw, loops)
        for loop in (loop for name in sorted(reach.loops) for loop in loops[name] if id(loop) not in seen):
            if loop.is_open:
                return "facts"
            if fact := self._behind(loop.items, _UNKNOWN, self._templar.template, seen | {id(loop)}):
                return fact
        may_read = reach.facts or reach.is_open or reach.other_hosts
        if may_read and self._depends_on_facts(raw, used, evaluate):
            return min(reach.facts, default="facts")
        return None

    def _depends_on_facts(self, raw: Any, used: Any, evaluate: Callable[[Any], Any]) -> bool:
        if used is _UNKNOWN or used is _UNUSED:
            here = self._outcome(raw, self._variables, evaluate)
            if here is _FAULT:
                return used is _UNKNOWN
            used = here
        with self._without_facts() as variables:
            return not _are_alike(used, self._outcome(raw, variables, evaluate))

    def _of_variable(self, raw: Any) -> Any:
        # Made anew, as it takes the variables of the templar at that time.
        return _compat.renderer(self._templar)(raw)

    def _outcome(self, raw: Any, variables: Mapping[str, Any], evaluate: Callable[[Any], Any]) -> Any:
        kept = self._templar.available_variables
        self._templar.available_variables = variables
        try:
            return decrypted(evaluate(raw))
        except _compat.OMITTED:
            return None
        except Exception:  # Of any lookup: it is told where the value is used.
            return _FAULT
        finally:
            self._templar.available_variables = kept

    @contextmanager
    def _without_facts(self) -> Iterator[dict[str, Any]]:
        """The variables as they would be if no host had any facts, but for those that bill.connect has set itself."""
        behind: Mapping[str, Any] = {}
        if self._manager is None:
            yield self._replaced(behind)
            return
        cache = self._manager._fact_cache
        self._manager._fact_cache = _OnlyPublished(cache, self._published)
        try:
            # What a fact hides comes from the inventory, group_vars or host_vars.
            if host := self._variables["hostvars"]._inventory.get_host(self._host):
                behind = self._manager.get_vars(host=host, include_hostvars=False)
            yield self._replaced(behind)
        finally:
            self._manager._fact_cache = cache

    def _replaced(self, behind: Mapping[str, Any]) -> dict[str, Any]:
        left_out = {*self._facts.decided(), "ansible_facts", "ansible_delegated_vars"}
        plain = {name: value for name, value in self._variables.items() if name not in left_out}
        plain |= {name: behind[name] for name in left_out if name in behind}
        if "vars" in plain:
            # Not the dictionary itself: ansible-core up to 2.18 would go round in circles.
            plain["vars"] = {name: value for name, value in plain.items() if name != "vars"}
        return plain

    @cached_property
    def _of_authors(self) -> Mapping[str, Any]:
        """The variables of the inventory and, in a task, of the play: without facts, and without what other tasks have set."""
        manager = self._manager
        if manager is None or not (host := self._variables["hostvars"]._inventory.get_host(self._host)):
            return {}
        kept = manager._fact_cache, manager._nonpersistent_fact_cache
        manager._fact_cache, manager._nonpersistent_fact_cache = _OnlyPublished({}, lambda _receipt: {}), {}
        task = self._written.task if self._written else None
        try:
            found: Mapping[str, Any] = manager.get_vars(
                play=_compat.play_of(task), host=host, task=task, include_hostvars=False
            )
            return found
        finally:
            manager._fact_cache, manager._nonpersistent_fact_cache = kept

    def _own_facts(self) -> dict[str, Any]:
        """The facts of this host by the names of their variables; those in ansible_facts have lost the prefix."""
        if self._manager is None:
            short = self._variables.get("ansible_facts")
            facts = dict(short) if isinstance(short, Mapping) else {}
            facts |= {f"ansible_{name}": value for name, value in facts.items() if f"ansible_{name}" in self._variables}
        else:
            facts = _facts_in(self._manager._fact_cache, self._host)
        if not C.INJECT_FACTS_AS_VARS:
            facts = {name: value for name, value in facts.items() if name in _ALWAYS_VARIABLES}
        return facts

    @cached_property
    def _are_facts_there(self) -> bool:
        """Whether any host has said anything, or may have."""
        # Reading all files of a cache is dear.
        return _compat.are_facts_on_disk() or any(facts.are_there for facts in self._facts_of_all())

    def _facts_of_all(self) -> Iterator[HostFacts]:
        """The facts of all hosts, this one first."""
        yield self._facts
        if self._manager is not None:
            for host in self._variables["hostvars"]._inventory.hosts.keys() - {self._host}:
                facts = _facts_in(self._manager._fact_cache, host)
                yield HostFacts(facts, facts, self._published(facts.get(RECEIPT)))

    def _refused(self, what: str, variable: str, fact: str) -> OptionError:
        host = f" of {self._host}" if "inventory_hostname" in self._variables else ""
        # A host may have given it a name that would write to the terminal.
        named = fact if re.fullmatch(r"\w{1,80}", fact) else "facts"
        if named == "facts":
            comes = f"{what} depends on facts{host} or of another host."
        elif what.startswith("The value"):
            comes = f"{what} is what the fact {named}{host} says."
        elif named == variable:
            comes = f"{what} is a fact{host}."
        else:
            comes = f"{what} reads {named}, which is a fact{host}."
        remedy = (
            f"Define {variable} in the inventory, in a vault file or in the play."
            if variable
            else "Write it in the task."
        )
        return OptionError(
            f"{comes} A managed host decides its facts, so bill.connect takes nothing from them: credentials could go anywhere. "
            f"{remedy} Where set_fact makes this fact, leave out cacheable; where it is left in a fact cache, run ansible-playbook "
            "with --flush-cache."
        )


def _are_alike(one: Any, other: Any) -> bool:
    """Whether two values of an option are the same. Ansible makes texts of some values on their way; an empty text counts as none."""
    if one is _FAULT or other is _FAULT:
        return False
    if isinstance(one, (Mapping, list, tuple)) or isinstance(other, (Mapping, list, tuple)):
        return bool(one == other)
    return ("" if one is None else str(one)) == ("" if other is None else str(other))


class _OnlyPublished:
    """What ansible-core asks for facts, without all those that hosts have said."""

    def __init__(self, cache: Any, published: Published) -> None:
        self._cache = cache
        self._published = published

    def get(self, host: str, default: Any = None) -> dict[str, Any]:
        facts = _facts_in(self._cache, host)
        published = self._published(facts.get(RECEIPT))
        return {name: value for name, value in published.items() if name in facts and facts[name] == value}


def _facts_in(cache: Any, host: str) -> dict[str, Any]:
    try:
        return dict(cache.get(host) or {})
    except KeyError:
        return {}
