# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The form "Connect your BILL account" as a person at a terminal sees it, and what it leaves behind in each case."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.yaml import yaml_load
from ansible.parsing.vault import VaultLib, VaultSecret

from tests.emulator import world
from tests.emulator.control_client import Control
from tests.integration.methods import METHODS
from tests.integration.payer import CHALLENGE, PAY, PAYMENT, TRUSTED, VALIDATE
from tests.integration.project import VAULT_PASSWORD, Project, Run, secrets_in
from tests.integration.terminal import CTRL_C, Terminal, run_at_a_terminal

LOGIN, LOGOUT = "POST /v3/login", "POST /v3/logout"
CONNECT, DISCONNECT = "bill.connect.connect", "bill.connect.disconnect"
FILE = "group_vars/all/bill.yml"

# The questions to a person who signs in with a password, and what the person types.
Dialogue = list[tuple[str, str]]
SIGN_IN_WITH, USER_NAME, PASSWORD, ORGANIZATION_ID, DEV_KEY, MFA, CODE = (
    "Sign in with:",
    "User Name:",
    "Password:",
    "Organization ID:",
    "Developer Key:",
    "MFA:",
    "Code:",
)
VAULT, AGAIN = "Vault password:", "Vault password: type it again"
AP = {
    SIGN_IN_WITH: "",
    USER_NAME: world.USER.username,
    PASSWORD: world.USER.password,
    ORGANIZATION_ID: world.ORGANIZATION.id,
    DEV_KEY: world.DEV_KEY,
    MFA: "",
}
PAYER = {**AP, USER_NAME: world.PAYER.username, PASSWORD: world.PAYER.password, MFA: "yes"}
IN_THE_ENVIRONMENT = {
    "BILL_USERNAME": world.USER.username,
    "BILL_PASSWORD": world.USER.password,
    "BILL_ORGANIZATION_ID": world.ORGANIZATION.id,
    "BILL_DEV_KEY": world.DEV_KEY,
}
# Presses Enter at each question.
ENTER_ONLY = dict.fromkeys(AP, "")

THREE_LINES = """\
- hosts: localhost
  tasks:
    - bill.connect.bill_login:
"""


class Folder(Project):
    """An empty folder, as a newcomer has it.

    The vault password is elsewhere. BILL's address comes from the environment, because BILL is the emulator.
    """

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.home.mkdir()
        (self.home / "vault_password").write_text(VAULT_PASSWORD + "\n")

    def environment(self, with_vault: bool = True) -> dict[str, str]:
        environ = super().environment(with_vault=False)
        del environ["ANSIBLE_INVENTORY"]
        usual = {
            "PAGER": "cat",
            "ANSIBLE_GATHERING": "explicit",
            "ANSIBLE_LOCALHOST_WARNING": "0",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "0",
        }
        return {**usual, "BILL_API_URL": self.api_url, **environ}

    @property
    def vault_arguments(self) -> tuple[str, ...]:
        return ("--vault-password-file", str(self.home / "vault_password"))

    @contextmanager
    def start_form(self, playbook: str = CONNECT, *arguments: str) -> Iterator[Terminal]:
        arguments = arguments or self.vault_arguments
        with run_at_a_terminal(self, "ansible-playbook", playbook, *arguments) as terminal:
            yield terminal

    def connect(self, dialogue: Dialogue | dict[str, str], *arguments: str) -> Run:
        """Answer these questions. The test fails if there are others."""
        with self.start_form(CONNECT, *arguments) as terminal:
            for question, text in dialogue.items() if isinstance(dialogue, dict) else dialogue:
                terminal.answers(question, text)
            run = terminal.ends()
            assert terminal.is_restored
        return run

    def later(self, *arguments: str) -> Run:
        """Run a play of three lines on another day. Nobody answers questions."""
        (self.folder / "site.yml").write_text(THREE_LINES)
        before = self.environ
        # An empty value counts as not given.
        self.environ = {**dict.fromkeys(before, ""), "BILL_API_URL": ""}
        try:
            return self.run("ansible-playbook", "site.yml", *self.vault_arguments, *arguments)
        finally:
            self.environ = before

    def stored_variables(self, file: str = FILE) -> dict[str, Any]:
        """The variables in the vault file."""
        stored: dict[str, Any] = yaml_load(opened(self.folder / file))
        return stored

    def left(self) -> list[str]:
        """The files in the folder."""
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())


@pytest.fixture
def here(
    tmp_path: Path, core_bin: Path, core: tuple[int, int], collections: Path, vault: Path, bill: Control, api_url: str
) -> Folder:
    return Folder(tmp_path / "books", tmp_path / "home", core_bin, collections, vault, api_url, core)


def check_no_secrets(here: Folder, run: Run) -> None:
    assert secrets_in(run.output) == []
    assert here.secrets_on_disk() == []


def encrypted(text: str) -> bytes:
    secret = VaultSecret(VAULT_PASSWORD.encode())
    return bytes(VaultLib([("default", secret)]).encrypt(text.encode(), secret))


def opened(file: Path) -> str:
    return bytes(VaultLib([("any", VaultSecret(VAULT_PASSWORD.encode()))]).decrypt(file.read_bytes())).decode()


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def long_case(*values: Any) -> Any:
    """A case for the long tests. `make test` has another one of its kind."""
    return pytest.param(*values, marks=pytest.mark.terminal)


# --- success ---


