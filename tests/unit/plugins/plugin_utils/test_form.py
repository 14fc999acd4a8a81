# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The form: its questions, the requests to BILL, and the values to store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from ansible_collections.bill.connect.plugins.plugin_utils._client.client import BillClient
from ansible_collections.bill.connect.plugins.plugin_utils._connect.form import Form, FormResult
from ansible_collections.bill.connect.plugins.plugin_utils._connect.form_caller import UNKNOWN_PLACE, Destination
from ansible_collections.bill.connect.plugins.plugin_utils._connect.questions import AUTH_METHOD, ENVIRONMENT, QUESTIONS
from ansible_collections.bill.connect.plugins.plugin_utils._core import errors
from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import (
    BillError,
    NoTerminalError,
    OptionError,
    UserAbortedError,
)
from ansible_collections.bill.connect.plugins.plugin_utils._core.secret_registry import SecretRegistry
from ansible_collections.bill.connect.plugins.plugin_utils._options import source as _source
from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import OPTIONS as TABLE
from tests.unit.plugins.plugin_utils.fake_bill import (
    API_URL,
    CHALLENGE,
    LOGIN,
    LOGOUT,
    METHODS,
    PARTNER_LOGIN,
    VALIDATE,
    Bill,
    OpenClient,
    no,
)
from tests.unit.plugins.plugin_utils.fakes import LABELS, OPTIONS, VARIABLES

DEFAULTS = {option.name: option.default for option in TABLE}


class Someone:
    """A person who types the prepared texts for each label, one each time. Without a text, the person only presses Enter."""

    def __init__(self, **typed: str | list[str]) -> None:
        self.typed = {
            label.replace("_", " "): [text] if isinstance(text, str) else text for label, text in typed.items()
        }
        self.asked: list[str] = []
        self.hidden: list[str] = []
        self.seen: list[str] = []
        self.turns_back_at = ""

    def ask(self, prompt: str, *, hidden: bool) -> str:
        label = prompt.strip().split("\n\n")[-1].partition(":")[0]
        self.asked.append(label)
        assert len(self.asked) < 100, f"always asked for the same: {label}"
        self.seen.append(prompt)
        assert self.asked.count(label) < 20, f"{label} is asked for again and again"
        if hidden:
            self.hidden.append(label)
        if label == self.turns_back_at:
            raise UserAbortedError("Ctrl-C.")
        return texts.pop(0) if (texts := self.typed.get(label, [])) else ""

    def show(self, text: str) -> None:
        self.seen.append(text)

    def saw(self, text: str) -> bool:
        return any(text in line for line in self.seen)


class Nobody(Someone):
    def ask(self, prompt: str, *, hidden: bool) -> str:
        super().ask(prompt, hidden=hidden)
        raise NoTerminalError


def ap(**more: str | list[str]) -> Someone:
    """A person who types the values that the emulated BILL accepts."""
    return Someone(**{**{LABELS[name].replace(" ", "_"): value for name, value in OPTIONS.items()}, **more})


class ListSecrets(SecretRegistry):
    """A registry that also records the secrets in order."""

    def __init__(self) -> None:
        super().__init__()
        self.added: list[str | None] = []

    def add(self, texts: Iterable[str | None]) -> None:
        new = [*texts]
        self.added += new
        super().add(new)


class Clients:
    """The clients of a test's BILL, for every address in the options."""

    def __init__(self, open_client: OpenClient) -> None:
        self._open_client = open_client

    def client_for(self, options: Mapping[str, Any]) -> BillClient:
        api_url = options["api_url"] or f"https://{options['environment']}.example.com/connect"
        return self._open_client(**{**options, "api_url": api_url})


@pytest.fixture
def secrets() -> ListSecrets:
    return ListSecrets()


@pytest.fixture
def fill(open_client: OpenClient, secrets: ListSecrets) -> Any:
    def fill(
        person: Someone,
        *,
        given: Mapping[str, Any] | None = None,
        found: tuple[str, ...] = (),
        stored: Mapping[str, Any] | None = None,
        faults: Mapping[str, OptionError] | None = None,
        mfa: bool | None = None,
        destination: Destination = UNKNOWN_PLACE,
    ) -> FormResult:
        given = given or {}
        form = Form(
            person,
            values={**DEFAULTS, **given},
            given={name: _source.variable(f"bill_{name}") for name in given},
            found=frozenset(found),
            stored=stored or {},
            faults=faults or {},
            clients=Clients(open_client),
            secrets=secrets,
            destination=destination,
        )
        return form.fill(mfa=mfa)

    return fill


def test_form_asks_for_four_values_and_stores_the_accepted_ones(fill: Any, bill: Bill, secrets: ListSecrets) -> None:
    person = ap()
    done = fill(person)
    assert person.asked == ["Environment", "Sign in with", *LABELS.values(), "MFA"]
    assert person.hidden == ["Password", "Developer Key"]
    assert bill.received == [LOGIN]
    assert done.variables == VARIABLES
    assert (done.changed, done.elsewhere) == (True, [])
    assert secrets.added == [OPTIONS["password"], OPTIONS["dev_key"]]


