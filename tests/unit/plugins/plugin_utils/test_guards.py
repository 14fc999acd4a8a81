# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task never does to an object, and how it looks up the objects that another one names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from ansible_collections.bill.connect.plugins.plugin_utils._client.write_locks import WriteLocks
from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import (
    ApiError,
    OptionError,
    UncertainWriteError,
)
from ansible_collections.bill.connect.plugins.plugin_utils._resources.desired import State, desired_of
from ansible_collections.bill.connect.plugins.plugin_utils._resources.many import Result, reconcile_singles
from ansible_collections.bill.connect.plugins.plugin_utils._resources.spec import Resource
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.approval_policy import APPROVAL_POLICY
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.classification import CLASSIFICATIONS
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.payment_term import PAYMENT_TERM
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.user import USER
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.vendor import VENDOR
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.vendor_bank_account import (
    VENDOR_BANK_ACCOUNT,
)
from ansible_collections.bill.connect.plugins.plugin_utils._resources.specs.webhook_subscription import (
    WEBHOOK_SUBSCRIPTION,
)
from tests.emulator import world
from tests.unit.plugins.plugin_utils.resource_tasks import ResourceTasks, key_of, sample

Open = Callable[[Resource], ResourceTasks]
CLERK: dict[str, Any] = {"email": world.CLERKS[0].username}


def role_of(tasks: ResourceTasks, email: str) -> str:
    (user,) = [each for each in tasks.stored() if each["email"] == email]
    return str(user["role"]["type"])


@pytest.mark.promise(20)
@pytest.mark.parametrize("options", [{"first_name": "Alexandra"}, {"email": world.USER.username.upper()}])
def test_user_of_the_session_is_neither_archived_nor_given_another_role(
    open_tasks: Open, options: dict[str, Any]
) -> None:
    tasks = open_tasks(USER)
    own = {"email": world.USER.username, **options}
    with pytest.raises(OptionError, match="is the user of this session"):
        tasks.task("absent", **own)
    with pytest.raises(OptionError, match="is the user of this session"):
        tasks.task(**own, role="CLERK")
    assert tasks.writes() == []
    # Every other field can be changed, and the role stays.
    tasks.task(**own, last_name="Parker-Lee")
    assert role_of(tasks, world.USER.username) == "ADMINISTRATOR"


@pytest.mark.promise(20)
def test_last_administrator_stays(open_tasks: Open) -> None:
    tasks = open_tasks(USER)
    administrator = {**sample(USER), "role": "ADMINISTRATOR"}
    tasks.task(**administrator)
    # The session belongs to a user who has been archived meanwhile.
    (own,) = [each for each in tasks.stored() if each["email"] == world.USER.username]
    tasks.calls().archive(own["id"])
    with pytest.raises(OptionError, match="is the last administrator"):
        tasks.task("absent", email=administrator["email"])
    with pytest.raises(OptionError, match="is the last administrator"):
        tasks.task(email=administrator["email"], role="CLERK")
    assert role_of(tasks, administrator["email"]) == "ADMINISTRATOR"


@pytest.mark.promise(20)
@pytest.mark.parametrize("without", ["administrator", "kept"])
def test_user_whose_name_changes_keeps_the_role(open_tasks: Open, without: str) -> None:
    tasks = open_tasks(USER)
    tasks.bill.post("settings", change_without_role=without)
    assert tasks.task(**CLERK, first_name="Kim").actions == ("change",)
    assert role_of(tasks, CLERK["email"]) == "CLERK"


def test_user_has_a_diff_without_what_bill_never_shows(open_tasks: Open) -> None:
    outcome = open_tasks(USER).task(**sample(USER))
    assert set(outcome.after) == {"email", "first_name", "last_name", "role", "state"}


def test_user_without_a_role_is_not_created(open_tasks: Open) -> None:
    tasks = open_tasks(USER)
    options = sample(USER)
    del options["role"]
    with pytest.raises(OptionError, match=r"BILL requires role or role_id\. Add it"):
        tasks.task(**options)
    assert tasks.writes() == []


