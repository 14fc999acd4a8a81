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
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from .._auth.methods import METHODS
from .._core.base_url import API_URLS
from .._core.errors import BillError, OptionError
from . import source as _source
from .source import Source


@dataclass(frozen=True)
class Option:
    """One option of a task or lookup.

    ``kind`` is Ansible's name of the type: ``str``, ``path``, ``int`` or ``bool``, and ``dict`` or ``raw`` for what is looked at where
    it is used; or one of which Ansible knows nothing: ``date`` for a day as text (``2026-12-22``), ``digits`` for a text of digits,
    ``statuses`` for one or more HTTP statuses. ``pattern`` is a regular expression for the whole of a text, ``least`` and ``most``
    bound a number. ``shared`` options can also come from a variable or the
    environment; the others only from the task. ``is_data`` says that the value only goes into a request, so that a fact may give it.
    ``called`` is what goes after ``bill_`` and ``BILL_`` in the names of these, if it is not the option's own name.
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
    required: bool = False
    is_data: bool = False
    called: str = ""

    @property
    def variable(self) -> str:
        return f"bill_{self.called or self.name}"

    @property
    def environment_name(self) -> str:
        return f"BILL_{(self.called or self.name).upper()}"


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
    Option("app_key", secret=True, pattern="[!-~]+"),
    Option("user_id", pattern="[0-9A-Za-z]+"),
    Option("client_id"),
    Option("client_secret", secret=True),
    Option("token_url"),
    Option("api_token", secret=True, pattern="[!-~]+"),
    Option("remember_me_id", secret=True),
    Option("device"),
    Option("remember_me_id_expires_on", kind="date"),
    Option("session_store", kind="path"),
    Option("check_after", kind="int", default=60),
    Option("timeout", kind="int", default=30, least=1, most=3600),
    Option("retries", kind="int", default=3, most=100),
    Option("validate_certs", kind="bool", default=True),
    Option("ca_path", kind="path"),
)

# Of the tasks and lookups that ask for a list, or more of BILL.
LIST_OPTIONS = (
    Option("query", kind="dict", shared=False, is_data=True),
    Option("headers", kind="dict", shared=False, is_data=True),
    Option("filters", kind="raw", shared=False, is_data=True),
    Option("sort", kind="raw", shared=False, is_data=True),
    Option("paginate", kind="bool", default=False, shared=False),
    Option("page_size", kind="int", least=1, most=100, shared=False, is_data=True),
    Option("max_results", kind="int", least=1, shared=False, is_data=True),
    Option("expected_status", kind="statuses", shared=False),
)

# Of the tasks and lookups whose session may have to pay.
REQUIRE_TRUSTED = Option("require_trusted", kind="bool", default=False, shared=False)

# What answers an MFA challenge.
MFA_CODE = Option("token", kind="digits", secret=True, required=True, pattern="[0-9]{6}", shared=False)

# The variables that name the last session for later tasks, and the field of the result that each one holds. All are secret.
SESSION_VARIABLES = (("bill_session_id", "session_id"), ("bill_headers", "headers"))
# Those that are the variable of an option, too.
OPTION_VARIABLES = (("bill_organization_id", "organization_id"), ("bill_user_id", "user_id"))
_PUBLISHED = {name for name, _field in OPTION_VARIABLES}

# The variables that the roles and playbooks read besides those of the options.
ROLE_VARIABLES = (
    "bill_awx_collection",
    "bill_awx_name",
    "bill_awx_state",
    "bill_connect_role_set",
    "bill_mfa_challenge_id",
    "bill_mfa_machine_name",
    "bill_mfa_token",
    "bill_remove_vault_file",
    "bill_trust_device",
)

# What one method needs may mean nothing to another.
_OF_METHODS = {name for method in METHODS.values() for name in method.options_used()}

# What Ansible takes for true and for false.
_YES: set[str | float] = {"y", "yes", "on", "1", "true", "t", 1}
_NO: set[str | float] = {"n", "no", "off", "0", "false", "f", 0}

# "Not given" in every place alike: YAML's empty value, and the empty text that a form or shell leaves behind.
_NOT_GIVEN = (None, "")


@dataclass(frozen=True)
class ResolvedOptions:
    """The value of every option, and in words where each one that was given comes from."""

    values: dict[str, Any] = field(repr=False)
    sources: dict[str, Source]
    secrets: tuple[str, ...] = field(repr=False)

    def explain(self, error: BillError) -> str:
        """The error's message, followed by where the values that it concerns come from."""
        # Not of those that another method would need: they were given, but not used.
        method = self.values.get("auth_method")
        unused = _OF_METHODS - METHODS[method].options_used() if method else set()
        return f"{error}{describe_sources(error, {name: self.sources[name] for name in self.sources.keys() - unused})}"


def describe_sources(error: BillError, sources: Mapping[str, Source]) -> str:
    """What to say after a message of where the values that the error concerns come from; of one without a source nothing."""
    concerned = [name for name in error.concerns if name in sources]
    return f" ({'; '.join(f'{name} comes from {sources[name]}' for name in concerned)})" if concerned else ""


