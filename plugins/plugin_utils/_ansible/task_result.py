# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result that an operation returns to its task.

Private to bill.connect.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class TaskResult:
    """The result of an operation.

    ``data`` holds the return values. Ansible shows them only if ``public`` is True and they contain no secret. ``publish`` says that they
    describe a session. Then the task defines the variables of the session for later tasks of the host.
    """

    data: dict[str, Any] = field(repr=False)
    public: bool = False
    publish: bool = False