@pytest.mark.promise(1)
@pytest.mark.promise(2)
@pytest.mark.promise(5)
@pytest.mark.promise(6)
@pytest.mark.parametrize("inventory", [None, long_case("hosts.yml"), long_case("elsewhere/hosts.yml")])
def test_form_in_empty_folder_writes_file_for_plays_without_options(
    here: Folder, bill: Control, inventory: str | None
) -> None:
    file = FILE
    where: tuple[str, ...] = ()
    if inventory:
        path = here.folder / inventory
        path.parent.mkdir(exist_ok=True)
        path.write_text("all: {hosts: {localhost: {ansible_connection: local}}}\n")
        file = str(path.relative_to(here.folder).parent / FILE)
        where = ("-i", inventory)
    run = here.connect(AP, *here.vault_arguments, *where)
    assert run.code == 0, run.output
    assert run.recap() | {"ok": 4, "changed": 2} == run.recap()
    assert run.warnings == []
    for message in (
        f"BILL: {here.api_url}",
        f"Organization: {world.ORGANIZATION.id}",
        f"User: {world.USER.id}",
        "MFA-trusted: no (payments require it)",
        f'Vault file: {here.folder / file}"',
        f"Read by: all plays with the inventory {here.folder / inventory}"
        if inventory
        else f"Read by: plays whose playbook is in {here.folder}",
    ):
        assert run.shows(message), run.output
    check_no_secrets(here, run)
    assert mode(here.folder / file) == 0o600
    assert here.stored_variables(file) == {
        "bill_api_url": here.api_url,
        "bill_username": world.USER.username,
        "bill_password": world.USER.password,
        "bill_organization_id": world.ORGANIZATION.id,
        "bill_dev_key": world.DEV_KEY,
    }
    run = here.later(*where)
    assert run.code == 0, run.output
    assert (run.changed, run.warnings) == (0, [])
    check_no_secrets(here, run)
    assert bill.get("counts") == {LOGIN: 1}
    assert here.left() == sorted([file, "site.yml", *([inventory] if inventory else [])])


@pytest.mark.terminal
def test_form_all_questions_explain_value_and_file_has_comments(here: Folder) -> None:
    with here.start_form() as terminal:
        questions = [terminal.answers(question, text) for question, text in AP.items()]
        assert terminal.ends().code == 0
    assert [each.endswith("it is not shown:") for each in questions] == [
        question in (PASSWORD, DEV_KEY) for question in AP
    ]
    assert "Settings > Sync & Integrations > Manage Developer Keys" in questions[4]
    assert questions[0].endswith("[password]:")
    view = here.run("ansible-vault", "view", *here.vault_arguments, FILE).output
    lines = view.strip().splitlines()
    assert lines[1] == f"# To view it: ansible-vault view {FILE}"
    assert all(lines[number - 1].startswith("# ") for number, line in enumerate(lines) if line.startswith("bill_")), (
        view
    )


@pytest.mark.promise(5)
def test_form_vault_password_mistyped_is_asked_again(here: Folder, bill: Control) -> None:
    slip = (AGAIN, "vault-findme-slip")
    run = here.connect([(VAULT, VAULT_PASSWORD), slip, slip, slip], "--ask-vault-pass")
    assert run.code == 2
    assert run.shows("You typed two different vault passwords. Nothing was written. Start again."), run.output
    assert (bill.get("counts"), here.left()) == ({}, [])
    run = here.connect([(VAULT, VAULT_PASSWORD), slip, (AGAIN, VAULT_PASSWORD), *AP.items()], "--ask-vault-pass")
    assert run.code == 0, run.output
    assert run.times("This is not the vault password that you typed before.") == 1
    assert here.stored_variables()["bill_password"] == world.USER.password
    check_no_secrets(here, run)


@pytest.mark.terminal
@pytest.mark.promise(5)
def test_form_vault_password_mistyped_leaves_clear_text_file_unchanged(here: Folder) -> None:
    (here.folder / FILE).parent.mkdir(parents=True)
    (here.folder / FILE).write_text("erp_url: https://erp.example.com\n")
    again = [(AGAIN, VAULT_PASSWORD)]
    run = here.connect([(VAULT, "vault-findme-slip"), *again * 3], "--ask-vault-pass")
    assert run.code == 2, run.output
    assert (here.folder / FILE).read_text() == "erp_url: https://erp.example.com\n"
    assert here.left() == [FILE]
    assert here.connect([(VAULT, VAULT_PASSWORD), *again, *AP.items()], "--ask-vault-pass").code == 0
    assert here.stored_variables()["erp_url"] == "https://erp.example.com"


@pytest.mark.terminal
@pytest.mark.parametrize(
    ("environ", "arguments"),
    [
        ({"ANSIBLE_VAULT_ENCRYPT_IDENTITY": "books"}, ()),
        ({}, ("-e", "bill_vault_id=books")),
        ({"BILL_VAULT_ID": "books"}, ()),
    ],
)
def test_form_vault_id_set_labels_file(here: Folder, environ: dict[str, str], arguments: tuple[str, ...]) -> None:
    ids = ("--vault-id", f"other@{here.home}/vault_password", "--vault-id", f"books@{here.home}/vault_password")
    here.environ |= environ
    run = here.connect(AP, *ids, *arguments)
    assert run.code == 0, run.output
    assert (here.folder / FILE).read_text().startswith("$ANSIBLE_VAULT;1.2;AES256;books\n")


# --- before anything is asked ---


def no_vault_password(here: Folder) -> tuple[str, ...]:
    # Without a named source, an empty file of variables counts as no file.
    return ("-e", "{}")


