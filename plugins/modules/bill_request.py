#!/usr/bin/python

# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bill_request
short_description: Call any of BILL's endpoints with the kept session
version_added: 0.1.0
author:
  - the bill.connect authors (@bill-connect)
description:
  - Sends one request to BILL (bill.com), or reads a whole list, with the session that M(bill.connect.bill_login) keeps. Signs in only if
    none is kept. A session that ends meanwhile is replaced once, and the request sent once more.
  - A read that meets a fault is tried again, O(retries) times. A write is tried again only if BILL has certainly not done it, because no
    connection came about, or because BILL has refused it unseen (BDC_1322, or the calls of a minute are used up).
  - A write that BILL may have done, because its answer was lost, cut, late, unreadable or a fault of the server (5xx), is never sent again.
    The task fails and says so, with what was sent and where to look; see RV(uncertain). BILL documents no way to send one twice safely.
  - Never more than three requests at a time are in flight for a developer key and organization, from whatever task, fork or run;
    those to Spend & Expense take turns, 60 a minute. The task waits for its turn. With C(-v) it tells of waits for Spend & Expense, and of
    those before it tries again.
extends_documentation_fragment:
  - bill.connect.attributes
  - bill.connect.sign_in
  - bill.connect.request
options:
  path:
    description:
      - The path of the endpoint from C(/v3) on, such as V(/v3/vendors), as in BILL's API reference. It may carry a query.
      - A whole address is taken too, but only one below O(api_url), since credentials go nowhere else.
    type: str
    required: true
  method:
    description:
      - The HTTP method. V(GET) reads; all others write, which changes BILL's books and in V(production) may move money.
    type: str
    choices: [GET, POST, PUT, PATCH, DELETE]
    default: GET
  body:
    description:
      - What to write, as a dictionary or list, which is sent as JSON; or a text that holds a JSON object or array. Dates are sent as
        V(2026-12-31).
      - Up to ansible-core 2.18 a number that comes out of a template, as C({{ item.amount }}), is a text, unless the template is nothing but
        the name of a variable, or C(jinja2_native) is set. A list or dictionary that comes out of a template keeps its numbers, so give
        the part with the numbers, or the whole body, as one template, with dates in it as texts.
    type: raw
  require_trusted:
    description:
      - Whether the session has to be MFA-trusted, as payments need it. If it is not, nothing is sent, and the task says how to get trust;
        see the role P(bill.connect.trust#role).
    type: bool
    default: false
  repeat:
    description:
      - Whether the same write may be sent more than once in a run. Without it, a write is refused if the same task has sent it already, or is
        sending it, for another host, batch of C(serial), item of a loop, or as a handler. The same means the same credentials, O(method),
        O(path), O(query), O(headers) and O(body).
      - To write once on a play of many hosts, use C(run_once) or C(hosts=localhost).
      - A write that BILL has refused without doing it may be sent again. Another run knows nothing of this one.
    type: bool
    default: false
attributes:
  check_mode:
    support: partial
    details:
      - A read is sent, so that later tasks have its result. A write is not; the task is RV(changed), and RV(status) and RV(json) are null. With
        O(require_trusted=true) the session is looked at all the same.
  diff_mode:
    support: full
    details:
      - Shows a write as it is sent, or would be, with secrets and the numbers of bank accounts and persons masked.
      - Where BILL's answer to the write repeats what is masked, the whole result is hidden, and the difference with it.
notes:
  - A second run of a play sends its writes again. Where a thing is wanted once, read first, and write only what is not there.
  - The result is shown with C(-v), like that of C(ansible.builtin.uri). It is hidden if there is a secret in it, as a session or a token,
    and C(register) has it all the same.
  - C(until) does not send a write again that BILL has done, or may have done; each later try has the same result. To wait for something
    to become of a write, use a task that reads.
  - A run that is stopped, as with Ctrl-C, while a write is on its way cannot tell what became of it. Look in BILL.
  - Answers are JSON. What BILL serves in another form, as files, cannot be had with this task.
seealso:
  - plugin: bill.connect.bill_request
    plugin_type: lookup
  - module: bill.connect.bill_login
  - name: BILL API reference
    description: BILL's own description of its endpoints, and what each of them needs.
    link: https://developer.bill.com/reference
"""

EXAMPLES = r"""
- name: List all active vendors
  bill.connect.bill_request:
    path: /v3/vendors
    filters:
      - {field: archived, op: eq, value: false}
    sort: name:asc
    paginate: true
  register: vendors

- name: Show their names
  ansible.builtin.debug:
    msg: "{{ vendors.results | map(attribute='name') }}"

- name: Create a vendor
  bill.connect.bill_request:
    path: /v3/vendors
    method: POST
    body:
      name: Acorn Paper Supply Co.
      address:
        line1: 1 Main Street
        city: Portland
        stateOrProvince: OR
        zipOrPostalCode: "97205"
        country: US
  register: vendor

- name: Archive it, which BILL takes twice as well
  bill.connect.bill_request:
    path: /v3/vendors/{{ vendor.json.id }}/archive
    method: POST

- name: Create three vendors of the same name in the sandbox, on purpose
  bill.connect.bill_request:
    path: /v3/vendors
    method: POST
    body:
      name: Test vendor
      address: {line1: 1 Main Street, city: Portland, stateOrProvince: OR, zipOrPostalCode: "97205", country: US}
    repeat: true
  loop: [1, 2, 3]

- name: Look whether there is such a bill
  bill.connect.bill_request:
    path: /v3/bills/00n01EXAMPLEEXAMPLE1
    expected_status: [200, 404]
  register: bill

- name: Pay (again in each run), and have a person look at a payment of which nobody knows whether it was made
  block:
    - name: Pay
      bill.connect.bill_request:
        path: /v3/payments
        method: POST
        require_trusted: true
        body: "{{ payment }}"
      register: paid
  rescue:
    - name: Fail if BILL has certainly not paid
      ansible.builtin.fail:
        msg: "{{ paid.msg }}"
      when: not paid.uncertain | default(true)

    - name: Read the latest payments
      bill.connect.bill_request:
        path: /v3/payments
        sort: createdTime:desc
      register: latest

    - name: Fail with them, so that nothing goes on as if it were paid
      ansible.builtin.fail:
        msg: "{{ paid.msg }} The latest payments: {{ latest.json.results | map(attribute='id') | join(', ') }}"
"""

RETURN = r"""
status:
  description: The HTTP status of BILL's answer, of the last page with O(paginate=true). Null if there was none.
  returned: always
  type: int
  sample: 201
json:
  description: BILL's answer. Null if it was empty.
  returned: success, without O(paginate=true); and if only its status was not one of O(expected_status)
  type: raw
  sample:
    id: 00901EXAMPLEEXAMPLE1
    name: Acorn Paper Supply Co.
results:
  description: The records of all pages, each as BILL writes it.
  returned: success, with O(paginate=true)
  type: list
  elements: raw
  sample:
    - id: 00901EXAMPLEEXAMPLE1
      name: Acorn Paper Supply Co.
pages:
  description: How many pages were read.
  returned: success, with O(paginate=true)
  type: int
  sample: 4
codes:
  description: The BDC codes of BILL's answer.
  returned: failure
  type: list
  elements: str
  sample: [BDC_1361]
errors:
  description: The objects of BILL's error, each with its C(code) (null if it has none) and C(message) in BILL's own words, secrets masked.
  returned: failure
  type: list
  elements: dict
  sample:
    - code: BDC_1108
      message: "name: must not be blank"
uncertain:
  description:
    - Whether nobody knows if BILL has done a write. If V(false), RV(changed) says whether it has.
  returned: always
  type: bool
  sample: true
msg:
  description:
    - Of a write, what became of it. So a failure that is none of BILL's, as by C(failed_when) or C(until), says so too.
    - Of a failure, what happened, why, and what to do.
  returned: failure, and if O(method) writes
  type: str
  sample: "BILL has done this: POST /v3/payments (HTTP status 201)."
sent:
  description: The C(method), C(url) and C(body) that were sent, secrets masked.
  returned: if the outcome is RV(uncertain)
  type: dict
  sample:
    method: POST
    url: https://gateway.stage.bill.com/connect/v3/payments
    body: {vendorId: 00901EXAMPLEEXAMPLE1, amount: 12.5}
look_at:
  description:
    - Where to read whether BILL has done it, as the options C(path) and, for a list, C(sort) of this task. Null where BILL has no such read.
  returned: if the outcome is RV(uncertain)
  type: dict
  sample: {path: /v3/payments, sort: "createdTime:desc"}
changed:
  description: Whether BILL has done a write; in check mode, whether one would be sent. Never for a read.
  returned: always
  type: bool
  sample: true
"""
