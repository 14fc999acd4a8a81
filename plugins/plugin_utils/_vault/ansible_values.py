# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What bill.connect reads from ansible-core: vault passwords, the inventory, the variables in a file, and separately encrypted values.

Private to bill.connect.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ansible import constants as C

try:
    from ansible.parsing.vault import VaultHelper  # ansible-core 2.19+
except ImportError:
    VaultHelper = None

try:
    from ansible.template import trust_as_template  # ansible-core 2.19+
except ImportError:
    trust_as_template = None


def vault_secrets(loader: Any) -> list[tuple[str, Any]]:
    """The vault passwords that Ansible was started with, each with its label, without duplicates."""
    secrets: dict[tuple[str, bytes], tuple[str, Any]] = {}
    for label, secret in loader._vault.secrets or ():
        secrets.setdefault((str(label), bytes(secret.bytes)), (str(label), secret))
    return list(secrets.values())


def chosen_inventory(sources: Any) -> list[str]:
    """The paths of the inventory that the user chose. Core's own default is left out."""
    default, origin = C.config.get_config_value_and_origin("DEFAULT_HOST_LIST")
    unchosen = [str(path) for path in default] if origin == "default" else []
    paths = [str(path) for path in ([sources] if isinstance(sources, str) else sources or ())]
    return [path for path in paths if "," not in path and path not in unchosen and os.path.exists(path)]


def variables_in(loader: Any, text: str, path: str) -> dict[str, Any]:
    """The variables in the text of a file, as ansible-core loads them. Templates stay templates, and the tags !vault and !unsafe apply."""
    if trust_as_template:
        text = trust_as_template(text)
    return dict(loader.load(text, file_name=path, show_content=False) or {})


def decrypted(value: Any) -> Any:
    """The value with plain texts. Up to ansible-core 2.18, a separately encrypted text is an object of another type."""
    if isinstance(value, str) or hasattr(value, "__ENCRYPTED__"):
        return str(value)
    if isinstance(value, Mapping):
        return {decrypted(key): decrypted(each) for key, each in value.items()}
    return [decrypted(each) for each in value] if isinstance(value, (list, tuple)) else value


def is_encrypted_alone(value: Any) -> bool:
    """Whether a value of ansible-core is a text that was encrypted on its own. The value is not decrypted."""
    return hasattr(value, "__ENCRYPTED__") or bool(VaultHelper and VaultHelper.get_ciphertext(value, with_tags=False))


def encrypted_in(value: Any) -> Iterator[str]:
    """The texts in a value that were encrypted separately. They are secret for that reason."""
    if isinstance(value, str) or hasattr(value, "__ENCRYPTED__"):
        if is_encrypted_alone(value):
            yield str(value)
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from encrypted_in(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from encrypted_in(each)


def texts_in(value: Any) -> set[str]:
    """The texts and numbers in a value, without true and false."""
    return {text for text in texts_of(value) if text not in ("True", "False")}


def texts_of(value: Any) -> Iterator[str]:
    value = decrypted(value)
    if isinstance(value, (str, int, float)):
        yield str(value)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from texts_of(key)
            yield from texts_of(each)
    elif isinstance(value, Iterable):
        for each in value:
            yield from texts_of(each)