def several_vault_passwords(here: Folder) -> tuple[str, ...]:
    return ("--vault-id", f"books@{here.home}/vault_password", "--vault-id", f"other@{here.home}/vault_password")


def another_vault_password(here: Folder) -> tuple[str, ...]:
    (here.folder / FILE).parent.mkdir(parents=True)
    (here.folder / FILE).write_bytes(encrypted("bill_username: ap@example.com\n"))
    (here.home / "vault_password").write_text("another-findme-password\n")
    return here.vault_arguments


def a_file_that_would_be_ignored(here: Folder) -> tuple[str, ...]:
    (here.folder / "group_vars").mkdir()
    (here.folder / "group_vars" / "all.yml").write_text("erp_url: https://erp.example.com\n")
    return here.vault_arguments


def a_file_in_place_of_the_directory(here: Folder) -> tuple[str, ...]:
    (here.folder / "group_vars").write_text("")
    return here.vault_arguments


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (
            no_vault_password,
            "Ansible was started without a vault password. Start it with --ask-vault-pass, --vault-password-file or",
        ),
        long_case(several_vault_passwords, "Ansible was started with several vault passwords (books, other)."),
        long_case(
            another_vault_password,
            "it was encrypted with another vault password than those that Ansible was started with",
        ),
        long_case(a_file_that_would_be_ignored, "Ansible does not read that file if there is a directory"),
        long_case(a_file_in_place_of_the_directory, "group_vars is not a directory"),
    ],
)
def test_form_file_not_writable_is_reported_before_questions(
    here: Folder, bill: Control, prepare: Any, message: str
) -> None:
    arguments = prepare(here)
    before = {file: (here.folder / file).read_bytes() for file in here.left()}
    run = here.connect({}, *arguments)
    assert run.code == 2
    assert run.shows(message), run.output
    assert bill.get("counts") == {}
    assert {file: (here.folder / file).read_bytes() for file in here.left()} == before


@pytest.mark.promise(12)
def test_form_check_mode_asks_and_writes_nothing(here: Folder, bill: Control) -> None:
    run = here.connect({}, *here.vault_arguments, "--check", "--diff")
    assert run.code == 0, run.output
    assert run.changed == 0
    assert bill.get("counts") == {}
    assert here.left() == []


# --- what BILL refuses ---


@pytest.mark.promise(3)
@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("wrong", "value", "code", "again"),
    [
        long_case(USER_NAME, "nobody@example.com", "BDC_1101", [PASSWORD, USER_NAME]),
        (PASSWORD, "Passw0rd-findme-slip", "BDC_1101", [PASSWORD, USER_NAME]),
        long_case(ORGANIZATION_ID, "00899NOSUCHTHING0099", "BDC_1123", [ORGANIZATION_ID]),
        long_case(DEV_KEY, "DEVKEY-findme-slip", "BDC_1102", [DEV_KEY]),
        long_case(DEV_KEY, world.INACTIVE_DEV_KEY, "BDC_1103", [DEV_KEY]),
    ],
)
def test_form_value_refused_asks_only_for_its_correction(
    here: Folder, bill: Control, wrong: str, value: str, code: str, again: list[str]
) -> None:
    with here.start_form() as terminal:
        for question, text in {**AP, wrong: value}.items():
            if question == USER_NAME:
                # A value that belongs elsewhere is not sent.
                terminal.answers(USER_NAME, "erp-sync")
            if question == MFA:
                for each in again:
                    terminal.answers(each, AP[wrong] if each == wrong else "")
                    assert here.left() == []
            terminal.answers(question, text)
        run = terminal.ends()
    assert run.code == 0, run.output
    labels = " and ".join(each.rstrip(":") for each in again)
    assert run.shows(f"BILL answered {code}")
    assert run.shows(f"Nothing was written. Please correct {labels} (correction 1 of 3). Enter keeps a value:"), (
        run.output
    )
    check_no_secrets(here, run)
    assert here.stored_variables()["bill_password"] == world.USER.password
    assert bill.get("counts") == {LOGIN: 2}


@pytest.mark.terminal
@pytest.mark.promise(4)
@pytest.mark.promise(8)
def test_form_three_corrections_refused_ends(here: Folder, bill: Control) -> None:
    slips = [pair for number in range(3) for pair in ((PASSWORD, f"Passw0rd-findme-slip{number}"), (USER_NAME, ""))]
    typed = [(question, text) for question, text in {**AP, PASSWORD: "Passw0rd-findme-slip"}.items() if question != MFA]
    run = here.connect([*typed, *slips])
    assert run.code == 2
    assert run.shows("the user name, the password or the token is wrong"), run.output
    assert bill.get("counts") == {LOGIN: 4}
    assert here.left() == []
    check_no_secrets(here, run)


@pytest.mark.terminal
@pytest.mark.promise(4)
def test_form_organization_locked_ends_without_correction(here: Folder, bill: Control) -> None:
    typed = {**AP, ORGANIZATION_ID: world.LOCKED_ORGANIZATION.id}
    del typed[MFA]
    run = here.connect(typed)
    assert run.code == 2
    assert run.shows("BILL answered BDC_1107: the organization is locked out."), run.output
    assert bill.get("counts") == {LOGIN: 1}
    assert here.left() == []


# --- another run ---

STORED_TEXT = """\
# The books of Maple Street Bakery.
erp_url: https://erp.example.com  # asks BILL every night
erp_token: ERP-findme-5d1c
bill_username: ap@example.com
bill_password: "{{ vault_bill_password }}"  # new in May
vault_bill_password: Passw0rd-findme-before
bill_organization_id: 00801MAPLEBAKERY0001

bill_dev_key: !unsafe "DEVKEY-findme-01-5b2e84c1d97f4a06"
"""


