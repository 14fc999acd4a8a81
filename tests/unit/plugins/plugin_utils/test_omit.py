# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values that a play omits are left out on all levels, whatever stands for them in this version of ansible-core."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._ansible import omit, templates
from ansible_collections.bill.connect.plugins.plugin_utils._ansible.omit import without_omitted
from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import OptionError

PLACEHOLDER = "__omit_place_holder__findme"


@pytest.fixture(params=["text", "object"])
def omitted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What stands for ``omit``: a text up to ansible-core 2.18, later an object."""
    is_text = request.param == "text"
    mark = PLACEHOLDER if is_text else object()
    monkeypatch.setattr(templates, "UP_TO_2_18", is_text)
    monkeypatch.setattr(omit, "Omit", None if is_text else mark)
    return mark


@pytest.mark.promise(14)
def test_omitted_value_is_left_out_on_every_level(omitted: Any) -> None:
    given = {
        "page_size": omitted,
        "body": {"a": [1, omitted, [omitted], {"b": omitted, "c": None}], "d": omitted, "e": ("f", omitted)},
        "filters": [omitted, {"field": "name", "op": "in", "value": ["Oak", omitted]}],
        omitted: 1,
    }
    assert without_omitted(given, {"omit": PLACEHOLDER}) == {
        "body": {"a": [1, [], {"c": None}], "e": ["f"]},
        "filters": [{"field": "name", "op": "in", "value": ["Oak"]}],
    }
    assert without_omitted(["/v3/vendors", omitted], {"omit": PLACEHOLDER}) == ["/v3/vendors"]


def test_omit_inside_a_text_is_empty_and_inside_json_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "UP_TO_2_18", True)
    variables = {"omit": PLACEHOLDER}
    assert without_omitted({"path": f"/v3/vendors/{PLACEHOLDER}"}, variables) == {"path": "/v3/vendors/"}
    for text in (f'{{"name": "{PLACEHOLDER}"}}', f"{{'name': '{PLACEHOLDER}'}}"):
        with pytest.raises(OptionError, match="omit is a value inside a JSON text"):
            without_omitted({"body": text}, variables)


def test_variable_named_omit_is_data_in_later_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "UP_TO_2_18", False)
    assert without_omitted({"body": {"name": "Oak"}}, {"omit": "Oak"}) == {"body": {"name": "Oak"}}
    assert without_omitted({"body": {"name": ""}}, {"omit": ""}) == {"body": {"name": ""}}
