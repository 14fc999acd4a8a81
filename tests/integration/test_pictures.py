# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pictures, taken again: they show the present output on every core, and everybody can read them."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.integration.project import secrets_in
from tools.pictures.album import CHARTS, FOLDER, GUIDES, made, with_screens
from tools.pictures.desk import COLUMNS
from tools.pictures.frame import COLOURS, PAPER
from tools.pictures.scenarios import SCENARIOS

SVG = "{http://www.w3.org/2000/svg}"
ELEMENTS = {"svg", "title", "desc", "rect", "circle", "g", "text", "tspan"}


def root(name: str) -> ElementTree.Element:
    return ElementTree.fromstring((FOLDER / f"{name}.svg").read_text())


def described(picture: ElementTree.Element) -> list[str | None]:
    """The title and the description of a picture."""
    named = {part.get("id"): part.text for part in picture if part.get("id")}
    return [named[each] for each in str(picture.get("aria-labelledby")).split()]


@pytest.mark.terminal
@pytest.mark.promise(14)
@pytest.mark.parametrize("name", SCENARIOS)
def test_picture_made_again_is_unchanged(core_bin: Path, name: str) -> None:
    for path, text in made(name, core_bin).items():
        assert path.read_text() == text, f"{path.name} is no longer true: look at what has changed, then make pictures"


@pytest.mark.promise(5)
def test_pictures_in_folder_are_complete_and_have_no_secrets() -> None:
    there = {path.name: path.read_text() for path in FOLDER.iterdir()}
    assert sorted(there) == sorted(f"{name}.{kind}" for name in (*SCENARIOS, *CHARTS) for kind in ("svg", "txt"))
    assert [name for name, text in there.items() if secrets_in(text)] == []


def test_guide_screens_match_pictures() -> None:
    shown = []
    for path in GUIDES.glob("*.rst"):
        guide = path.read_text()
        assert with_screens(guide) == guide, f"{path.name}: make pictures, or make benchmark"
        shown += re.findall(r"^\.\. screen: (\w+)", guide, re.MULTILINE)
    assert sorted(shown) == sorted([*SCENARIOS, *CHARTS])


@pytest.mark.parametrize("name", SCENARIOS)
def test_picture_svg_has_the_title_and_lines_of_its_scenario(name: str) -> None:
    picture = root(name)
    assert described(picture) == [SCENARIOS[name].title, SCENARIOS[name].description]
    lines = ["".join(line.itertext()) for line in picture.iter(f"{SVG}text")]
    plain = (FOLDER / f"{name}.txt").read_text().splitlines()
    assert [line.strip() for line in lines] == [line.strip() for line in plain if line.strip()]


@pytest.mark.parametrize("name", [*SCENARIOS, *CHARTS])
def test_picture_svg_is_accessible_and_loads_nothing(name: str) -> None:
    picture = root(name)
    assert picture.get("role") == "img"
    assert all(described(picture))
    # The picture loads nothing from elsewhere, and runs no script.
    assert {part.tag.removeprefix(SVG) for part in picture.iter()} <= ELEMENTS
    values = [value for part in picture.iter() for value in part.attrib.values()]
    assert not [value for value in values if "//" in value or "(" in value]
    assert not [name for part in picture.iter() for name in part.attrib if name.startswith("on") or "href" in name]


@pytest.mark.parametrize("name", ["connect", "correct", "rotate"])
def test_picture_of_form_breaks_no_words(name: str) -> None:
    """A terminal breaks words at its edge."""
    lines = (FOLDER / f"{name}.txt").read_text().splitlines()
    assert [line for line in lines if len(line) == COLUMNS and not line.endswith("***")] == []


@pytest.mark.parametrize("name", COLOURS)
def test_picture_colour_has_enough_contrast(name: str) -> None:
    """The contrast is the one that WCAG 2 requires for text (level AA)."""
    text, paper = _luminance(COLOURS[name]), _luminance(PAPER)
    assert (text + 0.05) / (paper + 0.05) >= 4.5


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
