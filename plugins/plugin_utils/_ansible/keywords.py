# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds keywords of Ansible that have no effect on bill.connect, or that were meant as options.

Private to bill.connect. ``environment``, ``timeout`` and ``retries`` are options of bill.connect and keywords of Ansible.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from .._core.errors import OptionError
from .._options.spec import OPTIONS
from .written_task import environments_around

_ENVIRONMENTS = next(option.choices for option in OPTIONS if option.name == "environment")
# The names that steer a connection. Programs read them in both cases.
_OF_CONNECTIONS = {
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"),
}


def check_environment(task: Any) -> str | None:
    """Return a warning if the keyword ``environment`` sets names that only the environment of Ansible itself can set.

    Raises OptionError if the keyword holds an environment of BILL.
    """
    names: set[str] = set()
    for each in environments_around(task):
        if isinstance(each, str) and each.strip().lower() in _ENVIRONMENTS:
            raise OptionError(
                f"environment: {each.strip().lower()} is written as a keyword of Ansible here, so bill.connect would not use it. Nothing was "
                "sent. Write it one level further to the right, below the name of the task bill.connect..., as its option. For several "
                "tasks, set the variable bill_environment."
            )
        if isinstance(each, Mapping):
            names |= {
                name
                for name, value in each.items()
                if isinstance(name, str)
                and (name.startswith("BILL_") or name.upper() in _OF_CONNECTIONS)
                and os.environ.get(name) != value
            }
    if not names:
        return None
    return (
        f"The keyword environment sets {', '.join(sorted(names))}. It has no effect on bill.connect, which runs in the environment of "
        "Ansible itself. Set them before you start Ansible. In a play, use variables such as bill_username and bill_ca_path."
    )
