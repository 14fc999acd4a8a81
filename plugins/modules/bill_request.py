#!/usr/bin/python

# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bill_request
short_description: Call any endpoint of BILL with the stored session
version_added: 1.0.0
author:
  - the bill.connect authors (@bill-connect)
description:
  - Sends one request to BILL (bill.com), or reads a whole list, with the session that M(bill.connect.bill_login) stores. Signs in only if no
    session is stored. If the session ends meanwhile, it is renewed once, and the request is sent once more.
  - After a fault, a read is retried up to O(retries) times. A write is retried only if BILL has certainly not done it. This is so if there was no
    connection, or if BILL has refused the write without processing it (BDC_1322, or the calls of a minute are used up).
  - A write is uncertain if its response was lost, cut, late, unreadable, or a server error (5xx). An uncertain write is never sent again. The task
    fails, and says what was sent and where to look. See RV(uncertain). BILL documents no safe way to send a write twice, except
    for two calls of its webhooks API. They take the header C(X-Idempotent-Key). bill.connect makes the key, repeats such a write like a read, and stores
    the key until the outcome is known.
  - All tasks, forks and runs have at most three requests in flight for a developer key and organization. Calls to Spend & Expense are limited to 60
    a minute. Further requests wait. With C(-v), the task shows waits for Spend & Expense, and waits before a retry.
extends_documentation_fragment:
  - bill.connect.attributes
  - bill.connect.sign_in
  - bill.connect.request
