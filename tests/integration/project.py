# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A user's folder, its plays, and the output of their runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import OPTIONS
from tests.emulator import world
from tests.integration.leaks import MARKS, Leaks

VAULT_PASSWORD = "vault-findme-password"

# The vault of a finance-operations engineer: BILL's names on the right, values under names of the engineer's own.
CREDENTIALS = {
    "vault_bill_password": world.USER.password,
    "vault_bill_dev_key": world.DEV_KEY,
    "bill_username": world.USER.username,
    "bill_password": "{{ vault_bill_password }}",
    "bill_organization_id": world.ORGANIZATION.id,
    "bill_dev_key": "{{ vault_bill_dev_key }}",
}

_LEAKS = Leaks(*MARKS)


@dataclass(frozen=True)
class Run:
    """One run of ansible-playbook: its exit code and its output."""

    code: int
    output: str

    def shows(self, text: str) -> bool:
        """Whether the output contains the text, with any line breaks."""
        return " ".join(text.split()) in " ".join(self.output.split())

    def times(self, text: str) -> int:
        return " ".join(self.output.split()).count(" ".join(text.split()))

    def recap(self, host: str = "localhost") -> dict[str, int]:
        found = re.search(rf"^{re.escape(host)}\s*: (.*)$", self.output, re.MULTILINE)
        assert found, self.output
        return {name: int(count) for name, count in (pair.split("=") for pair in found[1].split())}

    @property
    def changed(self) -> int:
        """How many tasks of all hosts reported a change."""
        return sum(int(count) for count in re.findall(r"changed=(\d+)", self.output))

    @property
    def warnings(self) -> list[str]:
        return re.findall(r"\[(?:DEPRECATION )?WARNING\].*", self.output)


@dataclass
class Project:
    """A folder with an inventory, variables and a vault file, and an empty HOME."""

    folder: Path
    home: Path
    core_bin: Path
    collections: Path
    vault: Path
    api_url: str
    core: tuple[int, int]
    environ: dict[str, str] = field(default_factory=dict)
    # A watcher that runs during each run. Its argument is the process id of the run.
    watch: Callable[[int], AbstractContextManager[None]] = field(default=lambda _pid: nullcontext())
    # How many seconds a run may take.
    timeout: float = 120

    def __post_init__(self) -> None:
        (self.folder / "group_vars" / "all").mkdir(parents=True)
        self.home.mkdir()
        shutil.copy(self.vault, self.folder / "group_vars" / "all" / "bill.yml")
        (self.folder / "vault_password").write_text(VAULT_PASSWORD + "\n")
        self.variables(bill_api_url=self.api_url)
        self.hosts("localhost")

    def hosts(self, *names: str, **variables: Any) -> None:
        about = {
            "ansible_connection": "local",
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            **variables,
        }
        self._write("inventory.yml", {"all": {"hosts": dict.fromkeys(names, about)}})

    def variables(self, **variables: Any) -> None:
        """Write plain variables beside the vault file."""
        self._write("group_vars/all/plain.yml", variables)

    def without_vault(self) -> None:
        (self.folder / "group_vars" / "all" / "bill.yml").unlink()

    def leap_over_waits(self) -> None:
        """From now on, a wait of a second or more takes no time: the clocks of the controller and of BILL jump to its end."""
        self.environ |= {
            "PYTHONPATH": str(Path(__file__).with_name("clock")),
            "CONTROLLER_LEAPS": str(self.home / "leaps"),
            "CONTROLLER_LEAPS_URL": self.api_url.removesuffix("/connect") + "/control/clock",
        }

    def play(self, *tasks: Mapping[str, Any], arguments: tuple[str, ...] = (), **keywords: Any) -> Run:
        """Run one play of these tasks on all hosts."""
        return self.plays({"tasks": list(tasks), **keywords}, arguments=arguments)

    def plays(self, *plays: Mapping[str, Any], arguments: tuple[str, ...] = ()) -> Run:
        self.write_plays(*plays)
        return self.run("ansible-playbook", "site.yml", *arguments)

    def write_plays(self, *plays: Mapping[str, Any]) -> None:
        """Write site.yml without running it."""
        self._write("site.yml", [{"hosts": "all", "gather_facts": False, **play} for play in plays])

    def environment(self, with_vault: bool = True) -> dict[str, str]:
        """The environment in which programs start."""
        return {
            "HOME": str(self.home),
            "PATH": f"{self.core_bin}:{os.defpath}",
            "LANG": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": str(self.collections),
            "ANSIBLE_INVENTORY": str(self.folder / "inventory.yml"),
            "ANSIBLE_NOCOLOR": "1",
            **({"ANSIBLE_VAULT_PASSWORD_FILE": str(self.folder / "vault_password")} if with_vault else {}),
            **self.environ,
            # Secrets from the environment go only where the environment says.
            **(
                {"BILL_API_URL": self.api_url}
                if self.has_secrets_in_environment() and not self.environ.get("BILL_API_URL")
                else {}
            ),
        }

    def has_secrets_in_environment(self) -> bool:
        return any(option.secret and self.environ.get(option.environment_name) for option in OPTIONS)

    def run(self, program: str, *arguments: str, with_vault: bool = True) -> Run:
        with (
            subprocess.Popen(
                [str(self.core_bin / program), *arguments],
                cwd=self.folder,
                env=self.environment(with_vault),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="backslashreplace",
            ) as process,
            self.watch(process.pid),
        ):
            try:
                output, _nothing = process.communicate(timeout=self.timeout)
            except BaseException:
                process.kill()
                raise
        return Run(process.returncode, output)

    def secrets_on_disk(self) -> list[str]:
        """The files below HOME and the project that contain a readable secret, without the vault password's own file."""
        return [str(path) for path in self.files() if _LEAKS.in_bytes(path.read_bytes())]

    def files(self) -> Iterator[Path]:
        for top in (self.home, self.folder):
            for path in top.rglob("*"):
                if path.is_file() and path.name != "vault_password":
                    yield path

    def _write(self, name: str, content: Any) -> None:
        (self.folder / name).write_text(yaml.safe_dump(content, sort_keys=False))


def secrets_in(text: str) -> list[str]:
    """The readable secrets in a text, each with its form."""
    return _LEAKS.in_text(text)
