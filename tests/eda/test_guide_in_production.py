# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide to events in production, with its own files and commands. `test_proxies.py` runs the configurations of the proxies."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

from tests.eda.conftest import BIN, SECRETS, Rulebook, started
from tests.eda.postgres import PASSWORD, Postgres, needs_postgresql
from tests.eda.proxies import FILES as PROXIES
from tests.eda.proxies import Proxy, needs_proxies
from tests.eda.subscriber import Subscriber
from tests.emulator import world
from tests.emulator.certificates import Authority
from tests.emulator.control_client import Control
from tests.http_server import Handler, serving
from tests.integration.test_guides import ROOT, Block, blocks, shows
from tests.redis_servers import free_port

pytestmark = pytest.mark.slow

VAULT_PASSWORD = "a vault password"
PAGE = blocks("guide_events_in_production")
FILES = {block.file: block.text for block in [*blocks("guide_events"), *PAGE] if block.file}
# What the tests replace in the files: they use the emulator, and folders and ports of this machine.
SUBSCRIPTION = "f6d06930-1b2c-4d5e-8f90-123456789abc"


def command(beginning: str) -> Block:
    """The command of the page that begins with these words, with its output."""
    (found,) = [block for block in PAGE if block.first.startswith(beginning)]
    return found


class Machine:
    """A folder with files of the guide, in which its commands run."""

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        self.folder = folder
        self.environ = environ
        (folder / "inventory.yml").write_text("all: {hosts: {localhost: {ansible_connection: local}}}\n")
        (folder / "vault_password").write_text(VAULT_PASSWORD)
        environ["ANSIBLE_VAULT_PASSWORD_FILE"] = str(folder / "vault_password")

    def write(self, name: str, values: Mapping[str, str] | None = None) -> None:
        """Write a file of the guide. Each value must replace something."""
        text = FILES[name]
        for example, real in (values or {}).items():
            assert example in text, f"{name} has no {example}"
            text = text.replace(example, real)
        (self.folder / name).parent.mkdir(exist_ok=True)
        (self.folder / name).write_text(text)

    def write_rulebook(self, name: str, user: Subscriber, api_url: str, values: Mapping[str, str]) -> None:
        """Write a rulebook of the guide. It has the subscription of the user, the emulator, and a store in this folder."""
        common = {
            SUBSCRIPTION: user.id,
            "/var/lib/bill-events": str(self.folder / "events"),
            "environment: production": f"api_url: {api_url}",
        }
        self.write(name, {**common, **values})

    def run(self, block: Block) -> str:
        """Run a command. It succeeds, and its output is that of the page. A file has the vault password."""
        program, *arguments = [each for each in shlex.split(block.first) if each != "--ask-vault-pass"]
        done = subprocess.run(
            [str(BIN / program), *arguments],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        output = done.stdout + done.stderr
        assert done.returncode == 0, output
        assert shows(output, block.shows), f"{block.text}\nbut:\n{output}"
        return output

    @contextmanager
    def rulebook(self, name: str, *arguments: str) -> Iterator[Rulebook]:
        """ansible-rulebook with a rulebook of the guide, as the first page starts it."""
        start = ["ansible-rulebook", "-vv", "--rulebook", name, "--inventory", "inventory.yml", *arguments]
        with started(start, self.folder, self.environ) as rulebook:
            yield rulebook


def test_guide_in_production_has_no_file_and_no_command_that_no_test_runs() -> None:
    assert {block.file for block in PAGE if block.file} == {
        *(
            "behind_proxy.yml",
            "with_database.yml",
            "database.yml",
            "decision-environment.yml",
            "inputs.yml",
            "injectors.yml",
        ),
        *("rulebooks/bill.yml", "rulebooks/bill_webhook.yml", "status.yml", "switch_on.yml", "since.yml"),
        *PROXIES.values(),
    }
    commands = [" ".join(block.first.split()[:2]) for block in PAGE if not block.file]
    assert commands == [
        "ansible-rulebook --rulebook",
        "ansible-builder create",
        "ansible-playbook status.yml",
        "ansible-playbook switch_on.yml",
        "ansible-playbook bill.connect.webhook",
    ]


@pytest.fixture
def machine(tmp_path: Path, environ: dict[str, str], bill: Control) -> Machine:
    bill.post("settings", webhook_http=True)
    machine = Machine(tmp_path, environ)
    machine.write("vendor_changed.yml")
    return machine


def vendor() -> str:
    return str(world.vendors(world.ORGANIZATION.id)[0]["id"])


@pytest.mark.promise(21)
@needs_proxies
def test_guide_behind_nginx_a_delivery_of_bill_runs_the_playbook(
    machine: Machine, bill: Control, api_url: str, tmp_path: Path
) -> None:
    authority = Authority(tmp_path / "authority")
    bill.post("settings", webhook_ca=str(authority.file))
    certificate = authority.for_host("hooks.example.com")
    with closing(Proxy("nginx", tmp_path / "proxy", free_port(), free_port(), certificate)) as proxy:
        user = Subscriber(api_url, proxy.url)
        machine.environ["BILL_SECURITY_KEY"] = user.key
        machine.write_rulebook("behind_proxy.yml", user, api_url, {"port: 8080": f"port: {proxy.source_port}"})
        with machine.rulebook("behind_proxy.yml") as rulebook:
            assert rulebook.url
            user.change_vendors(1)
            bill.deliver()
            rulebook.wait_for(lambda: f"{vendor()}: there" in rulebook.log)
            log = rulebook.log
    assert [each["state"] for each in bill.get("webhooks")["deliveries"]] == ["delivered"]
    for secret in (user.key, *SECRETS.values()):
        assert secret not in log


@pytest.mark.promise(5)
@pytest.mark.promise(21)
@needs_postgresql
def test_guide_with_a_database_runs_as_it_is_written(
    machine: Machine, bill: Control, api_url: str, tmp_path: Path
) -> None:
    port = free_port()
    user = Subscriber(api_url, f"http://127.0.0.1:{port}/bill")
    machine.environ |= {"BILL_SECURITY_KEY": user.key, "drools_db_password": PASSWORD}
    machine.write_rulebook("with_database.yml", user, api_url, {"port: 8080": f"port: {port}"})
    with closing(Postgres()) as postgres:
        machine.write("database.yml", {"5432": str(postgres.port)})
        with started(shlex.split(command("ansible-rulebook").first), machine.folder, machine.environ) as rulebook:
            user.change_vendors(1)
            bill.deliver()
            rulebook.wait_for(lambda: f"{vendor()}: there" in rulebook.log)
            log = rulebook.log
    assert "has no database" not in log
    for secret in (user.key, PASSWORD, *SECRETS.values()):
        assert secret not in log


def test_guide_decision_environment_is_accepted_by_ansible_builder_and_installs_the_collection(
    machine: Machine,
) -> None:
    build = [str(BIN / "ansible-galaxy"), "collection", "build", "--output-path", str(machine.folder)]
    subprocess.run(build, cwd=ROOT, env=machine.environ, check=True, capture_output=True)
    (archive,) = machine.folder.glob("bill-connect-*.tar.gz")
    archive.rename(machine.folder / "bill-connect.tar.gz")
    machine.write("decision-environment.yml")
    machine.run(command("ansible-builder"))
    context = machine.folder / "context"
    (recipe,) = [*context.glob("Containerfile"), *context.glob("Dockerfile")]
    assert 'EE_BASE_IMAGE="quay.io/ansible/ansible-rulebook:main"' in recipe.read_text()
    assert (context / "_build" / "requirements.txt").read_text().split() == ["requests"]
    # The image runs this command in /build, which is a copy of _build.
    (line,) = [each for each in recipe.read_text().splitlines() if "ansible-galaxy collection install" in each]
    install = ["collection", "install", "-r", "requirements.yml", "--collections-path", str(machine.folder / "image")]
    assert set(install[:4]) < set(line.split())
    environ = {**machine.environ, "ANSIBLE_COLLECTIONS_PATH": str(machine.folder / "image")}
    subprocess.run(
        [str(BIN / "ansible-galaxy"), *install], cwd=context / "_build", env=environ, check=True, capture_output=True
    )
    sources = machine.folder / "image/ansible_collections/bill/connect/extensions/eda/plugins/event_source"
    assert (sources / "bill_events.py").is_file()


@pytest.fixture
def controller() -> Iterator[tuple[str, list[Any]]]:
    """The URL of a controller with the job template of the guide, and what its launches got."""
    launched: list[Any] = []
    asks = {f"ask_{what}_on_launch": True for what in ("limit", "labels", "inventory", "variables")}
    template = {
        "id": 1,
        "type": "job_template",
        "name": "Look at a changed vendor",
        "summary_fields": {"organization": {"name": "Default"}},
        "related": {"launch": "/api/v2/job_templates/1/launch/"},
        **asks,
    }
    job = {
        "id": 7,
        "url": "/api/v2/jobs/7/",
        "status": "successful",
        "artifacts": {},
        "created": "2026-12-15T00:00:00Z",
    }

    class Api(Handler):
        def do_GET(self) -> None:
            found = template if "unified_job_templates" in self.path else job
            self.answer_json({"version": "4.7.0", "count": 1, "results": [found]})

        def do_POST(self) -> None:
            launched.append(json.loads(self.body()))
            self.answer_json(job)

    with serving(Api) as url:
        yield f"{url}/", launched


@pytest.mark.promise(5)
@pytest.mark.parametrize("name", ["rulebooks/bill.yml", "rulebooks/bill_webhook.yml"])
def test_guide_rulebooks_of_eda_controller_start_the_job_template_with_the_values_of_the_credential(
    machine: Machine, bill: Control, api_url: str, tmp_path: Path, controller: tuple[str, list[Any]], name: str
) -> None:
    url, launched = controller
    port = free_port()
    is_webhook = name == "rulebooks/bill_webhook.yml"
    user = Subscriber(api_url, f"http://127.0.0.1:{port}/bill" if is_webhook else "https://hooks.example.com/bill")
    typed = {
        "username": world.USER.username,
        "password": world.USER.password,
        "organization_id": world.ORGANIZATION.id,
        "dev_key": world.DEV_KEY,
        **({"security_key": user.key} if is_webhook else {}),
    }
    inputs, injectors = (yaml.safe_load(FILES[file]) for file in ("inputs.yml", "injectors.yml"))
    assert set(inputs["required"]) <= typed.keys() <= {field["id"] for field in inputs["fields"]}
    assert {field["id"] for field in inputs["fields"] if field.get("secret")} >= {"password", "dev_key", "security_key"}
    # What EDA Controller does with them: the environment and the variables of ansible-rulebook.
    injected = {
        kind: {key: jinja2.Template(text).render(typed) for key, text in values.items()}
        for kind, values in injectors.items()
    }
    for variable in injected["env"]:
        machine.environ.pop(variable)
    machine.environ |= injected["env"]
    (machine.folder / "extra_vars.yml").write_text(yaml.safe_dump(injected["extra_vars"]))
    listens = {"host: 0.0.0.0": "host: 127.0.0.1", "port: 5000": f"port: {port}"} if is_webhook else {}
    machine.write_rulebook(name, user, api_url, listens)
    arguments = ["--vars", "extra_vars.yml", "--controller-url", url, "--controller-token", "token-findme"]
    # BILL sends only when it is told to, however long the source takes to start.
    bill.post("webhooks/pause")
    # Each source reads the event list at its start.
    user.change_vendors(1)
    bill.deliver()
    with machine.rulebook(name, *arguments) as rulebook:
        rulebook.wait_for(lambda: launched)
        if is_webhook:
            # BILL tries it again, and the source has the key.
            bill.advance(2)
            assert [each["state"] for each in bill.deliver()] == ["delivered"]
        log = rulebook.log
    assert [each["extra_vars"] for each in launched] == [{"vendor_id": vendor()}]
    for secret in (user.key, "token-findme", *SECRETS.values()):
        assert secret not in log


@pytest.mark.promise(21)
def test_guide_after_an_outage_its_commands_show_the_gap_switch_the_subscription_on_and_replace_a_lost_key(
    machine: Machine, bill: Control, api_url: str, tmp_path: Path
) -> None:
    # The day of the examples.
    bill.post("clock", set="2026-12-15T10:00:00Z")
    port = free_port()
    here = f"http://127.0.0.1:{port}/bill"
    user = Subscriber(api_url, here)
    values = {"port: 8080": f"port: {port}", "reenable: true": "interval: 5"}
    machine.write_rulebook("behind_proxy.yml", user, api_url, values)
    # The source has lost its key. It finds the events in the list, and BILL gives up.
    machine.environ["BILL_SECURITY_KEY"] = "another-key-findme"
    with machine.rulebook("behind_proxy.yml") as rulebook:
        assert rulebook.url
        user.change_vendors(1, 2, 3)
        bill.advance(31)
        rulebook.wait_for(lambda: rulebook.log.count(f"{vendor()}: there") == 3)
        rulebook.wait_for(lambda: "is off: BILL has switched it off" in rulebook.log)
        assert "A delivery without a valid signature was refused" in rulebook.log
    machine.write("status.yml")
    machine.run(command("ansible-playbook status.yml"))
    machine.write("switch_on.yml")
    machine.run(command("ansible-playbook switch_on.yml"))
    assert user.is_on
    # A new key. The address of the guide is replaced by that of the source, because no proxy is there.
    machine.run(command("ansible-playbook bill.connect.webhook"))
    user.call("PATCH", f"/v3/subscriptions/{user.id}", {"notificationUrl": here})
    view = [str(BIN / "ansible-vault"), "view", "group_vars/all/bill.yml"]
    shown = subprocess.run(view, cwd=tmp_path, env=machine.environ, capture_output=True, text=True, check=True).stdout
    machine.environ["BILL_SECURITY_KEY"] = yaml.safe_load(shown)["bill_security_key"]
    with machine.rulebook("behind_proxy.yml") as rulebook:
        assert rulebook.url
        user.change_vendors(4)
        bill.deliver()
        rulebook.wait_for(lambda: f"{vendor()}: there" in rulebook.log)
    assert bill.get("webhooks")["deliveries"][-1]["state"] == "delivered"
    # The store is lost. With since, all events come again, and the playbook reads the vendor each time.
    lost = {SUBSCRIPTION: user.id, "/var/lib/bill-events": str(tmp_path / "new")}
    machine.write("since.yml", {**lost, "environment: production": f"api_url: {api_url}"})
    with machine.rulebook("since.yml") as rulebook:
        rulebook.wait_for(lambda: rulebook.log.count(f"{vendor()}: there") == 4)
        log = rulebook.log
    for secret in (*SECRETS.values(), machine.environ["BILL_SECURITY_KEY"]):
        assert secret not in log
