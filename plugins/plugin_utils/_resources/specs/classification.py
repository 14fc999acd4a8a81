# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Classifications: the seven lists that bills and invoices are coded with.

Private to bill.connect. Documented by BILL (the reference of each kind; sortable-fields): the fields, and the bulk requests for 50 objects. BILL's
page of filters has not been read for these lists, so the whole list is read. Observed by a third party: the chart of accounts does not
return ``parentId``, and if an account is archived, BILL archives the accounts below it, too.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..fields import Choice, Field, Flag, Nested, Number, Text
from ..spec import Key, Resource

_NAME = Text("name", "The name.", limit=100, required=True)
_SHORT_NAME = Text("short_name", "A short name.")
_DESCRIPTION = Text("description", "A description.")
_PARENT = Text("parent_id", "The ID of the object above this one.", may_be_missing=True)

_ACCOUNT: tuple[Field, ...] = (
    _NAME,
    _DESCRIPTION,
    _PARENT,
    Nested(
        "account",
        "The account.",
        fields=(
            Choice("type", "The type of the account, for example V(EXPENSE) or V(INCOME)."),
            Text("number", "The number of the account. Put it in quotes."),
        ),
    ),
)
_PLAIN: tuple[Field, ...] = (_NAME, _SHORT_NAME, _DESCRIPTION, _PARENT)
_EMPLOYEE: tuple[Field, ...] = (
    Text("first_name", "The first name.", required=True),
    Text("last_name", "The last name.", required=True),
    _SHORT_NAME,
    _PARENT,
)
_ITEM: tuple[Field, ...] = (
    Choice("type", "The type of the item, for example V(INVENTORY) or V(SALES_TAX).", required=True),
    *_PLAIN,
    Number("price", "The price."),
    Text("expense_chart_of_account_id", "The ID of the account for purchases."),
    Text("purchase_description", "The description on purchases."),
    Number("purchase_cost", "The cost of a purchase."),
    Text("chart_of_account_id", "The ID of the account for sales."),
    Flag("taxable", "Whether the item is taxable."),
    Number("percentage", "The percentage of a tax."),
)


def _kind(
    path: str,
    plural: str,
    name: str,
    bulk_name: str,
    fields: tuple[Field, ...],
    *,
    keys: Mapping[str, Key] | None = None,
    archives_children: bool = False,
) -> Resource:
    return Resource(
        name=name,
        plural=plural,
        path=f"/v3/classifications/{path}",
        fields=fields,
        keys=keys or {"name": Key(("name",))},
        archives_children=archives_children,
        bulk=50,
        bulk_name=bulk_name,
        refused={"archived": "Use state."},
    )


CLASSIFICATIONS = {
    "chart_of_accounts": _kind(
        "chart-of-accounts",
        "accounts",
        "account",
        "chartOfAccounts",
        _ACCOUNT,
        keys={"name": Key(("name",)), "account_number": Key(("account.number",))},
        archives_children=True,
    ),
    "accounting_classes": _kind(
        "accounting-classes", "accounting classes", "accounting class", "accountingClasses", _PLAIN
    ),
    "departments": _kind("departments", "departments", "department", "departments", _PLAIN),
    "employees": _kind(
        "employees", "employees", "employee", "employees", _EMPLOYEE, keys={"name": Key(("first_name", "last_name"))}
    ),
    "items": _kind("items", "items", "item", "items", _ITEM),
    "jobs": _kind("jobs", "jobs", "job", "jobs", _PLAIN),
    "locations": _kind("locations", "locations", "location", "locations", _PLAIN),
}