@pytest.mark.promise(18)
def test_form_variable_that_cannot_be_used_matters_only_to_its_method(fill: Any, bill: Bill) -> None:
    fault = OptionError("The variable bill_client_secret cannot be used.")
    fill(ap(), faults={"client_secret": fault})
    assert bill.received == [LOGIN]
    with pytest.raises(OptionError, match="bill_client_secret cannot be used"):
        fill(ap(Sign_in_with="oauth"), faults={"client_secret": fault})
    assert bill.received == [LOGIN]


def test_form_question_describes_its_value_in_one_line(fill: Any) -> None:
    person = ap()
    fill(person)
    secret = "; it is not shown"
    assert [text for text in person.seen if text.startswith("\n")] == [
        "\nPress Enter to use the value in [brackets]. Ctrl-C ends the form, and nothing is written then.\n"
        f"\nEnvironment: {ENVIRONMENT.where} [sandbox]:",
        f"\nSign in with: {AUTH_METHOD.where} [password]:",
        *(
            f"\n{each.label}: {each.where}{secret if each.label in person.hidden else ''}:"
            for each in QUESTIONS["password"]
        ),
        "\nbill.connect lets BILL validate these values.",
        "\nMFA: payments require a session that BILL trusts. Should BILL send a code to your phone now? yes or no [no]:",
    ]
    assert person.saw("BILL's web app: https://login.stage.us.bill.com/neo/login")
    assert person.saw("  " + OPTIONS["username"])
    assert not person.saw("findme")


@pytest.mark.parametrize(("typed", "named"), [("", "sandbox"), ("production", "production")])
def test_form_asks_for_the_environment_first(fill: Any, typed: str, named: str) -> None:
    done = fill(ap(Environment=typed))
    # The default environment is not stored, like the default method.
    assert done.variables == {**VARIABLES, **({} if named == "sandbox" else {"bill_environment": named})}
    assert done.client.transport.base_url.host == f"{named}.example.com"


def test_form_with_given_values_does_not_ask_for_them(fill: Any) -> None:
    given = {"username": OPTIONS["username"], "dev_key": OPTIONS["dev_key"], "environment": "production"}
    person = ap()
    done = fill(person, given=given, found=("dev_key",))
    assert person.asked == ["Sign in with", "Password", "Organization ID", "MFA"]
    assert person.saw("User Name: from the variable bill_username")
    assert done.variables == {
        "bill_environment": "production",
        **{name: value for name, value in VARIABLES.items() if name != "bill_dev_key"},
    }
    # Later plays find the value where it is. A second copy could become stale.
    assert done.elsewhere == ["bill_dev_key"]


def test_form_after_an_invalid_value_asks_again_at_once(fill: Any, bill: Bill) -> None:
    person = ap(Organization_ID=["", "008 and a blank", OPTIONS["organization_id"]], Environment=["sandbx", ""])
    fill(person)
    first = ["Environment", "Environment", "Sign in with", "User Name", "Password"]
    assert person.asked == [*first, *["Organization ID"] * 3, "Developer Key", "MFA"]
    reported = person.seen.index("Organization ID is required. Type a value.")
    assert person.seen[reported + 1].startswith("\nOrganization ID:")
    assert person.saw(
        "The value that you typed for Organization ID contains a character that is not allowed, perhaps a space. "
        "It is character 4. Copy the value again."
    )
    assert person.saw("The value that you typed for Environment must be one of sandbox, production.")
    # BILL did not refuse anything, so there was no correction.
    assert person.seen.count("\nbill.connect lets BILL validate these values.") == 1
    assert bill.received == [LOGIN]


def test_form_strips_spaces_around_typed_values_except_passwords(fill: Any, bill: Bill) -> None:
    bill.password = f" {OPTIONS['password']} "
    person = ap(**{LABELS[name].replace(" ", "_"): f" {value} " for name, value in OPTIONS.items()}, MFA=" no ")
    assert fill(person).variables.items() >= {**VARIABLES, "bill_password": bill.password}.items()
    person = ap(Password=["  ", bill.password])
    fill(person)
    assert person.saw("Password is required. Type a value.")


def test_form_rejects_typed_keys_that_are_not_characters(fill: Any, bill: Bill) -> None:
    person = ap(User_Name=["ap\x1b[D", "\udce4", OPTIONS["username"]])
    fill(person)
    start = "The value that you typed for User Name holds"
    assert person.saw(f"{start} an escape character (an arrow key types one) (character 3). Type the value again.")
    assert person.saw(f"{start} a byte that is not UTF-8 (character 1). Type the value again.")
    assert not person.saw("YAML")


def test_form_invisible_characters_of_a_password_are_accepted(fill: Any, bill: Bill) -> None:
    bill.password = "ab\u00a0cd\u3000\U0001f469\u200d\U0001f4bb"
    assert fill(ap(Password=bill.password)).variables["bill_password"] == bill.password


DOUBTED = [
    ("password", "User_Name", "s3cret-findme-P@ssword", "is not an e-mail address such as ap@example.com"),
    ("console_token", "User_Name", "s3cret-findme-slip", "is not an e-mail address such as ap@example.com"),
    ("a partner's user", "User_Name", "s3cret-findme-slip", "is not an e-mail address such as ap@example.com"),
    ("password", "Organization_ID", "S3CRETfindmeKEY", "does not begin with 008"),
    ("console_token", "Organization_ID", "00609EXAMPLEEXAMPLE9", "does not begin with 008"),
    ("a partner's user", "Organization_ID", "00609EXAMPLEEXAMPLE9", "does not begin with 008"),
    ("a partner's user", "User_ID", "00809EXAMPLEEXAMPLE9", "does not begin with 006"),
]


