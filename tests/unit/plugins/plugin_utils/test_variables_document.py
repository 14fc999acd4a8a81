# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A variables file is edited, never rewritten: the parts without a requested change stay the same to the byte."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from ansible.module_utils.common.yaml import SafeLoader
from ansible.parsing.dataloader import DataLoader
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import BillError, OptionError
from ansible_collections.bill.connect.plugins.plugin_utils._vault import variables_document
from ansible_collections.bill.connect.plugins.plugin_utils._vault.ansible_values import variables_in
from ansible_collections.bill.connect.plugins.plugin_utils._vault.variables_document import Edit, VariablesDocument


def edit(text: str, **variables: Any) -> Edit:
    return VariablesDocument(text, "bill.yml", lambda _text: "opened").edit(variables)


# The text before, and the text after `it` is set to "new".
PLACES = {
    "plain": ("it: old\n", 'it: "new"\n'),
    "with a comment": ("it: old  # why\nb: 1\n", 'it: "new"  # why\nb: 1\n'),
    "quoted": ("it: 'o # ''ld'   \nb: 1\n", 'it: "new"   \nb: 1\n'),
    "on several lines": ("it: one\n  two\n\n  three\nb: 1\n", 'it: "new"\nb: 1\n'),
    "nothing": ("it:\nb: 1\n", 'it: "new"\nb: 1\n'),
    "nothing but a comment": ("it:   # why\nb: 1\n", 'it: "new"   # why\nb: 1\n'),
    "null": ("it: ~\nb: 1\n", 'it: "new"\nb: 1\n'),
    "block": ("it: |\n  one\n\n  two\n\n\nb: 1\n", 'it: "new"\n\n\nb: 1\n'),
    "block with a comment": ("it: >-  # why\n  one\nb: 1\n", 'it: "new" # why\nb: 1\n'),
    "block of other indentation": ("it: |2\n    one\n  two\n# b\nb: 1\n", 'it: "new"\n# b\nb: 1\n'),
    "list": ("it:\n  - a\n  - b: 1\n    c:\nb: 1\n", 'it: "new"\nb: 1\n'),
    "list below its name": (
        "it:  # why\n# these\n- a\n- b  # last\n# b\nb: 1\n",
        'it: "new"  # why\n# these\n# b\nb: 1\n',
    ),
    "dictionary": ("it:\n  a: 1\n  b:\n  # end\nb: 1\n", 'it: "new"\n  # end\nb: 1\n'),
    "in braces": ("it: {a: [1,\n  2]}  # why\nb: 1\n", 'it: "new"  # why\nb: 1\n'),
    "below its name": ("it:\n  old\nb: 1\n", 'it: "new"\nb: 1\n'),
    "template": ('it: "{{ old }}"\nb: 1\n', 'it: "new"\nb: 1\n'),
    "template of the same name": ('it: "{{ new }}"\n', 'it: "new"\n'),
    "encrypted": ("it: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  3061\nb: 1\n", 'it: "new"\nb: 1\n'),
    "reference": ("a: &a old\nit: *a\nb: *a\n", 'a: &a old\nit: "new"\nb: *a\n'),
    "name in quotes": ('"it" : old\n', '"it" : "new"\n'),
    "two lines for one": ("? it\n: old\nb: 1\n", '? it\n: "new"\nb: 1\n'),
    "lines of Windows": ("a: 1\r\nit: |\r\n  old\r\nb: 1\r\n", 'a: 1\r\nit: "new"\r\nb: 1\r\n'),
    "no end of line": ("a: 1\nit: old", 'a: 1\nit: "new"'),
    "indented": ("---\n  a: 1\n  it: old\n...\n", '---\n  a: 1\n  it: "new"\n...\n'),
    "first after a mark": ("\ufeffit: old\n", '\ufeffit: "new"\n'),
    "of a number": ("it: 1\n", 'it: "new"\n'),
    "after a tab": ("it:\told\t# why\nb:\t1\n", 'it:\t"new"\t# why\nb:\t1\n'),
    "nothing but a comment after a tab": ("it:\t# why\nb: 1\n", 'it: "new"\t# why\nb: 1\n'),
    "in braces, with tabs": ("it: {\n\ta: 1,\n\tb: 2\n  }\nb: 1\n", 'it: "new"\nb: 1\n'),
    "behind characters of several bytes": (
        'a: "ä\u20ac\U0001f469" # ä\nit: old\n',
        'a: "ä\u20ac\U0001f469" # ä\nit: "new"\n',
    ),
}


