# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret is readable: the tests search everything that a run shows, writes, leaves behind or starts.

They also cover what the collection cannot hide, so the documentation stays true.
"""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml

from tests.emulator import world
from tests.emulator.control_client import Control
from tests.integration.leaks import MARKS, Leaks
from tests.integration.methods import METHODS, Method
from tests.integration.project import CREDENTIALS, VAULT_PASSWORD, Project, Run, secrets_in
from tests.integration.request_tasks import call
from tests.integration.terminal import run_at_a_terminal
from tests.integration.watcher import Watcher

ORGANIZATION_ID = world.ORGANIZATION.id
# BILL's names for the secrets, in headers and bodies.
SECRETS = {
    *("sessionid", "devkey", "appkey", "apitoken", "authorization"),
    *("password", "consoleapitoken", "client_secret", "remembermeid", "token"),
}
LOGIN = {"name": "Sign in", "bill.connect.bill_login": None, "register": "bill"}
AGAIN = {"name": "Sign in anew", "bill.connect.bill_login": {"force": True}}
SIGN_OUT = {"name": "Sign out", "bill.connect.bill_login": {"state": "absent"}}
INFO = {"name": "Ask about the session", "bill.connect.bill_session_info": None}
ORGANIZATIONS = {"name": "List the organizations", "bill.connect.bill_organizations_info": None}
ROLE = {"name": "Connect", "ansible.builtin.include_role": {"name": "bill.connect.login"}}
USE = {
    "name": "Use it",
    "ansible.builtin.uri": {"url": "{{ bill.api_url }}/v3/vendors?max=1", "headers": "{{ bill.headers }}"},
    "no_log": True,
}
# For tasks in which bill is the variable that the role has set.
OF_ROLE = {"vars": {"bill": {"api_url": "{{ bill_api_url }}", "headers": "{{ bill_headers }}"}}}
SHOW = {"name": "Show it", "ansible.builtin.debug": {"var": "bill"}, "no_log": True}
# These tasks leave modules behind and fill the fact cache.
OTHER: list[dict[str, Any]] = [
    {"name": "Run a module", "ansible.builtin.ping": None},
    {"name": "Cache a fact", "ansible.builtin.set_fact": {"note": "nothing", "cacheable": True}},
]

# A secret that every encoding changes. Each piece has a mark, in case wrong quoting cuts the secret.
AWKWARD = "findme \"findme\\findme%41findme+findme/findme={% findme {{ findme }}findme'findme$(findme)<findme&findme-é€-findme"


@dataclass
class Sweep:
    """A project that records everything possible: a log, a fact cache, all events of callbacks, modules.

    ``own`` names the places where the user put a secret: names of files, or environ. They are not searched.
    ``numbers`` are secrets in addition to those of the sign-in requests.
    """

    project: Project
    bill: Control
    watcher: Watcher
    own: list[str] = field(default_factory=lambda: ["vault_password"])
    numbers: set[str] = field(default_factory=set)

    def play(self, *tasks: dict[str, Any], arguments: tuple[str, ...] = (), **keywords: Any) -> Run:
        return self.project.play(*OTHER, *tasks, arguments=("-vvvvv", *arguments), **keywords)

    def leaks(self, run: Run) -> dict[str, list[str]]:
        """The places that contain secrets, each with the secrets there."""
        places = {"output": {run.output.encode()}, **self.watcher.seen}
        left = [path for folder in self.watcher.folders for path in Path(folder).rglob("*") if path.is_file()]
        for path in {*self.project.files(), *left}:
            places.setdefault(str(path), set()).add(path.read_bytes())
        places = {place: seen for place, seen in places.items() if os.path.basename(place) not in self.own}
        secrets = set(self.secrets_sent())
        numbers = {secret for secret in secrets if secret.isdecimal()} | self.numbers
        # The emulator's own values have a mark in front that could be cut off.
        without_marks = {re.sub("^(SESSION|ACCESS-findme|MFAID-findme)-", "", secret) for secret in secrets}
        leaks = Leaks(*MARKS, *(secrets | without_marks) - numbers, VAULT_PASSWORD, AWKWARD, numbers=numbers)
        found = {
            place: sorted({leak for one in all_of_it for leak in leaks.in_bytes(one)})
            for place, all_of_it in places.items()
        }
        return {place: what for place, what in found.items() if what}

    def secrets_sent(self) -> Iterator[str]:
        """Every secret in the requests to BILL."""
        for received in self.bill.received():
            body = received["body"] if isinstance(received["body"], dict) else {}
            for name, value in (received["headers"] | body).items():
                if name.lower() in SECRETS:
                    yield value.removeprefix("Bearer ")

    def check_coverage(self) -> None:
        """Check that there was something to search."""
        home = self.project.home
        assert "v2_playbook_on_start" in (events := (home / "events").read_text())
        assert "v2_runner_on_start" in events
        assert "v2_playbook_on_stats" in events
        assert "PLAY RECAP" in (home / "ansible.log").read_text()
        assert list((home / "junit").iterdir())
        assert list((home / "tree").iterdir())
        assert "note" in "".join(path.read_text() for path in (home / "facts").iterdir())
        assert list((home / "remote").glob("*/AnsiballZ_ping.py"))
        assert self.watcher.workers
        assert {"cmdline", "environ"} <= set(self.watcher.seen)
        assert any("ansible-local-" in place for place in self.watcher.seen)


@pytest.fixture
def sweep(project: Project, bill: Control, tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    home = project.home
    # ansible-core 2.22 puts a socket there. The path of a socket may have about 100 characters at most.
    temporary = tmp_path_factory.mktemp("t")
    project.environ = {
        "ANSIBLE_CACHE_PLUGIN": "jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(home / "facts"),
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).with_name("callbacks")),
        "ANSIBLE_CALLBACKS_ENABLED": "event_dump,ansible.builtin.junit,ansible.builtin.tree",
        "ANSIBLE_CALLBACK_TREE_DIR": str(home / "tree"),
        "ANSIBLE_DEBUG": "1",
        "ANSIBLE_DISPLAY_ARGS_TO_STDOUT": "1",
        "ANSIBLE_DISPLAY_TRACEBACK": "always",
        "ANSIBLE_INJECT_INVOCATION": "1",
        "ANSIBLE_KEEP_REMOTE_FILES": "1",
        "ANSIBLE_LOG_PATH": str(home / "ansible.log"),
        "ANSIBLE_REMOTE_TEMP": str(home / "remote"),
        "ANSIBLE_RETRY_FILES_ENABLED": "1",
        "ANSIBLE_RETRY_FILES_SAVE_PATH": str(home / "retry"),
        "EVENT_DUMP": str(home / "events"),
        "JUNIT_OUTPUT_DIR": str(home / "junit"),
        "TMPDIR": str(temporary),
    }
    project.variables(bill_api_url=project.api_url, bill_retries=0)
    watcher = Watcher((str(home / ".ansible"), str(home / "remote"), str(temporary)))
    project.watch = watcher.watch
    # The delay lets the watcher see the workers.
    bill.post("settings", latency=0.02)
    return Sweep(project, bill, watcher)


@pytest.mark.promise(5)
@pytest.mark.promise(6)
@pytest.mark.parametrize(
    "arguments", [(), pytest.param(("--check", "--diff"), marks=pytest.mark.slow)], ids=["run", "check"]
)
def test_output_successful_tasks_has_no_secrets(sweep: Sweep, bill: Control, arguments: tuple[str, ...]) -> None:
    run = sweep.play(
        LOGIN,
        SHOW,
        {**LOGIN, "loop": [1, 2]},
        {**LOGIN, "with_items": [1, 2]},
        {**LOGIN, "until": "bill.attempts | default(1) == 2", "retries": 2, "delay": 0},
        {
            "name": "Look up",
            "ansible.builtin.assert": {"that": "lookup('bill.connect.bill_login').session_id is string"},
        },
        SIGN_OUT,
        AGAIN,
        arguments=arguments,
    )
    assert run.code == 0, run.output
    assert run.recap()["ok"] == 10
    assert sweep.leaks(run) == {}
    sweep.check_coverage()
    assert bill.get("counts")["POST /v3/login"] == 2


@pytest.mark.promise(5)
def test_output_session_used_with_no_log_and_pipelining_has_no_secrets(sweep: Sweep, bill: Control) -> None:
    """With no_log and with pipelining, which writes no module to the disk. Only callbacks get the arguments of such a task."""
    sweep.own.append("events")
    del sweep.project.environ["ANSIBLE_DEBUG"]
    del sweep.project.environ["ANSIBLE_KEEP_REMOTE_FILES"]
    sweep.project.environ["ANSIBLE_PIPELINING"] = "1"
    run = sweep.play(LOGIN, USE)
    assert run.code == 0, run.output
    assert sweep.leaks(run) == {}
    assert bill.get("counts")["GET /v3/vendors"] == 1
    assert any(b"python" in command_line for command_line in sweep.watcher.seen["cmdline"])


@pytest.mark.promise(5)
@pytest.mark.promise(8)
def test_output_failed_login_has_message_and_no_secrets(sweep: Sweep, bill: Control) -> None:
    echo = f"{world.USER.password} {world.DEV_KEY}"
    for fault in (
        {"status": 503, "body": echo},
        {"status": 400, "body": echo},
        {"status": 200, "body": echo},
        {"json": [{"code": "BDC_9999", "message": f"password: {echo}"}]},
        {"reset": True},
        {"cut": True, "acted": False},
        {"redirect": f"https://127.0.0.1:9/?{world.DEV_KEY}"},
    ):
        bill.fault("POST /v3/login", **fault)
    bill.fault("POST /v3/login", times=None, code="BDC_1101")
    printed = [{"ansible.builtin.debug": {"var": f"ansible_failed_{what}"}} for what in ("result", "task")]
    again = {**AGAIN, "ignore_errors": True}
    run = sweep.play(
        again,
        {"block": [AGAIN], "rescue": printed},
        {**again, "until": "bill is success", "register": "bill", "retries": 1, "delay": 0},
        {**again, "loop": [1, 2]},
        again,
        {**again, "async": 5, "poll": 1},
        {
            "name": "Look up",
            "ansible.builtin.debug": {"msg": "{{ lookup('bill.connect.bill_login') }}"},
            "ignore_errors": True,
        },
        AGAIN,
    )
    assert run.code == 2
    assert run.shows("BILL answered BDC_1101"), run.output
    assert run.shows("answered with a redirect")
    assert run.shows("broke before the response was complete")
    assert run.recap()["ignored"] == 6
    assert run.recap()["rescued"] == 1
    assert sweep.leaks(run) == {}
    sweep.check_coverage()
    assert bill.get("faults")[0]["code"] == "BDC_1101"


def in_files(sweep: Sweep, **variables: Any) -> None:
    """Plain text in a file of the user."""
    text = "".join(
        f"{name}: !unsafe {yaml.safe_dump(value, default_style=chr(34), width=9999)}"
        for name, value in variables.items()
    )
    (sweep.project.folder / "group_vars" / "all" / "own.yml").write_text(text)
    sweep.own.append("own.yml")


def in_the_environment(sweep: Sweep) -> tuple[str, ...]:
    sweep.project.without_vault()
    sweep.project.environ |= {
        "BILL_USERNAME": world.USER.username,
        "BILL_PASSWORD": AWKWARD,
        "BILL_ORGANIZATION_ID": ORGANIZATION_ID,
        "BILL_DEV_KEY": world.DEV_KEY,
    }
    # Every child process inherits the environment, and the same user and root can read it.
    sweep.own.append("environ")
    return ()


def in_a_vaulted_file(sweep: Sweep) -> tuple[str, ...]:
    vault = sweep.project.folder / "group_vars" / "all" / "bill.yml"
    vault.rename(sweep.project.folder / "extra.yml")
    return ("--extra-vars", "@extra.yml")


def in_vaulted_values(sweep: Sweep) -> tuple[str, ...]:
    sweep.project.without_vault()
    values = {"bill_password": AWKWARD, "bill_dev_key": world.DEV_KEY}
    named = [f"--name={name}" for name in values]
    made = subprocess.run(
        [
            *(sweep.project.core_bin / "ansible-vault", "encrypt_string", "--vault-password-file", "vault_password"),
            *named,
            *values.values(),
        ],
        cwd=sweep.project.folder,
        env={"HOME": str(sweep.project.home), "PATH": os.defpath, "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=True,
    )
    who = {"bill_username": world.USER.username, "bill_organization_id": ORGANIZATION_ID}
    (sweep.project.folder / "group_vars" / "all" / "inline.yml").write_text(made.stdout + "\n" + yaml.safe_dump(who))
    return ()


def in_plain_variables(sweep: Sweep) -> tuple[str, ...]:
    sweep.project.without_vault()
    in_files(sweep, **{**CREDENTIALS, "bill_password": AWKWARD, "bill_dev_key": world.DEV_KEY})
    return ()


@pytest.mark.promise(5)
@pytest.mark.parametrize(
    "given",
    [
        in_the_environment,
        in_vaulted_values,
        *(pytest.param(each, marks=pytest.mark.slow) for each in (in_a_vaulted_file, in_plain_variables)),
    ],
)
def test_output_credentials_of_each_source_has_no_secrets(
    sweep: Sweep, bill: Control, given: Callable[[Sweep], tuple[str, ...]]
) -> None:
    if given in (in_the_environment, in_vaulted_values, in_plain_variables):
        bill.post(f"users/{world.USER.username}/password", password=AWKWARD)
    arguments = given(sweep)
    bill.fault("POST /v3/login", after=1, times=None, code="BDC_1101")
    look_up = {"name": "Look up", "ansible.builtin.debug": {"msg": "{{ query('bill.connect.bill_login', 'user_id') }}"}}
    run = sweep.play(LOGIN, SHOW, look_up, AGAIN, arguments=arguments)
    assert run.recap()["ok"] == 5, run.output
    assert run.shows("BILL answered BDC_1101")
    assert sweep.leaks(run) == {}
    sweep.check_coverage()
    assert bill.get("counts") == {"POST /v3/login": 2}


@pytest.mark.promise(5)
@pytest.mark.promise(6)
@pytest.mark.parametrize(
    "method",
    [
        pytest.param(method, id=name, marks=[] if name in ("password", "partner", "oauth") else pytest.mark.slow)
        for name, method in METHODS.items()
    ],
)
def test_output_each_auth_method_has_no_secrets(sweep: Sweep, bill: Control, method: Method) -> None:
    sweep.project.without_vault()
    in_files(sweep, **method.variables, wrong="wrong-findme")
    echo = " ".join(method.options.values())
    for request in method.sign_in:
        for complaint in (
            {"error": "invalid_grant", "error_description": echo},
            [{"code": "BDC_9999", "message": f"{echo}: {echo}"}],
        ):
            bill.fault(request, status=400, body=json.dumps(complaint), content_type="application/json")
        bill.fault(request, redirect=f"https://127.0.0.1:9/?{quote(echo)}")
        bill.fault(request, code="BDC_1101")
    # The options are also given as arguments. Callbacks get their values.
    again = {"force": True, **{name: f"{{{{ bill_{name} }}}}" for name in method.options}}
    failing = {**AGAIN, "bill.connect.bill_login": again, "ignore_errors": True}
    wrong = {**failing, "vars": {f"bill_{method.secret}": "{{ wrong }}"}}
    run = sweep.play(
        *[failing] * 4 * len(method.sign_in),
        wrong,
        {**LOGIN, "bill.connect.bill_login": again},
        SHOW,
        {
            "name": "Look up",
            "ansible.builtin.assert": {"that": "lookup('bill.connect.bill_login').headers == bill.headers"},
            "no_log": True,
        },
        INFO,
        {**ORGANIZATIONS, "ignore_errors": True},
        SIGN_OUT,
    )
    assert run.code == 0, run.output
    # A token of Spend & Expense has no list of organizations.
    assert run.recap()["ignored"] == 4 * len(method.sign_in) + 1 + (method.auth_method == "spend_token")
    assert sweep.leaks(run) == {}
    sweep.check_coverage()


@pytest.fixture
def payer_sweep(sweep: Sweep, bill: Control) -> Sweep:
    """The play of a user with a phone, to which BILL sends codes."""
    payer = {"bill_username": world.PAYER.username, "bill_password": world.PAYER.password}
    sweep.project.without_vault()
    in_files(sweep, **{**METHODS["password"].variables, **payer})
    sweep.project.variables(
        bill_api_url=sweep.project.api_url,
        bill_retries=0,
        bill_device="build-server",
        # The play reads the code when it needs it and stores it nowhere, like a person with a phone.
        code="{{ (lookup('ansible.builtin.url', messages, split_lines=false) | from_json)[-1].code }}",
        wrong="{{ '%06d' % ((code | int + 1) % 1000000) }}",
        messages=f"{bill.url}/messages",
    )
    return sweep


@pytest.mark.promise(5)
@pytest.mark.promise(6)
def test_output_mfa_and_info_tasks_has_no_secrets(payer_sweep: Sweep, bill: Control) -> None:
    """The code of MFA, and the MFA ID that it produces. Each task fails before it does its work."""
    echo = json.dumps([{"code": "BDC_9999", "message": f"{world.PAYER.password} {world.DEV_KEY}"}])
    for request in (
        "POST /v3/mfa/challenge",
        "POST /v3/mfa/challenge/validate",
        "GET /v3/login/session",
        "GET /v3/login/organizations",
    ):
        bill.fault(request, status=400, body=echo, content_type="application/json")

    def challenge(**about: Any) -> dict[str, Any]:
        return {"name": "Have a code sent", "bill.connect.bill_mfa_challenge": None, "register": "challenge", **about}

    def validate(token: str, **about: Any) -> dict[str, Any]:
        given = {"challenge_id": "{{ challenge.challenge_id }}", "token": token, "remember_me": True}
        return {"name": "Give it back", "bill.connect.bill_mfa_validate": given, "register": "trust", **about}

    fails = {"ignore_errors": True}
    remembered = {"remember_me_id": "{{ trust.remember_me_id }}", "force": True}
    run = payer_sweep.play(
        LOGIN,
        challenge(**fails),
        challenge(),
        validate("{{ code }}", **fails),
        validate("{{ wrong }}", **fails),
        validate("{{ code }}"),
        {**SHOW, "ansible.builtin.debug": {"var": "trust"}},
        {"name": "Sign in trusted", "bill.connect.bill_login": remembered, "register": "bill"},
        {
            "name": "Look up",
            "ansible.builtin.assert": {
                "that": "bill.trusted and lookup('bill.connect.bill_login', 'trusted', remember_me_id=remember_me_id)"
            },
            "vars": {"remember_me_id": "{{ trust.remember_me_id }}"},
            "no_log": True,
        },
        # The code was used before.
        validate("{{ item }}", loop=["{{ code }}"], register="used", **fails),
        *({**task, **more} for task in (INFO, ORGANIZATIONS) for more in (fails, {})),
    )
    assert run.code == 0, run.output
    assert run.recap()["ignored"] == 6
    assert payer_sweep.leaks(run) == {}
    payer_sweep.check_coverage()
    assert [secret.isdecimal() for secret in payer_sweep.secrets_sent()].count(True) == 4


@pytest.mark.slow
@pytest.mark.promise(5)
def test_role_trust_successful_shows_mfa_id_only_to_callbacks(payer_sweep: Sweep) -> None:
    """The documentation says this of set_fact, with which a role passes on values."""
    role = {"name": "Trust", "ansible.builtin.include_role": {"name": "bill.connect.trust"}}
    run = payer_sweep.play(
        {**role, "vars": {"bill_mfa_token": "{{ code }}"}}, {**SHOW, "vars": {"bill": "{{ bill_trust }}"}}
    )
    assert run.code == 0, run.output
    assert run.shows("BILL trusts build-server until")
    assert {os.path.basename(place): leaks for place, leaks in payer_sweep.leaks(run).items()} == {
        "events": ["findme (plain)"]
    }
    payer_sweep.check_coverage()


@pytest.mark.terminal
@pytest.mark.promise(5)
@pytest.mark.promise(6)
def test_output_form_with_typed_values_has_no_secrets(sweep: Sweep, bill: Control) -> None:
    """Values that BILL refuses and accepts, the code of MFA and its results, and then all of it from the written file."""
    project = sweep.project
    project.without_vault()
    # The watcher also sees temporary files in the folder of the vault file.
    sweep.watcher.folders += (str(project.folder / "group_vars"),)
    # The debug lines would come between a question and its answer.
    del project.environ["ANSIBLE_DEBUG"]
    typed = [
        ("Sign in with:", ""),
        ("User Name:", world.PAYER.username),
        ("Password:", AWKWARD),
        ("Organization ID:", ORGANIZATION_ID),
        ("Developer Key:", world.DEV_KEY),
        ("Password:", world.PAYER.password),
        ("User Name:", ""),
        ("MFA:", "yes"),
    ]
    codes = []
    with run_at_a_terminal(project, "ansible-playbook", "bill.connect.connect", "-vvvvv") as terminal:
        for question, text in typed:
            terminal.answers(question, text)
        terminal.asks("Code:")
        for wrong in (1, 0):
            codes.append(f"{(int(bill.last_code()) + wrong) % 10**6:06d}")
            terminal.answers("Code:", codes[-1])
        run = terminal.ends()
    assert run.code == 0, run.output
    assert run.shows("MFA-trusted: yes"), run.output
    # Without the text that the person typed.
    output = run.output
    for code in codes:
        output = output.replace(code, "", 1)
    assert sweep.leaks(Run(run.code, output)) == {}
    run = sweep.play(LOGIN, AGAIN, SHOW)
    assert run.code == 0, run.output
    assert sweep.leaks(run) == {}
    run = project.run("ansible-playbook", "bill.connect.disconnect", "-vvvvv", "-e", "bill_remove_vault_file=true")
    assert run.code == 0, run.output
    assert sweep.leaks(run) == {}
    sweep.check_coverage()
    assert {world.PAYER.password, world.DEV_KEY, AWKWARD, *codes} <= set(sweep.secrets_sent())


ACCOUNT, TAX_ID = "ACCOUNT-findme-3141592653589", "271828182"


@pytest.mark.promise(5)
@pytest.mark.promise(10)
@pytest.mark.promise(12)
@pytest.mark.parametrize(
    "arguments", [("--diff",), pytest.param(("--check", "--diff"), marks=pytest.mark.slow)], ids=["run", "check"]
)
def test_output_reads_and_writes_has_no_secrets(payer_sweep: Sweep, bill: Control, arguments: tuple[str, ...]) -> None:
    """Reads and writes with bank accounts, sessions and passwords: after success, after failure, and with an unknown result."""
    check = "--check" in arguments
    in_files(
        payer_sweep,
        **{
            **METHODS["password"].variables,
            "bill_username": world.PAYER.username,
            "bill_password": world.PAYER.password,
        },
        bill_remember_me_id=world.REMEMBERED_DEVICE.id,
        account=ACCOUNT,
        tax_id=TAX_ID,
    )
    payer_sweep.numbers.add(TAX_ID)
    bank = {"bankAccount": {"accountNumber": "{{ account }}"}, "taxId": "{{ tax_id | string }}"}
    vendor = {
        "name": "Acorn",
        "address": {"city": "Portland"},
        "paymentInformation": bank,
        "note": "{{ bill_dev_key }}",
    }
    payment = {"vendorId": "009", "amount": 1, "from": bank, "memo": "to {{ account }}, by {{ bill_password }}"}
    echo = f"accountNumber: {ACCOUNT} of {TAX_ID}, {world.DEV_KEY}, {world.PAYER.password}"
    complaint = json.dumps([{"code": "BDC_9999", "message": echo}, {"message": echo, "code": echo}])
    session = {"sessionId": "SESSION-0123findme", "results": [{"rememberMeId": "MFAID-findme", "password": "findme"}]}
    bill.fault("GET /v3/mfa/findings", times=None, json=session)
    bill.fault("PUT /v3/bills/*", times=None, status=400, body=complaint, content_type="application/json")
    lost: tuple[dict[str, Any], ...] = (
        {"reset": True, "acted": True},
        {"cut": True},
        {"status": 500, "body": complaint, "content_type": "application/json"},
        {"not_json": True},
        {"slow": 3},
    )
    for fault in lost:
        bill.fault("POST /v3/payments", **fault)
    bill.fault("POST /v3/payments/bulk", times=None, reset=True)

    bad: list[dict[str, Any]] = [
        {"query": {"password": "{{ account }}"}},
        {"query": {"q": "{{ bill_dev_key }}"}},
        {"filters": [{"field": "{{ bill_password }}", "op": "{{ bill_password }}", "value": 1}]},
        {"sort": "{{ bill_password }}"},
        {"headers": {"X": "{{ bill_password }}"}},
        {"headers": {"{{ bill_password }}": "x"}},
        {"path": "/v3/{{ bill_password }}"},
        {"method": "POST", "body": "{{ bill_password }}"},
        {"{{ bill_password }}": 1},
        {"max_results": "{{ bill_password }}"},
    ]

    def write(path: str, body: Any, method: str = "POST", **task: Any) -> Any:
        return call(path, f"{method} {path}", task, method=method, body=body)

    fails: dict[str, Any] = {"ignore_errors": True}
    pay = write("/v3/payments", payment, **fails)
    printed = [{"ansible.builtin.debug": {"var": f"ansible_failed_{what}"}} for what in ("result", "task")]
    run = payer_sweep.play(
        call(page_size=2),
        call(paginate=True, max_results=3, page_size=2),
        write("/v3/vendors", vendor),
        {**SHOW, "ansible.builtin.debug": {"var": "answer"}},
        write("/v3/vendors", "{{ vendor }}", vars={"vendor": vendor}),
        write("/v3/vendors", {**vendor, "name": "{{ item.name }}"}, loop=[vendor, {**vendor, "name": "Birch"}]),
        write(
            "/v3/vendors/bulk",
            "{{ several.results | map(attribute='json') }}",
            vars={"several": {"results": [{"json": vendor}]}},
        ),
        {**call("/v3/mfa/findings"), "register": "session"},
        call("/v3/mfa/findings", paginate=True),
        call("/v3/mfa/findings", task={"loop": ["{{ session }}"]}),
        {
            "name": "Look up",
            "ansible.builtin.assert": {
                "that": "query('bill.connect.bill_request', '/v3/mfa/findings')[0].password is string"
            },
            "no_log": True,
        },
        write("/v3/bills/00n", vendor, "PUT", **fails),
        write("/v3/bills/00n", vendor, "PUT", loop=[vendor], **fails),
        {**pay, "name": "Pay until", "until": "answer is success", "retries": 1, "delay": 0},
        {"block": [write("/v3/payments", payment)], "rescue": printed},
        {**pay, "loop": ["{{ account }}"]},
        pay,
        {**pay, "timeout": 1},
        {**pay, "async": 5, "poll": 1},
        write("/v3/payments/bulk", {"payments": [payment, "{{ payment }}"]}, vars={"payment": payment}, **fails),
        *(call(name="Bad", task=fails, **options) for options in bad),
        arguments=arguments,
    )
    assert payer_sweep.leaks(run) == {}
    assert run.code == 0, run.output
    payer_sweep.check_coverage()
    counts = bill.get("counts")
    assert (counts.get("POST /v3/payments", 0), counts.get("PUT /v3/bills/00n", 0)) == ((0, 0) if check else (5, 2))
    assert counts["POST /v3/login"] == 1
    assert run.shows('"accountNumber": "********"')
    assert run.shows("BILL may have processed this write") == (not check)
    assert run.times('"uncertain": true') >= (0 if check else len(lost))


@pytest.mark.promise(5)
@pytest.mark.promise(6)
@pytest.mark.parametrize(
    "arguments", [("--diff",), pytest.param(("--check", "--diff"), marks=pytest.mark.slow)], ids=["run", "check"]
)
def test_output_vault_file_written_has_no_secrets(sweep: Sweep, arguments: tuple[str, ...]) -> None:
    """From a file and from a vault into others: new, changed, in clear text before, and with every failure."""
    project = sweep.project
    (project.folder / "given.txt").write_text(AWKWARD)
    (project.folder / "clear.yml").write_text(f"other: {world.DEV_KEY}\n")
    (project.folder / "broken.yml").write_text(f"a: '{world.DEV_KEY}\n")
    sweep.own += ["given.txt", "broken.yml", "clear.yml"]
    # The watcher also sees the new files and backups while they are written.
    sweep.watcher.folders += (str(project.folder),)
    values = {
        "bill_password": "{{ lookup('ansible.builtin.file', 'given.txt') }}",
        "bill_dev_key": "{{ vault_bill_dev_key }}",
        "other": {"list": ["{{ vault_bill_password }}"], "number": "{{ number | int }}"},
    }
    in_files(sweep, number=TAX_ID)
    sweep.numbers.add(TAX_ID)

    def store(variables: Any = None, task: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
        given = {"path": "kept.yml", **({} if variables is None else {"variables": variables}), **options}
        return {"name": "Keep", "bill.connect.bill_vault_file": given, **(task or {})}

    fails: dict[str, Any] = {"ignore_errors": True}
    secret = "{{ vault_bill_dev_key }}"
    printed = [{"ansible.builtin.debug": {"var": f"ansible_failed_{what}"}} for what in ("result", "task")]
    bad: list[dict[str, Any]] = [
        store(secret),
        store({secret: 1}),
        store({"a": 1}, state=secret),
        store(values, state="absent"),
        store({"a": 1}, path="broken.yml"),
        store(values, path="given.txt/bill.yml"),
        store({"a": 1}, backup=secret),
        {"name": "Keep", "bill.connect.bill_vault_file": {"path": "kept.yml", secret: 1}},
        store(values, {"async": 5, "poll": 1}),
    ]
    run = sweep.play(
        store(values),
        store(values, {"register": "kept"}),
        {**SHOW, "vars": {"bill": "{{ kept }}"}},
        store({**values, "other": "{{ item }}"}, {"loop": [values["bill_password"], secret], "register": "kept"}),
        {**SHOW, "vars": {"bill": "{{ kept }}"}},
        store({"bill_api_token": "{{ item.token }}"}, {"loop": [{"token": secret}]}),
        store({"bill_password": secret}, {"until": "kept.attempts | default(1) == 2", "register": "kept", "delay": 0}),
        store({"other": secret}, path="clear.yml"),
        *({**task, **fails} for task in bad),
        store("{{ item }}", {"loop": [secret], **fails}),
        store({"no name": "{{ item }}"}, {"loop": [secret], **fails}),
        {"block": [store(values, vault_id="none", path="new.yml")], "rescue": printed},
        store(state="absent"),
        arguments=arguments,
    )
    assert run.code == 0, run.output
    assert sweep.leaks(run) == {}
    sweep.check_coverage()
    assert run.recap()["ignored"] == len(bad) + 2
    check = "--check" in arguments
    assert any("kept.yml" in place for place in sweep.watcher.seen) != check
    assert (project.folder / "kept.yml").exists() != check
    assert (b"findme" in (project.folder / "clear.yml").read_bytes()) == check
    assert run.shows("+bill_password: (new, not shown)"), run.output


@pytest.mark.promise(5)
def test_request_list_with_no_log_hides_records(project: Project, bill: Control) -> None:
    """ansible-core could also take the records for items of a loop. register has BILL's values."""
    bill.fault("GET /v3/vendors", times=None, json={"results": [{"name": "findme-1"}, {"name": "findme-2"}]})
    tasks: list[dict[str, Any]] = [{}, {"loop": [1, 2]}, {"until": "answer.attempts | default(1) == 2", "delay": 0}]
    run = project.play(
        *(call(paginate=True, task={**task, "no_log": True}) for task in tasks),
        {
            "name": "It is all there",
            "ansible.builtin.assert": {"that": "answer.results == wanted and answer.attempts == 2"},
            "no_log": True,
        },
        vars={"wanted": [{"name": "findme-1"}, {"name": "findme-2"}]},
        arguments=("-vvv",),
    )
    assert run.code == 0, run.output
    assert secrets_in(run.output) == []