@pytest.fixture
def stored(here: Folder) -> Path:
    """A vault file with other variables, too. BILL has another password than the file."""
    file = here.folder / FILE
    file.parent.mkdir(parents=True)
    file.write_bytes(encrypted(STORED_TEXT))
    file.chmod(0o640)
    return file


@pytest.mark.promise(2)
@pytest.mark.promise(6)
def test_form_new_password_replaces_only_old_password(here: Folder, bill: Control, stored: Path) -> None:
    before = stored.read_bytes()
    with here.start_form() as terminal:
        questions = [
            terminal.answers(question, text) for question, text in {**ENTER_ONLY, PASSWORD: world.USER.password}.items()
        ]
        run = terminal.ends()
    assert run.code == 0, run.output
    check_no_secrets(here, run)
    assert questions[1].endswith("[ap@example.com]:")
    assert questions[2].endswith("it is not shown [the value in the vault file]:")
    after = STORED_TEXT.replace('"{{ vault_bill_password }}"', f'"{world.USER.password}"')
    assert opened(stored).startswith(after)
    assert list(yaml.safe_load(opened(stored)[len(after) :])) == ["bill_api_url"]
    [backup] = stored.parent.glob("bill.yml.*.bak")
    assert (backup.read_bytes(), mode(backup), mode(stored)) == (before, 0o600, 0o600)
    # Another run changes nothing.
    before, inode = stored.read_bytes(), stored.stat().st_ino
    run = here.connect(ENTER_ONLY)
    assert run.code == 0, run.output
    assert run.shows(f"Vault file: {stored} (unchanged)"), run.output
    assert (stored.read_bytes(), stored.stat().st_ino) == (before, inode)
    assert list(stored.parent.iterdir()) in ([backup, stored], [stored, backup])
    assert bill.get("counts") == {LOGIN: 2}


@pytest.mark.promise(8)
def test_form_disk_full_after_sign_in_keeps_old_session_and_file(here: Folder, bill: Control) -> None:
    here.environ |= IN_THE_ENVIRONMENT
    assert here.run("ansible-playbook", CONNECT, *here.vault_arguments).code == 0
    before = (here.folder / FILE).read_bytes()
    bill.post(f"users/{world.USER.username}/password", password="new-findme-password")
    here.environ |= {"BILL_PASSWORD": "new-findme-password", "DISK": str(here.folder)}
    here.environ |= {"PYTHONPATH": str(Path(__file__).with_name("full_disk"))}
    # The form tries a write with three files: before it asks, and after BILL accepted the values.
    for takes, logins in (("2", 1), ("5", 2)):
        here.environ["DISK_TAKES"] = takes
        run = here.run("ansible-playbook", CONNECT, *here.vault_arguments)
        assert run.code == 2, run.output
        assert run.shows("No space left on device"), run.output
        assert run.shows("bill.connect did not end the session of the old values.") is (logins == 2), run.output
        assert bill.get("counts") == {LOGIN: logins}
        assert (here.folder / FILE).read_bytes() == before
        assert [each.name for each in (here.folder / FILE).parent.iterdir()] == [Path(FILE).name]


@pytest.mark.terminal
@pytest.mark.promise(8)
def test_form_password_refused_leaves_file_unchanged(here: Folder, bill: Control, stored: Path) -> None:
    before = stored.read_bytes()
    typed = {**ENTER_ONLY, PASSWORD: "Passw0rd-findme-slip", MFA: None}
    run = here.connect(
        [*[(question, text) for question, text in typed.items() if text is not None], (PASSWORD, CTRL_C)]
    )
    assert run.code == 2
    assert stored.read_bytes() == before
    assert here.left() == [FILE]
    check_no_secrets(here, run)


# --- abort ---

FULL_DIALOGUE: Dialogue = [
    *[(question, text) for question, text in {**PAYER, PASSWORD: "Passw0rd-findme-slip"}.items() if question != MFA],
    (PASSWORD, world.PAYER.password),
    (USER_NAME, ""),
    (MFA, "yes"),
    (CODE, ""),
]
# The number of the question after which BILL refuses a value.
REFUSED = 5


@pytest.mark.promise(5)
@pytest.mark.promise(6)
@pytest.mark.parametrize(
    "number",
    [number if number == REFUSED else long_case(number) for number in range(len(FULL_DIALOGUE))],
    ids=[f"{number}-{each[0]}" for number, each in enumerate(FULL_DIALOGUE)],
)
def test_form_ctrl_c_at_any_question_writes_nothing(here: Folder, bill: Control, number: int) -> None:
    before, (question, text) = FULL_DIALOGUE[:number], FULL_DIALOGUE[number]
    with here.start_form() as terminal:
        for each in before:
            terminal.answers(*each)
        # Ctrl-C comes in the middle of a word.
        terminal.answers(question, CTRL_C, first=text[:-3])
        run = terminal.ends()
        assert terminal.is_restored
    assert run.code == 2
    assert run.shows("You ended the form with Ctrl-C. Nothing was written."), run.output
    assert here.left() == []
    check_no_secrets(here, run)
    if number in (REFUSED, 8):
        # BILL has refused a value, or made a session and sent a code.
        typed = {**PAYER, MFA: ""}
        assert here.connect(typed).code == 0
        assert here.stored_variables()["bill_username"] == world.PAYER.username
        assert here.left() == [FILE]


