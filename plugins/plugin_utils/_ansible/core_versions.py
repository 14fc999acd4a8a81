# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hides the differences between versions of ansible-core from the rest of the code.

Private to bill.connect. Each difference was found by experiment on every supported version.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import threading
import time
from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any

from ansible import constants as C
from ansible import errors as ansible_errors
from ansible.errors import AnsibleError, AnsiblePromptInterrupt, AnsiblePromptNoninteractive, AnsibleUndefinedVariable
from ansible.release import __version__ as core_version
from ansible.utils.display import Display
from ansible.utils.vars import load_extra_vars
from ansible.vars.clean import module_response_deepcopy, strip_internal_keys

from .._core.errors import BillError, NoTerminalError, OptionError
from .._options.spec import OPTIONS
from .._vault.ansible_values import decrypted, texts_of
from .facts import RECEIPT

# ansible-core 2.19+. In older versions this is an empty tuple, and ``except ()`` catches nothing.
OMITTED: Any = getattr(ansible_errors, "AnsibleValueOmittedError", ())

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
CAN_CHANGE_SET_FACT = VariableLayer is not None

try:
    from ansible.template import is_trusted_as_template  # ansible-core 2.19+
except ImportError:
    is_trusted_as_template = None

# ansible-core 2.19 and 2.20 treat a returned list named ``results`` as the items of a loop. They hide only the items that set
# _ansible_no_log themselves, even if the task has no_log.
TAKES_RESULTS_FOR_A_LOOP = not UP_TO_2_18 and VariableLayer is None

display = Display()

# The first patch releases that hide a result when the action requests it (CVE-2024-8775).
_FIRST_SAFE_PATCH = {(2, 16): 13, (2, 17): 6}

# The names of options, variables and result fields whose values are always secret.
_SECRET_NAMES = {
    "headers",
    "session_id",
    *(name for option in OPTIONS if option.secret for name in (option.name, option.variable, *option.aliases)),
}

# ansible-core itself shows this text instead of a secret argument.
HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"

# The unit is characters. ansible-core would redact a short, common text everywhere, and its output would be unreadable.
_SHORTEST_SECRET = 8


def refuse_unsafe_core(version: str = core_version) -> None:
    """Raise BillError on a version of ansible-core that would show the session."""
    numbers = [int(part) for part in re.findall(r"\d+", version)[:3]] + [0, 0]
    branch, patch = (numbers[0], numbers[1]), numbers[2]
    if branch < (2, 16) or patch < _FIRST_SAFE_PATCH.get(branch, 0):
        raise BillError(
            f"ansible-core {version} would show the session in its output (CVE-2024-8775), so bill.connect does not run "
            "on it. Update ansible-core to 2.16.13, 2.17.6, 2.18 or later."
        )


def is_trusted(text: str) -> bool:
    """Return whether ansible-core would evaluate a text as a template. It does not evaluate data."""
    if is_trusted_as_template is not None:
        return bool(is_trusted_as_template(text))
    # Up to ansible-core 2.18, only data has a mark.
    return not hasattr(text, "__UNSAFE__")


def variables_of(
    templar: Any,
    variables: Mapping[str, Any],
    refuse_fact: Callable[[str], None] = lambda _name: None,
    refuse_variable: Callable[[str, Any], None] = lambda _name, _value: None,
) -> Callable[[str], Any]:
    """Return a function that returns a variable by its name: the templated value, or None if the variable is not defined.

    ``refuse_fact`` may reject a variable before it is evaluated. ``refuse_variable`` may reject the variable with its value. The
    function raises OptionError if the variable cannot be templated. That message contains neither the value nor the template, because
    they may hold a secret.
    """
    render = renderer(templar)

    def variable(name: str) -> Any:
        if name not in variables:
            return None
        refuse_fact(name)
        raw = variables[name]
        try:
            value = None if raw is None else decrypted(render(raw))
        except OMITTED:
            value = None
        except (AnsibleError, ValueError, TypeError) as error:
            raise OptionError(f"The variable {name} cannot be used: {_why(error)}") from None
        if value == omitted(variables):
            value = None
        refuse_variable(name, value)
        return value

    return variable


def omitted(variables: Mapping[str, Any]) -> Any:
    """Return the value that stands for ``omit`` up to ansible-core 2.18; None in later versions.

    In later versions a variable of that name may be a fact.
    """
    return variables.get("omit") if UP_TO_2_18 else None


def are_facts_on_disk() -> bool:
    """Return whether facts still exist after the run, in files or in a database."""
    return C.CACHE_PLUGIN not in ("memory", "ansible.builtin.memory")


def cleaned_fact(fact: Any) -> Any:
    """Return a fact in the form that its variable has in ansible-core."""
    if isinstance(fact, (dict, list)):
        return strip_internal_keys(module_response_deepcopy({"fact": fact}))["fact"]
    return fact