def resolve(
    given: Mapping[str, Any],
    *,
    table: Sequence[Option],
    variable: Callable[[str], Any],
    environ: Mapping[str, str] | None = None,
    published: Mapping[str, str | None] | None = None,
    defaulted: Collection[str] = (),
) -> ResolvedOptions:
    """The options of one task or lookup, from the first place that gives each: itself, a variable, the environment.

    ``given`` holds the task's or lookup's own arguments, templated; ``defaulted`` names those of them that come from
    module_defaults. ``variable`` returns a variable by its name, templated; None if it is not defined. ``published`` holds variables that
    bill.connect has set itself to name the last session: such a value comes last, so that a session never decides where the next
    sign-in goes while anybody else says something about it; and only where there would be no sign-in without it. Raises OptionError.
    """
    published = published or {}
    environ = os.environ if environ is None else environ
    names = _names(table)
    # Where the task gives the same option by another of its names, that is what counts.
    written = {names[each] for each in given if each in names and each not in defaulted}
    defaulted = {names[each] for each in defaulted if each in names} - written
    of_task = {
        name: (value, (_source.module_defaults if name in defaulted else _source.option)(name))
        for name, value in _by_name(given, table).items()
    }
    values: dict[str, Any] = {}
    sources: dict[str, Source] = {}
    for option in table:
        values[option.name] = option.default
        for value, source in _places(option, of_task, variable, environ, published):
            if source == _source.SESSION and option.name not in METHODS[values["auth_method"]].required_options:
                continue
            if value not in _NOT_GIVEN:
                values[option.name] = convert(option, value, source)
                sources[option.name] = source
                break
        else:
            if option.required:
                raise OptionError(f"The option {option.name} is missing.")
    # A dictionary is as secret as its texts, of which its own task knows more.
    secrets = tuple(
        value for option in table if option.secret and isinstance(value := values[option.name], str) and value
    )
    return ResolvedOptions(values, sources, secrets)


def _places(
    option: Option,
    of_task: Mapping[str, tuple[Any, Source]],
    variable: Callable[[str], Any],
    environ: Mapping[str, str],
    published: Mapping[str, str | None],
) -> Iterator[tuple[Any, Source]]:
    """What each place says about an option, and the place in words; the first that says anything is right."""
    if option.name in of_task:
        yield of_task[option.name]
    if not option.shared:
        return
    value = variable(option.variable)
    ours = option.variable in _PUBLISHED and value is not None and published.get(option.variable) == value
    if not ours:
        yield value, _source.variable(option.variable)
    yield environ.get(option.environment_name), _source.environment(option.environment_name)
    if ours:
        yield value, _source.SESSION


def _names(table: Sequence[Option]) -> dict[str, str]:
    """The options' names by all that they can be called."""
    return {alias: option.name for option in table for alias in (option.name, *option.aliases)}


def _by_name(given: Mapping[str, Any], table: Sequence[Option]) -> dict[str, Any]:
    names = _names(table)
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


def convert(option: Option, value: Any, source: Source) -> Any:
    """The value in the option's type; OptionError names ``source``, the place it came from, and repeats no secret."""

    def wrong(what: str) -> OptionError:
        words = str(source)
        return OptionError(f"{words[0].upper()}{words[1:]} {what}")

    if option.kind == "bool":
        return _to_bool(value, wrong)
    if option.kind == "int":
        return _to_int(option, value, wrong)
    if option.kind == "date":
        return _to_date(value, wrong)
    if option.kind == "digits":
        return _to_digits(option, value, wrong)
    if option.kind == "statuses":
        return _to_statuses(value, wrong)
    if option.kind in ("dict", "raw"):
        return value
    if not isinstance(value, str):
        raise wrong(
            f"holds {_kind_of(value)} where a text is needed. Put it in quotes: YAML changes some unquoted values "
            "(0123 becomes 83, yes becomes true)."
        )
    text = str(value)
    if option.kind == "path" and "://" not in text and text != "none":
        text = os.path.expandvars(text) if source.expands_environment else text
        text = os.path.abspath(os.path.expanduser(text))
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
    if isinstance(value, bool):
        return value
    text = value.strip().lower() if isinstance(value, str) else value
    if isinstance(text, (str, int, float)) and text in _YES | _NO:
        return text in _YES
    raise wrong("must be true or false.")


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


def _to_date(value: Any, wrong: Callable[[str], OptionError]) -> str:
    try:
        # YAML makes a date of an unquoted one.
        if isinstance(value, datetime):
            value = value.date()
        return (value if isinstance(value, date) else date.fromisoformat(value)).isoformat()
    except (TypeError, ValueError):
        raise wrong("must be a day, as 2026-12-22.") from None


def _to_digits(option: Option, value: Any, wrong: Callable[[str], OptionError]) -> str:
    # Templates make a number of digits where jinja2_native says so; one that begins with 0 stays a text there.
    text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    # People read them in groups.
    text = re.sub(r"\s", "", text)
    if not re.fullmatch(option.pattern, text):
        raise wrong(
            "must be the digits of the code. In a play they need quotes, because YAML changes unquoted ones that begin with 0."
        )
    return text


def _to_statuses(value: Any, wrong: Callable[[str], OptionError]) -> list[int]:
    statuses = [str(each) for each in (value if isinstance(value, (list, tuple)) else [value])]
    if not all(re.fullmatch("[24][0-9]{2}", each) for each in statuses):
        raise wrong("must be one HTTP status or a list of them, each from 200 to 299 or from 400 to 499.")
    return [int(each) for each in statuses]


def _kind_of(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, Mapping):
        return "a dictionary"
    return "a list" if isinstance(value, Sequence) else "another kind of value"
