# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The differences between versions of ansible-core."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible import constants
from ansible.errors import AnsibleError, AnsibleUndefinedVariable

from ansible_collections.bill.connect.plugins.plugin_utils._ansible import core_versions
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.braces import BRACES
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.core_versions import refuse_unsafe_core
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.hiding import item_of_loop_holds
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.template_errors import BillLookupError, why
from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import BillError
from ansible_collections.bill.connect.plugins.plugin_utils._vault.ansible_values import decrypted, encrypted_in


@pytest.mark.promise(5)
@pytest.mark.parametrize("version", ["2.15.13", "2.16.0", "2.16.12", "2.17.0", "2.17.5", "2.16.0rc1", "2.9"])
def test_core_version_that_shows_the_session_is_refused(version: str) -> None:
    with pytest.raises(BillError, match=rf"ansible-core {version} would show the session .*CVE-2024-8775"):
        refuse_unsafe_core(version)


@pytest.mark.promise(14)
@pytest.mark.parametrize(
    "version", ["2.16.13", "2.16.19", "2.17.6", "2.18.0", "2.19.14", "2.21.5", "2.22.0rc1", "2.23.0.dev0"]
)
def test_core_version_that_hides_the_session_is_accepted(version: str) -> None:
    refuse_unsafe_core(version)


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("layer", "injects", "warns"),
    [(None, False, True), (None, True, False), (SimpleNamespace(EPHEMERAL_FACT=1), False, False)],
)
def test_session_variables_that_are_not_set_are_reported(
    monkeypatch: pytest.MonkeyPatch, layer: Any, injects: bool, warns: bool
) -> None:
    """Up to ansible-core 2.20 they are facts, and inject_facts_as_vars decides whether facts are variables."""
    monkeypatch.setattr(core_versions, "VariableLayer", layer)
    monkeypatch.setattr(constants, "INJECT_FACTS_AS_VARS", injects, raising=False)
    action = SimpleNamespace(register_host_variables=lambda *_arguments: None)
    warning = core_versions.publish(action, {}, {"bill_session_id": "SESSION-1"}, {}, ())
    assert ("because inject_facts_as_vars is off" in (warning or "")) is warns


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("since_2_21", "injects", "cache", "lost"),
    [
        (False, True, "memory", None),
        (False, False, "memory", "bill_organization_id and bill_user_id from this sign-in, because inject_facts_as"),
        (True, False, "memory", "bill_organization_id from this sign-in, because inject_facts_as_vars is off. Define"),
        (True, True, "jsonfile", "bill_organization_id from this sign-in, because a fact cache would keep the value"),
    ],
)
def test_organization_that_later_tasks_do_not_get_is_reported(
    monkeypatch: pytest.MonkeyPatch, since_2_21: bool, injects: bool, cache: str, lost: str | None
) -> None:
    monkeypatch.setattr(core_versions, "SINCE_2_21", since_2_21)
    monkeypatch.setattr(constants, "INJECT_FACTS_AS_VARS", injects, raising=False)
    monkeypatch.setattr(constants, "CACHE_PLUGIN", cache, raising=False)
    warning = core_versions.lost_facts(["bill_organization_id", "bill_user_id"])
    assert (lost in warning) if lost and warning else (warning is lost)
    assert core_versions.lost_facts([]) is None


@pytest.mark.promise(5)
@pytest.mark.promise(8)
def test_template_error_reason_does_not_repeat_the_template() -> None:
    undefined = AnsibleUndefinedVariable("findme {{ vault_pw }}: 'vault_pw' is undefined. 'vault_pw' is undefined")
    assert why(undefined) == "it refers to vault_pw, which is not defined."
    broken = AnsibleError("template error while templating string: unexpected end. String: findme{{")
    assert "findme" not in why(broken)
    dictionary = AnsibleUndefinedVariable("'dict object' has no attribute 'findme'")
    assert "findme" not in why(dictionary)


@pytest.mark.promise(8)
def test_template_error_reason_without_a_vault_password_names_the_remedy() -> None:
    error = AnsibleError("Attempting to decrypt but no vault secrets found")
    assert why(error) == ("it could not be decrypted. Start Ansible with the vault password it was encrypted with.")


