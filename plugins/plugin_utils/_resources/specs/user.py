# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users: the people of an organization who sign in.

Private to bill.connect. Documented by BILL (reference of users): the fields, and that a change can have only the names and the role. BILL says that
a role is required, and also that a user without one is an administrator. So every request has the role. Used by a third party: the filter for
archived users. A filter for the e-mail address is not known.
"""

from __future__ import annotations

from ..fields import Choice, Email, Flag, Text
from ..reference_fields import Reference
from ..spec import Key, Resource
from .role import ROLE

USER = Resource(
    name="user",
    plural="users",
    path="/v3/users",
    fields=(
        Email("email", "The e-mail address. The user signs in with it.", required=True, is_fixed=True),
        Text("first_name", "The first name.", limit=100, required=True),
        Text("last_name", "The last name.", limit=100, required=True),
        Reference(
            "role",
            "The role, by its type, for example V(ADMINISTRATOR), V(ACCOUNTANT), V(APPROVER), V(AUDITOR), V(CLERK) or V(PAYER). If several "
            "roles have the type, which is possible for V(CUSTOM), give O(role_id).",
            required=True,
            read_at="role",
            write_at="roleId",
            target=ROLE,
            by=Choice("type"),
        ),
        Flag(
            "accept_terms_of_service",
            "Whether you accept BILL's terms of service for the new user. BILL requires V(true).",
            required=True,
            is_fixed=True,
            is_read=False,
        ),
    ),
    keys={"email": Key(("email",))},
    is_user=True,
    always_sent=("role",),
    refused={"archived": "Use state."},
)
