# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide for fleets: real servers accept its configuration, its user has the least rights, and its files fit together."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import textwrap
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import LockTimeoutError, StoreError
from ansible_collections.bill.connect.plugins.plugin_utils._core.store_url import StoreUrl
from ansible_collections.bill.connect.plugins.plugin_utils._store.redis import RedisStore
from tests.redis_servers import EACH_KIND, RedisServer, program

GUIDE = (Path(__file__).parents[3] / "docs" / "docsite" / "rst" / "guide_fleet.rst").read_text()
KEY = "0" * 32
# Seconds.
LEASE = 1.0


def blocks(kind: str) -> list[str]:
    pattern = rf"^\.\. code-block:: {kind}\n\n((?:   .*\n|\n)+)"
    return [textwrap.dedent(match[1]).strip() + "\n" for match in re.finditer(pattern, GUIDE, re.MULTILINE)]


def file(name: str) -> str:
    (found,) = (block for kind in ("yaml", "text") for block in blocks(kind) if block.startswith(f"# {name}"))
    return found


FILES = {block.partition("\n")[0][2:].split(",")[0]: yaml.safe_load(block) for block in blocks("yaml")}
# The servers of the tests have no TLS, and the tests give them their port.
CONFIGURATION = [line for line in file("redis.conf").splitlines() if not re.match("#|tls-|port ", line)]
(USER,) = (line.removeprefix("user ").split() for line in CONFIGURATION if line.startswith("user bill"))
RIGHTS = [word for word in USER if word.startswith("+")]


