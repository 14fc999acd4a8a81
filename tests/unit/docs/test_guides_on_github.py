# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""GitHub shows the guides without raw text, and their links lead to something."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._core.error_codes import ERROR_CODES
from tools import github_view

ROOT = Path(__file__).resolve().parents[3]
GUIDES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs/docsite/rst").glob("*.rst"))
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", ".github/*.md", "docs/*.md", "roles/*/README.md", "tests/*/README.md")
    for path in ROOT.glob(pattern)
)


@pytest.mark.parametrize("path", GUIDES)
def test_guide_has_nothing_that_github_shows_raw(path: str) -> None:
    assert github_view.shown_raw(path) == ""


@pytest.mark.parametrize("path", [*GUIDES, *PAGES])
def test_page_has_no_dead_link(path: str) -> None:
    assert github_view.dead_links(path) == []


def test_each_code_of_bill_has_an_anchor() -> None:
    named = {code.lower().replace("_", "-") for code in ERROR_CODES}
    assert "bdc-1144" in named
    assert named <= github_view.anchors("docs/docsite/rst/guide_faults.rst")


def test_role_of_sphinx_dead_file_and_dead_anchor_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(github_view, "ROOT", tmp_path)
    (tmp_path / "a.rst").write_text(
        "Title\n=====\n\n:ref:`x` and `b <b.rst>`__, `c <b.rst#no-such>`__, `d <b.rst#part-one>`__, `e <missing.rst>`__,\n"
        f"`f <{github_view.REPOSITORY}/blob/main/missing.md>`__, `g <https://www.bill.com/missing>`__, `h <m.md#a-part>`__.\n\n.. image:: no.svg\n"
    )
    (tmp_path / "b.rst").write_text("Title\n=====\n\nPart One\n--------\n\nText\n\nPart two\n--------\n\nText\n")
    (tmp_path / "m.md").write_text(
        '# A part\n\n[x](#a-part), [y](#no), `[z](#code)`, [b](b.rst), <img src="gone.svg">\n'
    )
    assert 'role "ref"' in github_view.shown_raw("a.rst")
    assert github_view.shown_raw("b.rst") == ""
    assert github_view.dead_links("a.rst") == [
        "b.rst#no-such",
        "missing.rst",
        f"{github_view.REPOSITORY}/blob/main/missing.md",
        "no.svg",
    ]
    assert github_view.dead_links("m.md") == ["#no", "gone.svg"]