@pytest.mark.promise(5)
@pytest.mark.promise(8)
@pytest.mark.parametrize(("method", "label", "slip", "why"), DOUBTED)
def test_form_doubtful_value_is_asked_about_before_it_is_sent(
    fill: Any, bill: Bill, method: str, label: str, slip: str, why: str
) -> None:
    wanted = {n: value for n, value in {"auth_method": "password", **OPTIONS, **METHODS[method]}.items() if value}
    typed = {each.label.replace(" ", "_"): [wanted[each.option]] for each in QUESTIONS[wanted["auth_method"]]}
    corrected = {**typed, label: [slip, *typed[label]]}
    fill(person := Someone(Sign_in_with=wanted["auth_method"], **corrected), mfa=False)
    name = label.replace("_", " ")
    assert person.saw(f"The value that you typed for {name} {why}")
    assert person.saw(
        f". bill.connect has not sent it to BILL. Type the correct {name}. To send this value anyway, type it again."
    )
    # The value may be a password.
    assert not person.saw(slip)
    assert slip not in str([each.body for each in bill.requests])


@pytest.mark.parametrize(("method", "label", "slip", "_why"), [DOUBTED[0], DOUBTED[3]])
def test_form_doubtful_value_typed_twice_is_sent(
    fill: Any, bill: Bill, method: str, label: str, slip: str, _why: str
) -> None:
    bill.will_answer(no("BDC_1101"))
    # It is not doubted again when it is typed again after a refusal.
    person = ap(**{label: [slip, slip, slip], "Password": ["wrong", "right"]})
    bill.password = "right"
    variables = fill(person, mfa=False).variables
    assert slip in variables.values()
    assert len([text for text in person.seen if "has not sent it" in text]) == 1


def test_form_name_of_a_sync_token_is_not_doubted_but_at_a_user_name_its_method_is_named(fill: Any) -> None:
    token = METHODS["sync_token"]
    person = Someone(
        Sign_in_with="sync_token",
        **{each.label.replace(" ", "_"): {**OPTIONS, **token}[each.option] for each in QUESTIONS["sync_token"]},
    )
    fill(person)
    assert not person.saw("has not sent it")
    fill(person := ap(User_Name=["erp-sync", OPTIONS["username"]]))
    assert person.saw("(to use a sync token, start again and choose sync_token)")


def test_form_answer_to_mfa_that_is_neither_yes_nor_no_is_asked_again(fill: Any, bill: Bill) -> None:
    person = ap(MFA=["123456", "yes"], Code="012345")
    assert fill(person).session.trusted
    assert person.saw("Type yes or no.")


def test_form_does_not_ask_for_ever(fill: Any, bill: Bill) -> None:
    with pytest.raises(
        OptionError, match="You typed no usable value for Organization ID 10 times. Nothing was written"
    ):
        fill(ap(Organization_ID=["a b"] * 20))
    assert bill.received == []


def test_form_with_a_given_environment_ignores_the_stored_api_url(fill: Any) -> None:
    done = fill(Someone(), given={"environment": "production"}, stored={"api_url": API_URL, **OPTIONS})
    assert done.client.transport.base_url.host == "production.example.com"
    assert done.variables == {"bill_environment": "production", "bill_api_url": None}


def test_form_with_an_api_url_does_not_ask_for_the_environment(fill: Any, bill: Bill) -> None:
    bill.will_answer(no("BDC_1101"))
    person = ap(User_Name=["slip@example.com", OPTIONS["username"]])
    done = fill(person, given={"api_url": API_URL})
    assert person.saw(f"BILL: {API_URL}, from the variable bill_api_url")
    # The environment is not corrected, because it does not change BILL's address here.
    assert person.asked == ["Sign in with", *LABELS.values(), "Password", "User Name", "MFA"]
    assert done.variables == {"bill_api_url": API_URL, **VARIABLES}
    person = Someone()
    done = fill(person, stored={"api_url": API_URL, "auth_method": "password", **OPTIONS})
    assert person.saw(f"BILL: {API_URL}, from the vault file")
    assert done.variables == {}


# --- what BILL refuses ---


@pytest.mark.promise(8)
@pytest.mark.parametrize(
    ("code", "labels"),
    [
        # A person types the secret at the first question after a refusal. Nobody must see it.
        ("BDC_1101", ["Password", "User Name", "Environment"]),
        ("BDC_1102", ["Developer Key", "Environment"]),
        ("BDC_1103", ["Developer Key"]),
        ("BDC_1123", ["Organization ID", "Environment"]),
        ("BDC_1106", ["User Name", "Organization ID"]),
    ],
)
def test_form_after_a_refusal_asks_only_for_the_named_values(
    fill: Any, bill: Bill, code: str, labels: list[str]
) -> None:
    bill.will_answer(no(code))
    person = ap()
    slips = {"User Name": "slip@example.com", "Organization ID": "00899EXAMPLEEXAMPLE9"}
    person.typed[labels[0]].insert(0, slips.get(labels[0], "slip"))
    done = fill(person, mfa=False)
    first = ["Environment", "Sign in with", *LABELS.values()]
    assert person.asked[: len(first)] == first
    assert person.asked[len(first) :] == labels
    assert person.saw(f"BILL answered {code}")
    named = " and ".join(", ".join(labels).rsplit(", ", 1))
    assert person.saw(f"Please correct {named} (correction 1 of 3). Enter keeps a value:")
    # Values without a second question are those that the person typed before.
    assert {name: done.variables[name] for name in VARIABLES} == VARIABLES


