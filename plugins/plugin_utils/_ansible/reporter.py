# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shows the messages of an invocation through Ansible, and redacts its secrets.

Private to bill.connect.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from ansible.utils.display import Display

from .._core.redaction import redact_text
from .._core.secret_registry import SecretRegistry
from .._options.deprecation import DeprecatedUse
from .._options.spec import OPTIONS
from . import core_versions

display = Display()

_SECRET = [option for option in OPTIONS if option.secret or option.secret_in_url]


def environment_secrets() -> set[str]:
    """Return all secrets in the environment, including those that are not used."""
    secrets = {text for option in _SECRET for text in option.secrets_in(os.environ.get(option.environment_name))}
    # A normalized path contains the secret in this form.
    return secrets | {os.path.normpath(text) for text in secrets}


class CoreSecretRegistry(SecretRegistry):
    """A secret registry that also makes ansible-core redact the secrets, if its version can do that."""

    def add(self, texts: Iterable[str | None]) -> None:
        new = {text for text in texts if text} - self._texts
        core_versions.mask(new)
        super().add(new)

    def redact_all(self, message: str) -> str:
        """Return a message without any secret of this invocation or of the environment."""
        return redact_text(message, self.texts | environment_secrets())


class DisplayReporter:
    """Shows redacted messages through Ansible's display, until ``end``."""

    def __init__(self, secrets: CoreSecretRegistry) -> None:
        self._secrets: CoreSecretRegistry | None = secrets

    def end(self) -> None:
        """Show nothing any more, and hold no secret. A store that outlives the invocation still refers to this reporter."""
        self._secrets = None

    def warn(self, text: str) -> None:
        if self._secrets:
            display.warning(self._secrets.redact_all(text))

    def deprecate(self, use: DeprecatedUse) -> None:
        if self._secrets:
            text = self._secrets.redact_all(use.text)
            # Every supported ansible-core has these arguments. ansible-core adds the version to the text.
            display.deprecated(text, version=use.version, collection_name=use.collection_name)

    def log(self, text: str) -> None:
        # Usually nobody sees the text, and its redaction takes longer than the text.
        if self._secrets and _verbosity() >= 2:
            display.vv(self._secrets.redact_all(f"bill.connect: {text}"))

    def progress(self, text: str) -> None:
        if self._secrets and _verbosity() >= 1:
            display.v(self._secrets.redact_all(f"bill.connect: {text}"))


def _verbosity() -> int:
    """The verbosity of the output or of the log file, whichever is higher."""
    # ansible-core 2.19+ has a verbosity of its own for the log file.
    return max(int(display.verbosity), getattr(display, "log_verbosity", 0))
