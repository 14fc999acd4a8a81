#!/usr/bin/python

# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bill_form
short_description: Ask a person for BILL credentials, and let BILL validate them
version_added: 1.0.0
author:
  - the bill.connect authors (@bill-connect)
description:
  - Asks the person at the terminal for the environment, the way to sign in, and the values that this way needs. Each question says where to find
    the value. Secrets are not shown while they are typed.
  - Then signs in to BILL with these values, even if a session is stored. If BILL refuses a value, the task names the values that the response is
    about, and asks for them again, at most three times. A secret comes first. If BILL says that the user or the organization is locked, or that the
    requests of this hour are used up, it asks nothing again.
  - Does not send a User Name that is not an e-mail address, an Organization ID that does not begin with 008, or a User ID that does not
    begin with 006. The person may have typed a password there, so the task asks again. It sends the value if the person types it twice.
  - Writes nothing. RV(variables) is the content for the vault file, and M(bill.connect.bill_vault_file) writes it. The playbook
    C(bill.connect.connect) does both.
  - Does not ask for a value that is already given, as an option, as a variable or in the environment. If all values are given, no person is needed.
    The task still asks for the values of the vault file O(vault_file). Enter keeps them.
  - When a secret has been replaced, the task signs out the session of the old secret at BILL. This is its last step. If O(vault_file) cannot be
    written, for example because the disk is full, the task fails before that.
extends_documentation_fragment:
  - bill.connect.attributes
  - bill.connect.sign_in
attributes:
  check_mode:
    support: full
    details:
      - Asks nobody, does not call BILL, and returns empty RV(variables).
  diff_mode:
    details:
      - There is nothing to show.
options:
  vault_file:
    description:
      - A variables file, encrypted with C(ansible-vault) or not. Pressing Enter keeps its values. The file need not exist.
      - If not given, taken from the variable C(bill_vault_file), then from the environment variable E(BILL_VAULT_FILE).
    type: path
  vault_id:
    description:
      - The vault ID whose password will encrypt O(vault_file), as in M(bill.connect.bill_vault_file). The task asks for a typed vault password
        again if nothing else would detect a typing mistake.
      - If not given, taken from the variable C(bill_vault_id), then from the environment variable E(BILL_VAULT_ID).
    type: str
  mfa:
    description:
      - Whether BILL sends a code to the user's phone. The task then asks for the code, and BILL trusts this device for 30 days, so that sessions
        can pay. The name of the device is O(device), or V(bill-connect).
      - If not given, taken from the variable C(bill_mfa), then from the environment variable E(BILL_MFA). Otherwise the task asks the person, if a
        session of this kind can be trusted and is not trusted yet. A session that BILL already trusts needs no code.
      - If MFA cannot be set up, a warning says why, and the task continues.
    type: bool
notes:
  - The result is hidden from output at every verbosity, because RV(variables) holds secrets.
  - Asks only once, for any number of hosts. There is no time limit for the person.
  - Ctrl-C at any question ends the task with a failure. BILL may have made a session by then. That session is stored, encrypted, like any other.
seealso:
  - name: Connect your BILL account
    description: The form and the vault file.
    link: https://github.com/bill-connect/bill.connect/blob/main/docs/docsite/rst/guide_connect.rst
  - module: bill.connect.bill_vault_file
  - module: bill.connect.bill_login
"""

EXAMPLES = r"""
# What the playbook bill.connect.connect does, in short
- name: Ask for the values, and let BILL validate them
  bill.connect.bill_form:
    vault_file: group_vars/all/bill.yml
  register: answers

- name: Write the answers to the vault file
  bill.connect.bill_vault_file:
    path: group_vars/all/bill.yml
    variables: "{{ answers.variables }}"

- name: Validate a value of another program, without a question
  bill.connect.bill_form:
    auth_method: spend_token
    environment: production
    api_token: "{{ lookup('ansible.builtin.env', 'NEW_TOKEN') }}"
  register: checked
"""

RETURN = r"""
variables:
  description:
    - The variables that later plays need to sign in and that O(vault_file) does not have yet, by name. Secret.
    - A value of null removes a variable from the vault file that is not valid any more, such as the MFA ID of another user.
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
    - The names of other variables that were used. They are not in RV(variables), because they are defined elsewhere (for example in the inventory).
      Later plays find them there.
  returned: success
  type: list
  elements: str
  sample: [bill_organization_id]
organization_id:
  description: The organization that BILL has signed in to; null if BILL does not return it.
  returned: success
  type: str
  sample: 00801EXAMPLEEXAMPLE1
user_id:
  description: The user that BILL has signed in; null if BILL does not return it.
  returned: success
  type: str
  sample: 00601EXAMPLEEXAMPLE1
api_url:
  description: The address of BILL's API, up to and without C(/v3).
  returned: success
  type: str
  sample: https://gateway.stage.bill.com/connect
auth_method:
  description: The authentication method that the session was made with.
  returned: success
  type: str
  sample: password
trusted:
  description: Whether BILL calls the session MFA-trusted; null if MFA does not decide.
  returned: success
  type: bool
  sample: true
changed:
  description: True, because BILL has made a session. False in check mode, and if there is no session to make (O(auth_method=spend_token)).
  returned: always
  type: bool
  sample: true
"""