@pytest.mark.promise(20)
def test_user_gets_a_role_by_its_type_or_its_id(open_tasks: Open) -> None:
    tasks = open_tasks(USER)
    with pytest.raises(OptionError, match=r"role or role_id: BILL has no role 'CLARK'\. Did you mean CLERK\?"):
        tasks.task(**CLERK, role="clark")
    with pytest.raises(OptionError, match=r"BILL has 2 roles 'CUSTOM': .*\(Night shift\), .*\(Store manager\)") as many:
        tasks.task(**CLERK, role="CUSTOM")
    id_ = next(word for word in str(many.value).split() if word.startswith("00r"))
    outcome = tasks.task(**CLERK, role_id=id_)
    assert (outcome.before["role"], outcome.after["role"]) == ("CLERK", "CUSTOM")
    assert tasks.task(**CLERK, role_id=id_).actions == ()
    assert tasks.task(**CLERK, role="auditor").actions == ("change",)
    with pytest.raises(OptionError, match="The options role and role_id both have a value"):
        tasks.task(**CLERK, role="CLERK", role_id=id_)
    with pytest.raises(ApiError, match="BDC_1205"):
        tasks.task(**CLERK, role_id="00r01ROLE99999999999")


def test_user_of_somebody_who_is_no_administrator_says_so(open_tasks: Open) -> None:
    tasks = open_tasks(USER)
    tasks.credential = {**tasks.credential, "username": world.PAYER.username, "password": world.PAYER.password}
    with pytest.raises(ApiError, match="BDC_1145"):
        tasks.task(**CLERK, first_name="Kim")


@pytest.mark.promise(20)
def test_policy_with_groups_is_not_written(open_tasks: Open) -> None:
    tasks = open_tasks(APPROVAL_POLICY)
    options = sample(APPROVAL_POLICY)
    tasks.task(**options)
    (policy,) = tasks.stored()
    groups = {"users": [], "groups": [{"groupId": "g1", "groupName": "Owners", "users": []}]}
    tasks.store(**{**policy, "policyName": "With groups", "approvers": groups, "status": "ACTIVE"})
    before = len(tasks.writes())
    other_rules = [{"key": "BILL_AMOUNT", "op": "lt", "values": ["1"]}]
    steps: list[tuple[State, dict[str, Any]]] = [("present", {"rules": other_rules}), ("absent", {})]
    for state, more in steps:
        with pytest.raises(OptionError, match="It has groups of approvers. Only BILL's web app can make them"):
            tasks.task(state, policy_name="With groups", **more)
    assert len(tasks.writes()) == before
    # Without a difference there is nothing to write.
    assert tasks.task(policy_name="With groups", rules=options["rules"]).actions == ()


def test_policy_names_an_approver_that_bill_does_not_have(open_tasks: Open) -> None:
    tasks = open_tasks(APPROVAL_POLICY)
    for wrong, offer in (
        ("pai@example.com", r"Did you mean pay@example.com\?"),
        ("alex@example.com", "The users at BILL"),
    ):
        with pytest.raises(OptionError, match=f"approvers: BILL has no user '{wrong}'. {offer}"):
            tasks.task(**{**sample(APPROVAL_POLICY), "approvers": [wrong]})
    assert tasks.writes() == []


@pytest.mark.promise(20)
def test_policy_is_the_same_in_another_order(open_tasks: Open) -> None:
    tasks = open_tasks(APPROVAL_POLICY)
    rules = [
        {"key": "BILL_AMOUNT", "op": "gte", "values": ["1000.00"]},
        {"key": "VENDOR_ID", "op": "in", "values": ["1", "2"]},
    ]
    approvers = [world.USER.username, world.CONSOLE_ACCOUNT.user_id]
    tasks.task(policy_name="Order", rules=rules, approvers=approvers)
    other = [{**rules[1], "values": ["2", "1"]}, {**rules[0], "values": ["1000"]}]
    assert tasks.task(policy_name="Order", rules=other, approvers=approvers[::-1]).actions == ()
    # BILL replaces a policy. What is not given stays.
    assert tasks.task(policy_name="Order", approvers=approvers[:1]).actions == ("change",)
    assert tasks.task(policy_name="Order", rules=rules).actions == ()


