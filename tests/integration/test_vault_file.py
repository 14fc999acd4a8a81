# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""bill_vault_file stores variables, and every later play finds them."""

from __future__ import annotations

import shutil
import stat
from typing import Any

import pytest

from tests.emulator import world
from tests.emulator.control_client import Control
from tests.integration.project import Project, Run, secrets_in

LOGIN = {"name": "Sign in", "bill.connect.bill_login": None, "register": "bill"}
# Each piece has a mark, in case wrong quoting cuts the value. It also looks like a template.
AWKWARD = "findme \"findme\\findme: findme #findme {{ findme }} {% findme 'findme' [findme] é€😀 findme\\"


def keep(variables: Any = None, name: str = "Keep", **options: Any) -> dict[str, Any]:
    given = options if variables is None else {"variables": variables, **options}
    return {"name": name, "bill.connect.bill_vault_file": given or None, "register": "kept"}


def that(*conditions: str, **variables: Any) -> dict[str, Any]:
    return {"name": "It is so", "ansible.builtin.assert": {"that": list(conditions)}, "vars": variables}


def view(project: Project, path: str = "group_vars/all/bill.yml", *arguments: str) -> str:
    """The text of a file that ansible-vault shows."""
    run = project.run("ansible-vault", "view", *arguments, path, with_vault=not arguments)
    assert run.code == 0, run.output
    return run.output


@pytest.fixture
def empty(project: Project) -> Project:
    """A folder with an inventory and a vault password, but without a vault file."""
    shutil.rmtree(project.folder / "group_vars")
    project.environ["BILL_API_URL"] = project.api_url
    return project


@pytest.mark.promise(1)
@pytest.mark.promise(14)
def test_vault_file_in_empty_folder_lets_login_run_without_options(empty: Project, bill: Control) -> None:
    bill.post(f"users/{world.USER.username}/password", password=AWKWARD)
    (empty.folder / "password.txt").write_text(AWKWARD)
    run = empty.play(
        keep(
            {
                "bill_username": world.USER.username,
                "bill_password": "{{ lookup('ansible.builtin.file', 'password.txt') }}",
                "bill_organization_id": world.ORGANIZATION.id,
                "bill_dev_key": "{{ dev_key }}",
                "bill_device": "{{ omit }}",
            }
        ),
        that("kept is changed", "not kept.exists", "kept.path == path", path=f"{empty.folder}/group_vars/all/bill.yml"),
        vars={"dev_key": world.DEV_KEY},
    )
    assert run.code == 0, run.output
    assert run.warnings == []
    # The developer key is a variable of the play in clear text. It is also not shown.
    assert secrets_in(run.output) == []
    file = empty.folder / "group_vars" / "all" / "bill.yml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    escaped = AWKWARD.replace("\\", "\\\\").replace('"', '\\"').replace("😀", "\\U0001F600")
    assert view(empty) == (
        "# Written by bill.connect.bill_vault_file, encrypted with your vault password.\n"
        "# To view it: ansible-vault view group_vars/all/bill.yml\n"
        "# To change it: ansible-vault edit group_vars/all/bill.yml\n"
        "---\n"
        "# User Name: an e-mail address, or the name of the sync token.\n"
        f'bill_username: "{world.USER.username}"\n'
        "# Password of the user, or the value of the sync token.\n"
        f'bill_password: !unsafe "{escaped}"\n'
        "# Organization ID: begins with 008.\n"
        f'bill_organization_id: "{world.ORGANIZATION.id}"\n'
        "# Developer Key.\n"
        f'bill_dev_key: "{world.DEV_KEY}"\n'
    )
    run = empty.play(LOGIN, that("bill.user_id == user", user=world.USER.id))
    assert run.code == 0, run.output
    assert bill.get("counts") == {"POST /v3/login": 1}


def test_vault_file_password_rotated_changes_only_its_line(project: Project, bill: Control) -> None:
    """ansible-vault made the vault file. BILL's names in it refer to other variables."""
    before = view(project)
    assert "bill_password: '{{ vault_bill_password }}'\n" in before
    bill.post(f"users/{world.USER.username}/password", password="new-findme")
    rotate = keep({"vault_bill_password": "{{ lookup('ansible.builtin.env', 'NEW') }}", "bill_device": None})
    project.environ["NEW"] = "new-findme"
    run = project.play(rotate, rotate, that("kept is not changed", "kept.backups | length == 1"))
    assert run.code == 0, run.output
    assert run.changed == 1
    assert view(project) == before.replace(
        f"vault_bill_password: {world.USER.password}", 'vault_bill_password: "new-findme"'
    )
    assert project.play(LOGIN).code == 0
    assert bill.get("counts") == {"POST /v3/login": 1}
    backup = next((project.folder / "group_vars" / "all").glob("bill.yml.*.bak"))
    assert view(project, str(backup)) == before


