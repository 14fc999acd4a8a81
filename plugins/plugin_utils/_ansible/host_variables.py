# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables of one host in three forms: as they are, without the facts of all hosts, and as the authors of the play wrote them.

Private to bill.connect.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from ansible import constants as C

from .._vault.ansible_values import decrypted
from . import core_versions, templates
from .facts import RECEIPT, HostFacts, Reach
from .running import manager_of, read_by
from .written_task import play_of

# ansible-core turns these facts into variables even if INJECT_FACTS_AS_VARS is off.
_ALWAYS_VARIABLES = {"ansible_local"}

# This stands for the result of a template that cannot be evaluated.
FAULT = object()

Published = Callable[[Any], Mapping[str, str | None]]


class HostVariables:
    """The variables of one host.

    ``variables`` holds all variables of Ansible, untemplated. ``facts`` holds the facts among them. ``published`` takes the receipt among
    the facts. It returns the values that bill.connect itself has set as facts, by name. ``task`` is the current task; None if unknown.
    """

    def __init__(self, templar: Any, variables: Mapping[str, Any], published: Published, task: Any = None) -> None:
        self.variables = variables
        self._templar = templar
        self._published = published
        self._task = task
        self.name = str(variables.get("inventory_hostname"))
        self._manager = manager_of(variables)
        self.facts = HostFacts(
            variables,
            self._own_facts(),
            published(variables.get(RECEIPT)),
            is_trusted=templates.is_trusted,
            read_by=read_by,
            merges=C.DEFAULT_HASH_BEHAVIOUR == "merge",
            cleaned=core_versions.cleaned_fact,
            # Without the manager, only the facts in ansible_facts are known. There the names are shortened. If two names become the
            # same, only one of the two facts is known.
            are_certain=self._manager is not None,
        )

    @property
    def is_host_a_fact(self) -> bool:
        """Whether a fact of the host sets inventory_hostname. Then nobody knows which host these facts belong to."""
        # No fact can override ansible_facts.
        facts = self.variables.get("ansible_facts")
        return C.INJECT_FACTS_AS_VARS and isinstance(facts, Mapping) and "inventory_hostname" in facts

    @cached_property
    def are_facts_there(self) -> bool:
        """Whether any host has set a fact, or may have set one."""
        # A cache on disk counts as one with facts, because reading all its files is slow.
        return core_versions.are_facts_on_disk() or any(facts.are_there for facts in self.facts_of_all())

    @cached_property
    def names_of_facts(self) -> set[str]:
        """The names of all variables that facts of any host define, even if another variable overrides them now."""
        return {name for facts in self._distinct_facts(self._hosts_with_facts()) for name in self._injected(facts)}

    def may_read_facts(self, reach: Reach) -> bool:
        """Return whether templates with this reach may read facts, or may have read facts earlier."""
        return reach.is_open or reach.other_hosts or not reach.names.isdisjoint(self.names_of_facts)

    def facts_of_all(self) -> Iterator[HostFacts]:
        """Yield the facts of all hosts, this host first. Facts that several hosts have may come once."""
        yield self.facts
        for facts in self._distinct_facts(host for host in self._hosts_with_facts() if host != self.name):
            yield HostFacts(facts, facts, self._published(facts.get(RECEIPT)))

    def _distinct_facts(self, hosts: Iterable[str]) -> Iterator[Mapping[str, Any]]:
        """Yield the facts of each host by their names, but not facts that are equal to those of the host before.

        Every task of every host looks at the facts of all hosts. The facts that bill.connect sets are equal for hundreds of hosts. To compare
        them takes less time than to check them.
        """
        before: Mapping[str, Any] = {}
        for host in hosts:
            facts = self._facts_in_cache(host)
            if not _are_equal(facts, before):
                yield facts
            before = facts

    def _hosts_with_facts(self) -> Collection[str]:
        """Return the names of all hosts that have facts, and perhaps of others."""
        if self._manager is None:
            return {self.name}
        if not core_versions.are_facts_on_disk():
            hosts: Collection[str] = self._manager._fact_cache.keys()
            return hosts
        delegated = self.variables.get("ansible_delegated_vars")
        return {
            self.name,
            *self._manager._inventory.hosts,
            # These hosts may be in no inventory: the controller, and the targets of delegate_to.
            *C.LOCALHOST,
            *(delegated if isinstance(delegated, Mapping) else ()),
        }

    def _own_facts(self) -> Mapping[str, Any]:
        """Return the facts of this host by the names of their variables. In ansible_facts the names have no prefix."""
        return self._injected(self._facts_in_cache(self.name))

    def _facts_in_cache(self, host: str) -> Mapping[str, Any]:
        if self._manager is not None:
            return _facts_in(self._manager._fact_cache, host)
        short = self.variables.get("ansible_facts")
        facts = dict(short) if isinstance(short, Mapping) else {}
        return facts | {
            f"ansible_{name}": value for name, value in facts.items() if f"ansible_{name}" in self.variables
        }

    @staticmethod
    def _injected(facts: Mapping[str, Any]) -> Mapping[str, Any]:
        if C.INJECT_FACTS_AS_VARS:
            return facts
        return {name: value for name, value in facts.items() if name in _ALWAYS_VARIABLES}

    def outcome(self, raw: Any, variables: Mapping[str, Any], evaluate: Callable[[Any], Any]) -> Any:
        """Return the result of an untemplated value with these variables; ``FAULT`` if the evaluation fails, None for ``omit``."""
        before = self._templar.available_variables
        self._templar.available_variables = variables
        try:
            return decrypted(evaluate(raw))
        except templates.OMITTED:
            return None
        except Exception:  # Any lookup may raise this. The error is reported where the value is used.
            return FAULT
        finally:
            self._templar.available_variables = before

    @contextmanager
    def without_facts(
        self, items: Collection[str] = (), given: Mapping[str, Any] | None = None
    ) -> Iterator[dict[str, Any]]:
        """Yield the variables as they would be if no host had any facts. Facts that bill.connect itself has set stay.

        The names in ``items``, which loops define, are left out. The variables in ``given`` replace others.
        """
        if self._manager is None:
            yield self._replaced({}, items, given or {})
            return
        cache = self._manager._fact_cache
        self._manager._fact_cache = _OnlyPublished(cache, self._published)
        try:
            yield self._replaced(self._behind_facts, items, given or {})
        finally:
            self._manager._fact_cache = cache

    @cached_property
    def _behind_facts(self) -> Mapping[str, Any]:
        """The variables of the inventory, group_vars and host_vars that facts override. Remove the facts before the first read."""
        host = self._manager._inventory.get_host(self.name)
        return self._manager.get_vars(host=host, include_hostvars=False) if host else {}

    def _replaced(self, behind: Mapping[str, Any], items: Collection[str], given: Mapping[str, Any]) -> dict[str, Any]:
        left_out = {*self.facts.decided(), "ansible_facts", "ansible_delegated_vars", *items}
        plain = {name: value for name, value in self.variables.items() if name not in left_out}
        plain |= {name: behind[name] for name in left_out.difference(items) if name in behind}
        return _with_vars({**plain, **given})

    @cached_property
    def of_authors(self) -> Mapping[str, Any]:
        """The variables of the inventory and, in a task, of the play. Facts and the variables that other tasks have set are left out."""
        with self.as_written() as variables:
            return variables

    @contextmanager
    def as_written(self) -> Iterator[Mapping[str, Any]]:
        """Yield the variables of ``of_authors``. Inside the ``with`` block, templates that read other hosts see no facts either."""
        manager = self._manager
        if manager is None or not (host := manager._inventory.get_host(self.name)):
            yield {}
            return
        before = manager._fact_cache, manager._nonpersistent_fact_cache
        manager._fact_cache, manager._nonpersistent_fact_cache = _OnlyPublished({}, lambda _receipt: {}), {}
        try:
            yield manager.get_vars(play=play_of(self._task), host=host, task=self._task)
        finally:
            manager._fact_cache, manager._nonpersistent_fact_cache = before


def _with_vars(variables: dict[str, Any]) -> dict[str, Any]:
    if "vars" in variables:
        # The copy has no key "vars". ansible-core up to 2.18 would never stop reading a dictionary that contains itself.
        variables["vars"] = {name: value for name, value in variables.items() if name != "vars"}
    return variables


class _OnlyPublished:
    """A fact cache for ansible-core that contains only the facts that bill.connect itself has set."""

    def __init__(self, cache: Any, published: Published) -> None:
        self._cache = cache
        self._published = published

    def keys(self) -> tuple[str, ...]:
        return ()

    def get(self, host: str, default: Any = None) -> dict[str, Any]:
        facts = _facts_in(self._cache, host)
        published = self._published(facts.get(RECEIPT))
        return {name: value for name, value in published.items() if name in facts and facts[name] == value}


def _are_equal(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    try:
        return one == other
    except Exception:
        # Up to ansible-core 2.18, a comparison decrypts an encrypted value, and the password may be missing.
        return False


def _facts_in(cache: Any, host: str) -> Mapping[str, Any]:
    """Return the facts of a host, and not a copy, which would take longer than to look at them."""
    try:
        facts: Mapping[str, Any] = cache.get(host) or {}
    except KeyError:
        return {}
    return facts
