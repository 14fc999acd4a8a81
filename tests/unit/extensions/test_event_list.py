# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Both sources read BILL's event list: what BILL receives, and what a rule sees."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.bill.connect.extensions.eda.plugins.event_source.bill_connect_eda.bill_api import BillApi
from ansible_collections.bill.connect.extensions.eda.plugins.event_source.bill_connect_eda.errors import (
    BillError,
    RefusedError,
)
from ansible_collections.bill.connect.extensions.eda.plugins.event_source.bill_connect_eda.event_list import (
    EventListReader,
)
from ansible_collections.bill.connect.extensions.eda.plugins.event_source.bill_connect_eda.inbox import Inbox
from ansible_collections.bill.connect.extensions.eda.plugins.event_source.bill_connect_eda.options import Arguments
from ansible_collections.bill.connect.extensions.eda.plugins.event_source.bill_connect_eda.store import EventStore
from tests.unit.extensions.sources import (
    CREDENTIALS,
    ORGANIZATION,
    SUBSCRIPTION,
    FakeBill,
    Queue,
    body_of,
    entry_of,
    post,
    receiving,
    running,
    until,
)

# BILL writes 2026-12-15T23:15:23.127+00:00.
NOON = 1_797_336_000.0
LATER = "2026-12-15T12:30:00.000+00:00"


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("BILL_API_TOKEN", raising=False)
    caplog.set_level("DEBUG")


class Reading:
    """A reader with its store, and a clock that the test moves."""

    def __init__(self, api: BillApi, arguments: Arguments, folder: Path) -> None:
        options = arguments.inbox()
        self.now = NOON
        # How many seconds the clock of this machine is ahead of BILL's.
        self.ahead = 0.0
        self.queue = Queue()
        # How long the reader has waited. The test ends it after some waits.
        self.waits: list[float] = []
        self.ends_after = 1
        self.store = EventStore.open(folder, max_ids=1000, clock=lambda: self.now)
        self.inbox = Inbox(self.store, options, lambda: self.now)
        self.reader = EventListReader(
            api,
            self.inbox,
            self.store,
            options=arguments.event_list(60),
            subscription_ids=options.subscription_ids,
            clock=lambda: self.now + self.ahead,
            sleep=self._sleep,
        )

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        if len(self.waits) == self.ends_after:
            raise asyncio.CancelledError

    async def read(self) -> list[str]:
        """The ids of the events that one reading finds."""
        before = self.store.waiting_count
        await self.reader.read()
        handing = asyncio.ensure_future(self.inbox.hand_over(self.queue))
        await until(lambda: self.store.waiting_count == 0)
        handing.cancel()
        assert before == 0
        return self.queue.ids()


@asynccontextmanager
async def reading(bill: FakeBill, folder: Path, **changes: Any) -> AsyncIterator[Reading]:
    args = {"subscription_ids": [SUBSCRIPTION], "state_dir": str(folder), "api_url": bill.url, **changes}
    account = Arguments(args).account()
    assert account
    async with BillApi(account) as api:
        reading = Reading(api, Arguments(args), folder)
        bill.clock = lambda: reading.now
        try:
            yield reading
        finally:
            reading.store.close()


@pytest.mark.promise(21)
def test_source_hands_over_what_bill_could_not_deliver_and_nothing_twice(tmp_path: Path) -> None:
    async def conversation() -> tuple[list[str], list[str]]:
        async with FakeBill().open() as bill:
            bill.entries = [entry_of(f"event-{number}", "2999-01-01T00:00:00.000+00:00") for number in range(5)]
            queue = Queue()
            async with receiving(queue, tmp_path, api_url=bill.url) as url:
                assert await post(url, body_of("event-2")) == 200
                await until(lambda: queue.qsize() == 5)
                assert await post(url, body_of("event-4")) == 200
            return sorted(queue.ids()), bill.received

    ids, received = asyncio.run(conversation())
    assert ids == [f"event-{number}" for number in range(5)]
    assert received == ["login", "subscription", "events", "events", "events"]