@pytest.mark.promise(8)
def test_login_failed_after_success_of_same_task_shows_message(project: Project, bill: Control) -> None:
    """The hidden result of one try, or of one item, does not hide the message of the next."""
    bill.post("faults", on="POST /v3/login", after=1, times=None, code="BDC_1101")
    again = {**LOGIN, "bill.connect.bill_login": {"force": True}}
    for task in (
        {**again, "until": "bill.attempts | default(1) == 3", "retries": 2, "delay": 0},
        {**again, "loop": [1, 2]},
    ):
        run = project.play(task)
        assert run.code == 2
        assert run.shows("BILL answered BDC_1101"), run.output
        assert secrets_in(run.output) == []


@pytest.mark.slow
@pytest.mark.promise(5)
def test_role_login_invalid_option_shows_no_secrets(sweep: Sweep) -> None:
    sweep.project.variables(bill_api_url=sweep.project.api_url, bill_timeout="soon")
    run = sweep.play(ROLE)
    assert run.code == 2
    assert "bill_timeout" in run.output
    assert sweep.leaks(run) == {}
    sweep.check_coverage()


@pytest.mark.promise(6)
@pytest.mark.parametrize("umask", [0o000, pytest.param(0o022, marks=pytest.mark.slow)])
def test_store_with_any_umask_is_private(project: Project, umask: int) -> None:
    before = os.umask(umask)
    try:
        project.play(LOGIN)
    finally:
        os.umask(before)
    store = project.home / ".ansible" / "bill"
    assert stat.S_IMODE(store.stat().st_mode) == 0o700
    modes = {path.suffix or path.name: stat.S_IMODE(path.stat().st_mode) for path in store.iterdir()}
    assert modes == {"key": 0o600, ".lock": 0o600, ".session": 0o600}
    assert project.secrets_on_disk() == []


