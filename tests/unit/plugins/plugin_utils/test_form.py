# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The form: what a person is asked, what BILL hears, and what is to be kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils import _errors as errors
from ansible_collections.bill.connect.plugins.plugin_utils._fields import FIELDS
from ansible_collections.bill.connect.plugins.plugin_utils._form import Filled, Form, NobodyThere, TurnedBack
from ansible_collections.bill.connect.plugins.plugin_utils._options import OPTIONS as TABLE
from tests.unit.plugins.plugin_utils.conversation import OPTIONS
from tests.unit.plugins.plugin_utils.signing_in import (
    CHALLENGE,
    LOGIN,
    LOGOUT,
    METHODS,
    VALIDATE,
    Bill,
    Open,
    no,
)

DEFAULTS = {option.name: option.default for option in TABLE}
LABELS = {
    "username": "User Name",
    "password": "Password",
    "organization_id": "Organization ID",
    "dev_key": "Developer Key",
}
KEEPS = {f"bill_{name}": value for name, value in OPTIONS.items()}


class Someone:
    """A person, who types what was prepared for each label: the first time, the second, and so on; else only Enter."""

    def __init__(self, **typed: str | list[str]) -> None:
        self.typed = {
            label.replace("_", " "): [text] if isinstance(text, str) else text for label, text in typed.items()
        }
        self.asked: list[str] = []
        self.hidden: list[str] = []
        self.seen: list[str] = []
        self.turns_back_at = ""

    def ask(self, prompt: str, *, hidden: bool) -> str:
        label = prompt.strip().partition(":")[0]
        self.asked.append(label)
        self.seen.append(prompt)
        if hidden:
            self.hidden.append(label)
        if label == self.turns_back_at:
            raise TurnedBack("Ctrl-C.")
        return texts.pop(0) if (texts := self.typed.get(label, [])) else ""

    def tell(self, text: str) -> None:
        self.seen.append(text)

    def saw(self, text: str) -> bool:
        return any(text in line for line in self.seen)


class Nobody(Someone):
    def ask(self, prompt: str, *, hidden: bool) -> str:
        raise NobodyThere


def ap(**more: str | list[str]) -> Someone:
    """Who types what the emulated BILL knows."""
    return Someone(**{**{LABELS[name].replace(" ", "_"): value for name, value in OPTIONS.items()}, **more})


@pytest.fixture
def learned() -> list[str]:
    return []


@pytest.fixture
def fill(open_sign_in: Open, learned: list[str]) -> Any:
    def fill(
        person: Someone,
        *,
        given: Mapping[str, Any] | None = None,
        found: tuple[str, ...] = (),
        kept: Mapping[str, Any] | None = None,
        mfa: bool | None = None,
    ) -> Filled:
        given = given or {}
        form = Form(
            person,
            values={**DEFAULTS, **given},
            given={name: f"the variable bill_{name}" for name in given},
            found=frozenset(found),
            kept=kept or {},
            open=lambda values: open_sign_in(
                **{**values, "api_url": values["api_url"] or f"https://{values['environment']}.example.com/connect"}
            ),
            learn=learned.append,
        )
        return form.fill(mfa=mfa)

    return fill


def test_it_asks_for_four_values_and_keeps_what_bill_accepts(fill: Any, bill: Bill, learned: list[str]) -> None:
    person = ap()
    done = fill(person)
    assert person.asked == ["Environment", "Sign in with", *LABELS.values(), "MFA"]
    assert person.hidden == ["Password", "Developer Key"]
    assert bill.heard == [LOGIN]
    assert done.variables == {"bill_auth_method": "password", "bill_environment": "sandbox", **KEEPS}
    assert (done.changed, done.elsewhere) == (True, [])
    assert learned == [OPTIONS["password"], OPTIONS["dev_key"]]


