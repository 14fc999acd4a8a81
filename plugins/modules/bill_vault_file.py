#!/usr/bin/python

# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: bill_vault_file
short_description: Write variables to a file that is encrypted with Ansible's vault password
version_added: 1.0.0
author:
  - the bill.connect authors (@bill-connect)
description:
  - Sets variables in a file that the tasks of bill.connect, and all other tasks, find by themselves. The values may come from any source. The
    variables may be any variables, not only those of bill.connect. BILL does not validate them.
  - The file is encrypted with the vault password that Ansible was started with (C(--ask-vault-pass), C(--vault-password-file), C(--vault-id) or
    Ansible's configuration). Without a vault password, the task fails before it does anything else. There is one exception. If the file does not
    exist, the task can say without a vault password that there is nothing to read or remove.
  - Everything else in the file stays the same, byte for byte. A value that is already there is not written again. A change that would touch
    anything else is refused.
  - The file is never on disk in clear text. The new file replaces the old one in one step. If the task is interrupted, either the old file or the
    new file is there. The mode is 0600.
  - An encrypted file stays encrypted with the password that has opened it, under the same vault ID. Any other file is encrypted as a whole. A
    warning then says to change the secrets that were in it in clear text.
  - The task uses the vault password exactly as you type it at C(--ask-vault-pass). If you make a typing mistake, a new file is encrypted with the
    mistake, and nothing else opens it. The same holds for a file that was in clear text, and for its backup. With an encrypted file, the task
    detects the mistake. The playbook C(bill.connect.connect) asks you to type the password again if nothing else would detect it.
extends_documentation_fragment:
  - bill.connect.attributes
options:
  path:
    description:
      - The file. A relative path starts in the folder that Ansible was started in. A link is followed.
      - The default is C(group_vars/all/bill.yml) beside the inventory, which Ansible reads for every host. If the inventory is not a file or a
        directory, it is this path in the folder that Ansible was started in. Ansible reads it there only if the playbook is in the same folder, and
        not, for example, in a folder C(playbooks). RV(read_by) says which plays read it.
      - Variable C(bill_vault_file), environment variable E(BILL_VAULT_FILE).
      - Missing directories are made. There is one exception, a directory that would make Ansible ignore another file, such as C(group_vars/all/)
        beside C(group_vars/all.yml).
    type: path
  variables:
    description:
      - The variables by name. All of them count as secret.
      - A value can be a string, a number, true or false, a date, a list or a dictionary. If you write a template, its result is written. A string
        that only looks like a template is written as C(!unsafe), so that it stays a string.
      - The value V(null) removes a variable from the file.
      - Without this option, the file is only read, and a missing file needs no vault password. With an empty dictionary, no variable changes, but
        the task still reports every error that would prevent a write.
    type: dict
  state:
    description:
      - V(present) writes O(variables) to the file.
      - V(absent) removes the file, and a link that led to it. If the file has variables that are not options of bill.connect, only the options of
        bill.connect are removed, and a warning says so. Backups stay.
    type: str
    choices: [present, absent]
    default: present
  vault_id:
    description:
      - The vault ID whose password encrypts a new file, or a file that was in clear text. You need it only if Ansible was started with several
        vault IDs and its configuration has no C(vault_encrypt_identity). If one vault ID has several passwords, the first one is used, as with
        C(ansible-vault).
      - Variable C(bill_vault_id), environment variable E(BILL_VAULT_ID).
    type: str
  backup:
    description:
      - Whether to keep the old file beside the new one, encrypted. The name of this backup ends in C(.bak), so Ansible does not read variables
        from it.
    type: bool
    default: true
attributes:
  check_mode:
    support: full
    details:
      - Checks everything, including the vault password, but writes nothing.
  diff_mode:
    support: full
    details:
      - Shows the names of the variables that change, but no values.
  action_group:
    support: none
    membership: []
notes:
  - Ansible reads variables at its start. They stay the same until its next start, even if the file changes. M(ansible.builtin.include_vars) reads
    the file at once.
  - The file is on the controller. It is written with the rights of the user who has started Ansible.
  - C(ansible-vault view) shows the file, C(ansible-vault edit) changes it, and C(ansible-vault rekey) encrypts it with another password.
seealso:
  - name: Connect your BILL account
    description: The form and the vault file.
    link: https://github.com/bill-connect/bill.connect/blob/main/docs/docsite/rst/guide_connect.rst
  - module: bill.connect.bill_login
  - name: Protecting sensitive data with Ansible vault
    description: Ansible's guide to vault passwords and vault IDs.
    link: https://docs.ansible.com/ansible/latest/vault_guide/index.html
"""

EXAMPLES = r"""
- name: Write the variables that bill_login needs
  bill.connect.bill_vault_file:
    variables:
      bill_username: ap@example.com
      bill_password: "{{ lookup('community.general.onepassword', 'BILL') }}"
      bill_organization_id: 00801EXAMPLEEXAMPLE1
      bill_dev_key: "{{ lookup('community.general.onepassword', 'BILL', field='developer key') }}"

- name: Write a new password for production, and remove the device
  bill.connect.bill_vault_file:
    path: inventories/production/group_vars/all/bill.yml
    vault_id: production
    variables:
      bill_password: "{{ new_password }}"
      bill_device: null

- name: List the variables of the file
  bill.connect.bill_vault_file:
  register: vault_file

- name: Remove the file
  bill.connect.bill_vault_file:
    state: absent
"""

RETURN = r"""
path:
  description: The absolute path of the file.
  returned: success
  type: str
  sample: /home/ap/bill/group_vars/all/bill.yml
exists:
  description: Whether there was a file before.
  returned: success
  type: bool
  sample: true
names:
  description: The names of all variables that are in the file now, sorted. In check mode, the names that would be in it.
  returned: success
  type: list
  elements: str
  sample: [bill_dev_key, bill_organization_id, bill_password, bill_username]
backup_file:
  description: The path of the backup of the old file. Null if nothing was written, if there was no old file, or with O(backup=false).
  returned: success
  type: str
  sample: /home/ap/bill/group_vars/all/bill.yml.4711.2026-11-22_10-58-00.bak
backups:
  description: All backups of the file that exist now. They hold its old content, encrypted. Nothing removes them.
  returned: success
  type: list
  elements: str
  sample: ["/home/ap/bill/group_vars/all/bill.yml.4711.2026-11-22_10-58-00.bak"]
read_by:
  description:
    - Which plays read the file by themselves, as a text. Null if it is in the folder of a single group or host.
    - Ansible reads C(group_vars/all) beside the inventory and beside the playbook. Any other file must be in C(vars_files) of a play.
  returned: success
  type: str
  sample: all plays with the inventory /home/ap/bill/inventory.yml
changed:
  description: Whether the file was written or removed.
  returned: always
  type: bool
  sample: true
"""
