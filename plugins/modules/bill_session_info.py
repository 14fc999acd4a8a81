#!/usr/bin/python

# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bill_session_info
short_description: Show what BILL says about the session
version_added: 1.0.0
author:
  - the bill.connect authors (@bill-connect)
description:
  - Requests the details of the stored session from BILL. Returns whose session it is, whether it is MFA-trusted, and when it ends. Nothing in the
    result is secret, so it is shown.
  - Does not sign in by itself, unless O(sign_in) is true. Without a stored session, RV(signed_in) is false.
  - Sends this request every time, even if BILL answered a moment ago. That starts the session's time without use again. BILL documents this for every call
    of its v2 API.
  - Does not check the password, the token or the developer key. If somebody changes the password at BILL, the stored session still serves until
    it ends. The next sign-in fails, perhaps at night. To check the present values, run M(bill.connect.bill_form) once by day. It signs in even
    if a session is stored. If BILL refuses the values, they are not sent again for ten minutes, so that repetition does not lock the account.
  - M(bill.connect.bill_login) with O(bill.connect.bill_login#module:force=true) checks the values, too. But it sends refused values again in each
    run and for each host. BILL locks a login after some wrong passwords, and does not document how many. So use C(run_once), no loop and no
    C(until), and correct the values after a refusal.
extends_documentation_fragment:
  - bill.connect.attributes
  - bill.connect.sign_in
options:
  sign_in:
    description: Whether to sign in if there is no valid session.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    details:
      - Works the same in check mode. With O(sign_in), it makes a session, as M(bill.connect.bill_login) does.
  diff_mode:
    details:
      - Changes nothing except the session, and that only with O(sign_in).
seealso:
  - name: Payments and MFA
    description: How a session becomes MFA-trusted, and pays.
    link: https://github.com/bill-connect/bill.connect/blob/main/docs/docsite/rst/guide_payments.rst
  - module: bill.connect.bill_login
  - module: bill.connect.bill_form
  - name: Session details
    description: BILL's own description of them.
    link: https://developer.bill.com/reference/getsessioninfo
"""

EXAMPLES = r"""
- name: Show what BILL says about our session
  bill.connect.bill_session_info:
  register: session

# Run this by day, for example after a rotation, and without a terminal (< /dev/null), so that it asks nothing.
- name: Check that BILL still accepts the password
  bill.connect.bill_form:
    mfa: false

- name: Warn that the MFA ID ends soon
  ansible.builtin.debug:
    msg: "The MFA ID ends in {{ session.remember_me_id_days_left }} days."
  when: (session.remember_me_id_days_left | default(99, true)) < 10
"""

RETURN = r"""
signed_in:
  description:
    - Whether there is a valid session. With O(auth_method=oauth), BILL may say nothing about it. Then it is a token that has not reached its end.
    - If false, all other values are null except RV(api_url), RV(auth_method), RV(remember_me_id_days_left) and RV(changed).
  returned: success
  type: bool
  sample: true
organization_id:
  description: The ID of the organization that the session belongs to; null if BILL does not return it.
  returned: success
  type: str
  sample: 00801EXAMPLEEXAMPLE1
user_id:
  description: The ID of the user that the session belongs to; null if BILL does not return it.
  returned: success
  type: str
  sample: 00601EXAMPLEEXAMPLE1
api_url:
  description: The address of BILL's API up to, and without, C(/v3).
  returned: success
  type: str
  sample: https://gateway.stage.bill.com/connect
auth_method:
  description: The authentication method that the session was made with.
  returned: success
  type: str
  sample: password
trusted:
  description:
    - Whether the session is MFA-trusted, as far as BILL has said. It is null if MFA does not decide (O(auth_method=oauth),
      O(auth_method=spend_token), and the partner itself).
  returned: success
  type: bool
  sample: false
mfa_status:
  description:
    - What BILL calls C(mfaStatus). Clients of BILL have seen V(DISABLED), V(SETUP) (there is no phone yet), V(CHALLENGE) (a code must be sent to
      BILL), V(COMPLETE) and V(UNDEFINED). Null if BILL does not return it.
  returned: success
  type: str
  sample: CHALLENGE
mfa_bypass:
  description: Whether MFA is off for the whole developer key. BILL calls it C(mfaBypass). Null if BILL does not return it.
  returned: success
  type: bool
  sample: false
expires_at:
  description: The UTC time at which an unused session ends, as M(bill.connect.bill_login) returns it.
  returned: success
  type: str
  sample: "2026-11-22T10:58:00Z"
expires_in:
  description: How many seconds are left until RV(expires_at); null if that is unknown.
  returned: success
  type: int
  sample: 2100
remember_me_id_days_left:
  description: How many days are left, from today, until O(remember_me_id_expires_on); null if that is not given or not used.
  returned: success
  type: int
  sample: 12
changed:
  description: Whether a session was made. This only happens with O(sign_in).
  returned: always
  type: bool
  sample: false
"""
