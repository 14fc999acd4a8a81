# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""BILL with TLS: which certificates are accepted, that others get no request, and the messages to the user."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from tests.emulator import server, world
from tests.emulator.certificates import Authority, self_signed
from tests.emulator.control_client import Control
from tests.integration.project import Project, Run, secrets_in

# The control requests do not check certificates, because some are invalid on purpose.
pytestmark = pytest.mark.filterwarnings("ignore:Unverified HTTPS request")

LOGIN = {"name": "Sign in", "bill.connect.bill_login": None}
LOOKUP = {
    "name": "Look up",
    "ansible.builtin.assert": {"that": "lookup('bill.connect.bill_login', 'user_id') == user_id"},
}
ROLE = {"name": "Connect", "ansible.builtin.import_role": {"name": "bill.connect.login"}}
ALL = (LOGIN, LOOKUP, ROLE)


@dataclass(frozen=True)
class Bills:
    """Emulators, each with its own certificate, and the authorities."""

    urls: Mapping[str, str]
    authority: Authority
    another: Authority
    careless: Authority

    def control(self, name: str) -> Control:
        return Control(self.urls[name], self.authority.file if name == "good" else False)

    def host(self, name: str) -> str:
        return urlsplit(self.urls[name]).netloc


@pytest.fixture(scope="module")
def bills(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bills]:
    folder = tmp_path_factory.mktemp("tls")
    authority = Authority(folder / "authority")
    another = Authority(folder / "another", "another authority of the tests")
    careless = Authority(folder / "careless", "the authority of a company", careless=True)
    shown = {
        "good": authority.good(),
        "expired": authority.expired(),
        "not_yet_valid": authority.not_yet_valid(),
        "for_another_host": authority.for_another_host(),
        "self_signed": self_signed(folder / "self-signed"),
        "of_another_authority": another.good(),
        "of_a_company": careless.good(),
    }
    with ExitStack() as running:
        yield Bills(
            {name: running.enter_context(server.running(c.certificate, c.private_key)) for name, c in shown.items()},
            authority,
            another,
            careless,
        )


@pytest.fixture(scope="module")
def api_url(bills: Bills) -> str:
    """The address of the emulator with the good certificate. `bill` and `project` also use it here."""
    return bills.urls["good"]


@pytest.fixture
def bill(bills: Bills) -> Control:
    for name in bills.urls:
        bills.control(name).post("reset")
    return bills.control("good")


def hosts(project: Project, **variables: Mapping[str, Any]) -> None:
    """Set up a host for each keyword, with its own variables."""
    project.hosts(*variables)
    (project.folder / "host_vars").mkdir()
    for name, own in variables.items():
        (project.folder / "host_vars" / f"{name}.yml").write_text(yaml.safe_dump(dict(own)))
    # check_after 0 validates stored sessions each time, so each task and lookup connects to BILL again.
    project.variables(bill_api_url=project.api_url, bill_check_after=0, user_id=world.USER.id, strict=True)


def run_by_python(project: Project) -> tuple[int, ...]:
    """The version of the Python that runs Ansible."""
    found = project.run("ansible", "--version")
    return tuple(int(part) for part in re.findall(r"python version = (\d+)\.(\d+)", found.output)[0])


def refusals(run: Run, host: str, message: str) -> int:
    """How many tasks and lookups of a host failed with this message."""
    failed = [line for line in run.output.splitlines() if line.startswith(f"fatal: [{host}]")]
    return sum(message in line for line in failed)


@pytest.mark.promise(7)
def test_ca_path_with_right_authority_is_accepted_by_task_lookup_and_role(
    project: Project, bills: Bills, bill: Control
) -> None:
    (project.home / ".netrc").write_text("machine 127.0.0.1 login somebody password else-findme\n")
    # ca_path outranks this bundle, which does not contain the right authority.
    project.environ = {"REQUESTS_CA_BUNDLE": str(bills.another.file)}
    hosts(
        project,
        file={"authority": str(bills.authority.file), "bill_ca_path": "{{ authority }}"},
        directory={"authority": str(bills.authority.directory), "bill_ca_path": "{{ authority }}"},
    )
    run = project.play(*ALL)
    assert run.code == 0, run.output
    assert not run.shows("validate_certs")
    assert bill.get("counts") == {"POST /v3/login": 1, "GET /v3/login/session": 5}
    assert [received for received in bill.received() if "authorization" in received["headers"]] == []


@pytest.mark.promise(7)
def test_ca_path_replaces_the_usual_authorities_and_a_bundle_has_both(
    project: Project, bills: Bills, bill: Control
) -> None:
    """As the guide says. A bundle is one file after the other, as ``cat`` makes it."""
    usual, company = bills.authority.file, bills.another.file
    bundle = project.home / "bundle.pem"
    bundle.write_text(usual.read_text() + company.read_text())
    project.environ = {"REQUESTS_CA_BUNDLE": str(usual)}
    inspected = {"bill_api_url": bills.urls["of_another_authority"]}
    hosts(
        project,
        usual={},
        replaced={"bill_ca_path": str(company)},
        inspected={**inspected, "bill_ca_path": str(company)},
        both={"bill_ca_path": str(bundle)},
        both_inspected={**inspected, "bill_ca_path": str(bundle)},
    )
    run = project.play(LOGIN, ignore_errors=True)
    assert refusals(run, "replaced", "ca_path does not contain the authority") == 1, run.output
    assert run.output.count("fatal: ") == 1, run.output