def test_each_question_says_what_is_wanted_in_a_line(fill: Any) -> None:
    person = ap()
    fill(person)
    for each in FIELDS["password"]:
        assert person.saw(f"{each.label}: {each.where}")
    assert person.saw("Its web app: https://login.stage.us.bill.com/neo/login")
    assert person.saw("  " + OPTIONS["username"])
    assert not person.saw("findme")


@pytest.mark.parametrize(("typed", "named"), [("", "sandbox"), ("production", "production")])
def test_the_environment_is_asked_for_first(fill: Any, typed: str, named: str) -> None:
    done = fill(ap(Environment=typed))
    assert done.variables["bill_environment"] == named
    assert done.sign_in.gateway.address.host == f"{named}.example.com"


def test_what_is_given_is_not_asked_for(fill: Any) -> None:
    given = {"username": OPTIONS["username"], "dev_key": OPTIONS["dev_key"], "environment": "production"}
    person = ap()
    done = fill(person, given=given, found=("dev_key",))
    assert person.asked == ["Sign in with", "Password", "Organization ID", "MFA"]
    assert person.saw("User Name: from the variable bill_username")
    assert done.variables == {
        "bill_auth_method": "password",
        "bill_environment": "production",
        **{name: value for name, value in KEEPS.items() if name != "bill_dev_key"},
    }
    # What later plays find in the same place is not written a second time, where it could go stale.
    assert done.elsewhere == ["bill_dev_key"]


def test_a_value_that_cannot_be_one_is_asked_for_again_at_once(fill: Any, bill: Bill) -> None:
    person = ap(Organization_ID=["", "008 and a blank", OPTIONS["organization_id"]], Environment=["sandbx", ""])
    fill(person)
    assert person.asked.count("Organization ID") == 3
    assert person.saw("Organization ID is needed.")
    assert person.saw(
        "What was typed for Organization ID holds a character, perhaps a blank, that cannot be part of it."
    )
    assert person.saw("What was typed for Environment must be one of sandbox, production.")
    assert bill.heard == [LOGIN]


# --- what BILL refuses ---


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("code", "labels"),
    [
        ("BDC_1101", ["Environment", "User Name", "Password"]),
        ("BDC_1102", ["Environment", "Developer Key"]),
        ("BDC_1103", ["Developer Key"]),
        ("BDC_1123", ["Environment", "Organization ID"]),
        ("BDC_1106", ["User Name", "Organization ID"]),
    ],
)
def test_only_what_bills_answer_points_at_is_asked_for_again(
    fill: Any, bill: Bill, code: str, labels: list[str]
) -> None:
    bill.will_say(no(code))
    person = ap()
    person.typed[labels[-1]].insert(0, "slip")
    done = fill(person, mfa=False)
    first = ["Environment", "Sign in with", *LABELS.values()]
    assert person.asked[: len(first)] == first
    assert person.asked[len(first) :] == labels
    assert person.saw(f"BILL answered {code}")
    named = " and ".join(", ".join(labels).rsplit(", ", 1))
    assert person.saw(f"Please correct {named} (correction 1 of 3):")
    # What was not asked for again is what was typed before.
    assert {name: done.variables[name] for name in KEEPS} == KEEPS


@pytest.mark.parametrize("failure", [errors.TimedOut("Late."), (503, None)], ids=str)
def test_what_was_typed_is_not_lost_where_bill_cannot_be_reached(fill: Any, bill: Bill, failure: Any) -> None:
    bill.will_say(*[failure] * 4)
    person = ap()
    assert fill(person).variables["bill_password"] == OPTIONS["password"]
    assert person.asked[-2:] == ["Press Enter to ask BILL again", "MFA"]
    assert bill.heard == [LOGIN] * 5


@pytest.mark.promise(4)
def test_three_corrections_are_all_that_there_are(fill: Any, bill: Bill) -> None:
    person = ap(Password=["one", "two", "three", "four", "five"])
    with pytest.raises(errors.CredentialRefused) as failed:
        fill(person)
    assert bill.heard == [LOGIN] * 4
    assert [each.body["password"] for each in bill.requests] == ["one", "two", "three", "four"]
    assert str(failed.value).endswith("Nothing was written.")


