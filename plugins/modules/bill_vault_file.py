#!/usr/bin/python

# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bill_vault_file
short_description: Keep variables in a file that is encrypted with Ansible's vault password
version_added: 0.1.0
author:
  - the bill.connect authors (@bill-connect)
description:
  - Sets variables in a file that the tasks of bill.connect, and all others, find by themselves. The values may come from anywhere, and
    the variables may be any, not only those of bill.connect. BILL is not asked about them.
  - The file is encrypted with the vault password that Ansible was started with (C(--ask-vault-pass), C(--vault-password-file),
    C(--vault-id) or Ansible's configuration). Without one the task fails, before anything else; only of a file that is not there it can be
    said without one that there is nothing to read or remove.
  - Everything else in the file stays as it is, to the byte. A value that is there already is not written again. A change that would touch
    anything else is refused.
  - Nothing is ever on the disk in the clear. The new file takes the place of the old one in one step, so that an interruption at any moment
    leaves the old file or the new one. Its mode is 0600.
  - An encrypted file stays encrypted with the password that has opened it, under the vault ID that it has. Any other file is encrypted as a whole, and
    a warning says to rotate the secrets that stood in it in clear text.
  - A vault password that is typed at C(--ask-vault-pass) is taken as it is typed. With a slip in it a new file, or one that was in clear text, and
    its backup are encrypted with the slip, and nothing else opens them. An encrypted file tells the slip, and the playbook
    C(bill.connect.connect) has the password typed once more where nothing else would tell it.
extends_documentation_fragment:
  - bill.connect.attributes
options:
  path:
    description:
      - The file. A relative one begins in the folder that Ansible was started in. A link is followed.
      - The default is C(group_vars/all/bill.yml) beside the inventory, which Ansible reads for every host. Where the inventory is no file or
        directory, it is that in the folder that Ansible was started in, which Ansible reads if the playbook is there, too.
      - Variable C(bill_vault_file), environment variable E(BILL_VAULT_FILE).
      - Missing directories are made, but for one that would have Ansible ignore another file, such as C(group_vars/all/) beside
        C(group_vars/all.yml).
    type: path
  variables:
    description:
      - The variables by name. All of it counts as secret.
      - A value can be a text, a number, true or false, a day, a list or a dictionary. A template is worked out before it gets here, and what it comes to
        is kept. A text that only looks like a template is kept as C(!unsafe), so that it stays a text.
      - A variable of V(null) is taken out of the file.
      - Without this option the file is only looked at, and no vault password is needed where there is no file. With an empty dictionary no
        variable changes; whatever would keep one from being written is an error then.
    type: dict
  state:
    description:
      - V(present) keeps O(variables) in the file.
      - V(absent) removes the file, and a link that led to it. If it has variables that are not options of bill.connect, only those that are
        are taken out, and a warning says so. Backups are left alone.
    type: str
    choices: [present, absent]
    default: present
  vault_id:
    description:
      - The vault ID whose password encrypts a new file, or one that was in clear text. Only needed if Ansible was started with several and its
        configuration has no C(vault_encrypt_identity). Of several passwords under one vault ID it is the first, as with
        C(ansible-vault).
      - Variable C(bill_vault_id), environment variable E(BILL_VAULT_ID).
    type: str
  backup:
    description:
      - Whether to keep the old file beside the new one, encrypted, under the name that Ansible gives to backups. Ansible does not read it
        for variables.
    type: bool
    default: true
attributes:
  check_mode:
    support: full
    details:
      - Everything is looked at, the vault password, too; nothing is written.
  diff_mode:
    support: full
    details:
      - Shows the names of the variables that change, never a value.
  action_group:
    support: none
    membership: []
notes:
  - Variables that Ansible has read at its start stay as they were until its next start, also if the file is changed meanwhile.
    M(ansible.builtin.include_vars) reads it at once.
  - The file is looked for on the controller, and is written with the rights of whoever has started Ansible.
  - C(ansible-vault view) shows the file, C(ansible-vault edit) changes it, and C(ansible-vault rekey) encrypts it with another password.
seealso:
  - module: bill.connect.bill_login
  - name: Protecting sensitive data with Ansible vault
    description: Ansible's guide to vault passwords and vault IDs.
    link: https://docs.ansible.com/ansible/latest/vault_guide/index.html
"""

EXAMPLES = r"""
- name: Keep what bill_login needs
  bill.connect.bill_vault_file:
    variables:
      bill_username: ap@example.com
      bill_password: "{{ lookup('community.general.onepassword', 'BILL') }}"
      bill_organization_id: 00801EXAMPLEEXAMPLE1
      bill_dev_key: "{{ lookup('community.general.onepassword', 'BILL', field='developer key') }}"

- name: Keep a new password for production, and no longer a device
  bill.connect.bill_vault_file:
    path: inventories/production/group_vars/all/bill.yml
    vault_id: production
    variables:
      bill_password: "{{ new_password }}"
      bill_device: null

- name: See which variables are kept
  bill.connect.bill_vault_file:
  register: kept

- name: Remove what is kept
  bill.connect.bill_vault_file:
    state: absent
"""

RETURN = r"""
path:
  description: The file, from the root on.
  returned: success
  type: str
  sample: /home/ap/bill/group_vars/all/bill.yml
exists:
  description: Whether there was a file before.
  returned: success
  type: bool
  sample: true
names:
  description: The names of all variables that are in the file now, sorted; in check mode, of those that would be.
  returned: success
  type: list
  elements: str
  sample: [bill_dev_key, bill_organization_id, bill_password, bill_username]
backup_file:
  description: Where the old file is kept; null if nothing was written, there was none, or no backup was wanted.
  returned: success
  type: str
  sample: /home/ap/bill/group_vars/all/bill.yml.4711.2026-11-22@10:58:00~
backups:
  description: All backups of the file that there are now. They have what was in it, encrypted; nothing removes them.
  returned: success
  type: list
  elements: str
  sample: ["/home/ap/bill/group_vars/all/bill.yml.4711.2026-11-22@10:58:00~"]
changed:
  description: Whether the file was written or removed.
  returned: always
  type: bool
  sample: true
"""