options:
  path:
    description:
      - The path of the endpoint from C(/v3) on, such as V(/v3/vendors), as in BILL's API reference. It may contain a query.
      - A path of BILL's webhooks API begins with C(/connect-events/v3), such as V(/connect-events/v3/subscriptions). It needs an O(api_url) that ends in
        C(/connect) or C(/connect-events). BILL documents that this API does not accept O(auth_method=oauth).
      - A whole address is accepted, too, but only one below O(api_url) or below the webhooks API beside it, because credentials go nowhere else.
    type: str
    required: true
  method:
    description:
      - The HTTP method. V(GET) reads. All others write. A write changes BILL's books, and may move money in V(production).
    type: str
    choices: [GET, POST, PUT, PATCH, DELETE]
    default: GET
  body:
    description:
      - What to write. A dictionary or list is sent as JSON. A string must hold a JSON object or array. Dates are sent as V(2026-12-31).
      - A number, V(true) or V(false) for a field that BILL documents as a text is refused, because YAML has changed what you wrote. An example is
        a routing number or a postal code that begins with 0. Put such values in quotes.
      - The same applies to names that end in C(Id). At an endpoint whose fields bill.connect does not know, it also applies to other names that are
        texts wherever BILL documents them, for example C(zipOrPostalCode) and C(accountNumber).
      - Up to ansible-core 2.18, a number from a template such as C({{ item.amount }}) becomes a string. Two exceptions keep it a number, namely a
        template that is only the name of a variable, and C(jinja2_native).
      - A list or dictionary from a template keeps its numbers. So write the part with the numbers, or the whole body, as one template. Write dates
        in it as strings.
    type: raw
  require_trusted:
    description:
      - Whether the session must be MFA-trusted, as payments require. If it is not, nothing is sent, and the task says how to get trust. See the
        role P(bill.connect.trust#role).
    type: bool
    default: false
  unless:
    description:
      - A read that is sent before the write. If it finds a record, the write is not sent. So the task can be run again.
      - Other hosts and runs with the same store wait for each other. So twenty hosts send the write once.
    type: dict
    suboptions:
      path:
        description: The path to read. If not given, the path of the write.
        type: str
      query:
        description: Parameters of the read.
        type: dict
      filters:
        description: Which records to read, as in O(filters).
        type: raw
      sort:
        description: The order of the list, as in O(sort).
        type: raw
      paginate:
        description: Whether the path is a list. If not, HTTP status 404 means that there is no record.
        type: bool
        default: true
      match:
        description:
          - The fields that a record must have, with their values. A dot goes into an object, as in C(invoice.invoiceNumber).
          - If not given, every record counts.
        type: dict
  repeat:
    description:
      - Whether the same write may be sent more than once in a run. By default it is refused if the same task has sent it, or is sending it. The
        other time may be for another host, batch of C(serial) or loop item, or as a handler. The same write has the same credentials, O(method),
        O(path), O(query) and O(body), and the same header C(organizationId). Other headers make no difference.
      - To write once in a play of many hosts, use C(run_once) or C(hosts=localhost).
      - A write that BILL has refused without doing it may be sent again. Other runs are not compared.
    type: bool
    default: false
attributes:
  check_mode:
    support: partial
    details:
      - A read is sent, so that later tasks have its result. A write is not sent. The task is then RV(changed), and RV(status) and RV(json) are
        null. With O(require_trusted=true), the session is still validated.
  diff_mode:
    support: full
    details:
      - Shows a write as it is sent, or would be sent. Secrets, and the numbers of bank accounts and persons, are redacted.
      - If BILL's response to the write repeats a redacted value, the whole result is hidden. The difference then goes to the error output.
notes:
  - Without O(unless), a second run of a play sends its writes again.
  - If the outcome of a write with O(unless) is uncertain, run the play again. It looks first. BILL may need a moment until a list shows a new
    record, so check in BILL's web app if you are in doubt.
  - The result is shown with C(-v), as with C(ansible.builtin.uri). It is hidden if it holds a secret, such as a session or a token. C(register)
    still has it.
  - C(until) does not repeat a write that BILL has processed, or may have processed. Each later try has the same result. To wait for the effect of a write,
    use a task that reads.
  - If you stop a run during a write, for example with Ctrl-C, nobody can say whether BILL has processed it. Check in BILL's web app. A write that
    the run has not sent yet is never sent.
  - Files cannot be uploaded or downloaded yet. The body of a request and the response must be JSON. To send a file, use M(ansible.builtin.uri)
    with the RV(bill.connect.bill_login#module:headers) of M(bill.connect.bill_login).
seealso:
  - name: Reading and writing
    description: Calls of any endpoint, with examples.
    link: https://github.com/bill-connect/bill.connect/blob/main/docs/docsite/rst/guide_requests.rst
  - name: When something goes wrong
    description: The messages, and the error codes of BILL.
    link: https://github.com/bill-connect/bill.connect/blob/main/docs/docsite/rst/guide_faults.rst
  - plugin: bill.connect.bill_request
    plugin_type: lookup
  - module: bill.connect.bill_login
  - name: BILL API reference
    description: BILL's own description of its endpoints and their fields.
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

- name: Create a vendor, unless it is there
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
    unless:
      filters:
        - {field: name, op: eq, value: Acorn Paper Supply Co.}
  register: vendor

- name: Show its ID (json is BILL's response; found has what was already there)
  ansible.builtin.debug:
    msg: "{{ (vendor.found | default([vendor.json]) | first).id }}"
  when: not ansible_check_mode

- name: Change its e-mail address, unless it is this one
  bill.connect.bill_request:
    path: /v3/vendors/00901EXAMPLEEXAMPLE1
    method: PATCH
    body: {email: invoices@example.com}
    unless: {paginate: false, match: {email: invoices@example.com}}

- name: Archive it, as often as the run needs it (unless looks each time, so repeat is safe)
  bill.connect.bill_request:
    path: /v3/vendors/00901EXAMPLEEXAMPLE1/archive
    method: POST
    unless: {path: /v3/vendors/00901EXAMPLEEXAMPLE1, paginate: false, match: {archived: true}}
    repeat: true

- name: Subscribe to new bills, once (BILL returns the security key only once)
  bill.connect.bill_request:
    path: /connect-events/v3/subscriptions
    method: POST
    body:
      name: New bills
      status: {enabled: true}
      events:
        - {type: bill.created, version: "1"}
      notificationUrl: https://hooks.example.com/bill
    unless:
      match: {name: New bills}
  register: subscription

- name: Read a bill that may not exist
  bill.connect.bill_request:
    path: /v3/bills/00n01EXAMPLEEXAMPLE1
    expected_status: [200, 404]
  register: bill

- name: Pay the rent of a month, once (its description says which payment it is)
  bill.connect.bill_request:
    path: /v3/payments
    method: POST
    require_trusted: true
    body:
      vendorId: 00901EXAMPLEEXAMPLE1
      amount: 10.50
      description: Rent 2026-12
    unless:
      match: {vendorId: 00901EXAMPLEEXAMPLE1, description: Rent 2026-12}
  register: payment
"""

RETURN = r"""
status:
  description: The HTTP status of BILL's response, with O(paginate=true) of the last page. Null if there was no response.
  returned: always
  type: int
  sample: 201
found:
  description: The records that made the write unnecessary.
  returned: with O(unless), if it finds a record
  type: list
json:
  description:
    - BILL's response. Null if the response to a write was empty.
    - An empty response to a read is an error, unless its status is 204 and in O(expected_status).
  returned: success, without O(paginate=true); also if only the status was not one of O(expected_status)
  type: raw
  sample:
    id: 00901EXAMPLEEXAMPLE1
    name: Acorn Paper Supply Co.
results:
  description: The records of all pages, each as BILL sends it.
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
  description: The BDC codes of BILL's response.
  returned: failure
  type: list
  elements: str
  sample: [BDC_1361]
errors:
  description: The objects of BILL's error. Each has a C(code) (null if there is none) and a C(message) in BILL's own words, with secrets redacted.
  returned: failure
  type: list
  elements: dict
  sample:
    - code: BDC_1108
      message: "name: must not be blank"
uncertain:
  description:
    - Whether it is unknown if BILL has processed a write. If V(false), RV(changed) says whether BILL has processed it.
  returned: always
  type: bool
  sample: true
msg:
  description:
    - For a write, its outcome. So it is also there if your own C(failed_when) or C(until) makes the task fail.
    - For a failure, what happened, why, and what to do.
  returned: failure, and if O(method) writes
  type: str
  sample: "BILL has processed this write: POST /v3/payments (HTTP status 201)."
sent:
  description: The C(method), C(url) and C(body) that were sent, with secrets redacted; C(headers) with the C(X-Idempotent-Key), if the call takes it.
  returned: if the outcome is RV(uncertain)
  type: dict
  sample:
    method: POST
    url: https://gateway.stage.bill.com/connect/v3/payments
    body: {vendorId: 00901EXAMPLEEXAMPLE1, amount: 12.5}
look_at:
  description:
    - Where to read whether BILL has processed it, as the options C(path) and, for a list, C(sort) of this task. Null if BILL has no such read.
  returned: if the outcome is RV(uncertain)
  type: dict
  sample: {path: /v3/payments, sort: "createdTime:desc"}
changed:
  description: Whether BILL has processed a write; in check mode, whether one would be sent. Never for a read.
  returned: always
  type: bool
  sample: true
"""
