# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The README works on Galaxy: it is short, and every link is a whole address. Its tables are complete."""

from __future__ import annotations

import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import yaml

from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import OPTIONS
from ansible_collections.bill.connect.plugins.plugin_utils._resources import specs
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.payment_term import PAYMENT_TERM
from tools.github_view import RAW, REPOSITORY, links, path_of
from tools.resource_texts import INFO_TASKS, TASKS

ROOT = Path(__file__).resolve().parents[3]
README = (ROOT / "README.md").read_text()
LINKS = list(links("README.md"))
# The path in the repository that each link means. None for a link to another place.
FILES = {url: (path_of(url, "README.md") or (None,))[0] for url in LINKS}
GUIDES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs/docsite/rst").glob("*.rst"))
OPTIONS_PAGE = (ROOT / "docs/docsite/rst/guide_options.rst").read_text()
PART = (ROOT / "docs/ARCHITECTURE.md").read_text().partition("## A kind of object\n")[2].partition("\n## ")[0]
DESCRIPTION, ACTION = re.findall(r"```python\n(.*?)```", PART, re.DOTALL)


def test_readme_has_no_relative_link_because_galaxy_cannot_follow_it() -> None:
    assert len(LINKS) > 30
    assert [url for url in LINKS if not url.startswith("https://")] == []


def test_readme_addresses_in_the_repository_name_its_files() -> None:
    """test_page_has_no_dead_link finds a file or an anchor that does not exist."""
    assert len([path for path in FILES.values() if path]) > 30
    # An address with another branch, or with a mistake in it, names no file.
    others = [url for url, path in FILES.items() if path is None and url.startswith((REPOSITORY, RAW))]
    assert [url for url in others if url != f"{REPOSITORY}/issues"] == []


def test_readme_picture_is_a_raw_file_that_browsers_show() -> None:
    # Without the query, GitHub serves an SVG as plain text, and a browser shows no picture.
    (picture,) = re.findall(r"!\[.+\]\((.*)\)", README)
    assert picture.startswith(f"{RAW}/main/docs/pictures/")
    assert picture.endswith(".svg?sanitize=true")


def test_readme_is_short() -> None:
    assert len(README.split()) < 1200


def test_readme_names_every_guide() -> None:
    assert [path for path in GUIDES if path not in FILES.values()] == []


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
