# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values that Ansible has when the form begins, and which of them it asks for, stores, or leaves where they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.vault import PromptVaultSecret
from ansible.template import Templar

from ansible_collections.bill.connect.plugins.action.bill_form import ActionModule
from ansible_collections.bill.connect.plugins.plugin_utils._ansible import core_versions, terminal
from ansible_collections.bill.connect.plugins.plugin_utils._ansible import form_task as _form_task
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.form_task import filled, returned
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.reporter import CoreSecretRegistry
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.runner import Invocation, OperationError, operation
from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import NoTerminalError
from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import OPTIONS as TABLE
from ansible_collections.bill.connect.plugins.plugin_utils._vault import ansible_paths
from tests.unit.plugins.plugin_utils.fake_bill import API_URL, LOGIN, Bill
from tests.unit.plugins.plugin_utils.fakes import LABELS, OPTIONS, VARIABLES
from tests.unit.plugins.plugin_utils.vault_helpers import encrypted, file_with, loader
from tests.unit.plugins.tasks import ConnectTasks, OpenContext

FILE = "".join(f"{name}: {value}\n" for name, value in VARIABLES.items())


@dataclass
class FormRun:
    """A run of the form.

    It records the labels that were ``asked`` for, the texts ``shown``, the texts ``warned``, and the ``secrets`` that were found.
    ``masked`` are the secrets that ansible-core got.
    """

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    asked: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)
    masked: set[str | None] = field(default_factory=set)

    def __call__(
        self,
        file: str | None = None,
        *,
        option: dict[str, Any] | None = None,
        inventory: dict[str, Any] | None = None,
        extra: dict[str, Any] | None = None,
        environ: dict[str, str] | None = None,
        typed: Mapping[str, str | list[str] | None] | None = None,
        of: Any = None,
    ) -> dict[str, Any]:
        path = file_with(self.folder, encrypted(file) if file is not None else None)
        warned = {label: text if isinstance(text, list) else [text] for label, text in (typed or {}).items()}
        for name, value in (environ or {}).items():
            self.monkeypatch.setenv(name, value)
        self.monkeypatch.setattr(core_versions, "extra_variables", lambda _loader: extra or {})

        def types(prompt: str, *, hidden: bool) -> str | None:
            label = prompt.strip().split("\n\n")[-1].partition(":")[0]
            self.asked.append(label)
            assert self.asked.count(label) < 20, f"{label} is asked for again and again"
            self.shown.append(prompt)
            return warned[label].pop(0) if warned.get(label) else ""

        self.monkeypatch.setattr(terminal, "typed", types)
        self.monkeypatch.setattr(core_versions, "mask", self.masked.update)
        self.monkeypatch.setattr(_form_task.display, "display", self.shown.append)
        self.monkeypatch.setattr(_form_task.display, "warning", self.warned.append)
        of, variables = of or loader(), {**(inventory or {}), **(extra or {})}
        templar = Templar(loader=of, variables=variables)

        given = {"vault_file": str(path), "api_url": API_URL, "mfa": False, **(option or {})}
        invocation = Invocation(given, variables, templar, (*TABLE, *ActionModule.OWN_OPTIONS))
        secrets = CoreSecretRegistry()
        try:
            with operation(invocation, secrets) as context:
                return returned(filled(context, of, templar, variables), context)
        finally:
            self.secrets = {*secrets.texts}


@pytest.fixture
def run_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, connect_tasks: ConnectTasks, bill: Bill) -> FormRun:
    connect_tasks(bill)
    monkeypatch.setattr(ansible_paths, "default_store", lambda: str(tmp_path / "store"))
    monkeypatch.setattr(ansible_paths, "run_store", lambda: str(tmp_path / "run"))
    return FormRun(tmp_path, monkeypatch)


def typed(*without: str) -> dict[str, str]:
    return {LABELS[name]: value for name, value in OPTIONS.items() if name not in without}


def test_form_without_any_value_asks_for_all_values_and_stores_them(run_form: FormRun, bill: Bill) -> None:
    reported = run_form(typed=typed())
    assert run_form.asked == ["Sign in with", *LABELS.values()]
    assert reported == {
        "organization_id": OPTIONS["organization_id"],
        "user_id": "006",
        "api_url": API_URL,
        "auth_method": "password",
        "trusted": False,
        "variables": {"bill_api_url": API_URL, **VARIABLES},
        "elsewhere": [],
        "changed": True,
    }
    assert {OPTIONS["password"], OPTIONS["dev_key"], "SESSION-1"} <= run_form.secrets & run_form.masked
    assert not any("findme" in text for text in run_form.shown)


