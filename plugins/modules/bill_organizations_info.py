#!/usr/bin/python

# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bill_organizations_info
short_description: List the organizations that the session can reach
version_added: 1.0.0
author:
  - the bill.connect authors (@bill-connect)
description:
  - Lists all organizations that the user of the session can sign in to, and those of a parent console. With O(auth_method=partner) and no
    O(user_id), it lists those of the partner.
  - Signs in if no session is stored. This already needs an O(organization_id). BILL has no way to list organizations before a sign-in.
  - Reads all pages. With C(-v), the task shows its progress after each page.
extends_documentation_fragment:
  - bill.connect.attributes
  - bill.connect.sign_in
attributes:
  check_mode:
    support: full
    details:
      - Works the same in check mode, because it changes nothing.
  diff_mode:
    details:
      - Changes nothing.
notes:
  - There is no such list with O(auth_method=spend_token). BILL does not document whether there is one with O(auth_method=oauth).
seealso:
  - name: BILL partner
    description: How a partner signs in.
    link: https://github.com/bill-connect/bill.connect/blob/main/docs/docsite/rst/guide_partner.rst
  - module: bill.connect.bill_login
  - name: List all organizations
    description: BILL's own description of the list.
    link: https://developer.bill.com/hc/reference/listallorganizations
"""

EXAMPLES = r"""
- name: List the organizations that we can sign in to
  bill.connect.bill_organizations_info:
  register: reachable

- name: Show them
  ansible.builtin.debug:
    var: reachable.organizations
"""

RETURN = r"""
organizations:
  description: The organizations, each as BILL sends it. BILL does not document their fields.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 00801EXAMPLEEXAMPLE1
      name: Maple Street Bakery
changed:
  description: Whether a session had to be made.
  returned: always
  type: bool
  sample: false
"""
