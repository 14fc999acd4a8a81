# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters and sort: what the user writes, and what BILL reads."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.bill.connect.plugins.plugin_utils._client.filters import (
    OPERATORS,
    fields_of,
    written_filters,
    written_sort,
)
from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import OptionError
from tests.unit.plugins.plugin_utils.malformed import any_json, assert_clean

PARIS = timezone(timedelta(hours=1))


def one(op: str, value: Any, field: str = "name") -> list[dict[str, Any]]:
    return [{"field": field, "op": op, "value": value}]


NO_NAME: dict[Any, Any] = {"field": "name", "op": "eq", "value": 1, 10**5000: 1}


@pytest.mark.parametrize(
    ("op", "value", "written"),
    [
        ("eq", "Acme", "name:eq:Acme"),
        ("eq", "ap@example.com", "name:eq:ap@example.com"),
        ("eq", "Acme & Sons", 'name:eq:"Acme & Sons"'),
        ("eq", "Acme, Inc.", 'name:eq:"Acme, Inc."'),
        ("eq", "a:b", 'name:eq:"a:b"'),
        ("eq", "Müller", 'name:eq:"Müller"'),
        ("eq", "true", "name:eq:true"),
        ("eq", "0123", "name:eq:0123"),
        # This is BILL's own example.
        ("sw", "Hap", 'name:sw:"Hap"'),
        ("eq", True, "name:eq:true"),
        ("ne", False, "name:ne:false"),
        ("gt", 0, "name:gt:0"),
        ("lt", -12.5, "name:lt:-12.5"),
        ("lt", 1e-7, "name:lt:0.0000001"),
        ("lte", 1e22, "name:lte:10000000000000000000000"),
        ("gte", date(2026, 1, 2), 'name:gte:"2026-01-02"'),
        ("gte", "2026-01-02", 'name:gte:"2026-01-02"'),
        ("gte", "2026-12-30T00:00:00.000Z", 'name:gte:"2026-12-30T00:00:00.000Z"'),
        ("gte", datetime(2026, 12, 30, tzinfo=timezone.utc), 'name:gte:"2026-12-30T00:00:00.000Z"'),
        ("gte", datetime(2026, 1, 1, 0, 30, 0, 1999, PARIS), 'name:gte:"2025-12-31T23:30:00.001Z"'),
        # The user gave no time zone, so BILL gets none.
        ("gte", datetime(2026, 12, 30, 8, 5), 'name:gte:"2026-12-30T08:05:00.000"'),
        ("in", ["USD", "CAD"], 'name:in:"USD,CAD"'),
        ("in", ("USD", 7, True, date(2026, 1, 2)), 'name:in:"USD,7,true,2026-01-02"'),
        # A template may give a list as JSON.
        ("in", '["USD", "CAD"]', 'name:in:"USD,CAD"'),
        ("nin", ["Acme & Sons"], 'name:nin:"Acme & Sons"'),
        ("in", "USD", 'name:in:"USD"'),
        ("nin", 7, 'name:nin:"7"'),
    ],
)
def test_filter_is_converted_to_the_syntax_of_bill(op: str, value: Any, written: str) -> None:
    assert written_filters(one(op, value)) == written


def test_filters_are_joined_with_commas() -> None:
    filters = [
        *one("eq", False, "archived"),
        *one("gte", "2026-01-01", "createdTime"),
        *one("in", ["US"], "address.country"),
    ]
    assert written_filters(filters) == 'archived:eq:false,createdTime:gte:"2026-01-01",address.country:in:"US"'


@pytest.mark.parametrize(
    ("filters", "written"),
    [
        ([], ""),
        ({"value": "Acme", "op": "eq", "field": "name"}, "name:eq:Acme"),
        (' name:sw:"Hap",archived:eq:false\n', 'name:sw:"Hap",archived:eq:false'),
        ("whatever BILL will have next", "whatever BILL will have next"),
    ],
    ids=["none", "a dictionary alone", "BILL's own syntax", "anything else"],
)
def test_filters_in_other_formats_are_accepted(filters: Any, written: str) -> None:
    assert written_filters(filters) == written


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("filters", "message"),
    [
        (7, "filters must be a list of dictionaries with field, op and value"),
        (["name:eq:Acme"], "filters: number 1 is not a dictionary."),
        ([*one("eq", 1), {"field": "name", "op": "eq"}], "filters: number 2 lacks value."),
        ([{**one("eq", 1)[0], "values": 1}], "filters: number 1 has an unknown key. Did you mean value?"),
        (
            [NO_NAME],
            "filters: number 1 has an unknown key. Write one of field, op, value.",
        ),
        (
            {"archived": False},
            "an unknown key. Write one of field, op, value. Write a filter as {field: name, op: eq, value: Acme}.",
        ),
        (one("eq", 1, "na me"), "filters: number 1 has no valid field name"),
        (one("eq", 1, "name:eq:1,x"), "filters: number 1 has no valid field name"),
        (one("gtt", 1), "filters: number 1 (name) has an operator that BILL does not have. Did you mean gt"),
        (one("IN", 1), "(name) has an operator that BILL does not have. Did you mean in?"),
        (
            one("==", 1),
            "(name) has an operator that BILL does not have. Write one of eq, ne, gt, gte, lt, lte, in, nin, sw.",
        ),
        ([*one("eq", 1), *one("eq", None, "archived")], "filters: number 2 (archived) has a value that is empty."),
        (one("eq", " "), "(name) has a value that is an empty text."),
        (one("eq", 'the "Acme"'), "(name) has a value that contains a double quote."),
        (one("eq", "a\nb"), "(name) has a value that holds a line break (character 2). A YAML block"),
        (one("eq", "a\ud800b"), "(name) has a value that holds a byte that is not UTF-8 (character 2)."),
        (one("eq", {"a": 1}), "(name) has a value that is not a text, a number, a date, true or false."),
        (one("eq", ["a"]), "(name) has a value that is a list. Only the operators in and nin accept a list."),
        (one("eq", float("nan")), "(name) has a value that is not a finite number."),
        (one("eq", 10**5000), "(name) has a value that is a number with too many digits."),
        (one("eq", datetime.min.replace(tzinfo=PARIS)), "(name) has a value that is a date that is out of range."),
        (one("in", []), "(name) has a value that is an empty list."),
        (one("in", ["a", None]), "(name) has a value that is empty."),
        (one("in", ["a", ["b"]]), "(name) has a value that is not a text"),
        (one("in", ["Acme, Inc."]), "(name) has a value that has a comma inside an element"),
        (one("in", "USD,CAD"), "(name) has a value that has a comma inside an element"),
        ("name:eq:a\nb", "filters holds a line break (character 10)."),
    ],
)
def test_filter_that_cannot_be_converted_is_an_option_error(filters: Any, message: str) -> None:
    with pytest.raises(OptionError) as refused:
        written_filters(filters)
    assert message in str(refused.value)
    assert refused.value.options == ()
    assert_clean(refused.value)


