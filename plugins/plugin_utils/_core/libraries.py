# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The error for a Python library that is missing, or that cannot be imported.

Private to bill.connect. A module must not fail when it is imported, because an error there ends Ansible itself, and no rescue of a play
catches it. So a module stores the error of its import, and raises the error from here when a task needs the library.
"""

from __future__ import annotations

import sys

from .errors import BillError

# pip is not everywhere: pipx and uv can make an environment without it, and Debian's Python refuses it.
_OTHER_WAYS = "For Ansible from pipx, uv, apt or dnf, see https://github.com/bill-connect/bill.connect#installation"


def library_error(
    library: str, error: Exception | None, *, module: str | None = None, purpose: str = "", version: str = ""
) -> BillError:
    """The error that names a library, the Python that lacks it, and a command for exactly this Python.

    ``error`` is the error of the import. ``module`` is the name of the import, if it differs from the library. ``purpose`` is text after
    the name of the library, such as ``for SOCKS proxies``. Without an error, the installed ``version`` is too old.
    """
    python = sys.executable or "python3"
    if error is None:
        why = f"has version {version}, which is too old"
        command = "install --upgrade"
    elif isinstance(error, ModuleNotFoundError) and error.name == (module or library):
        why = "does not have it"
        command = "install"
    else:
        # The text of the error can name other libraries, versions and files, and nothing of a play.
        why = f"cannot import it ({type(error).__name__}: {error})"
        command = "install --upgrade"
    needs = f"bill.connect needs the Python library {library}{' ' if purpose else ''}{purpose}"
    return BillError(
        f"{needs}. The Python that runs Ansible on the controller ({python}) {why}. Install it for this Python, for example with: "
        f"{python} -m pip {command} {library}. {_OTHER_WAYS}"
    )