@pytest.mark.parametrize("path", ["/v3/bill-approvals/policies", "/v3/bill-approvals"])
def test_policy_is_created_at_either_path(open_tasks: Open, path: str) -> None:
    tasks = open_tasks(APPROVAL_POLICY)
    tasks.bill.post("settings", approval_policy_path=path)
    assert tasks.task(**sample(APPROVAL_POLICY)).actions == ("create",)
    assert len(tasks.stored()) == 1


@pytest.mark.promise(20)
def test_bank_account_is_replaced_only_with_consent(open_tasks: Open) -> None:
    tasks = open_tasks(VENDOR_BANK_ACCOUNT)
    first, second = sample(VENDOR_BANK_ACCOUNT), sample(VENDOR_BANK_ACCOUNT, 2)
    tasks.task(**first)
    before = len(tasks.writes())
    with pytest.raises(OptionError, match=r"It has other values in|has other values in: .*set replace to true"):
        tasks.task(**second, replace=False)
    with pytest.raises(OptionError, match=r"To replace the .*, the task needs account_number. Add it"):
        tasks.task(type="SAVINGS", name_on_account="Another")
    assert len(tasks.writes()) == before
    assert tasks.task(**second).actions == ("replace",)
    assert [each["accountNumber"] for each in tasks.stored()] == [second["account_number"]]


@pytest.mark.promise(8)
def test_bank_account_whose_replacement_bill_refuses_says_that_there_is_none(open_tasks: Open) -> None:
    tasks = open_tasks(VENDOR_BANK_ACCOUNT)
    tasks.task(**sample(VENDOR_BANK_ACCOUNT))
    tasks.bill.fault(f"POST {tasks.path}", code="BDC_1119", status=400)
    with pytest.raises(ApiError, match="was deleted, and the new one was not created. BILL has none now") as failure:
        tasks.task(**sample(VENDOR_BANK_ACCOUNT, 2))
    assert failure.value.details["changed"] is True
    assert tasks.stored() == []
    assert tasks.task(**sample(VENDOR_BANK_ACCOUNT, 2)).actions == ("create",)


@pytest.mark.promise(10)
@pytest.mark.parametrize("acted", [True, False])
@pytest.mark.parametrize("method", ["DELETE", "POST"])
def test_bank_account_whose_replacement_gets_no_response_is_looked_up(
    open_tasks: Open, method: str, *, acted: bool
) -> None:
    tasks = open_tasks(VENDOR_BANK_ACCOUNT)
    first, second = sample(VENDOR_BANK_ACCOUNT), sample(VENDOR_BANK_ACCOUNT, 2)
    tasks.task(**first)
    before = len(tasks.writes())
    tasks.bill.fault(f"{method} {tasks.path}", cut=True, acted=acted)
    if acted:
        assert tasks.task(**second).actions == ("replace",)
    else:
        with pytest.raises(UncertainWriteError, match=f"BILL may have processed this write: {method}") as failure:
            tasks.task(**second)
        # The old account is gone only if BILL has received the second request.
        assert bool(failure.value.details.get("changed")) is (method == "POST")
        assert tasks.task(**second).actions == (("create",) if method == "POST" else ("replace",))
    assert [each["accountNumber"] for each in tasks.stored()] == [second["account_number"]]
    # No write is sent twice in one task.
    assert len(tasks.writes()) - before == (2 if acted else 3)


