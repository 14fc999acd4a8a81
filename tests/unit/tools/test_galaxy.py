# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make galaxy` fails at a warning, although galaxy-importer does not."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tools import galaxy

RESULT = '{"contents": [{"content_type": "role"}, {"content_type": "role"}]}'


def importer(folder: Path, *lines: str) -> Path:
    """Programs in a folder. The Python there shows these lines, and the settings that it got, and succeeds."""
    program = folder / "python"
    program.write_text(
        f"#!/bin/sh\ncat $GALAXY_IMPORTER_CONFIG\nprintf '%s\\n' {shlex.join(lines)}\n"
        f"printf %s {shlex.quote(RESULT)} > importer_result.json\n"
    )
    program.chmod(0o755)
    return folder


def test_import_without_a_warning_passes_and_shows_what_was_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert galaxy.import_archive(tmp_path / "a.tar.gz", importer(tmp_path, "Loading role x", galaxy.COMPLETE))
    assert capsys.readouterr().out == "a.tar.gz: no error, no warning. role 2\n"


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        (["WARNING: No changelog found.", galaxy.COMPLETE], "WARNING: No changelog found."),
        (["ERROR: Error running ansible-doc", galaxy.COMPLETE], "ERROR: Error running ansible-doc"),
        # It ended early.
        (["Loading role x"], "Loading role x"),
    ],
)
def test_import_with_a_problem_fails_and_shows_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lines: list[str], shown: str
) -> None:
    assert not galaxy.import_archive(tmp_path / "a.tar.gz", importer(tmp_path, *lines))
    out = capsys.readouterr().out
    assert shown in out
    assert "FAILED: Galaxy would refuse a.tar.gz, or warn about it." in out


def test_import_gets_the_settings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not galaxy.import_archive(tmp_path / "a.tar.gz", importer(tmp_path, "early"), {"check_required_tags": True})
    assert "[galaxy-importer]\ncheck_required_tags = True\n" in capsys.readouterr().out
