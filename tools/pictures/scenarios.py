# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scenarios that the pictures show."""

from __future__ import annotations

from dataclasses import dataclass

from tests.emulator import world
from tests.emulator.control_client import Control
from tests.emulator.world import PAYER, USER, User

from .desk import Command, Step

VAULT_PASSWORD = "vault-findme-password"
NEW_PASSWORD = "Passw0rd-findme-4c71e0b9"


@dataclass(frozen=True)
class Scenario:
    """One picture. The steps in ``before`` run first and are not in the picture."""

    title: str
    description: str
    commands: tuple[Command, ...]
    before: tuple[Step, ...] = ()


CONNECT = "ansible-playbook bill.connect.connect --ask-vault-pass"
UNLOCK = ("Vault password:", VAULT_PASSWORD)
# The form asks again for the password of a new file.
AGAIN = ("Vault password: type it again", VAULT_PASSWORD)
ENTER = ""


def filled_in(user: User, *more: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    """The form for a user, with the usual answers to the first two questions."""
    return (
        UNLOCK,
        AGAIN,
        ("Environment:", ENTER),
        ("Sign in with:", ENTER),
        ("User Name:", user.username),
        ("Password:", user.password),
        ("Organization ID:", user.organization_ids[0]),
        ("Developer Key:", world.DEV_KEY),
        *more,
    )


# The lines before it are about the inventory, and not about BILL.
CONNECTED = Command(CONNECT, filled_in(USER, ("MFA:", ENTER)), since="PLAY")
CORRECTED = Command(
    CONNECT,
    (
        UNLOCK,
        AGAIN,
        ("Environment:", ENTER),
        ("Sign in with:", ENTER),
        ("User Name:", USER.username),
        ("Password:", "wrong"),
        ("Organization ID:", world.ORGANIZATION.id),
        ("Developer Key:", world.DEV_KEY),
        ("Password:", USER.password),
        ("User Name:", ENTER),
        ("Environment:", ENTER),
        ("MFA:", ENTER),
    ),
    since="bill.connect lets BILL validate",
)
ROTATED = Command(
    CONNECT,
    (
        UNLOCK,
        ("Environment:", ENTER),
        ("Sign in with:", ENTER),
        ("User Name:", ENTER),
        ("Password:", NEW_PASSWORD),
        ("Organization ID:", ENTER),
        ("Developer Key:", ENTER),
        ("MFA:", "yes"),
        ("Code:", Control.last_code),
    ),
    since="Press Enter",
)
VIEW = "ansible-vault view group_vars/all/bill.yml"


def change_the_password(bill: Control) -> None:
    bill.post(f"users/{PAYER.username}/password", password=NEW_PASSWORD)


SCENARIOS = {
    "connect": Scenario(
        title="Connecting a BILL account",
        description="The form asks for the environment, the authentication method, the user name, the password, the organization "
        "ID and the developer key. BILL validates them. The form stores them in a vault file.",
        commands=(CONNECTED,),
    ),
    "view": Scenario(
        title="The content of the vault file",
        description="ansible-vault view shows the variables of the vault file, each with a comment. The picture hides the secret values.",
        commands=(Command(VIEW, (UNLOCK,)),),
        before=(CONNECTED,),
    ),
    "correct": Scenario(
        title="Correcting a wrong password",
        description="BILL refuses the user name or password. The form says so and asks for both again. It stores all values "
        "after BILL accepts them.",
        commands=(CORRECTED,),
    ),
    "rotate": Scenario(
        title="Replacing the password and setting up MFA",
        description="The form shows the values of the vault file and accepts a new password. BILL sends a code, and the form "
        "asks for it. The form updates the vault file and keeps a backup.",
        commands=(ROTATED, Command("ls group_vars/all"), Command(VIEW, (UNLOCK,), since="# The MFA ID")),
        before=(Command(CONNECT, filled_in(PAYER, ("MFA:", ENTER))), change_the_password),
    ),
    "disconnect": Scenario(
        title="Disconnecting",
        description="The playbook signs out at BILL and removes the stored session.",
        commands=(
            Command("ansible-playbook bill.connect.disconnect --ask-vault-pass", (UNLOCK,), since="TASK [Sign out"),
        ),
        before=(CONNECTED,),
    ),
}