@pytest.mark.promise(4)
def test_the_same_wrong_value_is_not_sent_twice(fill: Any, bill: Bill) -> None:
    person = ap(Password=["wrong", "", "wrong", OPTIONS["password"]])
    done = fill(person)
    assert [each.body["password"] for each in bill.requests] == ["wrong", OPTIONS["password"]]
    assert person.saw("was not asked again")
    assert done.variables["bill_password"] == OPTIONS["password"]


@pytest.mark.promise(4)
@pytest.mark.parametrize("code", ["BDC_1107", "BDC_1110"])
def test_a_lock_ends_it(fill: Any, bill: Bill, code: str) -> None:
    bill.will_say(no(code))
    person = ap()
    with pytest.raises(errors.CredentialRefused, match=code):
        fill(person)
    assert bill.heard == [LOGIN]
    assert not person.saw("Please correct")


@pytest.mark.promise(8)
def test_a_given_value_is_corrected_where_it_comes_from(fill: Any, bill: Bill) -> None:
    bill.will_say(no("BDC_1103"))
    with pytest.raises(errors.CredentialRefused) as failed:
        fill(ap(), given={"dev_key": "inactive"})
    assert str(failed.value).endswith(" (dev_key comes from the variable bill_dev_key) Nothing was written.")
    # The task would say it once more, and of what was typed, too.
    assert failed.value.concerns == ()


def test_a_session_that_is_kept_proves_nothing(fill: Any, bill: Bill) -> None:
    fill(ap())
    bill.password = "another"
    with pytest.raises(errors.CredentialRefused):
        fill(ap(), given={"password": OPTIONS["password"], "username": OPTIONS["username"], "environment": "sandbox"})
    assert bill.heard == [LOGIN, LOGIN]


# --- again ---


def test_enter_keeps_what_the_file_has(fill: Any, learned: list[str]) -> None:
    person = Someone()
    done = fill(person, kept={"environment": "production", **OPTIONS})
    assert person.saw(f"[{OPTIONS['username']}]:")
    assert person.saw("it is not shown [the one in the vault file]:")
    assert not person.saw("findme")
    assert done.variables == {"bill_auth_method": "password"}


def test_a_new_password_signs_the_old_session_out(fill: Any, bill: Bill, open_sign_in: Open) -> None:
    fill(ap())
    bill.password = "new"
    done = fill(Someone(Password="new"), kept={"auth_method": "password", "environment": "sandbox", **OPTIONS})
    assert bill.heard == [LOGIN, LOGIN, LOGOUT]
    assert bill.last(LOGOUT).headers["sessionId"] == "SESSION-1"
    assert done.variables["bill_password"] == "new"


def test_so_does_one_that_is_given(fill: Any, bill: Bill) -> None:
    fill(ap())
    bill.password = "new"
    kept = {"auth_method": "password", "environment": "sandbox", **OPTIONS}
    done = fill(Someone(), given={"password": "new"}, kept=kept)
    assert bill.heard == [LOGIN, LOGIN, LOGOUT]
    assert done.variables == {"bill_password": "new"}


def test_the_mfa_id_of_another_user_is_not_kept(fill: Any, bill: Bill) -> None:
    mfa_id = {"remember_me_id": "s3cret-findme-mfaid", "device": "ci", "remember_me_id_expires_on": "2027-01-01"}
    done = fill(Someone(User_Name="other@example.com"), kept={**OPTIONS, **mfa_id})
    assert "rememberMeId" not in bill.last(LOGIN).body
    assert {done.variables[f"bill_{name}"] for name in mfa_id} == {None}


# --- turning back ---