@pytest.fixture(scope="module", params=EACH_KIND)
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A server with the configuration of the guide, but not its users: the tests need the user that the guide switches off."""
    settings = [line.split() for line in CONFIGURATION if not line.startswith("user ")]
    words = [word for name, value in settings for word in (f"--{name}", value.strip('"'))]
    server = RedisServer(request.param, tmp_path_factory.mktemp(request.param), *words)
    yield server
    server.close()


@pytest.fixture
def server(running: RedisServer) -> RedisServer:
    """The server with the user of the guide, and without any entry."""
    with running.client() as client:
        client.flushall()
        client.script_flush()
        client.execute_command("ACL", "SETUSER", "bill", "reset", *USER[1:])
        client.acl_log_reset()
    return running


def store(server: RedisServer, user: str = "bill:PASSWORD", more: str = "") -> RedisStore:
    return RedisStore(StoreUrl.of(f"redis://{user}@{server.place}{more}"), lease=LEASE)


def use(server: RedisServer, user: str = "bill:PASSWORD", more: str = "") -> None:
    """Everything that bill.connect does in Redis, except the renewal of a lock."""
    first, second = store(server, user, more), store(server, user, more)
    first.secret()
    with first.lock(KEY, 0):
        first.put(KEY, b"encrypted", seconds=60)
        with pytest.raises(LockTimeoutError), second.lock(KEY, 0):
            pass
    assert second.get(KEY) == b"encrypted"
    second.delete(KEY)
    with second.lock(KEY, 0):
        pass


def renews_a_lock(server: RedisServer) -> bool:
    """Whether the user can renew a lock. It is renewed when a quarter of its lease has passed."""
    with store(server).lock(KEY, 0), server.client() as client:
        left = LEASE * 1000
        while left > LEASE * 500:
            time.sleep(0.01)
            before, left = left, client.pttl(f"bill.connect:{KEY}:lock")
            if left > before:
                return True
    return False


@pytest.mark.promise(6)
def test_guide_fleet_user_has_the_rights_that_bill_connect_needs(server: RedisServer) -> None:
    use(server)
    use(server, more="/1")
    assert renews_a_lock(server)


@pytest.mark.parametrize("right", RIGHTS)
def test_guide_fleet_user_has_no_right_that_is_not_needed(server: RedisServer, right: str) -> None:
    with server.client() as client:
        client.execute_command("ACL", "SETUSER", "bill", "reset", *(word for word in USER[1:] if word != right))
        with suppress(StoreError, LockTimeoutError, pytest.fail.Exception):
            use(server, more="/1")
        with suppress(StoreError):
            renews_a_lock(server)
        denied = {str(entry["object"]) for entry in client.acl_log()}
    # Redis 6 names only the command, and not its subcommand.
    assert {right[1:], right[1:].partition("|")[0]} & denied


def test_guide_fleet_configuration_is_accepted_and_saves_nothing(server: RedisServer) -> None:
    with server.client() as client:
        found = {
            name: client.config_get(name)[name] for name in ("maxmemory", "maxmemory-policy", "save", "appendonly")
        }
    assert found == {"maxmemory": str(64 * 2**20), "maxmemory-policy": "noeviction", "save": "", "appendonly": "no"}


@pytest.mark.parametrize("kind", EACH_KIND)
def test_guide_fleet_configuration_file_lets_only_its_user_in(kind: str, tmp_path: Path) -> None:
    path, socket = tmp_path / "redis.conf", Path(tempfile.mkdtemp(prefix="bill-")) / "s"
    path.write_text("\n".join([*CONFIGURATION, "port 0", f"unixsocket {socket}", ""]))
    with subprocess.Popen([program(kind), path], cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert any("ccept connections" in line for line in process.stdout)
            assert RedisStore(StoreUrl.of(f"unix://bill:PASSWORD@{socket}")).secret()
            with pytest.raises(StoreError, match="it requires a password"):
                RedisStore(StoreUrl.of(f"unix://{socket}")).secret()
        finally:
            process.kill()
            shutil.rmtree(socket.parent)


def test_guide_fleet_user_of_a_team_reaches_only_its_prefix(server: RedisServer) -> None:
    (block,) = (each for each in blocks("text") if "ACL SETUSER payables" in each)
    url, _empty, line = block.splitlines()
    with server.client() as client:
        client.execute_command(*line.split())
    prefix = url.partition("/0")[2]
    use(server, "payables:PASSWORD", prefix)
    with pytest.raises(StoreError, match="its user may not do what bill.connect needs"):
        store(server, "payables:PASSWORD").secret()
    assert {word for word in line.split() if word.startswith("+")} == set(RIGHTS)


def test_guide_fleet_change_of_the_password_keeps_the_entries(server: RedisServer) -> None:
    add, remove = (command.split() for command in re.findall(r"``(ACL SETUSER bill [<>]\w+)``", GUIDE))
    store(server).secret()
    store(server).put(KEY, b"encrypted")
    with server.client() as client:
        client.execute_command(*add)
        assert [store(server, f"bill:{password}").get(KEY) for password in ("PASSWORD", "NEW")] == [b"encrypted"] * 2
        client.execute_command(*(word.replace("<OLD", "<PASSWORD") for word in remove))
    assert store(server, "bill:NEW").get(KEY) == b"encrypted"
    with pytest.raises(StoreError, match="it rejected the user name or the password"):
        store(server).get(KEY)


def test_guide_fleet_memory_of_an_entry_is_that_of_the_guide(server: RedisServer) -> None:
    # A session of a user, encrypted, with its headers.
    store(server).put(KEY, bytes(600))
    with server.client() as client:
        assert client.memory_usage(f"bill.connect:{KEY}") < 1024


def test_guide_fleet_urls_are_valid() -> None:
    urls = re.findall(r"rediss?://[^\s`]+@[^\s`]+", GUIDE)
    assert len(urls) == 3
    assert all(StoreUrl.of(url).has_tls for url in urls)


def test_guide_fleet_execution_environment_has_the_collection_and_redis() -> None:
    environment = FILES["execution-environment.yml"]
    assert environment["version"] == 3
    assert environment["dependencies"]["python"] == ["redis>=5"]
    (collection,) = environment["dependencies"]["galaxy"]["collections"]
    assert collection["name"].endswith("bill.connect")
    # The file of the authority is where the text says.
    (copy,) = environment["additional_build_steps"]["append_final"]
    (certificate,) = environment["additional_build_files"]
    assert copy.split()[:2] == ["COPY", f"_build/{certificate['dest']}/{certificate['src']}"]
    assert f"ssl_ca_certs={copy.split()[2]}``" in GUIDE


def mounts(pod: dict[str, Any]) -> dict[str, str]:
    """The Secret at each path of the only container."""
    secrets = {volume["name"]: volume["secret"]["secretName"] for volume in pod["volumes"]}
    (container,) = pod["containers"]
    assert len(container["volumeMounts"]) == len(secrets)
    return {mount["mountPath"]: secrets[mount["name"]] for mount in container["volumeMounts"]}


def test_guide_fleet_manifests_fit_together() -> None:
    secret, job, redis, service = (
        FILES[f"kubernetes/{name}.yml"] for name in ("bill-secret", "bill-job", "redis", "redis-service")
    )
    url = StoreUrl.of(secret["stringData"]["BILL_SESSION_STORE"])
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["containers"][0]["envFrom"][0]["secretRef"]["name"] == secret["metadata"]["name"]
    assert mounts(pod) == {"/etc/bill": "redis-tls"}
    assert "/etc/bill/" + pod["volumes"][0]["secret"]["items"][0]["path"] in url.redis_url.replace("%2F", "/")
    # The service leads to the server, and the server finds its files.
    template = redis["spec"]["template"]
    labels = template["metadata"]["labels"]
    assert service["spec"]["selector"] == redis["spec"]["selector"]["matchLabels"] == labels
    (port,) = (each["port"] for each in service["spec"]["ports"])
    (container,) = template["spec"]["containers"]
    assert url.place == f"{service['metadata']['name']}.bill.svc:{port}"
    assert container["ports"] == [{"containerPort": port}]
    assert container["readinessProbe"]["tcpSocket"]["port"] == port
    assert f"tls-port {port}\n" in file("redis.conf")
    folders = mounts(template["spec"])
    assert container["command"][1].rpartition("/")[0] in folders
    named = re.findall(r"^tls-\w+-file (\S+)/tls\.\w+$", file("redis.conf"), re.MULTILINE)
    assert {folders[folder] for folder in named} == {"redis-tls"}
    # No mount is below another, because a mounted Secret is read-only.
    assert not [(one, other) for one in folders for other in folders if other.startswith(f"{one}/")]


def test_guide_fleet_ci_jobs_have_the_store_in_their_environment() -> None:
    (job,) = FILES[".github/workflows/nightly.yml"]["jobs"].values()
    assert job["env"]["BILL_SESSION_STORE"] == "${{ secrets.BILL_SESSION_STORE }}"
    assert set(FILES["kubernetes/bill-secret.yml"]["stringData"]) == set(job["env"])
    assert FILES[".gitlab-ci.yml"]["bill"]["script"] == ["ansible-playbook site.yml"]
