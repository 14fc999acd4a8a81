# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option `feedback`: ansible-rulebook, with a real database, is killed while it works on events."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from tests.eda.conftest import Rulebook, changes
from tests.eda.postgres import Postgres, needs_postgresql
from tests.unit.extensions.sources import FOLDER, SUBSCRIPTION, body_of, signed

pytestmark = pytest.mark.slow

NO_DATABASE = "feedback is true, but ansible-rulebook has no database"
IGNORED = "has already been processed once. Ignoring duplicate."
SOURCES = Path(__file__).parent / "sources"
Variables = dict[str, Any]


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with closing(Postgres()) as server:
        yield server


@pytest.fixture(
    params=[
        "h2",
        pytest.param("postgres", marks=needs_postgresql),
    ]
)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Variables:
    """The variables with which ansible-rulebook finds its database: a file of H2, or PostgreSQL."""
    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        return server.variables
    # By default, H2 writes to the disk half a second after a commit.
    return {"drools_db_file_path": f"{tmp_path}/rules;WRITE_DELAY=0"}


class Restarted:
    """ansible-rulebook with one source, which is started again with the same store and the same database."""

    def __init__(
        self,
        folder: Path,
        run: Callable[..., Any],
        database: Variables,
        *,
        feedback: bool,
        action: dict[str, Any] | None = None,
    ) -> None:
        self._folder = folder
        self._run = run
        self._database = database
        # A database can have the events of several tests.
        self._persistence = ["--persistence-id", str(uuid.uuid4()), "--id", "1"] if database else []
        self._fired: list[str] = []
        source = {
            "feedback": feedback,
            "source": str(FOLDER / "bill_webhook.py"),
            "port": 0,
            "security_keys": ["{{ bill_security_key }}"],
            "subscription_ids": [SUBSCRIPTION],
            "state_dir": str(folder / "state"),
        }
        text = yaml.safe_load(Path(changes(folder / "book.yml", "bill_webhook")).read_text())
        text[0]["sources"] = [{"name": "bill", "killed_webhook": source}]
        if action:
            text[0]["rules"][0]["action"] = action
        (folder / "book.yml").write_text(yaml.safe_dump(text))

    @contextmanager
    def running(self) -> Iterator[Rulebook]:
        arguments = ["--source-dir", str(SOURCES), *self._persistence]
        with self._run(str(self._folder / "book.yml"), *arguments, **self._database) as rulebook:
            assert rulebook.url
            try:
                yield rulebook
            finally:
                self._fired += rulebook.fired

    def kill_when(self, moment: str) -> None:
        """Let the process kill itself at the next such moment."""
        (self._folder / "kill").write_text(moment)

    def times(self, *ids: str) -> dict[str, int]:
        """How often the rule has fired for each event, over all starts."""
        counts = Counter(self._fired)
        assert set(counts) <= set(ids)
        return {id_: counts[id_] for id_ in ids}


def deliver(rulebook: Rulebook, id_: str, timeout: float = 10) -> None:
    body = body_of(id_)
    requests.post(rulebook.url, data=body, headers=signed(body), timeout=timeout)


def send(rulebook: Rulebook, *ids: str) -> None:
    """Send deliveries. The process can be killed before it responds. Then BILL would send them again."""
    for id_ in ids:
        with suppress(requests.ConnectionError):
            deliver(rulebook, id_)


def send_and_complete(rulebook: Rulebook, id_: str) -> None:
    """Send a delivery, and wait until all work on the event has ended: in the source, in the rule, and in ansible-rulebook."""
    send(rulebook, id_)
    rulebook.wait_for(lambda: f"marked {id_}" in rulebook.log)
    # After the action, ansible-rulebook still writes to its database.
    rulebook.wait_for(lambda: "finished, active actions 0" in rulebook.log.partition(f"fired for {id_}")[2])


