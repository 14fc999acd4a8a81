# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The time to read ten thousand records, compared with a simple loop over the same pages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.benchmarks.conftest import Often, Report
from tests.benchmarks.figures import Figure, Target, differences, ratios
from tests.benchmarks.report import PLAY
from tests.benchmarks.timing import timed
from tests.emulator import world
from tests.emulator.control_client import Bill, Control
from tests.integration.project import Project

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

# A task that runs the loop, in a Python of its own.
RUNS_THE_LOOP = """
import subprocess
import sys

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        command = [sys.executable, *self._task.args["command"]]
        return {"seconds": float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)}
"""

# A task with the same result. It shows the overhead of ansible-core, which copies the result between processes and registers it.
RETURNS_AS_MUCH = """
import json
import time

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        start = time.perf_counter()
        with open(self._task.args["file"]) as file:
            records = json.load(file)
        seconds = time.perf_counter() - start
        return {"changed": False, "status": 200, "pages": 100, "results": records, "seconds": seconds}
"""


# The seconds that BILL takes for a page, in addition to the 2 ms of the emulator. No server on a network is quicker than the first.
@pytest.mark.parametrize("latency", [0.005, 0])
def test_bill_request_with_ten_thousand_records_compared_with_a_loop(
    project: Project, bill: Control, often: Often, report: Report, latency: float
) -> None:
    user, organization = world.LARGE_USER, world.LARGE_ORGANIZATION
    headers = Bill(project.api_url).session(
        username=user.username, password=user.password, organizationId=organization.id
    )
    (project.folder / "action_plugins").mkdir()
    (project.folder / "action_plugins" / "runs_the_loop.py").write_text(RUNS_THE_LOOP)
    (project.folder / "action_plugins" / "returns_as_much.py").write_text(RETURNS_AS_MUCH)
    file, rounds = str(project.folder / "records.json"), often(9)
    bill.post("settings", latency=latency)
    project.variables(
        bill_api_url=project.api_url,
        bill_username=user.username,
        bill_password=user.password,
        bill_organization_id=organization.id,
    )
    round_of: list[dict[str, Any]] = [
        {
            "name": "loop",
            "runs_the_loop": {"command": ["-c", LOOP, f"{project.api_url}/v3/vendors", json.dumps(headers), file]},
        },
        {"name": "as much", "returns_as_much": {"file": file}, "register": "records"},
        {
            "name": "ours",
            "bill.connect.bill_request": {"path": "/v3/vendors", "paginate": True},
            "register": "records",
        },
    ]
    took = timed(
        project,
        {"name": "warm up", "bill.connect.bill_login": None},
        *(round_of * rounds),
        {
            "name": "check",
            "ansible.builtin.assert": {"that": "records.results | length == 10000 and records.pages == 100"},
        },
    )
    # One session of the loop, one of bill.connect.
    assert bill.get("counts")["POST /v3/login"] == 2
    assert bill.get("state")["peak_in_flight"] == 1
    # What ansible-core needs for such a task, without the time in which the task gets its records.
    core = differences(took.tasks["as much"], took.inside["as much"])
    figure = ratios(differences(took.tasks["ours"], core), took.inside["loop"])
    name = f"10,000 records, {1000 * latency:g} ms a page" if latency else "10,000 records, no latency"
    report(Figure(name, "a loop with requests", figure, Target(1.1), PLAY))