@pytest.mark.parametrize(("text", "expected"), PLACES.values(), ids=PLACES)
def test_edit_of_a_value_changes_nothing_else(text: str, expected: str) -> None:
    done = edit(text, it="new")
    assert done.text == expected
    assert (done.added, done.changed, done.removed) == ([], ["it"], [])
    assert edit(expected, it="new") == Edit(expected)


# The text before, and the text after `it` is removed.
GONE = {
    "alone": ("it: old\n", ""),
    "with a comment": ("# mine\nit: old  # why\nb: 1\n", "# mine\nb: 1\n"),
    "nothing": ("a: 1\nit:\nb: 1\n", "a: 1\nb: 1\n"),
    "list": ("a: 1\nit:  # why\n- a\n- b\nb: 1\n", "a: 1\nb: 1\n"),
    "block": ("a: 1\nit: |\n  old\n\n# b\nb: 1\n", "a: 1\n\n# b\nb: 1\n"),
    "last": ("a: 1\nit: old", "a: 1\n"),
    "before the end": ("---\na: 1\nit: old\n...\n", "---\na: 1\n...\n"),
    "lines of Windows": ("a: 1\r\nit: old\r\nb: 1\r\n", "a: 1\r\nb: 1\r\n"),
}


@pytest.mark.parametrize(("text", "expected"), GONE.values(), ids=GONE)
def test_edit_that_removes_a_variable_removes_its_line(text: str, expected: str) -> None:
    done = edit(text, it=None)
    assert done.text == expected
    assert (done.added, done.changed, done.removed) == ([], [], ["it"])
    assert edit(expected, it=None) == Edit(expected)


# The text before, and the text after `it` is added.
MORE = {
    "empty": ("", 'it: "new"\n'),
    "comments": ("# nothing yet", '# nothing yet\nit: "new"\n'),
    "a beginning": ("---", '---\nit: "new"\n'),
    "others": ("a: 1\n\n", 'a: 1\n\nit: "new"\n'),
    "no end of line": ("a: 1", 'a: 1\nit: "new"\n'),
    "an end": ("---\na: 1\n...\n# after\n", '---\na: 1\nit: "new"\n...\n# after\n'),
    "indented": ("  a:\n    - 1\n", '  a:\n    - 1\n  it: "new"\n'),
    "lines of Windows": ("a: 1\r\n", 'a: 1\r\nit: "new"\r\n'),
    # An added end of line would change the text of the block.
    "block without an end": ("# top\na: |\n  text", '# top\nit: "new"\na: |\n  text'),
    "taken over": ("d: &d {it: old}\n<<: *d\n", 'd: &d {it: old}\n<<: *d\nit: "new"\n'),
    "a mark": ("\ufeff  a: 1\n", '\ufeff  a: 1\n  it: "new"\n'),
    "a mark and a block without an end": ("\ufeffa: |\n  text", '\ufeffit: "new"\na: |\n  text'),
    "a tab at the end": ("a: 1\t\n", 'a: 1\t\nit: "new"\n'),
}


@pytest.mark.parametrize(("text", "expected"), MORE.values(), ids=MORE)
def test_edit_that_adds_a_variable_changes_nothing_else(text: str, expected: str) -> None:
    done = edit(text, it="new")
    assert done.text == expected
    assert VariablesDocument(expected, "bill.yml").names == sorted({*VariablesDocument(text, "bill.yml").names, "it"})


