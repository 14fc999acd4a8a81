# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stores variables in a file that is encrypted with Ansible's vault password.

Private to bill.connect. The data is encrypted before it is on the disk, and replaces the old file in one step. So after any
interruption there is either the complete old file or the complete new one.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import stat
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

from ansible import constants as C
from ansible.errors import AnsibleError
from ansible.parsing.vault import AnsibleVaultFormatError, PromptVaultSecret, VaultLib, is_encrypted

from .._core.errors import BillError, LockTimeoutError, OptionError, StoreError
from .._options.spec import OPTIONS, SUMMARIES
from .._store.file import FileStore
from .._store.lock import lock_file
from . import ansible_paths
from .ansible_values import texts_in, variables_in, vault_secrets
from .variable_locations import check_not_shadowing, project_folder
from .variables_document import Edit, VariablesDocument, header

STARTED_WITHOUT_ONE = (
    "Ansible was started without a vault password. Start it with --ask-vault-pass, --vault-password-file or --vault-id "
    "(or name a file in ANSIBLE_VAULT_PASSWORD_FILE or ansible.cfg)."
)

_IN_THE_CLEAR = "{} was not encrypted as a whole. Rotate the secrets that stood in it in clear text: they may be in backups and version control, too."
_KNOWN_TO_BE_PLAIN = {option.variable for option in OPTIONS if not option.secret}

# Writing a file takes less time than this, so no task holds the lock for longer.
_LOCK_TIMEOUT = 30.0
_LARGEST = 16 * 1024 * 1024


@dataclass(frozen=True)
class VaultFile:
    """A variables file in its present state. ``text`` is its decrypted content, empty if there is no file.

    ``path`` is where the user looks for the file. ``target`` is the file itself, if ``path`` is a link. ``label`` and ``secret``
    are the vault id and the password of the file. They are None if the file is in clear text or does not exist.
    """

    path: str
    target: str
    exists: bool
    encrypted: bool
    text: str = field(repr=False)
    label: str | None
    secret: Any = field(repr=False)
    loader: Any = field(repr=False)
    # The bytes on the disk. None if there is no file.
    raw: bytes | None = field(repr=False)

    @classmethod
    def at(cls, path: str, loader: Any) -> VaultFile:
        """The file at the path, decrypted with one of Ansible's passwords. Raises BillError if no password fits."""
        target = os.path.realpath(path)
        raw = _read(path, target)
        if raw is None:
            return cls(path, target, False, False, "", None, None, loader, None)
        data, label, secret = raw, None, None
        if encrypted := is_encrypted(raw):
            data, label, secret = _opened(path, raw, _passwords(loader))
        try:
            text = data.decode()
        except UnicodeDecodeError:
            raise BillError(f"{path} is not text in UTF-8.") from None
        return cls(path, target, True, encrypted, text, label, secret, loader, raw)

    @property
    def variables(self) -> VariablesDocument:
        """The variables in the file. Raises BillError if the file is not a variables file."""
        return VariablesDocument(self.text, self.path, self._decrypted)

    def kept(self) -> dict[str, Any]:
        """The variables in the file as ansible-core loads them, untemplated. Raises BillError."""
        _names = self.variables.names
        try:
            return variables_in(self.loader, self.text, self.target)
        except (AnsibleError, ValueError, TypeError):
            raise BillError(f"Ansible cannot read the variables in {self.path}.") from None

    def _decrypted(self, text: str) -> str | None:
        try:
            return bytes(VaultLib(vault_secrets(self.loader)).decrypt(text.encode())).decode()
        except (AnsibleError, ValueError):
            return None


def read_variables(loader: Any, path: str) -> dict[str, Any]:
    """The variables in a file as ansible-core loads them: templates are still templates. Empty if there is no file. Raises BillError."""
    return VaultFile.at(path, loader).kept()


def typed_password(loader: Any, path: str, vault_id: str | None = None) -> str | None:
    """The vault password that a person typed for a file that is not encrypted with it yet.

    The caller asks for it again, because nothing else shows a typing error. None in three cases: the file is encrypted, the password
    was not typed, or several typed passwords are possible. Raises BillError.
    """
    file = VaultFile.at(path, loader)
    if file.encrypted:
        return None
    try:
        likely = [_key(file, loader, vault_id)[1]]
    except OptionError:
        # Only the task that writes may know the right vault id, so any password may be the right one.
        likely = [secret for _label, secret in _passwords(loader)]
    typed = [secret for secret in likely if isinstance(secret, PromptVaultSecret)]
    return typed[0].bytes.decode(errors="surrogateescape") if len(typed) == 1 else None


