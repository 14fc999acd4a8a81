# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""However a call fails, one clean message is what is left of it."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._call import Call, attempt
from ansible_collections.bill.connect.plugins.plugin_utils._errors import BillError
from tests.unit.plugins.plugin_utils.conversation import OPTIONS


class Failed(Exception):
    """What a task or lookup raises."""

    def __init__(self, message: str, secrets: Sequence[str] | None, details: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.secrets = secrets
        self.details = details


def run(error: Exception, **given: Any) -> Failed:
    def work(_call: Call) -> None:
        raise error from ValueError("findme, the cause")

    with pytest.raises(Failed) as failure:
        attempt(work, given={**OPTIONS, **given}, variables={}, templar=None, failure=Failed)
    return failure.value


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    compat = "ansible_collections.bill.connect.plugins.plugin_utils._compat"
    monkeypatch.setattr(f"{compat}.variables_of", lambda *_any: lambda _name: None)


@pytest.mark.promise(8)
def test_an_error_of_ours_is_told_with_the_places_of_its_values() -> None:
    failed = run(BillError("Refused.", concerns=("username",)))
    assert str(failed) == "Refused. (username comes from the option username)"
    assert failed.secrets == (OPTIONS["password"], OPTIONS["dev_key"])


@pytest.mark.promise(5)
@pytest.mark.promise(8)
def test_an_error_nobody_expected_tells_where_and_repeats_nothing() -> None:
    failed = run(KeyError("findme"))
    assert str(failed).startswith("bill.connect met a fault of its own (KeyError at test_call.py:")
    assert str(failed).endswith("Please report it.")


@pytest.mark.promise(5)
@pytest.mark.parametrize("error", [KeyError("findme"), BillError("Refused.")])
def test_nothing_hangs_behind_the_message(error: Exception) -> None:
    failed = run(error)
    assert failed.__cause__ is failed.__context__ is None
    assert "findme" not in "".join(traceback.format_exception_only(failed))
