# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The time to read ten thousand records, compared with a simple loop over the same pages and a task with an equal result."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from tests.benchmarks.timing import timed
from tests.emulator import world
from tests.emulator.control_client import Bill, Control
from tests.integration.project import Project

ROUNDS = 7
AT_MOST = 1.2
# How many seconds BILL takes for a page, in addition to the 2 ms of the emulator. No server on a network is quicker. Without this
# time, other work of the machine has more influence than the measured code.
LATENCY = 0.005

# The simplest loop over the pages of BILL, with a session and one open connection. It writes the records to a file for the task
# below.
LOOP = """
import json
import sys
import time

import requests

url, headers, file = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]
start = time.perf_counter()
records, query = [], {"max": 100}
with requests.Session() as http:
    while True:
        answer = http.get(url, params=query, headers=headers)
        answer.raise_for_status()
        page = answer.json()
        records += page["results"]
        if "nextPage" not in page:
            break
        query["page"] = page["nextPage"]
print(time.perf_counter() - start)
with open(file, "w") as out:
    json.dump(records, out)
"""

# A task with the same result. It shows the overhead of ansible-core, which copies the result between processes and registers it.
RETURNS_AS_MUCH = """
import json

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        with open(self._task.args["file"]) as file:
            return {"changed": False, "status": 200, "pages": 100, "results": json.load(file)}
"""


def test_bill_request_with_ten_thousand_records_takes_little_more_than_a_bare_loop(
    project: Project, bill: Control, capsys: Any
) -> None:
    user, organization = world.LARGE_USER, world.LARGE_ORGANIZATION
    headers = Bill(project.api_url).session(
        username=user.username, password=user.password, organizationId=organization.id
    )
    (project.folder / "action_plugins").mkdir()
    (project.folder / "action_plugins" / "returns_as_much.py").write_text(RETURNS_AS_MUCH)
    file = project.folder / "records.json"

    def loop() -> float:
        url = f"{project.api_url}/v3/vendors"
        command = [str(project.core_bin / "python"), "-c", LOOP, url, json.dumps(headers), str(file)]
        return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    bill.post("settings", latency=LATENCY)
    loops = [loop() for _round in range(ROUNDS)]
    project.variables(
        bill_api_url=project.api_url,
        bill_username=user.username,
        bill_password=user.password,
        bill_organization_id=organization.id,
    )
    pair: list[dict[str, Any]] = [
        {"name": "returns_as_much", "returns_as_much": {"file": str(file)}, "register": "records"},
        {
            "name": "bill_request",
            "bill.connect.bill_request": {"path": "/v3/vendors", "paginate": True},
            "register": "records",
        },
    ]
    times = timed(
        project,
        {"name": "warm up", "bill.connect.bill_login": None},
        *(pair * ROUNDS),
        {
            "name": "check",
            "ansible.builtin.assert": {"that": "records.results | length == 10000 and records.pages == 100"},
        },
    )
    loops += [loop() for _round in range(ROUNDS)]
    # Compare the quickest run of each, because other work of the machine slows single runs and the difference is small.
    bare, task, ours = min(loops), min(times["returns_as_much"]), min(times["bill_request"])
    ratio = (ours - task) / bare
    with capsys.disabled():
        print(
            f"\nansible-core {'.'.join(map(str, project.core))}, best of {ROUNDS}: bill_request {ours:.2f} s, a task with the same result "
            f"{task:.2f} s, a bare loop {bare:.2f} s; bill_request without the task takes {ratio:.2f} times the loop"
        )
    assert ratio <= AT_MOST
    assert bill.get("counts")["POST /v3/login"] == 2
    assert bill.get("state")["peak_in_flight"] == 1
