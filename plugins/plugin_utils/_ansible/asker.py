# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds the host, task and item that an invocation belongs to.

Private to bill.connect.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from .._core.asker import Asker
from .._vault import ansible_paths
from .running import task_of_worker


def asker_of(variables: Mapping[str, Any]) -> Asker:
    """Return the asker of this worker. It has no run if Ansible does not show the message of its task."""
    task, host = task_of_worker(), variables.get("inventory_hostname")
    # With failed_when the task may count as successful. Then Ansible shows no message.
    if task is None or not isinstance(host, str) or task.no_log or task.failed_when:
        return Asker()
    return Asker(ansible_paths.name_of_the_run(), str(host), str(task._uuid), _item_of(task, variables))


def _item_of(task: Any, variables: Mapping[str, Any]) -> str:
    """Return a text that differs for different items of the task's loop. It is a hash, because an item may be a secret."""
    if task.loop is None:
        return ""
    name = getattr(task.loop_control, "loop_var", None) or "item"
    try:
        return sha256(repr(variables.get(name)).encode("utf-8", "replace")).hexdigest()
    except Exception:  # The item cannot be evaluated. The error is reported where the item is used.
        return ""
