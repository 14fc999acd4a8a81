# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The differences between versions of ansible-core."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleError, AnsibleUndefinedVariable

from ansible_collections.bill.connect.plugins.plugin_utils._ansible.core_versions import refuse_unsafe_core
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.hiding import item_of_loop_holds
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.templates import why
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
