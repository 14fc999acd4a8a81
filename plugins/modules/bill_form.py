#!/usr/bin/python

# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bill_form
short_description: Ask a person for what BILL needs to sign in, and have BILL check it
version_added: 0.1.0
author:
  - the bill.connect authors (@bill-connect)
description:
  - Asks the person at the terminal for the environment, the way to sign in, and the values that this way needs, each with a line on where it
    is found. Secret ones are not shown while they are typed.
  - Then signs in to BILL with them, anew, so that they are known to be good. Where BILL refuses one, the message says which, and only what
    BILL's answer points at is asked for again, at most three times. Where BILL says that the user or the organization is locked, or that the
    requests of this hour are used up, nothing is asked again.
  - Writes nothing. RV(variables) is what belongs into a vault file, which M(bill.connect.bill_vault_file) keeps. The playbook
    C(bill.connect.connect) does both.
  - What is given already is not asked for, be it as an option, as a variable or in the environment. Everything may be, so that nobody needs to
    be there. What the vault file O(vault_file) holds is asked for all the same; Enter keeps it.
  - When a secret has been replaced, the session that the old one has made here is signed out at BILL.
extends_documentation_fragment:
  - bill.connect.attributes
  - bill.connect.sign_in
attributes:
  check_mode:
    support: full
    details:
      - Nobody is asked, BILL is not asked, and RV(variables) is empty.
  diff_mode:
    details:
      - There is nothing to show.
options:
  vault_file:
    description:
      - A variables file, encrypted with C(ansible-vault) or not, whose values can be kept by pressing Enter. It need not exist.
      - If not given, taken from the variable C(bill_vault_file), then from the environment variable E(BILL_VAULT_FILE).
    type: path
  vault_id:
    description:
      - The vault ID whose password will encrypt O(vault_file), as in M(bill.connect.bill_vault_file), so that a typed one is typed once more where
        nothing else would tell a slip.
      - If not given, taken from the variable C(bill_vault_id), then from the environment variable E(BILL_VAULT_ID).
    type: str
  mfa:
    description:
      - Whether to have BILL send a code to the user's phone, ask for it, and have BILL remember this device for 30 days (O(device), else
        V(bill-connect)), so that sessions can pay.
      - If not given, taken from the variable C(bill_mfa), then from the environment variable E(BILL_MFA). Else the person is asked, where a
        session of this kind can be trusted and is not yet. A session that BILL trusts already needs no code.
      - Where it cannot be had, a warning says why, and the rest goes on.
    type: bool
notes:
  - The result is hidden from output at every verbosity, because RV(variables) holds secrets.
  - Asks once, on however many hosts. The time that a person takes is not limited.
  - Ctrl-C at any question ends the task with a failure. BILL may have made a session by then; it is kept, sealed, as any other.
seealso:
  - module: bill.connect.bill_vault_file
  - module: bill.connect.bill_login
"""

EXAMPLES = r"""
# What the playbook bill.connect.connect does, in short
- name: Ask, and have BILL check the answers
  bill.connect.bill_form:
    vault_file: group_vars/all/bill.yml
  register: answers

- name: Keep the answers
  bill.connect.bill_vault_file:
    path: group_vars/all/bill.yml
    variables: "{{ answers.variables }}"

- name: Check what another program has handed over; nobody is asked
  bill.connect.bill_form:
    auth_method: spend_token
    environment: production
    api_token: "{{ lookup('ansible.builtin.env', 'NEW_TOKEN') }}"
  register: checked
"""

RETURN = r"""
variables:
  description:
    - What later plays need to sign in and O(vault_file) does not have yet, by the names of the variables. Secret.
    - With a value of null where the vault file has one that is no good any more, as the MFA ID of another user.
  returned: success
  type: dict
  sample:
    bill_auth_method: password
    bill_environment: sandbox
    bill_username: ap@example.com
    bill_password: EXAMPLE-PASSWORD
    bill_organization_id: 00801EXAMPLEEXAMPLE1
    bill_dev_key: EXAMPLE-DEVELOPER-KEY
elsewhere:
  description:
    - The names of further variables that were used, and are not in RV(variables) because they are defined elsewhere (in the inventory, say),
      where later plays find them, too.
  returned: success
  type: list
  elements: str
  sample: [bill_organization_id]
organization_id:
  description: The organization that BILL has signed in to; null where BILL does not tell.
  returned: success
  type: str
  sample: 00801EXAMPLEEXAMPLE1
user_id:
  description: The user that BILL has signed in; null where BILL does not tell.
  returned: success
  type: str
  sample: 00601EXAMPLEEXAMPLE1
api_url:
  description: The address of BILL's API, up to and without C(/v3).
  returned: success
  type: str
  sample: https://gateway.stage.bill.com/connect
auth_method:
  description: How it was signed in.
  returned: success
  type: str
  sample: password
trusted:
  description: Whether BILL calls the session MFA-trusted; null where MFA does not decide.
  returned: success
  type: bool
  sample: true
changed:
  description: True, since BILL has made a session; false where there is none to make (O(auth_method=spend_token)) and in check mode.
  returned: always
  type: bool
  sample: true
"""
