# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Vendors, customers and classifications, declared in a play: what the play says, what BILL has then, and what the user sees."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import world
from tests.emulator.control_client import Control
from tests.integration.payer import that
from tests.integration.project import Project, secrets_in

ADDRESS = {
    "line1": "1 Mill Lane",
    "city": "Portland",
    "state_or_province": "OR",
    "zip_or_postal_code": "97201",
    "country": "US",
}
TAX_ID = "12-findme6789"
BIRCH: dict[str, Any] = {"name": "Birch Paper Supply", "email": "ar@birch.example", "address": ADDRESS}
HOSTS = tuple(f"host{number:02d}" for number in range(20))


def task(_task: str = "vendor", /, **options: Any) -> dict[str, Any]:
    return {"name": f"Have a {_task}", f"bill.connect.bill_{_task}": options, "register": "done"}


def stored(bill: Control, kind: str = "vendors", name: str = BIRCH["name"]) -> list[dict[str, Any]]:
    objects = bill.get(f"objects/{kind}?organization_id={world.ORGANIZATION.id}")
    return [each for each in objects if each["name"] == name]


def writes(bill: Control) -> int:
    return sum(
        number for call, number in bill.get("counts").items() if not call.startswith("GET ") and "login" not in call
    )


@pytest.mark.promise(2)
@pytest.mark.promise(5)
@pytest.mark.promise(20)
def test_vendor_is_created_changed_archived_and_restored(project: Project, bill: Control) -> None:
    secret = {"additional_info": {"tax_id": TAX_ID, "company_name": "Birch Inc"}}
    run = project.play(
        task(**BIRCH, **secret),
        that("done is changed and done.object.name == 'Birch Paper Supply' and done.id == done.object.id"),
        that("done.object.additionalInfo.taxId == '********6789'"),
        task(**BIRCH, **secret),
        that("done is not changed"),
        task(**{**BIRCH, "email": "AR@birch.example", "phone": "555-0100"}),
        that("done is changed"),
        task(name=BIRCH["name"], address={"city": "Salem"}, state="present"),
        that("done is changed and done.object.address.line1 == '1 Mill Lane'"),
        task(name=BIRCH["name"], state="absent"),
        that("done is changed and done.object.archived"),
        task(name=BIRCH["name"], state="absent"),
        that("done is not changed"),
        task(name=BIRCH["name"]),
        that("done is changed and not done.object.archived and done.msg == \"vendor 'Birch Paper Supply': restored.\""),
        arguments=("--diff", "-vvvvv"),
    )
    assert run.code == 0, run.output
    assert TAX_ID not in run.output
    assert secrets_in(run.output) == []
    assert run.shows('"tax_id": "********6789"')
    (birch,) = stored(bill)
    assert (birch["email"], birch["phone"], birch["address"]["city"]) == ("ar@birch.example", "555-0100", "Salem")
    assert birch["additionalInfo"] == {"taxId": TAX_ID, "companyName": "Birch Inc"}
    # One create, two changes, one archive, one restore.
    assert writes(bill) == 5


@pytest.mark.promise(5)
def test_vendor_in_a_loop_that_fails_shows_no_secret(project: Project, bill: Control) -> None:
    rows = [
        {"name": "x" * 101, "additional_info": {"tax_id": TAX_ID}},
        {"name": "Oak", "additional_info": {"tax_id": TAX_ID, "taxes": 1}},
    ]
    nested = {"name": "x" * 101, "additional_info.tax_id": TAX_ID}
    run = project.play(
        {
            **task(name="{{ item.name }}", additional_info="{{ item.additional_info }}"),
            "loop": rows,
            "ignore_errors": True,
        },
        {**task(objects="{{ [item] }}"), "loop": [nested, {**nested, TAX_ID: 1}], "ignore_errors": True},
        arguments=("-vvvvv",),
    )
    assert run.shows("The option name has 101 characters")
    assert run.shows("objects[0] has a field that does not exist")
    assert TAX_ID not in run.output
    assert bill.get("counts") == {}


@pytest.mark.promise(12)
def test_vendor_in_check_mode_is_predicted(project: Project, bill: Control) -> None:
    run = project.play(
        task(**BIRCH),
        that("done is changed and done.id is none and done.object.name == 'Birch Paper Supply'"),
        arguments=("--check",),
    )
    assert run.code == 0, run.output
    assert writes(bill) == 0