@pytest.mark.parametrize(
    ("failure", "reported"), [(errors.RequestTimeoutError("Late."), "Late."), ((503, None), "HTTP status 503")]
)
def test_form_when_bill_is_unreachable_keeps_typed_values_and_offers_a_retry(
    fill: Any, bill: Bill, failure: Any, reported: str
) -> None:
    bill.will_answer(*[failure] * 4)
    person = ap()
    assert fill(person).variables["bill_password"] == OPTIONS["password"]
    assert person.asked[-2:] == ["Press Enter to try again", "MFA"]
    assert person.saw(reported)
    assert bill.received == [LOGIN] * 5
    # The form does not repeat for ever.
    bill.will_answer(*[failure] * 99)
    with pytest.raises(errors.BillError, match=r"Nothing was written\.$"):
        fill(person := ap())
    assert person.asked.count("Press Enter to try again") == 3


def test_form_with_inconsistent_given_values_ends_with_an_error(fill: Any, bill: Bill) -> None:
    with pytest.raises(errors.OptionError, match=r"device.*Nothing was written\.$") as failed:
        fill(ap(), given={"remember_me_id": "s3cret-findme-mfaid"})
    assert "there is no terminal" not in str(failed.value)
    assert bill.received == []


def test_form_after_an_error_no_value_can_solve_ends(fill: Any, bill: Bill) -> None:
    bill.will_answer((200, b"<html>"))
    person = ap()
    with pytest.raises(errors.InvalidResponseError):
        fill(person)
    assert not person.saw("Please correct")
    assert bill.received == [LOGIN]


@pytest.mark.promise(4)
def test_form_after_three_corrections_ends(fill: Any, bill: Bill) -> None:
    person = ap(Password=["one", "two", "three", "four", "five"])
    with pytest.raises(errors.AuthenticationError) as failed:
        fill(person)
    assert bill.received == [LOGIN] * 4
    assert [each.body["password"] for each in bill.requests] == ["one", "two", "three", "four"]
    assert str(failed.value).endswith("use the task bill_login with force: true. Nothing was written.")


@pytest.mark.promise(4)
def test_form_with_an_unchanged_value_does_not_send_it_again(fill: Any, bill: Bill) -> None:
    person = ap(Password=["wrong", "", "wrong", OPTIONS["password"]])
    done = fill(person)
    assert [each.body["password"] for each in bill.requests] == ["wrong", OPTIONS["password"]]
    assert person.saw("No value was changed, so bill.connect does not send the values again.")
    assert done.variables["bill_password"] == OPTIONS["password"]


@pytest.mark.promise(4)
@pytest.mark.parametrize("code", ["BDC_1104", "BDC_1106", "BDC_1111", "BDC_1113"])
def test_form_after_a_refusal_without_a_correction_sends_once(fill: Any, bill: Bill, code: str) -> None:
    """This also applies if the refusal is not cached."""
    bill.will_answer(no(code))
    with pytest.raises(errors.ApiError, match=code):
        fill(ap())
    assert bill.received == [LOGIN]


@pytest.mark.promise(4)
def test_form_with_a_rejected_partner_sends_no_login_for_another_user(fill: Any, bill: Bill) -> None:
    wanted = {**OPTIONS, **METHODS["a partner's user"]}
    bill.will_answer(no("BDC_1101"), to=PARTNER_LOGIN)
    for user in ("00601", "00602"):
        with pytest.raises(errors.AuthenticationError, match="BDC_1101"):
            fill(Nobody(), given={**wanted, "user_id": user})
    assert bill.received == [PARTNER_LOGIN]


@pytest.mark.promise(4)
@pytest.mark.parametrize("code", ["BDC_1107", "BDC_1110"])
def test_form_after_a_locked_account_ends(fill: Any, bill: Bill, code: str) -> None:
    bill.will_answer(no(code))
    person = ap()
    with pytest.raises(errors.AuthenticationError, match=code):
        fill(person)
    assert bill.received == [LOGIN]
    assert not person.saw("Please correct")


@pytest.mark.promise(8)
def test_form_with_a_rejected_given_value_names_its_source(fill: Any, bill: Bill) -> None:
    bill.will_answer(no("BDC_1103"))
    with pytest.raises(errors.AuthenticationError) as failed:
        fill(ap(), given={"dev_key": "inactive"})
    assert str(failed.value).endswith(" (dev_key comes from the variable bill_dev_key) Nothing was written.")
    assert (failed.value.code, failed.value.status) == ("BDC_1103", 400)
    # The message has the sources already, and the task does not know what was typed.
    assert failed.value.options == ()