@pytest.mark.slow
@pytest.mark.promise(5)
def test_core_printing_secrets_hides_them_where_supported(project: Project) -> None:
    """ansible-core 2.22 hides registered secrets even if a play prints them, but not in an encoded form. Older versions do not."""
    # The secrets do not come from the vault, because ansible-core itself registers everything that it decrypts.
    project.without_vault()
    project.variables(bill_api_url=project.api_url, **CREDENTIALS)

    def prints(what: str) -> dict[str, Any]:
        return {"name": "Print", "ansible.builtin.debug": {"msg": what.join(["{{ ", " }}"])}}

    things = ("bill.session_id", "bill.headers", "bill_password", "bill_dev_key")
    run = project.play(LOGIN, *map(prints, things))
    assert run.code == 0, run.output
    assert secrets_in(run.output) == ([] if project.core >= (2, 22) else ["SESSION- (plain)", "findme (plain)"])
    run = project.play(LOGIN, prints("bill.session_id | b64encode"))
    assert secrets_in(run.output) == ["SESSION- (base64)"]


@pytest.mark.slow
@pytest.mark.promise(5)
def test_output_session_in_module_arguments_or_fact_cache_is_shown(sweep: Sweep, core: tuple[int, int]) -> None:
    """The arguments of a task that uses the session, and facts cached on request. The documentation names the remedies.

    From ansible-core 2.21 on, output has the arguments of modules only with ANSIBLE_INJECT_INVOCATION.
    """
    del sweep.project.environ["ANSIBLE_DEBUG"]
    cache = {"ansible.builtin.set_fact": {"mine": "{{ bill.session_id }}", "cacheable": True}, "no_log": True}
    own_argument = {"bill.connect.bill_login": {"password": "{{ vault_bill_password }}"}}
    run = sweep.play(LOGIN, {**USE, "no_log": False}, cache, own_argument)
    assert run.code == 0, run.output
    leaks = sweep.leaks(run)
    home = sweep.project.home
    in_all = {
        "events",
        "s1_localhost" if (home / "facts" / "s1_localhost").exists() else "localhost",
        "AnsiballZ_uri.py",
    }
    before_2_22 = {"output", "ansible.log"}
    shown = {os.path.basename(place) for place in leaks} & (in_all | before_2_22)
    assert shown == in_all | (before_2_22 if core < (2, 22) else set())
    # No callback gets the argument of the collection's own task.
    assert not any(world.USER.password in leak for found in leaks.values() for leak in found)


