# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A deprecated option still works, and its user learns what to write instead. The options here are invented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._ansible import reporter as _reporter
from ansible_collections.bill.connect.plugins.plugin_utils._ansible import templates
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.reporter import CoreSecretRegistry
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.runner import Invocation, operation
from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import OptionError
from ansible_collections.bill.connect.plugins.plugin_utils._options.deprecation import (
    DeprecatedUse,
    Deprecation,
    deprecations_in,
    formerly,
)
from ansible_collections.bill.connect.plugins.plugin_utils._options.destinations import check_destinations
from ansible_collections.bill.connect.plugins.plugin_utils._options.resolve import ResolvedOptions, resolve
from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import OPTIONS, Option
from ansible_collections.bill.connect.plugins.plugin_utils._resources.desired import deprecated_uses, has_deprecated
from ansible_collections.bill.connect.plugins.plugin_utils._resources.fields import Nested, Text
from ansible_collections.bill.connect.plugins.plugin_utils._resources.list_fields import ObjectList
from tests.unit.plugins.plugin_utils import fakes

BY_NAME = {option.name: option for option in OPTIONS}
WHY = "BILL no longer calls it a passphrase."
RENAMED = Deprecation(WHY, "3.0.0")
GONE = Option("colour", summary="The colour.", deprecated=Deprecation("It has no effect.", "2.0.0", "Leave it out."))
DEV_KEY = replace(
    BY_NAME["dev_key"], deprecated_aliases={"developer_key": Deprecation("Two names are too many.", "4.0.0")}
)
TABLE = (
    *(option for option in OPTIONS if option.name != "dev_key"),
    DEV_KEY,
    formerly(BY_NAME["password"], "passphrase", RENAMED),
    formerly(BY_NAME["retries"], "attempts", RENAMED),
    formerly(BY_NAME["api_url"], "address", RENAMED),
    GONE,
)


def resolved(
    given: Mapping[str, Any] | None = None,
    *,
    variables: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    defaulted: tuple[str, ...] = (),
    any_method: bool = False,
) -> ResolvedOptions:
    return resolve(
        given or {},
        table=TABLE,
        variable=(variables or {}).get,
        environ=environ or {},
        defaulted=defaulted,
        any_method=any_method,
    )


@pytest.mark.parametrize(
    ("places", "text"),
    [
        ({"given": {"passphrase": "findme"}}, f"The option passphrase is deprecated. {WHY} Use password instead."),
        (
            {"given": {"passphrase": "findme"}, "defaulted": ("passphrase",)},
            f"Module_defaults (passphrase) is deprecated. {WHY} Use password instead.",
        ),
        (
            {"variables": {"bill_passphrase": "findme"}},
            f"The variable bill_passphrase is deprecated. {WHY} Use bill_password instead.",
        ),
        (
            {"environ": {"BILL_PASSPHRASE": "findme"}},
            f"The environment variable BILL_PASSPHRASE is deprecated. {WHY} Use BILL_PASSWORD instead.",
        ),
    ],
    ids=["option", "module-defaults", "variable", "environment"],
)
def test_former_name_still_works_and_its_user_learns_the_new_one(places: dict[str, Any], text: str) -> None:
    options = resolved(**places)
    assert options.values["password"] == "findme"
    assert options.deprecated == (DeprecatedUse(text, "3.0.0"),)
    assert set(options.secrets) == {"findme"}


def test_option_without_a_successor_names_the_alternative() -> None:
    assert resolved(variables={"bill_colour": "red"}).deprecated == (
        DeprecatedUse("The variable bill_colour is deprecated. It has no effect. Leave it out.", "2.0.0"),
    )


def test_deprecated_alias_works_and_the_other_name_of_the_option_warns_of_nothing() -> None:
    options = resolved({"developer_key": "findme"})
    assert options.values["dev_key"] == "findme"
    assert [use.text for use in options.deprecated] == [
        "The name developer_key of the option dev_key is deprecated. Two names are too many. Use dev_key instead."
    ]
    assert resolved({"dev_key": "findme"}).deprecated == ()


@pytest.mark.parametrize("row", [Option, Text])
@pytest.mark.parametrize(
    "deprecation",
    [
        Deprecation("It has no effect.", "2.0.0"),
        Deprecation("It has no effect.", "2.0.0", "Leave it out.", replaced_by="size"),
    ],
    ids=["neither", "both"],
)
def test_deprecated_row_with_neither_or_both_of_alternative_and_new_name_is_refused(
    row: type[Option] | type[Text], deprecation: Deprecation
) -> None:
    with pytest.raises(ValueError, match="colour is deprecated, so it needs either an alternative or the name"):
        row("colour", deprecated=deprecation)


def test_former_name_with_an_alternative_is_refused() -> None:
    with pytest.raises(ValueError, match="passphrase is deprecated, so it needs either"):
        formerly(BY_NAME["password"], "passphrase", Deprecation(WHY, "3.0.0", "Leave it out."))


def test_option_that_is_not_given_warns_of_nothing() -> None:
    empty = {"passphrase": "", "colour": None, "developer_key": ""}
    assert resolved(empty, variables={"bill_passphrase": None}).deprecated == ()
    assert resolved().values["retries"] == 3


@pytest.mark.parametrize(
    ("places", "value"),
    [
        ({"given": {"attempts": 1}, "variables": {"bill_retries": 2}}, 1),
        ({"given": {"retries": 1}, "variables": {"bill_attempts": 2}}, 1),
        ({"variables": {"bill_attempts": 1}, "environ": {"BILL_RETRIES": "2"}}, 1),
        ({"given": {"attempts": "1", "retries": 1}}, 1),
        ({"given": {"attempts": 1}, "defaulted": ("attempts",), "variables": {"bill_retries": 2}}, 1),
    ],
    ids=str,
)
def test_nearer_source_counts_whichever_name_it_uses(places: dict[str, Any], value: int) -> None:
    options = resolved(**places)
    assert options.values["retries"] == value
    assert len(options.deprecated) == 1


