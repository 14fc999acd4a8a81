# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A list of 500 vendors, in an organization without vendors, compared with a loop that sends the same requests."""

from __future__ import annotations

import json
from typing import Any

from tests.benchmarks.conftest import Often, Report
from tests.benchmarks.figures import Figure, Target, differences, ratios
from tests.benchmarks.report import PLAY
from tests.benchmarks.timing import timed
from tests.emulator import world
from tests.emulator.control_client import Bill, Control
from tests.integration.project import Project

VENDORS = 500
# The seconds that BILL takes for a response, in addition to the few ms of the emulator.
LATENCY = 0.05
COLD, WARM = "500 new vendors", "500 vendors, none to change"
# The most requests of each.
MOST = {COLD: 40, WARM: 6}
ALL = f"objects/vendors?organization_id={world.ORGANIZATION.id}"

# Sends requests, with a session and one open connection. It prints how long that took.
LOOP = """
import json
import sys
import time

import requests

with open(sys.argv[1]) as file:
    wanted = json.load(file)
with requests.Session() as http:
    start = time.perf_counter()
    for method, url, query, body in wanted["requests"]:
        http.request(method, url, params=query, json=body, headers=wanted["headers"]).raise_for_status()
    print(time.perf_counter() - start)
"""

# A task that runs a program, in a Python of its own.
RUNS = """
import subprocess
import sys

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        command = [sys.executable, *self._task.args["command"]]
        return {"seconds": float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)}
"""

# A task with the same arguments and the same result. It shows what ansible-core itself needs for them.
RETURNS_AS_MUCH = """
import json
import time

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        start = time.perf_counter()
        with open(self._task.args["file"]) as file:
            result = json.load(file)
        return {**result, "seconds": time.perf_counter() - start}
"""

EMPTY = "import requests, sys; requests.delete(sys.argv[1]).raise_for_status(); print(0)"


def test_500_vendors_compared_with_a_loop(project: Project, bill: Control, often: Often, report: Report) -> None:
    (project.folder / "action_plugins").mkdir()
    (project.folder / "action_plugins" / "runs.py").write_text(RUNS)
    (project.folder / "action_plugins" / "returns_as_much.py").write_text(RETURNS_AS_MUCH)
    address = {"line1": "1 Main Street", "city": "Portland", "zip_or_postal_code": "97205", "country": "US"}
    wanted = [{"name": f"Vendor {number:03}", "address": address} for number in range(VENDORS)]
    project.variables(bill_api_url=project.api_url, wanted=wanted)
    ours = {"bill.connect.bill_vendor": {"objects": "{{ wanted }}"}, "register": "result"}

    bill.delete(ALL)
    files = {COLD: project.folder / "cold.json", WARM: project.folder / "warm.json"}
    headers = Bill(project.api_url).session()
    results: dict[str, Any] = {}
    for name, file in files.items():
        before = len(bill.received())
        copied = {"ansible.builtin.copy": {"content": "{{ result | to_json }}", "dest": f"{file}.result"}}
        timed(project, {"name": "ours", **ours}, {**copied, "delegate_to": "localhost"})
        received = [each for each in bill.received()[before:] if each["path"].startswith("/v3/vendors")]
        assert len(received) <= MOST[name]
        results[name] = json.loads(file.with_suffix(".json.result").read_text())
        assert results[name]["changed"] is (name == COLD)
        sent = [(each["method"], f"{project.api_url}{each['path']}", each["query"], each["body"]) for each in received]
        file.write_text(json.dumps({"requests": sent, "headers": headers}))
    assert len(bill.get(ALL)) == VENDORS

    bill.post("settings", latency=LATENCY)
    empty = {"name": "empty", "runs": {"command": ["-c", EMPTY, f"{bill.url}/{ALL}"]}}
    round_of: list[dict[str, Any]] = [empty]
    for name, file in files.items():
        round_of.append({"name": f"loop {name}", "runs": {"command": ["-c", LOOP, str(file)]}})
        much = {"file": f"{file}.result", "objects": "{{ wanted }}"}
        round_of.append({"name": f"as much {name}", "returns_as_much": much, "register": "result"})
    round_of.append(empty)
    round_of += [{"name": name, **ours} for name in files]
    took = timed(project, {"name": "warm up", "bill.connect.bill_login": None}, *(round_of * often(7)))
    for name in files:
        core = differences(took.tasks[f"as much {name}"], took.inside[f"as much {name}"])
        figure = ratios(differences(took.tasks[name], core), took.inside[f"loop {name}"])
        report(Figure(f"{name}, {1000 * LATENCY:g} ms", "a loop with requests", figure, Target(1.3), PLAY))