@dataclass(frozen=True)
class VaultFileResult:
    """The result: the file's variables now, what the edit changed, and the existing backups."""

    path: str
    exists: bool
    names: list[str]
    changed: bool
    edit: Edit
    backup_file: str | None
    backups: list[str]
    warning: str | None = None

    def told(self, *, diff: bool) -> dict[str, Any]:
        """The return values of bill_vault_file."""
        told: dict[str, Any] = {
            "path": self.path,
            "exists": self.exists,
            "names": self.names,
            "backup_file": self.backup_file,
            "backups": self.backups,
            "changed": self.changed,
        }
        if diff:
            before = [
                *((name, "the old value") for name in self.edit.changed),
                *((n, "kept") for n in self.edit.removed),
            ]
            after = [*((name, "a new value") for name in self.edit.changed), *((n, "new") for n in self.edit.added)]
            told["diff"] = {
                "before_header": self.path,
                "before": _lines(before),
                "after_header": self.path,
                "after": _lines(after),
            }
        return told


def _lines(variables: list[tuple[str, str]]) -> str:
    return "".join(f"{name}: ({what}, not shown)\n" for name, what in sorted(variables))


def given_variables(variables: Any, state: str, omit: Any) -> dict[str, Any] | None:
    """The variables that a task was given. Raises OptionError if the value is not a dictionary or does not fit ``state``."""
    if variables is None:
        return None
    if not isinstance(variables, Mapping):
        raise OptionError("variables must be a dictionary: a value for each name.")
    if state == "absent":
        raise OptionError("state absent takes no variables: it removes those of bill.connect.")
    # Up to ansible-core 2.18, an omitted value is a special text in the dictionary.
    return {name: value for name, value in variables.items() if value != omit or omit is None}


def secrets_among(variables: Mapping[str, Any] | None) -> set[str]:
    """The texts and numbers in variables that may be secret."""
    return {
        text for name, value in (variables or {}).items() if name not in _KNOWN_TO_BE_PLAIN for text in texts_in(value)
    }


def inspect_file(path: str, loader: Any) -> VaultFileResult:
    """The present state of the file, also if it is not writable. Raises BillError."""
    file = VaultFile.at(path, loader)
    return VaultFileResult(path, file.exists, file.variables.names, False, Edit(file.text), None, _backups(file.target))


def set_variables(
    path: str,
    variables: Mapping[str, Any],
    loader: Any,
    *,
    by: str,
    vault_id: str | None = None,
    backup: bool = True,
    check_mode: bool = False,
) -> VaultFileResult:
    """The result after the file holds these variables. None removes a variable. Raises BillError.

    Without any variables, nothing is written. The call only raises the error that would prevent a write. ``by`` is the name of
    the writing task. A new file shows it to its reader.
    """

    def plan(file: VaultFile) -> _Plan:
        _refuse_to_take_over(file)
        edit = file.variables.edit(variables)
        if not file.text.strip() and edit.added:
            new = VariablesDocument(_beginning(file, by), path).edit(variables)
            edit = Edit(new.text, new.added)
        # A file in clear text is encrypted, even if its variables do not change.
        remove_variables = file.exists and not file.encrypted
        writes = edit.text != file.text or remove_variables
        return _Plan(
            file,
            edit,
            writes or not variables,
            writes,
            warning=_IN_THE_CLEAR.format(path) if remove_variables else None,
        )

    return _carry_out(path, plan, loader, vault_id=vault_id, backup=backup, check_mode=check_mode)