@pytest.mark.promise(20)
def test_vendor_with_blanks_around_its_name_is_not_looked_for_with_a_filter(open_tasks: Open) -> None:
    tasks = open_tasks(VENDOR)
    options = {**sample(VENDOR), "name": "Fir Cafe "}
    assert tasks.task(**options).actions == ("create",)
    assert tasks.task(**options).actions == ()
    assert not any("name" in str(each["query"]) for each in tasks.bill.received())


def test_filter_that_bill_refuses_is_sent_once_in_a_task(open_tasks: Open) -> None:
    tasks = open_tasks(VENDOR)
    tasks.bill.post("settings", missing_filters=["name"])
    tasks.task(**sample(VENDOR))
    filters = [each["query"] for each in tasks.bill.received() if "name:eq" in str(each["query"])]
    # The second one is without the filter for archived objects, because BILL does not say which of the two it refuses.
    assert len(filters) == 2


@pytest.mark.promise(20)
@pytest.mark.parametrize("known", ["PERSON", "PERSONAL"])
def test_bank_account_of_a_person_is_the_same_with_both_words(open_tasks: Open, known: str) -> None:
    tasks = open_tasks(VENDOR_BANK_ACCOUNT)
    tasks.bill.post("settings", person_owner_type=known)
    tasks.task(**{**sample(VENDOR_BANK_ACCOUNT), "owner_type": known})
    for word in ("PERSON", "personal"):
        assert tasks.task(**{**sample(VENDOR_BANK_ACCOUNT), "owner_type": word}).actions == ()


@pytest.mark.promise(5)
def test_bank_account_shows_the_last_digits_only(open_tasks: Open) -> None:
    tasks = open_tasks(VENDOR_BANK_ACCOUNT)
    number = sample(VENDOR_BANK_ACCOUNT)["account_number"]
    for check_mode in (True, False):
        outcome = tasks.task(**sample(VENDOR_BANK_ACCOUNT), check_mode=check_mode)
        assert outcome.after["account_number"].endswith(number[-4:])
        assert number not in str(outcome.after)


@pytest.mark.promise(20)
def test_account_with_others_below_it_is_archived_only_with_consent(open_tasks: Open) -> None:
    tasks = open_tasks(CLASSIFICATIONS["chart_of_accounts"])
    tasks.task(**sample(tasks.resource))
    key = {"name": sample(tasks.resource)["name"]}
    before = len(tasks.writes())
    with pytest.raises(OptionError, match="If you want this, set archive_children to true"):
        tasks.task("absent", **key, archive_children=False)
    with pytest.raises(OptionError, match="set archive_children to true"):
        tasks.many([{"name": "Another", "archive_children": False}], purge=True)
    assert len(tasks.writes()) == before
    assert tasks.task("absent", **key).actions == ("archive",)


@pytest.mark.promise(20)
def test_payment_term_is_found_by_its_days_or_by_its_name(open_tasks: Open) -> None:
    tasks = open_tasks(PAYMENT_TERM)
    assert tasks.task(days_due=0).actions == ()
    assert tasks.task(days_due=30, name="In 30 days").actions == ("change",)
    assert tasks.task(name="In 30 days").actions == ()
    assert tasks.task(name="In 30 days", days_due=31, match_by="name").actions == ("change",)
    with pytest.raises(OptionError, match="BILL has no way to remove a payment term"):
        tasks.task("absent", days_due=31)
    assert tasks.task("absent", days_due=32).actions == ()


@pytest.mark.parametrize("method", ["PATCH", "PUT", "both"])
def test_payment_term_is_changed_with_the_method_that_bill_has(open_tasks: Open, method: str) -> None:
    tasks = open_tasks(PAYMENT_TERM)
    tasks.bill.post("settings", payment_term_change=method)
    assert tasks.task(days_due=15, name="Fifteen").actions == ("change",)
    assert [each["name"] for each in tasks.stored() if each["daysDue"] == 15] == ["Fifteen"]


