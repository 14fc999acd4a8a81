# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may decide where secrets go, and the warning about a host that is not BILL's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import OptionError
from ansible_collections.bill.connect.plugins.plugin_utils._options.destinations import (
    check_destinations,
    foreign_hosts,
    steering_values,
)
from ansible_collections.bill.connect.plugins.plugin_utils._options.resolve import ResolvedOptions, resolve
from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import OPTIONS

USER = {"BILL_USERNAME": "u", "BILL_PASSWORD": "p", "BILL_ORGANIZATION_ID": "1", "BILL_DEV_KEY": "k"}
APP = {"BILL_AUTH_METHOD": "oauth", "BILL_CLIENT_ID": "i", "BILL_CLIENT_SECRET": "s"}
IN_VARIABLES = {"bill_username": "u", "bill_password": "p", "bill_organization_id": "1", "bill_dev_key": "k"}
GATEWAY = "https://gateway.example.com/connect"
TOKENS = "https://tokens.example.com/authx/token"


def resolved(
    environ: Mapping[str, str],
    variables: Mapping[str, Any] | None = None,
    given: Mapping[str, Any] | None = None,
    defaults: Mapping[str, Any] | None = None,
) -> ResolvedOptions:
    return resolve(
        {**(given or {}), **(defaults or {})},
        table=OPTIONS,
        variable=(variables or {}).get,
        environ=environ,
        defaulted=list(defaults or {}),
    )


@pytest.mark.promise(7)
@pytest.mark.parametrize(
    ("environ", "variables", "option"),
    [
        (USER, {"bill_api_url": GATEWAY}, "api_url"),
        (USER, {"bill_api_url": "http://127.0.0.1:9001/connect"}, "api_url"),
        ({**USER, "BILL_API_URL": "https://gateway.prod.bill.com/connect"}, {"bill_api_url": GATEWAY}, "api_url"),
        (USER, {"bill_api_url": "https://gateway.prod.bill.com:8443/connect"}, "api_url"),
        (USER, {"bill_api_url": "https://gateway.example.com/connect-events"}, "api_url"),
        (
            {**USER, "BILL_API_URL": GATEWAY},
            {"bill_api_url": "https://gateway.example.com/other/connect-events"},
            "api_url",
        ),
        (USER, {"bill_api_url": "https://gateway.prod.bill.com.evil.example/connect"}, "api_url"),
        (APP, {"bill_token_url": TOKENS}, "token_url"),
        (USER, {"bill_validate_certs": False}, "validate_certs"),
        (USER, {"bill_validate_certs": "no"}, "validate_certs"),
        (USER, {"bill_ca_path": "/ca.pem"}, "ca_path"),
        (USER, {"bill_session_store": "/store"}, "session_store"),
        (USER, {"bill_session_store": "rediss://evil.example/0"}, "session_store"),
        ({**USER, "BILL_SESSION_STORE": "redis://h/0"}, {"bill_session_store": "redis://h/1"}, "session_store"),
        # One secret from the environment is enough.
        ({"BILL_DEV_KEY": "k"}, {**IN_VARIABLES, "bill_dev_key": "", "bill_api_url": GATEWAY}, "api_url"),
        ({"BILL_REMEMBER_ME_ID": "m"}, {**IN_VARIABLES, "bill_api_url": GATEWAY}, "api_url"),
    ],
)
def test_destination_in_a_variable_for_secrets_of_the_environment_is_refused(
    environ: dict[str, str], variables: dict[str, Any], option: str
) -> None:
    with pytest.raises(OptionError) as failure:
        check_destinations(resolved(environ, variables), environ)
    message = str(failure.value)
    assert message.startswith(
        f"{option} comes from the variable bill_{option}, but the secrets come from the environment"
    )
    assert (
        f"Set BILL_{option.upper()} in the same environment, or give the option {option} in the task itself." in message
    )
    # module_defaults count as a variable: a play sets them for the tasks of its roles.
    defaults = {name.removeprefix("bill_"): value for name, value in variables.items() if value != ""}
    with pytest.raises(OptionError, match=rf"^{option} comes from module_defaults \({option}\), but"):
        check_destinations(resolved(environ, defaults=defaults), environ)