def remove_variables(
    path: str, loader: Any, *, vault_id: str | None = None, backup: bool = True, check_mode: bool = False
) -> VaultFileResult:
    """The result after the file is removed. A file with other variables stays, and loses only those of bill.connect. Raises BillError."""

    def plan(file: VaultFile) -> _Plan:
        names = file.variables.names
        ours = [name for name in names if name in SUMMARIES]
        others = [name for name in names if name not in SUMMARIES]
        links = _links(path)
        if file.exists and (why := _why_left(file, ours)):
            within = [link for link in links if _is_within(os.path.dirname(link), project_folder(path))]
            removed = "only the link was removed" if within else "nothing was removed"
            warning = f"{path} is a link, and {removed}. {file.target} was left, because {why}."
            return _Plan(file, Edit("" if within else file.text, removed=ours), removes=within, warning=warning)
        if not others:
            # The links come last: a link without its file holds no variables, so an interrupted removal leaves none.
            removes = [file.target, *links] if file.exists else []
            return _Plan(file, Edit("", removed=ours), removes=removes)
        edit = file.variables.edit(dict.fromkeys(ours))
        warning = (
            f"{path} was not removed, because it has other variables, too ({', '.join(others)}). Those of bill.connect were taken out."
            if ours
            else f"{path} was not removed, because none of its variables is one of bill.connect's ({', '.join(others)})."
        )
        return _Plan(file, edit, bool(ours), bool(ours), warning=warning)

    return _carry_out(path, plan, loader, vault_id=vault_id, backup=backup, check_mode=check_mode)


@dataclass(frozen=True)
class _Plan:
    file: VaultFile
    edit: Edit
    # Whether an obstacle to writing counts as an error.
    could_write: bool = False
    writes: bool = False
    removes: Sequence[str] = ()
    warning: str | None = None


def _carry_out(
    path: str,
    plan: Callable[[VaultFile], _Plan],
    loader: Any,
    *,
    vault_id: str | None,
    backup: bool,
    check_mode: bool,
) -> VaultFileResult:
    todo = plan(VaultFile.at(path, loader))
    backup_file = None
    if todo.could_write:
        check_not_shadowing(path, todo.file.target)
        _key(todo.file, loader, vault_id)
    if todo.could_write or todo.removes:
        folder = os.path.dirname(todo.file.target)
        for each in todo.removes or [todo.file.target]:
            _refuse_if_closed(path, os.path.dirname(each))
        changes = not check_mode and (todo.writes or bool(todo.removes))
        if changes:
            with _errors_of(path):
                os.makedirs(folder, exist_ok=True)
        # Check mode takes the lock, too: a caller that asks a person for values learns early that it cannot store them.
        with _lock(path, todo.file.target, beside=changes) as alone:
            if changes:
                # Another task may have held the lock until now.
                todo = plan(VaultFile.at(path, loader))
                if todo.removes:
                    with _errors_of(path):
                        for each in todo.removes:
                            os.unlink(each)
                            _fsync_directory(os.path.dirname(each))
                elif todo.writes:
                    backup_file = _write(todo, *_key(todo.file, loader, vault_id), backup=backup, alone=alone)
    after = [] if todo.removes else VariablesDocument(todo.edit.text, path).names
    return VaultFileResult(
        path,
        todo.file.exists,
        after,
        todo.writes or bool(todo.removes),
        todo.edit,
        backup_file,
        _backups(todo.file.target),
        todo.warning,
    )


# --- Reading ---


def _read(path: str, target: str) -> bytes | None:
    with _errors_of(path):
        try:
            # O_NONBLOCK: a pipe in the place of the file must not block the task for ever.
            file = os.open(target, os.O_RDONLY | os.O_NONBLOCK)
        except (FileNotFoundError, NotADirectoryError):
            return None
        with os.fdopen(file, "rb") as stream:
            about = os.fstat(file)
            if not stat.S_ISREG(about.st_mode):
                raise BillError(f"{path} is not a file.")
            if about.st_size > _LARGEST:
                raise BillError(f"{path} is too large for a file of variables.")
            return stream.read()


def _opened(path: str, raw: bytes, secrets: Sequence[tuple[str, Any]]) -> tuple[bytes, str | None, Any]:
    """The content of an encrypted file, its label, and the password that fits. Raises BillError."""
    # ansible-core's own parser returns its default label for a file without a label.
    about = raw.splitlines()[0].split(b";")
    label = about[3].strip().decode(errors="replace") if len(about) > 3 else None
    try:
        data, _label, secret = VaultLib(list(secrets)).decrypt_and_get_vault_id(raw)
    except AnsibleVaultFormatError:
        raise BillError(f"{path} begins like a file that ansible-vault has encrypted, but it is damaged.") from None
    except AnsibleError:
        raise BillError(
            f"{path} cannot be opened: none of the vault passwords that Ansible was started with is the one that it was encrypted with. "
            "Nothing was changed."
        ) from None
    return bytes(data), label, secret


def _passwords(loader: Any) -> list[tuple[str, Any]]:
    if secrets := vault_secrets(loader):
        return secrets
    raise BillError(STARTED_WITHOUT_ONE)