@pytest.mark.promise(21)
@pytest.mark.parametrize("moment", ["handed over", "confirmed"])
def test_process_that_is_killed_between_the_hand_over_and_its_end_works_on_each_event_once(
    run: Callable[..., Any], database: Variables, tmp_path: Path, moment: str
) -> None:
    restarted = Restarted(tmp_path, run, database, feedback=True)
    with restarted.running() as rulebook:
        send_and_complete(rulebook, "first")
        restarted.kill_when(moment)
        send(rulebook, "second")
        rulebook.wait_for_its_end()
    with restarted.running() as rulebook:
        # BILL sends the event again, because it may have got no response.
        send(rulebook, "second", "third")
        rulebook.wait_for(lambda: "third" in rulebook.fired)
        log = rulebook.log
    assert restarted.times("first", "second", "third") == {"first": 1, "second": 1, "third": 1}
    # ansible-rulebook got it twice, if it had written it to its database, and knows it again.
    assert (IGNORED in log) == (moment == "confirmed")
    assert NO_DATABASE not in log


@pytest.mark.promise(21)
def test_process_that_is_killed_at_any_time_works_on_each_event(
    run: Callable[..., Any], database: Variables, tmp_path: Path
) -> None:
    restarted = Restarted(tmp_path, run, database, feedback=True)
    ids = [f"event-{number}" for number in range(60)]
    kills = 3
    for part in range(kills):
        sent = ids[part * 20 : part * 20 + 20]
        with restarted.running() as rulebook:
            send(rulebook, *sent)
            # In the middle of its work: a delivery has its response when the event is stored.
            rulebook.kill()
    with restarted.running() as rulebook:
        send(rulebook, "last")
        # The store hands over the oldest first.
        rulebook.wait_for(lambda: "last" in rulebook.fired)
    ids.append("last")
    times = restarted.times(*ids)
    assert min(times.values()) == 1
    # An action that was killed runs again, from its beginning.
    assert sum(times.values()) <= len(ids) + kills


@pytest.mark.promise(21)
@needs_postgresql
def test_after_a_restart_of_the_database_a_restart_of_ansible_rulebook_brings_each_event_again(
    run: Callable[..., Any], postgres: Postgres, tmp_path: Path
) -> None:
    restarted = Restarted(tmp_path, run, postgres.variables, feedback=True)
    with restarted.running() as rulebook:
        send_and_complete(rulebook, "first")
        postgres.stop()
        send(rulebook, "second")
        rulebook.wait_for(lambda: "Failed to persist SessionState" in rulebook.log)
        postgres.start()
        # ansible-rulebook never confirms the second event, so the third one waits.
        send(rulebook, "third")
        assert rulebook.fired == ["first"]
    with restarted.running() as rulebook:
        rulebook.wait_for(lambda: "third" in rulebook.fired)
    assert restarted.times("first", "second", "third") == {"first": 1, "second": 1, "third": 1}


class SlowRulebook(Restarted):
    """ansible-rulebook whose rule runs a playbook. The playbook waits in its middle."""

    def __init__(self, folder: Path, run: Callable[..., Any], database: Variables) -> None:
        self._notes = folder / "notes"
        self._go = folder / "go"
        tasks = [
            {"name": "Begin", "ansible.builtin.shell": f"echo begun >> {self._notes}"},
            {"name": "Wait", "ansible.builtin.wait_for": {"path": str(self._go), "sleep": 1, "timeout": 60}},
            {"name": "End", "ansible.builtin.shell": f"echo ended >> {self._notes}"},
        ]
        play = {"name": "Slow", "hosts": "localhost", "gather_facts": False, "tasks": tasks}
        (folder / "slow.yml").write_text(yaml.safe_dump([play]))
        super().__init__(folder, run, database, feedback=True, action={"run_playbook": {"name": "slow.yml"}})

    @contextmanager
    def running_in_the_middle(self) -> Iterator[Rulebook]:
        """ansible-rulebook while the playbook for the first event waits."""
        with self.running() as rulebook:
            send(rulebook, "first")
            rulebook.wait_for(lambda: self.notes)
            yield rulebook

    @property
    def notes(self) -> list[str]:
        """What the playbook has done, over all its runs."""
        return self._notes.read_text().split() if self._notes.exists() else []

    def go_on(self) -> None:
        """Let the playbook end, and all later ones."""
        self._go.touch()


