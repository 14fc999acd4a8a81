# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values of a variables file: read from YAML nodes, written as YAML, and compared.

Private to bill.connect. Plain Python, without Ansible.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import yaml

STR = "tag:yaml.org,2002:str"
UNSAFE = "!unsafe"
# A text with one of these is a template.
_TEMPLATE = re.compile(r"\{[{%#]")


def native(value: Any) -> Any:
    """The same value in Python's own types, without Ansible's subclasses. Raises TypeError or ValueError if it cannot be written."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        # A lone surrogate raises UnicodeEncodeError, because it cannot be written.
        value.encode()
        return str.__str__(value)
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, datetime):
        return datetime.fromisoformat(value.isoformat())
    if isinstance(value, date):
        return date(value.year, value.month, value.day)
    if isinstance(value, Mapping):
        return {native(key): native(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [native(each) for each in value]
    raise TypeError


def written(value: Any) -> str:
    """A value on one line of YAML. Texts are in double quotes, and a text that looks like a template has the tag ``!unsafe``."""
    # In brackets, because yaml.dump adds an end of document to a single number.
    line = yaml.dump(
        [value], Dumper=_Dumper, default_flow_style=True, width=float("inf"), allow_unicode=True, sort_keys=False
    )
    return line.strip()[1:-1]


def written_key(name: str) -> str:
    """The name, in quotes if YAML reads it as another value, such as yes."""
    plain = yaml.safe_load(name) == name
    return name if plain else f'"{name}"'


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar(UNSAFE if _TEMPLATE.search(value) else STR, value, style='"')


_Dumper.add_representer(str, _text)


class _Unknown:
    """A value that only Ansible can compute. It equals no other value."""


class _Values(yaml.SafeLoader):
    decrypt: Callable[[str], str | None]


def _of_text(loader: _Values, node: yaml.ScalarNode) -> Any:
    text = loader.construct_scalar(node)
    return _Unknown() if _TEMPLATE.search(text) else text


def _of_unsafe(loader: _Values, node: yaml.Node) -> Any:
    # Versions of ansible-core differ on a value without quotes: some read a text, others a number.
    return node.value if isinstance(node, yaml.ScalarNode) and node.style in ("'", '"') else _Unknown()


def _of_vault(loader: _Values, node: yaml.Node) -> Any:
    text = loader.decrypt(node.value) if isinstance(node, yaml.ScalarNode) else None
    return _Unknown() if text is None or _TEMPLATE.search(text) else text


def _of_others(loader: _Values, node: yaml.Node) -> Any:
    return _Unknown()


_Values.add_constructor(STR, _of_text)
_Values.add_constructor(UNSAFE, _of_unsafe)
_Values.add_constructor("!vault", _of_vault)
_Values.add_constructor(None, _of_others)


def are_alike(a: Any, b: Any) -> bool:
    """Whether two values are the same, types included: 1 is neither true nor 1.0."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return {*map(repr, a)} == {*map(repr, b)} and all(are_alike(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(are_alike(x, y) for x, y in zip(a, b, strict=True))
    return repr(a) == repr(b)


def value_of(node: yaml.Node, decrypt: Callable[[str], str | None]) -> Any:
    """The value of a node. It equals no other value if it is not known here, for example for a template.

    ``decrypt`` returns the clear text of a separately encrypted value, or None if it cannot decrypt it.
    """
    loader = _Values("")
    loader.decrypt = decrypt
    try:
        return loader.construct_document(node)
    except (yaml.YAMLError, ValueError, TypeError, OverflowError, RecursionError):
        return _Unknown()
    finally:
        loader.dispose()