def behind(message: str, *causes: Exception) -> AnsibleError:
    """An error of ansible-core with the errors behind it."""
    error: Exception = AnsibleError(message)
    first = error
    for cause in causes:
        error.__cause__ = cause
        error = cause
    assert isinstance(first, AnsibleError)
    return first


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("error", "raw", "message"),
    [
        (
            behind("The 'file' lookup had an issue accessing the file '/run/findme'. file not found"),
            "{{ lookup('file', '/run/findme') }}",
            "the lookup file failed: it finds no such file or entry.",
        ),
        (
            behind("The lookup plugin 'ansible.builtin.file' failed.", PermissionError("findme")),
            "",
            "the lookup ansible.builtin.file failed: the file may not be read.",
        ),
        (
            behind("lookup plugin (community.hashi_vault.hashi_vault) not found"),
            "",
            "the lookup community.hashi_vault.hashi_vault is not found. Install its collection on the controller.",
        ),
        (
            behind("The lookup plugin 'a.b.c' failed.", ImportError("No module named findme")),
            "",
            "the lookup a.b.c failed: a Python library that it needs is missing on the controller.",
        ),
        (
            behind("while running the lookup plugin 'pipe'. lookup_plugin.pipe(findme) returned 127"),
            "",
            "the lookup pipe failed: the program is not found (exit code 127).",
        ),
        (
            behind("while running the lookup plugin 'pipe'. lookup_plugin.pipe(findme) returned 2"),
            "",
            "the lookup pipe failed: the program ended with exit code 2.",
        ),
        (
            behind("The lookup plugin 'a.b.c' failed.", OSError("findme")),
            "",
            "the lookup a.b.c failed: OSError. To see its own message, use the lookup in a debug task.",
        ),
        (
            behind("'dict object' has no attribute 'pw'"),
            "{{ accounts.main.pw }}",
            "its template uses the key pw, which does not exist.",
        ),
        (
            behind("'dict object' has no attribute 'findme'"),
            "x{{ a.findme }}y",
            "its template uses a key, which does not exist.",
        ),
        (
            behind("The lookup plugin 'x' failed.", BillLookupError("BILL answered BDC_1101: 'x' is undefined.")),
            "",
            "its lookup of bill.connect failed. BILL answered BDC_1101: 'x' is undefined.",
        ),
        (
            behind("x", RecursionError()),
            "",
            "its template refers to itself, directly or through other variables or lookups.",
        ),
        (
            behind("No filter named 'a.b'"),
            "",
            "there is no filter or test a.b. Install its collection on the controller.",
        ),
        (
            behind("The filter plugin 'from_json' failed: findme", ValueError()),
            "",
            "the filter from_json failed: ValueError.",
        ),
        (
            behind("template error while templating string: findme"),
            "",
            "its template has a syntax error. If the braces are part of the value itself, mark it with !unsafe, for example: "
            "bill_dev_key: !unsafe '...'.",
        ),
        (AnsibleUndefinedVariable("findme"), "", "its template uses something that is not defined."),
        (
            behind("findme", ZeroDivisionError("findme")),
            "",
            "its template fails with ZeroDivisionError. (It is not repeated here, because it may hold a secret.)",
        ),
    ],
)
def test_why_error_of_a_template_names_its_kind_and_no_value(error: Exception, raw: str, message: str) -> None:
    assert why(error, raw, "bill_dev_key") == message


@pytest.mark.promise(5)
@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (AnsibleUndefinedVariable("'findme' is undefined"), "something that is not defined"),
        (AnsibleUndefinedVariable("'findme.x' is undefined"), "something that is not defined"),
        (behind("No filter named 'findme'"), "a filter or test that does not exist"),
        (behind('Could not load "findme"'), "a filter or test that does not exist"),
    ],
)
def test_why_error_names_nothing_that_may_be_a_part_of_the_password(error: Exception, kind: str) -> None:
    message = why(error, "p{{findme}}word", "bill_dev_key", {"findme"})
    assert message == f"its template uses {kind}. {BRACES.format(name='bill_dev_key')}"


class EncryptedUpTo218(list[str]):
    """A separately encrypted value in the form of older versions: an object with a text in it."""

    __ENCRYPTED__ = True

    def __str__(self) -> str:
        return "findme"


@pytest.mark.parametrize("value", ["text", 7, True, None, ["a"], {"a": 1}])
def test_decryption_of_other_values_returns_them_unchanged(value: Any) -> None:
    assert decrypted(value) is value or decrypted(value) == value
    assert decrypted(EncryptedUpTo218()) == "findme"


@pytest.mark.promise(5)
def test_encrypted_value_at_any_depth_is_found() -> None:
    assert list(encrypted_in({"body": [{"a": EncryptedUpTo218(), "b": "plain", "c": 7}], "d": None})) == ["findme"]


@pytest.mark.promise(5)
@pytest.mark.parametrize(
    ("item", "holds"),
    [
        ("findme", True),
        ("x:findme:x", True),
        ({"a": [{"b": "findme"}]}, True),
        ({"findme": 1}, True),
        (["a", EncryptedUpTo218()], True),
        ({"a": ["b", 7, None, True]}, False),
        (None, False),
    ],
)
def test_loop_item_with_a_secret_is_found(item: Any, holds: bool) -> None:
    for control, name in ((None, "item"), (SimpleNamespace(loop_var="account"), "account")):
        task = SimpleNamespace(loop=[item], loop_control=control)
        assert item_of_loop_holds(task, {name: item}, ["findme"]) is holds
    assert not item_of_loop_holds(SimpleNamespace(loop=None), {"item": item}, ["findme"])


@pytest.mark.promise(5)
@pytest.mark.parametrize(
    ("item", "holds"),
    [
        ({"headers": {"Authorization": "Bearer of another session"}}, True),
        ([{"results": [{"session_id": "of another session"}]}], True),
        ({"remember_me_id": "of another user"}, True),
        ({"bill_app_key": "of another partner"}, True),
        ({"developer_key": "of another organization"}, True),
        # The results of bill_login with state: absent, and of bill_session_info.
        ({"headers": None, "session_id": None, "user_id": "006"}, False),
        ({"signed_in": True, "organization_id": "008"}, False),
    ],
    ids=str,
)
def test_loop_item_with_a_secret_field_name_is_found(item: Any, holds: bool) -> None:
    task = SimpleNamespace(loop=[item], loop_control=None)
    assert item_of_loop_holds(task, {"item": item}, ["findme"]) is holds
    # With loop_control.extended, Ansible also shows the items beside the current one.
    for among in ({"allitems": ["harmless", item]}, {"previtem": item}):
        assert item_of_loop_holds(task, {"item": "harmless", "ansible_loop": among}, ["findme"]) is holds