def _key(file: VaultFile, loader: Any, vault_id: str | None) -> tuple[str | None, Any]:
    """The label and the password to encrypt with. Raises BillError or OptionError."""
    if file.encrypted:
        return file.label, file.secret
    secrets = _passwords(loader)
    # If several passwords have one label, the first one counts, as in ansible-vault.
    by_label = {label: (label, secret) for label, secret in reversed(secrets)}
    labels = ", ".join(dict.fromkeys(label for label, _secret in secrets))
    wanted = vault_id or (C.DEFAULT_VAULT_ENCRYPT_IDENTITY if len(by_label) > 1 else None)
    if wanted in by_label:
        return by_label[wanted]
    if wanted:
        named = "vault_id" if vault_id else "vault_encrypt_identity in Ansible's configuration"
        concerns = ("vault_id",) if vault_id else ()
        raise OptionError(
            f"{named} names a vault id that Ansible was not started with. There are: {labels}.", concerns=concerns
        )
    if len(by_label) > 1:
        raise OptionError(
            f"Ansible was started with several vault passwords ({labels}). Say with vault_id which one encrypts {file.path}, as with "
            "-e bill_vault_id=... at a playbook's start, or with ANSIBLE_VAULT_ENCRYPT_IDENTITY, which ansible-vault heeds, too."
        )
    return secrets[0]


# --- Before writing ---


