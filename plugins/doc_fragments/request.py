# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # What the task and the lookup that send a request have in common.
    DOCUMENTATION = r"""
options:
  query:
    description:
      - Parameters of the request, by name. A value is a text, a number, V(true), V(false) or a date; a list stands for the parameter
        repeated, and one that is null is left out.
      - Never for credentials, which BILL warns against; they are refused here.
    type: dict
  headers:
    description:
      - Further headers of the request, by name, such as C(organizationId), which BILL's partner calls on users and roles need.
        Those that say who asks are sent by themselves, and refused here.
    type: dict
  filters:
    description:
      - Which records of a list to read, as a list of dictionaries with C(field), C(op) and C(value). All of them have to be met.
      - C(op) is one of V(eq), V(ne), V(gt), V(gte), V(lt), V(lte), V(in), V(nin) and V(sw) (starts with). C(value) is a text, a number,
        V(true), V(false) or a date, and a list with V(in) and V(nin). Quotes are written where BILL's syntax needs them.
      - Or one text in BILL's own syntax, which is sent as it is, such as V(archived:eq:false,name:sw:"Acme").
      - BILL documents which fields each of its lists can be filtered by.
    type: raw
  sort:
    description:
      - The order of a list, as V(createdTime:desc) or V(name:asc), or a list of such texts, the most important one first.
      - BILL documents which fields each of its lists can be sorted by, but not how several are written; they are sent with commas.
    type: raw
  paginate:
    description:
      - Whether to read a list to its end, page after page, and not only its first page. Both of BILL's ways to name the next page are
        followed, that of Spend & Expense too.
      - A session that ends in between is replaced, and the list goes on where it was. What changes at BILL meanwhile may be missed, or
        be there twice.
    type: bool
    default: false
  page_size:
    description:
      - How many records to ask for at a time, from 1 to 100. Sent as BILL's parameter C(max), with O(paginate=true) as 100 if not
        given; else BILL decides.
    type: int
  max_results:
    description:
      - How many records to read at the most, with O(paginate=true). Without it, all; each is held in memory.
    type: int
  expected_status:
    description:
      - The HTTP status, or a list of those, that is a success. Without it, all from 200 to 299.
      - One from 400 to 499 makes a success of BILL's no, as 404 of a record that may be missing; the answer is then BILL's error.
        A refused credential, a session that has ended or is not trusted, and a spent limit are no success all the same; nor is an
        answer without BILL's own error in it, such as a proxy's, nor one that leaves a write uncertain.
    type: list
    elements: int
"""