NAME = "bill_username"
GIVEN = {NAME: OPTIONS["username"]}
OTHER = {NAME: "other@example.com"}


@pytest.mark.parametrize(
    ("file", "given", "asked", "written", "elsewhere"),
    [
        # Later plays have the values from the inventory. A second copy would only become stale.
        (None, {"inventory": GIVEN}, False, False, True),
        (FILE, {"inventory": OTHER}, False, False, True),
        # The values of the command line and the environment end with this run.
        (None, {"extra": GIVEN}, False, True, False),
        (None, {"environ": {"BILL_USERNAME": OPTIONS["username"]}}, False, True, False),
        (FILE, {"environ": {"BILL_USERNAME": "other@example.com"}}, False, True, False),
        (None, {"option": {"username": OPTIONS["username"]}}, False, True, False),
        # The file is part of the inventory, so its values also come from there. The form can change these.
        (FILE, {"inventory": VARIABLES}, True, False, False),
        (FILE, {}, True, False, False),
        # The file has this value already.
        (FILE, {"environ": {"BILL_USERNAME": OPTIONS["username"]}}, False, False, False),
    ],
)
def test_form_asks_and_stores_according_to_the_source_of_a_value(
    run_form: FormRun, file: str | None, given: dict[str, Any], asked: bool, written: bool, elsewhere: bool
) -> None:
    reported = run_form(file, typed={} if file else typed("username"), **given)
    assert ("User Name" in run_form.asked) == asked
    assert (NAME in reported["variables"]) == written
    assert (NAME in reported["elsewhere"]) == elsewhere
    assert run_form.asked.count("Password") == 1


def test_form_replaces_a_value_of_the_file_that_the_inventory_also_has(run_form: FormRun, bill: Bill) -> None:
    bill.password = "new-findme"
    reported = run_form(FILE, inventory=VARIABLES, typed={"Password": "new-findme"})
    assert bill.last(LOGIN).body["password"] == "new-findme"
    assert reported["variables"].keys() == {"bill_api_url", "bill_password"}


def test_form_with_a_template_in_the_file_keeps_the_template(run_form: FormRun, bill: Bill) -> None:
    file = f"""{FILE.replace(OPTIONS["password"], '"{{ vault_password }}"')}vault_password: {OPTIONS["password"]}\n"""
    reported = run_form(file)
    assert bill.last(LOGIN).body["password"] == OPTIONS["password"]
    assert "bill_password" not in reported["variables"]
    # A secret from a template is hidden like a typed one.
    assert OPTIONS["password"] in run_form.secrets & run_form.masked


def test_form_with_a_template_that_refers_to_the_inventory_uses_its_value(run_form: FormRun, bill: Bill) -> None:
    file = FILE.replace(OPTIONS["password"], '"{{ vault_password }}"') + "vault_password: old\n"
    run_form(file, inventory={"vault_password": OPTIONS["password"]})
    assert bill.last(LOGIN).body["password"] == OPTIONS["password"]


def test_form_without_a_vault_file_offers_no_stored_value(run_form: FormRun) -> None:
    run_form(FILE, option={"vault_file": ""}, typed=typed())
    assert not any("[" in text for text in run_form.shown if text.startswith("\nUser Name"))


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("instead", "why"),
    [
        ('"findme findme"', "contains a character that is not allowed"),
        ('"{{ findme_not }}"', "is not defined"),
        ("[findme]", "must be a text, but it is a list"),
    ],
)
def test_form_with_an_invalid_value_in_the_file_warns_and_asks_for_it(
    run_form: FormRun, bill: Bill, instead: str, why: str
) -> None:
    reported = run_form(
        FILE.replace(OPTIONS["organization_id"], instead), typed={"Organization ID": OPTIONS["organization_id"]}
    )
    [warning] = run_form.warned
    assert "bill_organization_id" in warning
    assert why in warning
    assert warning.endswith(" The form ignores this value.")
    assert reported["variables"] == {"bill_api_url": API_URL, "bill_organization_id": OPTIONS["organization_id"]}


