# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The source of each option's value, and the messages about an invalid one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._auth.methods import METHODS
from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import BillError, OptionError
from ansible_collections.bill.connect.plugins.plugin_utils._options.resolve import (
    ResolvedOptions,
    Unusable,
    resolve,
)
from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import LIST_OPTIONS, OPTIONS, Option

SECRET = "s3cret-findme"
_OF_METHODS = {name for method in METHODS.values() for name in method.options_used()}
COMMON = [option.name for option in OPTIONS if option.name not in _OF_METHODS]


def resolved(
    given: Mapping[str, Any] | None = None,
    *,
    variables: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    published: Mapping[str, Any] | None = None,
    own: tuple[Option, ...] = (),
    forms: Mapping[str, Any] | None = None,
) -> ResolvedOptions:
    return resolve(
        given or {},
        table=(*OPTIONS, *own),
        variable=(variables or {}).get,
        environ=environ or {},
        published=published,
        forms=forms,
    )


def test_option_names_are_those_of_the_design() -> None:
    assert {option.name: (option.variable, option.environment_name) for option in OPTIONS} == {
        name: (f"bill_{name}", f"BILL_{name.upper()}")
        for name in [
            "auth_method",
            "environment",
            "api_url",
            "username",
            "password",
            "organization_id",
            "dev_key",
            "console_api_token",
            "app_key",
            "user_id",
            "client_id",
            "client_secret",
            "token_url",
            "api_token",
            "remember_me_id",
            "device",
            "remember_me_id_expires_on",
            "session_store",
            "check_after",
            "timeout",
            "retries",
            "validate_certs",
            "ca_path",
        ]
    }
    assert [option.name for option in OPTIONS if option.secret] == [
        "password",
        "dev_key",
        "console_api_token",
        "app_key",
        "client_secret",
        "api_token",
        "remember_me_id",
    ]


def test_option_defaults_are_those_of_the_design() -> None:
    values = {name: value for name, value in resolved().values.items() if value is not None}
    assert values == {
        "auth_method": "password",
        "environment": "sandbox",
        "check_after": 60,
        "timeout": 30,
        "retries": 3,
        "validate_certs": True,
    }


def test_option_value_comes_from_the_first_source_that_has_one() -> None:
    places: dict[str, Any] = {
        "given": {"username": "given"},
        "variables": {"bill_username": "variable"},
        "environ": {"BILL_USERNAME": "environment"},
    }
    seen = []
    while places:
        options = resolved(**places)
        seen.append((options.values["username"], str(options.sources["username"])))
        del places[next(iter(places))]
    assert seen == [
        ("given", "the option username"),
        ("variable", "the variable bill_username"),
        ("environment", "the environment variable BILL_USERNAME"),
    ]
    assert resolved().values["username"] is None


@pytest.mark.parametrize("empty", [None, ""])
def test_option_with_an_empty_value_counts_as_not_given(empty: Any) -> None:
    options = resolved(
        {"username": empty}, variables={"bill_username": empty}, environ={"BILL_USERNAME": "x", "BILL_TIMEOUT": ""}
    )
    assert (options.values["username"], options.values["timeout"]) == ("x", 30)


def test_option_given_by_its_alias_is_accepted_and_twice_is_an_error() -> None:
    assert resolved({"developer_key": SECRET}).values["dev_key"] == SECRET
    assert resolved({"developer_key": SECRET, "dev_key": SECRET}).values["dev_key"] == SECRET
    with pytest.raises(OptionError, match="dev_key is given twice") as failure:
        resolved({"developer_key": SECRET, "dev_key": "other"})
    assert SECRET not in str(failure.value)


@pytest.mark.parametrize(
    ("value", "truth"), [(True, True), ("yes", True), ("False", False), (0, False), ("off", False)]
)
def test_option_of_type_bool_accepts_the_words_of_ansible(value: Any, truth: bool) -> None:
    for options in (
        resolved({"validate_certs": value}),
        resolved(variables={"bill_validate_certs": value}),
        resolved(environ={"BILL_VALIDATE_CERTS": str(value)}),
    ):
        assert options.values["validate_certs"] is truth