@pytest.mark.promise(10)
@pytest.mark.promise(20)
def test_vendor_on_twenty_hosts_is_created_once(project: Project, bill: Control) -> None:
    project.hosts(*HOSTS)
    run = project.plays({"tasks": [task(**BIRCH)]}, arguments=("--forks", "20"))
    assert run.code == 0, run.output
    assert sum(run.recap(host)["changed"] for host in HOSTS) == 1
    assert len(stored(bill)) == 1
    assert writes(bill) == 1


@pytest.mark.promise(20)
def test_list_of_accounts_is_written_with_few_requests(project: Project, bill: Control) -> None:
    accounts = [
        {"name": f"Account {number:03d}", "account": {"type": "EXPENSE", "number": f"{6000 + number}"}}
        for number in range(120)
    ]
    wrong = [{"name": "Account 000", "account": {"number": 83}}]
    options: dict[str, Any] = {"kind": "chart_of_accounts", "objects": accounts}
    run = project.play(
        task("classification", **options),
        that(
            "done is changed and done.objects | length == 120 and done.objects[7].msg == \"account 'Account 007': created.\""
        ),
        task("classification", **options),
        that("done is not changed"),
        {**task("classification", **{**options, "objects": accounts[:100], "purge": True}), "ignore_errors": True},
        that("'set archive_children to true' in done.msg and not done.changed"),
        task("classification", **{**options, "objects": accounts[:100], "purge": True, "archive_children": True}),
        that("done is changed and done.objects | selectattr('changed') | length == 20"),
        {"name": "List", "bill.connect.bill_classification_info": {"kind": "chart_of_accounts"}, "register": "left"},
        that("left.objects | length == 100"),
        {**task("classification", **{**options, "objects": wrong}), "ignore_errors": True},
        that("'The option objects[0].account.number must be a text, but it is a number' in done.msg"),
        {**task("classification", **{**options, "objects": [], "purge": True}), "ignore_errors": True},
        that("'purge would archive all accounts' in done.msg"),
        arguments=("-v",),
    )
    assert run.code == 0, run.output
    assert run.shows("bill.connect: accounts: 100 of 120 created")
    assert writes(bill) == 3 + 20


def test_resource_tasks_explain_what_is_wrong(project: Project, bill: Control) -> None:
    tries = {
        "There is no vendor 'New' at BILL yet, and to create it BILL requires address. Add it.": task(name="New"),
        "The option name is missing. It says which vendor is meant. Add it, or id.": task(email="x@example.com"),
        "There is no option nmae. Did you mean name?": task(nmae="x"),
        "The option address has no field zip. Its fields are: line1, line2, city,": task(
            name="x", address={"zip": "1"}
        ),
        "but a similar one: ": task(**{**BIRCH, "name": "BIRCH paper supply"}),
        "There is no option price for departments.": task("classification", kind="departments", name="x", price=1),
        "Write it in each element of objects.": task(name="x", objects=[]),
    }
    run = project.play(task(**BIRCH), *({**each, "ignore_errors": True} for each in tries.values()), arguments=("-v",))
    for message in tries:
        assert run.shows(message), message
    assert writes(bill) == 1


def test_list_of_departments_that_fails_in_part_succeeds_at_the_next_try_of_until(
    project: Project, bill: Control
) -> None:
    body = '[{"code": "BDC_1143", "message": "name: is not liked"}]'
    bill.fault("POST /v3/classifications/departments/bulk", code="BDC_1122", status=400)
    bill.fault("POST /v3/classifications/departments", after=1, status=400, body=body, content_type="application/json")
    tried = {"until": "done is success", "retries": 1, "delay": 0}
    run = project.play(
        {**task("classification", kind="departments", objects=[{"name": "Sales"}, {"name": "Service"}]), **tried},
        that("done is success and done.objects | map(attribute='changed') | list == [false, true]"),
    )
    assert run.code == 0, run.output


