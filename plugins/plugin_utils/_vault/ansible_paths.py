# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The directories of ansible-core that bill.connect writes to.

Private to bill.connect.
"""

from __future__ import annotations

import os

from ansible import constants as C


def default_store() -> str:
    """The directory that stores sessions if nobody names another one: ``<ANSIBLE_HOME>/bill``."""
    return os.path.join(C.config.get_config_value("ANSIBLE_HOME"), "bill")


def run_store() -> str:
    """A store directory that exists as long as this run of Ansible. Its forks share the directory."""
    return os.path.join(C.DEFAULT_LOCAL_TMP, "bill")


def memory_of_the_run() -> str:
    """A directory for the records that the tasks of this run share. It is separate from the store, where a task looks for sessions."""
    return os.path.join(C.DEFAULT_LOCAL_TMP, "bill-run")
