# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # The options that the task and the lookup of bill_request share.
    DOCUMENTATION = r"""
options:
  query:
    description:
      - Parameters of the request, by name. A value is a string, a number, V(true), V(false) or a date. A list repeats the parameter. A
        parameter with the value null is left out.
      - Credentials are refused here, because BILL warns against them in an address.
    type: dict
  headers:
    description:
      - More headers of the request, by name. An example is C(organizationId), which BILL's partner calls on users and roles need. The task
        adds the headers with the credentials itself, and refuses them here.
    type: dict
  filters:
    description:
      - Which records of a list to read. Write a list of dictionaries with C(field), C(op) and C(value). A record must match all of them.
      - C(op) is one of V(eq), V(ne), V(gt), V(gte), V(lt), V(lte), V(in), V(nin) and V(sw) (starts with). C(value) is a string, a number,
        V(true), V(false) or a date. With V(in) and V(nin), it is a list. The task adds quotes as BILL's syntax requires them.
      - You can also write one string in BILL's own syntax, such as V(archived:eq:false,name:sw:"Acme"). It is sent as it is.
      - BILL documents by which fields each list can be filtered.
    type: raw
  sort:
    description:
      - The order of a list, such as V(createdTime:desc) or V(name:asc). It may be a list of such strings, with the most important one
        first.
      - BILL documents by which fields each list can be sorted, but not how several fields are written. They are sent with commas.
    type: raw
  paginate:
    description:
      - Whether to read all pages of a list, and not only the first page. Both of BILL's ways to name the next page work, also that of Spend
        & Expense.
      - If the session ends in between, it is renewed, and the list continues at the same page. If somebody changes BILL's data meanwhile, a
        record may be missing or may appear twice.
    type: bool
    default: false
  page_size:
    description:
      - How many records to read at a time, from 1 to 100. It is sent as BILL's parameter C(max). The default is 100 with O(paginate=true).
        Otherwise BILL decides.
    type: int
  max_results:
    description:
      - How many records to read at most, with O(paginate=true). The default is all. Each record needs memory.
    type: int
  expected_status:
    description:
      - The HTTP status, or a list of them, that counts as success. The default is all from 200 to 299.
      - With a status from 400 to 499, the task accepts this error as a success, such as 404 for a record that may be missing. The response is then
        BILL's error.
      - Some responses are never a success. These are a refused credential, a session that has ended or is not trusted, and a limit that is
        used up. The same holds for a response without BILL's own error, such as a proxy's, and for a response that leaves a write
        uncertain.
    type: list
    elements: int
"""
