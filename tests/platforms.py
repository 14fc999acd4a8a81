# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The platform for which pyproject.toml names packages of servers that tests start."""

from __future__ import annotations

import platform
import sys

IS_LINUX_ON_X86_64 = sys.platform == "linux" and platform.machine() == "x86_64"