@pytest.mark.terminal
def test_form_ctrl_c_at_environment_or_vault_password_writes_nothing(here: Folder, bill: Control) -> None:
    here.environ["BILL_API_URL"] = ""
    run = here.connect({"Environment:": CTRL_C})
    assert run.shows("You ended the form with Ctrl-C. Nothing was written."), run.output
    run = here.connect({VAULT: CTRL_C}, "--ask-vault-pass")
    assert run.code != 0
    run = here.connect({VAULT: VAULT_PASSWORD, AGAIN: CTRL_C}, "--ask-vault-pass")
    assert run.code == 2
    assert run.shows("You ended the form with Ctrl-C. Nothing was written."), run.output
    assert here.left() == []
    assert bill.get("counts") == {}


@pytest.mark.terminal
def test_form_ctrl_c_during_request_writes_nothing(here: Folder, bill: Control) -> None:
    bill.fault(LOGIN, slow=2)
    with here.start_form() as terminal:
        for question, text in AP.items():
            if question != MFA:
                terminal.answers(question, text)
        # An earlier Ctrl-C can block: ansible-core waits for ever for a worker that it ends while the worker hands over output.
        terminal.until(bill.received)
        terminal.types(CTRL_C)
        run = terminal.ends()
        assert terminal.is_restored
    assert run.code != 0
    assert here.left() == []
    check_no_secrets(here, run)


# --- values that are already given ---


@pytest.mark.terminal
def test_form_value_defined_elsewhere_is_not_asked_and_stored_only_if_needed(here: Folder, bill: Control) -> None:
    (here.folder / "hosts.yml").write_text(
        f"all: {{hosts: {{localhost: {{}}}}, vars: {{bill_organization_id: {world.ORGANIZATION.id}}}}}\n"
    )
    here.environ["BILL_DEV_KEY"] = world.DEV_KEY
    run = here.connect(
        {SIGN_IN_WITH: "", PASSWORD: world.USER.password, MFA: ""},
        *here.vault_arguments,
        *("-i", "hosts.yml", "-e", f"bill_username={world.USER.username}"),
    )
    assert run.code == 0, run.output
    assert run.shows("User Name: from the variable bill_username")
    assert run.shows("Organization ID: from the variable bill_organization_id")
    assert run.shows("Developer Key: from the environment variable BILL_DEV_KEY")
    assert run.shows("Not in the vault file, because defined elsewhere: bill_organization_id"), run.output
    assert list(here.stored_variables()) == ["bill_api_url", "bill_username", "bill_password", "bill_dev_key"]
    run = here.later("-i", "hosts.yml")
    assert run.code == 0, run.output
    assert bill.get("counts") == {LOGIN: 1}


@pytest.mark.promise(8)
def test_form_without_terminal_succeeds_only_with_all_values(here: Folder, bill: Control) -> None:
    here.environ |= IN_THE_ENVIRONMENT
    del here.environ["BILL_PASSWORD"], here.environ["BILL_DEV_KEY"]
    run = here.run("ansible-playbook", CONNECT, *here.vault_arguments)
    assert run.code == 2
    assert run.shows("auth_method password requires password (your BILL password), dev_key (a developer key)."), (
        run.output
    )
    assert run.shows("bill.connect cannot ask you for values, because there is no terminal. Nothing was written."), (
        run.output
    )
    assert (bill.get("counts"), here.left()) == ({}, [])
    here.environ |= IN_THE_ENVIRONMENT
    run = here.run("ansible-playbook", CONNECT, *here.vault_arguments)
    assert run.code == 0, run.output
    check_no_secrets(here, run)
    assert here.later().code == 0
    assert bill.get("counts") == {LOGIN: 1}


# --- MFA ---


@pytest.mark.promise(1)
@pytest.mark.promise(5)
@pytest.mark.promise(6)
def test_form_mfa_code_typed_lets_later_runs_pay(here: Folder, bill: Control) -> None:
    # BILL does not document the code for a wrong MFA code.
    bill.post("settings", codes={"mfa_code": "BDC_1356"})
    with here.start_form() as terminal:
        for question, text in PAYER.items():
            terminal.answers(question, text)
        terminal.asks(CODE)
        terminal.answers(CODE, f"{(int(bill.last_code()) + 1) % 10**6:06d}")
        terminal.asks(CODE)
        terminal.answers(CODE, bill.last_code())
        run = terminal.ends()
    assert run.code == 0, run.output
    assert run.shows("it did not accept the code"), run.output
    assert run.shows("MFA-trusted: yes")
    check_no_secrets(here, run)
    assert {"bill_remember_me_id", "bill_device", "bill_remember_me_id_expires_on"} < here.stored_variables().keys()
    assert bill.get("counts") == {LOGIN: 1, CHALLENGE: 1, VALIDATE: 2}
    # The code made the stored session trusted. A new session needs the MFA ID in the file.
    shutil.rmtree(here.home / ".ansible" / "bill")
    here.hosts("localhost")
    run = here.play(TRUSTED, PAY, arguments=("-i", "inventory.yml", *here.vault_arguments))
    assert run.code == 0, run.output
    assert run.warnings == []
    assert bill.get("counts") == {LOGIN: 2, CHALLENGE: 1, VALIDATE: 2, PAYMENT: 1}


# --- the other methods ---