@pytest.mark.parametrize(
    ("sort", "written"),
    [
        ("name:asc", "name:asc"),
        (" createdTime:desc, name:asc\n", "createdTime:desc,name:asc"),
        (["createdTime:desc", " name:asc"], "createdTime:desc,name:asc"),
        ([], ""),
        ("", ""),
    ],
)
def test_sort_is_converted_to_the_syntax_of_bill(sort: Any, written: str) -> None:
    assert written_sort(sort) == written


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("sort", "message"),
    [
        ("name", "sort: number 1 lacks its direction. Write name:asc or name:desc."),
        (["name:asc", "id"], "sort: number 2 lacks its direction. Write id:asc or id:desc."),
        ("name:ASC", "sort: number 1 (name) has a direction that BILL does not have. Did you mean asc?"),
        ("name:up", "Write one of asc, desc."),
        (
            "name:asc,",
            "sort: number 2 has no valid field name. Write the field and its direction, for example name:asc or createdTime:desc.",
        ),
        ("-name", "sort: number 1 has no valid field name."),
        ("name:\nasc", "sort holds a line break"),
        ({"name": "asc"}, "sort must be a text such as name:asc, or a list of such texts."),
        (["name:asc", None], "sort must be a text such as name:asc, or a list of such texts."),
    ],
)
def test_sort_that_cannot_be_converted_is_an_option_error(sort: Any, message: str) -> None:
    with pytest.raises(OptionError) as refused:
        written_sort(sort)
    assert message in str(refused.value)
    assert_clean(refused.value)


def as_bill_reads(filters: str) -> list[tuple[str, str, str]]:
    """The filters as BILL's syntax defines them: commas and colons are separators, except in double quotes."""
    found = re.findall(r'([A-Za-z][\w.]*):([a-z]+):("[^"]*"|[^",:]*)(?:,|$)', filters)
    assert ",".join(":".join(each) for each in found) == filters
    return found


texts = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters='"'), min_size=1).filter(
    str.strip
)
plain_values = st.one_of(
    texts, st.booleans(), st.integers(-(10**20), 10**20), st.floats(allow_nan=False, allow_infinity=False)
)


def means(text: str, value: Any) -> bool:
    if isinstance(value, bool):
        return text == str(value).lower()
    return float(text) == value if isinstance(value, float) else text == str(value)


@given(
    st.lists(
        st.tuples(
            st.from_regex(r"[A-Za-z][A-Za-z0-9_.]{0,20}", fullmatch=True), st.sampled_from(OPERATORS), plain_values
        )
    )
)
def test_filter_with_any_value_is_parsed_back_unchanged(asked: list[tuple[str, str, Any]]) -> None:
    # A list element cannot contain a comma.
    asked = [each for each in asked if each[1] not in ("in", "nin") or "," not in str(each[2])]
    written = written_filters([{"field": field, "op": op, "value": value} for field, op, value in asked])
    read = as_bill_reads(written)
    assert fields_of(written) == list(dict.fromkeys(each[0] for each in asked))
    assert [each[:2] for each in read] == [each[:2] for each in asked]
    assert all(
        means(text.strip('"'), value) for (_field, _op, text), (_name, _as, value) in zip(read, asked, strict=True)
    )


@given(st.lists(texts.filter(lambda text: "," not in text), min_size=1))
def test_filter_with_any_list_is_parsed_back_unchanged(elements: list[str]) -> None:
    [(_field, _op, text)] = as_bill_reads(written_filters(one("in", elements)))
    assert text[1:-1].split(",") == elements


@pytest.mark.promise(8)
@given(any_json, st.sampled_from(["whole", "element", "field", "op", "value"]))
def test_filter_or_sort_with_any_other_value_is_an_error_that_does_not_repeat_it(value: Any, place: str) -> None:
    filters = {
        "whole": value,
        "element": [value],
        **{key: [{**one("in", 1)[0], key: value}] for key in ("field", "op", "value")},
    }
    for write, given_ in ((written_filters, filters[place]), (written_sort, value)):
        try:
            write(given_)
        except OptionError as error:
            if place != "field" and write is written_filters:
                assert_clean(error)
