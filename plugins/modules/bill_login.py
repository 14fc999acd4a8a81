#!/usr/bin/python

# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bill_login
short_description: Sign in to BILL, once
version_added: 1.0.0
author:
  - the bill.connect authors (@bill-connect)
description:
  - Gives later tasks a session of BILL (bill.com). Every task, host, fork, lookup and later run on this controller with the same
    credentials uses the same session. The task signs in only if there is no valid session.
  - Needs no options if the variables C(bill_username), C(bill_password), C(bill_organization_id) and C(bill_dev_key) are defined, best in
    a file that is encrypted with C(ansible-vault). Other ways to sign in (O(auth_method)) need other variables. The error message names
    the missing ones.
  - The result is hidden from all output, without C(no_log) in the task. C(register) and the facts have the real values. A failure shows
    its message, which never holds a secret.
  - Stored sessions are encrypted with a key that is made from the credentials. So a wrong password or developer key never finds the
    session of the right one. If you change a password at BILL, its session may continue until its end. To end it at once, sign out with
    the old value first.
  - If BILL refuses credentials, they are not sent again for ten minutes. After BDC_1144, nothing is sent with the same developer key until
    the next clock hour. This holds for every task, host, fork and run with the same session store. Corrected values are tried at once.
  - All of them have at most three requests in flight, as BILL allows. C(uri) and other tasks are not counted. For these, use C(throttle).
  - L(How a session lives,https://github.com/bill-connect/bill.connect/blob/main/docs/docsite/rst/guide_sessions.rst) has the details.
extends_documentation_fragment:
  - bill.connect.attributes
  - bill.connect.sign_in
options:
  state:
    description:
      - V(present) makes sure that there is a valid session.
      - V(absent) ends the stored session at BILL, if there is one, and deletes it from the store. With O(auth_method=partner), it also
        ends the partner's session. Nothing signs in only to sign out.
      - There is one session for all. So V(absent) ends it also for every other task, host, fork and run with the same credentials and session
        store. Tasks of bill.connect then sign in again. C(uri) and other tasks that have the headers of the session fail with BDC_1109. Do
        not sign out at the end of each play. If you must, do it with C(run_once) after all hosts, when no other run uses the session.
      - With V(absent), all return values are null except RV(api_url), RV(auth_method), RV(remember_me_id_days_left), RV(msg) and RV(changed). The
        variables that were set to name the session are null, too.
      - BILL documents no sign-out for access tokens (O(auth_method=oauth)) and API tokens (O(auth_method=spend_token)). They are only
        deleted from the store. Nothing ends at BILL, so this is no change. A warning says until when BILL accepts them.
    type: str
    choices: [present, absent]
    default: present
  force:
    description:
      - Sign in again, even if a valid session is stored, and even if a refusal is cached. The task does not end the old session at BILL,
        because other runs may use it.
      - With O(state=absent), send the sign-out even if a refusal is cached. The stored session is deleted even if BILL refuses to end it.
      - Each host does this for itself. On more than one host, use C(run_once).
    type: bool
    default: false
  require_trusted:
    description:
      - Whether the session must be MFA-trusted, as payments require. If it is not, the task fails at once and says how to get trust.
        Otherwise a payment would fail later with BDC_1361. The task never signs in again for this.
      - A session is also accepted if BILL says that MFA is bypassed for the developer key, or that the session has passed MFA elsewhere
        (C(mfaStatus) is C(COMPLETE)). bill.connect requests this from BILL once.
      - It has no effect with O(auth_method=oauth), because the kind of app decides whether it can pay. Sessions of sync tokens, of API
        tokens and of partners themselves can never be trusted.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    details:
      - Reuses or makes a session, because later tasks need one, and because this changes nothing in BILL's books.
      - Does not sign out, and does not change the variables. RV(changed) says whether there is a session to end.
  diff_mode:
    details:
      - Everything that could be shown is secret.
notes:
  - The session is also set for later tasks of the same host, in the variables C(bill_session_id), C(bill_organization_id),
    C(bill_user_id) and C(bill_headers).
  - From ansible-core 2.21 on, these are normal variables. On older versions they are facts. If an older version stores facts in a file or
    database, C(bill_session_id) and C(bill_headers) are left out with a warning. So no session is written in clear text. In this case,
    use C(register) or the role P(bill.connect.login#role).
  - C(bill_organization_id) and C(bill_user_id) are only set if you have not defined them, because they also decide where later tasks sign
    in. C(bill_organization_id) is always a fact. A value that a later play defines wins. It is not set if facts are stored in a file or
    database, and no variable if C(inject_facts_as_vars) is off. A warning says so if the organization is an option of the task. Up to
    ansible-core 2.20 the same holds for C(bill_user_id).
  - To work with several organizations or users, give O(organization_id) or O(user_id), and use C(register).
  - From 2.20 on, ansible-core deprecates facts that are used by their bare names.
  - C(ansible.builtin.uri) and other tasks that you give the session to do not know that it is secret. Up to ansible-core 2.20 they show
    their arguments with C(-vvv) and more, so set C(no_log). They also take the session to the managed host that they run on.
    C(delegate_to) localhost keeps it on the controller.
  - ansible-core before 2.16.13, and 2.17 before 2.17.6, would show the session (CVE-2024-8775). The task refuses to run on these
    versions.
seealso:
  - name: How to sign in
    description: The ways to sign in, compared.
    link: https://github.com/bill-connect/bill.connect/blob/main/docs/docsite/rst/guide_choose.rst
  - name: When something goes wrong
    description: The messages, and the error codes of BILL.
    link: https://github.com/bill-connect/bill.connect/blob/main/docs/docsite/rst/guide_faults.rst
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

- name: Continue only if the session can pay
  bill.connect.bill_login:
    require_trusted: true

- name: Sign in again, even if a session is stored
  bill.connect.bill_login:
    force: true
  run_once: true

- name: End the session at BILL and delete it, for every host and run that uses it
  bill.connect.bill_login:
    state: absent
  run_once: true
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
    - The ID of the organization that the session belongs to. It is null if BILL does not return it (O(auth_method=oauth),
      O(auth_method=spend_token)), and for the partner itself.
  returned: success
  type: str
  sample: 00801EXAMPLEEXAMPLE1
user_id:
  description: The ID of the user that the session belongs to; null if BILL does not return it.
  returned: success
  type: str
  sample: 00601EXAMPLEEXAMPLE1
headers:
  description:
    - The headers that a call to BILL's API needs, ready for the C(headers) of M(ansible.builtin.uri). They are C(sessionId) and
      C(devKey), C(sessionId) and C(appKey) for the partner itself, C(Authorization) with O(auth_method=oauth), and C(apiToken) with
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
    - Whether the session is MFA-trusted, as far as BILL has said. It is null if MFA does not decide (O(auth_method=oauth),
      O(auth_method=spend_token), and the partner itself).
  returned: success
  type: bool
  sample: false
expires_at:
  description:
    - The UTC time at which an unused session ends. BILL does not say it. So it is 35 minutes (48 hours for a sync token) after BILL last
      answered this collection. Every later call with the session moves the end. BILL documents this for its v2 API.
    - With O(auth_method=oauth), the time that BILL said, or null if it said none. With O(auth_method=spend_token), null.
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
msg:
  description: With O(state=absent), that the session is ended for all tasks, hosts and runs that used it.
  returned: when a session was ended
  type: str
  sample: BILL has ended the session. All tasks, hosts, forks and runs with the same credentials and session store used this session.
"""