QUESTIONS = {
    "sync_token": {
        "Token Name:": "username",
        "Token Value:": "password",
        ORGANIZATION_ID: "organization_id",
        DEV_KEY: "dev_key",
    },
    "console_token": {
        USER_NAME: "username",
        "Console API Token:": "console_api_token",
        ORGANIZATION_ID: "organization_id",
        DEV_KEY: "dev_key",
    },
    "partner": {
        "App Key:": "app_key",
        USER_NAME: "username",
        PASSWORD: "password",
        "User ID:": "user_id",
        ORGANIZATION_ID: "organization_id",
        DEV_KEY: "dev_key",
    },
    "partner itself": {"App Key:": "app_key", USER_NAME: "username", PASSWORD: "password", "User ID:": "user_id"},
    "oauth": {"Client ID:": "client_id", "Client Secret:": "client_secret"},
    "spend_token": {"API Token:": "api_token"},
}


@pytest.mark.promise(1)
@pytest.mark.promise(5)
@pytest.mark.parametrize("name", [name if name == "oauth" else long_case(name) for name in QUESTIONS])
def test_form_each_auth_method_asks_for_its_options(here: Folder, bill: Control, name: str) -> None:
    method = METHODS[name]
    typed = {question: method.options.get(option, "") for question, option in QUESTIONS[name].items()}
    mfa = {MFA: "no"} if name == "partner" else {}
    run = here.connect({SIGN_IN_WITH: method.auth_method, **typed, **mfa})
    assert run.code == 0, run.output
    assert run.warnings == []
    check_no_secrets(here, run)
    assert here.stored_variables() == {"bill_api_url": here.api_url, **method.variables}
    run = here.later()
    assert run.code == 0, run.output
    assert bill.get("counts") == dict.fromkeys(method.sign_in, 1)


# --- disconnect ---


def test_disconnect_with_session_signs_out_and_removes_file_on_request(here: Folder, bill: Control) -> None:
    here.connect(AP)
    disconnect = ("ansible-playbook", DISCONNECT, *here.vault_arguments)
    here.environ["BILL_API_URL"] = ""
    store = here.home / ".ansible" / "bill"
    assert list(store.glob("*.session"))
    run = here.run(*disconnect)
    assert run.code == 0, run.output
    assert run.shows("Session: ended"), run.output
    assert run.shows(f"Vault file: {here.folder / FILE} was not removed")
    assert bill.get("counts") == {LOGIN: 1, LOGOUT: 1}
    assert not list(store.glob("*.session"))
    assert here.left() == [FILE]
    run = here.run(*disconnect, "-e", "bill_remove_vault_file=true")
    assert run.code == 0, run.output
    assert run.shows("Session: there was no session to end")
    assert run.shows(f"{here.folder / FILE} is removed"), run.output
    assert here.left() == []
    assert bill.get("counts") == {LOGIN: 1, LOGOUT: 1}
    check_no_secrets(here, run)
    run = here.run(*disconnect, "-e", "bill_remove_vault_file=true")
    assert (run.code, run.changed, run.warnings) == (0, 0, []), run.output
    assert run.shows("Session: there is no session to end, because no password or token of BILL is defined"), run.output
    assert run.shows(f"{here.folder / FILE} does not exist")


def test_disconnect_credentials_in_environment_signs_out(here: Folder, bill: Control) -> None:
    here.environ |= IN_THE_ENVIRONMENT
    (here.folder / "site.yml").write_text(THREE_LINES)
    assert here.run("ansible-playbook", "site.yml").code == 0
    # Without a file, there is nothing to decrypt.
    run = here.run("ansible-playbook", DISCONNECT)
    assert (run.code, run.warnings) == (0, []), run.output
    assert run.shows("Session: ended")
    assert run.shows(f"{here.folder / FILE} does not exist"), run.output
    assert bill.get("counts") == {LOGIN: 1, LOGOUT: 1}


@pytest.fixture
def connected(here: Folder) -> Folder:
    """A folder with a session, and with a vault file that has another variable. Tabs in the file are fine for Ansible."""
    file = here.folder / FILE
    file.parent.mkdir(parents=True)
    file.write_bytes(encrypted("finance_mail:\tfinance@example.com\t# ours\n"))
    here.connect(AP)
    for backup in file.parent.glob("*.bak"):
        backup.unlink()
    return here


REMOVE = ("-e", "bill_remove_vault_file=true")


def test_disconnect_file_with_other_variables_removes_only_its_own(connected: Folder, bill: Control) -> None:
    disconnect = ("ansible-playbook", DISCONNECT, *connected.vault_arguments, *REMOVE)
    run = connected.run(*disconnect, "--check")
    assert run.code == 0, run.output
    assert run.shows("Session: would be ended")
    assert run.shows(
        "was not removed, because it has other variables (finance_mail); the variables of bill.connect would be removed"
    )
    assert connected.left() == [FILE]
    assert bill.get("counts") == {LOGIN: 1}
    run = connected.run(*disconnect)
    assert run.code == 0, run.output
    assert run.shows("Session: ended")
    assert run.shows(
        "was not removed, because it has other variables (finance_mail); the variables of bill.connect are removed"
    ), run.output
    assert len(run.warnings) == 1
    (backup,) = (connected.folder / FILE).parent.glob("*.bak")
    assert run.shows(f"Backups that still exist: {backup}"), run.output
    assert connected.stored_variables() == {"finance_mail": "finance@example.com"}
    run = connected.run(*disconnect)
    assert (run.code, run.changed) == (0, 0), run.output
    assert run.shows("was not removed, because it has no variables of bill.connect")
    assert run.shows(f"Backups that still exist: {backup}")
    assert bill.get("counts") == {LOGIN: 1, LOGOUT: 1}


