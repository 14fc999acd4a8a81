# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rules of AWX for credential types: which types AWX accepts, and what a job gets from a credential.

These rules follow the code in github.com/ansible/awx at e21dd0a0933f (October 2024, after release 24.6.1). They contain no part of
that code. They cover only custom types of kind ``cloud`` whose injectors set environment variables:

- ``refusals_of_inputs``: ``CredentialTypeInputField`` in awx/main/fields.py, ``CredentialTypeSerializer`` in awx/api/serializers.py;
- ``refusals_of_injectors``: ``CredentialTypeInjectorField`` there, ``ENV_BLOCKLIST`` in awx/main/constants.py;
- ``refusals_of_values``, ``stored_values``: ``CredentialInputField`` there, ``CredentialType.default_for_field`` in
  awx/main/models/credential.py;
- ``refusals_of_survey``: ``JobTemplateSurveySpec`` in awx/api/views;
- ``injected``: ``CredentialType.inject_credential`` there;
- ``form``: what the web form sends, awx/ui/src/screens/Credential/shared/CredentialForm.js of release 24.6.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from jinja2 import StrictUndefined
from jinja2.exceptions import SecurityError, TemplateSyntaxError, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

Values = Mapping[str, Any]

HIDDEN = "**********"

_TYPES: dict[str, type] = {"string": str, "boolean": bool}
_OF_FIELDS: dict[str, type] = {
    "id": str,
    "label": str,
    "type": str,
    "help_text": str,
    "format": str,
    "choices": list,
    "multiline": bool,
    "secret": bool,
    "ask_at_runtime": bool,
    # The type of the field itself.
    "default": object,
}
_OF_STRINGS = ("choices", "multiline", "format", "secret")
_NAME = re.compile("[a-zA-Z_]+[a-zA-Z0-9_]*")
_BLOCKED = {
    "VIRTUAL_ENV",
    "PATH",
    "PYTHONPATH",
    "JOB_ID",
    "INVENTORY_ID",
    "INVENTORY_SOURCE_ID",
    "INVENTORY_UPDATE_ID",
    "AD_HOC_COMMAND_ID",
    "REST_API_URL",
    "REST_API_TOKEN",
    "MAX_EVENT_RES",
    "CALLBACK_QUEUE",
    "CALLBACK_CONNECTION",
    "CACHE",
    "JOB_CALLBACK_DEBUG",
    "INVENTORY_HOSTVARS",
    "AWX_HOST",
    "PROJECT_REVISION",
    "SUPERVISOR_CONFIG_PATH",
}


def refusals_of_inputs(inputs: Any) -> list[str]:
    """The reasons why AWX rejects these inputs. Empty if it accepts them."""
    if not isinstance(inputs, dict):
        return ["inputs are no dictionary"]
    found = [f"{name} is unknown" for name in inputs if name not in ("fields", "required")]
    required, fields = inputs.get("required", []), inputs.get("fields", [])
    if not isinstance(required, list) or not all(isinstance(each, str) for each in required):
        found.append("required is no list of texts")
    if not isinstance(fields, list) or not all(isinstance(each, dict) for each in fields):
        return [*found, "fields is no list of dictionaries"]
    for field in fields:
        found += [f"{field.get('id')}: {why}" for why in _refusals_of_field(field)]
    ids = [field.get("id") for field in fields]
    return found + [f"{each} is there twice" for each in sorted({str(each) for each in ids if ids.count(each) > 1})]


def _refusals_of_field(field: Values) -> Iterator[str]:
    yield from (f"{name} is missing" for name in ("id", "label") if name not in field)
    yield from (f"{name} is unknown" for name in field if name not in _OF_FIELDS)
    yield from (
        f"{name} is of another type" for name, of in _OF_FIELDS.items() if not isinstance(field.get(name, of()), of)
    )
    if not _NAME.fullmatch(str(field.get("id"))):
        yield "not a name"
    if field.get("id") == "tower":
        yield "reserved"
    kind = field.get("type", "string")
    if kind not in _TYPES:
        yield "type is neither string nor boolean"
        return
    if field.get("format", "url") not in ("ssh_private_key", "url"):
        yield "format is unknown"
    if not _all_different(field.get("choices", ["any"])):
        yield "choices are none, or not all different texts"
    if "default" in field and not isinstance(field["default"], _TYPES[kind]):
        yield "default is of another type"
    if kind != "string":
        yield from (f"{name} is for strings" for name in _OF_STRINGS if name in field)
    if field.get("ask_at_runtime"):
        yield "ask_at_runtime is not for custom types"


def _all_different(choices: Any) -> bool:
    return (
        isinstance(choices, list)
        and 0 < len(choices) == len({str(each) for each in choices})
        and all(isinstance(each, str) for each in choices)
    )


