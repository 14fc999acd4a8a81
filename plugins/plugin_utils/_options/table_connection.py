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
        secret_in_url=True,
        is_destination=True,
        label="Session Store",
        summary="Where sessions are stored: a directory, the URL of a Redis, or none.",
        details=(
            "Later tasks and runs use the sessions in it. A directory that does not exist is made with mode C(0700). C(~) and environment "
            "variables in the path are expanded. A path that does not begin with C(/) starts in the directory where Ansible was started.",
            "Several controllers share a Redis or Valkey: its sessions, its cached refusals, and the limits of BILL. The URL begins with "
            "V(redis://), V(rediss://) (with TLS) or V(unix://) (a socket), such as V(rediss://user:password@redis.example.com:6379/0). It can "
            "have the options C(prefix) (the beginning of each key, default V(bill.connect:)), C(timeout) (seconds for one operation, "
            "default 3, at most 30) and C(db), and for TLS C(ssl_ca_certs), C(ssl_ca_path), C(ssl_certfile), C(ssl_keyfile) and "
            "C(ssl_password). The certificate is always checked. A URL with a password is secret: keep it in a variable that is encrypted "
            "with C(ansible-vault). Redis requires the Python library redis, version 5 or later, on the controller.",
            "With V(none) no session is stored, and every task of every host signs in for itself. Tasks share no cached refusal, and "
            "O(bill.connect.bill_login#module:state=absent) finds no session to end. BILL allows 200 sign-ins an hour for a developer key, "
            "and locks accounts.",
            "A directory that other users can enter is refused. If the directory cannot be written to, or Redis cannot be used, a warning "
            "says so. The session is then stored in Ansible's temporary directory until the run ends.",
        ),
        default_text="the folder bill in Ansible's home, usually ~/.ansible/bill",
        awx="rare",
        awx_note=(
            "A directory is on the machine where jobs run, and stores sessions from job to job. If each job runs in a new container, use a "
            "Redis. A variable cannot set it, because a person who may set a variable does not always own this credential."
        ),
    ),
    Option(
        "check_after",
        kind="int",
        default=60,
        summary="How many seconds a session counts as valid after BILL's last response.",
        details=(
            "After that time, a task validates the session before it uses the session. Only responses to this collection count, not responses "
            "to C(uri) and others. At most 1000000. In effect, the limit is the time that the session lives without use.",
            "With V(0), each task validates the session, which costs one request. With a high value, a task notices later that somebody has "
            "ended the session elsewhere.",
        ),
    ),
    Option(
        "timeout",
        kind="int",
        default=30,
        minimum=1,
        maximum=3600,
        summary="How many seconds one exchange with BILL may take.",
        details=(
            "It counts from the lookup of the host name to the last byte of the response. At least 1, at most 3600.",
        ),
    ),
    Option(
        "retries",
        kind="int",
        default=3,
        maximum=100,
        summary="How often to repeat a request after a temporary fault.",
        details=(
            "A request is repeated when BILL cannot be reached, does not answer in time, or reports a fault of its own. It is also repeated "
            "after two refusals. One is BDC_1322: more than three requests of this developer key and organization are in flight. The other "
            "says that the Spend & Expense calls of the minute are used up. No other refusal is repeated. At most 100.",
            "The waits between the tries are at most 1, 2, 4, 8, 16 and then always 30 seconds. If a response has the header Retry-After, the "
            "wait is at least that long, up to C(timeout). So one request takes at most (retries + 1) * "
            "timeout seconds and the waits: 210 seconds with the defaults. To get a session, a task makes two requests at most, to validate "
            "and to sign in. That is 420 seconds with the defaults, if no other task delays it. It makes up to three more requests with "
            "O(remember_me_id), up to three more with O(auth_method=partner) (seven with both), and one more if trust is required.",
            "If three requests are already in flight, each try first waits up to C(timeout) seconds for a slot. So one request takes at most "
            "(retries + 1) * 2 * timeout seconds and the waits: 330 seconds with the defaults. If another task is signing in with the same "
            "credentials, a task waits as long as the two requests of that task can take. So the longest time to get a session is 1320 seconds "
            "with the defaults. With more requests, it is longer in proportion. If the user also signs in to other organizations, each of the two "
            "tasks may first wait for one of these sign-ins: 1980 seconds with the defaults.",
            "BILL allows 60 calls a minute to Spend & Expense. So each try of such a call first waits for a slot, 600 seconds at most. If "
            "BILL still refuses the call, the next wait is at least 61 seconds. Such a request takes at most (retries + 1) * (600 + 2 * "
            "timeout) seconds and the waits: 2823 seconds with the defaults. With O(auth_method=spend_token), a task needs at most 11292 "
            "seconds to learn whether the token is valid. C(-v) shows waits.",
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
            "With V(false), anybody between the controller and BILL can read the credentials, so a warning appears. Use O(ca_path) instead.",
        ),
    ),
    Option(
        "ca_path",
        kind="path",
        is_destination=True,
        label="Certificate Authorities",
        summary="A file or directory of certificate authorities that replace the usual ones.",
        details=("A directory must be prepared with C(openssl rehash).",),
        default_text="what the Python library requests uses (REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE, its own list)",
        awx="rare",
        awx_note="It is on the machine where jobs run. A gateway or a proxy of your company can require it.",
    ),
)
