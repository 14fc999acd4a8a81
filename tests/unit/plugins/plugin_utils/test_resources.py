# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every resource converges. A new resource is tested here because of its description alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import (
    ApiError,
    OptionError,
    UncertainWriteError,
)
from ansible_collections.bill.connect.plugins.plugin_utils._resources.calls import Calls
from ansible_collections.bill.connect.plugins.plugin_utils._resources.desired import State
from ansible_collections.bill.connect.plugins.plugin_utils._resources.fields import Nested, Text
from ansible_collections.bill.connect.plugins.plugin_utils._resources.plan import Action
from ansible_collections.bill.connect.plugins.plugin_utils._resources.spec import Resource
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs import RESOURCES
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.classification import CLASSIFICATIONS
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.vendor import VENDOR
from tests.unit.plugins.plugin_utils.resource_life import came_back, changed, converge, others, removed
from tests.unit.plugins.plugin_utils.resource_tasks import ResourceTasks, key_of, sample

Open = Callable[[Resource], ResourceTasks]

# Their descriptions differ from that of departments in the path only.
LIKE_DEPARTMENTS = ("accounting classes", "jobs", "locations")


@pytest.fixture(
    params=[
        pytest.param(
            each, id=each.plural.replace(" ", "-"), marks=[pytest.mark.slow] * (each.plural in LIKE_DEPARTMENTS)
        )
        for each in RESOURCES
    ]
)
def tasks(open_tasks: Callable[[Resource], ResourceTasks], request: pytest.FixtureRequest) -> ResourceTasks:
    return open_tasks(request.param)


@pytest.mark.promise(2)
@pytest.mark.promise(20)
def test_resource_converges(tasks: ResourceTasks) -> None:
    """tests/sweeps/test_switches.py does the same under all combinations of what BILL does not document."""
    converge(tasks)


@pytest.mark.promise(12)
def test_resource_in_check_mode_predicts_and_sends_no_write(tasks: ResourceTasks) -> None:
    first, second = sample(tasks.resource), others(tasks.resource, 2)
    steps: list[tuple[State, dict[str, Any], Action]] = [
        ("present", first, "create"),
        ("present", second, changed(tasks.resource)),
    ]
    if tasks.resource.removal != "impossible":
        absent = key_of(tasks.resource, first)
        steps += [("absent", absent, removed(tasks.resource)), ("present", second, came_back(tasks.resource))]
    for state, options, action in steps:
        before = len(tasks.writes())
        expected = tasks.task(state, check_mode=True, **options)
        assert len(tasks.writes()) == before
        found = tasks.task(state, **options)
        assert expected.actions == found.actions == (action,)
        assert (expected.before, expected.after) == (found.before, found.after)
        assert (expected.record is None) is (found.record is None) is (action == "delete")


@pytest.mark.promise(20)
def test_resource_compares_only_the_given_fields(tasks: ResourceTasks) -> None:
    first = sample(tasks.resource)
    tasks.task(**first)
    assert tasks.task(**sample(tasks.resource, only_required=True)).actions == ()
    assert tasks.task(**key_of(tasks.resource, first)).actions == ()


@pytest.mark.promise(20)
def test_resource_change_keeps_the_other_fields_of_an_inner_object(tasks: ResourceTasks) -> None:
    inner = next((each for each in tasks.resource.fields if isinstance(each, Nested) and len(each.fields) > 1), None)
    if inner is None:
        return
    first, key = sample(tasks.resource), key_of(tasks.resource, sample(tasks.resource))
    tasks.task(**first)
    changed = inner.fields[0].name
    new = {changed: sample(tasks.resource, 2)[inner.name][changed]}
    only_new: dict[str, Any] = {**key, inner.name: new}
    assert tasks.task(**only_new).actions == ("change",)
    both: dict[str, Any] = {**first, inner.name: {**first[inner.name], **new}}
    assert tasks.task(**both).actions == ()


