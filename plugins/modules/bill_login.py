#!/usr/bin/python

# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bill_login
short_description: Sign in to BILL, once
version_added: 0.1.0
author:
  - the bill.connect authors (@bill-connect)
description:
  - Gives later tasks a session of BILL (bill.com). A session that still works is used again, by every task, host, fork, lookup
    and later run on this controller that has the same credentials; only when there is none does it sign in.
  - Needs no options when the variables C(bill_username), C(bill_password), C(bill_organization_id) and C(bill_dev_key) are
    defined, best in a file that is encrypted with C(ansible-vault). Other ways to sign in (O(auth_method)) need other ones,
    and name what is missing.
  - The result is hidden from all output without C(no_log) in the task; C(register) and the facts have the real values. A failure
    shows its message, which never holds a secret.
  - Kept sessions are encrypted with a key made from the credentials themselves, in files that only their owner can read. A wrong
    password or developer key therefore never finds a session that the right one made. One that you change at BILL may keep the
    session that it made until that ends; to end it at once, sign out with the old value first.
  - Credentials that BILL has refused in a way that asking again would not change (BDC_1101, 1102, 1103, 1107, 1110, 1123) are not
    sent again for ten minutes, by any task, host, fork, lookup or later run with the same session store, so that fifty hosts with
    one stale password do not lock the account. Corrected values are tried at once. When BILL says that the requests of the clock
    hour are used up (BDC_1144), nothing is sent with the same developer key until the next hour begins,
    except with O(force); a kept session that is due for a check cannot be used meanwhile.
  - BILL takes three requests at a time for a developer key and organization (here also for a client ID, an API token or an app
    key, of which BILL does not document it). The requests of this collection, from whatever
    task, host, fork, lookup or run with the same session store, are never more than three; one that comes while three are in
    flight waits for its turn. Those of C(uri) and other tasks are not counted; C(throttle) limits how many hosts make them at once.
extends_documentation_fragment:
  - bill.connect.attributes
  - bill.connect.sign_in
options:
  state:
    description:
      - With V(present) there is a session that works.
      - With V(absent) the kept session, if there is one, is ended at BILL and forgotten; with O(auth_method=partner) so is that of
        the partner. All return values but RV(api_url), RV(auth_method), RV(remember_me_id_days_left) and RV(changed) are then
        null, and so are the variables that were set to name the session. Nothing signs in just to sign out.
      - BILL documents no sign-out for access tokens (O(auth_method=oauth)) and API tokens (O(auth_method=spend_token)). They are
        forgotten, which ends nothing at BILL, so it is no change; a warning says until when BILL takes them.
    type: str
    choices: [present, absent]
    default: present
  force:
    description:
      - Sign in anew although a good session is kept, and although a refusal is remembered. The task does not end the old session
        at BILL, since other runs may be using it.
      - With O(state=absent), ask BILL although a refusal is remembered, and forget the kept session even if BILL refuses to end
        it.
      - Each host does so for itself, so combine it with C(run_once) on more than one host.
    type: bool
    default: false
  require_trusted:
    description:
      - Whether the session has to be MFA-trusted, as payments need it. If it is not, the task fails at once, and says how to get
        trust, instead of a payment failing later with BDC_1361. It never signs in again for that.
      - A session also passes for which BILL says that MFA is bypassed for the developer key, or that it has passed MFA elsewhere
        (C(mfaStatus) is C(COMPLETE)); BILL is asked for that once.
      - With O(auth_method=oauth) it has no effect, since it was decided when the app was made whether it can pay. Sessions of sync
        tokens, of API tokens and of partners themselves can never be trusted.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    details:
      - Reuses or makes a session, because later tasks need one and nothing in BILL's books changes.
      - Does not sign out and leaves the variables as they are; RV(changed) says whether there is a session to end.
  diff_mode:
    details:
      - There is nothing to show that is not secret.