@pytest.mark.parametrize(
    "label", ["Environment", "Sign in with", *LABELS.values(), "Press Enter to ask BILL again", "MFA", "Code"]
)
def test_whoever_turns_back_at_any_question_ends_it(fill: Any, bill: Bill, label: str) -> None:
    bill.will_say(*[errors.TimedOut("Late.")] * 4)
    person = ap(MFA="yes")
    person.turns_back_at = label
    with pytest.raises(TurnedBack):
        fill(person)
    assert person.asked[-1] == label


# --- MFA ---


def test_mfa_in_the_same_sitting(fill: Any, bill: Bill, learned: list[str]) -> None:
    done = fill(ap(MFA="yes", Code="012 345"))
    assert bill.heard == [LOGIN, CHALLENGE, VALIDATE]
    assert bill.last(VALIDATE).body["device"] == "bill-connect"
    assert done.session.trusted
    assert done.variables["bill_remember_me_id"] in learned
    assert done.variables["bill_device"] == "bill-connect"
    assert len(done.variables["bill_remember_me_id_expires_on"]) == len("2026-12-22")


def test_a_wrong_code_can_be_corrected(fill: Any, bill: Bill) -> None:
    bill.will_say(no("BDC_1119"), to=VALIDATE)
    person = ap(Code=["12345", "111111", "", "012345"])
    assert fill(person, mfa=True).session.trusted
    assert bill.heard == [LOGIN, CHALLENGE, VALIDATE, CHALLENGE, VALIDATE]
    assert person.saw("must be the digits of the code")
    assert person.saw("it did not take the code")


@pytest.mark.parametrize("code", ["BDC_1354", "BDC_1570"])
def test_where_there_is_no_mfa_the_rest_is_kept_all_the_same(fill: Any, bill: Bill, said: list[str], code: str) -> None:
    bill.will_say(no(code), to=CHALLENGE)
    done = fill(ap(), mfa=True)
    assert done.variables.keys() == {"bill_auth_method", "bill_environment", *KEEPS}
    [warning] = said
    assert warning.startswith(f"MFA is not set up: BILL answered {code}")


# --- the other methods ---


@pytest.mark.parametrize(
    "method", ["sync_token", "console_token", "oauth", "spend_token", "a partner's user", "the partner"]
)
def test_each_method_asks_only_for_what_it_needs(fill: Any, bill: Bill, method: str) -> None:
    wanted = {name: value for name, value in {**OPTIONS, **METHODS[method]}.items() if value}
    fields = FIELDS[wanted["auth_method"]]
    person = Someone(
        Sign_in_with=wanted["auth_method"],
        **{each.label.replace(" ", "_"): wanted.get(each.option, "") for each in fields},
    )
    done = fill(person, mfa=False)
    keeps = {each.option: wanted[each.option] for each in fields if each.option in wanted}
    assert person.asked == [
        "Environment",
        "Sign in with",
        *(each.label for each in fields if not each.only_with or "user_id" in wanted),
    ]
    assert done.variables == {
        "bill_auth_method": wanted["auth_method"],
        "bill_environment": "sandbox",
        **{f"bill_{name}": value for name, value in keeps.items()},
    }
    secret = {option.name for option in TABLE if option.secret}
    assert person.hidden == [each.label for each in fields if each.option in secret & keeps.keys()]


# --- nobody there ---


def test_without_a_terminal_everything_can_be_given(fill: Any, bill: Bill) -> None:
    done = fill(Nobody(), given=OPTIONS)
    assert bill.heard == [LOGIN]
    assert done.variables == {"bill_auth_method": "password", "bill_environment": "sandbox", **KEEPS}


@pytest.mark.promise(8)
def test_without_a_terminal_what_is_missing_is_named(fill: Any, bill: Bill) -> None:
    with pytest.raises(errors.OptionError) as failed:
        fill(Nobody(), given={"username": OPTIONS["username"]})
    assert "needs password (your BILL password), organization_id (begins with 008)" in str(failed.value)
    assert "Nobody can be asked here, because there is no terminal. Nothing was written." in str(failed.value)
    assert bill.heard == []
