# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rows of the option table that only some tasks and lookups have. After a change, run ``make generate``.

Private to bill.connect.
"""

from __future__ import annotations

from .option import Option

# The options of tasks and lookups that read a list or send the user's own request.
LIST_OPTIONS = (
    Option(
        "query",
        kind="dict",
        shared=False,
        is_data=True,
        summary="Parameters of the request, by name.",
        details=(
            "A value is a text, a number, V(true), V(false) or a date. A list repeats the parameter. A parameter that is null is left out.",
            "Credentials are refused here, because BILL warns against credentials in a query.",
        ),
    ),
    Option(
        "headers",
        kind="dict",
        shared=False,
        is_data=True,
        summary="Further headers of the request, by name.",
        details=(
            "BILL's partner calls on users and roles require C(organizationId), for example. bill.connect itself sends the headers with the "
            "credentials, so this option refuses them.",
        ),
    ),
    Option(
        "filters",
        kind="raw",
        shared=False,
        is_data=True,
        summary="Which records of a list to read.",
        details=(
            "A list of dictionaries with C(field), C(op) and C(value). A record must meet all of them.",
            "C(op) is one of V(eq), V(ne), V(gt), V(gte), V(lt), V(lte), V(in), V(nin) and V(sw) (starts with). C(value) is a text, a number, "
            "V(true), V(false) or a date; with V(in) and V(nin) it is a list. Quotes are written where BILL's syntax needs them.",
            'Or one text in BILL\'s own syntax, which is sent as it is, such as V(archived:eq:false,name:sw:"Acme").',
            "A number, V(true) or V(false) for a field that BILL documents as a text is refused, because YAML has changed what you wrote.",
            "BILL documents by which fields each of its lists can be filtered.",
        ),
    ),
    Option(
        "sort",
        kind="raw",
        shared=False,
        is_data=True,
        summary="The order of a list.",
        details=(
            "A text such as V(createdTime:desc) or V(name:asc), or a list of such texts with the most important one first.",
            "BILL documents by which fields each of its lists can be sorted. It does not document how several fields are written. bill.connect "
            "separates them with commas.",
        ),
    ),
    Option(
        "paginate",
        kind="bool",
        default=False,
        shared=False,
        summary="Whether to read a list to its end, page after page, and not only its first page.",
        details=(
            "BILL has two ways to name the next page, one of them for Spend & Expense. Both work.",
            "If the session expires meanwhile, bill.connect renews it and continues the list at the same place. A record that changes at "
            "BILL meanwhile may be missing, or be there twice.",
        ),
    ),
    Option(
        "page_size",
        kind="int",
        minimum=1,
        maximum=100,
        shared=False,
        is_data=True,
        summary="How many records to ask for at a time, from 1 to 100.",
        details=(
            "It is sent as BILL's parameter C(max). If not given, O(paginate=true) sends 100; else BILL decides.",
            "If BILL documents a smaller limit for the list, that limit is sent. If BILL refuses the number for O(paginate=true), half of it is "
            "tried once.",
        ),
    ),
    Option(
        "max_results",
        kind="int",
        minimum=1,
        shared=False,
        is_data=True,
        summary="How many records to read at most, with O(paginate=true).",
        details=("If not given, all records are read. All of them are held in memory.",),
    ),
    Option(
        "expected_status",
        kind="statuses",
        shared=False,
        summary="The HTTP status, or a list of statuses, that counts as a success.",
        details=(
            "If not given, all from 200 to 299.",
            "With a status from 400 to 499, BILL's refusal counts as a success. An example is 404 for a record that may be missing. The result "
            "then has BILL's error.",
            "Some responses are never a success: a refused credential, an expired or untrusted session, and a limit that is used up. The same "
            "holds for a response without BILL's own error, such as a proxy's, and for a response that leaves a write uncertain.",
        ),
    ),
)

# The option of tasks and lookups that may need a session for payments.
REQUIRE_TRUSTED = Option("require_trusted", kind="bool", default=False, shared=False)

# The options that complete an MFA challenge.
CHALLENGE_ID = Option("challenge_id", required=True, shared=False, is_data=True, api_name="challengeId")
MFA_CODE = Option(
    "token", kind="digits", secret=True, required=True, pattern="[0-9]{6}", shared=False, api_name="token"
)
MACHINE_NAME = Option("machine_name", shared=False, is_data=True, api_name="machineName")
