# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Vault files, and tasks in their own processes that write them at the same time or are killed at one of their steps."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, VaultSecret

from ansible_collections.bill.connect.plugins.plugin_utils._vault import ansible_paths, safe_file, vault_edit
from ansible_collections.bill.connect.plugins.plugin_utils._vault.vault_edit import (
    VaultFileResult,
    refuse_if_unwritable,
    remove_variables,
    set_variables,
)
from ansible_collections.bill.connect.plugins.plugin_utils._vault.vault_file import VaultFile
from tests.unit.plugins.plugin_utils.process_helpers import FORK, edges, in_a_process, steps_of

BY = "bill.connect.bill_vault_file"


def loader(*secrets: tuple[str, str]) -> Any:
    """The loader that Ansible makes when it starts with these vault passwords."""
    made = DataLoader()
    made.set_vault_secrets([(label, VaultSecret(text.encode())) for label, text in secrets or [("default", "vault")]])
    return made


def encrypted(text: str, secret: str = "vault", label: str | None = None) -> bytes:
    return bytes(VaultLib().encrypt(text, VaultSecret(secret.encode()), vault_id=label))


def file_with(folder: Path, data: bytes | None) -> Path:
    """The path of a file with this content. With None, there is no file."""
    path = folder / "group_vars" / "all" / "bill.yml"
    if data is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return path


OLD = "# mine\nbill_password: findme-old\nother: findme-other\n"
OURS = "bill_password: findme-old\n"
NEW = {"bill_password": "findme-new", "bill_device": None}
# The content of the file, and what a task then does with it.
SCENARIOS: dict[str, tuple[Callable[[], bytes | None], Callable[..., VaultFileResult]]] = {
    "new": (lambda: None, lambda path, of: set_variables(path, NEW, of, by=BY)),
    "changed": (lambda: encrypted(OLD), lambda path, of: set_variables(path, NEW, of, by=BY)),
    "in the clear": (OLD.encode, lambda path, of: set_variables(path, NEW, of, by=BY)),
    "taken out": (lambda: encrypted(OLD), remove_variables),
    "removed": (lambda: encrypted(OURS), remove_variables),
}


def kill_at_each_step(folder: str, scenario: str) -> list[dict[str, Any]]:
    """Kill one task of a life just before and just after each of its changes. Returns what each left behind."""
    before, task = SCENARIOS[scenario]

    def start() -> Path:
        return file_with(Path(tempfile.mkdtemp(dir=folder)), before())

    path = start()
    all_steps, _signal = _killed(path, task, 0)
    after = _text(path)
    results = []
    for number in edges(all_steps):
        path = start()
        _steps, died = _killed(path, task, number)
        left = list(path.parent.glob("*")) + list(path.parent.glob(".*"))
        results.append(
            {
                "step": f"{number}: {all_steps[number - 1][0]}",
                "signal": died,
                "text": _text(path),
                "after": after,
                "in_the_clear": [each.name for each in left if b"findme" in each.read_bytes()],
                "modes": [each.stat().st_mode & 0o777 for each in left if each != path],
                "variables": [Path(each).name for each in loader().find_vars_files(str(path.parents[1]), "all")],
                "next": task(str(path), loader()).changed,
                "text_then": _text(path),
                "left_then": sorted(each.name for each in path.parent.glob(".*")),
                "clear_then": [each.name for each in path.parent.glob("*") if b"findme" in each.read_bytes()],
            }
        )
    return results


def _text(path: Path) -> str | None:
    file = VaultFile.at(str(path), loader())
    return file.text.replace(str(path), "PATH") if file.exists else None


def _killed(path: Path, task: Callable[..., VaultFileResult], die_at: int) -> tuple[list[Any], int]:
    """Run a task in its own process that kills itself at this step. 0 only finds the steps.

    Returns the steps and the signal that ended the process.
    """
    folder = path.parents[2]

    def look() -> list[Any]:
        seen = []
        for each in sorted(folder.rglob("*")):
            about = each.lstat()
            seen.append([each.name, about.st_ino, about.st_mode, about.st_size])
        return seen

    def work() -> list[Any]:
        of = loader()
        steps = steps_of(look, die_at, vault_edit.__file__, safe_file.__file__)
        task(str(path), of)
        sys.settrace(None)
        return list(steps)

    steps, died = in_a_process(work)
    return steps or [], died


def run_at_once(folder: str, size: int, homes: bool = False) -> dict[str, Any]:
    """Run this many tasks at once. Each tries whether it can write, and stores a variable of its own, and may have a home of its own."""
    path = file_with(Path(folder), None)
    begin = FORK.Barrier(size)

    def member(number: int) -> None:
        if homes:
            ansible_paths.default_store = lambda: tempfile.mkdtemp(dir=folder, prefix=f"home-{number}-")
        begin.wait(60)
        refuse_if_unwritable(str(path), loader())
        set_variables(str(path), {f"of_{number}": f"findme-{number}"}, loader(), by=BY)

    process_helpers = [FORK.Process(target=member, args=(number,)) for number in range(size)]
    for process in process_helpers:
        process.start()
    for process in process_helpers:
        process.join()
    return {
        "ended": [process.exitcode for process in process_helpers],
        "stored": {name: str(value) for name, value in VaultFile.at(str(path), loader()).load().items()},
        "backups": len(list(path.parent.glob("bill.yml.*.bak"))),
        "left": [each.name for each in path.parent.glob(".*")],
    }


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](*json.loads(sys.argv[2]))))