@pytest.mark.promise(8)
@pytest.mark.promise(5)
def test_both_names_with_different_values_in_one_kind_of_source_are_an_error_without_the_values() -> None:
    with pytest.raises(OptionError) as failure:
        resolved(variables={"bill_passphrase": "findme", "bill_password": "findme2"})
    assert str(failure.value) == (
        "The option password is given twice, by the variable bill_password and by the variable bill_passphrase, with different "
        "values. Keep one."
    )


def test_former_name_has_only_its_own_names_and_is_never_missing() -> None:
    size = Option(
        "size", kind="int", required=True, default=1, aliases=("extent",), variable_suffix="box", api_name="boxSize"
    )
    former = formerly(size, "width", RENAMED)
    assert (former.variable, former.environment_name, former.default) == ("bill_width", "BILL_WIDTH", None)
    assert former.api_name != size.api_name
    for given, variables in (({"size": 2}, {}), ({"extent": 2}, {}), ({}, {"bill_box": 2})):
        options = resolve(given, table=(size, former), variable=variables.get, environ={})
        assert (options.values["size"], options.deprecated) == (2, ())


def test_two_former_names_of_an_option_are_compared_too() -> None:
    table = (*TABLE, formerly(BY_NAME["retries"], "tries", RENAMED))

    def retries(**given: Any) -> Any:
        return resolve(given, table=table, variable={"bill_tries": 2}.get, environ={}).values["retries"]

    assert retries() == 2
    assert retries(attempts=1) == 1
    with pytest.raises(OptionError, match="given twice, by the option tries and by the option attempts"):
        retries(attempts=1, tries=2)


@pytest.mark.promise(18)
def test_former_name_of_an_option_that_the_method_does_not_use_is_not_read() -> None:
    def variable(name: str) -> Any:
        assert name != "bill_passphrase"
        return None

    options = resolve({"auth_method": "spend_token", "api_token": "findme"}, table=TABLE, variable=variable, environ={})
    assert options.deprecated == ()


def test_fault_of_a_former_name_counts_as_one_of_the_option_if_the_method_can_change() -> None:
    options = resolved({"passphrase": "findme\n"}, any_method=True)
    assert set(options.faults) == {"password"}


@pytest.mark.promise(7)
def test_former_name_of_a_destination_is_refused_where_the_option_would_be() -> None:
    environ = {"BILL_PASSWORD": "findme"}
    options = resolved(variables={"bill_address": "https://bill.example.com"}, environ=environ)
    with pytest.raises(OptionError, match="api_url comes from the variable bill_address, but the secrets come from"):
        check_destinations(options, environ)


@pytest.mark.promise(5)
def test_warning_goes_through_ansible_once_a_run_with_the_version_and_the_collection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown: list[tuple[str, dict[str, str]]] = []
    monkeypatch.setattr(templates, "variables_of", lambda *_any: {"bill_colour": "red"}.get)
    monkeypatch.setattr(
        _reporter.display, "deprecated", lambda text, **about: shown.append((text, about)), raising=True
    )
    for _task in range(2):
        given = {**fakes.OPTIONS, "passphrase": fakes.OPTIONS["password"]}
        with operation(Invocation(given, {}, None, TABLE), CoreSecretRegistry()):
            pass
    about = {"collection_name": "bill.connect"}
    assert shown == [
        (f"The option passphrase is deprecated. {WHY} Use password instead.", {"version": "3.0.0", **about}),
        (
            "The variable bill_colour is deprecated. It has no effect. Leave it out.",
            {"version": "2.0.0", **about},
        ),
    ]


def test_deprecated_field_of_an_object_is_named_wherever_it_is_given() -> None:
    """Alone, in an inner object, in a list, in a dotted column, and in JSON. An empty one is not used."""
    fax = Text("fax", "The fax number.", deprecated=Deprecation("Nobody has one.", "2.0.0", "Leave it out."))
    rows = ObjectList("lines", "The lines.", fields=(fax,))
    fields = (fax, Text("name", "The name."), Nested("contact", "The person.", fields=(fax,)), rows)
    used = DeprecatedUse("The field fax is deprecated. Nobody has one. Leave it out.", "2.0.0")
    for given in (
        {"fax": "1"},
        {"contact": {"fax": "1"}},
        {"contact.fax": "1"},
        {"contact": '{"fax": "1"}'},
        {"lines": [{"name": "x"}, {"fax": "1"}]},
        [{"fax": "1"}],
    ):
        assert list(deprecated_uses(fields, given)) == [used], given
    for unused in ({"fax": ""}, {"fax": None, "name": "x"}, {"contact": 3, "lines": "no"}, None, [None]):
        assert list(deprecated_uses(fields, unused)) == [], unused


def test_everything_deprecated_in_a_table_is_listed() -> None:
    assert {name: each.removed_in_version for name, each in deprecations_in(TABLE)} == {
        "dev_key (developer_key)": "4.0.0",
        "passphrase": "3.0.0",
        "attempts": "3.0.0",
        "address": "3.0.0",
        "colour": "2.0.0",
    }


def test_field_is_looked_for_only_if_a_kind_of_object_has_a_deprecated_one() -> None:
    gone = Text("fax", deprecated=Deprecation("Nobody has one.", "2.0.0", "Leave it out."))
    assert not has_deprecated((Text("name"), Nested("address", fields=(Text("line1"),))))
    assert has_deprecated((Text("name"), gone))
    assert has_deprecated((Text("name"), Nested("address", fields=(Text("line1"), gone))))
