# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task that sets up BILL, or writes down the requests to BILL, in the middle of a play. It starts no module process."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import requests
from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        control, reset, posts, received, wait = map(
            self._task.args.get, ("control", "reset", "posts", "received", "wait")
        )
        if wait:
            time.sleep(wait)
        if reset:
            offset = requests.get(f"{control}/clock", timeout=10).json()["offset"]
            # A reset keeps the clock's time, because the controller's clock also goes on.
            self._post(control, "reset", {})
            self._post(control, "clock", {"advance": offset})
        for what, content in json.loads(Path(posts).read_text()) if posts else []:
            self._post(control, what, content)
        if received:
            Path(received).write_bytes(requests.get(f"{control}/requests", timeout=10).content)
        return result

    @staticmethod
    def _post(control: str, what: str, content: dict[str, Any]) -> None:
        requests.post(f"{control}/{what}", json=content, timeout=10).raise_for_status()
