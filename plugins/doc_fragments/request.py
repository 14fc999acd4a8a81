# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # What the task and the lookup that send a request have in common. `make generate` writes it from the table in
    # plugin_utils/_options.
    DOCUMENTATION = r"""
options:
  # generated: list-options
  query:
    description:
      - Parameters of the request, by name.
      - A value is a text, a number, V(true), V(false) or a date. A list repeats the parameter. A parameter that is null
        is left out.
      - Credentials are refused here, because BILL warns against credentials in a query.
    type: dict
  headers:
    description:
      - Further headers of the request, by name.
      - BILL's partner calls on users and roles require C(organizationId), for example. bill.connect itself sends the
        headers with the credentials, so this option refuses them.
    type: dict
  filters:
    description:
      - Which records of a list to read.
      - A list of dictionaries with C(field), C(op) and C(value). A record must meet all of them.
      - C(op) is one of V(eq), V(ne), V(gt), V(gte), V(lt), V(lte), V(in), V(nin) and V(sw) (starts with). C(value) is a
        text, a number, V(true), V(false) or a date; with V(in) and V(nin) it is a list. Quotes are written where BILL's
        syntax needs them.
      - Or one text in BILL's own syntax, which is sent as it is, such as V(archived:eq:false,name:sw:"Acme").
      - A number, V(true) or V(false) for a field that BILL documents as a text is refused, because YAML has changed what
        you wrote.
      - BILL documents by which fields each of its lists can be filtered.
    type: raw
  sort:
    description:
      - The order of a list.
      - A text such as V(createdTime:desc) or V(name:asc), or a list of such texts with the most important one first.
      - BILL documents by which fields each of its lists can be sorted. It does not document how several fields are
        written. bill.connect separates them with commas.
    type: raw
  paginate:
    description:
      - Whether to read a list to its end, page after page, and not only its first page.
      - BILL has two ways to name the next page, one of them for Spend & Expense. Both work.
      - If the session expires meanwhile, bill.connect renews it and continues the list at the same place. A record that
        changes at BILL meanwhile may be missing, or be there twice.
    type: bool
    default: false
  page_size:
    description:
      - How many records to ask for at a time, from 1 to 100.
      - It is sent as BILL's parameter C(max). If not given, O(paginate=true) sends 100; else BILL decides.
      - If BILL documents a smaller limit for the list, that limit is sent. If BILL refuses the number for
        O(paginate=true), half of it is tried once.
    type: int
  max_results:
    description:
      - How many records to read at most, with O(paginate=true).
      - If not given, all records are read. All of them are held in memory.
    type: int
  expected_status:
    description:
      - The HTTP status, or a list of statuses, that counts as a success.
      - If not given, all from 200 to 299.
      - With a status from 400 to 499, BILL's refusal counts as a success. An example is 404 for a record that may be
        missing. The result then has BILL's error.
      - "Some responses are never a success: a refused credential, an expired or untrusted session, and a limit that is
        used up. The same holds for a response without BILL's own error, such as a proxy's, and for a response that leaves
        a write uncertain."
    type: list
    elements: int
  # end generated
"""
