# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hides secrets in the output that Ansible itself writes about a task. Works on every supported version of ansible-core.

Private to bill.connect.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import unified_diff
from typing import Any

from ansible.utils.display import Display

from .._options.spec import OPTIONS
from .._vault.ansible_values import texts_of
from .core_versions import SINCE_2_21, UP_TO_2_18

# ansible-core 2.19 and 2.20 treat a returned list named ``results`` as the items of a loop. They hide only the items that set
# _ansible_no_log themselves, even if the task has no_log.
TAKES_RESULTS_FOR_A_LOOP = not UP_TO_2_18 and not SINCE_2_21

display = Display()

# The names of options, variables and result fields whose values are always secret.
_SECRET_NAMES = {
    "headers",
    "session_id",
    *(name for option in OPTIONS if option.secret for name in (option.name, option.variable, *option.aliases)),
}

# ansible-core itself shows this text instead of a secret argument.
HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"


def protect_status(result: dict[str, Any]) -> None:
    """Set ``unreachable`` to False in a result that has ``results``.

    Up to ansible-core 2.20, Ansible also searches the records in ``results`` for this field. A record must not decide the task's status.
    """
    if not SINCE_2_21 and "results" in result:
        result["unreachable"] = False


def hide_result(task: Any, result: dict[str, Any]) -> None:
    """Hide a whole result in the output of Ansible. ``register`` still receives all of it.

    Ansible accepts this request only from an action.
    """
    result["_ansible_no_log"] = True
    # Up to ansible-core 2.18, a loop ignores the requests of its items. Callbacks get the result of the whole loop, and only the
    # task's own no_log hides that result. In all other cases no_log would hide the message of a later try that fails.
    if UP_TO_2_18 and task.loop is not None:
        task.no_log = True
    if TAKES_RESULTS_FOR_A_LOOP:
        for record in result.get("results", ()):
            if isinstance(record, dict):
                # ansible-core removes names with this prefix from the registered result.
                record["_ansible_no_log"] = True


def show_diff(diff: Mapping[str, str]) -> None:
    """Show the diff of a hidden result. ansible-core shows no diff of such a result. The diff must not contain a secret.

    It goes to stderr, because a callback may write a format for programs to stdout.
    """
    lines = unified_diff(
        diff["before"].splitlines(),
        diff["after"].splitlines(),
        f"before: {diff['before_header']}",
        f"after: {diff['after_header']}",
        lineterm="",
    )
    display.display("\n".join(lines), stderr=True)


def hide_item(task: Any, message: str) -> None:
    """Hide the item of a failed loop and its result in the output of Ansible, but still show the message."""
    task.no_log = True
    if UP_TO_2_18:
        display.error(message, wrap_text=False)


def item_of_loop_holds(task: Any, variables: Mapping[str, Any], secrets: Iterable[str] | None) -> bool:
    """Return whether Ansible would show a secret with the current item of a task's loop.

    A secret is one of these texts, or a value whose name is the name of a secret. If the texts are not known (None), the result is True
    for every loop.
    """
    if task.loop is None or secrets is None:
        return task.loop is not None
    # With loop_control.extended, Ansible also shows the other items.
    shown = [variables.get(task.loop_control.loop_var if task.loop_control else "item"), variables.get("ansible_loop")]
    texts = list(texts_of(shown))
    return any(secret in text for secret in secrets for text in texts) or _names_a_secret(shown)


def _names_a_secret(value: Any) -> bool:
    """Return whether a value contains a dictionary with a secret of bill.connect, such as a registered result."""
    if isinstance(value, Mapping):
        return any((key in _SECRET_NAMES and each) or _names_a_secret(each) for key, each in value.items())
    return isinstance(value, (list, tuple)) and any(_names_a_secret(each) for each in value)
