# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables are stored in a file that only the vault password decrypts, after any interruption of a write."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible import constants
from ansible.parsing.vault import PromptVaultSecret, match_encrypt_secret
from ansible.template import Templar

from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import BillError, LockTimeoutError, OptionError
from ansible_collections.bill.connect.plugins.plugin_utils._vault import ansible_paths, safe_file
from ansible_collections.bill.connect.plugins.plugin_utils._vault.ansible_values import decrypted
from ansible_collections.bill.connect.plugins.plugin_utils._vault.safe_file import backups_of
from ansible_collections.bill.connect.plugins.plugin_utils._vault.variable_locations import (
    default_path,
    read_by,
    unread_file,
)
from ansible_collections.bill.connect.plugins.plugin_utils._vault.vault_edit import (
    VaultFileResult,
    given_variables,
    inspect_file,
    refuse_if_unwritable,
    remove_variables,
    secrets_among,
    set_variables,
)
from ansible_collections.bill.connect.plugins.plugin_utils._vault.vault_file import (
    VaultFile,
    read_variables,
    typed_password,
)
from tests.unit.plugins.plugin_utils import vault_helpers
from tests.unit.plugins.plugin_utils.process_helpers import in_its_own_process
from tests.unit.plugins.plugin_utils.vault_helpers import BY, encrypted, file_with, loader

OLD = "bill_password: findme-old\nother: 1\n"


def mode(path: str | Path) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


def store_variables(path: Path, variables: dict[str, Any], of: Any = None, **how: Any) -> VaultFileResult:
    return set_variables(str(path), variables, of or loader(), by=BY, **how)


def text(path: str | Path, of: Any = None) -> str:
    return VaultFile.at(str(path), of or loader()).text


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return file_with(tmp_path, None)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return file_with(tmp_path, encrypted(OLD))


@pytest.mark.promise(5)
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_vault_file_when_new_is_encrypted_private_and_has_comments(path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        done = store_variables(path, {"bill_username": "ap@example.com", "bill_dev_key": "findme", "other": [1]})
    finally:
        os.umask(before)
    assert mode(path) == 0o600
    assert path.read_bytes().startswith(b"$ANSIBLE_VAULT;1.1;AES256\n")
    assert text(path) == (
        f"# Written by {BY}, encrypted with your vault password.\n"
        f"# To view it: ansible-vault view {path}\n"
        f"# To change it: ansible-vault edit {path}\n"
        "---\n"
        "# User Name: an e-mail address, or the name of the sync token.\n"
        'bill_username: "ap@example.com"\n'
        "# Developer Key.\n"
        'bill_dev_key: "findme"\n'
        "other: [1]\n"
    )
    assert done.return_values(diff=False) == {
        "path": str(path),
        "exists": False,
        "names": ["bill_dev_key", "bill_username", "other"],
        "backup_file": None,
        "backups": [],
        "read_by": read_by(str(path), None),
        "changed": True,
    }


def test_vault_file_when_new_has_commands_that_can_be_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store_variables(tmp_path / "our keys" / "bill.yml", {"a": 1})
    assert "# To view it: ansible-vault view 'our keys/bill.yml'\n" in text("our keys/bill.yml")


def test_vault_file_with_equal_values_is_not_written(old: Path) -> None:
    inode = old.stat().st_ino
    done = store_variables(old, {"bill_password": "findme-old", "nothing": None})
    assert (done.changed, done.exists, done.backup_file) == (False, True, None)
    assert old.stat().st_ino == inode
    assert os.listdir(old.parent) == ["bill.yml"]


def test_vault_file_after_a_change_has_a_backup_that_ansible_does_not_load(old: Path) -> None:
    was = old.read_bytes()
    done = store_variables(old, {"bill_password": "findme-new"})
    assert done.backup_file
    assert Path(done.backup_file).read_bytes() == was
    assert mode(done.backup_file) == 0o600
    again = store_variables(old, {"bill_password": "findme-newer"})
    assert again.backups == sorted([done.backup_file, str(again.backup_file)])
    assert loader().find_vars_files(str(old.parents[1]), "all") == [str(old)]
    assert store_variables(old, {"bill_password": "findme-last"}, backup=False).backup_file is None
    assert len(os.listdir(old.parent)) == 3
    assert text(old) == 'bill_password: "findme-last"\nother: 1\n'


@pytest.mark.promise(5)
def test_vault_file_in_clear_text_has_an_encrypted_backup(tmp_path: Path) -> None:
    path = file_with(tmp_path, OLD.encode())
    done = store_variables(path, {"bill_password": "findme-old"})
    assert done.changed
    # The warning is also true if all secrets in the file are encrypted separately.
    assert done.warning == (
        f"{path} was not encrypted as a whole. Rotate the secrets that it held in clear text: "
        "backups and version control may hold them, too."
    )
    assert done.backup_file
    assert text(path) == text(done.backup_file) == OLD
    assert not any(b"findme" in data for data in everything(tmp_path).values())
    assert store_variables(path, {"bill_password": "findme-old"}).warning is None


def test_vault_file_in_clear_text_is_unchanged_by_an_inspection(tmp_path: Path) -> None:
    path = file_with(tmp_path, OLD.encode())
    done = inspect_file(str(path), loader())
    assert (done.changed, done.names, done.warning) == (False, ["bill_password", "other"], None)
    assert everything(tmp_path) == {"group_vars/all/bill.yml": OLD.encode()}


def test_vault_file_inspection_needs_only_read_access(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_arguments: False)
    reported = inspect_file(str(old), loader()).return_values(diff=False)
    assert reported == {
        "path": str(old),
        "exists": True,
        "names": ["bill_password", "other"],
        "backup_file": None,
        "backups": [],
        "read_by": read_by(str(old), None),
        "changed": False,
    }
    of = loader()
    of.set_vault_secrets(None)
    assert not inspect_file(str(tmp_path / "group_vars" / "none.yml"), of).exists
    with pytest.raises(BillError, match="without a vault password"):
        inspect_file(str(old), of)


# --- Passwords ---

TWO = (("test", "findme-1"), ("prod", "findme-2"))


@pytest.mark.promise(8)
@pytest.mark.parametrize("variables", [{}, {"a": 1}])
@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize("secrets", [None, []])
def test_vault_file_without_a_vault_password_is_unchanged(
    old: Path, variables: Any, check_mode: bool, secrets: Any
) -> None:
    of = loader()
    of.set_vault_secrets(secrets)
    with pytest.raises(BillError, match="--ask-vault-pass, --vault-password-file or --vault-id"):
        store_variables(old, variables, of, check_mode=check_mode)
    with pytest.raises(BillError, match="without a vault password"):
        remove_variables(str(old), of)
    assert os.listdir(old.parent) == ["bill.yml"]


@pytest.mark.promise(5)
@pytest.mark.promise(8)
def test_vault_file_of_another_password_is_named_and_unchanged(old: Path) -> None:
    was = everything(old.parent)
    for work in (store_variables, lambda path, _variables, of: remove_variables(str(path), of)):
        with pytest.raises(
            BillError, match="cannot be decrypted: it was encrypted with another vault password"
        ) as refusal:
            work(old, {"a": 1}, loader(*TWO))
        assert str(old) in str(refusal.value)
        assert "findme" not in str(refusal.value)
    assert everything(old.parent) == was


DAMAGE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "cut": (lambda data: data[:60], "but it is damaged"),
    "cut early": (lambda data: data[:28], "but it is damaged"),
    "overwritten": (lambda data: data[:60] + b"xyz" + data[63:], "but it is damaged"),
    "another digit": (
        lambda data: data[:-3] + (b"31" if data[-3:-1] == b"30" else b"30") + b"\n",
        "cannot be decrypted",
    ),
}