@pytest.mark.promise(21)
def test_action_that_was_killed_runs_again_from_its_beginning(
    run: Callable[..., Any], database: Variables, tmp_path: Path
) -> None:
    slow = SlowRulebook(tmp_path, run, database)
    with slow.running_in_the_middle() as rulebook:
        rulebook.kill_with_its_playbooks()
    slow.go_on()
    with slow.running() as rulebook:
        rulebook.wait_for(lambda: "ended" in slow.notes)
    assert slow.notes == ["begun", "begun", "ended"]


@pytest.mark.promise(21)
@needs_postgresql
def test_short_restart_of_the_database_while_an_action_runs_changes_nothing(
    run: Callable[..., Any], postgres: Postgres, tmp_path: Path
) -> None:
    slow = SlowRulebook(tmp_path, run, postgres.variables)
    with slow.running_in_the_middle() as rulebook:
        postgres.stop()
        postgres.start()
        slow.go_on()
        rulebook.wait_for(lambda: "finished, active actions 0" in rulebook.log)
        send(rulebook, "second")
        rulebook.wait_for(lambda: slow.notes.count("ended") == 2)
    assert slow.notes == ["begun", "ended", "begun", "ended"]


@pytest.mark.promise(21)
@needs_postgresql
def test_action_that_ends_without_the_database_ends_ansible_rulebook_and_runs_again(
    run: Callable[..., Any], postgres: Postgres, tmp_path: Path
) -> None:
    slow = SlowRulebook(tmp_path, run, postgres.variables)
    with slow.running_in_the_middle() as rulebook:
        postgres.stop()
        slow.go_on()
        # It waits half a minute for its database, and does nothing else. BILL sends this event again.
        rulebook.wait_for(lambda: "Failed to validate connection" in rulebook.log)
        with pytest.raises(requests.ReadTimeout):
            deliver(rulebook, "second", timeout=2)
        assert rulebook.wait_for_its_end() == 0
        assert "Failed to delete action info from PostgreSQL" in rulebook.log
    assert slow.notes == ["begun", "ended"]
    postgres.start()
    with slow.running() as rulebook:
        rulebook.wait_for(lambda: slow.notes.count("ended") == 2)
        send(rulebook, "first", "second")
        rulebook.wait_for(lambda: slow.notes.count("ended") == 3)
    assert slow.notes == ["begun", "ended"] * 3


def test_without_feedback_a_killed_process_loses_the_event_in_its_memory(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    restarted = Restarted(tmp_path, run, {}, feedback=False)
    with restarted.running() as rulebook:
        send_and_complete(rulebook, "first")
        restarted.kill_when("marked")
        send(rulebook, "second")
        rulebook.wait_for_its_end()
    with restarted.running() as rulebook:
        send(rulebook, "second", "third")
        rulebook.wait_for(lambda: "third" in rulebook.fired)
    # The gap that the guide names.
    assert restarted.times("first", "second", "third") == {"first": 1, "second": 0, "third": 1}


def test_feedback_without_a_database_is_refused_or_warned_about(run: Callable[..., Any], tmp_path: Path) -> None:
    # ansible-rulebook refuses it.
    refused = Restarted(tmp_path, run, {}, feedback=True)
    with (
        pytest.raises(AssertionError, match="has requested feedback but persistence has not been enabled"),
        refused.running(),
    ):
        pass
    # ansible-rulebook accepts an identifier without a database, and says nothing. The source does.
    accepted = Restarted(tmp_path, run, {"drools_db_name": "postgres"}, feedback=True)
    with accepted.running() as rulebook:
        send(rulebook, "first")
        rulebook.wait_for(lambda: NO_DATABASE in rulebook.log)
        rulebook.wait_for(lambda: rulebook.fired == ["first"])
