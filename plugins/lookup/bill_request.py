# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: bill_request
short_description: Read from BILL, for templates and loops
version_added: 1.0.0
author:
  - the bill.connect authors (@bill-connect)
description:
  - Sends a C(GET) request to any endpoint of BILL with the stored session, and returns BILL's response. Like the task M(bill.connect.bill_request),
    it signs in only if no session is stored, stays within BILL's limits, and retries if that may help.
  - Takes its options from the same variables and environment names as the task, with the same templates. C(module_defaults) do not apply to
    lookups.
extends_documentation_fragment:
  - bill.connect.sign_in
  - bill.connect.sign_in.plugins
  - bill.connect.request
options:
  _terms:
    description:
      - The paths to read, each as the option O(bill.connect.bill_request#module:path) of the task. The results have the same order.
      - A list counts as the paths in it.
    type: list
    elements: str
    required: true
  require_trusted:
    description: Whether the session must be MFA-trusted. If it is not, the lookup fails and says how to get trust.
    type: bool
    default: false
notes:
  - A variable that is defined as a lookup calls BILL at each use. If you use it often, store its value with C(set_fact), or read it with the task
    and C(register).
  - Use C(query), or C(lookup) with C(wantlist=true). A plain C(lookup) returns one record as that record, and several records as a list.
seealso:
  - name: Reading and writing
    description: Calls of any endpoint, with examples.
    link: https://github.com/bill-connect/bill.connect/blob/main/docs/docsite/rst/guide_requests.rst
  - module: bill.connect.bill_request
"""

EXAMPLES = r"""
- name: Show the names of all vendors
  ansible.builtin.debug:
    msg: "{{ query('bill.connect.bill_request', '/v3/vendors', paginate=true) | map(attribute='name') }}"

- name: Do something for each bill that is due this month
  ansible.builtin.debug:
    msg: "{{ item.invoice.invoiceNumber }} is due on {{ item.dueDate }}"
  loop: "{{ query('bill.connect.bill_request', '/v3/bills', filters=due, sort='dueDate:asc', paginate=true) }}"
  vars:
    due:
      - {field: dueDate, op: gte, value: "2026-12-01"}
      - {field: dueDate, op: lte, value: "2026-12-31"}

- name: Look at one vendor
  ansible.builtin.debug:
    msg: "{{ lookup('bill.connect.bill_request', '/v3/vendors/00901EXAMPLEEXAMPLE1').name }}"
"""

RETURN = r"""
_raw:
  description:
    - The records of a list. They are the records of one page, or of all pages with O(paginate=true). If BILL's response is a plain list, they
      are its elements. If BILL's response is not a list, the response itself is returned.
  type: list
  elements: raw
"""

from typing import Any

from ansible_collections.bill.connect.plugins.plugin_utils._ansible.context import TaskContext
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.lookup import BillLookup
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.results import records_of
from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import LIST_OPTIONS, REQUIRE_TRUSTED


class LookupModule(BillLookup):
    OWN_OPTIONS = (*LIST_OPTIONS, REQUIRE_TRUSTED)

    def perform(self, context: TaskContext, terms: list[Any]) -> list[Any]:
        return [record for path in terms for record in records_of(context, path)]