@pytest.mark.parametrize(("value", "number"), [(5, 5), ("5", 5), (5.0, 5), (" 5 ", 5)])
def test_option_of_type_int_accepts_whole_numbers(value: Any, number: int) -> None:
    assert resolved({"timeout": value}).values["timeout"] == number


def test_option_of_type_path_is_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ap")
    monkeypatch.chdir("/")
    for given, path in {
        "~/bill": "/home/ap/bill",
        "$HOME/bill": "/home/ap/bill",
        "bill/../x": "/x",
        "none": "none",
        "redis://h/0": "redis://h/0",
    }.items():
        assert resolved({"session_store": given}).values["session_store"] == path


@pytest.mark.promise(7)
def test_option_of_type_path_expands_the_environment_only_for_its_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages repeat a path. So a variable, also in module_defaults, must not name a secret of the environment."""
    monkeypatch.setenv("PART", "findme")
    given = {"session_store": "/store/$PART"}
    unset: dict[str, Any] = {}
    for options, path in (
        (resolved(given), "/store/findme"),
        (resolved(environ={"BILL_SESSION_STORE": "/store/$PART"}), "/store/findme"),
        (resolved(variables={"bill_session_store": "/store/$PART"}), "/store/$PART"),
        (resolve(given, table=OPTIONS, variable=unset.get, environ={}, defaulted=list(given)), "/store/$PART"),
    ):
        assert options.values["session_store"] == path


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("given", "says_why"),
    [
        ({"timeout": 0}, "The option timeout must be between 1 and 3600."),
        ({"retries": -1}, "The option retries must be between 0 and 100."),
        ({"timeout": 10**10}, "The option timeout must be between 1 and 3600."),
        ({"timeout": "soon"}, "The option timeout must be a whole number."),
        ({"timeout": 1.5}, "The option timeout must be a whole number."),
        ({"timeout": "1.5"}, "The option timeout must be a whole number."),
        ({"timeout": "1e999999999"}, "The option timeout must be a whole number."),
        ({"timeout": "NaN"}, "The option timeout must be a whole number."),
        ({"timeout": "Infinity"}, "The option timeout must be a whole number."),
        ({"timeout": True}, "The option timeout must be a whole number."),
        ({"timeout": []}, "The option timeout must be a whole number."),
        ({"check_after": float("inf")}, "The option check_after must be a whole number."),
        ({"validate_certs": "perhaps"}, "The option validate_certs must be true or false."),
        ({"environment": "prod"}, "The option environment must be one of sandbox, production."),
        (
            {"auth_method": "magic"},
            "The option auth_method must be one of password, sync_token, console_token, partner, oauth, spend_token.",
        ),
        ({"pasword": SECRET}, "There is no option pasword. Did you mean password?"),
        ({"api-url": SECRET}, "There is no option api-url. Did you mean api_url?"),
        ({"zzz": SECRET}, "There is no option zzz. The options are: auth_method, "),
        ({"password": 123}, "The option password must be a text, but it is a number. Put it in quotes"),
        ({"password": True}, "The option password must be a text, but it is a boolean (true or false)."),
        ({"password": {"a": SECRET}}, "The option password must be a text, but it is a dictionary."),
        ({"password": [SECRET]}, "The option password must be a text, but it is a list."),
        ({"password": SECRET + "\n"}, "The option password holds a line break at its end. A YAML block"),
        ({"dev_key": "\t" + SECRET}, "The option dev_key holds a tab (character 1). "),
        (
            {"dev_key": SECRET + "é"},
            "The option dev_key contains a character that is not allowed, perhaps a space. It is character 14. ",
        ),
        (
            {"dev_key": SECRET + " "},
            "The option dev_key contains a character that is not allowed, perhaps a space. It is character 14. ",
        ),
        (
            {"organization_id": "008 x"},
            "The option organization_id contains a character that is not allowed, perhaps a space.",
        ),
    ],
)
def test_option_with_an_invalid_value_names_option_and_reason_without_the_value(
    given: dict[str, Any], says_why: str
) -> None:
    with pytest.raises(OptionError) as failure:
        resolved(given)
    assert str(failure.value).startswith(says_why)
    assert SECRET not in str(failure.value)


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    "key",
    ["a\nb", "\ud800", SECRET * 1000, f"a {SECRET}", 10**5000, b"x", ("a", "b")],
    ids=["a line break", "a surrogate", "long", "a text", "a number", "bytes", "several"],
)
def test_option_with_an_unknown_name_does_not_repeat_it(key: Any) -> None:
    with pytest.raises(OptionError) as failure:
        resolved({key: SECRET})
    assert str(failure.value).startswith("There is no option with the given name. The options are: auth_method, ")


@pytest.mark.promise(8)
def test_option_with_an_unknown_name_lists_the_options_of_the_task_first() -> None:
    with pytest.raises(OptionError) as failure:
        resolved({"zzz": 1}, own=(Option("state", shared=False), Option("path")))
    assert str(failure.value).startswith("There is no option zzz. The options are: state, path, auth_method, ")


@pytest.mark.promise(8)
def test_option_of_type_bool_with_a_huge_number_is_an_error() -> None:
    with pytest.raises(OptionError, match=r"^The option validate_certs must be true or false\.$"):
        resolved({"validate_certs": 10**5000})


@pytest.mark.promise(8)
@pytest.mark.parametrize("value", ["a\nb", "a\udc80b"])
@pytest.mark.parametrize("path", ["$FOLDER/bill", "~/bill"])
def test_option_of_type_path_with_control_characters_after_expansion_is_an_error(
    monkeypatch: pytest.MonkeyPatch, path: str, value: str
) -> None:
    for name in ("HOME", "FOLDER"):
        monkeypatch.setenv(name, f"/{value}")
    with pytest.raises(
        OptionError, match=r"^The option session_store holds a (line break|byte that is not UTF-8) \(character 3\)\. "
    ):
        resolved({"session_store": path})


@pytest.mark.promise(8)
def test_option_with_an_invalid_value_names_its_source() -> None:
    with pytest.raises(OptionError, match=r"^The variable bill_timeout must be a whole number\.$"):
        resolved(variables={"bill_timeout": "soon"})
    with pytest.raises(OptionError, match=r"^The environment variable BILL_TIMEOUT must be a whole number\.$"):
        resolved(environ={"BILL_TIMEOUT": "soon"})


@pytest.mark.promise(8)
def test_option_error_names_the_sources_of_its_options() -> None:
    options = resolved({"username": "ap"}, environ={"BILL_PASSWORD": SECRET})
    error = BillError("Refused.", options=("username", "password", "dev_key"))
    assert options.explain(error) == (
        "Refused. (username comes from the option username; password comes from the environment variable BILL_PASSWORD)"
    )
    assert options.explain(BillError("Refused.")) == "Refused."


@pytest.mark.promise(8)
def test_option_error_names_only_options_that_the_method_uses() -> None:
    error = BillError("Refused.", options=("username", "password", "console_api_token"))
    both = {"username": "ap", "password": SECRET, "console_api_token": SECRET}
    for method, used in (("password", "password"), ("sync_token", "password"), ("console_token", "console_api_token")):
        assert resolved({**both, "auth_method": method}).explain(error) == (
            f"Refused. (username comes from the option username; {used} comes from the option {used})"
        )


@pytest.mark.parametrize(
    "password", ["ab\u00a0cd", "pass\u3000word", "p\U0001f469\u200d\U0001f4bb", "a\u202eb", "a\ufeffb", " a b "]
)
def test_convert_invisible_character_of_a_password_is_kept(password: str) -> None:
    assert resolved({"password": password}).values["password"] == password
    assert resolved(environ={"BILL_PASSWORD": password}).values["password"] == password


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("sign", "name"),
    [
        ("\n", "a line break"),
        ("\r", "a carriage return"),
        ("\t", "a tab"),
        ("\0", "a zero byte"),
        ("\x1b", "an escape character (an arrow key types one)"),
        ("\x7f", "the control character U+007F"),
        ("\x85", "the control character U+0085"),
        ("\u2028", "a line separator"),
        ("\udc80", "a byte that is not UTF-8"),
    ],
)
def test_convert_control_character_is_refused_by_name_and_place(sign: str, name: str) -> None:
    with pytest.raises(OptionError) as failure:
        resolved({"password": f"find{sign}me"})
    assert str(failure.value).startswith(f"The option password holds {name} (character 5). ")


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("places", "starts", "message"),
    [
        ({"given": {"password": "x\n"}}, "The option password holds a line break at its end.", "use |- or quotes"),
        (
            {"given": {"password": "x\n"}, "forms": {"password": "vault"}},
            "The option password holds a line break at its end.",
            "encrypt_string --stdin-name password",
        ),
        (
            {"variables": {"bill_password": "x\n"}},
            "The variable bill_password holds a line break at its end.",
            "use |- or quotes",
        ),
        (
            {"variables": {"bill_password": "x\r\n"}, "forms": {"bill_password": "vault"}},
            "The variable bill_password holds a carriage return at its end.",
            "printf %s 'the value' | ansible-vault encrypt_string --stdin-name bill_password",
        ),
        (
            {"variables": {"bill_password": "x\n"}, "forms": {"bill_password": "template"}},
            "The variable bill_password holds a line break at its end.",
            "add | trim to the template",
        ),
        (
            {"environ": {"BILL_PASSWORD": "x\r"}},
            "The environment variable BILL_PASSWORD holds a carriage return at its end.",
            "Kubernetes secret made with echo",
        ),
    ],
)
def test_convert_control_character_has_the_remedy_of_its_source(places: Any, starts: str, message: str) -> None:
    with pytest.raises(OptionError) as failure:
        resolved(**places)
    assert str(failure.value).startswith(starts)
    assert message in str(failure.value)


@pytest.mark.parametrize("method", ["given", "variables", "environ"])
def test_resolve_byte_order_mark_at_the_start_is_left_out_with_a_note(method: str) -> None:
    names = {"given": "dev_key", "variables": "bill_dev_key", "environ": "BILL_DEV_KEY"}
    places: Any = {method: {names[method]: "\ufeffkey"}}
    options = resolved(**places)
    assert options.values["dev_key"] == "key"
    [note] = options.notes
    assert note.startswith(f"The value of {options.sources['dev_key']} begins with a byte order mark")
    assert resolved({"dev_key": "\ufeff"}).values["dev_key"] is None


def test_resolve_byte_order_mark_inside_a_dictionary_is_left_out_with_a_note() -> None:
    body = {"\ufeffname": "\ufeffAcme", "list": ["a", ("\ufeffb", 1)], "none": None}
    table = (Option("body", kind="raw", shared=False),)
    options = resolve({"body": body}, table=table, variable=dict[str, Any]().get, environ={})
    assert options.values["body"] == {"name": "Acme", "list": ["a", ["b", 1]], "none": None}
    [note] = options.notes
    assert note.startswith("A text in the option body begins with a byte order mark")
    # Without a mark, the value is the same object: ansible-core marks some texts as data.
    plain: dict[str, Any] = {"name": "Acme \ufeff", "list": [1, "b"]}
    options = resolve({"body": plain}, table=table, variable=dict[str, Any]().get, environ={})
    assert options.values["body"] is plain
    assert options.notes == ()


@pytest.mark.parametrize("value", [30, "30", " 30 ", "30.0", 30.0, "3e1"])
def test_option_with_a_whole_number_in_any_form_of_ansible_is_accepted(value: Any) -> None:
    assert resolved({"timeout": value}).values["timeout"] == 30


def _fails(_name: str) -> Any:
    raise OptionError("The variable cannot be used: a lookup has failed.")


@pytest.mark.promise(18)
@pytest.mark.parametrize("method", METHODS)
def test_resolve_option_of_another_method_is_not_read(method: str) -> None:
    """Its variable may be undefined or undecryptable, and its value may be wrong, whichever source gives it."""
    used = {*METHODS[method].options_used(), *COMMON}
    read: list[str] = []

    def variable(name: str) -> Any:
        read.append(name)
        return method if name == "bill_auth_method" else None if name.removeprefix("bill_") in used else _fails(name)

    unused = [option.name for option in OPTIONS if option.name not in used]
    wrong: Mapping[str, Any]
    for wrong in ({}, dict.fromkeys(unused, 1), dict.fromkeys(unused, Unusable("cannot be used."))):
        options = resolve(
            wrong,
            table=OPTIONS,
            variable=variable,
            environ={f"BILL_{name.upper()}": "a\nb" for name in unused},
        )
        assert {name: options.values[name] for name in unused} == dict.fromkeys(unused)
        assert not options.sources.keys() & unused
    assert {name.removeprefix("bill_") for name in read} == used


@pytest.mark.promise(8)
def test_resolve_argument_that_cannot_be_read_is_named_if_it_is_used() -> None:
    with pytest.raises(OptionError, match=r"^The option password cannot be used: it could not be decrypted\.$"):
        resolved({"password": Unusable("cannot be used: it could not be decrypted.")})


@pytest.mark.promise(18)
def test_resolve_any_method_collects_the_errors_of_the_options_of_methods() -> None:
    """The form does not know the method yet. An error of an option that every method uses ends it at once."""
    wrong = {"bill_password": 1, "bill_client_secret": 2, "bill_api_token": SECRET}
    options = resolve({}, table=OPTIONS, variable=wrong.get, environ={}, any_method=True)
    assert sorted(options.faults) == ["client_secret", "password"]
    assert options.values["api_token"] == SECRET
    with pytest.raises(OptionError, match="bill_timeout must be a whole number"):
        resolve({}, table=OPTIONS, variable={"bill_timeout": "soon"}.get, environ={}, any_method=True)


def test_option_of_one_task_is_not_read_from_variables() -> None:
    force = Option("force", kind="bool", default=False, shared=False)
    options = resolved(variables={"bill_force": True}, environ={"BILL_FORCE": "true"}, own=(force,))
    assert options.values["force"] is False


@pytest.mark.promise(5)
def test_options_list_their_secrets_and_hide_them_in_the_representation() -> None:
    options = resolved({"password": SECRET, "dev_key": "key-findme"})
    assert options.secrets == (SECRET, "key-findme")
    assert "findme" not in repr(options)


@pytest.mark.promise(5)
def test_options_with_a_url_of_a_store_are_secret_only_with_a_password() -> None:
    url = "redis://bill:s3cret-findme@127.0.0.1/0"
    options = resolved({"session_store": url})
    assert options.values["session_store"] == url
    assert set(options.secrets) == {url, "s3cret-findme"}
    assert resolved({"session_store": "redis://127.0.0.1/0"}).secrets == ()
    assert "findme" not in repr(options)


# These names are variables of options and also facts. The facts must never override another source in a sign-in.
LAST = {"bill_organization_id": "008LAST", "bill_user_id": "006LAST"}


def after_another(**places: Any) -> ResolvedOptions:
    """The options of a task after another session has published its variables."""
    return resolved(variables={**LAST, **places.pop("variables", {})}, published=LAST, **places)


def test_option_in_the_environment_outranks_the_previous_session() -> None:
    options = after_another(environ={"BILL_ORGANIZATION_ID": "008ENVIRONMENT"})
    assert options.values["organization_id"] == "008ENVIRONMENT"


def test_option_in_a_user_variable_outranks_the_previous_session() -> None:
    users = {"bill_organization_id": "008USERS", "bill_user_id": "006USERS", "bill_auth_method": "partner"}
    options = after_another(variables=users)
    assert (options.values["organization_id"], options.values["user_id"]) == ("008USERS", "006USERS")


def test_option_without_another_source_comes_from_the_previous_session() -> None:
    options = after_another()
    assert options.values["organization_id"] == "008LAST"
    assert str(options.sources["organization_id"]) == "the previous sign-in"


@pytest.mark.parametrize("method", ["password", "partner"])
def test_option_not_required_by_the_method_ignores_the_previous_session(method: str) -> None:
    """Otherwise a task for the partner's own session would get the session of the user before."""
    options = after_another(variables={"bill_auth_method": method})
    assert options.values["user_id"] is None
    assert options.values["organization_id"] == ("008LAST" if method == "password" else None)


