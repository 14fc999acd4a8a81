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
from .._options.source import Kind, Source
from .._options.spec import OPTIONS
from .written_task import environments_around, keyword_of, play_of

_ENVIRONMENTS = next(option.choices for option in OPTIONS if option.name == "environment")
# The names that steer a connection. Programs read them in both cases.
_OF_CONNECTIONS = {
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"),
}

# Ansible's own strategies, and those of others with the same behaviour, such as mitogen_free.
_WITHOUT_RUN_ONCE = ("free", "host_pinned")


def strategy_without_order(task: Any) -> str | None:
    """Return the strategy of the play if it ignores ``run_once`` and lets no host wait for another. Otherwise None."""
    strategy = str(getattr(play_of(task), "strategy", ""))
    return strategy if strategy.rpartition(".")[2].endswith(_WITHOUT_RUN_ONCE) else None


def refuse_ignored_run_once(task: Any) -> None:
    """Raise OptionError if a task has ``run_once`` in a play whose strategy ignores it. BILL would send each host a code."""
    strategy = strategy_without_order(task)
    if task.run_once and strategy:
        raise OptionError(
            f"The strategy {strategy} of this play ignores run_once, so BILL would send a code for every host. Nothing was sent. Do this in a "
            "play of its own with strategy: linear. The role bill.connect.trust needs that strategy, too."
        )


_BELOW = "write it one level further to the right, below the name of the task bill.connect..., as its option"


def check_environment(task: Any, *, in_lookup: bool = False) -> str | None:
    """Return a warning if the keyword ``environment`` sets names that only the environment of Ansible itself can set.

    ``in_lookup`` says that a lookup of bill.connect runs for the task. Raises OptionError if the keyword holds an environment of BILL.
    """
    names: set[str] = set()
    for each in environments_around(task):
        if isinstance(each, str) and each.strip().lower() in _ENVIRONMENTS:
            raise OptionError(
                f"environment: {each.strip().lower()} is written as a keyword of Ansible here, so bill.connect would not use it. Nothing was "
                f"sent. {f'Write environment={each.strip().lower()!r} as an argument of the lookup' if in_lookup else _BELOW.capitalize()}. For "
                "several tasks, set the variable bill_environment."
            )
        if isinstance(each, Mapping):
            names |= {
                name
                for name, value in each.items()
                if isinstance(name, str)
                and (name.startswith("BILL_") or name.upper() in _OF_CONNECTIONS)
                and os.environ.get(name) != value
                # A task may pass the result of a lookup to a program.
                and "bill.connect." not in str(value)
            }
    if not names:
        return None
    return (
        f"The keyword environment sets {', '.join(sorted(names))}. It has no effect on bill.connect, which runs in the environment of "
        "Ansible itself. Set them before you start Ansible. In a play, use variables such as bill_username and bill_ca_path."
    )


def check_limits(task: Any, options: Mapping[str, Any], sources: Mapping[str, Source]) -> list[str]:
    """Return a warning for each of the keywords ``timeout`` and ``retries`` that was probably meant as the option of that name.

    Nothing was meant as the option if the task has the option, too.
    """
    warnings = []
    written = {name: value for name in ("timeout", "retries") if (value := keyword_of(task, name)) is not None}
    given = {name for name, source in sources.items() if source.kind is Kind.OPTION}
    timeout, retries = getattr(task, "timeout", None), getattr(task, "retries", None)
    # A longer time can be meant: it is for the whole task, with all its requests.
    if "timeout" in written.keys() - given and isinstance(timeout, int) and 0 < timeout <= options["timeout"]:
        warnings.append(
            f"timeout: {timeout} is written as a keyword of Ansible here. Ansible ends the whole task after that time, before the option "
            f"timeout ({options['timeout']} seconds) ends a request that gets no response. If you mean the option, {_BELOW}. If you mean "
            "the keyword, also set the option to a shorter time."
        )
    # The keyword belongs to until.
    if "retries" in written.keys() - given and keyword_of(task, "until") is None:
        warnings.append(
            f"retries: {retries if isinstance(retries, int) else '...'} is written as a keyword of Ansible here, without until. The keyword "
            f"repeats the whole task, also after an error that a repetition cannot solve. If you mean the option retries, {_BELOW}. If you "
            "mean the keyword, also write until."
        )
    return warnings