def test_subscription_names_an_event_that_bill_does_not_have(open_tasks: Open) -> None:
    tasks = open_tasks(WEBHOOK_SUBSCRIPTION)
    with pytest.raises(OptionError, match=r"events\[1\]: BILL has no type of event 'vendor.update'. Did you mean vend"):
        tasks.task(**{**sample(WEBHOOK_SUBSCRIPTION), "events": ["bill.created", "vendor.update"]})
    assert tasks.writes() == []


@pytest.mark.promise(10)
def test_subscription_whose_response_got_lost_returns_its_key_at_the_next_run(open_tasks: Open) -> None:
    tasks = open_tasks(WEBHOOK_SUBSCRIPTION)
    options = sample(WEBHOOK_SUBSCRIPTION)
    tasks.bill.fault(f"POST {tasks.path}", cut=True, times=None)
    with pytest.raises(UncertainWriteError, match="You can repeat the same write within 23 hours"):
        tasks.task(**options)
    assert len(tasks.stored()) == 1
    requests.delete(f"{tasks.bill.url}/faults", timeout=5)
    outcome = tasks.task(**options)
    assert (outcome.changed, outcome.actions) == (False, ())
    assert outcome.record
    assert outcome.record["securityKey"].startswith("s3cret-webhook-")
    # BILL shows it once. Its response is known now.
    again = tasks.task(**options)
    assert again.record
    assert "securityKey" not in again.record
    assert len(tasks.stored()) == 1


@pytest.mark.promise(20)
def test_subscription_that_bill_has_switched_off_is_switched_on(open_tasks: Open) -> None:
    tasks = open_tasks(WEBHOOK_SUBSCRIPTION)
    options = {**sample(WEBHOOK_SUBSCRIPTION), "enabled": True}
    tasks.task(**options)
    assert tasks.task(**{**options, "enabled": False}).actions == ("change",)
    assert tasks.task(name=options["name"], enabled=True).actions == ("change",)
    assert tasks.task(**options).actions == ()


@pytest.mark.promise(10)
def test_subscription_in_a_list_whose_response_got_lost_returns_its_key_at_the_next_run(open_tasks: Open) -> None:
    tasks = open_tasks(WEBHOOK_SUBSCRIPTION)
    wanted = [sample(WEBHOOK_SUBSCRIPTION)]
    tasks.bill.fault(f"POST {tasks.path}", cut=True, times=None)
    (result,) = tasks.many(wanted)
    assert isinstance(result.error, UncertainWriteError)
    requests.delete(f"{tasks.bill.url}/faults", timeout=5)
    (result,) = tasks.many(wanted)
    assert result.secrets[0].startswith("s3cret-webhook-")
    assert len(tasks.stored()) == 1