@pytest.mark.promise(8)
@pytest.mark.parametrize(("damage", "reported"), DAMAGE.values(), ids=DAMAGE)
def test_vault_file_that_is_damaged_is_named_and_unchanged(
    tmp_path: Path, damage: Callable[[bytes], bytes], reported: str
) -> None:
    path = file_with(tmp_path, damage(encrypted(OLD)))
    was = path.read_bytes()
    with pytest.raises(BillError, match=reported):
        store_variables(path, {"a": 1})
    assert path.read_bytes() == was


@pytest.mark.parametrize("label", [None, "prod", "elsewhere"])
def test_vault_file_keeps_its_password_and_label(
    tmp_path: Path, label: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "DEFAULT_VAULT_IDENTITY", "mine")
    path = file_with(tmp_path, encrypted(OLD, "findme-2", label))
    head = path.read_bytes().splitlines()[0]
    store_variables(path, {"bill_password": "findme-new"}, loader(*TWO), vault_id="test")
    assert path.read_bytes().splitlines()[0] == head
    assert "findme-new" in text(path, loader(TWO[1]))


@pytest.mark.promise(8)
def test_vault_file_with_several_passwords_requires_vault_id(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variables in ({"a": 1}, {}):
        with pytest.raises(OptionError, match=r"several vault passwords \(test, prod\). Set vault_id"):
            store_variables(path, variables, loader(*TWO))
    with pytest.raises(OptionError, match=r"^vault_id names .* Ansible was started with: test, prod\."):
        store_variables(path, {"a": 1}, loader(*TWO), vault_id="dev")
    with pytest.raises(OptionError, match=r"^vault_id names .* Ansible was started with: default\."):
        store_variables(path, {"a": 1}, vault_id="dev")
    assert not path.parent.exists()
    store_variables(path, {"a": 1}, loader(*TWO), vault_id="prod")
    assert path.read_bytes().startswith(b"$ANSIBLE_VAULT;1.2;AES256;prod\n")
    assert text(path, loader(TWO[1]))
    monkeypatch.setattr(constants, "DEFAULT_VAULT_ENCRYPT_IDENTITY", "test")
    path.write_text(OLD)
    store_variables(path, {"a": 1}, loader(*TWO))
    assert path.read_bytes().startswith(b"$ANSIBLE_VAULT;1.2;AES256;test\n")


def test_vault_file_with_several_passwords_of_one_label_uses_the_first(path: Path) -> None:
    of = loader(("default", "findme-1"), ("default", "findme-2"))
    store_variables(path, {"a": 1}, of)
    assert text(path, loader(("default", "findme-1")))
    assert match_encrypt_secret(of._vault.secrets)[1].bytes == b"findme-1"
    path.unlink()
    store_variables(path, {"a": 1}, loader(*TWO, ("prod", "findme-3")), vault_id="prod")
    assert text(path, loader(TWO[1]))


def test_vault_file_with_the_same_password_twice_uses_it(path: Path) -> None:
    store_variables(path, {"a": 1}, loader(("default", "findme"), ("default", "findme")))
    assert text(path, loader(("default", "findme")))


@pytest.mark.parametrize(
    ("data", "slip_is_told"),
    [(None, False), (OLD.encode(), False), (encrypted(OLD), True)],
    ids=["no file", "in the clear", "encrypted"],
)
def test_typed_password_is_checked_again_only_without_an_encrypted_file(
    tmp_path: Path, data: bytes | None, slip_is_told: bool
) -> None:
    path = file_with(tmp_path, data)
    of = loader()
    assert typed_password(of, str(path)) is None
    of.set_vault_secrets([("default", PromptVaultSecret(b"vault"))])
    assert typed_password(of, str(path)) == (None if slip_is_told else "vault")


@pytest.mark.parametrize(
    ("typed", "vault_id", "again"),
    [
        (["test"], None, "findme-1"),
        (["test"], "prod", None),
        (["test", "prod"], None, None),
        (["test", "prod"], "prod", "findme-2"),
    ],
)
def test_typed_password_of_several_is_checked_again_only_if_chosen(
    path: Path, typed: list[str], vault_id: str | None, again: str | None
) -> None:
    of = loader(*TWO)
    for label, secret in TWO:
        if label in typed:
            others = [each for each in of._vault.secrets if each[0] != label]
            of.set_vault_secrets([*others, (label, PromptVaultSecret(secret.encode()))])
    assert typed_password(of, str(path), vault_id) == again


# --- Places ---


def test_vault_file_behind_a_link_is_written_at_its_target(old: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.yml"
    link.symlink_to(old)
    done = store_variables(link, {"b": 2})
    assert link.is_symlink()
    assert (done.path, done.exists) == (str(link), True)
    assert Path(str(done.backup_file)).parent == old.parent
    assert text(old).endswith("b: 2\n")
    nowhere = tmp_path / "nowhere.yml"
    nowhere.symlink_to(tmp_path / "there" / "new.yml")
    assert not store_variables(nowhere, {"b": 2}).exists
    assert nowhere.is_symlink()
    assert text(tmp_path / "there" / "new.yml").endswith("b: 2\n")


def directory(path: Path) -> None:
    path.mkdir(parents=True)


def pipe(path: Path) -> None:
    path.parent.mkdir(parents=True)
    os.mkfifo(path)


def link_to_itself(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.symlink_to(path)


def not_utf_8(path: Path) -> None:
    file_with(path.parents[2], b"a: \xff\n")


def huge(path: Path) -> None:
    path.parent.mkdir(parents=True)
    with path.open("wb") as stream:
        stream.truncate(2**25)


def file_above(path: Path) -> None:
    path.parents[1].write_text("")


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("what", "reported"),
    [
        (directory, "Is a directory"),
        (pipe, "is not a file"),
        (link_to_itself, "cannot be used"),
        (not_utf_8, "is not text in UTF-8"),
        (huge, "is too large for a file of variables"),
        (file_above, "is not a directory"),
    ],
)
def test_vault_file_with_another_object_in_its_place_names_and_keeps_it(
    path: Path, what: Callable[[Path], None], reported: str
) -> None:
    what(path)
    before = sorted(str(each) for each in path.parents[2].rglob("*"))
    with pytest.raises(BillError, match=reported) as refusal:
        store_variables(path, {"a": 1})
    assert str(path) in str(refusal.value)
    assert sorted(str(each) for each in path.parents[2].rglob("*")) == before


@pytest.mark.promise(8)
@pytest.mark.parametrize("ending", ["", ".yml", ".yaml", ".json"])
@pytest.mark.parametrize("kind", ["group_vars", "host_vars"])
def test_vault_file_directory_that_would_hide_a_variables_file_is_not_created(
    tmp_path: Path, ending: str, kind: str
) -> None:
    """If both all/ and all.yml exist, ansible-core reads only the directory."""
    path = tmp_path / kind / "all" / "bill.yml"
    path.parents[1].mkdir()
    other = tmp_path / kind / f"all{ending}"
    other.write_text("a: 1\n")
    for check_mode in (True, False):
        with pytest.raises(BillError, match="move the file to .*/all/main.yml") as refusal:
            store_variables(path, {"b": 1}, check_mode=check_mode)
        assert str(other) in str(refusal.value)
    assert everything(tmp_path) == {f"{kind}/all{ending}": b"a: 1\n"}
    other.unlink()
    path.parent.mkdir()
    if ending:
        other.write_text("a: 1\n")
    assert store_variables(path, {"b": 1}).changed


def test_vault_file_directory_created_by_another_task_is_used(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.path.isdir

    def and_then_made(folder: str) -> bool:
        found = real(folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        return found

    monkeypatch.setattr(os.path, "isdir", and_then_made)
    assert store_variables(path, {"a": 1}).changed


@pytest.mark.promise(8)
def test_vault_file_in_a_read_only_directory_is_an_error_before_the_write(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Root could write there, so the test replaces the system's answer.
    monkeypatch.setattr(os, "access", lambda path, _how: path != str(old.parent))
    # A call without variables checks for a later change.
    for variables, check_mode in (({"b": 1}, True), ({"b": 1}, False), ({}, True), ({}, False)):
        with pytest.raises(BillError, match="the directory .* is not writable"):
            store_variables(old, variables, check_mode=check_mode)
    assert os.listdir(old.parent) == ["bill.yml"]
    assert not store_variables(old, {"other": 1}).changed


@pytest.mark.promise(8)
def test_vault_file_that_cannot_be_read_is_an_error(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(*_arguments: Any) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, "open", closed)
    with pytest.raises(BillError, match=r"bill.yml cannot be used \(Permission denied\)"):
        inspect_file(str(old), loader())


@pytest.mark.parametrize("refused", [False, True])
def test_vault_file_changed_by_another_user_keeps_its_owner(
    old: Path, monkeypatch: pytest.MonkeyPatch, refused: bool
) -> None:
    """sudo is an example."""
    owner, given = old.stat(), []

    def chown(file: int, user: int, group: int) -> None:
        # The file is still empty at this moment.
        given.append((os.fstat(file).st_size, user, group))
        if refused:
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    # Only root could really be two users.
    monkeypatch.setattr(os, "geteuid", lambda: owner.st_uid + 1)
    monkeypatch.setattr(os, "fchown", chown)
    assert store_variables(old, {"b": 1}).changed
    assert given == [(0, owner.st_uid, owner.st_gid)] * 2
    monkeypatch.undo()
    assert text(old).endswith("b: 1\n")


def test_vault_file_default_path_is_next_to_the_inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prod").mkdir()
    (tmp_path / "prod" / "hosts.yml").touch()
    # ansible-core takes a name with a comma for a list of hosts.
    (tmp_path / "localhost,").touch()
    ending = "group_vars/all/bill.yml"
    for sources, folder in (
        (["localhost,", "nowhere", str(tmp_path / "prod" / "hosts.yml"), "prod"], tmp_path / "prod"),
        ([str(tmp_path / "prod")], tmp_path / "prod"),
        (str(tmp_path / "prod"), tmp_path / "prod"),
        (["localhost,"], tmp_path),
        ([], tmp_path),
        (None, tmp_path),
    ):
        assert default_path(sources) == str(folder / ending)

    def default(origin: str) -> Callable[[str], tuple[list[str], str]]:
        return lambda _name: ([str(tmp_path / "prod")], origin)

    for origin, folder in (("default", tmp_path), ("env: ANSIBLE_INVENTORY", tmp_path / "prod")):
        monkeypatch.setattr(constants.config, "get_config_value_and_origin", default(origin))
        assert default_path([str(tmp_path / "prod")]) == str(folder / ending)


@pytest.mark.promise(8)
def test_vault_file_names_the_plays_that_read_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prod").mkdir()
    (inventory := tmp_path / "prod" / "hosts.yml").touch()
    with_inventory = f"all plays with the inventory {inventory}"
    beside = "plays whose playbook is in {}. If yours are in another folder, move group_vars to that folder"
    for path, reads in {
        "prod/group_vars/all/bill.yml": with_inventory,
        "prod/group_vars/all.yml": with_inventory,
        "prod/group_vars/all": with_inventory,
        "group_vars/all/bill.yml": beside.format(tmp_path),
        str(tmp_path / "playbooks/group_vars/all/deep/bill.yml"): beside.format(tmp_path / "playbooks"),
        "prod/group_vars/web/bill.yml": None,
        "host_vars/localhost.yml": None,
        "secrets/bill.yml": "no play by itself. Name it in vars_files of your plays",
        "bill.yml": "no play by itself. Name it in vars_files of your plays",
    }.items():
        assert read_by(path, ["localhost,", str(inventory)]) == reads, path


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("file", "named", "is_read"),
    [
        ("group_vars/all/bill.yml", None, False),
        ("playbooks/group_vars/all/bill.yml", None, True),
        ("prod/group_vars/all/bill.yml", None, True),
        ("secrets/bill.yml", "secrets/bill.yml", False),
        ("playbooks/group_vars/all/x.yml", "playbooks/group_vars/all/x.yml", True),
        ("playbooks/group_vars/web/x.yml", "playbooks/group_vars/web/x.yml", False),
    ],
)
def test_vault_file_that_a_play_does_not_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, named: str | None, is_read: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    if named:
        monkeypatch.setenv("BILL_VAULT_FILE", named)
    (tmp_path / "prod").mkdir()
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).touch()
    playbooks = str(tmp_path / "playbooks")
    hint = unread_file([str(tmp_path / "prod")], playbooks)
    if is_read:
        assert hint is None
    else:
        assert hint is not None
        assert hint.startswith(f"There is a vault file {tmp_path / file}, but this play does not read it: ")
        assert f"Move the file to {playbooks}/group_vars/all/bill.yml, or name it in vars_files of the play." in hint


# --- Interruptions and other programs ---


@pytest.mark.promise(5)
@pytest.mark.parametrize("clear_text", [False, True])
def test_vault_file_on_a_full_disk_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clear_text: bool
) -> None:
    path = file_with(tmp_path, OLD.encode() if clear_text else encrypted(OLD))
    was = everything(tmp_path)
    real, room = os.fsync, 0

    def full(file: int) -> None:
        nonlocal room
        room -= 1
        if room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(file)

    monkeypatch.setattr(os, "fsync", full)
    for room_before in (0, 1):
        room = room_before
        with pytest.raises(
            BillError,
            match=r"bill.yml (cannot be used|was not changed, because its backup).*\(No space left on device\)",
        ):
            store_variables(path, {"b": 1})
        assert everything(tmp_path) == was


def test_vault_file_changed_by_another_program_is_not_overwritten(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ansible-vault edit takes no lock."""
    real = os.fsync

    def and_meanwhile(file: int) -> None:
        real(file)
        old.write_bytes(encrypted("theirs: 1\n"))

    monkeypatch.setattr(os, "fsync", and_meanwhile)
    with pytest.raises(BillError, match="Another program changed .* meanwhile"):
        store_variables(old, {"b": 1})
    assert text(old) == "theirs: 1\n"
    assert os.listdir(old.parent) == ["bill.yml"]


def test_vault_file_lock_held_by_another_task_times_out_with_a_message(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with safe_file.write_lock(str(old), str(old)):
        monkeypatch.setattr(safe_file, "LOCK_TIMEOUT", 0)
        # Check mode fails, too, so nobody is asked for values that cannot be stored.
        for check_mode in (True, False):
            with pytest.raises(LockTimeoutError, match=f"has been writing to {old} for 0 seconds"):
                store_variables(old, {"b": 1}, check_mode=check_mode)
        # The task that writes would remove the files of a trial as the leftovers of a killed task.
        with pytest.raises(LockTimeoutError):
            refuse_if_unwritable(str(old), loader())
        assert store_variables(old.with_name("another.yml"), {"b": 1}).changed
    refuse_if_unwritable(str(old), loader())
    assert store_variables(old, {"b": 1}).changed


@pytest.mark.promise(6)
def test_vault_file_locked_by_another_user_is_written(old: Path) -> None:
    """Anybody who can read the directory or the file can lock it."""
    held = [os.open(path, os.O_RDONLY) for path in (old.parent, old, old.parents[2])]
    for file in held:
        fcntl.flock(file, fcntl.LOCK_EX)
    assert store_variables(old, {"b": 1}).changed
    for file in held:
        os.close(file)


@pytest.mark.promise(6)
def test_vault_file_locks_exist_only_while_they_are_held(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    monkeypatch.setattr(ansible_paths, "default_store", lambda: str(home))
    with safe_file.write_lock(str(old), str(old)):
        locks = [*home.glob("vault-*.lock"), old.parent / ".bill.yml.lock~"]
        assert [mode(lock) for lock in locks] == [0o600, 0o600]
    assert [lock for lock in locks if lock.exists()] == []


@pytest.mark.promise(6)
def test_vault_file_with_a_lock_file_of_another_user_is_written(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = old.parent / ".bill.yml.lock~"
    theirs.touch()
    held = os.open(theirs, os.O_RDWR)
    fcntl.flock(held, fcntl.LOCK_EX)
    about = os.lstat(theirs)
    real = os.lstat
    stranger = os.stat_result([*about[:4], about.st_uid + 1, *about[5:]])
    monkeypatch.setattr(os, "lstat", lambda path, **how: stranger if path == str(theirs) else real(path, **how))
    left = old.parent / f".bill.yml.{'0' * 16}~"
    left.touch()
    assert store_variables(old, {"b": 1}).changed
    # Another task of this user, with another home, may be writing it.
    assert left.exists()
    os.close(held)


def test_vault_file_written_by_tasks_with_different_homes_loses_no_value(tmp_path: Path) -> None:
    reported = in_its_own_process("run_at_once", str(tmp_path), 12, True, module=vault_helpers.__name__)
    assert reported["ended"] == [0] * 12
    assert reported["stored"] == {f"of_{number}": f"findme-{number}" for number in range(12)}
    assert (reported["backups"], reported["left"]) == (11, [])


@pytest.mark.promise(13)
def test_vault_file_without_a_place_for_a_lock_is_written(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    for name in ("default_store", "run_store"):
        monkeypatch.setattr(ansible_paths, name, lambda: str(tmp_path / "file"))
    assert store_variables(old, {"b": 1}).changed


@pytest.mark.promise(6)
def test_vault_file_in_a_directory_with_leftovers_is_written(old: Path) -> None:
    """A directory could take a fixed name. The leftovers of a killed task are removed, but nothing of other users."""
    left = old.parent / f".bill.yml.{'0' * 16}~"
    left.write_text("left")
    in_the_way = [old.parent / name for name in (".bill.yml.new~", f".bill.yml.{'1' * 16}~")]
    for each in in_the_way:
        each.mkdir()
    link = old.parent / f".bill.yml.{'2' * 16}~"
    link.symlink_to(old)
    assert store_variables(old, {"b": 1}).changed
    assert not left.exists()
    assert all(each.is_dir() for each in in_the_way)
    assert link.is_symlink()
    assert text(old).endswith("b: 1\n")


def test_vault_file_written_by_concurrent_tasks_loses_no_value(tmp_path: Path) -> None:
    reported = in_its_own_process("run_at_once", str(tmp_path), 12, module=vault_helpers.__name__)
    assert reported["ended"] == [0] * 12
    assert reported["stored"] == {f"of_{number}": f"findme-{number}" for number in range(12)}
    assert (reported["backups"], reported["left"]) == (11, [])


@pytest.mark.promise(5)
@pytest.mark.parametrize(
    "scenario",
    [
        "new",
        *(pytest.param(each, marks=pytest.mark.slow) for each in ("changed", "in the clear", "taken out", "removed")),
    ],
)
def test_vault_file_after_a_killed_task_is_the_old_or_the_new_file(tmp_path: Path, scenario: str) -> None:
    kill_at_each_step = in_its_own_process("kill_at_each_step", str(tmp_path), scenario, module=vault_helpers.__name__)
    assert len(kill_at_each_step) >= 4
    before = {"new": None, "removed": vault_helpers.OURS}.get(scenario, vault_helpers.OLD)
    assert {death["text"] for death in kill_at_each_step} == {before, kill_at_each_step[0]["after"]}
    for death in kill_at_each_step:
        assert death["signal"] == 9, death
        old_in_the_clear = ["bill.yml"] if scenario == "in the clear" and death["text"] == before else []
        assert death["in_the_clear"] == old_in_the_clear, death
        assert set(death["modes"]) <= {0o600}, death
        assert death["variables"] == ([] if death["text"] is None else ["bill.yml"]), death
        assert death["next"] == (death["text"] != death["after"]), death
        assert death["text_then"] == death["after"], death
        assert death["clear_then"] == [], death
        # A task that died right after the replacement leaves this file. The next task that writes removes it.
        left = [".bill.yml.lock~"] if not death["next"] else []
        assert death["left_then"] in ([], left), death


# --- Removing ---


def test_vault_file_with_only_bill_variables_is_removed_and_keeps_its_backups(old: Path) -> None:
    store_variables(old, {"other": None, "bill_dev_key": "findme"})
    done = remove_variables(str(old), loader())
    assert (done.changed, done.exists, done.names, done.backup_file, done.warning) == (True, True, [], None, None)
    assert not old.exists()
    assert len(done.backups) == 1
    assert "other: 1" in text(done.backups[0])
    again = remove_variables(str(old), loader())
    assert (again.changed, again.exists) == (False, False)


def test_vault_file_behind_links_is_removed_with_the_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = file_with(tmp_path, encrypted("bill_password: findme\n"))
    link, second = tmp_path / "link.yml", tmp_path / "second" / "bill.yml"
    second.parent.mkdir()
    second.symlink_to(old)
    link.symlink_to("second/bill.yml")
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, how: path != str(second.parent) and real(path, how))
    for check_mode in (True, False):
        with pytest.raises(BillError, match="the directory .*second.* is not writable"):
            remove_variables(str(link), loader(), check_mode=check_mode)
    monkeypatch.undo()
    assert text(link) == "bill_password: findme\n"
    monkeypatch.chdir(tmp_path)
    assert remove_variables("link.yml", loader()).changed
    assert [path for path in tmp_path.rglob("*") if not path.is_dir()] == []
    assert not remove_variables(str(link), loader()).changed


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it has no variables of bill.connect"),
        (b"# only a comment\n", "it has no variables of bill.connect"),
        (encrypted("other: 1\n"), "it has no variables of bill.connect"),
    ],
)
def test_vault_file_link_to_a_file_without_bill_variables_is_removed_alone(
    tmp_path: Path, content: bytes, why: str
) -> None:
    theirs = tmp_path / "theirs.yml"
    theirs.write_bytes(content)
    link = file_with(tmp_path, None)
    link.parent.mkdir(parents=True)
    link.symlink_to(theirs)
    for check_mode in (True, False):
        done = remove_variables(str(link), loader(), check_mode=check_mode)
        assert (done.changed, done.warning) == (
            True,
            f"{link} is a link, and only the link was removed. {theirs} was not removed, because {why}.",
        )
        assert link.is_symlink() is check_mode
    assert theirs.read_bytes() == content


def test_vault_file_link_that_leaves_the_project_is_removed_alone(tmp_path: Path) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    elsewhere.mkdir()
    ours = elsewhere / "bill.yml"
    ours.write_bytes(encrypted("bill_password: findme\n"))
    between = elsewhere / "between.yml"
    between.symlink_to(ours)
    link = project / "group_vars" / "all" / "bill.yml"
    link.parent.mkdir(parents=True)
    link.symlink_to(between)
    done = remove_variables(str(link), loader())
    assert (done.changed, done.warning) == (
        True,
        f"{link} is a link, and only the link was removed. {ours} was not removed, because it is outside {project}.",
    )
    assert not link.is_symlink()
    assert between.is_symlink()
    assert ours.exists()
    assert not remove_variables(str(link), loader()).changed


@pytest.mark.promise(5)
@pytest.mark.parametrize("content", [b"# only a comment\n", b"bill_password: findme\n"])
def test_vault_file_in_a_directory_outside_the_project_is_unchanged(tmp_path: Path, content: bytes) -> None:
    project, foreign = tmp_path / "project", tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "bill.yml").write_bytes(content)
    (project / "group_vars").mkdir(parents=True)
    (project / "group_vars" / "all").symlink_to(foreign)
    path = project / "group_vars" / "all" / "bill.yml"
    done = remove_variables(str(path), loader())
    assert (done.changed, done.warning) == (
        False,
        f"{path} is a link, and nothing was removed. {foreign / 'bill.yml'} was not removed, because it is outside {project}.",
    )
    with pytest.raises(BillError, match=r"which is not encrypted\. bill\.connect does not encrypt it"):
        store_variables(path, {"b": 1})
    assert (foreign / "bill.yml").read_bytes() == content
    assert os.listdir(foreign) == ["bill.yml"]


@pytest.mark.promise(5)
@pytest.mark.parametrize("content", [b"theirs: findme\n", b"bill_password: findme\n", b""])
def test_vault_file_in_clear_text_behind_a_link_is_refused(tmp_path: Path, content: bytes) -> None:
    theirs = tmp_path / "theirs.yml"
    theirs.write_bytes(content)
    link = tmp_path / "link.yml"
    link.symlink_to(theirs)
    for variables in ({"b": 1}, {}):
        with pytest.raises(BillError, match=f"{link} is a link to {theirs}, which is not encrypted") as refusal:
            store_variables(link, variables)
        assert f"ansible-vault encrypt {theirs}" in str(refusal.value)
    assert theirs.read_bytes() == content
    theirs.write_bytes(encrypted(content.decode()))
    assert store_variables(link, {"b": 1}).changed


def test_vault_file_with_other_variables_loses_only_those_of_bill(old: Path) -> None:
    done = remove_variables(str(old), loader())
    assert (done.changed, done.names) == (True, ["other"])
    assert done.backup_file
    assert done.warning == (
        f"{old} was not removed, because it has other variables, too (other). Only the variables of bill.connect were removed."
    )
    assert text(old) == "other: 1\n"
    again = remove_variables(str(old), loader())
    assert (again.changed, again.names) == (False, ["other"])
    assert again.warning
    assert "it has no variables of bill.connect, only others (other)" in again.warning


@pytest.mark.promise(12)
def test_vault_file_in_check_mode_is_validated_and_not_written(old: Path, tmp_path: Path) -> None:
    was = everything(tmp_path)
    done = store_variables(old, {"b": 1, "bill_password": None}, check_mode=True)
    assert (done.changed, done.names, done.backup_file) == (True, ["b", "other"], None)
    assert remove_variables(str(old), loader(), check_mode=True).changed
    with pytest.raises(OptionError, match="is not valid for a variable"):
        store_variables(old, {"no name": 1}, check_mode=True)
    assert store_variables(tmp_path / "new" / "bill.yml", {"b": 1}, check_mode=True).changed
    assert everything(tmp_path) == was
    assert not (tmp_path / "new").exists()


# --- Results and reads ---


@pytest.mark.promise(5)
def test_vault_file_in_diff_mode_shows_only_names(old: Path) -> None:
    reported = store_variables(old, {"bill_password": "findme-new", "other": None, "b": "findme"}).return_values(
        diff=True
    )
    assert reported["diff"] == {
        "before_header": str(old),
        "before": "bill_password: (the old value, not shown)\nother: (the old value, not shown)\n",
        "after_header": str(old),
        "after": "b: (new, not shown)\nbill_password: (a new value, not shown)\n",
    }


def test_stored_variables_are_read_as_ansible_loads_them(tmp_path: Path) -> None:
    inline = encrypted("findme").decode().replace("\n", "\n  ").rstrip()
    path = file_with(
        tmp_path,
        encrypted(f"template: '{{{{ a }}}}'\nplain: !unsafe '{{{{ a }}}}'\nvaulted: !vault |\n  {inline}\nn: [1]\n"),
    )
    of = loader()
    found = read_variables(of, str(path))
    assert {name: str(value) for name, value in found.items() if name != "vaulted"} == {
        "template": "{{ a }}",
        "plain": "{{ a }}",
        "n": "[1]",
    }
    assert decrypted(found["n"]) == [1]
    templar = Templar(of, variables={"a": "worked out"})
    assert [templar.template(found[name]) for name in ("template", "plain")] == ["worked out", "{{ a }}"]
    store_variables(path, {"vaulted": "findme"}, of)
    assert not store_variables(path, {"vaulted": "findme"}, of).changed
    assert read_variables(of, str(tmp_path / "none.yml")) == {}


def test_stored_variables_with_a_relative_path_are_read(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From ansible-core 2.19 on, its loader accepts no relative path."""
    monkeypatch.chdir(old.parent)
    assert sorted(read_variables(loader(), "bill.yml")) == ["bill_password", "other"]


@pytest.mark.promise(8)
@pytest.mark.parametrize("variables", ["findme", ["findme"], 7])
def test_given_variables_that_are_not_a_dictionary_are_an_option_error(variables: Any) -> None:
    with pytest.raises(OptionError, match="^variables must be a dictionary: a value for each name.$"):
        given_variables(variables, "present")


def test_given_variables_without_omitted_values_are_returned() -> None:
    assert given_variables({"b": None}, "present") == {"b": None}
    assert given_variables({}, "present") == {}
    with pytest.raises(OptionError, match="state absent does not accept variables"):
        given_variables({}, "absent")


@pytest.mark.promise(5)
def test_given_variables_are_secret_except_for_public_options() -> None:
    variables = {"bill_environment": "sandbox", "bill_password": "p", "other": {"k": ["findme", 7, True, None]}}
    assert secrets_among({**variables, "bill_session_store": "/srv/bill"}) == {"p", "k", "findme", "7"}
    url = "redis://:of-redis@127.0.0.1"
    assert secrets_among({"bill_session_store": url}) == {url, "of-redis"}


# --- names and steps that a file system refuses ---


@pytest.fixture
def windows_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that accepts only names that Windows accepts."""
    real = os.open

    def refuse(path: Any, flags: int, *more: Any, **named: Any) -> int:
        if flags & os.O_CREAT and set(os.path.basename(os.fsdecode(path))) & set('<>:"|?*\\'):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        return real(path, flags, *more, **named)

    monkeypatch.setattr(os, "open", refuse)


@pytest.mark.usefixtures("windows_share")
def test_backup_on_a_share_of_windows_is_written(old: Path) -> None:
    result = set_variables(str(old), {"bill_password": "findme-new"}, loader(), by=BY)
    assert result.backup_file
    name = os.path.basename(result.backup_file)
    assert re.fullmatch(r"[A-Za-z0-9._-]+", name)
    assert backups_of(str(old)) == [result.backup_file]


def test_backups_of_older_versions_are_listed_too(old: Path) -> None:
    names = ["bill.yml.12.2026-11-22@09:30:00~", "bill.yml.12.2026-11-23_09-30-00.bak"]
    for name in (*names, "bill.yml.bak", "bill.yml.12.2026-11-22@09:30:00.bak", "other.yml.12.2026-11-22_09-30-00.bak"):
        (old.parent / name).write_text("")
    assert [os.path.basename(path) for path in backups_of(str(old))] == names


@pytest.mark.parametrize("step", ["replace", "fsync", "backup"])
def test_directory_that_refuses_a_step_is_told_before_anything_else(
    old: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """The form calls this before it sends new credentials to BILL."""
    before = old.read_bytes()
    real = os.open

    def refuse(*arguments: Any, **named: Any) -> Any:
        if step != "backup" or str(arguments[0]).endswith(".bak"):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        return real(*arguments, **named)

    monkeypatch.setattr(os, "open" if step == "backup" else step, refuse)
    with pytest.raises(BillError, match="Invalid argument"):
        set_variables(str(old), {}, loader(), by=BY)
    monkeypatch.undo()
    assert old.read_bytes() == before
    assert [each.name for each in old.parent.iterdir()] == [old.name]


def test_trial_leaves_nothing(old: Path) -> None:
    set_variables(str(old), {}, loader(), by=BY)
    assert [each.name for each in old.parent.iterdir()] == [old.name]
