# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks the user at the terminal, also from a worker of Ansible.

Private to bill.connect.
"""

from __future__ import annotations

from ansible.errors import AnsiblePromptInterrupt, AnsiblePromptNoninteractive
from ansible.utils.display import Display

from .._core.errors import NoTerminalError

display = Display()


def typed(prompt: str, *, hidden: bool) -> str | None:
    """Return what the user types at the terminal after a prompt, up to Enter; None after Ctrl-C.

    Raises NoTerminalError if there is no terminal.
    """
    try:
        # This also works in a worker, because the main process of ansible-core shows the prompt.
        answer: bytes = display.prompt_until(prompt, private=hidden)
    except AnsiblePromptInterrupt:
        return None
    except AnsiblePromptNoninteractive:
        raise NoTerminalError from None
    # The form rejects invalid UTF-8 later, as it rejects every text that is not printable.
    return answer.decode(errors="surrogateescape")
