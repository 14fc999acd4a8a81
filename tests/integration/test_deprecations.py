# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user sees of a deprecated option. A copy of the collection has invented ones in its table, and its texts are generated again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.emulator.control_client import Control
from tests.integration.conftest import ROOT
from tests.integration.project import Project
from tools.stage import known_files

# The end of a file of the option table, as a developer may change it.
ROWS = """

from dataclasses import replace as _replace
from .deprecation import Deprecation, formerly

_DEV_KEY = next(each for each in ACCOUNT_OPTIONS if each.name == "dev_key")
_ALIASED = _replace(_DEV_KEY, deprecated_aliases={"developer_key": Deprecation("Two names are too many.", "4.0.0")})
_PASSWORD = next(each for each in ACCOUNT_OPTIONS if each.name == "password")
ACCOUNT_OPTIONS = (
    *(_ALIASED if each is _DEV_KEY else each for each in ACCOUNT_OPTIONS),
    formerly(_PASSWORD, "passphrase", Deprecation("BILL says: password.", "3.0.0")),
    Option("colour", summary="The colour.", deprecated=Deprecation("It has no effect.", "2.0.0", "Leave it out.")),
)
"""
# A field of an object, and of the objects that belong to it.
FIELDS = {
    "customer.py": ('"The fax number."', ', deprecated=Deprecation("Nobody has one.", "2.0.0", "Leave it out.")'),
    "customer_contact.py": (
        '"The last name."',
        ', deprecated=Deprecation("It is part of the name.", "2.0.0", "Use name.")',
    ),
}
IMPORT = "from ..._options.deprecation import Deprecation\n"
COLOUR = "is deprecated. It has no effect. Leave it out. This feature will be removed from"
PASSPHRASE = "BILL says: password. Use {} instead. This feature will be removed from"


@pytest.fixture(scope="module")
def collections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the collection."""
    top = tmp_path_factory.mktemp("deprecating")
    copy = top / "ansible_collections" / "bill" / "connect"
    for name in known_files(ROOT):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    table = copy / "plugins/plugin_utils/_options/table_account.py"
    table.write_text(table.read_text() + ROWS)
    for file, (summary, more) in FIELDS.items():
        spec = copy / "plugins/plugin_utils/_resources/specs" / file
        before = spec.read_text()
        assert summary in before
        after = before.replace(summary, summary + more, 1)
        spec.write_text(after.replace("from ..fields import", IMPORT + "from ..fields import", 1))
    subprocess.run(
        [sys.executable, "-m", "tools.generate", str(copy)],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": f"{top}:{copy}"},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return top


def documented(project: Project, kind: str, name: str = "bill_login") -> dict[str, Any]:
    """The options that ansible-doc shows."""
    run = project.run("ansible-doc", "--json", "--type", kind, f"bill.connect.{name}")
    (page,) = json.loads(run.output[run.output.index("{") :]).values()
    options: dict[str, Any] = page["doc"]["options"]
    return options


def test_deprecated_options_are_deprecated_in_ansible_doc(project: Project) -> None:
    for kind in ("module", "lookup"):
        options = documented(project, kind)
        assert options["passphrase"]["description"][1] == (
            "It is deprecated, and bill.connect 3.0.0 removes it. BILL says: password. Use O(password) instead."
        )
        assert "The name C(developer_key) is deprecated" in options["dev_key"]["description"][1]
    deprecated = options["colour"]["deprecated"]
    assert (deprecated["why"], deprecated["version"]) == ("It has no effect.", "2.0.0")
    assert deprecated["collection_name"] == "bill.connect"
    assert documented(project, "module", "bill_customer")["fax"]["description"][1] == (
        "It is deprecated, and bill.connect 2.0.0 removes it. Nobody has one. Leave it out."
    )


@pytest.mark.promise(5)
@pytest.mark.promise(8)
def test_play_with_deprecated_names_works_and_each_is_named_once(project: Project, bill: Control) -> None:
    project.hosts("first", "second")
    project.variables(bill_api_url=project.api_url, bill_colour="red")
    old = {"passphrase": "{{ vault_bill_password }}", "developer_key": "{{ vault_bill_dev_key }}"}
    run = project.play(
        {"bill.connect.bill_login": old, "vars": {"bill_password": None}},
        {"bill.connect.bill_login": old, "vars": {"bill_password": None}},
        {
            "ansible.builtin.debug": {
                "msg": "{{ lookup('bill.connect.bill_login', 'auth_method', colour='blue') }}",
            }
        },
    )
    assert run.code == 0, run.output
    assert run.times(f"The option passphrase is deprecated. {PASSPHRASE.format('password')}") == 1, run.output
    assert run.times("The name developer_key of the option dev_key is deprecated.") == 1
    assert run.times(f"The variable bill_colour {COLOUR}") == 1
    assert run.times(f"The option colour {COLOUR}") == 1
    assert [run.times(f"version {number}.0.0") for number in (2, 3, 4)] == [2, 1, 1]
    assert "findme" not in run.output
    assert len([each for each in run.warnings if "DEPRECATION" in each]) == 4


def test_play_with_a_former_environment_name_works_and_names_the_new_one(payer: Project, bill: Control) -> None:
    payer.environ["BILL_PASSPHRASE"] = payer.environ.pop("BILL_PASSWORD")
    payer.environ["BILL_API_URL"] = payer.api_url
    run = payer.play({"bill.connect.bill_login": {}})
    assert run.code == 0, run.output
    assert run.shows(f"The environment variable BILL_PASSPHRASE is deprecated. {PASSPHRASE.format('BILL_PASSWORD')}"), (
        run.output
    )
    assert "findme" not in run.output


def test_play_with_a_deprecated_field_of_an_object_names_it_once(project: Project, bill: Control) -> None:
    customer = {"email": "ar@birch.example", "contacts": [{"email": "jo@birch.example", "last_name": "Birch"}]}
    rows = [{"name": name, "fax": "555-0100", **customer} for name in ("Birch Paper", "Oak Paper")]
    run = project.play({"bill.connect.bill_customer": {"objects": rows}, "check_mode": True})
    assert run.code == 0, run.output
    assert run.times("The field fax is deprecated. Nobody has one. Leave it out. This feature will be removed") == 1
    assert run.times("The field last_name is deprecated. It is part of the name. Use name.") == 1
