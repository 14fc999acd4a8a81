# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ansible-core does differently from version to version, so that nothing else has to know.

Private to bill.connect. Each difference was found by trying it on every supported version.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible import constants as C
from ansible.errors import AnsibleActionFail, AnsibleError, AnsibleUndefinedVariable
from ansible.release import __version__ as core_version

from ._errors import BillError, OptionError

try:
    from ansible.errors import AnsibleValueOmittedError  # ansible-core 2.19+
except ImportError:

    class AnsibleValueOmittedError(Exception):  # type: ignore[no-redef]
        """Never raised before ansible-core 2.19."""


try:
    from ansible.template import AnsibleEnvironment  # ansible-core up to 2.18
except ImportError:
    AnsibleEnvironment = None
UP_TO_2_18 = AnsibleEnvironment is not None

try:
    from ansible.module_utils.secrets import register_secret  # ansible-core 2.22+
except ImportError:
    register_secret = None

try:
    from ansible.plugins.action import VariableLayer  # ansible-core 2.21+
except ImportError:
    VariableLayer = None

# The first patch releases that heed an action's wish to hide its result (CVE-2024-8775).
_FIRST_SAFE_PATCH = {(2, 16): 13, (2, 17): 6}

# Masking a short or common text would garble everything that Ansible shows.
_SHORTEST_SECRET = 8


def refuse_unsafe_core(version: str = core_version) -> None:
    """BillError on a version of ansible-core that would show the session."""
    numbers = [int(part) for part in re.findall(r"\d+", version)[:3]] + [0, 0]
    branch, patch = (numbers[0], numbers[1]), numbers[2]
    if branch < (2, 16) or patch < _FIRST_SAFE_PATCH.get(branch, 0):
        raise BillError(
            f"ansible-core {version} would show the session in its output (CVE-2024-8775), so bill.connect does not run "
            "on it. Update ansible-core to 2.16.13, 2.17.6, 2.18 or later."
        )


def default_store() -> str:
    """The directory that keeps sessions when nobody names one: ``<ANSIBLE_HOME>/bill``."""
    return os.path.join(C.config.get_config_value("ANSIBLE_HOME"), "bill")


def store_for_the_run() -> str:
    """A directory that lives as long as this run of Ansible and is shared by its forks."""
    return os.path.join(C.DEFAULT_LOCAL_TMP, "bill")


def variables_of(templar: Any, variables: Mapping[str, Any]) -> Callable[[str, bool], Any]:
    """How to look a variable up: by its name, and whether its value is secret; templated, None if not defined.

    The lookup raises OptionError if the variable cannot be templated. Neither that message nor anything it was raised
    from repeats a secret, or the template that leads to one.
    """
    render = _renderer(templar)

    def variable(name: str, secret: bool) -> Any:
        raw = variables.get(name)
        if raw is None:
            return None
        try:
            value = render(raw)
        except AnsibleValueOmittedError:
            return None
        except (AnsibleError, ValueError, TypeError) as error:
            raise OptionError(f"The variable {name} cannot be used: {_why(error, secret)}") from None
        if value is None or value == variables.get("omit"):
            return None
        return value if isinstance(value, (bool, int, float, list, dict)) else str(value)

    return variable


def _renderer(templar: Any) -> Callable[[Any], Any]:
    if UP_TO_2_18:
        # ansible-core up to 2.18 turns what looks like a Python value into one: a password such as ["x"] would become
        # a list, and with jinja2_native 0123456 a number.
        plain = templar.copy_with_new_env(environment_class=AnsibleEnvironment)
        return lambda raw: plain.template(raw, convert_data=False)
    return templar.template  # type: ignore[no-any-return]


def _why(error: Exception, secret: bool) -> str:
    text = str(error)
    if isinstance(error, AnsibleUndefinedVariable) and (name := re.search(r"'([A-Za-z_][\w.]*)' is undefined", text)):
        return f"it refers to {name[1]}, which is not defined."
    if "vault" in type(error).__name__.lower() or "vault secret" in text.lower() or "decrypt" in text.lower():
        return "it could not be decrypted. Start Ansible with the vault password it was encrypted with."
    if secret:
        return "its template has a fault. (It is not shown, because this variable is a secret.)"
    return text


def failure(message: str) -> AnsibleActionFail:
    """The failure of a task, whose message is shown."""
    error = AnsibleActionFail(message)
    # Up to ansible-core 2.18 every failure carries a traceback, which is shown in front of the message.
    if UP_TO_2_18:
        error.result.pop("exception", None)
    return error


def hide(action: Any, result: dict[str, Any]) -> None:
    """Have Ansible show nothing of a result, while ``register`` has it all. Only an action may ask for this itself."""
    result["_ansible_no_log"] = True
    # Up to ansible-core 2.18 a loop forgets what its items asked for: the result of the whole loop, which callbacks get,
    # goes by the task's own no_log. Elsewhere that would hide the message of a later try that fails.
    if UP_TO_2_18 and action._task.loop is not None:
        action._task.no_log = True


def facts_are_kept_on_disk() -> bool:
    """Whether facts of an action end in a file or database: not where they can be registered as plain variables."""
    return VariableLayer is None and C.CACHE_PLUGIN not in ("memory", "ansible.builtin.memory")


def publish(action: Any, result: dict[str, Any], facts: Mapping[str, Any]) -> None:
    """Define variables for later tasks of this host: ephemeral ones where ansible-core has them, else facts."""
    if not facts:
        return
    if VariableLayer is None:
        result["ansible_facts"] = dict(facts)
        return
    action.register_host_variables(dict(facts), VariableLayer.EPHEMERAL_FACT)


def mask(secrets: Iterable[str | None]) -> None:
    """Have ansible-core itself hide these values in all it shows; before ansible-core 2.22 it cannot."""
    if register_secret is None:
        return
    for secret in secrets:
        if secret and len(secret) >= _SHORTEST_SECRET:
            register_secret(str(secret))