@pytest.mark.promise(7)
@pytest.mark.parametrize(
    ("environ", "variables", "given"),
    [
        (USER, {}, {}),
        ({**USER, "BILL_API_URL": GATEWAY, "BILL_CA_PATH": "/ca.pem", "BILL_VALIDATE_CERTS": "no"}, {}, {}),
        (USER, {}, {"api_url": GATEWAY, "ca_path": "/ca.pem", "validate_certs": False, "session_store": "/store"}),
        (USER, {"bill_api_url": "https://gateway.prod.bill.com/connect"}, {}),
        (USER, {"bill_environment": "production", "bill_timeout": 5, "bill_validate_certs": True}, {}),
        (USER, {"bill_session_store": "none"}, {}),
        ({**USER, "BILL_SESSION_STORE": "redis://h/0"}, {"bill_session_store": "redis://h/0"}, {}),
        (USER, {}, {"session_store": "redis://h/0"}),
        # The option belongs to another method.
        (USER, {"bill_token_url": TOKENS}, {}),
        ({"BILL_API_TOKEN": "t"}, {**IN_VARIABLES, "bill_api_url": GATEWAY}, {}),
        # The environment has the same value.
        ({**USER, "BILL_API_URL": GATEWAY}, {"bill_api_url": GATEWAY}, {}),
        # The environment has the same address. Only the base path of the other API is in the variable.
        (
            {**USER, "BILL_API_URL": GATEWAY},
            {"bill_api_url": "https://gateway.example.com/connect-events/"},
            {},
        ),
        (USER, {"bill_api_url": "https://gateway.prod.bill.com/connect-events"}, {}),
        # The secrets are in variables, so the address may be, too.
        ({}, {**IN_VARIABLES, "bill_api_url": GATEWAY, "bill_ca_path": "/ca.pem", "bill_validate_certs": False}, {}),
        ({"BILL_USERNAME": "u"}, {**IN_VARIABLES, "bill_username": "", "bill_api_url": GATEWAY}, {}),
    ],
)
def test_destination_of_the_same_owner_is_accepted(
    environ: dict[str, str], variables: dict[str, Any], given: dict[str, Any]
) -> None:
    check_destinations(resolved(environ, variables, given), environ)


@pytest.mark.promise(7)
def test_option_given_by_its_alias_has_the_task_as_source() -> None:
    options = resolved({}, given={"dev_key": "k"}, defaults={"developer_key": "k"})
    assert str(options.sources["dev_key"]) == "the option dev_key"
    assert str(resolved({}, defaults={"developer_key": "k"}).sources["dev_key"]) == "module_defaults (dev_key)"


@pytest.mark.promise(7)
@pytest.mark.parametrize(
    ("environ", "variables", "warnings"),
    [
        ({}, IN_VARIABLES, []),
        ({}, {**IN_VARIABLES, "bill_api_url": "https://gateway.stage.bill.com/connect"}, []),
        ({}, {**IN_VARIABLES, "bill_api_url": "http://localhost:8080"}, []),
        ({}, {**IN_VARIABLES, "bill_api_url": "https://[::1]:8443/connect"}, []),
        ({}, {**IN_VARIABLES, "bill_token_url": TOKENS}, []),
        (
            {},
            {**IN_VARIABLES, "bill_api_url": GATEWAY},
            ["gateway.example.com, which is not a host of BILL (api_url comes from the variable bill_api_url)"],
        ),
        (
            {**APP, "BILL_TOKEN_URL": TOKENS, "BILL_API_URL": "https://gateway.example.com:8443"},
            {},
            [
                "gateway.example.com:8443, which is not a host of BILL (api_url comes from the environment variable BILL_API_URL)",
                "tokens.example.com, which is not a host of BILL (token_url comes from the environment variable BILL_TOKEN_URL)",
            ],
        ),
    ],
)
def test_destination_of_a_foreign_host_is_reported_with_its_source(
    environ: dict[str, str], variables: dict[str, Any], warnings: list[str]
) -> None:
    warned = [each.warning for each in foreign_hosts(resolved(environ, variables))]
    assert len(warned) == len(warnings)
    for text, part in zip(warned, warnings, strict=True):
        assert text.startswith(f"bill.connect sends the credentials to {part}.")


@pytest.mark.promise(7)
@pytest.mark.parametrize(
    ("environ", "variables", "given", "names"),
    [
        ({}, {"bill_api_url": GATEWAY}, {}, ["api_url"]),
        (
            {},
            {},
            {"api_url": GATEWAY, "session_store": "/store", "ca_path": "/ca.pem"},
            ["api_url", "session_store", "ca_path"],
        ),
        ({}, {"bill_auth_method": "oauth", "bill_token_url": TOKENS}, {}, ["token_url"]),
        # Nobody can gain anything from these.
        ({"BILL_API_URL": GATEWAY, "BILL_SESSION_STORE": "/store"}, {}, {}, []),
        ({}, {"bill_api_url": "https://gateway.prod.bill.com/connect"}, {}, []),
        ({}, {"bill_token_url": TOKENS}, {}, []),
        ({}, {}, {}, []),
    ],
)
def test_value_that_may_steer_secrets_is_compared_with_facts(
    environ: dict[str, str], variables: dict[str, Any], given: dict[str, Any], names: list[str]
) -> None:
    options = resolved(environ, variables, given)
    assert {option.name: value for option, value in steering_values(options)} == {
        name: options.values[name] for name in names
    }


@pytest.mark.promise(18)
def test_destination_in_a_variable_does_not_need_the_value_of_the_environment() -> None:
    environ = {**USER, "BILL_API_URL": "wrong\n", "BILL_VALIDATE_CERTS": "perhaps"}
    harmless = {"bill_api_url": "https://gateway.prod.bill.com/connect", "bill_validate_certs": True}
    check_destinations(resolved(environ, harmless), environ)
    with pytest.raises(OptionError, match="validate_certs comes from the variable bill_validate_certs"):
        check_destinations(resolved(environ, {**harmless, "bill_validate_certs": False}), environ)