@pytest.mark.promise(21)
def test_polling_source_hands_over_the_same_events_without_a_port(tmp_path: Path) -> None:
    async def conversation() -> list[dict[str, Any]]:
        async with FakeBill().open() as bill:
            bill.entries = [entry_of("event-1", "2999-01-01T00:00:00.000+00:00")]
            queue = Queue()
            args = {"subscription_ids": [SUBSCRIPTION], "state_dir": str(tmp_path), "api_url": bill.url}
            async with running("bill_events", queue, **args):
                polled = await asyncio.wait_for(queue.get(), 30)
            async with receiving(queue, tmp_path / "webhook") as url:
                assert await post(url, body_of("event-1")) == 200
                return [polled, await asyncio.wait_for(queue.get(), 30)]

    polled, delivered = asyncio.run(conversation())
    for event in (polled, delivered):
        del event["meta"]["received_at"]
    assert polled == delivered


@pytest.mark.promise(21)
def test_reader_reads_again_from_an_hour_before_the_newest_event(tmp_path: Path) -> None:
    async def conversation() -> tuple[list[list[str]], list[str]]:
        async with FakeBill().open() as bill:
            found = []
            bill.entries = [
                entry_of("before", "2026-12-15T11:00:00.000Z"),
                entry_of("event-1", "2026-12-15T12:10:00.000Z"),
            ]
            async with reading(bill, tmp_path) as first:
                found.append(await first.read())
            bill.entries.append(entry_of("event-2", "2026-12-15T14:00:00.000Z"))
            async with reading(bill, tmp_path) as second:
                second.now = NOON + 3 * 3600
                found += [await second.read(), await second.read()]
            # BILL lists an event late.
            bill.entries.append(entry_of("late", "2026-12-15T13:30:00.000Z"))
            async with reading(bill, tmp_path) as third:
                found.append(await third.read())
            return found, sorted(set(bill.since))

    found, since = asyncio.run(conversation())
    assert found == [["event-1"], ["event-2"], [], ["late"]]
    # One minute before the first start, because clocks differ. Then an hour before the newest event, but not before the first start.
    assert since == ["2026-12-15T11:59:00.000Z", "2026-12-15T13:00:00.000Z"]


@pytest.mark.promise(21)
def test_reader_that_failed_in_the_middle_begins_at_the_same_place_again(tmp_path: Path) -> None:
    async def conversation() -> tuple[list[str], list[str]]:
        async with FakeBill().open() as bill:
            bill.list_status = 500
            async with reading(bill, tmp_path) as down:
                with pytest.raises(Exception, match="status 500 BDC_1001"):
                    await down.read()
            bill.list_status = 200
            bill.entries = [entry_of("event-1", "2026-12-15T12:01:00.000Z")]
            async with reading(bill, tmp_path) as later:
                later.now = NOON + 24 * 3600
                return await later.read(), bill.since

    assert asyncio.run(conversation()) == (["event-1"], ["2026-12-15T11:59:00.000Z"])


@pytest.mark.promise(21)
@pytest.mark.parametrize("ahead", [-400 * 24 * 3600, 24 * 3600])
def test_reader_on_a_machine_with_a_wrong_clock_begins_at_the_time_of_bill(tmp_path: Path, ahead: float) -> None:
    async def conversation() -> tuple[list[str], list[str]]:
        async with FakeBill().open() as bill, reading(bill, tmp_path) as reader:
            reader.ahead = ahead
            bill.entries = [
                entry_of("before", "2026-12-15T11:00:00.000Z"),
                entry_of("event-1", "2026-12-15T12:00:01.000Z"),
            ]
            return await reader.read(), bill.since

    assert asyncio.run(conversation()) == (["event-1"], ["2026-12-15T11:59:00.000Z"])


