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
    ("store", "is_imported"), [("", "False"), ("/srv/redis", "False"), ("redis://127.0.0.1", "True")]
)
def test_collection_imports_redis_only_if_the_environment_names_one(
    monkeypatch: pytest.MonkeyPatch, store: str, is_imported: str
) -> None:
    monkeypatch.setenv("BILL_SESSION_STORE", store)
    assert run("", "import sys\nprint('redis' in sys.modules)").strip() == is_imported


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    "error",
    [
        "ModuleNotFoundError('No module named ' + name, name=name)",
        "ImportError('cannot import name DEFAULT_CIPHERS')",
        "RuntimeError('the legacy provider failed to load')",
        "AttributeError('module has no attribute X')",
    ],
)
def test_collection_with_broken_libraries_is_imported(monkeypatch: pytest.MonkeyPatch, error: str) -> None:
    monkeypatch.setenv("BILL_SESSION_STORE", "redis://127.0.0.1")
    assert run(BROKEN.format(names=("requests", "urllib3", "redis"), error=error)) == ""
