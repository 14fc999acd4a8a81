# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ansible-core does differently from version to version, so that nothing else has to know.

Private to bill.connect. Each difference was found by trying it on every supported version.
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

# ansible-core 2.19+; nothing is ever caught as an empty tuple.
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

# ansible-core 2.19 and 2.20 take a list of this name for the items of a loop, and hide only those that ask for it themselves,
# even where the task has no_log.
TAKES_RESULTS_FOR_A_LOOP = not UP_TO_2_18 and VariableLayer is None

display = Display()

# The first patch releases that heed an action's wish to hide its result (CVE-2024-8775).
_FIRST_SAFE_PATCH = {(2, 16): 13, (2, 17): 6}

# What is secret wherever it stands: options, and fields of results.
_SECRET_NAMES = {
    "headers",
    "session_id",
    *(name for option in OPTIONS if option.secret for name in (option.name, option.variable, *option.aliases)),
}

# What ansible-core itself writes in the place of a secret argument.
HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"

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


def is_trusted(text: str) -> bool:
    """Whether ansible-core would evaluate a text as a template, and does not take it for data."""
    if is_trusted_as_template is not None:
        return bool(is_trusted_as_template(text))
    # Up to ansible-core 2.18 only data is marked.
    return not hasattr(text, "__UNSAFE__")


def variables_of(
    templar: Any,
    variables: Mapping[str, Any],
    refuse_fact: Callable[[str], None] = lambda _name: None,
    refuse_variable: Callable[[str, Any], None] = lambda _name, _value: None,
) -> Callable[[str], Any]:
    """How to look a variable up by its name: templated, None if it is not defined.

    ``refuse_fact`` may refuse a variable before it is evaluated, and ``refuse_variable`` with the value that it gives. The lookup raises
    OptionError if the variable cannot be templated. That message repeats nothing of the variable or of a template, since these may hold
    a secret.
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
    """What stands for a value that was left out with ``omit``, up to ansible-core 2.18; from then on a variable of that name may be a fact."""
    return variables.get("omit") if UP_TO_2_18 else None


def are_facts_on_disk() -> bool:
    """Whether facts outlive the run, in files or in a database."""
    return C.CACHE_PLUGIN not in ("memory", "ansible.builtin.memory")


def cleaned_fact(fact: Any) -> Any:
    """A fact as ansible-core makes a variable of it."""
    if isinstance(fact, (dict, list)):
        return strip_internal_keys(module_response_deepcopy({"fact": fact}))["fact"]
    return fact


def renderer(templar: Any) -> Callable[[Any], Any]:
    if UP_TO_2_18:
        # ansible-core up to 2.18 turns what looks like a Python value into one: a password such as ["x"] would become
        # a list, and with jinja2_native 0123456 a number.
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
    """Keep a field of some record from deciding what Ansible makes of the task: up to ansible-core 2.20 it looks for it in results."""
    if VariableLayer is None and "results" in result:
        result["unreachable"] = False


def hide(task: Any, result: dict[str, Any]) -> None:
    """Have Ansible show nothing of a result, while ``register`` has it all. Only an action may ask for this itself."""
    result["_ansible_no_log"] = True
    # Up to ansible-core 2.18 a loop forgets what its items asked for: the result of the whole loop, which callbacks get,
    # goes by the task's own no_log. Elsewhere that would hide the message of a later try that fails.
    if UP_TO_2_18 and task.loop is not None:
        task.no_log = True
    if TAKES_RESULTS_FOR_A_LOOP:
        for record in result.get("results", ()):
            if isinstance(record, dict):
                # Not in what is registered, since ansible-core strips names that begin like this.
                record["_ansible_no_log"] = True


def hide_item(task: Any, message: str) -> None:
    """Have Ansible show neither the item of a loop that failed nor its result, but the message all the same."""
    task.no_log = True
    if UP_TO_2_18:
        display.error(message, wrap_text=False)


def item_of_loop_holds(task: Any, variables: Mapping[str, Any], secrets: Iterable[str] | None) -> bool:
    """Whether what Ansible shows of the present item of a task's loop has one of these texts in it, or what is secret by its name.

    True also where the texts are not known.
    """
    if task.loop is None or secrets is None:
        return task.loop is not None
    # With loop_control.extended Ansible shows the other items as well.
    shown = [variables.get(task.loop_control.loop_var if task.loop_control else "item"), variables.get("ansible_loop")]
    texts = list(texts_of(shown))
    return any(secret in text for secret in secrets for text in texts) or _names_a_secret(shown)


def _names_a_secret(value: Any) -> bool:
    """Whether there is a dictionary in it, such as a registered result, with something secret of ours."""
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
    """Define variables for later tasks of this host; a warning, if they cannot all be defined safely.

    They are plain variables where ansible-core has a way (2.21+), else facts. Those of the ``others`` that are ``steering`` are
    always facts, because these give way to every variable that a later play defines. Where facts are written to disk, those
    of the session are left out because they are secret, and the others because they would steer the next run.
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
    """Have ansible-core itself hide these values in all it shows; before ansible-core 2.22 it cannot."""
    if register_secret is None:
        return
    for secret in secrets:
        if secret and len(secret) >= _SHORTEST_SECRET:
            register_secret(str(secret))


def extra_variables(loader: Any) -> Mapping[str, Any]:
    """The variables of the command line (``-e``), untemplated."""
    found: Mapping[str, Any] = load_extra_vars(loader)
    return found


def typed(prompt: str, *, hidden: bool) -> str | None:
    """What a person types at the terminal after a prompt, up to Enter; None after Ctrl-C. NobodyThere if there is no terminal."""
    _end_with_ansible()
    try:
        # Of a worker, too, since ansible-core has its first process ask.
        answer: bytes = display.prompt_until(prompt, private=hidden)
    except AnsiblePromptInterrupt:
        return None
    except AnsiblePromptNoninteractive:
        raise NoTerminalError from None
    # What is no UTF-8 is refused further on, as every text that cannot be shown is.
    return answer.decode(errors="surrogateescape")


def _end_with_ansible() -> None:
    """End this worker when Ansible's first process ends, of which a closed terminal is one way: nobody would answer any more.

    From ansible-core 2.19 on a worker is in a session of its own, hears of no hangup, and would wait for ever with what was typed in its memory.
    """
    ansible = multiprocessing.parent_process()
    if ansible is None:
        return

    def watch() -> None:
        # Not compared with the parent of now, since Ansible may have ended before this line.
        while os.getppid() == ansible.pid:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
