# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A callback that gives each play an environment of its own, as if Ansible had been started in it."""

from __future__ import annotations

DOCUMENTATION = """
name: environment_of_play
type: aggregate
short_description: Sets the environment of a play
description: Sets the names in the variable environment_of_play of a play in the environment of Ansible, until the next play begins.
"""

import os
from typing import Any

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "environment_of_play"
    CALLBACK_NEEDS_ENABLED = True

    _set: tuple[str, ...] = ()

    def v2_playbook_on_play_start(self, play: Any) -> None:
        # The main process calls this, and the workers of the play inherit its environment.
        for name in self._set:
            del os.environ[name]
        names = play.get_vars().get("environment_of_play", {})
        os.environ.update(names)
        self._set = tuple(names)
