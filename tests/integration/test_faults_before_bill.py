# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every line of the second table in the guide on faults, word for word: faults of the controller, its proxy and the variables."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

from tests.emulator.certificates import Authority
from tests.integration.fault_table import BEFORE_BILL, TASK, check_lines, row
from tests.integration.project import VAULT_PASSWORD, Project
from tests.integration.rows import Row
from tests.proxies import HttpProxy

BARE = Path(__file__).with_name("bare")
FACTS = "``inject_facts_as_vars`` is off (a warning, up to ansible-core 2.20)"
REQUESTS_MISSING = "The Python library requests is missing"
REJECTED = "The password in HTTPS_PROXY is wrong"

# Other tests have the plays for these lines, and compare them with the table.
ELSEWHERE = {
    "The controller is in FIPS mode (no fault)": "test_store.py",
    "The session store is on a share without file modes (a warning)": "test_store.py",
    "Somebody stops the run with Ctrl-C": "test_end_of_run.py",
}

VARIABLES: dict[str, dict[str, str]] = {
    "A value that is encrypted on its own (``!vault``) has another vault password": {
        "bill_password": "{{ of_others }}"
    },
    "A variable refers to another one that is not defined": {"bill_password": "{{ bill_password_of_others }}"},
    "A variable reads a file that does not exist": {
        "bill_password": "{{ lookup('ansible.builtin.file', '/nowhere/findme') }}"
    },
    "A variable uses a lookup of a collection that is not installed": {
        "bill_password": "{{ lookup('community.nothing.vault', 'findme') }}"
    },
    "A variable uses a program that is not there": {
        "bill_password": "{{ lookup('ansible.builtin.pipe', 'no-such-program') }}"
    },
    "A password contains ``{{`` or ``{%``": {"bill_password": "findme{{"},
    "A password contains ``{#...#}``": {"bill_password": "find{#out#}me"},
    "A variable uses a lookup of bill.connect that needs the same variable": {
        "bill_password": "{{ lookup('bill.connect.bill_login', 'api_url') }}"
    },
    "A value is a YAML block with ``|``": {"bill_password": "findme\n"},
    "A value was encrypted with ``echo``": {"bill_password": "{{ echoed }}"},
    "A value comes from a file or program, with its line end": {"bill_password": "{{ 'find' ~ 'me\n' }}"},
}
KEYWORDS: dict[str, Any] = {
    "``environment: production`` is a keyword of the task, not an option": "production",
    "The keyword ``environment`` sets names that have no effect (a warning)": {
        "BILL_PASSWORD": "findme",
        "HTTPS_PROXY": "http://127.0.0.1:1",
    },
}
ENVIRONMENTS: dict[str, dict[str, str]] = {
    "A value in the environment has a Windows line end": {"BILL_USERNAME": "ap@example.com\r"},
}


@contextmanager
def proxies(authority: Authority) -> Iterator[tuple[dict[str, str], HttpProxy]]:
    """The values of HTTPS_PROXY, by line of the table, and the proxy that rejects a password."""
    context, shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), authority.good()
    context.load_cert_chain(shown.certificate, shown.private_key)
    with ExitStack() as stack:

        def start(**how: Any) -> HttpProxy:
            return stack.enter_context(closing(HttpProxy(**how)))

        # The socket holds the port, so no other program can use it. It does not listen.
        taken = stack.enter_context(socket.socket())
        taken.bind(("127.0.0.1", 0))
        strict = start(user=("me", "right"))
        urls = {
            "The name of the proxy is unknown, for example outside the office": "http://proxy.example.invalid:3128",
            "No program listens on the port of the proxy": f"http://127.0.0.1:{taken.getsockname()[1]}",
            REJECTED: strict.url.replace("//", "//me:findme@"),
            "The proxy requires a password, and HTTPS_PROXY has none": start(user=("me", "right")).url,
            "The password in HTTPS_PROXY has special characters that are not percent-encoded": (
                "http://me:findme#1@127.0.0.1:3128"
            ),
            "The proxy does not allow connections to BILL's host": start(refusal=403).url,
            "HTTPS_PROXY begins with ``https://``, and the certificate of the proxy comes from an authority that is not trusted": (
                start(tls=context).url
            ),
            "HTTPS_PROXY begins with ``https://``, and the proxy does not use TLS": start().url.replace(
                "http", "https"
            ),
            "HTTPS_PROXY begins with ``socks5h://``, and PySocks is missing": "socks5h://127.0.0.1:1080",
        }
        yield urls, strict


def through(wrong: str, proxy: str) -> Row:
    # There is no server at the address. A line that is right does not get there.
    variables = {"bill_api_url": "https://127.0.0.1:9/connect", "bill_retries": 0}
    return row(wrong, TASK, variables=variables, environ={"HTTPS_PROXY": proxy})


def encrypted(text: str, password: str) -> str:
    shown = VaultLib().encrypt(text, VaultSecret(password.encode())).decode()
    return "!vault |\n" + "".join(f"  {line}\n" for line in shown.splitlines())


def test_fault_table_each_line_before_bill_has_a_test(tmp_path: Path) -> None:
    with proxies(Authority(tmp_path / "authority")) as (urls, _strict):
        assert sorted(BEFORE_BILL) == sorted(
            [FACTS, REQUESTS_MISSING, *ELSEWHERE, *VARIABLES, *KEYWORDS, *ENVIRONMENTS, *urls]
        )


@pytest.mark.promise(4)
@pytest.mark.promise(5)
@pytest.mark.promise(8)
def test_fault_table_faults_before_bill_are_handled_as_documented(project: Project, tmp_path: Path) -> None:
    (project.folder / "group_vars" / "all" / "encrypted.yml").write_text(
        f"of_others: {encrypted('findme', 'another')}echoed: {encrypted('findme' + chr(10), VAULT_PASSWORD)}"
    )
    project.environ = {
        "ANSIBLE_INJECT_FACT_VARS": "False",
        "PYTHONPATH": str(BARE),
        "MISSING_LIBRARIES": "socks",
    }
    with proxies(Authority(tmp_path / "authority")) as (urls, strict):
        rows = {
            # This warning appears once in a run, after the first sign-in.
            **({FACTS: row(FACTS, TASK)} if project.core < (2, 21) else {}),
            **{wrong: through(wrong, proxy) for wrong, proxy in urls.items()},
            **{wrong: row(wrong, TASK, variables=variables) for wrong, variables in VARIABLES.items()},
            **{wrong: row(wrong, {**TASK, "environment": keyword}) for wrong, keyword in KEYWORDS.items()},
            **{
                wrong: row(wrong, TASK, variables={"bill_username": ""}, environ=environ)
                for wrong, environ in ENVIRONMENTS.items()
            },
        }
        check_lines(project, rows)
    assert strict.credentials == ["me:findme"]


@pytest.mark.promise(8)
def test_fault_table_missing_library_is_handled_as_documented(project: Project) -> None:
    project.environ = {"PYTHONPATH": str(BARE), "MISSING_LIBRARIES": "requests"}
    run = project.play(TASK)
    assert run.code == 2
    assert BEFORE_BILL[REQUESTS_MISSING].is_shown(run), run.output