def _refuse_if_closed(path: str, folder: str) -> None:
    while not os.path.lexists(folder):
        folder = os.path.dirname(folder)
    if not os.path.isdir(folder):
        raise BillError(f"{path} cannot be written: {folder} is not a directory.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise BillError(f"{path} cannot be written: nothing can be written to the directory {folder}.")


def _links(path: str) -> list[str]:
    """The links that lead to the file, in order."""
    links = []
    path = os.path.join(os.getcwd(), path)
    while os.path.islink(path):
        links.append(path)
        path = os.path.join(os.path.dirname(path), os.readlink(path))
    return links


def _refuse_to_take_over(file: VaultFile) -> None:
    """Raise BillError for a link to a file in clear text. The file may belong to others, and other programs may read it."""
    if file.exists and not file.encrypted and (_links(file.path) or _leaves_project(file)):
        raise BillError(
            f"{file.path} is a link to {file.target}, which is not encrypted, so it is not taken over: other programs may read it. "
            f"Encrypt it first, with ansible-vault encrypt {shlex.quote(file.target)}, or remove the link."
        )


def _leaves_project(file: VaultFile) -> bool:
    """Whether a link leads out of the project. The link may also be a directory above the file."""
    return not _is_within(os.path.dirname(file.target), project_folder(file.path))


def _why_left(file: VaultFile, ours: Sequence[str]) -> str | None:
    """Why the target of a link stays unchanged. None if it may change."""
    if _leaves_project(file):
        return f"it is outside of {project_folder(file.path)}"
    return "it has none of the variables of bill.connect" if _links(file.path) and not ours else None


def _is_within(folder: str, project: str) -> bool:
    return os.path.commonpath([os.path.realpath(folder), os.path.realpath(project)]) == os.path.realpath(project)


@contextmanager
def _lock(path: str, target: str, *, beside: bool = True) -> Iterator[bool]:
    """A lock, so that one task at a time writes to a file. True if it excludes all tasks of this user. Raises LockTimeoutError.

    The kernel releases the lock when its holder dies. The locks are separate files, because anybody who can read a directory or a
    file of the project can lock it for ever. One lock is in Ansible's home. One is ``beside`` the file, for tasks that have
    another home. If no lock is possible, the task still finds a change by another program before it replaces the file.
    """
    folder, name = os.path.split(target)
    hashed = f"vault-{hashlib.sha256(os.fsencode(target)).hexdigest()[:32]}"
    with ExitStack() as held:
        try:
            for directory in (ansible_paths.default_store(), ansible_paths.store_for_the_run()):
                with suppress(StoreError):
                    held.enter_context(
                        FileStore(directory, ours=True, warn=lambda _text: None).lock(hashed, _LOCK_TIMEOUT)
                    )
                    break
            alone = beside and _holds_beside(held, folder, name)
        except LockTimeoutError:
            raise LockTimeoutError(
                f"Another task has been writing to {path} for {_LOCK_TIMEOUT:.0f} seconds."
            ) from None
        yield alone


def _holds_beside(held: ExitStack, folder: str, name: str) -> bool:
    path = os.path.join(folder, f".{name}.lock~")
    try:
        # A stranger could hold the lock on a file of their own for ever.
        if os.path.lexists(path) and os.lstat(path).st_uid != os.geteuid():
            return False
        held.enter_context(lock_file(path, _LOCK_TIMEOUT))
    except OSError:
        return False
    return True


# --- Writing ---


def _beginning(file: VaultFile, by: str) -> str:
    """The first lines of a new file."""
    here = os.path.relpath(file.path)
    name = shlex.quote(file.path if here.startswith("..") else here)
    lines = header(by, f"ansible-vault view {name}", f"ansible-vault edit {name}")
    return "".join(f"{line}\n" for line in lines)


def _write(todo: _Plan, label: str | None, secret: Any, *, backup: bool, alone: bool) -> str | None:
    """Replace the old file with the new text. Returns the path of the backup, or None.

    ``alone`` is true if no other task of this user writes.
    """
    file = todo.file

    def encrypted(text: str) -> bytes:
        return bytes(VaultLib([(label, secret)]).encrypt(text.encode(), secret, vault_id=label))

    backup_file = None
    with _errors_of(file.path):
        if alone:
            _remove_what_was_left(file)
        new = _written_beside(file, encrypted(todo.edit.text))
        try:
            if backup and file.raw is not None:
                backup_file = _back_up(file, file.raw if file.encrypted else encrypted(file.text))
            if _read(file.path, file.target) != file.raw:
                raise BillError(
                    f"{file.path} was changed by another program meanwhile. It was left as it is; try again."
                )
            os.replace(new, file.target)
        except BaseException:
            for path in filter(None, (new, backup_file)):
                with suppress(OSError):
                    os.unlink(path)
            raise
        _fsync_directory(os.path.dirname(file.target))
    return backup_file


def _written_beside(file: VaultFile, data: bytes) -> str:
    """The path of a new file that can replace the old one. If it stays there, Ansible does not read a file of this name as variables."""
    folder, name = os.path.split(file.target)
    # The name is random, so nobody can put something else in its place.
    new = os.path.join(folder, f".{name}.{token_hex(8)}~")
    _create(new, data, file)
    return new


def _remove_what_was_left(file: VaultFile) -> None:
    """Remove the new files that killed tasks left behind."""
    folder, name = os.path.split(file.target)
    left = re.compile(re.escape(f".{name}.") + "[0-9a-f]{16}~")
    for each in os.listdir(folder):
        path = os.path.join(folder, each)
        if left.fullmatch(each):
            with suppress(OSError):
                about = os.lstat(path)
                if stat.S_ISREG(about.st_mode) and about.st_uid == os.geteuid():
                    os.unlink(path)


def _back_up(file: VaultFile, data: bytes) -> str:
    """The path of a copy beside the file. Its name has the form of Ansible's backups. Raises BillError."""
    for number in range(100):
        when = time.strftime("%Y-%m-%d@%H:%M:%S", time.localtime(time.time() + number))
        path = f"{file.target}.{os.getpid()}.{when}~"
        with suppress(FileExistsError):
            _create(path, data, file)
            return path
    raise BillError(f"{file.path} cannot be backed up.")


def _create(path: str, data: bytes, file: VaultFile) -> None:
    """Create a file that only its owner can read. It gets the owner of the old file if the system allows that."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            with suppress(OSError):
                about = os.stat(file.target)
                if (about.st_uid, about.st_gid) != (os.geteuid(), os.getegid()):
                    os.fchown(descriptor, about.st_uid, about.st_gid)
            stream.write(data)
            stream.flush()
            os.fsync(descriptor)
    except BaseException:
        with suppress(OSError):
            os.unlink(path)
        raise


def _fsync_directory(folder: str) -> None:
    """Make the directory's entries durable on the disk."""
    with suppress(OSError):
        directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def _backups(target: str) -> list[str]:
    folder, name = os.path.split(target)
    ours = re.compile(re.escape(name) + r"\.[0-9]+\.[0-9]{4}-[0-9]{2}-[0-9]{2}@[0-9]{2}:[0-9]{2}:[0-9]{2}~")
    try:
        return sorted(os.path.join(folder, each) for each in os.listdir(folder) if ours.fullmatch(each))
    except OSError:
        return []


@contextmanager
def _errors_of(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BillError(f"{path} cannot be used ({error.strerror}).") from None