@pytest.mark.promise(8)
def test_form_after_a_refusal_asks_only_for_the_typed_value(fill: Any, bill: Bill) -> None:
    person = ap(Password=["wrong", OPTIONS["password"]])
    fill(person, given={"username": OPTIONS["username"], "environment": "sandbox"})
    assert person.asked == [
        *("Sign in with", "Password", "Organization ID", "Developer Key"),
        *("Password", "MFA"),
    ]
    assert person.saw("Please correct Password (correction 1 of 3). Enter keeps a value:")
    assert person.saw("it is not shown [the value that you typed]:")
    assert not person.saw("the value in the vault file")


def test_form_after_a_refusal_can_correct_the_environment(fill: Any, bill: Bill) -> None:
    bill.will_answer(no("BDC_1102"))
    done = fill(ap(Environment=["", "production"]))
    assert done.variables["bill_environment"] == "production"
    assert done.client.transport.base_url.host == "production.example.com"


def test_form_with_a_rejected_given_key_can_correct_only_the_environment(fill: Any, bill: Bill) -> None:
    bill.will_answer(no("BDC_1102"))
    person = ap(Environment=["", "production"])
    done = fill(person, given={"dev_key": OPTIONS["dev_key"]})
    assert person.saw("(dev_key comes from the variable bill_dev_key) Nothing was written.")
    assert person.saw("Please correct Environment (correction 1 of 3). Enter keeps a value:")
    assert done.variables["bill_environment"] == "production"


def test_form_for_the_partner_after_a_refusal_asks_for_user_name_and_user_id(fill: Any, bill: Bill) -> None:
    bill.will_answer(no("BDC_1106"))
    partner = {
        "App_Key": METHODS["the partner"]["app_key"],
        "User_Name": ["p@example.com", "q@example.com"],
        "Password": "p",
    }
    person = Someone(Sign_in_with="partner", **partner)
    fill(person)
    assert person.asked[-2:] == ["User Name", "User ID"]
    assert person.saw("Please correct User Name and User ID (correction 1 of 3). Enter keeps a value:")
    assert person.saw("  (none)")


def test_form_with_a_stored_session_still_validates_the_credentials(fill: Any, bill: Bill) -> None:
    fill(ap())
    bill.password = "another"
    with pytest.raises(errors.AuthenticationError):
        fill(ap(), given={"password": OPTIONS["password"], "username": OPTIONS["username"], "environment": "sandbox"})
    assert bill.received == [LOGIN, LOGIN]


# --- another run ---


def test_form_after_enter_keeps_the_value_of_the_file(fill: Any, secrets: ListSecrets) -> None:
    person = Someone()
    done = fill(person, stored={"environment": "production", **OPTIONS})
    assert person.saw(f"[{OPTIONS['username']}]:")
    assert person.saw("it is not shown [the value in the vault file]:")
    assert not person.saw("findme")
    assert done.variables == {}


def test_form_with_a_new_password_ends_the_old_session(fill: Any, bill: Bill) -> None:
    fill(ap())
    bill.password = "new"
    done = fill(Someone(Password="new"), stored={"auth_method": "password", "environment": "sandbox", **OPTIONS})
    assert bill.received == [LOGIN, LOGIN, LOGOUT]
    assert bill.last(LOGOUT).headers["sessionId"] == "SESSION-1"
    assert done.variables["bill_password"] == "new"


def test_form_with_a_new_given_password_ends_the_old_session(fill: Any, bill: Bill) -> None:
    fill(ap())
    bill.password = "new"
    stored = {"auth_method": "password", "environment": "sandbox", **OPTIONS}
    done = fill(Someone(), given={"password": "new"}, stored=stored)
    assert bill.received == [LOGIN, LOGIN, LOGOUT]
    assert done.variables == {"bill_password": "new"}


# A user's own file need not contain default values.
@pytest.mark.parametrize("also", [{}, {"auth_method": "password", "environment": "sandbox"}])
def test_form_with_a_given_value_ignores_that_of_the_file(fill: Any, bill: Bill, also: dict[str, str]) -> None:
    fill(ap())
    bill.password = "new"
    done = fill(Someone(), given={"password": "new"}, stored={**also, **OPTIONS})
    assert bill.last(LOGIN).body["password"] == "new"
    assert done.variables["bill_password"] == "new"
    assert bill.received == [LOGIN, LOGIN, LOGOUT]


class FullDisk:
    """A place for variables that takes nothing any more after some checks."""

    def __init__(self, checks: int) -> None:
        self._checks = checks

    def refuse_if_unwritable(self) -> None:
        if self._checks == 0:
            raise BillError("bill.yml cannot be used (No space left on device).")
        self._checks -= 1


@pytest.mark.parametrize(
    ("checks", "sent"),
    [(0, []), (1, [LOGIN]), (2, [LOGIN, CHALLENGE, VALIDATE]), (3, [LOGIN, CHALLENGE, VALIDATE, LOGOUT])],
)
def test_form_whose_values_cannot_be_written_ends_no_session(
    fill: Any, bill: Bill, checks: int, sent: list[str]
) -> None:
    """At first, after BILL accepted the values, and after MFA."""
    fill(ap())
    bill.password = "new"
    earlier = len(bill.received)
    person = Someone(Password="new", Code="123456")
    stored = {"auth_method": "password", "environment": "sandbox", **OPTIONS}
    if checks == 3:
        fill(person, stored=stored, mfa=True, destination=FullDisk(checks))
    else:
        with pytest.raises(BillError, match="No space left on device") as failure:
            fill(person, stored=stored, mfa=True, destination=FullDisk(checks))
        message = "bill.connect did not end the session of the old values. Correct this, and start again."
        assert str(failure.value).endswith(message) is (checks > 0)
    assert bill.received[earlier:] == sent
    assert bool(person.asked) is bool(checks)


