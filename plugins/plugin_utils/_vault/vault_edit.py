# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes the variables in a file that is encrypted with Ansible's vault password.

Private to bill.connect. A change is planned from the file's present state. It is planned again under the lock, where no other task writes.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._core.errors import BillError, OptionError
from .._options.spec import OPTIONS, SUMMARIES
from .ansible_values import texts_in
from .safe_file import backups_of, errors_of, refuse_if_closed, remove_file, replace_file, try_to_write, write_lock
from .variable_locations import check_not_shadowing, project_folder, read_by
from .variables_document import Edit, VariablesDocument, header
from .vault_file import VaultFile

_IN_THE_CLEAR = "{} was not encrypted as a whole. Rotate the secrets that it held in clear text: backups and version control may hold them, too."
_KNOWN_TO_BE_PLAIN = {option.variable for option in OPTIONS if not option.secret and not option.secret_in_url}
_WITH_A_SECRET_IN_A_URL = {option.variable: option for option in OPTIONS if option.secret_in_url}


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

    def return_values(self, *, diff: bool, sources: Any = None) -> dict[str, Any]:
        """The return values of bill_vault_file. ``sources`` are the sources of the inventory."""
        values: dict[str, Any] = {
            "path": self.path,
            "exists": self.exists,
            "names": self.names,
            "backup_file": self.backup_file,
            "backups": self.backups,
            "read_by": read_by(self.path, sources),
            "changed": self.changed,
        }
        if diff:
            before = [
                *((name, "the old value") for name in self.edit.changed),
                *((n, "the old value") for n in self.edit.removed),
            ]
            after = [*((name, "a new value") for name in self.edit.changed), *((n, "new") for n in self.edit.added)]
            values["diff"] = {
                "before_header": self.path,
                "before": _lines(before),
                "after_header": self.path,
                "after": _lines(after),
            }
        return values


def _lines(variables: list[tuple[str, str]]) -> str:
    return "".join(f"{name}: ({what}, not shown)\n" for name, what in sorted(variables))


def given_variables(variables: Any, state: str) -> dict[str, Any] | None:
    """The variables that a task was given. Raises OptionError if the value is not a dictionary or does not fit ``state``."""
    if variables is None:
        return None
    if not isinstance(variables, Mapping):
        raise OptionError("variables must be a dictionary: a value for each name.")
    if state == "absent":
        raise OptionError(
            "state absent does not accept variables: it removes the variables of bill.connect. Leave out variables."
        )
    return dict(variables)


def secrets_among(variables: Mapping[str, Any] | None) -> set[str]:
    """The texts and numbers in variables that may be secret."""
    found: set[str] = set()
    for name, value in (variables or {}).items():
        if option := _WITH_A_SECRET_IN_A_URL.get(name):
            found.update(*map(option.secrets_in, texts_in(value)))
        elif name not in _KNOWN_TO_BE_PLAIN:
            found |= texts_in(value)
    return found


def inspect_file(path: str, loader: Any) -> VaultFileResult:
    """The present state of the file, also if it is not writable. Raises BillError."""
    file = VaultFile.at(path, loader)
    return VaultFileResult(
        path, file.exists, file.variables.names, False, Edit(file.text), None, backups_of(file.target)
    )


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
        in_the_clear = file.exists and not file.encrypted
        writes = edit.text != file.text or in_the_clear
        return _Plan(
            file,
            edit,
            writes or not variables,
            writes,
            warning=_IN_THE_CLEAR.format(path) if in_the_clear else None,
        )

    return _carry_out(path, plan, loader, vault_id=vault_id, backup=backup, check_mode=check_mode)


