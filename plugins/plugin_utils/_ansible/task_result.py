# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an operation hands to its task.

Private to bill.connect.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class TaskResult:
    """``data`` are the return values.

    Ansible shows them only if they are ``public`` and hold no secret. ``publish`` says that they are a session whose variables later tasks
    of the host find.
    """

    data: dict[str, Any] = field(repr=False)
    public: bool = False
    publish: bool = False
