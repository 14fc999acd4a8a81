# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No object is written because of a name that is not exactly its own, whatever the names are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st

from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import OptionError
from ansible_collections.bill.connect.plugins.plugin_utils._resources.spec import Resource
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.classification import CLASSIFICATIONS
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.vendor import VENDOR
from tests.unit.plugins.plugin_utils.local_bill import LocalBill
from tests.unit.plugins.plugin_utils.resource_tasks import ResourceTasks, sample

EXAMPLES = 150
LONGEST = 100
SOME = (VENDOR, CLASSIFICATIONS["departments"])

# Accents, a ligature, full width, other scripts, a person of three signs, and what YAML or a template could change.
WORDS = (
    "Acme", "Caf\u00e9", "Cafe\u0301", "O'Brien", "Stra\u00dfe", "\ufb01rst", "\uff21\uff23\uff2d\uff25", "a", "A", "\u0130stanbul",
    "\u041a\u0430\u0444\u0435", "\u65e5\u672c\u5546\u4e8b", "\u0645\u0642\u0647\u0649", "\u00c5ngstr\u00f6m", "\U0001f9c1",
    "\U0001f469\u200d\U0001f373", "true", "null", "None", "007", "1e3", "2026-12-30", "{{ x }}", "archived:eq:false",
)  # fmt: skip
SIGNS = (
    " ", "  ", "\u00a0", "\u2009", "\u3000", "\u200b", "\u0301", '"', "'", ",", ":", "\\", "%", "%20", "%22", "&", "+", "#", "?", "/", ";",
    "=", "*", "(", ")", "[", "]", "{", "}", "-", ".", "<", "|", "$", "@", '",archived:eq:true', ",name:sw:a",
)  # fmt: skip
# Latin letters, and the Cyrillic ones that look the same.
LOOK_ALIKES = str.maketrans(
    "AaCcEeOoPpXxyi", "\u0410\u0430\u0421\u0441\u0415\u0435\u041e\u043e\u0420\u0440\u0425\u0445\u0443\u0456"
)
WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
CHANGES: tuple[Callable[[str], str], ...] = (
    str.upper,
    str.lower,
    str.title,
    str.swapcase,
    str.casefold,
    lambda name: f" {name}",
    lambda name: f"{name} ",
    lambda name: f"\u00a0{name}",
    lambda name: f"{name}\u200b",
    lambda name: name.replace(" ", "  "),
    lambda name: name.replace(" ", "\u00a0"),
    lambda name: name.replace("  ", " ").strip(),
    lambda name: name.translate(LOOK_ALIKES),
    lambda name: name.translate(WIDE),
    lambda name: name.replace("fi", "\ufb01").replace("ss", "\u00df"),
    lambda name: unicodedata.normalize("NFD", name),
    lambda name: unicodedata.normalize("NFC", name),
    lambda name: unicodedata.normalize("NFKC", name),
    lambda name: name.replace('"', "'"),
    lambda name: name.replace("\\", ""),
    lambda name: f"{name}, Inc.",
    lambda name: f'"{name}"',
    lambda name: name[:-1],
    lambda name: name[: len(name) // 2],
    lambda name: (name * LONGEST)[:LONGEST],
    lambda name: re.split('[,":]', name)[0],
)
names = st.one_of(
    st.lists(st.sampled_from(WORDS + SIGNS), min_size=1, max_size=5).map("".join),
    st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=20),
    st.sampled_from(WORDS).map(lambda word: (word * LONGEST)[:LONGEST]),
).map(lambda name: name[:LONGEST])
switches = st.fixed_dictionaries(
    {
        "filters_ignore_case": st.booleans(),
        "archived_in_lists": st.booleans(),
        "missing_filters": st.sampled_from([[], ["archived"], ["name"], ["archived", "name"]]),
    }
)

# One clause about the name, whose value has no sign that separates clauses, and one about archived objects.
_VALUE = r'("[^",:\\]+"|[^",:\\]+)'
_FILTERS = re.compile(rf"(name:(eq|sw):{_VALUE}(,|$))?(archived:eq:(true|false))?")


@pytest.fixture(scope="module")
def local_bill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalBill]:
    bill = LocalBill(tmp_path_factory.mktemp("bill"))
    yield bill
    bill.close()