@pytest.mark.promise(20)
def test_resource_with_several_objects_of_the_key_changes_none(tasks: ResourceTasks) -> None:
    first, key = sample(tasks.resource), key_of(tasks.resource, sample(tasks.resource))
    if not key:
        # A single object cannot be there twice.
        return
    tasks.task(**first)
    (one,) = tasks.stored()[-1:]
    other = tasks.store(
        **{name: value for name, value in one.items() if name not in ("id", "createdTime", "updatedTime")}
    )
    before = len(tasks.writes())
    wanted: list[tuple[State, dict[str, Any]]] = [("present", others(tasks.resource, 2)), ("absent", key)]
    for state, options in wanted:
        with pytest.raises(OptionError, match="BILL has 2 objects for .* Nothing was changed. Set id") as failure:
            tasks.task(state, **options)
        assert one["id"] in str(failure.value)
        assert other["id"] in str(failure.value)
    assert len(tasks.writes()) == before
    if tasks.resource.removal == "impossible":
        return
    # With its identifier, the object is clear. An active object comes before an archived one.
    assert tasks.task("absent", id=other["id"]).actions == (removed(tasks.resource),)
    assert tasks.task(**others(tasks.resource, 2)).actions == ("change",)


@pytest.mark.promise(20)
def test_resource_with_an_id_can_be_renamed(tasks: ResourceTasks) -> None:
    if tasks.resource.is_single:
        return
    tasks.task(**sample(tasks.resource))
    id_ = tasks.stored()[-1]["id"]
    if any(field.is_fixed and field.is_read for field in tasks.resource.fields):
        before = len(tasks.writes())
        with pytest.raises(OptionError, match="and does not change it later"):
            tasks.task(id=id_, **sample(tasks.resource, 2))
        assert len(tasks.writes()) == before
        return
    assert tasks.task(id=id_, **sample(tasks.resource, 2)).actions == ("change",)
    assert tasks.task(id=id_, **sample(tasks.resource, 2)).actions == ()
    assert tasks.task(**sample(tasks.resource, 2)).actions == ()
    with pytest.raises(OptionError, match="BILL has no .* Correct id"):
        tasks.task(id=f"{id_[:-1]}x", **sample(tasks.resource, 2))
    assert tasks.task("absent", id=f"{id_[:-1]}x").actions == ()


@pytest.mark.promise(10)
@pytest.mark.promise(20)
def test_resource_write_whose_response_is_lost_is_looked_up_and_not_sent_again(tasks: ResourceTasks) -> None:
    first, second, key = (
        sample(tasks.resource),
        others(tasks.resource, 2),
        key_of(tasks.resource, sample(tasks.resource)),
    )
    change = {"PUT": "PUT", "replace": "POST"}.get(tasks.resource.update, "PATCH")
    steps: list[tuple[str, State, dict[str, Any], Action]] = [
        ("POST", "present", first, "create"),
        (change, "present", second, changed(tasks.resource)),
    ]
    if tasks.resource.removal != "impossible":
        by = "POST" if tasks.resource.has_archive else "DELETE"
        steps += [(by, "absent", key, removed(tasks.resource)), ("POST", "present", second, came_back(tasks.resource))]
    for method, state, options, action in steps:
        before = len(tasks.writes())
        tasks.bill.fault(f"{method} {tasks.path}*", cut=True)
        assert tasks.task(state, **options).actions == (action,)
        # A creation with an idempotent key is sent again with the same key. BILL creates one object.
        again = tasks.resource.one_time and action == "create"
        assert len(tasks.writes()) == before + (2 if action == "replace" or again else 1)


@pytest.mark.promise(10)
def test_resource_write_that_bill_has_not_done_stays_uncertain(tasks: ResourceTasks) -> None:
    if tasks.resource.one_time:
        # Such a creation has an idempotent key, so it is sent again.
        tasks.bill.fault(f"POST {tasks.path}", cut=True, acted=False)
        assert tasks.task(**sample(tasks.resource)).actions == ("create",)
        return
    tasks.bill.fault(f"POST {tasks.path}", cut=True, acted=False)
    with pytest.raises(UncertainWriteError, match="BILL may have processed this write"):
        tasks.task(**sample(tasks.resource))
    assert len(tasks.writes()) == 1
    assert tasks.task(**sample(tasks.resource)).actions == ("create",)


