# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Returns a stored session again if a worker repeats a lookup with the same options.

Private to bill.connect. ansible-core creates a new plugin for each lookup, and a template can have thousands of them. Without this
module, each of them would resolve its options and open the session again. A lookup still does that if any value has changed, if the session
must be validated, or if the stored session has changed. Nothing here sends a request.

The worker does not remember the values of the options, but only a hash of them with a random key. A worker ends with its task.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from typing import Any

from ansible.utils.display import Display

from .._auth.session import Session
from .._auth.usable_session import UsableSession
from .._options.resolve import options_of
from .._options.spec import OPTIONS
from .context import TaskContext
from .facts import RECEIPT
from .running import task_of_worker
from .templates import plain_text, variables_of

display = Display()

# A worker rarely uses more sets of options.
_MOST = 16

# The environment of this process, by bytes. os.environb looks a name up in the same dictionary, but takes many times as long.
_ENVIRONMENT: Mapping[bytes, bytes] = getattr(os.environ, "_data", os.environb)

# Other arguments may contain templates that are not evaluated yet.
_PLAIN = (str, bool, int, type(None))


@dataclass(frozen=True)
class _Returned:
    """The values of a session that a lookup has returned, by the names of the fields. ``changed`` is false."""

    usable: UsableSession
    fields: Mapping[str, Any] = field(repr=False)


_RETURNED: dict[bytes, _Returned] = {}


@cache
def _key_of_process() -> bytes:
    return os.urandom(32)


class RepeatedLookup:
    """One call of a lookup. ``given`` holds its arguments, and ``variables`` all variables, untemplated."""

    def __init__(self, given: Mapping[str, Any], variables: Mapping[str, Any], templar: Any) -> None:
        self._given = given
        self._variables = variables
        self._templar = templar
        self._evaluate: Callable[[str], Any] | None = None
        # The main process of Ansible has no task. It lives as long as the run, and the facts of hosts change in it. With -vv, each lookup
        # says how it got its session.
        self._digest = self._digest_of_values() if task_of_worker() is not None and display.verbosity < 2 else None

    def fields(self) -> dict[str, Any] | None:
        """The fields of the stored session if this worker has returned them for the same values, and they still hold. Otherwise None."""
        before = _RETURNED.get(self._digest) if self._digest else None
        if before is None:
            return None
        if not before.usable.is_usable():
            return None
        return {**before.fields, "headers": dict(before.fields["headers"])}

    def remember(self, context: TaskContext, session: Session, fields: Mapping[str, Any]) -> None:
        """Remember the fields of a session that the lookup returns. This is its last step, because ``context`` reports nothing any more."""
        if self._digest is None:
            return
        usable = context.client.sessions.usable(session, require_trusted=context.options["require_trusted"])
        if usable:
            if len(_RETURNED) >= _MOST:
                _RETURNED.clear()
            _RETURNED[self._digest] = _Returned(usable, {**fields, "changed": False})
            # The store reports to it.
            context.reporter.end()

    def _digest_of_values(self) -> bytes | None:
        """A hash of the values of all options. None if the worker cannot know quickly that they are the same."""
        given, variables = self._given, self._variables
        if not all(isinstance(each, _PLAIN) for each in given.values()):
            return None
        parts: list[Any] = [variables.get("inventory_hostname"), variables.get(RECEIPT), sorted(given.items())]
        try:
            method = given.get("auth_method") or self._value("bill_auth_method") or os.environ.get("BILL_AUTH_METHOD")
            for variable, environment in _sources(method):
                if variable in variables:
                    parts += (variable, self._value(variable))
                if environment in _ENVIRONMENT:
                    parts += (variable, "environment", _ENVIRONMENT[environment].hex())
            # Other values than plain texts, numbers and None are an error here.
            written = json.dumps(parts)
        except Exception:  # Any template may raise this. The lookup itself reports it.
            return None
        return blake2b(written.encode(), key=_key_of_process()).digest()

    def _value(self, name: str) -> Any:
        """The value of a variable. None if it is not defined."""
        raw = self._variables.get(name)
        if raw is None or isinstance(raw, (bool, int)):
            return raw
        plain = plain_text(raw, self._variables)
        if plain is not None:
            return plain
        if self._evaluate is None:
            self._evaluate = variables_of(self._templar, self._variables)
        return self._evaluate(name)


@cache
def _sources(method: str | None) -> tuple[tuple[str, bytes], ...]:
    """The variables and the environment names of the options that a lookup with this authentication method reads."""
    return tuple((option.variable, option.environment_name.encode()) for option in options_of(method, OPTIONS))