@pytest.fixture
def search(tmp_path: Any, monkeypatch: pytest.MonkeyPatch, first_seed: int) -> Callable[[Callable[..., None]], None]:
    """Runs a property with many examples."""
    monkeypatch.setenv("HYPOTHESIS_STORAGE_DIRECTORY", str(tmp_path))

    def run(holds: Callable[..., None]) -> None:
        chosen = settings(
            max_examples=EXAMPLES,
            derandomize=False,
            phases=[Phase.generate, Phase.shrink],
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        seed(first_seed)(chosen(holds))()

    return run


def begun(bill: LocalBill, resource: Resource, chosen: dict[str, Any]) -> ResourceTasks:
    bill.reset(chosen)
    tasks = bill.tasks(resource)
    tasks.empty()
    return tasks


def wanted_as(resource: Resource, name: str) -> dict[str, Any]:
    return {**sample(resource, only_required=True), "name": name}


def filters_of(bill: LocalBill) -> list[str]:
    """The filters that BILL has received."""
    queries = (parse_qs(urlsplit(each.target).query) for each in bill.exchanged)
    return [text for query in queries for text in query.get("filters", [])]


@pytest.mark.promise(20)
@pytest.mark.parametrize("resource", SOME, ids=lambda each: each.plural)
def test_object_with_another_name_is_never_written(
    local_bill: LocalBill, resource: Resource, search: Callable[[Callable[..., None]], None]
) -> None:
    @given(names, st.one_of(st.sampled_from(CHANGES), names), st.booleans(), st.booleans(), switches)
    def holds(
        name: str, change: Callable[[str], str] | str, swapped: bool, archived: bool, chosen: dict[str, Any]
    ) -> None:
        other = (change if isinstance(change, str) else change(name))[:LONGEST]
        wanted, other = (other, name) if swapped else (name, other)
        assume(wanted != other and wanted.strip() and other.strip())
        tasks = begun(local_bill, resource, chosen)
        stored = tasks.store(name=other, archived=archived, address={"country": "US"})
        options = wanted_as(resource, wanted)
        # An error is right, too: the name is too similar, or no name at all.
        with suppress(OptionError):
            predicted = tasks.many([options], purge=True, check_mode=True)
            listed = [each.desired.id for each in predicted if each.outcome and "archive" in each.outcome.actions]
            assert listed == ([] if archived else [stored["id"]])
        with suppress(OptionError):
            assert tasks.task(**options).actions == ("create",)
            assert tasks.task(**options).actions == ()
        with suppress(OptionError):
            tasks.many([options])
            assert [each.outcome.actions for each in tasks.many([options]) if each.outcome] in ([()], [])
        assert stored in tasks.stored()
        with suppress(OptionError):
            tasks.task("absent", name=wanted)
            tasks.many([{"name": wanted}], "absent")
        with suppress(OptionError):
            tasks.task(**options)
        assert stored in tasks.stored()
        assert [each for each in filters_of(local_bill) if not _FILTERS.fullmatch(each)] == []

    search(holds)


@pytest.mark.promise(2)
@pytest.mark.promise(20)
@pytest.mark.parametrize("resource", SOME, ids=lambda each: each.plural)
def test_object_of_any_name_converges(
    local_bill: LocalBill, resource: Resource, search: Callable[[Callable[..., None]], None]
) -> None:
    @given(names, switches)
    def holds(name: str, chosen: dict[str, Any]) -> None:
        tasks = begun(local_bill, resource, chosen)
        options = wanted_as(resource, name)
        try:
            tasks.task(**options)
        except OptionError:
            # No name at all, or one that YAML or a template has changed.
            assert tasks.stored() == []
            return
        assert [each["name"] for each in tasks.stored()] == [name]
        assert tasks.task(**options).actions == ()
        assert [each.outcome.actions for each in tasks.many([options]) if each.outcome] == [()]
        assert [each.outcome.actions for each in tasks.many([options], purge=True) if each.outcome] == [()]
        assert tasks.task("absent", name=name).actions == ("archive",)
        assert tasks.task("absent", name=name).actions == ()
        assert len(tasks.writes()) == 2
        assert [each for each in filters_of(local_bill) if not _FILTERS.fullmatch(each)] == []

    search(holds)
