# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hides the differences between versions of ansible-core from the rest of the code.

Private to bill.connect. Each difference was found by experiment on every supported version.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Iterable, Mapping
from typing import Any

from ansible import constants as C
from ansible import template as ansible_template
from ansible.release import __version__ as core_version
from ansible.utils.vars import load_extra_vars
from ansible.vars.clean import module_response_deepcopy, strip_internal_keys

from .._core.errors import BillError
from .facts import RECEIPT

UP_TO_2_18 = hasattr(ansible_template, "AnsibleEnvironment")

try:
    from ansible.module_utils.secrets import register_secret  # ansible-core 2.22+
except ImportError:
    register_secret = None

try:
    from ansible.plugins.action import VariableLayer  # ansible-core 2.21+
except ImportError:
    VariableLayer = None
SINCE_2_21 = VariableLayer is not None

_NUMBER = re.compile(r"\d+")

# The first patch releases that hide a result when the action requests it (CVE-2024-8775).
_FIRST_SAFE_PATCH = {(2, 16): 13, (2, 17): 6}

# The unit is characters. ansible-core would redact a short, common text everywhere, and its output would be unreadable.
_SHORTEST_SECRET = 8


def refuse_unsafe_core(version: str = core_version) -> None:
    """Raise BillError on a version of ansible-core that would show the session."""
    numbers = [int(part) for part in _NUMBER.findall(version)[:3]] + [0, 0]
    branch, patch = (numbers[0], numbers[1]), numbers[2]
    if branch < (2, 16) or patch < _FIRST_SAFE_PATCH.get(branch, 0):
        raise BillError(
            f"ansible-core {version} would show the session in its output (CVE-2024-8775), so bill.connect does not run "
            "on it. Update ansible-core to 2.16.13, 2.17.6, 2.18 or later."
        )


def are_facts_on_disk() -> bool:
    """Return whether facts still exist after the run, in files or in a database."""
    return C.CACHE_PLUGIN not in ("memory", "ansible.builtin.memory")


def cleaned_fact(fact: Any) -> Any:
    """Return a fact in the form that its variable has in ansible-core."""
    if isinstance(fact, (dict, list)):
        return strip_internal_keys(module_response_deepcopy({"fact": fact}))["fact"]
    return fact


_NOT_INJECTED = (
    "bill_session_id and bill_headers are not set as variables, because inject_facts_as_vars is off and this version of ansible-core "
    "makes them facts. Use register, or the role bill.connect.login."
)


# A published variable that decides where later tasks sign in. It is always a fact.
STEERING = ("bill_organization_id",)


def publish(
    action: Any,
    result: dict[str, Any],
    session: Mapping[str, Any],
    others: Mapping[str, Any],
    steering: Container[str] = STEERING,
) -> str | None:
    """Define variables for later tasks of this host. Return a warning if they cannot all be defined safely, otherwise None.

    From ansible-core 2.21 on they are plain variables. In older versions they are facts. The receipt is always a fact. Those of the
    ``others`` that are named in ``steering`` are always facts, because every variable that a later play defines overrides a fact.
    If facts are written to disk, no fact is defined. The facts of the session are secret, and the other facts would influence the next
    run.
    """
    on_disk = are_facts_on_disk()
    plain = {**session, **{name: value for name, value in others.items() if name not in steering}}
    facts = {name: value for name, value in others.items() if name in steering or name == RECEIPT}
    if VariableLayer is None:
        facts |= plain
    elif plain:
        action.register_host_variables(plain, VariableLayer.EPHEMERAL_FACT)
    if on_disk:
        facts = {}
    if facts:
        result["ansible_facts"] = facts
    if VariableLayer is not None or not session:
        return None
    if not on_disk:
        return None if C.INJECT_FACTS_AS_VARS else _NOT_INJECTED
    return (
        "bill.connect does not set bill_session_id and bill_headers, because this version of ansible-core would write them "
        "to the fact cache in the clear. Use register, or the role bill.connect.login."
    )


def lost_facts(names: Collection[str]) -> str | None:
    """Return a warning if later tasks do not get these variables, because ``publish`` makes them facts. None if they do."""
    if not names or (C.INJECT_FACTS_AS_VARS and not are_facts_on_disk()):
        return None
    lost = [name for name in names if not SINCE_2_21 or name in STEERING]
    if not lost:
        return None
    why = "a fact cache would keep the value for the next run" if are_facts_on_disk() else "inject_facts_as_vars is off"
    return (
        f"Later tasks do not get {' and '.join(lost)} from this sign-in, because {why}. Define {' and '.join(lost)} in the inventory, in a "
        "vault file or in the play, or write the option in every task."
    )


def mask(secrets: Iterable[str | None]) -> None:
    """Make ansible-core itself redact these values in all its output. Before ansible-core 2.22 this does nothing."""
    if register_secret is None:
        return
    for secret in secrets:
        if secret and len(secret) >= _SHORTEST_SECRET:
            register_secret(str(secret))


def extra_variables(loader: Any) -> Mapping[str, Any]:
    """Return the variables of the command line (``-e``), untemplated."""
    found: Mapping[str, Any] = load_extra_vars(loader)
    return found
