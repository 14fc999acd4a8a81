# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds the objects of ansible-core around a task or lookup, and evaluates templates with them.

Private to bill.connect. No function here relies on the value of a variable that a fact could set.
"""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Mapping
from functools import cache
from types import FrameType
from typing import Any

from ansible import constants as C
from ansible.plugins.loader import lookup_loader
from ansible.utils.unsafe_proxy import wrap_var

try:
    from ansible._internal._templating._utils import TemplateContext  # ansible-core 2.19+
    from ansible.template import trust_as_template
except ImportError:
    TemplateContext = trust_as_template = None

_TERMS = "bill_connect_terms"

# Lookups that read files also read these variables. Their documentation does not name them.
_OF_FILES = frozenset({"ansible_search_path", "role_path"})


def trusted(template: str) -> Any:
    """Return the text as a template that ansible-core evaluates."""
    return template if trust_as_template is None else trust_as_template(template)


def query_of(lookup: str) -> Any:
    """Return the template that calls a lookup with the terms of a ``with_`` loop."""
    return trusted(f"{{{{ query('{lookup}', *{_TERMS}) }}}}")


def looked_up(templar: Any, query: str, terms: list[Any]) -> Any:
    """Return the result of a template from ``query_of`` for these terms."""
    templar.available_variables = {**templar.available_variables, _TERMS: wrap_var(terms)}
    return templar.template(query)


def template_text() -> str | None:
    """Return the text of the template that calls this lookup; None if it is not known."""
    if TemplateContext is not None:
        text = getattr(TemplateContext.current(optional=True), "template_value", None)
        return text if isinstance(text, str) else None
    frame: FrameType | None = sys._getframe()
    while frame and frame.f_code.co_name != "do_template":
        frame = frame.f_back
    return str(frame.f_locals.get("data")) if frame else None


@cache
def read_by(lookup: str) -> frozenset[str]:
    """Return the variables that a lookup reads although the template does not name them."""
    try:
        plugin = lookup_loader.get(lookup, class_only=True)
        return _OF_FILES | set(C.config.get_plugin_vars("lookup", plugin._load_name))
    except Exception:  # The lookup cannot be loaded. The error is reported where the lookup is used.
        return _OF_FILES


def task_of_worker() -> Any:
    """Return the task of this worker process; None in the main process of ansible-core."""
    return getattr(multiprocessing.current_process(), "_task", None)


def manager_of(variables: Mapping[str, Any]) -> Any:
    """Return the variable manager of ansible-core; None if it is not known."""
    # The variables of hostvars["web1"] do not contain the real hostvars. A fact may have that name, but it has no manager.
    manager = getattr(variables.get("hostvars"), "_variable_manager", None)
    return manager or getattr(multiprocessing.current_process(), "_variable_manager", None)