def refuse_if_unwritable(path: str, loader: Any, *, vault_id: str | None = None) -> None:
    """Raise the BillError that would prevent ``set_variables`` from writing. Nothing stays on the disk."""
    file = VaultFile.at(path, loader)
    _refuse_to_take_over(file)
    _check_place_and_key(file, vault_id)
    refuse_if_closed(path, os.path.dirname(file.target))
    try_to_write(path, file.target, len(file.raw or b""))


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
            warning = f"{path} is a link, and {removed}. {file.target} was not removed, because {why}."
            return _Plan(file, Edit("" if within else file.text, removed=ours), removes=within, warning=warning)
        if not others:
            # The links come last: a link without its file holds no variables, so an interrupted removal leaves none.
            removes = [file.target, *links] if file.exists else []
            return _Plan(file, Edit("", removed=ours), removes=removes)
        edit = file.variables.edit(dict.fromkeys(ours))
        warning = (
            f"{path} was not removed, because it has other variables, too ({', '.join(others)}). Only the variables of bill.connect were removed."
            if ours
            else f"{path} was not removed, because it has no variables of bill.connect, only others ({', '.join(others)})."
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
        _check_place_and_key(todo.file, vault_id)
    if todo.could_write or todo.removes:
        folder = os.path.dirname(todo.file.target)
        for each in todo.removes or [todo.file.target]:
            refuse_if_closed(path, os.path.dirname(each))
        changes = not check_mode and (todo.writes or bool(todo.removes))
        if not changes and not check_mode:
            # The caller wants to know whether a later write will succeed.
            try_to_write(path, todo.file.target, len(todo.file.raw or b""))
        if changes:
            with errors_of(path):
                os.makedirs(folder, exist_ok=True)
        # Check mode takes the lock, too: a caller that asks a person for values learns early that it cannot store them.
        with write_lock(path, todo.file.target, beside=changes) as alone:
            if changes:
                # Another task may have held the lock until now.
                todo = plan(VaultFile.at(path, loader))
                if todo.removes:
                    for each in todo.removes:
                        remove_file(path, each)
                elif todo.writes:
                    backup_file = _write(todo, vault_id, backup=backup, alone=alone)
    after = [] if todo.removes else VariablesDocument(todo.edit.text, path).names
    return VaultFileResult(
        path,
        todo.file.exists,
        after,
        todo.writes or bool(todo.removes),
        todo.edit,
        backup_file,
        backups_of(todo.file.target),
        todo.warning,
    )


def _check_place_and_key(file: VaultFile, vault_id: str | None) -> None:
    check_not_shadowing(file.path, file.target)
    file.key(vault_id)


def _write(todo: _Plan, vault_id: str | None, *, backup: bool, alone: bool) -> str | None:
    file = todo.file
    copy = None
    if backup and file.raw is not None:
        copy = file.raw if file.encrypted else file.encrypt(file.text, vault_id)
    new = file.encrypt(todo.edit.text, vault_id)
    return replace_file(file.path, file.target, new, old=file.raw, backup=copy, alone=alone)


def _beginning(file: VaultFile, by: str) -> str:
    """The first lines of a new file."""
    here = os.path.relpath(file.path)
    name = shlex.quote(file.path if here.startswith("..") else here)
    lines = header(by, f"ansible-vault view {name}", f"ansible-vault edit {name}")
    return "".join(f"{line}\n" for line in lines)


# --- Links ---


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
            f"{file.path} is a link to {file.target}, which is not encrypted. bill.connect does not encrypt it, because other programs "
            f"may read it. Encrypt it first with ansible-vault encrypt {shlex.quote(file.target)}, or remove the link."
        )


def _leaves_project(file: VaultFile) -> bool:
    """Whether a link leads out of the project. The link may also be a directory above the file."""
    return not _is_within(os.path.dirname(file.target), project_folder(file.path))


def _why_left(file: VaultFile, ours: Sequence[str]) -> str | None:
    """Why the target of a link stays unchanged. None if it may change."""
    if _leaves_project(file):
        return f"it is outside {project_folder(file.path)}"
    return "it has no variables of bill.connect" if _links(file.path) and not ours else None


def _is_within(folder: str, project: str) -> bool:
    return os.path.commonpath([os.path.realpath(folder), os.path.realpath(project)]) == os.path.realpath(project)