@pytest.mark.promise(8)
def test_resource_that_bill_refuses_names_the_object_and_bills_words(tasks: ResourceTasks) -> None:
    tasks.bill.fault(
        f"POST {tasks.path}",
        status=400,
        body='[{"code": "BDC_1143", "message": "Invalid entity data. name: too long"}]',
        content_type="application/json",
    )
    with pytest.raises(ApiError, match="was not created. BILL answered BDC_1143.*too long") as failure:
        tasks.task(**sample(tasks.resource))
    assert failure.value.details["codes"] == ["BDC_1143"]


@pytest.mark.promise(9)
def test_resource_with_a_session_that_ended_signs_in_again(tasks: ResourceTasks) -> None:
    tasks.task(**sample(tasks.resource))
    tasks.bill.post("sessions/end")
    assert tasks.task(**others(tasks.resource, 2)).actions == (changed(tasks.resource),)


def test_resource_that_cannot_be_read_again_counts_as_changed(tasks: ResourceTasks) -> None:
    first = sample(tasks.resource)
    if not tasks.resource.is_read_alone or tasks.resource.is_single:
        # The same call finds the object before the write.
        return
    tasks.task(**first)
    tasks.bill.fault(f"GET {tasks.path}/*", code="BDC_1145", status=403, times=None)
    outcome = tasks.task(**others(tasks.resource, 2))
    assert (outcome.actions, outcome.changed, outcome.warnings) == (("change",), True, ())


@pytest.mark.promise(20)
def test_resource_with_a_similar_key_is_not_touched(tasks: ResourceTasks) -> None:
    first, key = sample(tasks.resource), key_of(tasks.resource, sample(tasks.resource))
    name = next(iter(key), "")
    if not isinstance(key.get(name), str) or tasks.resource.is_user:
        # Numbers have no case, and an e-mail address is the same in every case.
        return
    tasks.task(**first)
    before = len(tasks.writes())
    for similar in (
        key[name].upper(),
        f"{key[name][:4]}  {key[name][4:]}".replace("  ", " \u00a0") if " " in key[name] else key[name].title(),
    ):
        if similar == key[name]:
            continue
        with pytest.raises(OptionError, match="but a similar one"):
            tasks.task(**{**first, name: similar})
        assert tasks.task("absent", **{**key, name: similar}).actions == ()
    assert len(tasks.writes()) == before


def test_resource_lacking_a_required_field_says_which(tasks: ResourceTasks) -> None:
    required = [
        each.name
        for each in tasks.resource.fields
        if each.required and each.name not in key_of(tasks.resource, sample(tasks.resource))
    ]
    for name in required:
        options = sample(tasks.resource)
        del options[name]
        with pytest.raises(OptionError, match=f"to create it BILL requires {name}( or {name}_id)?. Add it"):
            tasks.task(**options)
    assert tasks.writes() == []


@pytest.mark.promise(17)
def test_resource_text_that_yaml_has_changed_is_refused(tasks: ResourceTasks) -> None:
    first = sample(tasks.resource)
    for each in tasks.resource.fields:
        if isinstance(each, Text):
            with pytest.raises(OptionError, match=f"The option {each.name} must be a text, but it is a number"):
                tasks.task(**{**first, each.name: 83})
            if each.limit:
                with pytest.raises(OptionError, match=f"The option {each.name} has {each.limit + 1} characters"):
                    tasks.task(**{**first, each.name: "x" * (each.limit + 1)})
    assert tasks.writes() == []


