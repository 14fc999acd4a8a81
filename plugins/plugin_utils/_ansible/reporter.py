# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shows what an invocation tells the user, and hides its secrets: the Ansible side of both.

Private to bill.connect.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from ansible.utils.display import Display

from .._core.redaction import redact_text
from .._core.secret_registry import SecretRegistry
from .._options.spec import OPTIONS
from . import core_versions as _compat

display = Display()


def environment_secrets() -> set[str]:
    """The secrets in the environment, whether they are used or not."""
    secrets = {text for option in OPTIONS if option.secret and (text := os.environ.get(option.environment_name))}
    # A path that was normalized holds them in this form.
    return secrets | {os.path.normpath(text) for text in secrets}


class CoreSecretRegistry(SecretRegistry):
    """A registry that also has ansible-core hide the secrets, where it can."""

    def add(self, texts: Iterable[str | None]) -> None:
        new = {text for text in texts if text} - self._texts
        _compat.mask(new)
        super().add(new)

    def redact_all(self, message: str) -> str:
        """A message to show, also without the secrets of the environment that this invocation does not use."""
        return redact_text(message, self.texts | environment_secrets())


class DisplayReporter:
    """Shows texts through Ansible's display."""

    def __init__(self, secrets: CoreSecretRegistry) -> None:
        self._secrets = secrets

    def warn(self, text: str) -> None:
        display.warning(self._secrets.redact_all(text))

    def log(self, text: str) -> None:
        display.vv(self._secrets.redact_all(f"bill.connect: {text}"))

    def progress(self, text: str) -> None:
        display.v(self._secrets.redact_all(f"bill.connect: {text}"))
