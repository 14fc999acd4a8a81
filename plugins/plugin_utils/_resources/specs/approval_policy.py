# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Approval policies: who approves which bills.

Private to bill.connect. Documented by BILL (samples of its collection of requests): the fields, that the list is a plain array, that PUT replaces a
policy, and that there is no call for a single policy. BILL names the path of the creation in two ways. Used by a third party: groups of
approvers can be made only in the web app, and approvers need the role of an administrator, an accountant or an approver.
"""

from __future__ import annotations

from ..fields import Email, Text
from ..list_fields import ObjectList, TextList
from ..reference_fields import ReferenceList
from ..spec import Key, Locked, Resource
from .user import USER

APPROVAL_POLICY = Resource(
    name="approval policy",
    plural="approval policies",
    path="/v3/bill-approvals/policies",
    other_path="/v3/bill-approvals",
    fields=(
        Text("policy_name", "The name.", required=True),
        ObjectList(
            "rules",
            "Which bills need the approval. Their order does not count.",
            required=True,
            fields=(
                Text("key", "What is compared, for example V(BILL_AMOUNT) or V(VENDOR_ID).", required=True),
                Text("op", "How it is compared, for example V(gte) or V(lt).", required=True),
                TextList("values", "With what it is compared. Put numbers in quotes.", required=True, inner="value"),
            ),
        ),
        ReferenceList(
            "approvers",
            "Who approves: the e-mail addresses of users, or their IDs. Their order does not count.",
            required=True,
            read_at="approvers.users",
            write_at="approvers",
            target=USER,
            by=Email("email"),
            sign="@",
            id_at="userId",
        ),
    ),
    keys={"name": Key(("policy_name",))},
    has_filters=False,
    removal="delete",
    update="PUT",
    is_read_alone=False,
    locked=(
        Locked(
            "approvers.groups",
            "It has groups of approvers. Only BILL's web app can make them, and a request would remove them. Change it in the web app.",
        ),
    ),
)
