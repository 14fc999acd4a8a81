# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of ansible-core is at work around a task or lookup, and how to have it evaluate more.

Private to bill.connect. Nothing here goes by what a variable says, where a fact could give that variable.
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

# What lookups that read files go by, besides the variables that their documentation names.
_OF_FILES = frozenset({"ansible_search_path", "role_path"})


def trusted(template: str) -> Any:
    """A template that ansible-core evaluates."""
    return template if trust_as_template is None else trust_as_template(template)


def query_of(lookup: str) -> Any:
    """The template for what a lookup gives for the terms of a ``with_`` loop."""
    return trusted(f"{{{{ query('{lookup}', *{_TERMS}) }}}}")


def looked_up(templar: Any, query: str, terms: list[Any]) -> Any:
    """What such a template gives."""
    templar.available_variables = {**templar.available_variables, _TERMS: wrap_var(terms)}
    return templar.template(query)


def template_text() -> str | None:
    """The text of the template that calls this lookup; None where nobody knows."""
    if TemplateContext is not None:
        text = getattr(TemplateContext.current(optional=True), "template_value", None)
        return text if isinstance(text, str) else None
    frame: FrameType | None = sys._getframe()
    while frame and frame.f_code.co_name != "do_template":
        frame = frame.f_back
    return str(frame.f_locals.get("data")) if frame else None


@cache
def read_by(lookup: str) -> frozenset[str]:
    """The variables that a lookup reads by names of its own."""
    try:
        plugin = lookup_loader.get(lookup, class_only=True)
        return _OF_FILES | set(C.config.get_plugin_vars("lookup", plugin._load_name))
    except Exception:  # It cannot be loaded, which is told where it is used.
        return _OF_FILES


def task_of_worker() -> Any:
    """The task for which this process works; None in ansible-core's first one."""
    return getattr(multiprocessing.current_process(), "_task", None)


def manager_of(variables: Mapping[str, Any]) -> Any:
    """What ansible-core makes all variables with; None where nobody knows."""
    # Among the variables of hostvars["web1"] there are no hostvars but a fact of that name.
    manager = getattr(variables.get("hostvars"), "_variable_manager", None)
    return manager or getattr(multiprocessing.current_process(), "_variable_manager", None)
