#!/usr/bin/python

# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bill_mfa_validate
short_description: Send an MFA code to BILL, so that the session is trusted
version_added: 1.0.0
author:
  - the bill.connect authors (@bill-connect)
description:
  - Sends the code of M(bill.connect.bill_mfa_challenge) to BILL. The stored session is then MFA-trusted until it ends, for all later tasks with the
    same credentials.
  - With O(remember_me), BILL also returns an MFA ID. With it, later sessions are trusted without a code, for 30 days.
  - The result is hidden from all output, without C(no_log) in the task, because the MFA ID is secret. C(register) has the real values.
  - Never signs in. Never sends a code a second time by itself. BILL has been seen to reject all codes after several wrong ones.
extends_documentation_fragment:
  - bill.connect.attributes
  - bill.connect.sign_in
options:
  challenge_id:
    description: The ID of the challenge, as M(bill.connect.bill_mfa_challenge) returned it.
    type: str
    required: true
  token:
    description:
      - The six digits that BILL has sent. Write them in quotes, because YAML changes unquoted digits that begin with 0. BILL calls it C(token).
    type: str
    required: true
  remember_me:
    description:
      - Whether BILL trusts this device for 30 days. This needs O(device), a name that you choose now. Later you give the same name with the MFA ID.
    type: bool
    default: false
  machine_name:
    description: A name for the machine. BILL accepts it together with O(remember_me).
    type: str
attributes:
  check_mode:
    support: full
    details:
      - Sends nothing; RV(remember_me_id) is then null.
  diff_mode:
    details:
      - Everything that could be shown is secret.
seealso:
  - name: Payments and MFA
    description: How a session becomes MFA-trusted, and pays.
    link: https://github.com/bill-connect/bill.connect/blob/main/docs/docsite/rst/guide_payments.rst
  - module: bill.connect.bill_mfa_challenge
  - module: bill.connect.bill_login
  - name: Validate an MFA challenge
    description: BILL's own description of it.
    link: https://developer.bill.com/hc/reference/validatechallenge
"""

EXAMPLES = r"""
- name: Send the code to BILL
  bill.connect.bill_mfa_validate:
    challenge_id: "{{ challenge.challenge_id }}"
    token: "012345"

- name: Send the code to BILL, and make BILL trust this device
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