def test_option_required_and_missing_is_named() -> None:
    with pytest.raises(OptionError, match="^The option challenge_id is missing.$"):
        resolved(own=(Option("challenge_id", required=True, shared=False),))


@pytest.mark.parametrize("day", ["2026-12-22", date(2026, 12, 22), datetime(2026, 12, 22, 7, 30)])
def test_option_of_type_date_accepts_the_date_types_of_yaml(day: Any) -> None:
    assert resolved({"remember_me_id_expires_on": day}).values["remember_me_id_expires_on"] == "2026-12-22"


@pytest.mark.parametrize("day", ["22.12.2026", "2026-13-01", 20261222, True, ["2026-12-22"]])
def test_option_of_type_date_with_another_value_is_an_error(day: Any) -> None:
    with pytest.raises(OptionError, match="^The option remember_me_id_expires_on must be a date such as 2026-12-22.$"):
        resolved({"remember_me_id_expires_on": day})


CODE = Option("token", kind="digits", secret=True, pattern="[0-9]{6}", shared=False)


@pytest.mark.parametrize("code", ["012345", "012 345", " 01 23 45 ", "\u202a012\u00a0345\u202c"])
def test_option_of_type_digits_ignores_spaces(code: str) -> None:
    assert resolved({"token": code}, own=(CODE,)).values["token"] == "012345"


