# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every option once: name, type, secret or not, variable, environment name; and where its value comes from.

Private to bill.connect.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean

from ._credentials import METHODS
from ._errors import BillError, OptionError
from ._gateway import API_URLS


@dataclass(frozen=True)
class Option:
    """One option of a task or lookup.

    ``kind`` is Ansible's name of the type: ``str``, ``path``, ``int`` or ``bool``. ``pattern`` is a regular expression for
    the whole of a text, ``least`` and ``most`` bound a number. ``shared`` options can also come from a variable or the
    environment; the others only from the task.
    """

    name: str
    kind: str = "str"
    default: Any = None
    choices: tuple[str, ...] = ()
    secret: bool = False
    aliases: tuple[str, ...] = ()
    pattern: str = ".*"
    least: int = 0
    most: int = 1_000_000
    shared: bool = True

    @property
    def variable(self) -> str:
        return f"bill_{self.name}"

    @property
    def environment_name(self) -> str:
        return f"BILL_{self.name.upper()}"


OPTIONS = (
    Option("auth_method", default="password", choices=tuple(METHODS)),
    Option("environment", default="sandbox", choices=tuple(API_URLS)),
    Option("api_url"),
    Option("username"),
    Option("password", secret=True),
    # Looser than what BILL's samples look like, but nothing that is no identifier, and nothing that fits no header.
    Option("organization_id", pattern="[0-9A-Za-z]+"),
    Option("dev_key", secret=True, aliases=("developer_key",), pattern="[!-~]+"),
    Option("console_api_token", secret=True),
    Option("session_store", kind="path"),
    Option("check_after", kind="int", default=60),
    Option("timeout", kind="int", default=30, least=1, most=3600),
    Option("retries", kind="int", default=3, most=100),
    Option("validate_certs", kind="bool", default=True),
    Option("ca_path", kind="path"),
)

# The variables that name the last session for later tasks, and the field of the result that each one holds. The fourth,
# bill_organization_id, is the variable of an option, too.
SESSION_VARIABLES = (("bill_session_id", "session_id"), ("bill_user_id", "user_id"), ("bill_headers", "headers"))
SECRET_VARIABLES = ("bill_session_id", "bill_headers")
# Remembers the value of bill_organization_id that came from a session: see gather().
PUBLISHED = "bill_connect_published"

# What one method needs may mean nothing to another.
_OF_METHODS = {name for method in METHODS.values() for name in method.needs}

# "Not given" in every place alike: YAML's empty value, and the empty text that a form or shell leaves behind.
_NOT_GIVEN = (None, "")


@dataclass(frozen=True)
class Options:
    """The value of every option, and in words where each one that was given comes from."""

    values: dict[str, Any] = field(repr=False)
    sources: dict[str, str]
    secrets: tuple[str, ...] = field(repr=False)

    def explain(self, error: BillError) -> str:
        """The error's message, followed by where the values that it concerns come from."""
        # Not of those that another method would need: they were given, but not used.
        unused = _OF_METHODS - set(METHODS[self.values["auth_method"]].needs)
        concerned = [name for name in error.concerns if name in self.sources and name not in unused]
        if not concerned:
            return str(error)
        return f"{error} ({'; '.join(f'{name} comes from {self.sources[name]}' for name in concerned)})"


def gather(
    given: Mapping[str, Any],
    *,
    table: Sequence[Option],
    variable: Callable[[str], Any],
    environ: Mapping[str, str] | None = None,
    published: Mapping[str, Any] | None = None,
) -> Options:
    """The options of one task or lookup, from the first place that gives each: itself, a variable, the environment.

    ``given`` holds the task's or lookup's own arguments, templated (module_defaults included). ``variable`` returns a
    variable by its name, templated; None if it is not defined. ``published`` holds variables that bill.connect has set
    itself to name the last session: such a value comes last, so that a session never decides where the next sign-in goes
    while anybody else says something about it. Raises OptionError.
    """
    given = _by_name(given, table)
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for option in table:
        values[option.name] = option.default
        for value, source in _places(
            option, given, variable, os.environ if environ is None else environ, published or {}
        ):
            if value not in _NOT_GIVEN:
                values[option.name] = _converted(option, value, source)
                sources[option.name] = source
                break
    secrets = tuple(values[option.name] for option in table if option.secret and values[option.name])
    return Options(values, sources, secrets)


