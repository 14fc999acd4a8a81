# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The README works on Galaxy: it is short, every link is a whole address, and every address in the repository exists. Its tables are complete."""

from __future__ import annotations

import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import OPTIONS
from ansible_collections.bill.connect.plugins.plugin_utils._resources import specs
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.payment_term import PAYMENT_TERM
from tools.resource_texts import INFO_TASKS, TASKS

ROOT = Path(__file__).resolve().parents[3]
README = (ROOT / "README.md").read_text()
GUIDES = sorted((ROOT / "docs/docsite/rst").glob("*.rst"))
OPTIONS_PAGE = (ROOT / "docs/docsite/rst/guide_options.rst").read_text()
REPOSITORY = yaml.safe_load((ROOT / "galaxy.yml").read_text())["repository"]
RAW = REPOSITORY.replace("https://github.com", "https://raw.githubusercontent.com")
PART = (ROOT / "docs/ARCHITECTURE.md").read_text().partition("## A kind of object\n")[2].partition("\n## ")[0]
DESCRIPTION, ACTION = re.findall(r"```python\n(.*?)```", PART, re.DOTALL)


def targets(text: str) -> list[str]:
    """Where the links and pictures of a text in Markdown lead, outside of code."""
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
    return re.findall(r"\]\(([^)]*)\)", prose) + re.findall(r"(?:href|src)=[\"']?([^\"'>\s]+)", prose)


def file_in_repository(url: str) -> Path | None:
    """The file that an address in the repository names. None for an address elsewhere, or of another page there."""
    for start in (f"{REPOSITORY}/blob/main/", f"{RAW}/main/"):
        if url.startswith(start):
            return ROOT / urlsplit(url.removeprefix(start)).path
    return None


def test_readme_has_no_relative_link_because_galaxy_cannot_follow_it() -> None:
    found = targets(README)
    assert len(found) > 30
    assert [url for url in found if not url.startswith("https://")] == []


def test_readme_addresses_in_the_repository_name_files_that_exist() -> None:
    named = {url: file_in_repository(url) for url in targets(README)}
    assert [url for url, path in named.items() if path and not path.is_file()] == []
    assert len([path for path in named.values() if path]) > 30
    # An address with another branch, or with a slip in it, is in none of these places.
    others = [url for url, path in named.items() if path is None and url.startswith((REPOSITORY, RAW))]
    assert [url for url in others if url != f"{REPOSITORY}/issues"] == []


def test_readme_anchors_are_titles_of_their_pages() -> None:
    anchors = [url for url in targets(README) if "#" in url]
    assert anchors
    for url in anchors:
        page = file_in_repository(url)
        assert page
        titles = re.findall(r"^(\S.*)\n[-=~]{3,}$|^#+ (.+)$", page.read_text(), re.MULTILINE)
        assert urlsplit(url).fragment in {re.sub(r"\W+", "-", "".join(title).lower()).strip("-") for title in titles}, (
            url
        )


def test_readme_picture_is_a_raw_file_that_browsers_show() -> None:
    # Without the query, GitHub serves an SVG as plain text, and a browser shows no picture.
    (picture,) = re.findall(r"!\[.+\]\((.*)\)", README)
    assert picture.startswith(f"{RAW}/main/docs/pictures/")
    assert picture.endswith(".svg?sanitize=true")


@pytest.mark.parametrize("text", ["[a](docs/b.rst)", "![a](docs/pictures/connect.svg)", '<img src="a.svg">'])
def test_relative_links_are_found(text: str) -> None:
    assert [url for url in targets(text) if not url.startswith("https://")]


def test_readme_is_short() -> None:
    assert len(README.split()) < 1200


def test_readme_names_every_guide() -> None:
    found = {file_in_repository(url) for url in targets(README)}
    assert [path.name for path in GUIDES if path not in found] == []


def test_guide_of_options_has_every_option_task_role_and_playbook() -> None:
    for option in OPTIONS:
        alias = " (``developer_key``)" if option.name == "dev_key" else ""
        row = f"   * - ``{option.name}``{alias}\n     - ``{option.variable}``\n     - ``{option.environment_name}``\n"
        assert row in OPTIONS_PAGE, option.name
    tasks = {path.stem for path in (ROOT / "plugins/modules").glob("bill_*.py")}
    roles = {path.name for path in (ROOT / "roles").iterdir()}
    playbooks = {path.stem for path in (ROOT / "playbooks").glob("*.yml") if not path.stem.startswith("event_")}
    for name in (*(tasks - {f"{task}_info" for task in TASKS}), *roles, *playbooks):
        assert f"``bill.connect.{name}``" in OPTIONS_PAGE, name


def test_action_group_has_every_task_about_objects() -> None:
    tasks = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())["action_groups"]["bill"]
    assert {*TASKS, *INFO_TASKS} <= {*tasks}


def test_example_of_a_kind_of_object_is_a_valid_description_of_at_most_25_lines(tmp_path: Path) -> None:
    assert len(DESCRIPTION.splitlines()) <= 25
    (tmp_path / "example.py").write_text(DESCRIPTION)
    found = spec_from_file_location(f"{specs.__name__}.example", tmp_path / "example.py")
    assert found
    assert found.loader
    module = module_from_spec(found)
    found.loader.exec_module(module)
    assert module.PAYMENT_TERM == PAYMENT_TERM


def test_example_of_a_task_is_the_task() -> None:
    assert (ROOT / "plugins/action/bill_payment_term.py").read_text().endswith(f"\n{ACTION}")
