# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Evaluates templates and variables, on every supported version of ansible-core.

Private to bill.connect. No message contains a template or its value, because they may hold a secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

from ansible import constants as C
from ansible import errors as ansible_errors
from ansible import template as ansible_template
from jinja2 import Undefined

from .._core.control_characters import control_character
from .._core.errors import OptionError
from .._options.source import Form
from .._options.spec import OPTIONS
from .._vault.ansible_values import decrypted, is_encrypted_alone
from .braces import ONE_NAME, names_beside_text
from .core_versions import UP_TO_2_18
from .template_errors import why

# Real values of options are nested only a few levels deep.
_DEEPEST = 10

# The start of an expression, a statement or a comment.
_TEMPLATE = re.compile(r"\{[{%#]|\A#jinja2:")

SECRET_VARIABLES = {option.variable for option in OPTIONS if option.secret}

# Jinja reads these names as constants, whatever variables there are.
_CONSTANTS = {"true", "false", "none", "True", "False", "None"}

# ansible-core 2.19+. In older versions this is an empty tuple, and ``except ()`` catches nothing.
OMITTED: Any = getattr(ansible_errors, "AnsibleValueOmittedError", ())

# The variables that are being evaluated now, each with its host. A lookup of bill.connect in a template reads variables, too.
_EVALUATING: ContextVar[frozenset[tuple[str, str]]] = ContextVar("bill_connect_evaluating", default=frozenset())

try:
    from ansible.template import is_trusted_as_template  # ansible-core 2.19+
except ImportError:
    is_trusted_as_template = None


def is_trusted(text: str) -> bool:
    """Return whether ansible-core would evaluate a text as a template. It does not evaluate data."""
    if is_trusted_as_template is not None:
        return bool(is_trusted_as_template(text))
    # Up to ansible-core 2.18, only data has a mark.
    return not hasattr(text, "__UNSAFE__")


def is_certainly_written(raw: Any) -> bool:
    """Return whether a value is a text that an author wrote in a playbook, in an inventory or in a file of variables.

    ansible-core 2.19+ marks such a text as a possible template. It never marks results of tasks and templates, and so no fact.
    """
    return isinstance(raw, str) and is_trusted_as_template is not None and bool(is_trusted_as_template(raw))


def is_template(text: str) -> bool:
    """Return whether ansible-core would find something to evaluate in a text."""
    return bool(_TEMPLATE.search(text)) and is_trusted(text)


def plain_text(raw: Any, variables: Mapping[str, Any]) -> str | None:
    """Return the text that ansible-core would return for an untemplated value, if that is known without an evaluation; otherwise None.

    It is known for a plain text, and for a template that only names a variable with a plain text. ansible-core compiles each template
    anew in each worker, which takes more time than the rest of a task. So the usual ``{{ vault_bill_password }}`` is not compiled.
    """
    for _step in range(20):
        if not isinstance(raw, str):
            return None
        if not _TEMPLATE.search(raw):
            return raw
        # Space around the braces would be a part of the value.
        found = ONE_NAME.fullmatch(raw) if is_trusted(raw) else None
        if not found or found[1] in _CONSTANTS or found[1] not in variables:
            return None
        raw = variables[found[1]]
    return None


def form_of(raw: Any, variables: Mapping[str, Any], depth: int = 0) -> Form:
    """Return the form of an untemplated value. If the value only names another variable, the form is that of the other one.

    A list or dictionary has the form of the values in it that may have a control character. If they differ, the form is unknown.
    """
    for _step in range(20):
        if is_encrypted_alone(raw):
            return "vault"
        if not isinstance(raw, str):
            return _form_of_several(raw, variables, depth) if isinstance(raw, (Mapping, list, tuple)) else ""
        if not is_template(raw):
            return ""
        if not (found := ONE_NAME.fullmatch(raw.strip())) or found[1] not in variables:
            return "template"
        raw = variables[found[1]]
    return "template"


