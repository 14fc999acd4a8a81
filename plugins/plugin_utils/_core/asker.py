# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who needs a request: a host, its task, and the item of a loop.

Private to bill.connect. A cached refusal names the asker that got its whole message. All others of the run get one sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Asker:
    """The host, task and item that need a request in one run of Ansible.

    Without ``run``, the asker is not known, or nobody sees its message.
    """

    run: str = ""
    host: str = ""
    task: str = ""
    item: str = ""

    def record(self) -> dict[str, str]:
        return asdict(self)

    def is_in_run_of(self, informed: Mapping[str, str]) -> bool:
        """Whether an earlier asker, as ``record`` returned it, belongs to the same run."""
        return bool(self.run) and informed.get("run") == self.run

    def other(self, informed: Mapping[str, str]) -> str | None:
        """The name of another asker of the same run, for a message. None if it is this asker, or its host in another task.

        With until, ansible-core shows only the message of the last try. So the same item gets the whole message each time.
        """
        if not self.is_in_run_of(informed):
            return None
        if informed["host"] != self.host:
            return f"the host {informed['host']}"
        is_other_item = informed["task"] == self.task and informed["item"] != self.item
        return "an earlier item of this loop" if is_other_item else None