def renderer(templar: Any) -> Callable[[Any], Any]:
    if UP_TO_2_18:
        # ansible-core up to 2.18 converts a text that looks like a Python value. A password such as ["x"] would become a list.
        # With jinja2_native, 0123456 would become a number.
        plain = templar.copy_with_new_env(environment_class=AnsibleEnvironment)
        return lambda raw: plain.template(raw, convert_data=False)
    template: Callable[[Any], Any] = templar.template
    return template


def _why(error: Exception) -> str:
    text = str(error)
    if isinstance(error, AnsibleUndefinedVariable) and (name := re.search(r"'([A-Za-z_][\w.]*)' is undefined", text)):
        return f"it refers to {name[1]}, which is not defined."
    if "vault" in type(error).__name__.lower() or "vault secret" in text.lower() or "decrypt" in text.lower():
        return "it could not be decrypted. Start Ansible with the vault password it was encrypted with."
    return "its template has a fault. (It is not repeated here, because it may hold a secret.)"


def settle(result: dict[str, Any]) -> None:
    """Set ``unreachable`` to False in a result that has ``results``.

    Up to ansible-core 2.20, Ansible also searches the records in ``results`` for this field. A record must not decide the task's status.
    """
    if VariableLayer is None and "results" in result:
        result["unreachable"] = False


def hide(task: Any, result: dict[str, Any]) -> None:
    """Hide a whole result in the output of Ansible. ``register`` still receives all of it.

    Ansible accepts this request only from an action.
    """
    result["_ansible_no_log"] = True
    # Up to ansible-core 2.18, a loop ignores the requests of its items. Callbacks get the result of the whole loop, and only the
    # task's own no_log hides that result. In all other cases no_log would hide the message of a later try that fails.
    if UP_TO_2_18 and task.loop is not None:
        task.no_log = True
    if TAKES_RESULTS_FOR_A_LOOP:
        for record in result.get("results", ()):
            if isinstance(record, dict):
                # ansible-core removes names with this prefix from the registered result.
                record["_ansible_no_log"] = True


def hide_item(task: Any, message: str) -> None:
    """Hide the item of a failed loop and its result in the output of Ansible, but still show the message."""
    task.no_log = True
    if UP_TO_2_18:
        display.error(message, wrap_text=False)


def item_of_loop_holds(task: Any, variables: Mapping[str, Any], secrets: Iterable[str] | None) -> bool:
    """Return whether Ansible would show a secret with the current item of a task's loop.

    A secret is one of these texts, or a value whose name is the name of a secret. If the texts are not known (None), the result is True
    for every loop.
    """
    if task.loop is None or secrets is None:
        return task.loop is not None
    # With loop_control.extended, Ansible also shows the other items.
    shown = [variables.get(task.loop_control.loop_var if task.loop_control else "item"), variables.get("ansible_loop")]
    texts = list(texts_of(shown))
    return any(secret in text for secret in secrets for text in texts) or _names_a_secret(shown)


def _names_a_secret(value: Any) -> bool:
    """Return whether a value contains a dictionary with a secret of bill.connect, such as a registered result."""
    if isinstance(value, Mapping):
        return any((key in _SECRET_NAMES and each) or _names_a_secret(each) for key, each in value.items())
    return isinstance(value, (list, tuple)) and any(_names_a_secret(each) for each in value)


def publish(
    action: Any,
    result: dict[str, Any],
    session: Mapping[str, Any],
    others: Mapping[str, Any],
    steering: Container[str],
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
    if VariableLayer is not None or not on_disk or not session:
        return None
    return (
        "bill.connect does not set bill_session_id and bill_headers, because this version of ansible-core would write them "
        "to the fact cache in the clear. Use register, or the role bill.connect.connect."
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


def typed(prompt: str, *, hidden: bool) -> str | None:
    """Return what the user types at the terminal after a prompt, up to Enter; None after Ctrl-C.

    Raises NoTerminalError if there is no terminal.
    """
    _end_with_ansible()
    try:
        # This also works in a worker, because the main process of ansible-core shows the prompt.
        answer: bytes = display.prompt_until(prompt, private=hidden)
    except AnsiblePromptInterrupt:
        return None
    except AnsiblePromptNoninteractive:
        raise NoTerminalError from None
    # The form rejects invalid UTF-8 later, as it rejects every text that is not printable.
    return answer.decode(errors="surrogateescape")


def _end_with_ansible() -> None:
    """Exit this worker when the main Ansible process ends, for example because its terminal was closed.

    From ansible-core 2.19 on, a worker has its own POSIX session and receives no hangup signal. Without this function it would wait
    forever for an answer, with the typed text in its memory.
    """
    ansible = multiprocessing.parent_process()
    if ansible is None:
        return

    def watch() -> None:
        # ansible.pid is the original parent. A new os.getppid() is no reference, because Ansible may already have ended.
        while os.getppid() == ansible.pid:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
