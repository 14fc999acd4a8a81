# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the pictures show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.emulator.talk import Control
from tests.integration.payer import PAYER

from .desk import Command


@dataclass(frozen=True)
class Scenario:
    """``files`` are there from the beginning; ``before`` is done before the picture, and not in it."""

    title: str
    description: str
    commands: tuple[Command, ...]
    before: tuple[Command, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)


TRUST = """\
- hosts: localhost
  roles:
    - bill.connect.trust
"""

SCENARIOS = {
    "trust": Scenario(
        title="Having BILL trust this machine for 30 days",
        description="The role bill.connect.trust has BILL send a code, asks for it, and says until when BILL trusts this machine.",
        commands=(Command("ansible-playbook trust.yml", (("Please type its six digits", Control.last_code),)),),
        files={"trust.yml": TRUST},
        environ=PAYER,
    ),
}
