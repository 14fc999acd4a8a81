# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The texts that a Python file assigns, such as DOCUMENTATION of a plugin. The file is not run."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def texts_in(code: str) -> Iterator[tuple[str, str]]:
    """Each name and its text, of the file and of the classes in it."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            for target in node.targets:
                yield ast.unparse(target), node.value.value