@pytest.mark.promise(10)
def test_bill_with_unless_is_created_once_by_many_hosts_and_runs(project: Project, bill: Control) -> None:
    project.hosts(*HOSTS[:5])
    vendor = world.vendors(world.ORGANIZATION.id)[0]["id"]
    body = {
        "vendorId": vendor,
        "dueDate": "2026-12-31",
        "billLineItems": [{"amount": 12.5}],
        "invoice": {"invoiceNumber": "INV-7", "invoiceDate": "2026-12-01"},
    }
    unless = {
        "filters": [{"field": "vendorId", "op": "eq", "value": vendor}],
        "match": {"invoice.invoiceNumber": "INV-7"},
    }
    create = {
        "name": "Create the bill once",
        "bill.connect.bill_request": {"path": "/v3/bills", "method": "POST", "body": body, "unless": unless},
        "register": "done",
    }
    for changed in (1, 0):
        run = project.plays({"tasks": [create]}, arguments=("--forks", "5"))
        assert run.code == 0, run.output
        assert sum(run.recap(host)["changed"] for host in HOSTS[:5]) == changed
    assert bill.get("counts")["POST /v3/bills"] == 1


NUMBER = "99-findme-4321"


@pytest.mark.promise(5)
@pytest.mark.promise(12)
@pytest.mark.promise(20)
def test_joiners_and_leavers_in_a_play(project: Project, bill: Control) -> None:
    kim = {"email": "kim@example.com", "first_name": "Kim", "last_name": "Reyes", "role": "CLERK"}
    joiner = {**kim, "accept_terms_of_service": True}
    clerk = world.CLERKS[0].username
    run = project.play(
        {**task("user", **joiner), "check_mode": True},
        that("done is changed and done.id is none and done.object.role.type == 'CLERK'"),
        task("user", **joiner),
        that("done is changed and done.object.role.type == 'CLERK'"),
        task("user", **joiner),
        that("done is not changed"),
        task("user", email="KIM@example.com", role="PAYER"),
        that("done is changed and done.object.role.type == 'PAYER'"),
        task("user", email=clerk, state="absent"),
        that(f"done is changed and done.msg == \"user '{clerk}': archived.\""),
        task("user", email=clerk, state="absent"),
        that("done is not changed"),
        {**task("user", email=world.USER.username, state="absent"), "ignore_errors": True},
        that("'is the user of this session' in done.msg and not done.changed"),
        {**task("user", objects=[joiner], purge=True), "ignore_errors": True},
        that("'There is no option purge' in done.msg"),
        task("user", objects=[{**joiner, "role": "PAYER"}, {"email": world.CLERKS[1].username, "role": "CLERK"}]),
        that("done is not changed and done.objects | length == 2"),
        {"name": "Roles", "bill.connect.bill_role_info": {}, "register": "roles"},
        that("roles.objects | map(attribute='type') | unique | length > 5"),
        {"name": "Users", "bill.connect.bill_user_info": {"archived": "only"}, "register": "gone"},
        that(f"gone.objects | map(attribute='email') == ['{clerk}']"),
        arguments=("--diff", "-v"),
    )
    assert run.code == 0, run.output
    assert run.shows('"role": "PAYER"')
    # One user is created, one changed, one archived.
    assert writes(bill) == 3


@pytest.mark.promise(5)
@pytest.mark.promise(20)
def test_bank_account_of_a_vendor_in_a_play(project: Project, bill: Control) -> None:
    bill.post("settings", mfa_bypass=[world.DEV_KEY])
    account = {
        "vendor_id": world.vendors(world.ORGANIZATION.id)[0]["id"],
        "name_on_account": "Birch",
        "account_number": NUMBER,
        "routing_number": "074000010",
        "type": "CHECKING",
        "owner_type": "BUSINESS",
    }
    other = {**account, "account_number": "98-findme-9876"}
    run = project.play(
        task("vendor_bank_account", **account),
        that("done is changed and done.object.accountNumber is search('4321$')"),
        task("vendor_bank_account", **account),
        that("done is not changed"),
        {**task("vendor_bank_account", **other), "ignore_errors": True},
        that("'set replace to true' in done.msg and not done.changed"),
        task("vendor_bank_account", **other, replace=True),
        that("done is changed and done.msg is search('replaced')"),
        task("vendor_bank_account", objects=[other]),
        that("done is not changed and done.objects | length == 1"),
        {
            "name": "Read it",
            "bill.connect.bill_vendor_bank_account_info": {"vendor_id": account["vendor_id"]},
            "register": "read",
        },
        that("read.objects | length == 1 and read.objects[0].accountNumber is search('9876$')"),
        task("vendor_bank_account", vendor_id=account["vendor_id"], state="absent"),
        that("done is changed and done.object is none"),
        task("vendor_bank_account", vendor_id=account["vendor_id"], state="absent"),
        that("done is not changed"),
        arguments=("--diff", "-vvvvv"),
    )
    assert run.code == 0, run.output
    assert secrets_in(run.output) == []
    # One create, one delete with a create, one delete.
    assert writes(bill) == 4


