# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rejects a value that lost a part because ansible-core took its braces for a template.

Private to bill.connect. No message contains the value or its template, because they may hold a secret.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.utils.unsafe_proxy import wrap_var

from .._core.errors import OptionError
from .._options.option import Option
from .._options.spec import OPTIONS
from .._vault.ansible_values import texts_in
from .braces import BRACES, LOOP, Template, loses_text, templates_behind
from .facts import Loops
from .host_variables import HostVariables
from .templates import is_template


def can_lose_text(option: Option) -> bool:
    """Return whether the value of an option is a text, or holds secret texts."""
    return option.secret or option.kind in ("str", "path")


# The variables of options whose values are no texts. A comment after a number does no harm.
OF_OTHER_KINDS = {option.variable for option in OPTIONS if not can_lose_text(option)}


class LostText:
    """Checks the untemplated values of one task or lookup. ``host`` holds the variables, and ``loops`` the loops around the task."""

    def __init__(self, host: HostVariables, loops: Loops) -> None:
        self._host = host
        self._loops = loops

    def refuse(self, holder: str, raw: Any, used: Any, evaluate: Callable[[Any], Any], *, is_secret: bool) -> None:
        """Raise OptionError if an untemplated value, or a variable that it reads, lost a part of its text.

        ``holder`` names the value at the start of a sentence. ``used`` is the result of its templates, and ``evaluate`` evaluates them.
        """
        variables = self._host.variables
        for each in templates_behind(holder, raw, variables, is_template, self._loops):
            if loses_text(each.text, variables, is_secret=is_secret) and (
                each.holder == holder or self._is_part_of(raw, used, each, evaluate)
            ):
                raise OptionError(
                    f"{each.holder} lost a part of its text: Ansible takes {{#...#}} for a comment, and {{{{...}}}} for an expression. "
                    f"{BRACES.format(name=each.key)} If you want a comment, write it after # in YAML. If you want a template beside text, "
                    "use a variable in it."
                )

    def _is_part_of(self, raw: Any, used: Any, template: Template, evaluate: Callable[[Any], Any]) -> bool:
        """Return whether a value changes with the text of a template that it reads. A dictionary also has texts that it does not read."""
        variables = self._host.variables
        if template.holder == LOOP:
            return str(self._host.outcome(template.text, variables, evaluate)) in texts_in(used)
        plain = _as_data(variables[template.name], template.text)
        results = [self._host.outcome(raw, each, evaluate) for each in (variables, {**variables, template.name: plain})]
        return bool(results[0] != results[1])


def _as_data(value: Any, template: str) -> Any:
    """Return an untemplated value in which one template is data. ansible-core does not evaluate data."""
    if isinstance(value, str):
        return wrap_var(str(value)) if value == template else value
    if isinstance(value, Mapping):
        return {name: _as_data(each, template) for name, each in value.items()}
    return [_as_data(each, template) for each in value] if isinstance(value, (list, tuple)) else value
