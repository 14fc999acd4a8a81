# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every resource converges. A new resource is tested here because of its description alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import (
    ApiError,
    OptionError,
    UncertainWriteError,
)
from ansible_collections.bill.connect.plugins.plugin_utils._resources.fields import Nested, Text
from ansible_collections.bill.connect.plugins.plugin_utils._resources.plan import State
from ansible_collections.bill.connect.plugins.plugin_utils._resources.spec import Resource
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs import RESOURCES
from tests.unit.plugins.plugin_utils.desk import Desk, key_of, sample

# What BILL does not document, and what a resource must withstand.
SWITCHES: dict[str, Any] = {
    "as documented": {},
    "names are unique": {"duplicate_names": "refused"},
    "nested objects are merged": {"nested_patch": "merge"},
    "empty texts do not clear": {"empty_clears": False},
    "archived objects are hidden": {"archived_in_lists": False},
    "no filter for archived objects": {"missing_filters": ["archived"]},
    "no filters at all": {"missing_filters": ["archived", "name"]},
    "no filters, archived objects are shown": {"missing_filters": ["archived", "name"], "archived_in_lists": True},
    "filters ignore case": {"filters_ignore_case": True},
    "tax IDs are masked": {"masked": True},
    "parents are not shown": {"parent_in_answer": False},
    "vendors are connected": {"connected_vendors": True},
}
QUICK = ("as documented", "no filters at all")


@pytest.fixture(params=RESOURCES, ids=lambda each: each.plural.replace(" ", "-"))
def desk(open_desk: Callable[[Resource], Desk], request: pytest.FixtureRequest) -> Desk:
    return open_desk(request.param)


def others(desk: Desk, number: int) -> dict[str, Any]:
    """Other values of all fields except the key."""
    first = sample(desk.resource)
    return {**sample(desk.resource, number), **key_of(desk.resource, first)}


@pytest.mark.promise(2)
@pytest.mark.promise(20)
@pytest.mark.parametrize(
    "switch", [*QUICK, *(pytest.param(each, marks=pytest.mark.slow) for each in SWITCHES if each not in QUICK)]
)
def test_resource_converges(desk: Desk, switch: str) -> None:
    desk.bill.post("settings", **SWITCHES[switch])
    first, key = sample(desk.resource), key_of(desk.resource, sample(desk.resource))
    steps: list[tuple[State, dict[str, Any], tuple[str, ...]]] = [
        ("present", first, ("create",)),
        ("present", first, ()),
        ("present", others(desk, 2), ("change",)),
        ("present", others(desk, 2), ()),
        ("present", key, ()),
        ("absent", key, ("archive",)),
        ("absent", key, ()),
        ("present", others(desk, 2), ("restore",)),
        ("present", others(desk, 2), ()),
    ]
    for number, (state, options, actions) in enumerate(steps):
        before = len(desk.writes())
        outcome = desk.task(state, **options)
        assert (number, outcome.actions, outcome.changed) == (number, actions, bool(actions))
        assert bool(len(desk.writes()) - before) is bool(actions), number
    named = [each for each in desk.stored() if all(each.get(_api(n)) == v for n, v in key.items())]
    assert len(named) == 1


def _api(name: str) -> str:
    first, *more = name.split("_")
    return first + "".join(word.capitalize() for word in more)


@pytest.mark.promise(12)
def test_resource_in_check_mode_predicts_and_sends_no_write(desk: Desk) -> None:
    first, second = sample(desk.resource), others(desk, 2)
    predicted = [desk.task(check_mode=True, **first)]
    done = [desk.task(**first)]
    predicted.append(desk.task(check_mode=True, **second))
    done.append(desk.task(**second))
    predicted.append(desk.task("absent", check_mode=True, **key_of(desk.resource, first)))
    done.append(desk.task("absent", **key_of(desk.resource, first)))
    predicted.append(desk.task(check_mode=True, **second))
    done.append(desk.task(**second))
    assert [each.actions for each in predicted] == [("create",), ("change",), ("archive",), ("restore",)]
    for expected, found in zip(predicted, done, strict=True):
        assert (expected.actions, expected.before, expected.after) == (found.actions, found.before, found.after)
        assert expected.record is not None
        assert found.record is not None
    # Only the real tasks have written.
    assert len(desk.writes()) == 4


@pytest.mark.promise(20)
def test_resource_compares_only_the_given_fields(desk: Desk) -> None:
    first = sample(desk.resource)
    desk.task(**first)
    assert desk.task(**sample(desk.resource, only_required=True)).actions == ()
    assert desk.task(**key_of(desk.resource, first)).actions == ()


@pytest.mark.promise(20)
def test_resource_change_keeps_the_other_fields_of_an_inner_object(desk: Desk) -> None:
    inner = next((each for each in desk.resource.fields if isinstance(each, Nested) and len(each.fields) > 1), None)
    if inner is None:
        assert not any(isinstance(each, Nested) for each in desk.resource.fields)
        return
    first, key = sample(desk.resource), key_of(desk.resource, sample(desk.resource))
    desk.task(**first)
    changed = inner.fields[0].name
    new = {changed: sample(desk.resource, 2)[inner.name][changed]}
    only_new: dict[str, Any] = {**key, inner.name: new}
    assert desk.task(**only_new).actions == ("change",)
    both: dict[str, Any] = {**first, inner.name: {**first[inner.name], **new}}
    assert desk.task(**both).actions == ()