REFUSED = {
    "expired": (
        "{{ true }}",
        "(certificate has expired), so it sent nothing. Check the controller's clock. If it is right, the certificate or "
        "the certificate of its authority must be renewed. (api_url comes from the variable bill_api_url)",
    ),
    "not_yet_valid": (
        "{{ 'true' }}",
        "(certificate is not yet valid), so it sent nothing. Check the controller's clock. If it is right, "
        "the owner of the host must install a certificate that is already valid.",
    ),
    "for_another_host": (
        "{{ strict }}",
        "so it sent nothing. Check api_url: the certificate must contain the host of this address.",
    ),
    "self_signed": (
        "{{ 'yes' }}",
        "so it sent nothing. No authority signed this certificate. If this is intended, set ca_path to the file of this certificate.",
    ),
    "of_another_authority": (
        "{{ not not strict }}",
        "so it sent nothing. ca_path does not contain the authority that issued the certificate. Add the certificate of "
        "that authority there, or leave ca_path out if a public authority issued the certificate.",
    ),
}


@pytest.mark.promise(7)
@pytest.mark.promise(8)
def test_certificate_invalid_is_refused_and_nothing_is_sent(project: Project, bills: Bills, bill: Control) -> None:
    # A templated true counts as true, and outranks the environment.
    project.environ = {"BILL_VALIDATE_CERTS": "false"}
    hosts(
        project,
        **{
            name: {
                "bill_api_url": bills.urls[name],
                "bill_ca_path": str(bills.authority.file),
                "bill_validate_certs": truth,
            }
            for name, (truth, _remedy) in REFUSED.items()
        },
    )
    run = project.play(*ALL, ignore_errors=True, arguments=("-v",))
    for name, (_truth, remedy) in REFUSED.items():
        assert refusals(run, name, f"bill.connect did not accept the certificate of {bills.host(name)} (") == 3, (
            run.output
        )
        assert refusals(run, name, remedy) == 3, run.output
        assert bills.control(name).received() == []
    assert not run.shows("Trying again")
    assert not run.shows("validate_certs is false")
    assert secrets_in(run.output) == []


@pytest.mark.promise(7)
@pytest.mark.parametrize("native", ["false", pytest.param("true", marks=pytest.mark.slow)])
def test_validate_certs_false_in_any_form_accepts_certificate_and_warns_once(
    project: Project, bills: Bills, bill: Control, native: str
) -> None:
    project.environ = {"ANSIBLE_JINJA2_NATIVE": native, "BILL_VALIDATE_CERTS": "false"}
    spelt = ["{{ not true }}", "{{ false }}", "{{ 'false' }}", "{{ not strict }}", "no", False]
    variables = {f"host{number}": {"bill_validate_certs": falsehood} for number, falsehood in enumerate(spelt)}
    hosts(project, environment={}, **variables)
    expired = {"bill_api_url": bills.urls["expired"]}
    run = project.play(*ALL, vars=expired)
    assert run.code == 0, run.output
    message = (
        f"validate_certs is false: anybody between the controller and {bills.host('expired')} can read the credentials."
    )
    assert run.times(message) == 1, run.output
    assert bills.control("expired").get("counts") == {"POST /v3/login": 1, "GET /v3/login/session": 20}


@pytest.mark.promise(7)
@pytest.mark.promise(8)
def test_ca_path_without_right_authority_is_reported(project: Project, bills: Bills, bill: Control) -> None:
    (project.folder / "unprepared").mkdir()
    (project.folder / "unprepared" / "authority.pem").write_bytes(bills.authority.file.read_bytes())
    (project.folder / "empty.pem").write_text("")
    project.environ = {"BILL_CA_PATH": str(bills.another.file)}
    hosts(
        project,
        by_environment={},
        directory={"bill_ca_path": str(bills.another.directory)},
        unprepared={"bill_ca_path": "{{ playbook_dir }}/unprepared"},
        empty={"bill_ca_path": "{{ playbook_dir }}/empty.pem"},
        of_a_company={"bill_api_url": bills.urls["of_a_company"], "bill_ca_path": str(bills.careless.file)},
    )
    run = project.play(LOGIN, LOOKUP, ignore_errors=True, arguments=("-v",))
    for host, message in {
        "by_environment": "ca_path comes from the environment variable BILL_CA_PATH",
        "directory": "ca_path is a directory. Put the certificate of the authority that issued the host's certificate there, and run openssl",
        "unprepared": "and run openssl rehash on the directory. (api_url comes from the variable bill_api_url; ca_path comes",
        "empty": "so it sent nothing. Check that ca_path names a readable file of PEM certificates. (ca_path comes",
    }.items():
        assert refusals(run, host, message) == 2, run.output
    assert not run.shows("Trying again")
    assert bill.received() == []
    # Only Python 3.13 and later refuse the company's authority.
    is_strict = run_by_python(project) >= (3, 13)
    assert (
        bool(refusals(run, "of_a_company", "Only the strict check of this Python refuses it (VERIFY_X509_STRICT"))
        == is_strict
    )
    assert bool(bills.control("of_a_company").received()) != is_strict


@pytest.mark.promise(7)
def test_redirect_with_any_validate_certs_is_not_followed(project: Project, bills: Bills, bill: Control) -> None:
    project.variables(bill_api_url=project.api_url, bill_ca_path=str(bills.authority.file))
    with server.running() as plain:
        tasks = []
        for elsewhere in (plain, project.api_url.replace("127.0.0.1", "localhost")):
            for checked in (True, False):
                bill.fault("POST /v3/login", redirect=f"{elsewhere}/v3/vendors")
                tasks.append({"name": "Sign in", "bill.connect.bill_login": {"validate_certs": checked}})
        run = project.play(*tasks, ignore_errors=True)
        assert (
            refusals(run, "localhost", "answered with a redirect (HTTP status 302). bill.connect does not follow it")
            == 4
        )
        assert Control(plain).received() == []
    assert bill.get("counts") == {"POST /v3/login": 4}
