# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Leaves out the values that a play omits with ``omit``, on every supported version of ansible-core.

Private to bill.connect. Found by experiment: ansible-core leaves out omitted values in the arguments of tasks, but up to 2.18 not inside
lists. In the arguments of lookups it leaves out none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._core.errors import OptionError
from . import templates

try:
    from ansible._internal._templating._utils import Omit  # ansible-core 2.19+
except ImportError:
    Omit = None


def without_omitted(value: Any, variables: Mapping[str, Any]) -> Any:
    """Return a dictionary or list without its omitted values, on all its levels.

    ``variables`` holds all variables of Ansible, untemplated. Raises OptionError if omit is a value inside a JSON text. Then it cannot be
    left out.
    """
    omitted = templates.omitted(variables)
    placeholder = omitted if isinstance(omitted, str) and omitted else None

    def is_omitted(each: Any) -> bool:
        return (Omit is not None and each is Omit) or (isinstance(each, str) and each == placeholder)

    def plain(each: Any) -> Any:
        if isinstance(each, Mapping):
            return {
                name: plain(inner) for name, inner in each.items() if not is_omitted(name) and not is_omitted(inner)
            }
        if isinstance(each, (list, tuple)):
            return [plain(inner) for inner in each if not is_omitted(inner)]
        if placeholder is None or not isinstance(each, str) or placeholder not in each:
            return each
        # JSON, or the form of Python, which templates produce.
        if f'"{placeholder}"' in each or f"'{placeholder}'" in each:
            raise OptionError(
                "omit is a value inside a JSON text, where it cannot be left out. Write a dictionary or list instead of the text, "
                "without to_json or string."
            )
        # Since ansible-core 2.19, omit inside a text is empty.
        return each.replace(placeholder, "")

    return plain(value)