@pytest.mark.promise(20)
def test_users_of_one_organization_exclude_each_other(open_tasks: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    locks: list[Mapping[str, str]] = []

    @contextmanager
    def held(_locks: WriteLocks, identity: Mapping[str, str]) -> Iterator[None]:
        locks.append(identity)
        yield

    monkeypatch.setattr(WriteLocks, "held", held)
    for user, organization in (
        (world.USER, world.ORGANIZATION),
        (world.PAYER, world.ORGANIZATION),
        (world.USER, world.SECOND_ORGANIZATION),
    ):
        tasks = open_tasks(VENDOR_BANK_ACCOUNT)
        tasks.credential = {
            **tasks.credential,
            "username": user.username,
            "password": user.password,
            "organization_id": organization.id,
        }
        with tasks.calls().within(VENDOR_BANK_ACCOUNT, tasks.parents).exclusive():
            pass
    assert locks[0] == locks[1] != locks[2]


@pytest.mark.promise(20)
def test_bank_account_that_bill_shows_as_an_empty_object_counts_as_missing(open_tasks: Open) -> None:
    tasks = open_tasks(VENDOR_BANK_ACCOUNT)
    tasks.bill.post("settings", missing_bank_account="empty")
    assert tasks.task("absent").actions == ()
    assert tasks.task(**sample(VENDOR_BANK_ACCOUNT)).actions == ("create",)
    assert tasks.task(**sample(VENDOR_BANK_ACCOUNT)).actions == ()


def test_list_without_archived_objects_is_read_once_and_without_a_filter(open_tasks: Open) -> None:
    tasks = open_tasks(PAYMENT_TERM)
    tasks.task(days_due=30)
    (request,) = [each for each in tasks.bill.received() if each["path"] == tasks.path]
    assert "filters" not in str(request["query"])


@pytest.mark.promise(20)
def test_bank_account_is_replaced_with_the_whole_numbers(open_tasks: Open) -> None:
    tasks = open_tasks(VENDOR_BANK_ACCOUNT)
    tasks.bill.post("settings", masked=True)
    first = sample(VENDOR_BANK_ACCOUNT)
    tasks.task(**first)
    without = {name: value for name, value in first.items() if name != "routing_number"}
    with pytest.raises(OptionError, match="the task needs routing_number. Add it"):
        tasks.task(**{**without, "name_on_account": "Another"})
    assert tasks.task(**{**first, "name_on_account": "Another"}).actions == ("replace",)
    (stored,) = tasks.stored()
    assert (stored["accountNumber"], stored["routingNumber"]) == (first["account_number"], first["routing_number"])


def singles(tasks: ResourceTasks, *vendors: str) -> list[Result]:
    options = {**sample(VENDOR_BANK_ACCOUNT), "owner_type": "BUSINESS"}
    wanted = [
        desired_of(VENDOR_BANK_ACCOUNT, {**options, "vendor_id": vendor}, place=f"objects[{number}]")
        for number, vendor in enumerate(vendors)
    ]
    return reconcile_singles(tasks.calls(), wanted, "present", check_mode=False)


@pytest.mark.promise(20)
def test_bank_accounts_in_a_list_belong_to_their_vendors(open_tasks: Open) -> None:
    tasks = open_tasks(VENDOR_BANK_ACCOUNT)
    one, two = (str(each["id"]) for each in world.vendors(world.ORGANIZATION.id)[:2])
    assert [each.outcome.actions for each in singles(tasks, one, two) if each.outcome] == [("create",)] * 2
    assert sorted(each["vendorId"] for each in tasks.stored()) == [one, two]
    with pytest.raises(OptionError, match=r"objects\[0\] and objects\[1\] both mean bank account of"):
        singles(tasks, one, one)
    with pytest.raises(OptionError, match="The option vendor_id is missing. It says whose bank account is meant"):
        desired_of(VENDOR_BANK_ACCOUNT, sample(VENDOR_BANK_ACCOUNT))


@pytest.mark.promise(2)
def test_bank_accounts_after_a_failure_of_the_network_are_not_tried(open_tasks: Open) -> None:
    tasks = open_tasks(VENDOR_BANK_ACCOUNT)
    vendors = [str(each["id"]) for each in world.vendors(world.ORGANIZATION.id)[:3]]
    tasks.bill.fault(f"GET /v3/vendors/{vendors[1]}/bank-account", reset=True, times=None)
    results = singles(tasks, *vendors)
    assert [bool(each.error) for each in results] == [False, True, True]
    assert not any(vendors[2] in each["path"] for each in tasks.bill.received())


@pytest.mark.promise(10)
@pytest.mark.parametrize("resource", [APPROVAL_POLICY, WEBHOOK_SUBSCRIPTION, VENDOR_BANK_ACCOUNT])
def test_object_that_bill_has_not_deleted_stays_uncertain(open_tasks: Open, resource: Resource) -> None:
    tasks = open_tasks(resource)
    tasks.task(**sample(resource))
    tasks.bill.fault(f"DELETE {tasks.path}*", cut=True, acted=False)
    with pytest.raises(UncertainWriteError, match="BILL may have processed this write: DELETE"):
        tasks.task("absent", **key_of(resource, sample(resource)))
    assert len(tasks.stored()) == 1
