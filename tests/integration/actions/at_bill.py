# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task that arranges what BILL does, or writes down what BILL has heard, in the middle of a play. It costs no module process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        control, post, posts, heard = map(self._task.args.get, ("control", "post", "posts", "heard"))
        todo = [(post, {})] if post else json.loads(Path(posts).read_text()) if posts else []
        for what, content in todo:
            asked = Request(f"{control}/{what}", json.dumps(content).encode(), {"Content-Type": "application/json"})  # noqa: S310  # the emulator's own address
            urlopen(asked, timeout=10).close()  # noqa: S310
        if heard:
            with urlopen(f"{control}/requests", timeout=10) as answer:  # noqa: S310
                Path(heard).write_bytes(answer.read())
        return result
