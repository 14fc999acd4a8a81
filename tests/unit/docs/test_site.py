# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``make site`` makes of links and names, and what its check finds. ``make site`` itself builds and checks the whole site."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tools.github_view import RAW, REPOSITORY
from tools.playbook_texts import PLAYBOOKS
from tools.site import check

ROOT = Path(__file__).resolve().parents[3]
RST = ROOT / "docs/docsite/rst"
MANUALS = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("plugins/modules/bill_*.py", "plugins/lookup/bill_*.py", "roles/*/meta/argument_specs.yml")
    for path in ROOT.glob(pattern)
)


def built(folder: Path, page: str) -> tuple[str, str]:
    """The page as HTML, and what Sphinx said."""
    source, html = folder / "rst", folder / "html"
    source.mkdir()
    (source / "conf.py").write_text(
        'extensions = ["tools.site.links"]\nhtml_theme = "basic"\n'
        'bill_files = {"index": "docs/docsite/rst/guide_x.rst", "other": "docs/docsite/rst/guide_security.rst", "sub/task": "plugins/modules/bill_vendor.py"}\n'
        'bill_names = {"bill.connect.bill_vendor": "sub/task"}\n'
    )
    (source / "index.rst").write_text(page)
    (source / "other.rst").write_text(":orphan:\n\nOther\n=====\n\nPart\n----\n\nText\n")
    (source / "docs/pictures").mkdir(parents=True)
    (source / "docs/pictures/connect.svg").write_text("<svg/>")
    (source / "sub").mkdir()
    (source / "sub" / "task.rst").write_text(":orphan:\n\nTask\n====\n\n``bill.connect.bill_vendor``\n")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-n", str(source), str(html)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return (html / "index.html").read_text(), done.stderr


def test_link_to_a_file_goes_to_its_page_or_to_github_and_a_name_to_its_manual(tmp_path: Path) -> None:
    html, said = built(
        tmp_path,
        "Title\n=====\n\n`a <guide_security.rst#part>`__, `b <../../../galaxy.yml>`__, `c <../../../plugins>`__, "
        f"`d <{REPOSITORY}/blob/main/docs/docsite/rst/guide_security.rst>`__, `e <https://www.bill.com/x.rst>`__, `f <gone.rst>`__,\n"
        "`Part`_, ``bill.connect.bill_vendor`` and again ``bill.connect.bill_vendor``, ``bill.connect.other``\n\nPart\n----\n\n"
        ":ref:`ansible_collections.ansible.builtin.uri_module`\n\n.. image:: ../../pictures/connect.svg\n\n"
        f".. image:: {RAW}/main/docs/pictures/connect.svg?sanitize=true\n",
    )
    text = html.partition('class="body"')[2].partition("sphinxsidebar")[0]
    assert re.findall(r'<a class="reference (\w+)" href="([^"]+)">', text) == [
        ("internal", "other.html#part"),
        ("external", f"{REPOSITORY}/blob/main/galaxy.yml"),
        ("external", f"{REPOSITORY}/tree/main/plugins"),
        ("internal", "other.html"),
        ("external", "https://www.bill.com/x.rst"),
        ("external", "gone.rst"),
        ("internal", "#part"),
        ("internal", "sub/task.html"),
        ("external", "https://docs.ansible.com/ansible/latest/collections/ansible/builtin/uri_module.html"),
    ]
    # Both pictures are files of the site, so it needs no network.
    assert re.findall(r'src="(.*?)"', text) == ["_images/connect.svg"] * 2
    assert re.findall(r"WARNING: (.*)", said) == ["link to gone.rst, which does not exist [bill.link]"]


def test_check_finds_dead_links_dead_anchors_missing_files_and_unreachable_pages(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "index.html").write_text(
        '<h1 id="top"><a href="sub/a.html#part">a</a> <a href="#top">top</a> <a href="https://www.bill.com/x.html">out</a></h1>'
    )
    (tmp_path / "sub/a.html").write_text(
        '<link href="gone.css"><p id="part"><a href="../gone.html">b</a> <a href="../index.html#no">c</a></p>'
    )
    (tmp_path / "unreachable.html").write_text('<a href="index.html">start</a>')
    assert check.problems(tmp_path) == [
        "sub/a.html: link to gone.html, which is no page",
        "sub/a.html: link to index.html#no, which is no anchor",
        "sub/a.html: sub/gone.css is missing",
        "unreachable.html is not reachable from the start page",
    ]


@pytest.mark.parametrize("path", MANUALS)
def test_manual_names_a_guide_by_its_title(path: str) -> None:
    text = (ROOT / path).read_text()
    link = rf"- name: (.+)\n +description: .+\n +link: {re.escape(REPOSITORY)}/blob/main/docs/docsite/rst/(guide_\w+\.rst)\n"
    found = re.findall(link, text)
    assert found
    for title, guide in found:
        assert re.search(rf"^{re.escape(yaml.safe_load(title))}\n===", (RST / guide).read_text(), re.MULTILINE), title


def test_each_plugin_role_and_playbook_is_named_in_a_guide() -> None:
    guides = "".join(path.read_text() for path in RST.glob("*.rst"))
    plugins = [Path(path).stem for path in MANUALS if path.startswith("plugins")]
    roles = [Path(path).parts[1] for path in MANUALS if path.startswith("roles")]
    # The rulebooks run the other playbooks, and the guide names the rulebooks.
    playbooks = [name for name in PLAYBOOKS if not name.startswith("event_")]
    named = {*re.findall(r"``(?:bill\.connect\.)?(\w+)``", guides), *re.findall(r"\bbill\.connect\.(\w+)\b", guides)}
    assert {*plugins, *roles, *playbooks} <= named