notes:
  - Apart from C(register), the session is also left for later tasks of the same host in the variables C(bill_session_id),
    C(bill_organization_id), C(bill_user_id) and C(bill_headers).
  - From ansible-core 2.21 on these are plain variables. On older versions they are facts, and if those versions keep facts in
    a file or database, C(bill_session_id) and C(bill_headers) are withheld with a warning, so that no session is written in
    the clear. Use C(register) or the role P(bill.connect.connect#role) there.
  - C(bill_organization_id) and C(bill_user_id) are only set where you have not defined them yourself, because they also decide
    where later tasks sign in. The first is always a fact, which gives way to whatever a later play defines, and is
    not set at all where facts are kept in a file or database (nor is the second up to ansible-core 2.20). To work with several
    organizations or users, give O(organization_id) or O(user_id), and use C(register).
  - From ansible-core 2.20 on, ansible-core itself deprecates facts that are used by their bare names.
  - C(ansible.builtin.uri) and other tasks that you give the session to do not know that it is secret. Up to ansible-core 2.20
    they show their arguments with C(-vvv) and more; give them C(no_log). They also take the session to the managed host that
    they run on; C(delegate_to) localhost keeps it on the controller.
  - ansible-core before 2.16.13, and 2.17 before 2.17.6, would show the session (CVE-2024-8775). The task refuses to run there.
seealso:
  - module: bill.connect.bill_request
  - module: bill.connect.bill_session_info
  - module: bill.connect.bill_mfa_challenge
  - plugin: bill.connect.bill_login
    plugin_type: lookup
  - name: Sign in with BILL
    description: BILL's own description of the sign-in.
    link: https://developer.bill.com/reference/login
"""

EXAMPLES = r"""
# group_vars/all/bill.yml, encrypted with ansible-vault:
#
#   bill_username: ap@example.com
#   bill_password: "..."
#   bill_organization_id: "008..."
#   bill_dev_key: "..."

- name: Sign in to BILL
  bill.connect.bill_login:
  register: bill

- name: List vendors
  ansible.builtin.uri:
    url: "{{ bill.api_url }}/v3/vendors?max=100"
    headers: "{{ bill.headers }}"
  register: vendors
  no_log: true

- name: Sign in to production with a sync token
  bill.connect.bill_login:
    environment: production
    auth_method: sync_token
    username: nightly-report
    password: "{{ vault_sync_token }}"

- name: Sign in as an app
  bill.connect.bill_login:
    auth_method: oauth
    client_id: "{{ vault_client_id }}"
    client_secret: "{{ vault_client_secret }}"
  register: app

- name: Go on only if the session can pay
  bill.connect.bill_login:
    require_trusted: true

- name: Sign in anew, whatever is kept
  bill.connect.bill_login:
    force: true
  run_once: true

- name: End the session at BILL and forget it
  bill.connect.bill_login:
    state: absent
"""

RETURN = r"""
session_id:
  description:
    - The session, which BILL calls C(sessionId); null with O(auth_method=oauth) and O(auth_method=spend_token), which have none. Secret.
  returned: success
  type: str
  sample: 02UXZMEB7FRWR8THEXAMPLE
organization_id:
  description:
    - The id of the organization that the session belongs to; null where BILL does not tell (O(auth_method=oauth),
      O(auth_method=spend_token)) and for the partner itself.
  returned: success
  type: str
  sample: 00801EXAMPLEEXAMPLE1
user_id:
  description: The id of the user that the session belongs to; null if BILL does not tell.
  returned: success
  type: str
  sample: 00601EXAMPLEEXAMPLE1
headers:
  description:
    - What a call of BILL's API needs, ready for the C(headers) of M(ansible.builtin.uri) - C(sessionId) and C(devKey);
      C(sessionId) and C(appKey) for the partner itself; C(Authorization) with O(auth_method=oauth); C(apiToken) with
      O(auth_method=spend_token). Secret.
  returned: success
  type: dict
  sample:
    sessionId: 02UXZMEB7FRWR8THEXAMPLE
    devKey: 01EXAMPLEEXAMPLE
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
    - Whether the session is MFA-trusted, as far as BILL has told; null where MFA does not decide (O(auth_method=oauth),
      O(auth_method=spend_token), and the partner itself).
  returned: success
  type: bool
  sample: false
expires_at:
  description:
    - UTC time when the session ends if it is not used. BILL does not tell; this is 35 minutes (48 hours for a sync token) after
      BILL last answered this collection. Every later call with the session moves the end further, as BILL documents it for its
      v2 API.
    - With O(auth_method=oauth) the time that BILL told, or null if it told none; with O(auth_method=spend_token) null.
  returned: success
  type: str
  sample: "2026-11-22T10:58:00Z"
remember_me_id_days_left:
  description: How many days are left, from today, until O(remember_me_id_expires_on); null if that is not given or not used.
  returned: success
  type: int
  sample: 12
changed:
  description: Whether a session was made, or ended (in check mode, would be ended).
  returned: always
  type: bool
  sample: true
"""