def refusals_of_injectors(injectors: Any, inputs: Values) -> list[str]:
    """The reasons why AWX rejects these injectors. Empty if it accepts them."""
    if not isinstance(injectors, dict) or not isinstance(injectors.get("env", {}), dict):
        return ["injectors, or those of the environment, are no dictionary"]
    found = [f"{name} is unknown here" for name in injectors if name != "env"]
    examples = {field["id"]: "EXAMPLE" for field in inputs["fields"]}
    strict = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    for name, template in injectors.get("env", {}).items():
        if not _NAME.fullmatch(str(name)):
            found.append(f"{name} is not a name")
        elif name.startswith("ANSIBLE_") or name in _BLOCKED:
            found.append(f"{name} is not allowed")
        elif not isinstance(template, str) or not template.isascii():
            found.append(f"{name} is no ASCII text")
        else:
            try:
                strict.from_string(template).render(examples)
            except (UndefinedError, SecurityError, TemplateSyntaxError) as error:
                found.append(f"{name}: {error}")
    return found


def stored_inputs(inputs: Values) -> dict[str, Any]:
    """The inputs that AWX stores: the accepted inputs, with a type for each field."""
    stored = deepcopy(dict(inputs))
    for field in stored.get("fields", []):
        field.setdefault("type", "string")
    return stored


_SURVEY_TYPES: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "textarea": (str,),
    "password": (str,),
    "multiplechoice": (str,),
    "multiselect": (str,),
    "integer": (int,),
    "float": (float, int),
}


def refusals_of_survey(survey: Any) -> list[str]:
    """The reasons why AWX rejects the survey of a job template. Empty if it accepts it. Passwords are not covered."""
    expected: dict[str, type] = {"name": str, "description": str, "spec": list}
    found = [
        f"{name} is missing or of another type" for name, of in expected.items() if not isinstance(survey.get(name), of)
    ]
    if found or not survey["spec"]:
        return found or ["spec has no items"]
    for number, question in enumerate(survey["spec"]):
        found += [f"question {number}: {why}" for why in _refusals_of_question(question)]
    variables = [question.get("variable") for question in survey["spec"]]
    return found + [
        f"{each} is there twice" for each in sorted({str(each) for each in variables if variables.count(each) > 1})
    ]


def _refusals_of_question(question: Values) -> Iterator[str]:
    for name in ("type", "question_name", "variable", "required"):
        if not isinstance(question.get(name), bool if name == "required" else str):
            yield f"{name} is missing or of another type"
    kind = question.get("type")
    if kind not in _SURVEY_TYPES:
        yield "type is unknown"
        return
    if question.get("default", "") != "" and not isinstance(question["default"], _SURVEY_TYPES[kind]):
        yield "default is of another type"
    yield from (f"{name} is no number" for name in ("min", "max") if not isinstance(question.get(name) or 0, int))
    if kind in ("multiplechoice", "multiselect") and not question.get("choices"):
        yield "choices are missing"


def form(inputs: Values, **values: Any) -> dict[str, Any]:
    """The values that the web form sends. Every field has the value of the user, otherwise its default, otherwise an empty text."""
    file_with = {
        field["id"]: field.get("default") or (False if field["type"] == "boolean" else "") for field in inputs["fields"]
    }
    return file_with | values


def refusals_of_values(inputs: Values, values: Values) -> list[str]:
    """The reasons why AWX rejects a credential with these values. Empty if it accepts it."""
    fields = {field["id"]: field for field in inputs["fields"]}
    found = [f"there is no field {name}" for name in values if name not in fields]
    for name, value in stored_values(inputs, values).items():
        field: Values = fields.get(name, {})
        if not isinstance(value, _TYPES[field.get("type", "string")]):
            found.append(f"{name} is of another type")
        elif "choices" in field and value not in field["choices"]:
            found.append(f"{name} is none of the choices")
        elif field.get("format") == "url" and "://" not in str(value):
            # AWX also rejects an empty URL.
            found.append(f"{name} is no URL")
    return found + [f"{name} is required" for name in inputs.get("required", []) if not values.get(name)]


def stored_values(inputs: Values, values: Values) -> dict[str, Any]:
    """The values of a credential that AWX stores. For an empty choice AWX stores the first choice, not the default."""
    first = {field["id"]: field["choices"][0] for field in inputs["fields"] if "choices" in field}
    return {name: value or first.get(name, value) for name, value in values.items()}


def injected(inputs: Values, injectors: Values, values: Values) -> tuple[dict[str, str], dict[str, str]]:
    """The environment that a job gets from a credential, and the environment in the details of the job. AWX uses no defaults here."""
    secret = {field["id"] for field in inputs["fields"] if field.get("secret")}
    full: dict[str, Any] = {field["id"]: False for field in inputs["fields"] if field["type"] == "boolean"}
    full |= {name: value for name, value in stored_values(inputs, values).items() if isinstance(value, bool) or value}
    shown = {**full, **dict.fromkeys(secret & {*values}, HIDDEN)}
    # Unlike the check, this environment renders an undefined name as an empty text.
    plain = ImmutableSandboxedEnvironment()

    def rendered(names: Values) -> dict[str, str]:
        return {name: plain.from_string(text).render(**names) for name, text in injectors.get("env", {}).items()}

    return rendered(full), rendered(shown)