def _form_of_several(raw: Any, variables: Mapping[str, Any], depth: int) -> Form:
    if depth == _DEEPEST:
        return "unknown"
    inner = raw.values() if isinstance(raw, Mapping) else raw
    forms = {form_of(each, variables, depth + 1) for each in inner if _may_have_control_character(each)}
    return forms.pop() if len(forms) == 1 else "unknown" if forms else ""


def _may_have_control_character(raw: Any) -> bool:
    if isinstance(raw, str) and not is_encrypted_alone(raw):
        return is_template(raw) or control_character(raw) is not None
    return isinstance(raw, (Mapping, list, tuple)) or is_encrypted_alone(raw)


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
        evaluated = (str(variables.get("inventory_hostname")), name)
        if evaluated in _EVALUATING.get():
            # Without this, each level would start the next one, until Python or the machine gives up.
            raise OptionError(f"The variable {name} refers to itself: its template uses a lookup that needs {name}.")
        before = _EVALUATING.set(_EVALUATING.get() | {evaluated})
        try:
            plain = plain_text(raw, templar.available_variables)
            rendered = render(raw) if plain is None and raw is not None else plain
            if is_unevaluated(rendered):
                raise OptionError(f"The variable {name} {UNEVALUATED}")
            value = decrypted(rendered)
        except OMITTED:
            value = None
        except OptionError:
            raise
        except Exception as error:  # A lookup or filter may raise anything.
            hidden = names_beside_text(raw, variables, is_template) if name in SECRET_VARIABLES else ()
            raise OptionError(f"The variable {name} cannot be used: {why(error, raw, name, hidden)}") from None
        finally:
            _EVALUATING.reset(before)
        if value == omitted(variables):
            value = None
        refuse_variable(name, value)
        return value

    return variable


def is_unevaluated(value: Any) -> bool:
    """Return whether a value still contains a template that ansible-core should have evaluated.

    Up to ansible-core 2.18 with error_on_undefined_vars = False, a template stays a text if it refers to an undefined variable.
    """
    if not UP_TO_2_18 or C.DEFAULT_UNDEFINED_VAR_BEHAVIOR:
        return False
    if isinstance(value, str):
        # The value of a separately encrypted text has another type. It is data.
        return is_trusted(value) and ("{{" in value or "{%" in value)
    if isinstance(value, Mapping):
        return any(is_unevaluated(each) for pair in value.items() for each in pair)
    return isinstance(value, (list, tuple)) and any(is_unevaluated(each) for each in value)


UNEVALUATED = (
    "still contains a template, because the template refers to an undefined variable and error_on_undefined_vars is False. Define the "
    "variable. If the braces are part of the value, write it with !unsafe."
)


def refuse_undefined(value: Any) -> None:
    """Raise ansible-core's own error if a value is undefined, or contains an undefined value.

    The arguments of a lookup may be undefined, or contain undefined values in a dictionary or list.
    """
    if isinstance(value, Undefined):
        # An undefined value raises its error in every conversion.
        str(value)
    elif isinstance(value, Mapping):
        for each in value.values():
            refuse_undefined(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            refuse_undefined(each)


def omitted(variables: Mapping[str, Any]) -> Any:
    """Return the value that stands for ``omit`` up to ansible-core 2.18; None in later versions.

    In later versions a variable of that name may be a fact.
    """
    return variables.get("omit") if UP_TO_2_18 else None


def renderer(templar: Any) -> Callable[[Any], Any]:
    if UP_TO_2_18:
        # ansible-core up to 2.18 converts a text that looks like a Python value. A password such as ["x"] would become a list.
        # With jinja2_native, 0123456 would become a number.
        plain = templar.copy_with_new_env(environment_class=ansible_template.AnsibleEnvironment)
        return lambda raw: plain.template(raw, convert_data=False)
    template: Callable[[Any], Any] = templar.template
    return template
