# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection says it will remove: in the tables of options, in the fields of the kinds of objects, and in meta/runtime.yml."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.bill.connect.plugins.plugin_utils._options.deprecation import Deprecation, deprecations_in
from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import OPTIONS, Option
from ansible_collections.bill.connect.plugins.plugin_utils._resources.fields import Field, Nested
from ansible_collections.bill.connect.plugins.plugin_utils._resources.list_fields import ObjectList
from ansible_collections.bill.connect.plugins.plugin_utils._resources.spec import Resource

_PLUGINS = "ansible_collections.bill.connect.plugins"


@dataclass(frozen=True)
class Removal:
    """Something that a version must no longer have: what it is, as the beginning of a sentence, and the version that removes it."""

    name: str
    version: str


def plugins(root: Path) -> Iterator[tuple[str, Any]]:
    """The class of each task and lookup, with the words for it."""
    for kind, name_of_class in (("action", "ActionModule"), ("lookup", "LookupModule")):
        for path in sorted((root / "plugins" / kind).glob("bill_*.py")):
            module = importlib.import_module(f"{_PLUGINS}.{kind}.{path.stem}")
            yield f"the {kind} {path.stem}", getattr(module, name_of_class)


def tables(root: Path) -> Iterator[tuple[str, Sequence[Option]]]:
    """The shared options, and the own options of each task and lookup."""
    yield "the shared options", OPTIONS
    yield from ((owner, plugin.OWN_OPTIONS) for owner, plugin in plugins(root))


def resources(root: Path) -> Iterator[tuple[str, Resource]]:
    """The kinds of objects of each task that has some, and the kinds that belong to these."""
    for owner, plugin in plugins(root):
        for resource in getattr(plugin, "RESOURCES", {}).values():
            yield owner, resource
            yield from ((f"{name} of {owner}", child) for name, child in resource.children.items())


def removals_in(
    options: Iterable[tuple[str, Sequence[Option]]], kinds: Iterable[tuple[str, Resource]]
) -> tuple[Removal, ...]:
    """What the option tables and the fields of the kinds of objects deprecate."""
    return (
        *(
            Removal(f"The option {name} of {owner}", deprecation.removed_in_version)
            for owner, table in options
            for name, deprecation in deprecations_in(table)
        ),
        *(
            Removal(f"The field {name} of {owner}", deprecation.removed_in_version)
            for owner, resource in kinds
            for name, deprecation in _deprecations_of(resource.fields)
        ),
    )


def _deprecations_of(fields: Sequence[Field], outer: str = "") -> Iterator[tuple[str, Deprecation]]:
    for each in fields:
        if each.deprecated:
            yield f"{outer}{each.name}", each.deprecated
        if isinstance(each, (Nested, ObjectList)):
            yield from _deprecations_of(each.fields, f"{outer}{each.name}.")


def removals_of_entries(root: Path) -> Iterator[Removal]:
    """The plugins that meta/runtime.yml deprecates."""
    runtime = yaml.safe_load((root / "meta" / "runtime.yml").read_text(encoding="utf-8")) or {}
    routing: dict[str, Any] = runtime.get("plugin_routing") or {}
    for kind, entries in routing.items():
        for name, about in entries.items():
            if deprecation := (about or {}).get("deprecation"):
                yield Removal(
                    f"The entry {name} of {kind} in meta/runtime.yml", str(deprecation.get("removal_version"))
                )
