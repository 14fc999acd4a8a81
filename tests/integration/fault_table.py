# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables in the guide on faults, and how a line of them is compared with a play."""

from __future__ import annotations

import csv
import re
import textwrap
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

from tests.emulator.control_client import Control
from tests.integration.payer import CHALLENGE, CHECK, SIGN_IN, VALIDATE
from tests.integration.project import Project, Run, secrets_in
from tests.integration.rows import Row, play_rows

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "docsite" / "rst" / "guide_faults.rst"
PARTNER_SIGN_IN, AS_USER = "POST /v3/partner/login", "POST /v3/partner/login-as-user"
TOKEN, ROOT_TOKEN = "POST /connect/authx/token", "POST /authx/token"
WRITE, READ = "POST /v3/vendors", "GET /v3/vendors"
EMAIL = "POST /v3/invoices/00e01/email"
SPEND, LIST = "GET /v3/spend/users/current", "GET /v3/login/organizations"


class Line(NamedTuple):
    """One line of the table: the fault, the requests to BILL, and the output."""

    wrong: str
    requests: str
    message: str

    def is_shown(self, run: Run) -> bool:
        """Whether a run shows the message. ``...`` stands for any text before the end of the message."""
        parts = [re.escape(" ".join(part.split())) for part in self.message.split("...")]
        return re.search(".{1,200}?".join(parts).replace(r"\ .{", " .{"), " ".join(run.output.split())) is not None


def lines(number: int) -> dict[str, Line]:
    """The lines of the table with this number on the page, by fault."""
    blocks = re.findall(r"^\.\. csv-table::\n(?:   :.*\n)+\n((?:   .*\n)+)", GUIDE.read_text(), re.MULTILINE)
    rows = csv.reader(textwrap.dedent(blocks[number]).splitlines(), skipinitialspace=True)
    # A bar before a letter or a sign would begin a substitution of reStructuredText, so it has a backslash.
    found = [Line(*(cell.replace("\\|", "|") for cell in row)) for row in rows]
    assert len({line.wrong for line in found}) == len(found)
    return {line.wrong: line for line in found}


# The faults of BILL, of the network and of the store.
OF_BILL = lines(0)
# Those of the controller, of its proxy, and of what the user wrote. BILL gets no request because of them.
BEFORE_BILL = lines(1)
LINES = OF_BILL | BEFORE_BILL

# The requests that BILL gets from two tasks with one retry each, by the words of the table.
REQUESTS = {
    "nothing": {},
    "nothing more": {},
    "one sign-in": {SIGN_IN: 1},
    "one sign-in in this run": {SIGN_IN: 1},
    "one sign-in for each task": {SIGN_IN: 2},
    "a sign-in, and up to ``retries`` more": {SIGN_IN: 4},
    "one sign-in, then none for ten minutes": {SIGN_IN: 1},
    "one sign-in, then none until the next hour": {SIGN_IN: 1},
    "one check, one sign-in": {CHECK: 1, SIGN_IN: 1},
    "one check, then none for ten minutes": {CHECK: 1},
    "one check for each task": {CHECK: 2},
    "a check, and up to ``retries`` more": {CHECK: 4},
    "each task asks for a code once": {CHALLENGE: 2},
    "a request for a code, and up to ``retries`` more": {CHALLENGE: 4},
    "each task sends the code once": {VALIDATE: 2},
    "one request for the list for each task": {LIST: 2},
    "two requests for the list for each task": {LIST: 4},
    "one write for each task": {WRITE: 2},
    "a write, and up to ``retries`` more": {WRITE: 4},
    "one write, then none until the next hour": {WRITE: 1},
    "one write and one check for each task": {WRITE: 2, CHECK: 2},
    "one read for each task": {READ: 2},
    "two reads for each task": {READ: 4},
    "a read, and up to ``retries`` more": {READ: 4},
    "one sign-in and one check": {SIGN_IN: 1, CHECK: 1},
    "one sign-in of the partner, then none for ten minutes": {PARTNER_SIGN_IN: 1},
    "one sign-in of the partner, and one as the user for each task": {PARTNER_SIGN_IN: 1, AS_USER: 2},
    "one sign-in of the partner and one as the user, then none for ten minutes": {PARTNER_SIGN_IN: 1, AS_USER: 1},
    "one request for a token, then none for ten minutes": {TOKEN: 1},
    "one request for a token for each task": {TOKEN: 2},
    "one request for a token at each address, then none for ten minutes": {TOKEN: 1, ROOT_TOKEN: 1},
    "one request for a token at each address, for each task": {TOKEN: 2, ROOT_TOKEN: 2},
    "one call, then none for ten minutes": {SPEND: 1},
    "a call, and up to ``retries`` more": {SPEND: 4},
    "an email, and up to ``retries`` more": {EMAIL: 4},
}

TASK: dict[str, Any] = {"name": "Sign in", "bill.connect.bill_login": None}


# These faults do not fail the task.
SUCCEED = {wrong for wrong in BEFORE_BILL if "a warning" in wrong} | {
    "The stored session has ended",
    "BILL does not trust the MFA ID",
    "The MFA ID ends soon",
    "The session store cannot be used",
    "Redis cannot be used",
    "The stored session is damaged",
}


def row(wrong: str, task: dict[str, Any], **about: Any) -> Row:
    """A row of two tasks with one retry each."""
    late = "did not answer within" in LINES[wrong].message
    variables = {"bill_retries": 1, "bill_timeout": 1 if late else 30, **about.pop("variables", {})}
    return Row([task, task], variables, **about)


def check_lines(project: Project, rows: Mapping[str, Row], received_by: Mapping[str, Control] | None = None) -> None:
    """Run these lines of the table. ``received_by`` has the emulators that get the requests in place of the usual one."""
    hour = datetime.now(timezone.utc).hour
    seen = play_rows(project, list(rows.values()))
    same_hour = datetime.now(timezone.utc).hour == hour
    wrongs = {}
    for wrong, row_seen in zip(rows, seen, strict=True):
        requests = LINES[wrong].requests
        run, counts = row_seen.shown, row_seen.counts
        if received_by and wrong in received_by:
            assert counts == {}, wrong
            counts = received_by[wrong].get("counts")
        if "hour" in requests and not same_hour:
            # The next hour has begun in the meantime, which permits another try.
            counts = {request: min(count, 1) for request, count in counts.items()}
        found = {
            "ends": run.code == (0 if wrong in SUCCEED else 2),
            "shows": LINES[wrong].is_shown(run),
            "requests": counts == expected(wrong, requests),
            "hides": secrets_in(run.output) == []
            and not any(
                run.shows(ours)
                for ours in ("Traceback", "An exception occurred", "a bug in bill.connect", "output has been hidden")
            ),
        }
        if not all(found.values()):
            wrongs[wrong] = (found, counts, run.output)
    assert not wrongs, "\n".join(
        f"{wrong}: {found} {counts}\n{shown}" for wrong, (found, counts, shown) in wrongs.items()
    )


def expected(wrong: str, requests: str) -> dict[str, int]:
    counts = dict(REQUESTS[requests])
    if wrong == "The address does not lead to BILL's API":
        return {"POST /elsewhere/v3/login": 2}
    if wrong == "The stored session has ended":
        # The second task validates the session, because check_after is 0.
        counts[CHECK] += 1
    return counts