@pytest.mark.promise(20)
def test_resource_with_several_objects_of_the_key_changes_none(desk: Desk) -> None:
    first, key = sample(desk.resource), key_of(desk.resource, sample(desk.resource))
    desk.task(**first)
    (one,) = desk.stored()[-1:]
    other = desk.store(
        **{name: value for name, value in one.items() if name not in ("id", "createdTime", "updatedTime")}
    )
    before = len(desk.writes())
    wanted: list[tuple[State, dict[str, Any]]] = [("present", others(desk, 2)), ("absent", key)]
    for state, options in wanted:
        with pytest.raises(OptionError, match="BILL has 2 objects for .* Nothing was changed. Set id") as failure:
            desk.task(state, **options)
        assert one["id"] in str(failure.value)
        assert other["id"] in str(failure.value)
    assert len(desk.writes()) == before
    # With its identifier, the object is clear. An active object comes before an archived one.
    assert desk.task("absent", id=other["id"]).actions == ("archive",)
    assert desk.task(**others(desk, 2)).actions == ("change",)


@pytest.mark.promise(20)
def test_resource_with_an_id_can_be_renamed(desk: Desk) -> None:
    desk.task(**sample(desk.resource))
    id_ = desk.stored()[-1]["id"]
    assert desk.task(id=id_, **sample(desk.resource, 2)).actions == ("change",)
    assert desk.task(id=id_, **sample(desk.resource, 2)).actions == ()
    assert desk.task(**sample(desk.resource, 2)).actions == ()
    with pytest.raises(OptionError, match="BILL has no .* Correct id"):
        desk.task(id=f"{id_[:-1]}x", **sample(desk.resource, 2))
    assert desk.task("absent", id=f"{id_[:-1]}x").actions == ()


@pytest.mark.promise(10)
@pytest.mark.promise(20)
def test_resource_write_whose_response_is_lost_is_looked_up_and_not_sent_again(desk: Desk) -> None:
    first, second, key = sample(desk.resource), others(desk, 2), key_of(desk.resource, sample(desk.resource))
    steps: list[tuple[str, State, dict[str, Any], str]] = [
        ("POST", "present", first, "create"),
        ("PATCH", "present", second, "change"),
        ("POST", "absent", key, "archive"),
        ("POST", "present", second, "restore"),
    ]
    for method, state, options, action in steps:
        before = len(desk.writes())
        desk.bill.fault(f"{method} {desk.resource.path}*", cut=True)
        assert desk.task(state, **options).actions == (action,)
        assert len(desk.writes()) == before + 1


@pytest.mark.promise(10)
def test_resource_write_that_bill_has_not_done_stays_uncertain(desk: Desk) -> None:
    desk.bill.fault(f"POST {desk.resource.path}", cut=True, acted=False)
    with pytest.raises(UncertainWriteError, match="BILL may have processed this write"):
        desk.task(**sample(desk.resource))
    assert len(desk.writes()) == 1
    assert desk.task(**sample(desk.resource)).actions == ("create",)


@pytest.mark.promise(8)
def test_resource_that_bill_refuses_names_the_object_and_bills_words(desk: Desk) -> None:
    desk.bill.fault(
        f"POST {desk.resource.path}",
        status=400,
        body='[{"code": "BDC_1143", "message": "Invalid entity data. name: too long"}]',
        content_type="application/json",
    )
    with pytest.raises(ApiError, match="was not created. BILL answered BDC_1143.*too long") as failure:
        desk.task(**sample(desk.resource))
    assert failure.value.details["codes"] == ["BDC_1143"]


@pytest.mark.promise(9)
def test_resource_with_a_session_that_ended_signs_in_again(desk: Desk) -> None:
    desk.task(**sample(desk.resource))
    desk.bill.post("sessions/end")
    assert desk.task(**others(desk, 2)).actions == ("change",)


def test_resource_that_cannot_be_read_again_counts_as_changed(desk: Desk) -> None:
    first = sample(desk.resource)
    desk.task(**first)
    desk.bill.fault(f"GET {desk.resource.path}/*", code="BDC_1145", status=403, times=None)
    outcome = desk.task(**others(desk, 2))
    assert (outcome.actions, outcome.changed, outcome.warnings) == (("change",), True, ())


@pytest.mark.promise(20)
def test_resource_with_a_similar_key_is_not_touched(desk: Desk) -> None:
    first, key = sample(desk.resource), key_of(desk.resource, sample(desk.resource))
    desk.task(**first)
    name = next(iter(key))
    before = len(desk.writes())
    for similar in (
        key[name].upper(),
        f"{key[name][:4]}  {key[name][4:]}".replace("  ", " \u00a0") if " " in key[name] else key[name].title(),
    ):
        if similar == key[name]:
            continue
        with pytest.raises(OptionError, match="but a similar one"):
            desk.task(**{**first, name: similar})
        assert desk.task("absent", **{**key, name: similar}).actions == ()
    assert len(desk.writes()) == before


def test_resource_lacking_a_required_field_says_which(desk: Desk) -> None:
    required = [
        each.name
        for each in desk.resource.fields
        if each.required and each.name not in key_of(desk.resource, sample(desk.resource))
    ]
    for name in required:
        options = sample(desk.resource)
        del options[name]
        with pytest.raises(OptionError, match=f"to create it BILL requires {name}. Add it"):
            desk.task(**options)
    assert desk.writes() == []


@pytest.mark.promise(17)
def test_resource_text_that_yaml_has_changed_is_refused(desk: Desk) -> None:
    first = sample(desk.resource)
    for each in desk.resource.fields:
        if isinstance(each, Text):
            with pytest.raises(OptionError, match=f"The option {each.name} must be a text, but it is a number"):
                desk.task(**{**first, each.name: 83})
            if each.limit:
                with pytest.raises(OptionError, match=f"The option {each.name} has {each.limit + 1} characters"):
                    desk.task(**{**first, each.name: "x" * (each.limit + 1)})
    assert desk.writes() == []