def test_form_with_a_password_in_the_environment_replaces_that_of_the_file(run_form: FormRun, bill: Bill) -> None:
    bill.password = "s3cret-findme-new"
    for inventory in ({}, VARIABLES):
        reported = run_form(FILE, inventory=inventory, environ={"BILL_PASSWORD": bill.password})
        assert "Password" not in run_form.asked
        assert reported["variables"]["bill_password"] == bill.password
        assert bill.password in run_form.secrets


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ("group_vars/all/zz.yml", True),
        ("group_vars/all/aa.yml", False),
        ("host_vars/localhost.yml", True),
        ("host_vars/localhost/bill", True),
        ("elsewhere/group_vars/all.yml", True),
        ("elsewhere/host_vars/localhost.yml", True),
    ],
)
def test_form_with_a_file_that_outranks_the_vault_file_names_it(
    run_form: FormRun, monkeypatch: pytest.MonkeyPatch, other: str, named: bool
) -> None:
    (here := run_form.folder / other.partition("/")[0] if other.startswith("elsewhere") else run_form.folder).mkdir(
        exist_ok=True
    )
    monkeypatch.chdir(here)
    (file := run_form.folder / other).parent.mkdir(parents=True, exist_ok=True)
    file.write_text("bill_username: findme-stale\nother: 1\n")
    # The plays are the same, whether the form makes the file or only reads it.
    for text in (None, FILE):
        run_form.warned.clear()
        run_form(text, typed=typed())
        assert len(run_form.warned) == named
        for warning in run_form.warned:
            assert warning.startswith(f"Plays in this folder use bill_username from {file}, because it overrides ")
            assert "findme" not in warning


def test_form_after_ctrl_c_ends_and_writes_nothing(run_form: FormRun, bill: Bill) -> None:
    with pytest.raises(OperationError, match=r"^You ended the form with Ctrl-C. Nothing was written\.$"):
        run_form(typed={**typed(), "Developer Key": None})
    assert bill.received == []


# --- the vault password ---


class Typed(PromptVaultSecret):
    """A vault password that a person has typed."""

    def __init__(self, text: str) -> None:
        super().__init__(text.encode())


@pytest.fixture
def of_typed() -> Any:
    made = loader()
    made.set_vault_secrets([("default", Typed("vault"))])
    return made


@pytest.mark.parametrize(("slips", "asked"), [([], 1), (["slip"], 2), (["slip", ""], 3), (["slip "], 2)])
def test_form_with_a_typed_vault_password_asks_for_it_again(
    run_form: FormRun, of_typed: Any, slips: list[str], asked: int
) -> None:
    # ansible-core also removes the blanks around it.
    run_form(of=of_typed, typed={**typed(), "Vault password": [*slips, " vault "]})
    assert run_form.asked[:asked] == ["Vault password"] * asked
    assert run_form.asked[asked] == "Sign in with"
    assert run_form.shown.count("This is not the vault password that you typed before.") == asked - 1


def test_form_with_several_vault_passwords_asks_for_the_one_that_encrypts(run_form: FormRun) -> None:
    of = loader()
    of.set_vault_secrets([("test", Typed("one")), ("prod", Typed("two"))])
    run_form(of=of, option={"vault_id": "prod"}, typed={**typed(), "Vault password": ["one", "two"]})
    assert run_form.asked[:3] == ["Vault password", "Vault password", "Sign in with"]


@pytest.mark.promise(8)
def test_form_with_two_different_vault_passwords_ends(run_form: FormRun, of_typed: Any) -> None:
    with pytest.raises(OperationError, match="You typed two different vault passwords"):
        run_form(of=of_typed, typed={"Vault password": ["one", "two", "three", "vault"]})
    assert run_form.asked == ["Vault password"] * 3


def test_form_with_a_vault_password_that_decrypted_the_file_does_not_ask_again(
    run_form: FormRun, of_typed: Any
) -> None:
    run_form(FILE, of=of_typed)
    assert "Vault password" not in run_form.asked


def test_form_without_a_terminal_does_not_ask_for_the_vault_password(
    run_form: FormRun, of_typed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(*_any: Any, **_more: Any) -> None:
        raise NoTerminalError

    monkeypatch.setattr(_form_task.Terminal, "ask", nobody)
    assert run_form(of=of_typed, option=dict(OPTIONS))["variables"].keys() >= VARIABLES.keys()


def test_form_without_a_session_returns_no_values(open_context: OpenContext, bill: Bill) -> None:
    reported = returned(None, open_context())
    assert bill.received == []
    assert (reported["variables"], reported["elsewhere"], reported["changed"]) == ({}, [], False)
    assert {reported[name] for name in ("organization_id", "user_id", "api_url", "auth_method", "trusted")} == {None}
