# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The texts about the playbooks, from ``docs/plays.yml``."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
_WIDTH = 140


@dataclass(frozen=True)
class Variable:
    """A variable of a playbook.

    ``summary`` and ``details`` are in Ansible's markup. ``task`` and ``option`` are empty if the playbook itself reads it.
    """

    name: str
    type: str
    default: Any
    required: bool
    choices: tuple[str, ...]
    summary: str
    task: str = ""
    option: str = ""


@dataclass(frozen=True)
class Playbook:
    """What ``docs/plays.yml`` says about a playbook. Texts are in Ansible's markup."""

    name: str
    summary: str
    description: tuple[str, ...]
    examples: tuple[str, ...]
    guides: tuple[str, ...]
    variables: tuple[Variable, ...]

    @property
    def path(self) -> Path:
        return ROOT / "playbooks" / f"{self.name}.yml"


def _variables(about: dict[str, Any]) -> Iterator[Variable]:
    for name, spec in about["variables"].items():
        yield Variable(
            name,
            spec["type"],
            spec.get("default"),
            spec.get("required", False),
            tuple(spec.get("choices", ())),
            " ".join(spec["description"]),
        )
    for name, spec in about["variables_of_tasks"].items():
        yield Variable(name, "", None, False, (), spec["summary"], spec["task"], spec["option"])


def _playbook(name: str, about: dict[str, Any]) -> Playbook:
    return Playbook(
        name,
        about["short_description"],
        tuple(about["description"]),
        tuple(about["examples"]),
        tuple(about["guides"]),
        tuple(_variables(about)),
    )


SPECS: dict[str, Any] = yaml.safe_load((ROOT / "docs/plays.yml").read_text(encoding="utf-8"))["plays"]
PLAYBOOKS = {name: _playbook(name, about) for name, about in SPECS.items()}


def plain(text: str) -> str:
    """A text without Ansible's markup."""
    return re.sub(r"\b[BCEIMOV]\(([^()]*)\)", r"\1", text)


def shown(value: Any) -> str:
    """A default as a user writes it in YAML."""
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(value) if isinstance(value, list) else str(value)


def _about(variable: Variable) -> str:
    if variable.task:
        return f"{plain(variable.summary)} See the option {variable.option} of bill.connect.{variable.task}."
    if variable.required:
        return f"{plain(variable.summary)} Required."
    return plain(variable.summary) + ("" if variable.default is None else f" Default: {shown(variable.default)}.")


def header(name: str) -> str:
    """The comments at the beginning of a playbook."""
    playbook = PLAYBOOKS[name]
    lines = textwrap.wrap(plain(f"{playbook.summary}. {' '.join(playbook.description)}"), _WIDTH)
    if playbook.examples:
        lines += ["", *(f"  {example}" for example in playbook.examples)]
    if playbook.variables:
        lines += ["", "Variables:"]
    for variable in playbook.variables:
        lines += textwrap.wrap(
            f"- {variable.name}: {_about(variable)}", _WIDTH, subsequent_indent="  ", break_on_hyphens=False
        )
    return "\n".join(f"# {line}".rstrip() for line in lines)
