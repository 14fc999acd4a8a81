# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The texts about the options, from the option table: documentation, forms and lists.

Each function returns the text of one generated region, without its indentation.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import yaml

from ansible_collections.bill.connect.plugins.plugin_utils._auth.methods import METHODS
from ansible_collections.bill.connect.plugins.plugin_utils._connect.questions import (
    AUTH_METHOD,
    ENVIRONMENT,
    QUESTIONS,
    Question,
)
from ansible_collections.bill.connect.plugins.plugin_utils._options.deprecation import Deprecation
from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import (
    CHALLENGE_ID,
    LIST_OPTIONS,
    MACHINE_NAME,
    MFA_CODE,
    OPTIONS,
    Option,
)

# The length of a generated line, and of one in the guides.
_WIDTH = 120
_RST_WIDTH = 160
# Ansible has no such types, so the documentation names the next wider type.
_ANSIBLE_TYPES = {"date": "str", "digits": "str", "statuses": "list"}
_BY_NAME = {option.name: option for option in OPTIONS}

# --- YAML ---


def scalar(text: str, indent: int) -> str:
    """The text as a YAML value in lines that begin at ``indent``. It is plain if YAML reads it unchanged, otherwise in double quotes."""
    for candidate in (text, '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'):
        written = ("\n" + " " * indent).join(_lines(candidate, indent))
        try:
            if yaml.safe_load("- " + written.replace("\n" + " " * indent, "\n  ")) == [text]:
                return written
        except yaml.YAMLError:
            continue
    raise ValueError(f"YAML cannot hold this text: {text}")


def _lines(text: str, indent: int) -> list[str]:
    return textwrap.wrap(text, _WIDTH - indent, break_long_words=False, break_on_hyphens=False)


def _flow(value: Any) -> str:
    """A value on one line of YAML."""
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_flow(each) for each in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    return scalar(value, 0) if isinstance(value, str) else str(value)


def shape(option: Option) -> dict[str, Any]:
    """The fields of Ansible's documentation for an option, except the description."""
    about: dict[str, Any] = {"type": _ANSIBLE_TYPES.get(option.kind, option.kind)}
    if option.kind == "statuses":
        about["elements"] = "int"
    if option.required:
        about["required"] = True
    if option.choices:
        about["choices"] = list(option.choices)
    if option.default is not None:
        about["default"] = option.default
    if option.aliases:
        about["aliases"] = list(option.aliases)
    if option.version_added:
        about["version_added"] = option.version_added
    return about


def _documented(options: Iterable[Option]) -> str:
    lines = []
    for option in options:
        lines += [f"{option.name}:", "  description:"]
        # Further lines are indented below the text, and the region itself is indented by two.
        lines += [f"    - {scalar(text, 6)}" for text in _description(option)]
        lines += [f"  {key}: {_flow(value)}" for key, value in shape(option).items()]
    return "\n".join(lines)


# --- Sentences ---


def methods_of(option: Option) -> list[str]:
    """The authentication methods that use the option. Empty if the option has the same meaning for all of them."""
    return [name for name, method in METHODS.items() if option.target in method.options_used()]