@pytest.mark.promise(14)
def test_vault_file_values_of_all_types_are_read_unchanged(empty: Project) -> None:
    """At the next start, and at once if include_vars reads the file again."""
    values = {
        "text": "0123",
        "number": 7,
        "yes": True,
        "list": ["a", {"b": [1.5, None, "{{ '{{' }} no template }}"]}],
        "several": "one\ntwo \n",
        "umlaut": "\u00fc\u2028\u00e9",
    }
    checks = [
        "text == '0123' and text is string",
        "number == 7 and number is number and lookup('ansible.builtin.vars', 'yes') is true",
        "list == ['a', {'b': [1.5, None, open ~ ' no template }}']}]",
        "several == 'one\\ntwo \\n'",
        "umlaut == '\u00fc\\u2028\u00e9'",
    ]
    is_so = that(*checks, open="{{ '{{' }}")
    include = {"name": "Read", "ansible.builtin.include_vars": "group_vars/all/bill.yml"}
    run = empty.play(keep(values), include, is_so, keep(values), that("kept is not changed"))
    assert run.code == 0, run.output
    assert empty.play(is_so).code == 0
    # The present value in the file replaces the one from the start.
    run = empty.play(
        {"name": "It was read", "ansible.builtin.debug": {"msg": "{{ number }}"}},
        keep({"number": 8}),
        include,
        that("number == 8"),
    )
    assert run.code == 0, run.output


@pytest.mark.slow
def test_vault_file_path_unset_is_beside_inventory(empty: Project) -> None:
    prod = empty.folder / "inventories" / "prod"
    prod.mkdir(parents=True)
    shutil.copy(empty.folder / "inventory.yml", prod / "hosts.yml")
    local = ("--connection", "local")

    def path(*arguments: str, **options: Any) -> str:
        run = empty.play(
            keep({"a": 1}, **options),
            {"name": "Tell", "ansible.builtin.debug": {"msg": "here: {{ kept.path | relpath(playbook_dir) }}"}},
            arguments=arguments,
        )
        assert run.code == 0, run.output
        return run.output.partition("here: ")[2].partition('"')[0]

    assert path("-i", str(prod / "hosts.yml")) == "inventories/prod/group_vars/all/bill.yml"
    assert path("-i", "localhost,", "-i", str(prod), *local) == "inventories/prod/group_vars/all/bill.yml"
    assert path("-i", "localhost,", *local) == "group_vars/all/bill.yml"
    assert path(path="there/a.yml") == "there/a.yml"
    empty.environ["BILL_VAULT_FILE"] = "of-environment.yml"
    assert path() == "of-environment.yml"
    assert path("-e", "bill_vault_file=of-variable.yml") == "of-variable.yml"
    del empty.environ["BILL_VAULT_FILE"]
    # Without an inventory, core's own default decides nothing.
    del (environment := empty.environ)["BILL_API_URL"]
    environment["ANSIBLE_INVENTORY"] = "localhost,"
    assert path(*local) == "group_vars/all/bill.yml"


def with_secrets(project: Project, *ids: str, **secrets: str) -> tuple[str, ...]:
    """The arguments for vault passwords with these labels."""
    for label in ids:
        (project.folder / f"{label}.secret").write_text(secrets.get(label, f"{label}-findme") + "\n")
    return tuple(part for label in ids for part in ("--vault-id", f"{label}@{label}.secret"))


@pytest.mark.promise(8)
@pytest.mark.slow
def test_vault_file_with_several_vault_passwords_requires_vault_id(empty: Project) -> None:
    both = with_secrets(empty, "test", "prod")

    def play(*tasks: dict[str, Any], arguments: tuple[str, ...] = both) -> Run:
        empty.write_plays({"tasks": list(tasks)})
        return empty.run("ansible-playbook", "site.yml", *arguments, with_vault=False)

    run = play(keep({"a": 1}))
    assert run.code == 2
    assert run.shows("several vault passwords (test, prod). Set vault_id to the one that encrypts"), run.output
    run = play(keep({"a": 1}), arguments=(*both, "-e", "bill_vault_id=dev"))
    assert run.shows("Ansible was started with: test, prod. (vault_id comes from the variable bill_vault_id)"), (
        run.output
    )
    assert play(keep({"a": "findme"}, vault_id="prod")).code == 0
    file = empty.folder / "group_vars" / "all" / "bill.yml"
    assert file.read_bytes().startswith(b"$ANSIBLE_VAULT;1.2;AES256;prod\n")
    assert play(keep({"b": 2})).code == 0
    assert file.read_bytes().startswith(b"$ANSIBLE_VAULT;1.2;AES256;prod\n")
    assert 'a: "findme"\nb: 2\n' in view(empty, "group_vars/all/bill.yml", *both[2:])
    empty.environ["ANSIBLE_VAULT_ENCRYPT_IDENTITY"] = "test"
    assert play(keep({"a": 1}, path="other.yml")).code == 0
    assert (empty.folder / "other.yml").read_bytes().startswith(b"$ANSIBLE_VAULT;1.2;AES256;test\n")
    # The file has another password. It is not in group_vars, because Ansible itself would fail to read it there.
    shutil.move(file, empty.folder / "kept.yml")
    was = (empty.folder / "kept.yml").read_bytes()
    run = play(keep({"a": 2}, path="kept.yml"), arguments=both[:2])
    assert run.code == 2
    assert run.shows("kept.yml cannot be decrypted: it was encrypted with another vault password"), run.output
    assert (empty.folder / "kept.yml").read_bytes() == was
    for task in (keep({"a": 2}), keep({})):
        run = play(task, arguments=("--check",))
        assert run.code == 2
        assert run.shows("Ansible was started without a vault password. Start it with --ask-vault-pass"), run.output