@pytest.mark.promise(21)
@pytest.mark.parametrize(
    "date",
    [
        "no date",
        "Tue, 15 Dec 99999999999999999999 12:00:00 GMT",
        "Tue, 15 Dec 2026 12:00:00 +99999999999999999999",
        "Fri, 31 Dec 9999 23:59:59 -2359",
    ],
)
def test_reader_of_responses_with_an_unusable_date_begins_at_the_time_of_this_machine(
    tmp_path: Path, date: str
) -> None:
    async def conversation() -> tuple[list[str], list[str]]:
        async with FakeBill().open() as bill, reading(bill, tmp_path) as reader:
            bill.date = date
            bill.entries = [entry_of("event-1", "2026-12-15T12:00:01.000Z")]
            return await reader.read(), bill.since

    assert asyncio.run(conversation()) == (["event-1"], ["2026-12-15T11:59:00.000Z"])


@pytest.mark.promise(21)
def test_reader_with_an_entry_from_the_future_finds_the_events_before_it_too(tmp_path: Path) -> None:
    async def conversation() -> list[list[str]]:
        async with FakeBill().open() as bill, reading(bill, tmp_path) as reader:
            bill.entries = [entry_of("future", "2999-01-01T00:00:00.000Z")]
            found = [await reader.read()]
            bill.entries.append(entry_of("event-1", "2026-12-15T12:10:00.000Z"))
            return [*found, await reader.read()]

    assert asyncio.run(conversation()) == [["future"], ["event-1"]]


def test_reader_with_since_reads_from_there_at_the_first_start(tmp_path: Path) -> None:
    async def conversation() -> tuple[list[str], list[str]]:
        async with FakeBill().open() as bill:
            bill.entries = [
                entry_of("old", "2026-11-01T00:00:00.000Z"),
                entry_of("event-1", "2026-12-02T00:00:00.000Z"),
            ]
            async with reading(bill, tmp_path, since="2026-12-01T00:00:00Z") as first:
                return await first.read(), bill.since

    assert asyncio.run(conversation()) == (["event-1"], ["2026-12-01T00:00:00.000Z"])


@pytest.mark.promise(21)
def test_reader_with_entries_that_are_no_events_keeps_them_and_takes_the_others(tmp_path: Path) -> None:
    async def conversation() -> list[str]:
        async with FakeBill().open() as bill:
            bill.entries = [
                entry_of("event-1", LATER, payload="{"),
                entry_of("event-2", LATER, payload=None),
                entry_of("event-3", LATER, payload='{"vendor": {}}'),
                entry_of("event-4", LATER),
            ]
            async with reading(bill, tmp_path) as first:
                found = await first.read()
                assert await first.read() == []
                # The second reading does not keep the same entries once more.
                assert first.store._connection.execute("SELECT count(*) FROM unreadable").fetchone() == (2,)
                return found

    # The third has no metadata of its own, but its entry says enough.
    assert asyncio.run(conversation()) == ["event-3", "event-4"]


@pytest.mark.parametrize(
    ("actor", "reenable", "patches", "message"),
    [
        ("SYSTEM", False, 0, "BILL has switched it off after failed deliveries"),
        ("SYSTEM", True, 1, "The source has switched it on again"),
        ("CLIENT", True, 0, "a user has switched it off"),
    ],
)
def test_reader_with_a_subscription_that_is_off_warns_and_switches_it_on_only_if_bill_switched_it_off(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, actor: str, reenable: bool, patches: int, message: str
) -> None:
    async def conversation() -> FakeBill:
        async with FakeBill().open() as bill:
            bill.status = {"enabled": False, "actor": actor, "reason": "too many failures"}
            bill.entries = [entry_of("event-1", LATER)]
            async with reading(bill, tmp_path, reenable=reenable) as first:
                assert await first.read() == ["event-1"]
                assert await first.read() == []
            return bill

    bill = asyncio.run(conversation())
    assert (bill.count("patch"), bill.status["enabled"]) == (patches, bool(patches))
    assert [message in record.message for record in caplog.records if record.levelname == "WARNING"] == [True]