@pytest.mark.promise(20)
def test_settings_of_an_organization_in_a_play(project: Project, bill: Control) -> None:
    policy = {
        "policy_name": "Large bills",
        "rules": [{"key": "BILL_AMOUNT", "op": "gte", "values": ["5000"]}],
        "approvers": [world.USER.username],
    }
    terms = [{"days_due": 45, "name": "Net 45"}, {"days_due": "60", "name": "Net 60"}]
    found = {
        "payment_term": "objects | length == 5",
        "approval_policy": "objects | length == 1",
        "funding_account": "objects | length > 0",
        "organization": "objects[0].name == 'Maple Street Bakery'",
    }
    run = project.play(
        task("payment_term", objects=terms),
        that("done is changed and done.objects | map(attribute='changed') | list == [true, true]"),
        task("payment_term", objects=terms),
        that("done is not changed"),
        {**task("payment_term", days_due=45, state="absent"), "ignore_errors": True},
        that("'BILL has no way to remove a payment term' in done.msg"),
        task("approval_policy", **policy),
        that("done is changed"),
        task("approval_policy", **policy),
        that("done is not changed"),
        *(
            {
                "name": f"Read {name}",
                f"bill.connect.bill_{name}_info": {"kind": kind} if kind else {},
                "register": f"read_{name}_{kind}",
            }
            for name in found
            for kind in (("banks", "cards", "ap_cards") if name == "funding_account" else ("",))
        ),
        *(that(f"read_{name}_{'cards' if name == 'funding_account' else ''}.{test}") for name, test in found.items()),
        that("read_funding_account_banks.objects | length > 0 and read_funding_account_ap_cards.objects is sequence"),
        task("approval_policy", policy_name="Large bills", state="absent"),
        that("done is changed and done.object is none"),
    )
    assert run.code == 0, run.output
    # Two terms, one policy, one delete.
    assert writes(bill) == 4


@pytest.mark.promise(5)
@pytest.mark.promise(20)
def test_customer_with_contacts_in_a_play(project: Project, bill: Control) -> None:
    elm: dict[str, Any] = {"name": "Elm Cafe", "email": "office@elm.example"}
    ann, ben = {"email": "ann@elm.example", "first_name": "Ann"}, {"email": "ben@elm.example", "phone": "555-0101"}
    run = project.play(
        {**task("customer", **elm, contacts=[ann]), "check_mode": True},
        that("done is changed and done.object.contacts[0].email == 'ann@elm.example'"),
        task("customer", **elm, contacts=[ann, ben]),
        that(
            "done is changed and done.object.contacts | length == 2 and \"contact 'ann@elm.example': created.\" in done.msg"
        ),
        task("customer", **elm, contacts=[ann]),
        that("done is not changed and done.object.contacts | length == 1"),
        task("customer", **elm, contacts=[{**ann, "last_name": "Day"}, {"email": ben["email"], "state": "absent"}]),
        that("done is changed"),
        task(
            "customer", objects=[{**elm, "contacts": [ann]}, {"name": "Fir", "email": "f@x.example", "contacts": [ben]}]
        ),
        that("done.objects | map(attribute='changed') | list == [false, true]"),
        {"name": "Read", "bill.connect.bill_customer_info": {"contacts": True}, "register": "read"},
        that(
            "(read.objects | selectattr('name', 'eq', 'Elm Cafe') | first).contacts | map(attribute='email') == ['ann@elm.example']"
        ),
        {**task("customer", **elm, contacts=[{"first_name": "x"}]), "ignore_errors": True},
        that("'The option contacts[0].email is missing' in done.msg"),
        {**task("customer", **elm, contacts=[{**ann, "nmae": "x"}]), "ignore_errors": True},
        that("'contacts[0] has a field that does not exist: nmae' in done.msg"),
        {**task("customer", name="Elm Cafe", contacts=[ann], state="absent"), "ignore_errors": True},
        that("'contacts has no effect with state: absent' in done.msg"),
        {**task("customer", objects=[{**elm, "contacts": [ann]}], state="absent"), "ignore_errors": True},
        that("'objects[0].contacts has no effect with state: absent' in done.msg and not done.changed"),
        arguments=("--diff",),
    )
    assert run.code == 0, run.output
    # Two customers, three contacts, one change, one archive.
    assert writes(bill) == 7


