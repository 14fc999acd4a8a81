#!/usr/bin/python

# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bill_mfa_challenge
short_description: Have BILL send an MFA code
version_added: 0.1.0
author:
  - the bill.connect authors (@bill-connect)
description:
  - Has BILL send a six-digit code to the phone of the user who signs in. M(bill.connect.bill_mfa_validate) gives the code back, after
    which the session is MFA-trusted, as payments need it.
  - Signs in if no session is kept. Needs no options for that when the variables of M(bill.connect.bill_login) are defined.
  - The role P(bill.connect.trust#role) does both, and asks for the code in between.
  - BILL sends five text messages a minute. The request is not sent a second time unless BILL has certainly sent nothing; where
    its answer was lost, the failure says so.
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
  - The code is given back in the session that asked for it, so O(session_store) cannot be V(none), and the two tasks need the same
    credentials.
  - With O(auth_method=sync_token), O(auth_method=oauth), O(auth_method=spend_token) and for a partner itself there is no MFA.
  - A code is sent for every host, so combine it with C(run_once) on more than one host.
  - The user needs a phone for 2-step verification, which is set up in BILL.
seealso:
  - module: bill.connect.bill_mfa_validate
  - module: bill.connect.bill_login
  - name: MFA challenge
    description: BILL's own description of it.
    link: https://developer.bill.com/hc/reference/challenge
"""

EXAMPLES = r"""
- name: Have BILL send a code
  bill.connect.bill_mfa_challenge:
  register: challenge

- name: Ask for it
  ansible.builtin.pause:
    prompt: The six digits that BILL has sent
  register: answer

- name: Give it back
  bill.connect.bill_mfa_validate:
    challenge_id: "{{ challenge.challenge_id }}"
    token: "{{ answer.user_input }}"
"""

RETURN = r"""
challenge_id:
  description: What the code answers, for M(bill.connect.bill_mfa_validate). BILL calls it C(challengeId).
  returned: success
  type: str
  sample: EXAMPLE-CHALLENGE
changed:
  description: Always true, since a code was sent (in check mode, would be sent).
  returned: always
  type: bool
  sample: true
"""
