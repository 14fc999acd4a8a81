# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A variables file that may be encrypted with Ansible's vault password: what it holds, and the password for it.

Private to bill.connect.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible import constants as C
from ansible.errors import AnsibleError
from ansible.parsing.vault import AnsibleVaultFormatError, PromptVaultSecret, VaultLib, is_encrypted

from .._core.errors import BillError, OptionError
from .ansible_values import variables_in, vault_secrets
from .safe_file import read_file
from .variables_document import VariablesDocument

STARTED_WITHOUT_ONE = (
    "Ansible was started without a vault password. Start it with --ask-vault-pass, --vault-password-file or --vault-id "
    "(or name a file in ANSIBLE_VAULT_PASSWORD_FILE or ansible.cfg)."
)


@dataclass(frozen=True)
class VaultFile:
    """A variables file in its present state. ``text`` is its decrypted content, empty if there is no file.

    ``path`` is where the user looks for the file. ``target`` is the file itself, if ``path`` is a link. ``label`` and ``secret``
    are the vault id and the password of the file. They are None if the file is in clear text or does not exist.
    """

    path: str
    target: str
    exists: bool
    encrypted: bool
    text: str = field(repr=False)
    label: str | None
    secret: Any = field(repr=False)
    loader: Any = field(repr=False)
    # The bytes on the disk. None if there is no file.
    raw: bytes | None = field(repr=False)

    @classmethod
    def at(cls, path: str, loader: Any) -> VaultFile:
        """The file at the path, decrypted with one of Ansible's passwords. Raises BillError if no password fits."""
        target = os.path.realpath(path)
        raw = read_file(path, target)
        if raw is None:
            return cls(path, target, False, False, "", None, None, loader, None)
        data, label, secret = raw, None, None
        if encrypted := is_encrypted(raw):
            data, label, secret = _opened(path, raw, _passwords(loader))
        try:
            text = data.decode()
        except UnicodeDecodeError:
            raise BillError(f"{path} is not text in UTF-8.") from None
        return cls(path, target, True, encrypted, text, label, secret, loader, raw)

    @property
    def variables(self) -> VariablesDocument:
        """The variables in the file. Raises BillError if the file is not a variables file."""
        return VariablesDocument(self.text, self.path, self._decrypted)

    def load(self) -> dict[str, Any]:
        """The variables in the file as ansible-core loads them, untemplated. Raises BillError."""
        _names = self.variables.names
        try:
            return variables_in(self.loader, self.text, self.target)
        except (AnsibleError, ValueError, TypeError):
            raise BillError(f"Ansible cannot read the variables in {self.path}.") from None

    def key(self, vault_id: str | None) -> tuple[str | None, Any]:
        """The label and the password to encrypt with. Raises BillError or OptionError."""
        if self.encrypted:
            return self.label, self.secret
        secrets = _passwords(self.loader)
        # If several passwords have one label, the first one counts, as in ansible-vault.
        by_label = {label: (label, secret) for label, secret in reversed(secrets)}
        labels = ", ".join(dict.fromkeys(label for label, _secret in secrets))
        wanted = vault_id or (C.DEFAULT_VAULT_ENCRYPT_IDENTITY if len(by_label) > 1 else None)
        if wanted in by_label:
            return by_label[wanted]
        if wanted:
            named = "vault_id" if vault_id else "vault_encrypt_identity in Ansible's configuration"
            concerns = ("vault_id",) if vault_id else ()
            raise OptionError(
                f"{named} names a vault id that Ansible was not started with. Ansible was started with: {labels}.",
                options=concerns,
            )
        if len(by_label) > 1:
            raise OptionError(
                f"Ansible was started with several vault passwords ({labels}). Set vault_id to the one that encrypts {self.path}, for "
                "example with -e bill_vault_id=... at the start of a playbook. Or set ANSIBLE_VAULT_ENCRYPT_IDENTITY, which ansible-vault "
                "also uses."
            )
        return secrets[0]

    def encrypt(self, text: str, vault_id: str | None) -> bytes:
        """The text, encrypted with the password of ``key``. Raises BillError or OptionError."""
        label, secret = self.key(vault_id)
        return bytes(VaultLib([(label, secret)]).encrypt(text.encode(), secret, vault_id=label))

    def _decrypted(self, text: str) -> str | None:
        try:
            return bytes(VaultLib(vault_secrets(self.loader)).decrypt(text.encode())).decode()
        except (AnsibleError, ValueError):
            return None


def read_variables(loader: Any, path: str) -> dict[str, Any]:
    """The variables in a file as ansible-core loads them: templates are still templates. Empty if there is no file. Raises BillError."""
    return VaultFile.at(path, loader).load()


def typed_password(loader: Any, path: str, vault_id: str | None = None) -> str | None:
    """The vault password that a person typed for a file that is not encrypted with it yet.

    The caller asks for it again, because nothing else shows a typing error. None in three cases: the file is encrypted, the password
    was not typed, or several typed passwords are possible. Raises BillError.
    """
    file = VaultFile.at(path, loader)
    if file.encrypted:
        return None
    try:
        likely = [file.key(vault_id)[1]]
    except OptionError:
        # Only the task that writes may know the right vault id, so any password may be the right one.
        likely = [secret for _label, secret in _passwords(loader)]
    typed = [secret for secret in likely if isinstance(secret, PromptVaultSecret)]
    return typed[0].bytes.decode(errors="surrogateescape") if len(typed) == 1 else None


def _opened(path: str, raw: bytes, secrets: Sequence[tuple[str, Any]]) -> tuple[bytes, str | None, Any]:
    """The content of an encrypted file, its label, and the password that fits. Raises BillError."""
    # ansible-core's own parser returns its default label for a file without a label.
    about = raw.splitlines()[0].split(b";")
    label = about[3].strip().decode(errors="replace") if len(about) > 3 else None
    try:
        data, _label, secret = VaultLib(list(secrets)).decrypt_and_get_vault_id(raw)
    except AnsibleVaultFormatError:
        raise BillError(
            f"{path} begins like a file that ansible-vault has encrypted, but it is damaged. Restore it from a backup."
        ) from None
    except AnsibleError:
        raise BillError(
            f"{path} cannot be decrypted: it was encrypted with another vault password than those that Ansible was started with. "
            "Nothing was changed."
        ) from None
    return bytes(data), label, secret


def _passwords(loader: Any) -> list[tuple[str, Any]]:
    if secrets := vault_secrets(loader):
        return secrets
    raise BillError(STARTED_WITHOUT_ONE)