@pytest.mark.promise(20)
def test_resource_that_another_task_creates_meanwhile_is_not_created_again(
    tasks: ResourceTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, others_turn = sample(tasks.resource), [True]
    real = Calls.exclusive

    @contextmanager
    def exclusive(calls: Calls) -> Iterator[None]:
        if others_turn:
            others_turn.clear()
            assert tasks.task(**first).actions == ("create",)
        with real(calls):
            yield

    monkeypatch.setattr(Calls, "exclusive", exclusive)
    assert tasks.task(**first).actions == ()
    assert len(tasks.writes()) == 1


@pytest.mark.promise(20)
def test_resource_with_several_archived_objects_of_the_key_restores_none(tasks: ResourceTasks) -> None:
    if not tasks.resource.has_archive:
        return
    tasks.task(**sample(tasks.resource))
    (one,) = tasks.stored()[-1:]
    tasks.store(**{name: value for name, value in one.items() if not name.endswith("Time") and name != "id"})
    for each in tasks.stored()[-2:]:
        tasks.task("absent", id=each["id"])
    before = len(tasks.writes())
    with pytest.raises(OptionError, match="BILL has 2 objects for"):
        tasks.task(**sample(tasks.resource))
    assert len(tasks.writes()) == before


@pytest.mark.promise(20)
def test_resource_that_a_filter_finds_without_regard_to_case_is_not_touched(tasks: ResourceTasks) -> None:
    tasks.bill.post("settings", filters_ignore_case=True)
    first, key = sample(tasks.resource), key_of(tasks.resource, sample(tasks.resource))
    name = next(iter(key), "")
    if not isinstance(key.get(name), str) or tasks.resource.is_user:
        return
    tasks.task(**first)
    before = len(tasks.writes())
    with pytest.raises(OptionError, match="but a similar one"):
        tasks.task(**{**first, name: key[name].upper()})
    assert tasks.task("absent", **{**key, name: key[name].upper()}).actions == ()
    assert len(tasks.writes()) == before


@pytest.mark.promise(2)
@pytest.mark.promise(20)
def test_resource_value_that_bill_does_not_take_is_reported_and_is_no_change(open_tasks: Open) -> None:
    tasks = open_tasks(VENDOR)
    tasks.bill.post("settings", empty_clears=False)
    tasks.task(**sample(VENDOR))
    for _run in range(2):
        outcome = tasks.task(name=sample(VENDOR)["name"], clear=["phone"])
        assert (outcome.changed, outcome.actions) == (False, ())
        assert outcome.warnings[0].startswith(
            "BILL accepted the request for vendor 'name-1-23456789', but it has other values in: phone."
        )


@pytest.mark.promise(20)
@pytest.mark.parametrize("nested_patch", ["replace", "merge"])
def test_vendor_whose_tax_id_is_masked_keeps_it(open_tasks: Open, nested_patch: str) -> None:
    tasks = open_tasks(VENDOR)
    tasks.bill.post("settings", masked=True, nested_patch=nested_patch)
    first = sample(VENDOR)
    tasks.task(**first)
    tax_id = first["additional_info"]["tax_id"]
    before = len(tasks.writes())
    for check_mode in (True, False):
        with pytest.raises(
            OptionError, match="BILL shows additional_info.tax_id only with a mask.*Add additional_info.tax_id"
        ):
            tasks.task(name=first["name"], additional_info={"company_name": "Another"}, check_mode=check_mode)
    assert len(tasks.writes()) == before
    wanted = {"company_name": "Another", "tax_id": tax_id}
    assert tasks.task(name=first["name"], additional_info=wanted).actions == ("change",)
    assert tasks.stored()[-1]["additionalInfo"]["taxId"] == tax_id


@pytest.mark.promise(20)
def test_archived_vendor_is_found_although_bill_refuses_the_filter_for_names(open_tasks: Open) -> None:
    tasks = open_tasks(VENDOR)
    tasks.bill.post("settings", missing_filters=["name"], archived_in_lists=False)
    tasks.task(**sample(VENDOR))
    tasks.task("absent", name=sample(VENDOR)["name"])
    # The refusal of the name says nothing about the filter for archived objects.
    assert tasks.task(**sample(VENDOR)).actions == ("restore",)


@pytest.mark.promise(20)
@pytest.mark.parametrize("resource", [VENDOR, CLASSIFICATIONS["departments"]], ids=lambda each: each.plural)
@pytest.mark.parametrize("name", [" Acme", "Acme ", "Acme\u00a0", "Acme\u200b", "A\u0441me"])
def test_object_whose_name_differs_in_signs_that_nobody_sees_is_not_touched(
    open_tasks: Open, resource: Resource, name: str
) -> None:
    tasks = open_tasks(resource)
    stored = tasks.store(name=name, address={"country": "US"})
    assert tasks.task("absent", name="Acme").actions == ()
    assert [each.outcome and each.outcome.actions for each in tasks.many([{"name": "Acme"}], "absent")] == [()]
    assert stored in tasks.stored()
    assert tasks.task("absent", name=name).actions == ("archive",)