@pytest.mark.slow
@pytest.mark.promise(5)
@pytest.mark.promise(8)
def test_login_failed_loop_item_shows_no_credentials(sweep: Sweep, bill: Control) -> None:
    sweep.project.variables(
        bill_api_url=sweep.project.api_url,
        accounts=[
            {"organization": name, "password": "{{ vault_bill_password }}"}
            for name in (ORGANIZATION_ID, "00899NOSUCHTHING0099")
        ],
    )
    of_item = {"organization_id": "{{ item.organization }}", "password": "{{ item.password }}"}
    of_variables = {f"bill_{name}": value for name, value in of_item.items()}
    for given, message in (
        ({"bill.connect.bill_login": of_item}, "BILL answered BDC_1123"),
        ({"bill.connect.bill_login": None, "vars": of_variables}, "BILL answered BDC_1123"),
        ({"bill.connect.bill_login": {"timeout": "abc"}, "vars": of_variables}, "timeout must be a whole number"),
        ({"bill.connect.bill_login": {"user_name": "x"}, "vars": of_variables}, "Did you mean username?"),
        ({"bill.connect.bill_login": of_item, "async": 9, "poll": 1}, "async"),
        ({"bill.connect.bill_login": of_item, "timeout": 1}, "time"),
    ):
        bill.post("settings", latency=3 if "timeout" in given else 0.02)
        run = sweep.play({"name": "Sign in to each", **given, "loop": "{{ accounts }}"})
        assert run.code == 2
        assert run.shows(message), run.output
        assert sweep.leaks(run) == {}
        sweep.check_coverage()


@pytest.mark.promise(5)
def test_login_loop_item_with_numeric_password_does_not_show_it(project: Project) -> None:
    project.variables(bill_api_url=project.api_url, accounts=[{"password": 9876543210}])
    for password in ("{{ item.password }}", "{{ item.password | string }}"):
        run = project.play(
            {
                "name": "Sign in to each",
                "bill.connect.bill_login": {"password": password},
                "loop": "{{ accounts }}",
            },
            arguments=("-vvv",),
        )
        assert run.code == 2
        assert "9876543210" not in run.output
