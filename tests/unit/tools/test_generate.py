# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The texts from the option table are written between their markers, and stale texts are named."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.bill.connect.plugins.plugin_utils._auth.methods import METHODS
from ansible_collections.bill.connect.plugins.plugin_utils._connect.questions import QUESTIONS
from ansible_collections.bill.connect.plugins.plugin_utils._options.deprecation import Deprecation, formerly
from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import OPTIONS, Option
from tools import option_texts
from tools.generate import REGIONS, MarkerError, Region, main, rewritten

ROOT = Path(__file__).resolve().parents[3]
YAML = Region("some.yml", "numbers", lambda: "one: 1\ntwo: 2")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with only the generated files."""
    for path in {region.path for region in REGIONS}:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    return tmp_path


def test_generate_a_second_time_changes_nothing(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(checkout)]) == 0
    capsys.readouterr()
    assert main([str(checkout)]) == 0
    assert main(["--check", str(checkout)]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("region", REGIONS, ids=[region.name for region in REGIONS])
def test_check_with_an_edited_region_names_the_file_and_the_remedy(
    checkout: Path, capsys: pytest.CaptureFixture[str], region: Region
) -> None:
    file = checkout / region.path
    fresh = file.read_text()
    marker = next(
        line for line in fresh.splitlines() if line.strip().startswith(f"{_comment(region)}generated: {region.name}")
    )
    file.write_text(stale := fresh.replace(marker, f"{marker}\nedited"))
    assert main(["--check", str(checkout)]) == 1
    assert capsys.readouterr().err == (
        f"{region.path} is stale (region {region.name}): it differs from the option table. Run: make generate\n"
    )
    assert file.read_text() == stale
    assert main([str(checkout)]) == 0
    assert file.read_text() == fresh


def _comment(region: Region) -> str:
    return {".rst": ".. ", ".md": "<!-- "}.get(Path(region.path).suffix, "# ")


def test_rewritten_with_other_text_keeps_it_and_the_indent_of_the_marker() -> None:
    text = "before: 0\nall:\n  # generated: numbers\n  old: 1\n  # end generated\nafter: 3\n"
    assert rewritten(text, YAML) == (
        "before: 0\nall:\n  # generated: numbers\n  one: 1\n  two: 2\n  # end generated\nafter: 3\n"
    )


@pytest.mark.parametrize("text", ["", "# generated: numbers\n", "# generated: other\n# end generated\n"])
def test_rewritten_without_markers_names_the_file_and_the_region(text: str) -> None:
    with pytest.raises(MarkerError, match=r"some.yml has the region numbers 0 times, not once"):
        rewritten(text, YAML)


@pytest.mark.parametrize("path", ["playbooks/files/awx/oauth/inputs.yml", "playbooks/connect.yml"])
def test_generate_without_a_file_names_it_and_the_remedy(
    checkout: Path, capsys: pytest.CaptureFixture[str], path: str
) -> None:
    (checkout / path).unlink()
    assert main([str(checkout)]) == 1
    assert capsys.readouterr().err == (
        f"{path} does not exist. Copy a file of the same kind, and keep its lines with generated.\n"
    )


def test_rewritten_with_two_regions_of_one_name_is_refused() -> None:
    with pytest.raises(MarkerError, match="2 times"):
        rewritten("# generated: numbers\n# end generated\n" * 2, YAML)


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "with: a colon",
        "- with a dash",
        "with a # sign",
        "with \"double\" and 'single' quotes: and a \\ backslash",
        "{braces}",
        "yes",
        "2026-12-22",
        " ".join(["many words"] * 40),
        " ".join(["many: words"] * 40),
        " ".join(["many words - and"] * 40),
    ],
)
def test_scalar_is_read_back_unchanged(text: str) -> None:
    assert yaml.safe_load(f"a:\n  - {option_texts.scalar(text, 4)}\n") == {"a": [text]}


# A new option as a developer may add it. Everything generated contains it without another line of code.
NEW = Option(
    "region",
    secret=True,
    choices=("us", "eu"),
    default="us",
    is_destination=True,
    label="Region",
    summary="Where it is: here or there.",
    details=(
        "With V(us), see RV(bill.connect.bill_login#module:expires_at), the role P(bill.connect.trust#role) and O(device).",
    ),
    awx="usual",
    version_added="1.1.0",
)


@pytest.mark.parametrize(
    ("write", "written"),
    [
        (option_texts.fragment_of_options, "region"),
        (option_texts.fragment_of_lookups, "env: [{name: BILL_REGION}]"),
        (option_texts.role_options, "bill_region"),
        (
            option_texts.option_table,
            "   * - ``region``\n     - ``bill_region``\n     - ``BILL_REGION``\n"
            "     - Where it is: here or there. Secret. ``us`` (default) or ``eu``.",
        ),
        (
            option_texts.option_details,
            "``region``\n~~~~~~~~~~\n\nWith ``us``, see ``expires_at``, the role ``bill.connect.trust`` and ``device``.",
        ),
        (
            option_texts.awx_inputs,
            "- id: region\n  label: Region\n  type: string\n  secret: true\n  choices: [us, eu]\n  default: us",
        ),
        (option_texts.awx_injectors, 'BILL_REGION: "{{ region }}"'),
    ],
)
def test_option_in_a_new_row_is_in_each_generated_text(
    monkeypatch: pytest.MonkeyPatch, write: Any, written: str
) -> None:
    assert written not in write()
    monkeypatch.setattr(option_texts, "OPTIONS", (*OPTIONS, NEW))
    assert written in write()


def test_documentation_of_a_shared_option_is_one_paragraph(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(option_texts, "OPTIONS", (NEW,))
    assert yaml.safe_load(option_texts.fragment_of_options()) == {
        "region": {
            "description": [
                "Where it is: here or there. Secret. Variable C(bill_region), environment E(BILL_REGION).",
            ],
            "type": "str",
            "choices": ["us", "eu"],
            "default": "us",
            "version_added": "1.1.0",
        }
    }


def test_former_name_of_an_option_is_documented_as_deprecated_in_each_text(monkeypatch: pytest.MonkeyPatch) -> None:
    aliased = replace(NEW, aliases=("area",), deprecated_aliases={"area": Deprecation("It is vague.", "2.0.0")})
    old = formerly(aliased, "continent", Deprecation("BILL says: region.", "3.0.0"))
    monkeypatch.setattr(option_texts, "OPTIONS", (aliased, old))
    documented = yaml.safe_load(option_texts.fragment_of_options())
    assert documented["continent"]["description"][1] == (
        "It is deprecated, and bill.connect 3.0.0 removes it. BILL says: region. Use O(region) instead."
    )
    assert documented["region"]["description"][1] == (
        "The name C(area) is deprecated, and bill.connect 2.0.0 removes it. It is vague. Use O(region) instead."
    )
    # `ansible-test sanity` demands these keys for a plugin, and refuses the key "deprecated" for an option of a module.
    assert "deprecated" not in documented["continent"]
    assert yaml.safe_load(option_texts.fragment_of_lookups())["continent"] == {
        "env": [{"name": "BILL_CONTINENT"}],
        "vars": [{"name": "bill_continent"}],
        "deprecated": {
            "why": "BILL says: region.",
            "alternative": "Use O(region) instead.",
            "version": "3.0.0",
            "collection_name": "bill.connect",
        },
    }
    assert yaml.safe_load(option_texts.role_options())["bill_continent"]["description"].endswith(
        "bill.connect 3.0.0 removes it. BILL says: region. Use C(bill_region) instead."
    )
    assert (
        "     - ``bill_continent``\n     - ``BILL_CONTINENT``\n     - The former name of region. Secret. It is deprecated, and bill.connect 3.0.0 removes it. "
        "BILL says: region. Use ``region`` instead. "
    ) in option_texts.option_table()
    assert "The name ``area`` is deprecated" in option_texts.option_table()
    assert "continent" not in option_texts.awx_inputs()


@pytest.mark.parametrize("option", OPTIONS, ids=[option.name for option in OPTIONS])
def test_option_row_has_the_texts_that_the_generator_needs(option: Option) -> None:
    # A vault file has the summary as a comment, in a terminal of 80 columns.
    assert option.summary.endswith(".")
    assert len(f"# {option.summary}") <= 80
    assert option.awx == "none" or option.label


@pytest.mark.parametrize("method", METHODS)
def test_form_questions_include_each_required_option(method: str) -> None:
    asked = [each.option for each in QUESTIONS[method]]
    assert asked[: len(METHODS[method].required_options)] == list(METHODS[method].required_options)
