# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where ansible-core looks for variables: the default path of the vault file, and the files that override it.

Private to bill.connect.
"""

from __future__ import annotations

import os
from typing import Any

from ansible import constants as C

from .._core.errors import BillError
from .ansible_values import chosen_inventory

_FOR_ALL = ("group_vars", "all")


def default_path(sources: Any) -> str:
    """``group_vars/all/bill.yml`` beside the inventory. Without an inventory, it is in the current directory."""
    paths = chosen_inventory(sources)
    folder = _folder_of(paths[0]) if paths else os.getcwd()
    return os.path.join(folder, "group_vars", "all", "bill.yml")


def project_folder(path: str) -> str:
    """The folder that holds ``group_vars`` or ``host_vars`` of a variables file. Without these, the file's own folder."""
    parts = os.path.abspath(path).split(os.sep)
    for number, part in enumerate(parts[:-1]):
        if part in ("group_vars", "host_vars"):
            return os.sep.join(parts[:number]) or os.sep
    return os.sep.join(parts[:-1]) or os.sep


def _folder_of(inventory: str) -> str:
    path = os.path.abspath(inventory)
    return path if os.path.isdir(path) else os.path.dirname(path)


def _is_same(folder: str, other: str) -> bool:
    return os.path.realpath(folder) == os.path.realpath(other)


def _place(path: str) -> tuple[str, str, str]:
    """The project of a variables file; ``group_vars`` or ``host_vars``; and the group or host. The last two are empty elsewhere."""
    folder = project_folder(path)
    kind, _slash, rest = os.path.relpath(os.path.abspath(path), folder).partition(os.sep)
    return (folder, kind, os.path.splitext(rest.split(os.sep)[0])[0]) if rest else (folder, "", "")


def read_by(path: str, sources: Any) -> str | None:
    """The plays that read the file by themselves, in words. None for a file of single groups or hosts."""
    folder, kind, name = _place(path)
    if not kind:
        return "no play by itself. Name it in vars_files of your plays"
    if (kind, name) != _FOR_ALL:
        return None
    if found := next((each for each in chosen_inventory(sources) if _is_same(_folder_of(each), folder)), None):
        return f"all plays with the inventory {found}"
    return f"plays whose playbook is in {folder}. If yours are in another folder, move group_vars to that folder"


def unread_file(sources: Any, playbooks: str) -> str | None:
    """A hint about a vault file that plays in the folder ``playbooks`` do not read. None if there is none."""
    here = os.path.join(os.getcwd(), "group_vars", "all", "bill.yml")
    inventories = [_folder_of(each) for each in chosen_inventory(sources)]
    for named in (os.environ.get("BILL_VAULT_FILE") or here, here):
        path = os.path.abspath(os.path.expanduser(named))
        folder, *kind = _place(path)
        is_read = tuple(kind) == _FOR_ALL and any(_is_same(folder, each) for each in (playbooks, *inventories))
        if os.path.isfile(path) and not is_read:
            return (
                f"There is a vault file {path}, but this play does not read it: Ansible reads group_vars/all beside the playbook, which is in "
                f"{playbooks}, and beside the inventory. Move the file to {os.path.join(playbooks, 'group_vars', 'all', 'bill.yml')}, or "
                "name it in vars_files of the play."
            )
    return None


def check_not_shadowing(path: str, target: str) -> None:
    """Raise BillError if a new directory for the file would hide another file: Ansible reads either ``all/`` or ``all.yml``.

    ``path`` is where the user looks for the file. ``target`` is the file itself, if ``path`` is a link.
    """
    folder = os.path.dirname(target)
    while not os.path.isdir(folder):
        above = os.path.dirname(folder)
        if os.path.basename(above) in ("group_vars", "host_vars"):
            for ending in ("", *C.YAML_FILENAME_EXTENSIONS):
                # Another task may have made the directory in the meantime.
                if os.path.lexists(other := folder + ending) and not os.path.isdir(other):
                    raise BillError(
                        f"{path} cannot be created, because Ansible would then ignore {other}: Ansible does not read that file if there is "
                        f"a directory {folder}. Create the directory, and move the file to {os.path.join(folder, 'main.yml')}."
                    )
        if above == folder:
            return
        folder = above


def overriding_files(path: str, loader: Any) -> list[str]:
    """The files that override variables of ``path`` for plays of this folder. Empty unless ``path`` is in ``group_vars/all``."""
    below = os.path.join(os.sep, "group_vars", "all")
    if not os.path.dirname(path).endswith(below):
        return []
    base = os.path.dirname(path).removesuffix(below)
    beside: list[str] = loader.find_vars_files(os.path.join(base, "group_vars"), "all")
    # Ansible reads the files in this order. A later file overrides an earlier one.
    stronger = beside[beside.index(path) + 1 :] if path in beside else [each for each in beside if each > path]
    stronger += loader.find_vars_files(os.path.join(base, "host_vars"), "localhost")
    if (here := os.getcwd()) != base:
        for folder, name in (("group_vars", "all"), ("host_vars", "localhost")):
            stronger += loader.find_vars_files(os.path.join(here, folder), name)
    return stronger
