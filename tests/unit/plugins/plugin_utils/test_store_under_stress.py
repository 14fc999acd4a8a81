# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Killed tasks, full disks, strange files, many processes: no data is lost or exposed, and the worst result is one more sign-in."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.plugins.plugin_utils.fake_bill import (
    AS_USER,
    CHECK,
    MFA_ID,
    OAUTH,
    PARTNER_LOGIN,
    PARTNER_USER,
    STEP_UP,
    TOKEN,
)
from tests.unit.plugins.plugin_utils.fake_bill import LOGIN as SIGN_IN
from tests.unit.plugins.plugin_utils.fakes import OPTIONS, ScriptedBill, responds
from tests.unit.plugins.plugin_utils.process_helpers import NOBODY, Tasks, in_its_own_process


def kill_at_each_step(tmp_path: Path, scenario: str) -> list[dict[str, Any]]:
    """The results for a task of this life, killed before and after each of its changes."""
    reported: list[dict[str, Any]] = in_its_own_process("kill_at_each_step", str(tmp_path), scenario)
    assert len(reported) >= 8
    for death in reported:
        assert death["signal"] == 9, death
        assert not death["locked"], death
        assert death["next"]["warned"] == death["checked"]["warned"] == [], death
        assert ".new" not in death["left"], death
    return reported


@pytest.mark.promise(1)
@pytest.mark.promise(6)
@pytest.mark.promise(13)
@pytest.mark.parametrize(
    ("scenario", "sign_ins"),
    [
        ("first", 1),
        pytest.param("ended", 1, marks=pytest.mark.slow),
        pytest.param("forced", 1, marks=pytest.mark.slow),
        ("checked", 0),
        pytest.param("signed out", 1, marks=pytest.mark.slow),
    ],
)
def test_task_killed_at_any_step_costs_at_most_one_more_login(tmp_path: Path, scenario: str, sign_ins: int) -> None:
    for death in kill_at_each_step(tmp_path, scenario):
        assert death["received"].count(SIGN_IN) <= sign_ins + (scenario not in ("forced", "checked", "signed out")), (
            death
        )
        # BILL confirmed that the next task's session is valid.
        assert death["checked"]["session"] == death["next"]["session"], death
        assert not death["checked"]["changed"], death
        if scenario in ("forced", "checked"):
            assert death["stored_before"], death
            assert not death["next"]["changed"], death
            assert scenario == "forced" or death["stored"] == death["stored_before"], death


@pytest.mark.promise(4)
@pytest.mark.promise(13)
@pytest.mark.parametrize("scenario", ["refused", pytest.param("spent", marks=pytest.mark.slow)])
def test_task_killed_while_caching_a_refusal_costs_at_most_one_more_request(tmp_path: Path, scenario: str) -> None:
    for death in kill_at_each_step(tmp_path, scenario):
        assert death["received"] in ([SIGN_IN], [SIGN_IN] * 2), death
        assert "UTC. bill.connect did not send the request again" in death["checked"]["error"], death


@pytest.mark.promise(1)
@pytest.mark.promise(4)
@pytest.mark.parametrize(
    ("how", "first_dies"),
    [
        ({}, False),
        pytest.param({}, True, marks=pytest.mark.slow),
        pytest.param({"password": "stale-findme"}, False, marks=pytest.mark.slow),
    ],
    ids=["right", "right, after one that died", "wrong password"],
)
def test_login_of_two_hundred_processes_is_sent_once(tmp_path: Path, how: dict[str, str], first_dies: bool) -> None:
    run_at_once = in_its_own_process("run_at_once", str(tmp_path), 200, first_dies, how)
    assert run_at_once["received"] == [SIGN_IN] * (1 + first_dies)
    assert len(run_at_once["results"]) == 200
    assert [reported["warned"] for reported in run_at_once["results"]] == [[]] * 200
    if how:
        assert (
            sum(
                "UTC. bill.connect did not send the request again" in reported["error"]
                for reported in run_at_once["results"]
            )
            == 199
        )
    else:
        assert sorted(reported["changed"] for reported in run_at_once["results"]) == [False] * 199 + [True]
        assert len({reported["session"] for reported in run_at_once["results"]}) == 1