def test_vault_file_many_hosts_write_once(empty: Project) -> None:
    empty.hosts(*(f"h{number}" for number in range(8)))
    run = empty.play(keep({"a": 1, "b": [2]}), arguments=("--forks", "8"))
    assert run.code == 0, run.output
    assert run.changed == 1
    assert [path.name for path in (empty.folder / "group_vars" / "all").iterdir()] == ["bill.yml"]


@pytest.mark.promise(5)
@pytest.mark.promise(12)
def test_vault_file_check_and_diff_show_only_names_and_write_nothing(project: Project) -> None:
    before = view(project)
    new = keep({"bill_dev_key": "findme-new", "bill_device": "findme-device", "bill_username": None})
    run = project.play(new, arguments=("--check", "--diff"))
    assert run.code == 0, run.output
    assert run.changed == 1
    for line in (
        "-bill_dev_key: (the old value, not shown)",
        "-bill_username: (the old value, not shown)",
        "+bill_dev_key: (a new value, not shown)",
        "+bill_device: (new, not shown)",
    ):
        assert f"\n{line}\n" in run.output
    assert secrets_in(run.output) == []
    assert view(project) == before
    assert [path.name for path in (project.folder / "group_vars" / "all").glob("bill*")] == ["bill.yml"]


def test_vault_file_result_shown_is_as_documented(project: Project) -> None:
    run = project.play(
        keep(),
        that(
            "kept is not changed and kept.exists and kept.backup_file is none and kept.backups == []",
            "kept.names == ['bill_dev_key', 'bill_organization_id', 'bill_password', 'bill_username', "
            "'vault_bill_dev_key', 'vault_bill_password']",
        ),
        keep({"other": 1}),
        that("kept.backups == [kept.backup_file] and 'other' in kept.names"),
        arguments=("-v",),
    )
    assert run.code == 0, run.output
    assert run.shows('"vault_bill_password"')


@pytest.mark.promise(8)
@pytest.mark.slow
def test_vault_file_that_would_hide_group_file_is_refused(empty: Project) -> None:
    (empty.folder / "group_vars").mkdir()
    (empty.folder / "group_vars" / "all.yml").write_text("mine: 1\n")
    run = empty.play(that("mine == 1"), keep({"a": 1}))
    assert run.code == 2
    assert run.shows("Ansible does not read that file if there is a directory"), run.output
    (empty.folder / "group_vars" / "all").mkdir()
    shutil.move(empty.folder / "group_vars" / "all.yml", empty.folder / "group_vars" / "all" / "main.yml")
    assert empty.play(that("mine == 1"), keep({"a": 1})).code == 0
    assert empty.play(that("mine == 1 and a == 1")).code == 0


def test_vault_file_in_clear_text_is_encrypted_with_warning(empty: Project) -> None:
    file = empty.folder / "group_vars" / "all" / "bill.yml"
    file.parent.mkdir(parents=True)
    file.write_text("# Ours.\nbill_dev_key: findme\n")
    run = empty.play(keep({"bill_dev_key": "findme"}))
    assert run.code == 0, run.output
    assert run.changed == 1
    assert run.shows("was not encrypted as a whole. Rotate the secrets that it held in clear text"), run.output
    assert view(empty) == "# Ours.\nbill_dev_key: findme\n"
    assert [path for path in empty.secrets_on_disk() if not path.endswith("site.yml")] == []


def test_vault_file_state_absent_removes_file_or_only_its_variables(project: Project) -> None:
    remove = keep(state="absent")
    run = project.play(remove, keep({"vault_bill_password": None, "vault_bill_dev_key": None}), remove, remove)
    assert run.code == 0, run.output
    assert run.changed == 3
    assert run.shows("it has other variables, too (vault_bill_dev_key, vault_bill_password)")
    left = [path.name for path in (project.folder / "group_vars" / "all").glob("bill*")]
    assert len(left) == 2
    assert all(name.endswith(("~", ".bak")) for name in left)


def test_vault_file_login_option_is_refused(project: Project, bill: Control) -> None:
    run = project.play(
        keep({"a": 1}), module_defaults={"group/bill.connect.bill": {"username": "ap@example.com", "timeout": "soon"}}
    )
    assert run.code == 0, run.output
    run = project.play(keep({"a": 1}, username="ap@example.com"))
    assert run.code == 2
    assert run.shows("There is no option username. The options are: path, variables, state, vault_id, backup.")
    assert bill.get("counts") == {}
