# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sweeps run in the same projects as the end-to-end tests, but take longer.

Every run has other random values. It prints its BILL_TEST_SEED. This variable repeats the run.
"""

from __future__ import annotations

import os
import secrets

import pytest

from tests.integration.conftest import api_url, bill, collections, core, core_bin, project, vault

__all__ = ["api_url", "bill", "collections", "core", "core_bin", "project", "vault"]


def pytest_configure() -> None:
    # The workers of pytest-xdist inherit it.
    os.environ["BILL_TEST_SEED"] = os.environ.get("BILL_TEST_SEED") or str(secrets.randbelow(2**32))


def pytest_report_header() -> str:
    return f"BILL_TEST_SEED={os.environ['BILL_TEST_SEED']}"


@pytest.fixture
def first_seed() -> int:
    return int(os.environ["BILL_TEST_SEED"])
