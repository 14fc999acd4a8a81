# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What differs between versions of ansible-core."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleError, AnsibleUndefinedVariable

from ansible_collections.bill.connect.plugins.plugin_utils._compat import _why, refuse_unsafe_core
from ansible_collections.bill.connect.plugins.plugin_utils._errors import BillError


@pytest.mark.promise(5)
@pytest.mark.parametrize("version", ["2.15.13", "2.16.0", "2.16.12", "2.17.0", "2.17.5", "2.16.0rc1", "2.9"])
def test_a_core_that_would_show_the_session_is_refused(version: str) -> None:
    with pytest.raises(BillError, match=rf"ansible-core {version} would show the session .*CVE-2024-8775"):
        refuse_unsafe_core(version)


@pytest.mark.promise(14)
@pytest.mark.parametrize(
    "version", ["2.16.13", "2.16.19", "2.17.6", "2.18.0", "2.19.14", "2.21.5", "2.22.0rc1", "2.23.0.dev0"]
)
def test_a_core_that_hides_it_is_welcome(version: str) -> None:
    refuse_unsafe_core(version)


@pytest.mark.promise(5)
@pytest.mark.promise(8)
def test_the_template_of_a_secret_is_not_repeated() -> None:
    undefined = AnsibleUndefinedVariable("findme {{ vault_pw }}: 'vault_pw' is undefined. 'vault_pw' is undefined")
    assert _why(undefined, secret=True) == "it refers to vault_pw, which is not defined."
    broken = AnsibleError("template error while templating string: unexpected end. String: findme{{")
    assert "findme" not in _why(broken, secret=True)
    assert "findme" in _why(broken, secret=False)


@pytest.mark.promise(8)
def test_a_variable_that_cannot_be_decrypted_says_what_to_do() -> None:
    error = AnsibleError("Attempting to decrypt but no vault secrets found")
    assert _why(error, secret=True) == (
        "it could not be decrypted. Start Ansible with the vault password it was encrypted with."
    )
