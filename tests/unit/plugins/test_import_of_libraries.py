# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Importing the collection never fails: an error there ends ansible-playbook itself, and no rescue catches it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.unit.plugins.plugin_utils.process_helpers import environment_of_a_new_interpreter
from tests.unit.plugins.test_imports import PLUGINS, files

# Every module of the collection is imported, with the libraries as BREAKS left them.
IMPORT_ALL = """
import importlib
exec({breaks!r})
for name in {names}:
    importlib.import_module(name)
{then}
"""
# OpenSSL in FIPS mode has neither scrypt nor MD5.
FIPS = (PLUGINS.parent / "tests" / "integration" / "fips" / "sitecustomize.py").read_text()
ENCRYPTS = """
from ansible_collections.bill.connect.plugins.plugin_utils._store.cipher import Cipher, EntryIdentity
cipher = Cipher(EntryIdentity.of({"password": "findme"}), b"k" * 32)
print(cipher.decrypt(cipher.encrypt(b"a session")).decode())
"""
# A library that raises an error at import, as with an OpenSSL without the legacy provider.
BROKEN = """
import sys
class Broken:
    def find_spec(self, name, *_more):
        if name.split(".")[0] in {names}:
            raise {error}
sys.meta_path.insert(0, Broken())
"""


NAMES = [
    ".".join(("ansible_collections.bill.connect.plugins", *path.relative_to(PLUGINS).with_suffix("").parts))
    for _package, path in files()
]


def run(breaks: str, then: str = "") -> str:
    program = IMPORT_ALL.format(breaks=breaks, names=NAMES, then=then)
    environment = environment_of_a_new_interpreter()
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.promise(6)
def test_collection_in_fips_mode_is_imported_and_encrypts() -> None:
    assert run(FIPS, ENCRYPTS) == "a session\n"


@pytest.mark.parametrize(
    ("store", "is_imported"),
    [
        pytest.param("", "False", marks=pytest.mark.slow),
        ("/srv/redis", "False"),
        ("redis://127.0.0.1", "True"),
    ],
)
def test_collection_imports_redis_only_if_the_environment_names_one(
    monkeypatch: pytest.MonkeyPatch, store: str, is_imported: str
) -> None:
    monkeypatch.setenv("BILL_SESSION_STORE", store)
    assert run("", "import sys\nprint('redis' in sys.modules)").strip() == is_imported


# As ansible-core does it: the main process imports the task, and a forked worker runs it.
IN_WORKERS = """
import os, sys
from ansible_collections.bill.connect.plugins.action import {task}
{then}
"""
WARM = """
import tempfile
from dataclasses import replace
from ansible_collections.bill.connect.plugins.plugin_utils._client.factory import Surroundings, build_client
from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import OPTIONS
from tests.unit.plugins.plugin_utils import fakes
given = {"api_url": "http://127.0.0.1:1/connect", "retries": 0, **fakes.OPTIONS}
with tempfile.TemporaryDirectory() as home:
    around = Surroundings(home + "/store", home + "/run", fakes.ListReporter())
    client = build_client({**{option.name: option.default for option in OPTIONS}, **given}, around)
    now = around.clock.time()
    client.sessions.entry.save(replace(fakes.SESSION, made_at=now, answered_at=now))
    print(client.sessions.ensure().changed, 'requests' in sys.modules)
    try:
        client.sessions.ensure(force=True)
    except Exception as error:
        print(type(error).__name__, 'requests' in sys.modules)
"""


def in_main_process(task: str, then: str = "") -> str:
    program = IN_WORKERS.format(task=task, then=then)
    environment = environment_of_a_new_interpreter()
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("task", "is_imported"),
    [
        ("bill_login", "False"),
        ("bill_request", "True"),
        pytest.param("bill_session_info", "True", marks=pytest.mark.slow),
        pytest.param("bill_organizations_info", "True", marks=pytest.mark.slow),
        pytest.param("bill_mfa_challenge", "True", marks=pytest.mark.slow),
        pytest.param("bill_mfa_validate", "True", marks=pytest.mark.slow),
        pytest.param("bill_form", "True", marks=pytest.mark.slow),
    ],
)
def test_main_process_imports_requests_only_for_a_task_that_always_sends(task: str, is_imported: str) -> None:
    assert in_main_process(task, "print('requests' in sys.modules)") == is_imported


@pytest.mark.parametrize(("store", "is_imported"), [("/srv/store", "False"), ("redis://127.0.0.1", "True")])
def test_main_process_imports_the_store_in_redis_only_if_the_environment_names_one(
    monkeypatch: pytest.MonkeyPatch, store: str, is_imported: str
) -> None:
    monkeypatch.setenv("BILL_SESSION_STORE", store)
    assert (
        in_main_process("bill_login", "print(any(name.endswith('_store.redis') for name in sys.modules))")
        == is_imported
    )


def test_client_with_a_stored_session_does_not_import_requests() -> None:
    assert in_main_process("bill_login", WARM).splitlines() == ["False False", "TransportError True"]


FORKS = """
from ansible_collections.bill.connect.plugins.plugin_utils._client.late_exchange import EXCHANGE_FACTORY
shown = []
for _worker in range(4):
    shown.append('requests' in sys.modules)
    if (worker := os.fork()) == 0:
        {work}
        os._exit(0)
    os.waitpid(worker, 0)
print(shown)
"""


def test_main_process_imports_requests_after_two_workers_needed_it() -> None:
    needed = in_main_process("bill_login", FORKS.format(work="EXCHANGE_FACTORY.module()"))
    assert needed == "[False, False, False, True]"
    assert in_main_process("bill_login", FORKS.format(work="pass")) == "[False, False, False, False]"


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    "error",
    [
        "ModuleNotFoundError('No module named ' + name, name=name)",
        pytest.param("ImportError('cannot import name DEFAULT_CIPHERS')", marks=pytest.mark.slow),
        pytest.param("RuntimeError('the legacy provider failed to load')", marks=pytest.mark.slow),
        pytest.param("AttributeError('module has no attribute X')", marks=pytest.mark.slow),
    ],
)
def test_collection_with_broken_libraries_is_imported(monkeypatch: pytest.MonkeyPatch, error: str) -> None:
    monkeypatch.setenv("BILL_SESSION_STORE", "redis://127.0.0.1")
    assert run(BROKEN.format(names=("requests", "urllib3", "redis"), error=error)) == ""