UNINSTALL = (*REMOVE, "-e", "bill_remove_backups=true", "-e", "bill_remove_store=true")


def another_account_signs_in(here: Folder) -> None:
    """Sign in as another user, whose session is in the same store."""
    # A vault file beside the playbook would win over the environment.
    elsewhere = here.home / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "site.yml").write_text(THREE_LINES)
    usual = here.environ
    here.environ = {**IN_THE_ENVIRONMENT, "BILL_USERNAME": world.PAYER.username, "BILL_PASSWORD": world.PAYER.password}
    run = here.run("ansible-playbook", str(elsewhere / "site.yml"), *here.vault_arguments)
    assert run.code == 0, run.output
    here.environ = usual


@pytest.mark.slow
def test_disconnect_as_uninstall_leaves_nothing(here: Folder, bill: Control) -> None:
    here.connect(AP)
    backup = here.folder / f"{FILE}.4711.2026-11-22_09-30-00.bak"
    backup.write_bytes(encrypted("bill_password: s3cret-findme-old\n"))
    store = here.home / ".ansible" / "bill"
    disconnect = ("ansible-playbook", DISCONNECT, *here.vault_arguments, *UNINSTALL)
    before = sorted(store.iterdir())
    run = here.run(*disconnect, "--check")
    assert run.code == 0, run.output
    assert run.shows(f"Backups that would be removed: {backup}"), run.output
    assert run.shows(f"Session store: {store} would be removed"), run.output
    assert sorted(store.iterdir()) == before
    run = here.run(*disconnect)
    assert (run.code, run.warnings) == (0, []), run.output
    assert run.shows("Session: ended")
    assert run.shows(f"{here.folder / FILE} is removed")
    assert run.shows(f"Backups that are removed: {backup}")
    assert run.shows(f"Session store: {store} is removed"), run.output
    assert here.left() == []
    assert not store.exists()
    check_no_secrets(here, run)
    # Nothing is left to remove.
    run = here.run(*disconnect)
    assert (run.code, run.changed) == (0, 0), run.output
    assert run.shows(f"Session store: {store} does not exist, or has no files of bill.connect"), run.output


@pytest.mark.slow
def test_disconnect_store_with_another_account_is_removed_only_with_all(here: Folder, bill: Control) -> None:
    here.connect(AP)
    another_account_signs_in(here)
    store = here.home / ".ansible" / "bill"
    mine = store / "notes.txt"
    mine.write_text("not of bill.connect")
    disconnect = ("ansible-playbook", DISCONNECT, *here.vault_arguments, "-e")
    run = here.run(*disconnect, "bill_remove_store=true")
    assert run.code == 0, run.output
    assert run.shows(f"Session store: {store} was not removed, because it has 1 more entries"), run.output
    assert run.shows("or run this again with -e bill_remove_store=all")
    assert len(list(store.glob("*.session"))) == 1
    run = here.run(*disconnect, "bill_remove_store=all", "--check")
    assert run.shows(f"{store} would be removed, with 1 entries of other accounts"), run.output
    assert len(list(store.glob("*.session"))) == 1
    run = here.run(*disconnect, "bill_remove_store=all")
    assert run.code == 0, run.output
    assert run.shows(f"{store} is removed, with 1 entries of other accounts, users or keys"), run.output
    assert run.shows("their sessions stay open at BILL until they end")
    # A file that bill.connect has not made stays.
    assert list(store.iterdir()) == [mine]
    assert bill.get("counts") == {LOGIN: 2, LOGOUT: 1}


@pytest.mark.slow
def test_disconnect_with_a_store_that_is_no_directory_or_a_wrong_word_removes_nothing(
    here: Folder, bill: Control
) -> None:
    here.connect(AP)
    disconnect = ("ansible-playbook", DISCONNECT, *here.vault_arguments, "-e")
    run = here.run(*disconnect, "bill_remove_store=everything")
    assert run.code == 2
    assert run.shows("bill_remove_store is true, false or all. Nothing was done."), run.output
    assert bill.get("counts") == {LOGIN: 1}
    run = here.run(*disconnect, "bill_remove_store=true", "-e", "bill_session_store=none")
    assert run.code == 0, run.output
    assert run.shows("Session store: not a directory, so nothing was removed"), run.output
    assert list((here.home / ".ansible" / "bill").iterdir())


@pytest.mark.parametrize(
    "content", [None, "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIPq\n"], ids=["folder", "file"]
)
def test_disconnect_directory_that_is_no_store_keeps_its_key(here: Folder, content: str | None) -> None:
    mine = here.home / "certificates"
    key = mine / "key"
    inner = key if content else key / "inner"
    inner.parent.mkdir(parents=True)
    inner.write_text(content or "not of bill.connect")
    run = here.run("ansible-playbook", DISCONNECT, "-e", f"bill_remove_store=all bill_session_store={mine}")
    assert (run.code, run.changed) == (0, 0), run.output
    assert run.shows(f"{mine} does not exist, or has no files of bill.connect"), run.output
    assert inner.exists()


