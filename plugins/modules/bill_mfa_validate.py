#!/usr/bin/python

# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bill_mfa_validate
short_description: Give an MFA code back to BILL, so that the session is trusted
version_added: 0.1.0
author:
  - the bill.connect authors (@bill-connect)
description:
  - Gives back the code that M(bill.connect.bill_mfa_challenge) had BILL send. The kept session is then MFA-trusted, for all later tasks
    with the same credentials, until it ends.
  - With O(remember_me) BILL also hands out an MFA ID, with which later sessions are trusted without a code, for 30 days.
  - The result is hidden from all output without C(no_log) in the task, because the MFA ID is secret; C(register) has the real values.
  - Never signs in, and never sends a code a second time by itself, since BILL locks after some wrong ones.
extends_documentation_fragment:
  - bill.connect.attributes
  - bill.connect.sign_in
options:
  challenge_id:
    description: What the code answers, as M(bill.connect.bill_mfa_challenge) returned it.
    type: str
    required: true
  token:
    description:
      - The six digits that BILL has sent, in quotes, since YAML changes unquoted ones that begin with 0. BILL calls it C(token).
    type: str
    required: true
  remember_me:
    description:
      - Whether to have BILL remember this device for 30 days. Needs O(device), a name that you choose now and give with the MFA ID
        later.
    type: bool
    default: false
  machine_name:
    description: A name for the machine, which BILL takes together with O(remember_me).
    type: str
attributes:
  check_mode:
    support: full
    details:
      - Sends nothing; RV(remember_me_id) is then null.
  diff_mode:
    details:
      - There is nothing to show that is not secret.
seealso:
  - module: bill.connect.bill_mfa_challenge
  - module: bill.connect.bill_login
  - name: Validate an MFA challenge
    description: BILL's own description of it.
    link: https://developer.bill.com/hc/reference/validatechallenge
"""

EXAMPLES = r"""
- name: Give the code back
  bill.connect.bill_mfa_validate:
    challenge_id: "{{ challenge.challenge_id }}"
    token: "012345"

- name: Give the code back, and have BILL remember this device
  bill.connect.bill_mfa_validate:
    challenge_id: "{{ challenge.challenge_id }}"
    token: "{{ answer.user_input }}"
    remember_me: true
    device: build-server
  register: trust
"""

RETURN = r"""
trusted:
  description: Whether the session is MFA-trusted now; null in check mode.
  returned: success
  type: bool
  sample: true
remember_me_id:
  description: The MFA ID, which BILL calls C(rememberMeId); null without O(remember_me). Secret.
  returned: success
  type: str
  sample: EXAMPLE-MFA-ID
remember_me_id_expires_on:
  description: The day (UTC) on which the MFA ID ends, 30 days from today; null without O(remember_me).
  returned: success
  type: str
  sample: "2026-12-22"
changed:
  description: Always true.
  returned: always
  type: bool
  sample: true
"""