@pytest.mark.promise(21)
def test_reader_that_cannot_switch_the_subscription_on_reads_its_events(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def conversation() -> list[str]:
        async with FakeBill().open() as bill:
            bill.status = {"enabled": False, "actor": "SYSTEM"}
            bill.patch_status = 403
            bill.entries = [entry_of("event-1", LATER)]
            async with reading(bill, tmp_path, reenable=True) as reader:
                return await reader.read()

    assert asyncio.run(conversation()) == ["event-1"]
    assert "could not switch it on: BILL answered status 403 BDC_1105" in caplog.text


@pytest.mark.promise(7)
def test_reader_sends_its_credentials_to_no_proxy_in_the_clear_and_no_cookies_and_nothing_of_netrc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("default login somebody password netrc-findme")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))

    async def conversation() -> tuple[list[str], list[str]]:
        async with FakeBill().open() as bill:
            # aiohttp stores no cookies of an IP address.
            bill.url = bill.url.replace("127.0.0.1", "localhost")
            async with reading(bill, tmp_path) as reader:
                await reader.read()
            return bill.extra_headers, bill.received

    for name in ("http_proxy", "https_proxy", "all_proxy"):
        # Nobody listens there.
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    assert asyncio.run(conversation()) == ([], ["login", "subscription", "events"])


@pytest.mark.parametrize("variable", ["https_proxy", "all_proxy"])
@pytest.mark.parametrize(("host", "connects"), [("bill.invalid", ["CONNECT bill.invalid:443"]), ("127.0.0.1:9", [])])
def test_reader_of_an_https_address_uses_the_proxy_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, connects: list[str], variable: str
) -> None:
    asked: list[str] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readline()).decode().rpartition(" ")[0])
        writer.write(b"HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async def conversation() -> None:
        bill = FakeBill()
        bill.url = f"https://{host}/connect"
        async with await asyncio.start_server(refuse, "127.0.0.1", 0) as proxy:
            for name in ("https_proxy", "all_proxy"):
                monkeypatch.delenv(name, raising=False)
                monkeypatch.delenv(name.upper(), raising=False)
            monkeypatch.setenv(variable, f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}")
            monkeypatch.setenv("no_proxy", "127.0.0.1")
            async with reading(bill, tmp_path) as reader:
                with pytest.raises(Exception, match="BILL does not answer"):
                    await reader.read()

    asyncio.run(conversation())
    assert asked == connects


def test_reader_with_credentials_that_end_with_a_line_break_signs_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, f"{value}\n")

    async def conversation() -> list[str]:
        async with FakeBill().open() as bill, reading(bill, tmp_path) as reader:
            await reader.read()
            return bill.received

    assert asyncio.run(conversation()) == ["login", "subscription", "events"]


def test_reader_with_a_session_that_cannot_be_a_header_tries_again(tmp_path: Path) -> None:
    async def conversation() -> None:
        async with FakeBill().open() as bill, reading(bill, tmp_path) as reader:
            bill.login = lambda: (200, {"sessionId": "session-findme\r\nHost: x"})
            with pytest.raises(BillError, match="BILL does not answer") as raised:
                await reader.read()
            assert "findme" not in str(raised.value)

    asyncio.run(conversation())


@pytest.mark.parametrize(
    "expired", [(401, None), (400, [{"code": "BDC_1109"}]), (401, [{"code": "BDC_1109"}])], ids=str
)
def test_reader_with_an_expired_session_signs_in_again_once(tmp_path: Path, expired: tuple[int, Any]) -> None:
    async def conversation() -> list[str]:
        async with FakeBill().open() as bill:
            bill.expired = expired
            async with reading(bill, tmp_path) as reader:
                await reader.read()
                bill.session = "another"
                await reader.read()
            return bill.received

    first = ["login", "subscription", "events"]
    assert asyncio.run(conversation()) == [*first, "expired", "login", "subscription", "events"]