@pytest.mark.promise(5)
@pytest.mark.promise(10)
def test_subscription_keeps_its_key_in_the_vault_file(project: Project, bill: Control) -> None:
    subscription = {
        "name": "ansible",
        "notification_url": "https://hooks.example.com/bill",
        "events": ["vendor.updated", {"type": "payment.failed"}],
    }
    kept = {**subscription, "vault_variable": "bill_webhook_key", "vault_file": str(project.folder / "keys.yml")}
    run = project.play(
        task("webhook_subscription", **subscription, state="absent"),
        {**task("webhook_subscription", **kept), "check_mode": True},
        that("done is changed and done.security_key is not defined"),
        task("webhook_subscription", **kept),
        that(
            "done is changed and done.security_key is match('s3cret-webhook-') and done.object.securityKey is not defined"
        ),
        {"name": "Remember it", "ansible.builtin.set_fact": {"first": "{{ done.security_key }}"}, "no_log": True},
        {"name": "Read the file", "ansible.builtin.include_vars": {"file": kept["vault_file"]}, "no_log": True},
        that("bill_webhook_key == first"),
        task("webhook_subscription", **kept),
        that("done is not changed and done.security_key is not defined"),
        task(
            "webhook_subscription",
            name="ansible",
            vault_variable="bill_webhook_key",
            vault_file=kept["vault_file"],
            rotate_security_key=True,
        ),
        that("done is changed and done.security_key != first"),
        {"name": "Read it again", "ansible.builtin.include_vars": {"file": kept["vault_file"]}, "no_log": True},
        that("bill_webhook_key == done.security_key and bill_webhook_key_previous == first"),
        {**task("webhook_subscription", **{**kept, "vault_variable": "another_key"}), "ignore_errors": True},
        that("'has no variable another_key. BILL shows a security key only once. Set rotate_security_key' in done.msg"),
        that("not done.changed"),
        # The subscription is changed before the task looks for its key.
        {
            **task("webhook_subscription", **{**kept, "vault_variable": "another_key", "enabled": False}),
            "ignore_errors": True,
        },
        that("'has no variable another_key' in done.msg and done.changed"),
        {"name": "List", "bill.connect.bill_webhook_subscription_info": {}, "register": "read"},
        that("read.objects | length == 1 and not read.objects[0].status.enabled"),
        arguments=("--diff", "-vvvvv"),
    )
    assert run.code == 0, run.output
    assert "s3cret-webhook-" not in run.output
    assert "s3cret-webhook-" not in (project.folder / "keys.yml").read_text()


@pytest.mark.slow
@pytest.mark.promise(10)
def test_subscription_on_many_hosts_is_created_once_and_its_key_is_kept(project: Project, bill: Control) -> None:
    project.hosts(*HOSTS[:5])
    subscription = task(
        "webhook_subscription",
        name="ansible",
        notification_url="https://hooks.example.com/bill",
        events=["vendor.updated"],
        vault_variable="bill_webhook_key",
        vault_file=str(project.folder / "keys.yml"),
    )
    run = project.plays({"tasks": [subscription]}, arguments=("--forks", "5"))
    assert run.code == 0, run.output
    assert sum(run.recap(host)["changed"] for host in HOSTS[:5]) == 1
    assert writes(bill) == 1


@pytest.mark.promise(5)
@pytest.mark.promise(8)
def test_list_of_subscriptions_that_fails_in_part_says_which_key_it_does_not_return(
    project: Project, bill: Control
) -> None:
    one = {"name": "one", "notification_url": "https://hooks.example.com/bill", "events": ["vendor.updated"]}
    run = project.play(
        # BILL refuses a second subscription with the same events and the same address.
        {**task("webhook_subscription", objects=[one, {**one, "name": "two"}]), "ignore_errors": True},
        that("done is failed and done.changed and done.objects | map(attribute='changed') | list == [true, false]"),
        that("done.objects[0].security_key is not defined"),
        that("'does not return security_key, which BILL shows only once' in done.objects[0].msg"),
        # Nothing is sent for a list that cannot be done.
        {
            **task("webhook_subscription", objects=[{**one, "enabled": False}], rotate_security_key=True),
            "ignore_errors": True,
        },
        that("'rotate_security_key is for a single subscription' in done.msg and not done.changed"),
        arguments=("-vvv",),
    )
    assert run.code == 0, run.output
    assert "s3cret-webhook-" not in run.output
    assert writes(bill) == 2
