#!/usr/bin/python

# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bill_mfa_challenge
short_description: Make BILL send an MFA code
version_added: 1.0.0
author:
  - the bill.connect authors (@bill-connect)
description:
  - Makes BILL send a six-digit code to the phone of the user who signs in. M(bill.connect.bill_mfa_validate) sends the code to BILL. The session is
    then MFA-trusted, as payments require.
  - Signs in if no session is stored. Needs no options for that if the variables of M(bill.connect.bill_login) are defined.
  - The role P(bill.connect.trust#role) does both, and asks for the code in between.
  - BILL sends five text messages a minute. The request is sent a second time only if BILL has certainly sent nothing. If BILL's response was lost,
    the error message says so.
extends_documentation_fragment:
  - bill.connect.attributes
  - bill.connect.sign_in
attributes:
  check_mode:
    support: full
    details:
      - Sends nothing; RV(challenge_id) is then null.
  diff_mode:
    details:
      - There is nothing to show.
notes:
  - The code must go to BILL in the session that requested it. So O(session_store) cannot be V(none), and the two tasks need the same credentials.
  - There is no MFA with O(auth_method=sync_token), O(auth_method=oauth) and O(auth_method=spend_token), and for a partner itself.
  - BILL sends a code for every host. On more than one host, use C(run_once).
  - The user needs a phone for 2-step verification. Set it up in BILL.
seealso:
  - name: Payments and MFA
    description: How a session becomes MFA-trusted, and pays.
    link: https://github.com/bill-connect/bill.connect/blob/main/docs/docsite/rst/guide_payments.rst
  - module: bill.connect.bill_mfa_validate
  - module: bill.connect.bill_login
  - name: MFA challenge
    description: BILL's own description of it.
    link: https://developer.bill.com/hc/reference/challenge
"""

EXAMPLES = r"""
- name: Make BILL send a code
  bill.connect.bill_mfa_challenge:
  register: challenge

- name: Ask for the code
  ansible.builtin.pause:
    prompt: The six digits that BILL has sent
  register: answer

- name: Send the code to BILL
  bill.connect.bill_mfa_validate:
    challenge_id: "{{ challenge.challenge_id }}"
    token: "{{ answer.user_input }}"
"""

RETURN = r"""
challenge_id:
  description: The ID of the challenge, for M(bill.connect.bill_mfa_validate). BILL calls it C(challengeId).
  returned: success
  type: str
  sample: EXAMPLE-CHALLENGE
changed:
  description: Always true, because a code was sent (in check mode, would be sent).
  returned: always
  type: bool
  sample: true
"""
