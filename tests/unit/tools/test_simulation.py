# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulation of a fleet: its results follow from its plan, and the files in docs/simulation are those of the present code."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from tests.emulator.clock import HOUR
from tests.redis_servers import needs_redis
from tools.simulation import page
from tools.simulation.__main__ import PLANS
from tools.simulation.day import JobResult, Plan, Request, Results
from tools.simulation.drawing import PICTURE, drawn
from tools.simulation.figures import FILE, figures, read, written
from tools.simulation.kinds import KINDS, day
from tools.simulation.timeline import Timeline

DAYS = read(FILE.read_text())
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.promise(1)
@pytest.mark.promise(4)
@pytest.mark.promise(11)
@pytest.mark.parametrize("kind", [pytest.param(kind, marks=needs_redis if kind == "redis" else ()) for kind in KINDS])
def test_simulation_of_a_small_day_made_again_is_unchanged(kind: str) -> None:
    assert day(kind, PLANS["small"]) == DAYS["small"].stores[kind], "look at what has changed, then make simulation"


def test_simulation_of_a_small_day_shows_what_a_shared_store_changes() -> None:
    stores = DAYS["small"].stores
    assert [sum(each.sign_ins) for each in stores.values()] == sorted(
        (sum(each.sign_ins) for each in stores.values()), reverse=True
    )
    assert stores["job"].refused_password > stores["redis"].refused_password > 0
    assert stores["redis"].refused_in_flight == 0 < stores["job"].refused_in_flight


def test_simulation_files_are_those_of_the_present_plans() -> None:
    assert {name: each.plan for name, each in DAYS.items()} == PLANS, "make simulation"
    assert [list(each.stores) for each in DAYS.values()] == [list(KINDS)] * len(DAYS), "make simulation"
    assert FILE.read_text() == written(DAYS)
    assert PICTURE.read_text() == drawn(DAYS["day"]), "make simulation ARGS=--draw"


@pytest.mark.promise(1)
@pytest.mark.promise(4)
@pytest.mark.promise(11)
def test_simulation_of_the_day_keeps_the_promises_with_one_redis() -> None:
    figures_of_redis = DAYS["day"].stores["redis"]
    # One session is enough before the change of the password, and one after it. Refused sign-ins are ten minutes apart.
    assert sum(figures_of_redis.sign_ins) - figures_of_redis.refused_password == 2
    assert figures_of_redis.refused_password <= 6
    assert figures_of_redis.refused_in_flight == figures_of_redis.failed_in_flight == figures_of_redis.failed_hour == 0


def test_simulation_plan_has_its_jobs_in_its_hours() -> None:
    plan = Plan(jobs=100, busy_hours=(3,), busy_jobs=30, together=4, within=2)
    starts = plan.starts()
    busy = [start for start in starts if 3 * HOUR <= start < 4 * HOUR]
    assert len(starts) == 100
    assert len(busy) >= 30
    assert len([start for start in busy if 0 <= start % 600 <= 2]) >= 24
    assert plan.starts() == starts != Plan(jobs=100, seed=2).starts()


def test_simulation_figures_count_by_hour_and_reason() -> None:
    jobs = (
        JobResult(60, "", 1, 0),
        JobResult(2 * HOUR, "", 0, 4),
        JobResult(2 * HOUR + 5, "SignInQuotaError", 1, 2),
        JobResult(23 * HOUR, "AuthenticationError", 0, 0),
    )
    requests = (Request(60, True, ""), Request(2 * HOUR, False, "BDC_1322"), Request(2 * HOUR + 5, True, "BDC_1144"))
    found = figures(Results(jobs, requests))
    assert (found.sign_ins[:3], found.reused[2], found.failed[2], found.failed[23]) == ([1, 0, 1], 1, 1, 1)
    assert (found.refused_hour, found.refused_in_flight, found.failed_hour, found.failed_password) == (1, 1, 1, 1)
    assert (found.longest_wait[2], found.wait_longest) == (4, 4)


def test_timeline_runs_events_in_the_order_of_their_times() -> None:
    timeline, seen = Timeline(100.0), list[tuple[str, float]]()

    def job(name: str, seconds: float) -> Callable[[], None]:
        def work() -> None:
            seen.append((name, timeline.now))
            timeline.wait(seconds)
            seen.append((name, timeline.now))

        return work

    timeline.at(103, job("late", 1))
    timeline.at(101, job("long", 5))
    timeline.at(101, job("short", 1))
    timeline.run()
    assert seen == [("long", 101), ("short", 101), ("short", 102), ("late", 103), ("late", 104), ("long", 106)]


def test_timeline_whose_job_fails_raises_its_error() -> None:
    timeline = Timeline(0)

    def fail() -> None:
        raise ValueError("the job is wrong")

    timeline.at(1, fail)
    with pytest.raises(ValueError, match="the job is wrong"):
        timeline.run()


def test_simulation_chart_and_table_have_the_figures() -> None:
    stores = DAYS["day"].stores
    for hour, sign_ins in enumerate(stores["job"].sign_ins):
        assert f"   {hour:02}:00{sign_ins:>13}" in page.chart()
    assert f"     - {sum(stores['job'].sign_ins):,}\n" in page.table()


def test_simulation_picture_is_accessible_and_loads_nothing() -> None:
    picture = ElementTree.fromstring(PICTURE.read_text())
    named = {part.get("id"): part.text for part in picture if part.get("id")}
    assert picture.get("role") == "img"
    assert named["title"] == "A day with 1,000 jobs on 20 controllers"
    for each in DAYS["day"].stores.values():
        assert f"{sum(each.sign_ins)} sign-ins" in str(named["description"])
    elements = {"svg", "title", "desc", "rect", "line", "g", "text"}
    assert {part.tag.removeprefix(SVG) for part in picture.iter()} == elements
    values = [value for part in picture.iter() for value in part.attrib.values()]
    assert not [value for value in values if "//" in value or "(" in value]