def test_reader_with_a_token_signs_in_nowhere_and_sends_a_refused_token_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BILL_USERNAME")
    monkeypatch.setenv("BILL_API_TOKEN", "token-findme")

    async def conversation() -> list[str]:
        async with FakeBill().open() as bill, reading(bill, tmp_path) as reader:
            bill.token = "token-findme"
            await reader.read()
            bill.token = ""
            for _attempt in range(2):
                with pytest.raises(RefusedError, match="refused"):
                    await reader.read()
            return bill.received

    assert asyncio.run(conversation()) == ["subscription", "events", "expired"]


@pytest.mark.promise(7)
def test_source_says_that_its_credentials_go_to_a_host_that_is_not_of_bill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # Nobody listens there, so nothing leaves this machine.
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)

    async def conversation() -> None:
        async with FakeBill().open() as bill:
            for number, url in enumerate(("https://bill.invalid/connect", bill.url)):
                async with receiving(Queue(), tmp_path / str(number), api_url=url):
                    await until(lambda: "not a host of BILL" in caplog.text)

    asyncio.run(conversation())
    warnings = [record.getMessage() for record in caplog.records if "not a host of BILL" in record.getMessage()]
    assert warnings == ["The credentials go to bill.invalid, which is not a host of BILL (api_url)."]


def test_reader_with_a_token_and_a_user_signs_in_as_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BILL_API_TOKEN", "token-findme")

    async def conversation() -> list[str]:
        async with FakeBill().open() as bill, reading(bill, tmp_path) as reader:
            await reader.read()
            return bill.received

    assert asyncio.run(conversation()) == ["login", "subscription", "events"]


