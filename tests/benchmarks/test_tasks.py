# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The time of one task: with a stored session, without one, and without bill.connect."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.benchmarks.conftest import Often, Report
from tests.benchmarks.figures import Figure, Target, differences, ratios
from tests.benchmarks.report import TASK
from tests.benchmarks.timing import Timed, timed
from tests.emulator.control_client import Control
from tests.integration.project import Project
from tests.redis_servers import KINDS, RedisServer, needs_redis

DEBUG: dict[str, Any] = {"name": "debug", "ansible.builtin.debug": {"msg": "hello"}}
WARM: dict[str, Any] = {"name": "warm", "bill.connect.bill_login": None}
# The sign-in that users write without bill.connect.
URI: dict[str, Any] = {
    "name": "uri",
    "ansible.builtin.uri": {
        "url": "{{ bill_api_url }}/v3/login",
        "method": "POST",
        "body_format": "json",
        "body": {
            "devKey": "{{ bill_dev_key }}",
            "username": "{{ bill_username }}",
            "organizationId": "{{ bill_organization_id }}",
            "password": "{{ bill_password }}",
        },
    },
    "no_log": True,
}
LOGIN = "POST /v3/login"
DEBUG_TASK, URI_LOGIN = "debug", "a uri sign-in"


def test_warm_task_compared_with_debug_and_uri(project: Project, bill: Control, often: Often, report: Report) -> None:
    rounds, pairs = often(15), 6
    took = timed(project, WARM, *([*[DEBUG, WARM] * pairs, URI] * rounds))
    # One sign-in for all tasks of bill.connect.
    assert bill.get("counts") == {LOGIN: 1 + rounds}
    debug, warm = took.tasks["debug"], took.tasks["warm"][1:]
    # A uri task is compared with the tasks of bill.connect and with the debug tasks just before it.
    uri = took.tasks["uri"]
    report(
        Figure("bill_login, stored session", DEBUG_TASK, ratios(warm, debug), Target(1.3), TASK),
        Figure(URI_LOGIN, DEBUG_TASK, ratios(uri, debug[pairs - 1 :: pairs]), None, TASK),
        Figure(
            URI_LOGIN, "bill_login, stored session", ratios(uri, warm[pairs - 1 :: pairs]), Target(18, is_least=True)
        ),
    )


@needs_redis
def test_warm_task_with_redis_compared_with_debug(
    project: Project, bill: Control, often: Often, report: Report, tmp_path: Path
) -> None:
    server = RedisServer(KINDS[0], tmp_path)
    try:
        project.environ["BILL_SESSION_STORE"] = server.url
        took = timed(project, WARM, *([DEBUG, WARM] * often(90)))
    finally:
        server.close()
    assert bill.get("counts") == {LOGIN: 1}
    figure = ratios(took.tasks["warm"][1:], took.tasks["debug"])
    report(Figure("bill_login, session in Redis", DEBUG_TASK, figure, Target(1.5), TASK))


def test_cold_task_compared_with_debug_and_uri(project: Project, bill: Control, often: Often, report: Report) -> None:
    rounds = often(15)
    cold = [
        {"name": "cold", "bill.connect.bill_login": {"session_store": str(project.home / f"store-{each}")}}
        for each in range(rounds)
    ]
    took = timed(project, WARM, *(task for each in cold for task in (DEBUG, each, URI)))
    assert bill.get("counts") == {LOGIN: 1 + 2 * rounds}
    tasks = took.tasks
    report(
        Figure("bill_login that signs in", DEBUG_TASK, ratios(tasks["cold"], tasks["debug"]), None, TASK),
        Figure("bill_login that signs in", URI_LOGIN, ratios(tasks["cold"], tasks["uri"])),
    )


def test_first_warm_task_of_a_run_compared_with_debug(
    project: Project, bill: Control, often: Often, report: Report
) -> None:
    timed(project, WARM)
    debug: list[Timed] = []
    warm: list[Timed] = []
    for _round in range(often(15)):
        debug.append(timed(project, DEBUG))
        warm.append(timed(project, WARM))
    assert bill.get("counts") == {LOGIN: 1}
    # The time of the task alone does not show what Ansible does for it before: it loads the plugin.
    more = differences([1000 * run.seconds for run in warm], [1000 * run.seconds for run in debug])
    report(Figure("first bill_login of a run: more than", DEBUG_TASK, more, Target(60), unit="ms"))