def test_option_of_type_digits_accepts_a_number() -> None:
    assert resolved({"token": 123456}, own=(CODE,)).values["token"] == "123456"


@pytest.mark.parametrize("code", ["12345", "1234567", "12 345", "abcdef", 5349, True, 123456.0, ["123456"]])
def test_option_of_type_digits_with_another_value_is_an_error_without_the_value(code: Any) -> None:
    with pytest.raises(OptionError, match="^The option token must be the digits of the code. ") as failure:
        resolved({"token": code}, own=(CODE,))
    assert str(code) not in str(failure.value)


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("expected_status", "200, 404", [200, 404]),
        ("expected_status", "[200, 404]", [200, 404]),
        ("expected_status", "404", [404]),
        ("expected_status", 404, [404]),
        ("query", '{"max": 5, "ids": ["a"]}', {"max": 5, "ids": ["a"]}),
        ("query", "{'max': 5}", {"max": 5}),
        ("headers", "{}", {}),
        # The code that uses the dictionary refuses this.
        ("query", "max=5", "max=5"),
    ],
)
def test_dict_or_list_may_be_a_text_as_for_every_module(name: str, given: Any, value: Any) -> None:
    table = (*OPTIONS, *LIST_OPTIONS)
    assert resolve({name: given}, table=table, variable=lambda _name: None, environ={}).values[name] == value