def test_edit_of_a_bill_variable_adds_and_removes_its_comment() -> None:
    done = edit("a: 1\n", bill_dev_key="findme", b=2)
    assert done.text == 'a: 1\n# Developer Key.\nbill_dev_key: "findme"\nb: 2\n'
    assert edit(done.text, bill_dev_key=None, b=None).text == "a: 1\n"
    # A comment of the user stays.
    assert edit("# Mine.\nbill_dev_key: x\n", bill_dev_key=None).text == "# Mine.\n"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("it: old\n", "old"),
        ("it: 'old'\n", "old"),
        ("it: |-\n  old\n", "old"),
        ("it: !unsafe '{{ old }}'\n", "{{ old }}"),
        ("it: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  3061\n", "opened"),
        ("it: 7\n", 7),
        ("it: yes\n", True),
        ("it: 2026-12-22\n", date(2026, 12, 22)),
        ("it: [a, {b: 1.5}]\n", ["a", {"b": 1.5}]),
        ("a: &a old\nit: *a\n", "old"),
    ],
)
def test_edit_with_an_equal_value_changes_nothing(text: str, value: Any) -> None:
    assert edit(text, it=value) == Edit(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("it: 1\n", True),
        ("it: 1\n", 1.0),
        ("it: 1\n", "1"),
        ('it: "{{ old }}"\n', "{{ old }}"),
        ("it: [1]\n", [True]),
        ("it: {a: 1}\n", {"a": "1"}),
        ("it: {1: a}\n", {"1": "a"}),
        ("it: !unsafe 7\n", "7"),
        ("it: !other old\n", "old"),
        ("it: 2026-13-45\n", "2026-13-45"),
    ],
)
def test_edit_with_a_similar_value_of_another_type_changes_it(text: str, value: Any) -> None:
    assert edit(text, it=value).changed == ["it"]


ASKED = {
    "double": ("it: 1\nit: findme\n", "more than once"),
    "referred to": ("it: &a findme\nb: *a\n", "in bill.yml without a change to other parts of the file"),
    "taken over by others": (
        "it: &a {b: findme}\nc:\n  <<: *a\n",
        "in bill.yml without a change to other parts of the file",
    ),
    "JSON": ('{"it": "findme"}', "in bill.yml without a change to other parts of the file"),
    "braces": ("{a: findme}\n", "in bill.yml without a change to other parts of the file"),
}


@pytest.mark.promise(5)
@pytest.mark.promise(8)
@pytest.mark.parametrize(("text", "reported"), ASKED.values(), ids=ASKED)
@pytest.mark.parametrize("value", ["new", None])
def test_edit_that_would_change_other_variables_is_refused(text: str, reported: str, value: str | None) -> None:
    if "it" not in VariablesDocument(text, "bill.yml").names and value is None:
        assert edit(text, it=None) == Edit(text)
        return
    with pytest.raises(BillError, match=reported) as refusal:
        edit(text, it=value)
    assert "findme" not in str(refusal.value)