def test_form_with_another_user_does_not_end_the_session_of_the_old_user(fill: Any, bill: Bill) -> None:
    fill(ap())
    bill.password = "new"
    fill(Someone(User_Name="other@example.com", Password="new"), stored=OPTIONS)
    assert bill.received == [LOGIN, LOGIN]


MFA_ID = {"remember_me_id": "s3cret-findme-mfaid", "device": "ci", "remember_me_id_expires_on": "2027-01-01"}


def test_form_with_another_user_does_not_store_the_old_mfa_id(fill: Any, bill: Bill) -> None:
    done = fill(Someone(User_Name="other@example.com"), stored={**OPTIONS, **MFA_ID})
    assert "rememberMeId" not in bill.last(LOGIN).body
    assert {done.variables[f"bill_{name}"] for name in MFA_ID} == {None}
    # An MFA ID given for this user is stored.
    new = {"remember_me_id": "s3cret-findme-other", "device": "other"}
    done = fill(Someone(User_Name="other@example.com"), stored={**OPTIONS, **MFA_ID}, given=new)
    assert bill.last(LOGIN).body["rememberMeId"] == new["remember_me_id"]
    # The file had no MFA ID, so there is none to remove.
    done = fill(Someone(User_Name="third@example.com"), stored=OPTIONS)
    assert "bill_device" not in done.variables


def test_form_after_a_corrected_user_does_not_send_the_old_mfa_id(fill: Any, bill: Bill) -> None:
    stored = {**OPTIONS, "username": "other@example.com", "password": "stale", **MFA_ID}
    bill.will_answer(no("BDC_1101"))
    person = Someone(User_Name=["", OPTIONS["username"]], Password=["", OPTIONS["password"]])
    done = fill(person, stored=stored)
    sent = [each.body.get("rememberMeId") for each in bill.requests]
    # The stored MFA ID belongs to the stored user.
    assert sent == [MFA_ID["remember_me_id"], None]
    assert done.variables == {
        **{f"bill_{name}": OPTIONS[name] for name in ("username", "password")},
        **dict.fromkeys(f"bill_{name}" for name in MFA_ID),
    }


def test_form_after_a_correction_to_the_user_of_the_file_sends_its_mfa_id(fill: Any, bill: Bill) -> None:
    bill.will_answer(no("BDC_1101"))
    bill.remembered.add((MFA_ID["remember_me_id"], MFA_ID["device"]))
    done = fill(Someone(User_Name=["other@example.com", OPTIONS["username"]]), stored={**OPTIONS, **MFA_ID})
    assert [each.body.get("rememberMeId") for each in bill.requests] == [None, MFA_ID["remember_me_id"]]
    assert done.variables == {}


@pytest.mark.parametrize("mfa", [None, True])
def test_form_with_the_same_user_keeps_the_mfa_id(fill: Any, bill: Bill, mfa: bool | None) -> None:
    bill.remembered.add((MFA_ID["remember_me_id"], MFA_ID["device"]))
    person = Someone()
    done = fill(person, stored={"environment": "sandbox", "auth_method": "password", **OPTIONS, **MFA_ID}, mfa=mfa)
    assert bill.last(LOGIN).body["rememberMeId"] == MFA_ID["remember_me_id"]
    # A trusted session needs no code.
    assert "MFA" not in person.asked
    assert bill.received == [LOGIN]
    assert done.session.trusted
    assert done.variables == {}


def test_form_with_only_a_new_mfa_id_ends_no_session(fill: Any, bill: Bill) -> None:
    fill(ap())
    new = {"remember_me_id": "s3cret-findme-other", "device": "other"}
    fill(Someone(), stored={**OPTIONS, **MFA_ID}, given=new)
    assert LOGOUT not in bill.received


# --- abort ---


@pytest.mark.parametrize(
    "label", ["Environment", "Sign in with", *LABELS.values(), "Press Enter to try again", "MFA", "Code"]
)
def test_form_aborted_at_any_question_ends(fill: Any, bill: Bill, label: str) -> None:
    bill.will_answer(*[errors.RequestTimeoutError("Late.")] * 4)
    person = ap(MFA="yes")
    person.turns_back_at = label
    with pytest.raises(UserAbortedError):
        fill(person)
    assert person.asked[-1] == label


# --- MFA ---


def test_form_with_mfa_accepted_sets_up_the_mfa_id(fill: Any, bill: Bill, secrets: ListSecrets) -> None:
    done = fill(ap(MFA="yes", Code="012 345"))
    assert bill.received == [LOGIN, CHALLENGE, VALIDATE]
    assert bill.last(VALIDATE).body["device"] == "bill-connect"
    assert done.session.trusted
    assert done.variables["bill_remember_me_id"] in secrets.texts
    assert done.variables["bill_device"] == "bill-connect"
    assert len(done.variables["bill_remember_me_id_expires_on"]) == len("2026-12-22")


