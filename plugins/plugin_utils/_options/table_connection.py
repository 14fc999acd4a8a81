# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rows of the option table for the session store and the connection to BILL. After a change, run ``make generate``.

Private to bill.connect.
"""

from __future__ import annotations

from .option import Option

CONNECTION_OPTIONS = (
    Option(
        "session_store",
        kind="path",
        is_destination=True,
        label="Session Store",
        summary="Where sessions are stored: a directory, or none.",
        details=(
            "Later tasks and runs use the sessions in it. A directory that does not exist is made with mode C(0700). C(~) and environment "
            "variables in the path are expanded. A path that does not begin with C(/) starts in the directory where Ansible was started.",
            "With V(none) no session is written, and every task of every host signs in for itself. No task knows of a refusal that another "
            "task got, or of a session to end with O(bill.connect.bill_login#module:state=absent). BILL allows 200 sign-ins an hour for a "
            "developer key, and locks accounts.",
            "A directory that other users can enter is refused. If the directory cannot be written to, a warning says so. The session is then "
            "stored in Ansible's temporary directory until the run ends.",
        ),
        otherwise="the folder bill in Ansible's home, usually ~/.ansible/bill",
        awx="rare",
        awx_note=(
            "The directory is on the machine where jobs run, and stores sessions from job to job. A variable cannot name it, because not "
            "everybody who may set a variable owns this credential."
        ),
    ),
    Option(
        "check_after",
        kind="int",
        default=60,
        summary="How many seconds after BILL's last response a session is not validated again.",
        details=(
            "Only responses to this collection count, not responses to C(uri) and others. At most 1000000, and in effect not longer than "
            "the session lives without use.",
            "With V(0), each task validates the session, which costs one request. With a high value, a task notices later that a session was "
            "ended elsewhere.",
        ),
    ),
    Option(
        "timeout",
        kind="int",
        default=30,
        least=1,
        most=3600,
        summary="How many seconds one exchange with BILL may take.",
        details=(
            "It counts from the lookup of the host name to the last byte of the response. At least 1, at most 3600.",
        ),
    ),
    Option(
        "retries",
        kind="int",
        default=3,
        most=100,
        summary="How often to repeat a request after a temporary fault.",
        details=(
            "A request is tried again when BILL cannot be reached, does not answer in time, or says that the fault is on its side. It is also "
            "tried again when more than three requests of this developer key and organization are in flight (BDC_1322), or when the Spend & "
            "Expense calls of the minute are used up. No other refusal is tried again. At most 100.",
            "The waits between the tries are at most 1, 2, 4, 8, 16 and then always 30 seconds. So one request takes at most C((retries + 1) * "
            "timeout) seconds and the waits: 127 seconds with the defaults. To get a session, a task makes two requests at most (a check and a "
            "sign-in): 254 seconds with the defaults, when nobody else is in the way. It makes up to two more with O(remember_me_id), up to "
            "three more with O(auth_method=partner), and one more where trust is required.",
            "Where three requests are in flight already, each try first waits up to C(timeout) seconds for its turn. So one request takes at "
            "most C((retries + 1) * 2 * timeout) seconds and the waits: 247 seconds with the defaults. Where another task is signing in with "
            "the same credentials, a task waits for it as long as its two requests can take. So 988 seconds with the defaults are the longest "
            "time to get a session. It is longer in proportion where there are more requests.",
            "BILL allows 60 calls a minute to Spend & Expense. So each try of such a call first waits for its turn, 600 seconds at most. If "
            "BILL still refuses the call, the next wait is at least 61 seconds. Such a request takes at most C((retries + 1) * (600 + 2 * "
            "timeout)) seconds and the waits: 2823 seconds with the defaults. With O(auth_method=spend_token), 11292 seconds are the longest "
            "time to learn whether the token is good. C(-v) shows waits.",
        ),
    ),
    # AWX has no field for it: a box without a tick would switch the check off.
    Option(
        "validate_certs",
        kind="bool",
        default=True,
        is_destination=True,
        summary="Whether to check BILL's certificate.",
        details=(
            "With V(false) anybody on the way can read the credentials, so a warning appears. Use O(ca_path) instead.",
        ),
    ),
    Option(
        "ca_path",
        kind="path",
        is_destination=True,
        label="Certificate Authorities",
        summary="A file or directory of certificate authorities that replace the usual ones.",
        details=("A directory must be prepared with C(openssl rehash).",),
        otherwise="what the Python library requests uses (REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE, its own list)",
        awx="rare",
        awx_note=("It is on the machine where jobs run. A gateway or a proxy of your company can need it."),
    ),
)