def test_reader_waits_longer_after_each_failure_and_never_longer_than_an_hour(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def conversation() -> tuple[list[float], list[float]]:
        async with FakeBill().open() as bill, reading(bill, tmp_path) as reader:
            bill.list_status = 500
            reader.ends_after = 8
            with suppress(asyncio.CancelledError):
                await reader.reader.read_forever()
            failed, reader.waits, reader.ends_after = reader.waits, [], 2
            bill.list_status = 200
            reader.store._connection.execute("PRAGMA query_only = ON")
            bill.clock = lambda: reader.now + 10 if reader.waits else reader.now
            with suppress(asyncio.CancelledError):
                await reader.reader.read_forever()
            return failed, reader.waits

    assert asyncio.run(conversation()) == ([120, 240, 480, 960, 1920, 3600, 3600, 3600], [120, 240])
    assert "BILL's event list could not be read: attempt to write a readonly database" in caplog.text


def test_reader_with_a_long_interval_never_waits_less(tmp_path: Path) -> None:
    async def conversation() -> list[float]:
        async with FakeBill().open() as bill, reading(bill, tmp_path, interval=7200) as reader:
            bill.list_status = 500
            reader.ends_after = 2
            with suppress(asyncio.CancelledError):
                await reader.reader.read_forever()
            return reader.waits

    assert asyncio.run(conversation()) == [7200, 7200]


def test_reader_that_succeeds_again_waits_as_at_first(tmp_path: Path) -> None:
    async def conversation() -> list[float]:
        async with FakeBill().open() as bill, reading(bill, tmp_path) as reader:
            reader.ends_after = 4

            def status() -> int:
                return 500 if len(reader.waits) % 2 == 0 else 200

            bill.login = lambda: (status(), {"sessionId": bill.session})
            bill.session = "session-findme"
            with suppress(asyncio.CancelledError):
                await reader.reader.read_forever()
            return reader.waits

    # The session lasts after the second reading.
    assert asyncio.run(conversation()) == [120, 60, 60, 60]


def test_reader_of_a_list_that_repeats_a_page_stops_and_has_its_events(tmp_path: Path) -> None:
    async def conversation() -> tuple[int, list[str]]:
        async with FakeBill().open() as bill, reading(bill, tmp_path) as reader:
            bill.entries = [entry_of(f"event-{number}", LATER) for number in range(5)]
            bill.next_page = "2"
            with pytest.raises(BillError, match="repeats a page"):
                await reader.reader.read()
            return reader.store.waiting_count, bill.received

    assert asyncio.run(conversation()) == (4, ["login", "subscription", "events", "events"])


def test_reader_with_a_huge_answer_reads_a_part_and_tries_again_later(tmp_path: Path) -> None:
    async def conversation() -> None:
        async with FakeBill().open() as bill, reading(bill, tmp_path) as reader:
            bill.subscription = {"name": "x" * 17 * 2**20}
            with pytest.raises(BillError, match="BILL's answer is not an object"):
                await reader.reader.read()

    asyncio.run(conversation())


@pytest.mark.promise(21)
def test_reader_takes_the_organization_of_the_subscription_if_an_entry_has_none(tmp_path: Path) -> None:
    async def conversation() -> list[str]:
        async with FakeBill().open() as bill:
            # The second is in the subscription of a partner, which has events of several organizations.
            theirs = body_of("event-2", organizationId="another").decode()
            bill.entries = [
                entry_of("event-1", LATER, payload='{"vendor": {}}'),
                entry_of("event-2", LATER, payload=theirs),
            ]
            async with reading(bill, tmp_path, organization_ids=[ORGANIZATION]) as reader:
                return await reader.read()

    assert asyncio.run(conversation()) == ["event-1"]


def test_reader_warns_again_if_the_subscription_was_on_in_between(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def conversation() -> None:
        async with FakeBill().open() as bill, reading(bill, tmp_path) as reader:
            for status in ({"enabled": False}, {"enabled": False}, {"enabled": True}, {"enabled": False}):
                bill.status = status
                await reader.reader.read()

    asyncio.run(conversation())
    assert caplog.text.count("is off: a user has switched it off") == 2


@pytest.mark.promise(21)
def test_reader_of_entries_in_another_order_remembers_the_newest(tmp_path: Path) -> None:
    async def conversation() -> list[str]:
        async with FakeBill().open() as bill, reading(bill, tmp_path) as reader:
            reader.now = NOON + 5 * 3600
            bill.entries = [
                entry_of("event-1", "2026-12-15T16:50:00.000Z"),
                entry_of("event-2", "2026-12-15T16:40:00.000Z"),
                entry_of("event-3", "2026-12-15T16:45:00.000Z"),
            ]
            reader.store.begin_reading(SUBSCRIPTION, NOON)
            await reader.reader.read()
            await reader.reader.read()
            return bill.since

    # Each reading has two pages.
    since = asyncio.run(conversation())
    assert since == ["2026-12-15T12:00:00.000Z"] * 2 + ["2026-12-15T15:50:00.000Z"] * 2


@pytest.mark.promise(4)
@pytest.mark.parametrize("answer", [(401, None), (400, [{"code": "BDC_1101"}])], ids=str)
def test_reader_with_two_subscriptions_sends_refused_credentials_once(tmp_path: Path, answer: tuple[int, Any]) -> None:
    async def conversation() -> list[str]:
        async with (
            FakeBill().open() as bill,
            reading(bill, tmp_path, subscription_ids=["first", "second"]) as reader,
        ):
            bill.login = lambda: answer
            # Returns, because it does not try again.
            await reader.reader.read_forever()
            return bill.received

    assert asyncio.run(conversation()) == ["login"]


@pytest.mark.promise(4)
def test_source_with_refused_credentials_sends_them_once_and_still_receives(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def conversation() -> tuple[list[str], list[str]]:
        async with FakeBill().open() as bill:
            errors = [{"code": "BDC_1101", "message": "password-findme is wrong"}, {"code": "password-findme"}]
            bill.login = lambda: (401, errors)
            queue = Queue()
            async with receiving(queue, tmp_path, api_url=bill.url, interval=5) as url:
                await until(lambda: "BILL refused the sign-in" in caplog.text)
                assert await post(url, body_of("event-1")) == 200
                await until(lambda: not queue.empty())
            async with reading(bill, tmp_path / "other") as reader:
                for _attempt in range(3):
                    with pytest.raises(Exception, match="refused"):
                        await reader.read()
            return queue.ids(), bill.received

    assert asyncio.run(conversation()) == (["event-1"], ["login", "login"])
    assert "status 401 BDC_1101" in caplog.text
    assert "findme" not in caplog.text


@pytest.mark.parametrize(
    "answer",
    [
        (422, [{"code": "BDC_1144"}]),
        (400, [{"code": "BDC_1001"}]),
        (429, [{"code": "BDC_1322"}]),
        (408, [{"code": "BDC_1199"}]),
        (429, [{"code": "BDC_1199"}]),
        (500, []),
        (200, {}),
        (200, "text"),
        (302, None),
        # Not BILL, but a proxy.
        (403, "<html>"),
        (404, {"code": "not_found"}),
    ],
    ids=str,
)
def test_reader_with_a_sign_in_that_failed_for_another_reason_tries_again(
    tmp_path: Path, answer: tuple[int, Any]
) -> None:
    async def conversation() -> list[str]:
        async with FakeBill().open() as bill, reading(bill, tmp_path) as reader:
            bill.login = lambda: answer
            with pytest.raises(Exception, match=f"BILL answered status {answer[0]}"):
                await reader.read()
            bill.login = None
            bill.entries = [entry_of("event-1", LATER)]
            return await reader.read()

    assert asyncio.run(conversation()) == ["event-1"]


@pytest.mark.promise(7)
def test_reader_follows_no_redirect_with_its_credentials(tmp_path: Path) -> None:
    async def conversation() -> tuple[list[str], list[str]]:
        async with FakeBill().open() as bill, FakeBill().open() as other, reading(bill, tmp_path) as reader:
            bill.location = other.url
            with pytest.raises(Exception, match="BILL answered status 307"):
                await reader.read()
            return bill.received, other.received

    assert asyncio.run(conversation()) == (["login"], [])


def test_reader_with_two_subscriptions_reads_the_second_although_the_first_fails(tmp_path: Path) -> None:
    async def conversation() -> tuple[int, list[str]]:
        async with FakeBill().open() as bill:
            bill.unknown = "a/b?c"
            bill.entries = [entry_of("event-1", LATER, payload=body_of("event-1", subscriptionId="second").decode())]
            async with reading(bill, tmp_path, subscription_ids=[bill.unknown, "second"]) as reader:
                with pytest.raises(Exception, match=r"status 404 BDC_1205 to GET /v3/subscriptions/a%2Fb%3Fc"):
                    await reader.read()
                return reader.store.waiting_count, bill.received

    assert asyncio.run(conversation()) == (1, ["login", "subscription", "subscription", "events"])


@pytest.mark.promise(5)
def test_source_that_reads_the_list_shows_no_secret(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def conversation() -> None:
        async with FakeBill().open() as bill:
            bill.entries = [entry_of("event-1", "2999-01-01T00:00:00.000+00:00")]
            queue = Queue()
            args = {"subscription_ids": [SUBSCRIPTION], "state_dir": str(tmp_path), "api_url": bill.url}
            async with running("bill_events", queue, **args):
                await until(lambda: not queue.empty())

    asyncio.run(conversation())
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert "findme" not in caplog.text
    assert b"findme" not in kept
    assert ORGANIZATION not in caplog.text
