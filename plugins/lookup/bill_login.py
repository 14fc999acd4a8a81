# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: bill_login
short_description: Get a session of BILL, and sign in only if there is none
version_added: 1.0.0
author:
  - the bill.connect authors (@bill-connect)
description:
  - Returns a session of BILL (bill.com), for templates and for the arguments of other tasks.
  - It uses the same stored sessions as the task M(bill.connect.bill_login), so any number of lookups makes one sign-in.
  - Takes its options from the same variables and environment names as the task, with the same templates. C(module_defaults) do not apply to
    lookups.
extends_documentation_fragment:
  - bill.connect.sign_in
  - bill.connect.sign_in.plugins
options:
  _terms:
    description:
      - The fields to return, in this order. Without any, the lookup returns one dictionary of all fields.
    type: list
    elements: str
    choices: [session_id, organization_id, user_id, headers, api_url, auth_method, trusted, expires_at, remember_me_id_days_left, changed]
  require_trusted:
    description: Whether the session must be MFA-trusted, as payments require. If it is not, the lookup fails and says how to get trust.
    type: bool
    default: false
notes:
  - Before ansible-core 2.22, the task that uses a lookup may show its value. Only that task can hide it, so give it C(no_log).
  - A variable that is defined as a lookup is evaluated at each use. That takes some milliseconds in each task, but makes no sign-in.
seealso:
  - name: How to sign in
    description: The ways to sign in, compared.
    link: https://github.com/bill-connect/bill.connect/blob/main/docs/docsite/rst/guide_choose.rst
  - module: bill.connect.bill_login
"""

EXAMPLES = r"""
- name: List vendors
  ansible.builtin.uri:
    url: "{{ lookup('bill.connect.bill_login', 'api_url') }}/v3/vendors?max=100"
    headers: "{{ lookup('bill.connect.bill_login', 'headers') }}"
  register: vendors
  no_log: true

- name: Show the organization of the session and when it ends
  ansible.builtin.debug:
    msg: "{{ query('bill.connect.bill_login', 'organization_id', 'expires_at') }}"

- name: Work with another organization
  ansible.builtin.uri:
    url: "{{ session.api_url }}/v3/bills?max=100"
    headers: "{{ session.headers }}"
  no_log: true
  vars:
    session: "{{ lookup('bill.connect.bill_login', organization_id='00802EXAMPLEEXAMPLE2') }}"
"""

RETURN = r"""
_raw:
  description:
    - The fields that the terms name. Without terms, one dictionary of all the fields that the task M(bill.connect.bill_login) returns. Its
      C(changed) says whether this lookup had to sign in.
  type: list
  elements: raw
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.bill.connect.plugins.plugin_utils._ansible.context import TaskContext
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.lookup import BillLookup
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.repeated_lookup import RepeatedLookup
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.session_results import (
    LOGIN_FIELDS,
    checked_terms,
    login_result,
)
from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import REQUIRE_TRUSTED


class LookupModule(BillLookup):
    OWN_OPTIONS = (REQUIRE_TRUSTED,)

    def repeated(self, terms: list[Any], given: Mapping[str, Any], variables: Mapping[str, Any]) -> list[Any] | None:
        self._call = RepeatedLookup(given, variables, self._templar)
        if not all(isinstance(term, str) and term in LOGIN_FIELDS for term in terms):
            return None
        fields = self._call.fields()
        return None if fields is None else _of(fields, terms)

    def perform(self, context: TaskContext, terms: list[Any]) -> list[Any]:
        # The terms are checked first, so that a misspelt field does not cause a login.
        names = checked_terms(terms)
        result = context.client.sessions.ensure(require_trusted=context.options["require_trusted"])
        fields = login_result(context.client, result)
        if result.session:
            self._call.remember(context, result.session, fields)
        return _of(fields, names)


def _of(fields: dict[str, Any], names: list[str]) -> list[Any]:
    return [fields[name] for name in names] if names else [fields]
