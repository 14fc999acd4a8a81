# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refuses every value that a managed host decides.

Private to bill.connect. A template is evaluated twice only where it may read a fact: once with the facts of all hosts and once without.
Where the two differ, a host decides the value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ansible import constants as C

from . import _compat
from ._errors import OptionError
from ._facts import HostFacts

# The facts of which ansible-core makes variables even where it is told to make none.
_ALWAYS_VARIABLES = {"ansible_local"}

Published = Callable[[str], Mapping[str, Collection[str]]]


class FactCheck:
    """The check of one task or lookup.

    ``variables`` are all that Ansible has, untemplated. ``published`` gives the values that bill.connect itself has set as facts of a
    host, by name.
    """

    def __init__(self, templar: Any, variables: Mapping[str, Any], published: Published) -> None:
        self._templar = templar
        self._variables = variables
        self._published = published
        self._host = str(variables.get("inventory_hostname"))
        self._manager = getattr(variables.get("hostvars"), "_variable_manager", None)
        self._facts = HostFacts(
            variables,
            self._facts_of_host(),
            published(self._host),
            _compat.is_trusted,
            merges=C.DEFAULT_HASH_BEHAVIOUR == "merge",
        )

    def refuse_variable(self, name: str) -> None:
        """OptionError if a fact decides a variable: as its value, or behind a template."""
        if self._facts.decide(name):
            raise self._refused(f"The variable {name}", name, name)
        if fact := self._behind(self._variables.get(name), {}):
            raise self._refused(f"The variable {name}", name, fact)

    def refuse_fact(self, name: str) -> None:
        """OptionError if a variable is a fact. Its templates may read facts."""
        if self._facts.decide(name):
            raise self._refused(f"The variable {name}", name, name)

    def refuse_option(self, option: str, variable: str, raw: Any, loops: Mapping[str, Any]) -> None:
        """OptionError if a fact decides an option of the task, which ``raw`` is written as, within these ``loops``."""
        if fact := self._behind(raw, loops):
            raise self._refused(f"The option {option}", variable, fact)

    def refuse_value(self, option: str, variable: str, value: str) -> None:
        """OptionError if a value is exactly what a fact says.

        That finds what another task or a lookup has taken from a fact, unnoticed because the fact hides a variable of the play.
        """
        if fact := self._facts.telling(value):
            raise self._refused(f"The value of {option}", variable, fact)

    def _behind(self, raw: Any, loops: Mapping[str, Any]) -> str | None:
        """A fact that decides what the templates in an untemplated value give; None if none does."""
        reach = self._facts.reach(raw, loops)
        for name in sorted(reach.loops):
            others = {each: loop for each, loop in loops.items() if each != name}
            if fact := self._behind(loops[name], others):
                return fact
        may_read = reach.facts or (reach.is_open and self._facts.are_there) or reach.other_hosts
        if not may_read or not self._depends_on_facts(raw):
            return None
        return min(reach.facts, default="facts")

    def _depends_on_facts(self, raw: Any) -> bool:
        try:
            before = self._rendered(raw, self._variables)
        except Exception:  # Of any lookup: it is told where the value is used.
            return False
        try:
            with self._without_facts() as variables:
                return bool(self._rendered(raw, variables) != before)
        except Exception:  # For the most part, an undefined variable.
            return True

    def _rendered(self, raw: Any, variables: Mapping[str, Any]) -> Any:
        kept = self._templar.available_variables
        self._templar.available_variables = variables
        try:
            return _compat.decrypted(_compat.renderer(self._templar)(raw))
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
            plain["vars"] = plain
        return plain

    def _facts_of_host(self) -> dict[str, Any]:
        """The facts by the names of their variables; those in ansible_facts have lost the prefix."""
        if self._manager is None:
            short = self._variables.get("ansible_facts")
            facts = dict(short) if isinstance(short, Mapping) else {}
            facts |= {f"ansible_{name}": value for name, value in facts.items() if f"ansible_{name}" in self._variables}
        else:
            facts = _facts_in(self._manager._fact_cache, self._host)
        if not C.INJECT_FACTS_AS_VARS:
            facts = {name: value for name, value in facts.items() if name in _ALWAYS_VARIABLES}
        return facts

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
        return OptionError(
            f"{comes} A managed host decides its facts, so bill.connect takes nothing from them: credentials could go anywhere. "
            f"Define {variable} in the inventory, in a vault file or in the play. Where set_fact makes this fact, leave out cacheable; where it "
            "is left in a fact cache, run ansible-playbook with --flush-cache."
        )


class _OnlyPublished:
    """What ansible-core asks for facts, without all those that hosts have said."""

    def __init__(self, cache: Any, published: Published) -> None:
        self._cache = cache
        self._published = published

    def get(self, host: str, default: Any = None) -> dict[str, Any]:
        published = self._published(host)
        facts = _facts_in(self._cache, host) if published else {}
        return {name: facts[name] for name in published if facts.get(name) in published[name]}


def _facts_in(cache: Any, host: str) -> dict[str, Any]:
    try:
        return dict(cache.get(host) or {})
    except KeyError:
        return {}