@pytest.mark.promise(1)
@pytest.mark.promise(2)
@pytest.mark.parametrize(
    ("before", "how", "received", "changed", "trusted"),
    [
        ({}, MFA_ID, [SIGN_IN, STEP_UP], 0, True),
        (MFA_ID, {**MFA_ID, "device": "another"}, [SIGN_IN, STEP_UP], 0, True),
        (None, PARTNER_USER, [PARTNER_LOGIN, AS_USER], 1, False),
        (PARTNER_USER, {**PARTNER_USER, "user_id": "006OTHER"}, [PARTNER_LOGIN, AS_USER, AS_USER], 1, False),
        (None, OAUTH, [TOKEN], 1, None),
    ],
    ids=["step-up", "step-up with another device", "partner", "another user of the partner", "oauth"],
)
def test_login_of_twenty_processes_for_any_method_is_sent_once(
    tmp_path: Path,
    before: dict[str, str] | None,
    how: dict[str, str],
    received: list[str],
    changed: int,
    trusted: bool | None,
) -> None:
    run_at_once = in_its_own_process("run_at_once", str(tmp_path), 20, False, how, before)
    assert run_at_once["received"] == received
    assert len(run_at_once["results"]) == 20
    assert [reported["warned"] for reported in run_at_once["results"]] == [[]] * 20
    assert sum(reported["changed"] for reported in run_at_once["results"]) == changed
    assert {reported["trusted"] for reported in run_at_once["results"]} == {trusted}
    assert len({str(reported["headers"]) for reported in run_at_once["results"]}) == 1


@pytest.mark.promise(1)
@pytest.mark.promise(13)
@pytest.mark.parametrize("room", [0, 100])
def test_store_on_a_full_disk_keeps_the_stored_session(tmp_path: Path, room: int) -> None:
    reported = in_its_own_process("full", str(tmp_path), room)
    for name, changed in (("checked", False), ("forced", True)):
        assert reported[name]["changed"] is changed
        assert [str(tmp_path / "bill") in text and "(File too large)" in text for text in reported[name]["warned"]] == [
            True,
            False,
        ]
        assert "every task signs in" in reported[name]["warned"][1]
    assert reported["later"]["session"] == reported["checked"]["session"] == reported["first"]
    assert reported["later"]["warned"] == []
    assert reported["received"] == [SIGN_IN, CHECK, SIGN_IN, CHECK]
    assert set(reported["left"]) == {"", ".lock", ".session"}


@pytest.mark.promise(1)
@pytest.mark.promise(13)
def test_store_that_became_read_only_costs_one_login_in_each_run(tmp_path: Path) -> None:
    reported = in_its_own_process("read_only", str(tmp_path))
    assert [each["changed"] for each in reported["results"]] == [True, True, False, False, True, True]
    assert "cannot be used (Permission denied)" in reported["results"][1]["warned"][0]
    assert reported["received"] == [SIGN_IN, CHECK, SIGN_IN, "POST /v3/logout", CHECK, SIGN_IN]


@pytest.mark.promise(2)
@pytest.mark.promise(13)
def test_store_that_cannot_delete_a_session_does_not_use_it_after_its_end(tmp_path: Path) -> None:
    reported = in_its_own_process("signed_out_of_read_only", str(tmp_path))
    assert [each["changed"] for each in reported["results"]] == [True, True, True, False]
    assert "so the stored entry stays in it. Remove it there" in " ".join(reported["results"][1]["warned"])
    assert reported["received"] == [SIGN_IN, "POST /v3/logout", CHECK, SIGN_IN]


def link(path: Path, target: Path) -> None:
    """A link to a file of the user, which nobody else can read."""
    target.write_bytes(b"theirs")
    target.chmod(0o600)
    path.symlink_to(target)


def dangling(path: Path, target: Path) -> None:
    path.symlink_to(target.with_name("nowhere"))


def directory(path: Path, _target: Path) -> None:
    path.mkdir(mode=0o700)
    (path / "inside").touch()


def pipe(path: Path, _target: Path) -> None:
    os.mkfifo(path, 0o600)