@pytest.mark.parametrize("wrong", ['"another"', '"new"\nit: "new"', '"new"\nother: 1'])
def test_edit_that_does_not_read_back_is_refused(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cause may be the code that writes the value, or the code that finds its position."""
    monkeypatch.setattr(variables_document, "written", lambda _value: wrong)
    for before in ("it: old\n", "a: 1\n"):
        with pytest.raises(BillError, match=r"bill\.connect cannot change the variable it in bill\.yml"):
            edit(before, it="new")


def test_edit_that_removes_a_merged_variable_is_refused() -> None:
    text = "d: &d {it: old}\n<<: [*d]\n"
    assert VariablesDocument(text, "bill.yml").names == ["d", "it"]
    with pytest.raises(BillError, match=r"bill\.connect cannot change the variable it in bill\.yml"):
        edit(text, it=None)


# Files that ansible-core reads, and that PyYAML's own parser refuses or that need other care.
AS_ANSIBLE = {
    "tabs": "one:\t1\ntwo: [1,\n\t2]\t# why\n",
    "a tab at an end": "one: a\t\ntwo: b\t# why\n",
    "JSON with tabs": '{\n\t"one": 1,\n\t"two": {"three": [1, null, true]}\n}\n',
    "JSON with a surrogate pair": '{"one": "\\ud83d\\udc69", "two": "a\\/b"}',
    "JSON with a delete character": '{"one": "a\x7fb", "two": 2}',
    "null": "~\n",
    "JSON without variables": "{}",
    "a mark": "\ufeffone: 1\ntwo: 2\n",
}


@pytest.mark.promise(14)
@pytest.mark.parametrize("text", AS_ANSIBLE.values(), ids=AS_ANSIBLE)
def test_document_names_the_variables_that_ansible_reads(text: str) -> None:
    names = sorted(variables_in(DataLoader(), text, "/bill.yml"))
    assert VariablesDocument(text, "bill.yml").names == names
    assert names in (["one", "two"], [])


def test_edit_of_json_keeps_equal_values_and_changes_no_others() -> None:
    text = '{\n\t"it": "new", "other": [1, {"a": null}]\n}\n'
    assert edit(text, it="new", other=[1, {"a": None}]) == Edit(text)
    with pytest.raises(BillError, match=r"bill\.connect cannot change the variable it in bill\.yml"):
        edit(text, it="other")


NO_FILES = {
    "broken": ("a: 1\nb: 'findme\n", "is not valid YAML (line "),
    "not indented": ("a: 1\n b: findme\n", "is not valid YAML (line 2)"),
    "no such reference": ("a: *findme\n", "is not valid YAML (line 1)"),
    "a tab": ("a:\n\tfindme: 1\n", "is not valid YAML (line 2)"),
    "two documents": ("a: findme\n---\nb: 1\n", "holds several YAML documents"),
    "a list": ("- findme\n", "holds no variables"),
    "a text": ("findme\n", "holds no variables"),
    "a bell": ("a: findme\x07\n", "holds a character that YAML does not allow"),
}


@pytest.mark.promise(5)
@pytest.mark.promise(8)
@pytest.mark.parametrize(("text", "reported"), NO_FILES.values(), ids=NO_FILES)
def test_document_that_is_not_a_variables_file_is_an_error_without_its_content(text: str, reported: str) -> None:
    with pytest.raises(BillError) as refusal:
        VariablesDocument(text, "bill.yml")
    assert str(refusal.value).startswith(f"bill.yml {reported}")
    assert "findme" not in str(refusal.value)


@pytest.mark.promise(8)
@pytest.mark.parametrize("depth", range(200, 900, 100))
def test_document_that_is_nested_too_deeply_is_an_error(depth: int) -> None:
    text = "a: " + "[" * depth + "]" * depth + "\n"
    try:
        came = edit(text, it="new").text
    except BillError as error:
        came = str(error)
    # Python's limit decides how deep is too deep. A depth of 800 always is.
    fine = {text + 'it: "new"\n'} if depth < 800 else set()
    assert came in {"bill.yml is nested too deeply.", *fine}


@pytest.mark.promise(5)
@pytest.mark.parametrize("name", ["s3cret findme", "1findme", "", "fíndme", "find-me", "class", 7, None])
def test_edit_with_an_invalid_variable_name_does_not_repeat_it(name: Any) -> None:
    with pytest.raises(OptionError, match="is not valid for a variable") as refusal:
        VariablesDocument("", "bill.yml").edit({name: 1})
    assert "findme" not in str(refusal.value)


@pytest.mark.promise(5)
@pytest.mark.parametrize("value", [b"findme", {"findme"}, ["\ud800"], len, {"a": {(1, 2): [b"findme"]}}])
def test_edit_with_an_unsupported_value_does_not_repeat_it(value: Any) -> None:
    with pytest.raises(
        OptionError, match=r"bill\.connect cannot write the value of the variable it to a file"
    ) as refusal:
        edit("", it=value)
    assert "findme" not in str(refusal.value)


def test_edit_with_names_that_yaml_converts_keeps_the_names() -> None:
    names = ["yes", "null", "on", "y", "_1", "TRUE"]
    text = VariablesDocument("", "bill.yml").edit(dict.fromkeys(names, 1)).text
    assert VariablesDocument(text, "bill.yml").names == sorted(names)
    assert VariablesDocument(text, "bill.yml").edit(dict.fromkeys(names)).text == ""


def test_edit_of_a_document_with_nested_references_succeeds() -> None:
    """Each line refers to the line before several times."""
    lines = ["a0: &a0 [1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
    text = "\n".join([*lines, "self: &self [*self]", ""])
    assert edit(text, it="new").text == text + 'it: "new"\n'


class OfAnsible:
    """A value with ansible-core's marks: its type is a subclass of a plain one."""

    class Text(str):
        pass

    class Number(int):
        pass

    class Day(date):
        pass


def test_edit_with_a_dictionary_in_another_order_changes_nothing() -> None:
    text = edit("", it={"b": 1, "a": 2}).text
    assert text == 'it: {"b": 1, "a": 2}\n'
    assert edit(text, it={"a": 2, "b": 1}) == Edit(text)


def test_edit_with_types_of_ansible_writes_plain_values() -> None:
    values = [OfAnsible.Text("a"), OfAnsible.Number(7), OfAnsible.Day(2026, 12, 22)]
    assert edit("", it=values).text == 'it: ["a", 7, 2026-12-22]\n'


TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(
    [
        "{{ a }}",
        "{%",
        "{#",
        "%TAG",
        "---",
        "...",
        "a: b",
        "# a",
        "*a",
        "&a",
        "!a",
        "\n",
        "\r\n",
        "\\",
        '"',
        "\u2028",
        "é😀",
    ]
)
VALUES = st.recursive(
    TEXTS | st.integers() | st.booleans() | st.floats(allow_nan=False) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["a", "b", "it", "yes", "bill_password", "bill_dev_key", "other"])
WRITTEN = st.sampled_from([text for text, _expected in (*PLACES.values(), *GONE.values(), *MORE.values())])


class _Loader(SafeLoader):
    """Loads the text as Ansible does, as far as this test needs."""


_Loader.add_multi_constructor("!", lambda _loader, tag, node: f"{node.value}" if tag == "unsafe" else (tag, node.value))


def read(text: str) -> Any:
    return _Loader(text).get_single_data() or {}


@given(WRITTEN, st.dictionaries(NAMES, st.none() | VALUES, max_size=4))
def test_edit_with_any_variables_sets_them_and_keeps_the_others(text: str, variables: dict[str, Any]) -> None:
    before = read(text)
    done, refusal = None, None
    try:
        done = edit(text, **variables)
    except BillError as error:
        refusal = error
    # An edit is refused only for a value that others refer to or merge.
    assert done or "&" in text, refusal
    if not done:
        return
    wanted = {**before, **variables}
    found = read(done.text)
    assert {name: value for name, value in wanted.items() if value is not None or name not in variables} == found
    assert VariablesDocument(done.text, "bill.yml").edit(variables) == Edit(done.text)
    lines = done.text.replace("\r\n", "\n").splitlines()
    touched = {*done.added, *done.changed, *done.removed}
    for line in text.replace("\r\n", "\n").splitlines():
        if line.startswith("#") or (line.partition(":")[0] in before and line.partition(":")[0] not in touched):
            assert line in lines