def joined(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _with_methods(option: Option, mark: str) -> list[str]:
    """The sentence about the methods that use the option, each in the markup ``mark``. Empty if all methods use it."""
    methods = [mark.format(name) for name in methods_of(option)]
    return [f"Used with {joined(methods)}."] if methods else []


def _sentence(text: str) -> str:
    """The form's text as a sentence. If it begins with a value of an option, the case of that value stays."""
    first = text.split(maxsplit=1)[0]
    if not any(first in option.choices for option in OPTIONS):
        text = text[0].upper() + text[1:]
    return text + "."


def deprecated(what: str, deprecation: Deprecation, new_name: str) -> str:
    """The sentences about something deprecated. ``new_name`` is the name that replaces it, in the markup of the text."""
    return " ".join(
        (
            f"{what} is deprecated, and bill.connect {deprecation.removed_in_version} removes it.",
            *_why_and_instead(deprecation, new_name),
        )
    )


def _why_and_instead(deprecation: Deprecation, new_name: str) -> tuple[str, str]:
    return deprecation.why, deprecation.alternative or f"Use {new_name} instead."


def _deprecated_parts(option: Option, mark: str) -> list[str]:
    """The sentences about what is deprecated of an option. ``mark`` is the markup of an option's name."""
    parts = [deprecated("It", option.deprecated, mark.format(option.target))] if option.deprecated else []
    return parts + [
        deprecated(f"The name C({alias})", deprecation, mark.format(option.name))
        for alias, deprecation in option.deprecated_aliases.items()
    ]


def _description(option: Option) -> list[str]:
    """The paragraphs of an option's documentation. A shared option has one: its page in the guides has the others."""
    methods = _with_methods(option, "V({})")
    deprecated_parts = _deprecated_parts(option, "O({})")
    if not option.shared:
        return [" ".join([option.summary, *methods]), *deprecated_parts, *option.details]
    first = [option.summary, *methods]
    if option.secret:
        first.append("Secret.")
    if option.default_text:
        first.append(f"The default is {option.default_text}.")
    return [
        " ".join([*first, f"Variable C({option.variable}), environment E({option.environment_name})."]),
        *deprecated_parts,
    ]


# --- Ansible's documentation ---


def fragment_of_options() -> str:
    """The shared options, as tasks document them."""
    return _documented(OPTIONS)


def fragment_of_lookups() -> str:
    """Where a lookup finds each shared option, in the format of ansible-doc."""
    lines = []
    for option in OPTIONS:
        lines += [
            f"{option.name}:",
            f"  env: [{{name: {option.environment_name}}}]",
            f"  vars: [{{name: {option.variable}}}]",
        ]
        # Ansible's documentation of a module has no such key. There, only the description says it.
        if option.deprecated:
            why, instead = _why_and_instead(option.deprecated, f"O({option.target})")
            lines += [
                "  deprecated:",
                f"    why: {scalar(why, 6)}",
                f"    alternative: {scalar(instead, 6)}",
                f"    version: {option.deprecated.removed_in_version}",
                "    collection_name: bill.connect",
            ]
    return "\n".join(lines)


def fragment_of_lists() -> str:
    """The options of every task and lookup that reads a list."""
    return _documented(LIST_OPTIONS)


def role_options() -> str:
    """The variables of the role ``login`` that every method reads. A variable has no alias."""
    lines = []
    for option in OPTIONS:
        if not methods_of(option):
            lines += [f"{option.variable}:", f"  description: {scalar(_role_text(option), 4)}"]
            lines += [f"  {key}: {_flow(value)}" for key, value in shape(option).items() if key != "aliases"]
    return "\n".join(lines)


def role_variables() -> str:
    """The variables of the role ``login`` that only some methods read."""
    return "\n".join(
        f"- {scalar(f'C({option.variable}) - {_role_text(option)}', 2)}" for option in OPTIONS if methods_of(option)
    )


def _role_text(option: Option) -> str:
    about = [option.summary, *_with_methods(option, "V({})")]
    if option.default_text:
        about.append(f"The default is {option.default_text}.")
    # A variable has no alias.
    return " ".join([*about, *_deprecated_parts(replace(option, deprecated_aliases={}), "C(bill_{})")])


# --- Lists that the code reads ---


def api_fields() -> str:
    """The options by BILL's name of the field."""
    options = [option for option in (*OPTIONS, CHALLENGE_ID, MFA_CODE, MACHINE_NAME) if option.api_name]
    lines = [
        f'    "{name}": "{option.name}",' for option in options for name in (option.api_name, *option.other_api_names)
    ]
    return "\n".join(["OPTION_OF_FIELD = {", *lines, "}"])


def account_secrets() -> str:
    """The secrets that only signing in needs. Each method needs one of them."""
    names = [option.name for option in OPTIONS if option.identifies_account]
    return f"bill_disconnect_secrets: {_flow(names)}"


# --- AWX ---


def awx_options(method: str = "") -> list[Option]:
    """The options that have a field in AWX's form, in the order of the form. With a method, only those that this method uses."""
    options = [option for place in ("usual", "rare") for option in OPTIONS if option.awx == place]
    if not method:
        return options
    # An option without methods has the same meaning for all of them.
    return [each for each in options if each.name != "auth_method" and method in (methods_of(each) or [method])]


def awx_label(option: Option, method: str = "") -> str:
    """The label of a field in AWX's form."""
    prompt = option.prompts.get(method) if method else None
    return prompt.label if prompt else option.label


def awx_help(option: Option, method: str = "") -> str:
    """The help text of a field in AWX's form, for all methods or for one."""
    parts = ["Usually empty."] if option.awx == "rare" else []
    by_place: dict[str, list[str]] = {}
    for each in methods_of(option):
        if method in ("", each) and (prompt := option.prompt(each)):
            by_place.setdefault(prompt.where_to_find, []).append(each)
    if method and by_place:
        parts += [_sentence(place) for place in by_place]
    elif by_place:
        parts += [f"With {joined(methods)}: {place}." for place, methods in by_place.items()]
    else:
        parts += [option.summary, *([] if method else _with_methods(option, "{}"))]
    return " ".join([*parts, option.awx_note]).strip()


def awx_required(method: str) -> list[Option]:
    """The options that the method needs, in the order of the form."""
    return [option for option in awx_options(method) if option.name in METHODS[method].required_options]


def awx_inputs(method: str = "") -> str:
    """The fields of the form."""
    return "\n".join(line for option in awx_options(method) for line in _awx_field(option, method))


def _awx_field(option: Option, method: str) -> Iterator[str]:
    yield f"- id: {option.name}"
    yield f"  label: {scalar(awx_label(option, method), 2)}"
    yield "  type: string"
    if option.secret or option.secret_in_url:
        yield "  secret: true"
    if option.choices:
        yield f"  choices: {_flow(option.choices)}"
        yield f"  default: {_flow(option.default)}"
    yield "  help_text: >-"
    yield from ("    " + line for line in _lines(awx_help(option, method), 6))


def awx_required_fields(method: str) -> str:
    """The list of the required fields of the form."""
    return f"required: {_flow([option.name for option in awx_required(method)])}"


def awx_injectors(method: str = "") -> str:
    """What a job gets from each field, and the method."""
    fixed = [f"{_BY_NAME['auth_method'].environment_name}: {method}"] if method else []
    fields = [f'{option.environment_name}: "{{{{ {option.name} }}}}"' for option in awx_options(method)]
    return "\n".join([*fixed, *fields])


def awx_methods() -> str:
    """The methods that have a credential type of their own."""
    return f"bill_awx_methods: {_flow(list(METHODS))}"


def awx_types() -> str:
    """A table of the credential types: the required fields of each, and the other ones."""
    rows = []
    for method in METHODS:
        required = awx_required(method)
        others = [option for option in awx_options(method) if option not in required]
        labels = [", ".join(awx_label(option, method) for option in options) for options in (required, others)]
        rows.append((f"``BILL {method} (bill.connect)``", *labels))
    return list_table("26, 34, 40", ("Credential type", "Required", "May be empty"), rows)


# --- Guides ---


def option_table() -> str:
    """The table of the shared options."""
    rows = []
    for option in OPTIONS:
        name = f"``{option.name}``" + "".join(f" (``{alias}``)" for alias in option.aliases)
        rows.append((name, f"``{option.variable}``", f"``{option.environment_name}``", _meaning(option)))
    return list_table("17, 20, 23, 40", ("Option", "Variable", "Environment", "Meaning"), rows)


def option_details() -> str:
    """What the table does not say about the shared options, with a title for each."""
    sections = []
    for option in OPTIONS:
        if option.details:
            title = f"``{option.name}``"
            paragraphs = [
                line for text in option.details for line in (*textwrap.wrap(_for_guides(text), _RST_WIDTH), "")
            ]
            sections.append("\n".join([title, "~" * len(title), "", *paragraphs]))
    return "\n".join(sections)


def _for_guides(text: str) -> str:
    """The text with the markup of the guides in place of Ansible's."""
    # RV(name#module:value) names a value of another task.
    text = re.sub(r"\b(?:O|RV)\([\w.]+#\w+:([^)]*)\)", r"``\1``", text)
    return re.sub(r"\bP\(([\w.]+)#\w+\)|\b(?:O|RV|V|C|E)\(([^)]*)\)", lambda found: f"``{found[1] or found[2]}``", text)


def _meaning(option: Option) -> str:
    parts = [option.summary, *(["Secret."] if option.secret else []), *_with_methods(option, "``{}``")]
    parts += map(_for_guides, _deprecated_parts(option, "O({})"))
    if option.choices:
        values = [f"``{each}``" + (" (default)" if each == option.default else "") for each in option.choices]
        parts.append(f"{' or '.join([', '.join(values[:-1]), values[-1]])}.")
    elif option.default is not None:
        parts.append(f"Default: ``{_flow(option.default)}``.")
    elif option.default_text:
        parts.append(f"Default: {option.default_text}.")
    return " ".join(parts)


def list_table(widths: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in reStructuredText."""
    lines = [".. list-table::", "   :header-rows: 1", f"   :widths: {widths}", ""]
    for first, *others in (header, *rows):
        lines += [f"   * - {first}", *(f"     - {cell}" for cell in others)]
    return "\n".join(lines)


def first_questions() -> str:
    """The questions of the form for a user with a password, and where to find each value."""
    questions = [ENVIRONMENT, AUTH_METHOD, *QUESTIONS["password"]]
    rows = [(each.label, f"``{_BY_NAME[each.option].variable}``", _sentence(each.where)) for each in questions]
    return list_table("20, 25, 55", ("Asked for", "Variable in the file", "Where to find it"), rows)


def questions_of_methods() -> str:
    """The questions of the form for each authentication method."""
    rows = [
        (f"``{method}``", ", ".join(_asked(each, questions) for each in questions))
        for method, questions in QUESTIONS.items()
    ]
    return list_table("20, 80", (AUTH_METHOD.label, "Asked for"), rows)


def _asked(question: Question, questions: Iterable[Question]) -> str:
    if question.optional:
        return f"{question.label} (may be empty)"
    labels = {each.option: each.label for each in questions}
    return question.label + (f" (only with a {labels[question.only_with]})" if question.only_with else "")