def test_form_after_a_wrong_mfa_code_asks_again(fill: Any, bill: Bill) -> None:
    bill.will_answer(no("BDC_1119"), to=VALIDATE)
    person = ap(Code=["12345", "111111", "", "012345"])
    assert fill(person, mfa=True).session.trusted
    assert bill.received == [LOGIN, CHALLENGE, VALIDATE, CHALLENGE, VALIDATE]
    assert person.saw("must be the digits of the code")
    assert person.saw("it did not accept the code")


@pytest.mark.parametrize(
    "refusal",
    [
        no("BDC_1356"),
        no("BDC_7777", 422),
        (400, [{"message": "token: is invalid"}]),
        (400, [{"message": "findme"}]),
        (400, [{"code": "BDC_1119", "message": "Invalid field,value"}]),
    ],
    ids=str,
)
def test_form_after_any_mfa_refusal_that_is_no_lock_asks_again(fill: Any, bill: Bill, refusal: Any) -> None:
    bill.will_answer(refusal, refusal, to=VALIDATE)
    person = ap(Code=["111111", "222222", "012345"])
    assert fill(person, mfa=True).session.trusted
    assert bill.received == [LOGIN, CHALLENGE, VALIDATE, VALIDATE, VALIDATE]
    assert person.saw("not accept the code")
    assert not person.saw("findme")


@pytest.mark.parametrize("code", ["BDC_1322", "BDC_1144"])
def test_form_after_a_refused_request_for_a_new_mfa_code_keeps_the_old_code(fill: Any, bill: Bill, code: str) -> None:
    person = ap(Code=["", "012345"])
    bill.will_answer((200, {"challengeId": "C-1"}), *[no(code)] * 4, to=CHALLENGE)
    assert fill(person, mfa=True).session.trusted
    assert bill.last(VALIDATE).body["challengeId"] == "C-1"
    assert person.saw("too many codes were requested within a minute")


def test_form_after_a_rejected_challenge_requests_a_new_code(fill: Any, bill: Bill) -> None:
    bill.will_answer((400, [{"code": "BDC_1119", "message": "challengeId: is invalid"}]), to=VALIDATE)
    assert fill(ap(Code=["111111", "012345"]), mfa=True).session.trusted
    assert bill.received == [LOGIN, CHALLENGE, VALIDATE, CHALLENGE, VALIDATE]


def test_form_with_a_rejected_device_names_the_option_and_its_source(fill: Any, bill: Bill, warned: list[str]) -> None:
    message = "Invalid entity data. deviceId: Maximum length cannot be greater than 30 characters."
    bill.will_answer((400, [{"code": "BDC_1143", "message": message}]), to=VALIDATE)
    fill(ap(Code=["012345"] * 3), given={"device": "d" * 49}, mfa=True)
    assert bill.received == [LOGIN, CHALLENGE, VALIDATE]
    assert warned == [
        "MFA is not set up: BILL answered BDC_1143 (HTTP status 400): device is too long. BILL accepts at most 30 characters. Shorten it. "
        "(device comes from the variable bill_device) BILL accepted the credentials. To set up MFA, run this again."
    ]


def test_form_after_enter_or_an_expired_mfa_code_requests_a_new_code(fill: Any, bill: Bill) -> None:
    bill.will_answer(no("BDC_1374"), to=VALIDATE)
    person = ap(Code=["", "111111", "012345"])
    assert fill(person, mfa=True).session.trusted
    assert bill.received == [LOGIN, CHALLENGE, CHALLENGE, VALIDATE, CHALLENGE, VALIDATE]
    assert bill.last(VALIDATE).body["challengeId"] == "CHALLENGE-5"
    assert person.saw("the MFA code has expired")


def test_form_with_an_expired_session_at_the_mfa_code_requests_a_new_code(fill: Any, bill: Bill) -> None:
    bill.will_answer(no("BDC_1109", 401), to=VALIDATE)
    person = ap(Code=["111111", "012345"])
    assert fill(person, mfa=True).session.trusted
    assert bill.received[:4] == [LOGIN, CHALLENGE, VALIDATE, CHALLENGE]
    assert person.saw("Ask for a new code.")


@pytest.mark.parametrize(("refusals", "why"), [(["BDC_1119"] * 3, "BDC_1119"), (["BDC_1119", "BDC_1358"], "BDC_1358")])
def test_form_after_too_many_wrong_mfa_codes_stores_the_credentials_without_mfa(
    fill: Any, bill: Bill, warned: list[str], refusals: list[str], why: str
) -> None:
    bill.will_answer(*map(no, refusals), to=VALIDATE)
    person = ap(Code=["111111"] * 9)
    done = fill(person, mfa=True)
    assert bill.received == [LOGIN, CHALLENGE, *[VALIDATE] * len(refusals)]
    assert done.variables.keys() == {*VARIABLES}
    assert not done.session.trusted
    [warning] = warned
    assert why in warning
    assert warning.endswith("BILL accepted the credentials. To set up MFA, run this again.")


def test_form_with_a_given_device_sends_and_stores_its_name(fill: Any, bill: Bill) -> None:
    done = fill(ap(Code="012345"), given={"device": "build-7"}, mfa=True)
    assert bill.last(VALIDATE).body["device"] == done.variables["bill_device"] == "build-7"