def _places(
    option: Option,
    given: Mapping[str, Any],
    variable: Callable[[str], Any],
    environ: Mapping[str, str],
    published: Mapping[str, Any],
) -> Iterator[tuple[Any, str]]:
    """What each place says about an option, and the place in words; the first that says anything is right."""
    yield given.get(option.name), f"the option {option.name}"
    if not option.shared:
        return
    value = variable(option.variable)
    ours = value is not None and value == published.get(option.variable)
    if not ours:
        yield value, f"the variable {option.variable}"
    yield environ.get(option.environment_name), f"the environment variable {option.environment_name}"
    if ours:
        yield value, "the sign-in before"


def _by_name(given: Mapping[str, Any], table: Sequence[Option]) -> dict[str, Any]:
    names = {alias: option.name for option in table for alias in (option.name, *option.aliases)}
    found: dict[str, Any] = {}
    for key, value in given.items():
        if key not in names:
            # What is no name at all may be anything that slipped, a secret too.
            named = key if isinstance(key, str) and re.fullmatch(r"[\w.-]{1,40}", key) else "of the name that was given"
            close = difflib.get_close_matches(named, names, n=1)
            hint = f"Did you mean {close[0]}?" if close else f"The options are: {', '.join(o.name for o in table)}."
            raise OptionError(f"There is no option {named}. {hint}")
        name = names[key]
        if found.get(name) not in _NOT_GIVEN and value not in _NOT_GIVEN and found[name] != value:
            raise OptionError(f"The option {name} is given twice, once as {key}, with different values. Keep one.")
        if value not in _NOT_GIVEN:
            found[name] = value
    return found


def _converted(option: Option, value: Any, source: str) -> Any:
    """The value in the option's type; OptionError names the place it came from, and repeats no secret."""

    def wrong(what: str) -> OptionError:
        return OptionError(f"{source[0].upper()}{source[1:]} {what}")

    if option.kind == "bool":
        return _to_bool(value, wrong)
    if option.kind == "int":
        return _to_int(option, value, wrong)
    if not isinstance(value, str):
        raise wrong(
            f"holds {_kind_of(value)} where a text is needed. Put it in quotes: YAML changes some unquoted values "
            "(0123 becomes 83, yes becomes true)."
        )
    text = str(value)
    if option.kind == "path" and "://" not in text and text != "none":
        text = os.path.abspath(os.path.expanduser(os.path.expandvars(text)))
    if not text.isprintable():
        raise wrong(
            "holds a line break or another control character. A YAML block that begins with | ends in a line break; "
            "use |- or quotes instead."
        )
    if option.choices and text not in option.choices:
        raise wrong(f"must be one of {', '.join(option.choices)}.")
    if not re.fullmatch(option.pattern, text):
        raise wrong("holds a character, perhaps a blank, that cannot be part of it. Copy it again.")
    return text


def _to_bool(value: Any, wrong: Callable[[str], OptionError]) -> bool:
    try:
        return bool(boolean(value))
    except (TypeError, ValueError):
        raise wrong("must be true or false.") from None


def _to_int(option: Option, value: Any, wrong: Callable[[str], OptionError]) -> int:
    try:
        if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
            raise ValueError
        number = int(value)
    except (ValueError, TypeError, OverflowError):
        raise wrong("must be a whole number.") from None
    if not option.least <= number <= option.most:
        raise wrong(f"must be between {option.least} and {option.most}.")
    return number


def _kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, Mapping):
        return "a dictionary"
    return "a list" if isinstance(value, Sequence) else "another kind of value"
