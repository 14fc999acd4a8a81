# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes Python store the compiled code of bill.connect, as it does for every other program.

Private to bill.connect. ansible-core stores the compiled code of plugins, but compiles the files that they import anew in each run. For
bill.connect that takes several times as long as a task. A lookup even pays it in each worker.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from types import ModuleType


class _StoredCode:
    """Finds the files of bill.connect for Python's own loader. Python stores compiled code in ``__pycache__``, if it can write there."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None, _target: ModuleType | None = None, /) -> ModuleSpec | None:
        if not path or not name.startswith(f"{__name__}."):
            return None
        file = os.path.join(path[0], f"{name.rpartition('.')[2]}.py")
        # ansible-core finds the packages.
        return spec_from_file_location(name, file) if os.path.isfile(file) else None


# Without ansible-core, Python's own loader is used already.
if __spec__ is not None and not isinstance(__spec__.loader, SourceFileLoader):
    # The finder of ansible-core accepts these names, too, so this one comes first.
    sys.meta_path.insert(0, _StoredCode)
