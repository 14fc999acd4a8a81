# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documentation says about the age of plugins, roles and options (``version_added``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any

import yaml

from tools.python_texts import texts_in

# Where documentation is. A fragment has only options.
_PLUGINS = ("plugins/modules/*.py", "plugins/lookup/*.py")
_FRAGMENTS = ("plugins/doc_fragments/*.py",)
_ROLES = ("roles/*/meta/argument_specs.yml",)


@dataclass(frozen=True)
class Documented:
    """A plugin, a role or an option: its file, its name, and its ``version_added``, which can be None.

    An option has an ``owner``: the name of its plugin, its role, or the option around it. An option of a fragment has an empty ``owner``. A
    plugin or a role has None.
    """

    path: str
    name: str
    added: str | None
    owner: str | None = None


def is_documentation(path: str) -> bool:
    """Whether a file of the collection has documentation of this kind."""
    return any(fnmatch(path, pattern) for pattern in (*_PLUGINS, *_FRAGMENTS, *_ROLES))


def documented_in(path: str, text: str) -> Iterator[Documented]:
    """The plugins, roles and options that a file documents."""
    if any(fnmatch(path, pattern) for pattern in _ROLES):
        role = path.split("/")[1]
        for entry, about in (yaml.safe_load(text)["argument_specs"] or {}).items():
            owner = f"the role {role} ({entry})"
            yield Documented(path, owner, _added(about))
            yield from _options(path, about.get("options"), f"the variable {{}} of {owner}", owner)
        return
    is_fragment = any(fnmatch(path, pattern) for pattern in _FRAGMENTS)
    for about in (yaml.safe_load(value) or {} for variable, value in texts_in(text) if variable == "DOCUMENTATION"):
        name = path.rsplit("/", maxsplit=1)[-1].removesuffix(".py")
        owner = "" if is_fragment else f"the {path.split('/')[1].rstrip('s')} {name}"
        if owner:
            yield Documented(path, owner, _added(about))
        yield from _options(path, about.get("options"), f"the option {{}} of {name}", owner)


def _options(
    path: str, options: Mapping[str, Any] | None, words: str, owner: str, outer: str = ""
) -> Iterator[Documented]:
    for name, about in (options or {}).items():
        found = Documented(path, words.format(outer + name), _added(about), owner)
        yield found
        inner = about.get("suboptions") or about.get("options")
        yield from _options(path, inner, words, found.name, f"{outer}{name}.")


def _added(about: Mapping[str, Any]) -> str | None:
    # YAML reads 1.0 as a number.
    return str(about["version_added"]) if "version_added" in about else None