@pytest.mark.parametrize("method", ["password", "a partner's user"])
@pytest.mark.parametrize(("typed", "mfa"), [("", None), ("no", None), ("n", None), ("", False)])
def test_form_with_mfa_declined_sends_no_challenge(
    fill: Any, bill: Bill, method: str, typed: str, mfa: bool | None
) -> None:
    given = {name: value for name, value in {**OPTIONS, **METHODS[method]}.items() if value}
    person = Someone(MFA=typed)
    done = fill(person, given=given, mfa=mfa)
    assert person.asked.count("MFA") == (mfa is None)
    assert CHALLENGE not in bill.received
    assert not done.session.trusted


@pytest.mark.parametrize("method", ["sync_token", "console_token", "the partner", "oauth", "spend_token"])
def test_form_for_a_method_without_mfa_does_not_offer_mfa(fill: Any, method: str) -> None:
    given = {name: value for name, value in {**OPTIONS, **METHODS[method]}.items() if value}
    person = Someone()
    fill(person, given=given)
    assert "MFA" not in person.asked


@pytest.mark.parametrize("code", ["BDC_1354", "BDC_1570"])
def test_form_when_bill_refuses_mfa_stores_the_credentials(fill: Any, bill: Bill, warned: list[str], code: str) -> None:
    bill.will_answer(no(code), to=CHALLENGE)
    done = fill(ap(), mfa=True)
    assert done.variables.keys() == {*VARIABLES}
    [warning] = warned
    assert warning.startswith(f"MFA is not set up: BILL answered {code}")


def test_form_with_an_mfa_id_defined_elsewhere_does_not_set_up_mfa(fill: Any, bill: Bill, warned: list[str]) -> None:
    given = {"remember_me_id": "s3cret-findme-dead", "device": "ci"}
    person = ap()
    fill(person, given=given, found=tuple(given))
    assert "MFA" not in person.asked
    done = fill(ap(), given=given, found=tuple(given), mfa=True)
    assert CHALLENGE not in bill.received
    assert "bill_remember_me_id_expires_on" not in done.variables
    assert any(
        "Later plays use the variable bill_device and the variable bill_remember_me_id, and the form cannot write there"
        in text
        for text in warned
    )


# --- the other methods ---


@pytest.mark.parametrize(
    "method", ["sync_token", "console_token", "oauth", "spend_token", "a partner's user", "the partner"]
)
def test_form_for_each_method_asks_only_for_its_values(fill: Any, bill: Bill, method: str) -> None:
    wanted = {name: value for name, value in {**OPTIONS, **METHODS[method]}.items() if value}
    fields = QUESTIONS[wanted["auth_method"]]
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
        **{f"bill_{name}": value for name, value in keeps.items()},
    }
    secret = {option.name for option in TABLE if option.secret}
    assert person.hidden == [each.label for each in fields if each.option in secret & keeps.keys()]


# --- without a terminal ---


def test_form_without_a_terminal_accepts_given_values(fill: Any, bill: Bill) -> None:
    done = fill(nobody := Nobody(), given=OPTIONS)
    assert bill.received == [LOGIN]
    assert done.variables == VARIABLES
    # After the first question without a terminal, there are no more questions, and no lines about typed values.
    assert nobody.asked == ["Environment"]
    assert not any(text.startswith("  ") for text in nobody.seen)


@pytest.mark.promise(8)
def test_form_without_a_terminal_names_missing_values(fill: Any, bill: Bill) -> None:
    with pytest.raises(errors.OptionError) as failed:
        fill(Nobody(), given={"username": OPTIONS["username"]})
    assert "requires password (your BILL password), organization_id (begins with 008)" in str(failed.value)
    assert str(failed.value).endswith(
        "bill.connect cannot ask you for values, because there is no terminal. Nothing was written."
    )
    assert bill.received == []


@pytest.mark.promise(4)
@pytest.mark.parametrize("failure", [no("BDC_1101"), errors.RequestTimeoutError("Late.")], ids=["refused", "late"])
def test_form_without_a_terminal_does_not_send_rejected_values_again(fill: Any, bill: Bill, failure: Any) -> None:
    bill.will_answer(*[failure] * 9)
    with pytest.raises(errors.BillError) as failed:
        fill(nobody := Nobody(), stored=OPTIONS)
    assert set(bill.received) == {LOGIN}
    assert len(bill.received) == (4 if isinstance(failure, errors.RequestTimeoutError) else 1)
    assert "there is no terminal" not in str(failed.value)
    assert not nobody.saw("Please correct")


@pytest.mark.parametrize(
    ("also", "received"),
    [({}, [LOGIN]), ({"environment": "sandbox", "auth_method": "password"}, [LOGIN])],
    ids=["found out before", "found out then"],
)
def test_form_without_a_terminal_stores_the_credentials_without_mfa(
    fill: Any, bill: Bill, warned: list[str], also: dict[str, str], received: list[str]
) -> None:
    done = fill(Nobody(), given={**OPTIONS, **also}, mfa=True)
    assert bill.received == received
    assert done.variables.items() >= VARIABLES.items()
    assert warned == [
        "MFA is not set up: There is no terminal to type the code in. Run this in a terminal. BILL accepted the credentials. To set up MFA, run this again."
    ]