def socket_file(path: Path, _target: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        # The path of a socket may have about 100 characters at most.
        here = Path.cwd()
        os.chdir(path.parent)
        try:
            listener.bind(path.name)
        finally:
            os.chdir(here)
    path.chmod(0o600)


def open_to_others(path: Path, _target: Path) -> None:
    path.write_bytes(b"ours")
    path.chmod(0o666)


def foreign(path: Path, _target: Path) -> None:
    path.write_bytes(b"theirs")
    path.chmod(0o600)
    os.chown(path, NOBODY, -1)


IN_PLACE = [link, dangling, directory, pipe, socket_file, open_to_others]
if os.geteuid() == 0:
    # Only root can give a file to another user. test_file_store.py simulates another user id.
    IN_PLACE.append(foreign)


@pytest.mark.promise(6)
@pytest.mark.promise(13)
@pytest.mark.parametrize("what", IN_PLACE, ids=lambda what: str(what.__name__))
@pytest.mark.parametrize("name", ["session", "session.new", "lock"])
def test_login_with_any_object_in_place_of_a_store_file_succeeds(
    tmp_path: Path, scripted: Callable[..., ScriptedBill], name: str, what: Callable[[Path, Path], None]
) -> None:
    bill = scripted(responds(200, {"sessionId": "SESSION-1", "organizationId": OPTIONS["organization_id"]}))
    tasks = Tasks(tmp_path, bill)
    warned: list[str] = []
    tasks.store.mkdir(mode=0o700)
    place = tasks.store / f"{tasks.address}.{name}"
    what(place, target := tmp_path / "target")
    assert [tasks.open(warned).ensure().changed for _time in range(2)] == [True, False]
    assert len(bill.received) == 1
    assert not target.with_name("nowhere").exists()
    assert not target.exists() or target.read_bytes() == b"theirs"
    # The store removes the leftovers of a killed task without a warning. It can also use the thing in the place of the lock in
    # these cases.
    unseen = (name == "session.new" and what is not directory) or (
        name == "lock" and what in (pipe, open_to_others, foreign)
    )
    assert bool(warned) is not unseen, warned
    assert all(str(tasks.store) in text for text in warned)
    for path in tasks.sessions():
        assert path.is_dir() or stat.S_IMODE(path.lstat().st_mode) == 0o600


def private(target: Path) -> None:
    target.mkdir(mode=0o700)


def shared(target: Path) -> None:
    target.mkdir()
    target.chmod(0o755)


def of_another_user(target: Path) -> None:
    if os.geteuid() == 0:
        target.mkdir(mode=0o700)
        os.chown(target, NOBODY, -1)
    else:
        target.symlink_to("/")


def missing(target: Path) -> None:
    """Make nothing there."""


def a_file(target: Path) -> None:
    target.touch(mode=0o600)


def a_pipe(target: Path) -> None:
    os.mkfifo(target, 0o600)


@pytest.mark.promise(6)
@pytest.mark.promise(13)
@pytest.mark.parametrize("linked", [True, False], ids=["linked", "itself"])
@pytest.mark.parametrize(
    "what", [private, shared, of_another_user, missing, a_file, a_pipe], ids=lambda what: str(what.__name__)
)
def test_login_with_any_object_in_place_of_the_store_directory_succeeds(
    tmp_path: Path, scripted: Callable[..., ScriptedBill], linked: bool, what: Callable[[Path], None]
) -> None:
    bill = scripted(responds(200, {"sessionId": "SESSION-1", "organizationId": OPTIONS["organization_id"]}))
    tasks = Tasks(tmp_path, bill)
    target = tmp_path / "target" if linked else tasks.store
    what(target)
    if linked:
        tasks.store.symlink_to(target)
    mode = target.stat().st_mode if target.exists() else None
    warned: list[str] = []
    assert [tasks.open(warned).ensure().changed for _time in range(2)] == [True, False]
    assert len(bill.received) == 1
    # The user's own directory may be a link to a place with more space. bill.connect closes a directory to others only if it made the
    # directory. It does not do so behind a link, because that directory also has another use.
    used = what is private or (not linked and what in (shared, missing))
    assert bool(warned) is not used, warned
    assert all(f"The session store {tasks.store} " in text for text in warned)
    assert bool(list(tasks.store.glob("*.session"))) is used
    if used:
        assert stat.S_IMODE(tasks.store.stat().st_mode) == 0o700
    else:
        assert (target.stat().st_mode if target.exists() else None) == mode
