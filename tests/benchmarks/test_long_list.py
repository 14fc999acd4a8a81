# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What reading ten thousand records costs, beside the plainest loop that reads the same pages, and a task that returns as much."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from tests.benchmarks.timing import timed
from tests.emulator import world
from tests.emulator.talk import Bill, Control
from tests.integration.project import Project

ROUNDS = 7
AT_MOST = 1.2
# Seconds that BILL takes for a page, beside the 2 ms that the emulator needs. No server at the other end of a network is quicker, and
# without it what else the machine does weighs more than what is measured.
LATENCY = 0.005

# What somebody would write who has a session, knows how BILL pages, and wants nothing else; the connection stays open. The
# records go to a file for the task below.
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

# The overhead of a task with such a result: ansible-core hands it from process to process and registers it.
RETURNS_AS_MUCH = """
import json

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        with open(self._task.args["file"]) as file:
            return {"changed": False, "status": 200, "pages": 100, "results": json.load(file)}
"""


def test_reading_ten_thousand_records_costs_little_more_than_a_bare_loop(
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
            "name": "look",
            "ansible.builtin.assert": {"that": "records.results | length == 10000 and records.pages == 100"},
        },
    )
    loops += [loop() for _round in range(ROUNDS)]
    # The quickest of each: what else the machine does makes any of them slower, and the difference of two is small.
    bare, task, ours = min(loops), min(times["returns_as_much"]), min(times["bill_request"])
    ratio = (ours - task) / bare
    with capsys.disabled():
        print(
            f"\nansible-core {'.'.join(map(str, project.core))}, best of {ROUNDS}: bill_request {ours:.2f} s, a task that returns as much "
            f"{task:.2f} s, a bare loop {bare:.2f} s; beyond the task {ratio:.2f} times the loop"
        )
    assert ratio <= AT_MOST
    assert bill.get("counts")["POST /v3/login"] == 2
    assert bill.get("state")["peak_in_flight"] == 1
