# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sweeps run in the same projects as the end-to-end tests, but take longer."""

from __future__ import annotations

from tests.integration.conftest import api_url, bill, collections, core, core_bin, project, vault

__all__ = ["api_url", "bill", "collections", "core", "core_bin", "project", "vault"]