@pytest.mark.slow
def test_disconnect_store_behind_a_link_can_be_used_again(here: Folder, bill: Control) -> None:
    store, link = here.home / "elsewhere", here.home / "link"
    store.mkdir(mode=0o700)
    link.symlink_to(store)
    here.environ = {**IN_THE_ENVIRONMENT, "BILL_SESSION_STORE": str(link)}
    # The files are on this machine, whatever the inventory says about it.
    here.hosts(
        "localhost",
        ansible_connection="ssh",
        ansible_host="host.invalid",
        ansible_become=True,
        ansible_become_user="gone",
    )
    run = here.run("ansible-playbook", "-i", "inventory.yml", DISCONNECT, "-e", "bill_remove_store=true")
    assert run.code == 0, run.output
    (here.folder / "site.yml").write_text(THREE_LINES)
    for _time in range(2):
        run = here.run("ansible-playbook", "site.yml")
        assert (run.code, run.warnings) == (0, []), run.output
        assert list(store.glob("*.session"))
        run = here.run("ansible-playbook", "-i", "inventory.yml", DISCONNECT, "-e", "bill_remove_store=true")
        assert run.code == 0, run.output
        assert run.shows(f"Session store: {store} is removed"), run.output
        assert list(store.iterdir()) == []


@pytest.mark.terminal
def test_disconnect_file_not_removable_signs_out_and_fails(connected: Folder, bill: Control) -> None:
    # A value cannot be removed if another variable refers to it.
    file = connected.folder / FILE
    stored = connected.stored_variables()
    password = stored.pop("bill_password")
    file.write_text(f"bill_password: &it {password}\nmine: *it\n{yaml.safe_dump(stored)}")
    assert connected.run("ansible-vault", "encrypt", *connected.vault_arguments, FILE).code == 0
    run = connected.run("ansible-playbook", DISCONNECT, *connected.vault_arguments, *REMOVE)
    assert run.code == 2
    assert run.shows("Session: ended"), run.output
    assert run.shows(f"{file} could not be removed"), run.output
    assert bill.get("counts") == {LOGIN: 1, LOGOUT: 1}
    assert connected.stored_variables()["bill_password"] == world.USER.password


def test_disconnect_secrets_cover_every_auth_method() -> None:
    playbook = Path(__file__).resolve().parents[2] / "playbooks" / "disconnect.yml"
    (play,) = yaml.safe_load(playbook.read_text())
    secrets = set(play["vars"]["bill_disconnect_secrets"])
    assert [method.auth_method for method in METHODS.values() if not secrets & set(method.options)] == []
    assert [name for name in secrets if not any(name in method.options for method in METHODS.values())] == []


@pytest.mark.promise(5)
@pytest.mark.promise(15)
@pytest.mark.promise(16)
def test_form_terminal_closed_ends_all_workers(here: Folder, bill: Control) -> None:
    with here.start_form() as terminal:
        terminal.answers(SIGN_IN_WITH, "")
        terminal.answers(USER_NAME, world.USER.username)
        terminal.answers(PASSWORD, world.USER.password)
        terminal.asks(ORGANIZATION_ID)
        assert terminal.close() == set()
    assert here.left() == []
    assert bill.get("counts") == {}


@pytest.mark.promise(8)
@pytest.mark.slow
def test_form_file_that_play_in_other_folder_does_not_read_is_named_by_play(here: Folder, bill: Control) -> None:
    here.environ |= IN_THE_ENVIRONMENT
    form = ("ansible-playbook", CONNECT, *here.vault_arguments)
    run = here.run(*form)
    assert run.shows(f"Read by: plays whose playbook is in {here.folder}"), run.output
    assert run.shows("If yours are in another folder, move group_vars to that folder")
    here.environ = dict.fromkeys(here.environ, "")
    (here.folder / "playbooks").mkdir()
    (here.folder / "playbooks" / "site.yml").write_text(THREE_LINES)
    play = ("ansible-playbook", "playbooks/site.yml", *here.vault_arguments)
    run = here.run(*play)
    assert run.code == 2
    right = here.folder / "playbooks" / FILE
    assert run.shows(f"There is a vault file {here.folder / FILE}, but this play does not read it: "), run.output
    assert run.shows(f"Move the file to {right}, or name it in vars_files of the play."), run.output
    # Both remedies work, and so does the inventory of the project.
    assert here.run(*play, "-e", f"@{FILE}").code == 0
    (here.folder / "hosts.yml").write_text("all: {hosts: {localhost: {ansible_connection: local}}}\n")
    assert here.run(*play, "-i", "hosts.yml").code == 0
    right.parent.mkdir(parents=True)
    (here.folder / FILE).rename(right)
    assert here.run(*play).code == 0
    assert bill.get("counts") == {LOGIN: 1}


@pytest.mark.terminal
@pytest.mark.promise(8)
def test_form_value_overridden_by_other_file_is_reported(here: Folder, bill: Control) -> None:
    (here.folder / "host_vars").mkdir()
    (here.folder / "host_vars" / "localhost.yml").write_text("bill_username: stale@example.com\n")
    run = here.connect(AP)
    assert run.shows("Plays in this folder use bill_username from"), run.output
    assert run.shows("host_vars/localhost.yml, because it overrides "), run.output


@pytest.mark.terminal
def test_form_strategy_free_asks_questions(here: Folder) -> None:
    here.environ["ANSIBLE_STRATEGY"] = "free"
    assert here.connect(AP).changed == 2


@pytest.mark.terminal
@pytest.mark.promise(6)
def test_form_clear_text_file_with_same_values_is_encrypted(here: Folder) -> None:
    (file := here.folder / FILE).parent.mkdir(parents=True)
    file.write_text(yaml.safe_dump({name.lower(): value for name, value in IN_THE_ENVIRONMENT.items()}))
    run = here.connect(ENTER_ONLY)
    assert run.shows("clear text"), run.output
    assert file.read_text().startswith("$ANSIBLE_VAULT;")
    assert here.secrets_on_disk() == []
