# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-rulebook was down, and BILL has given up: what the sources do when they are back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.eda.conftest import SECRETS, changes
from tests.eda.subscriber import Subscriber
from tests.emulator.control_client import Control
from tests.redis_servers import free_port

pytestmark = pytest.mark.slow

MINUTE, DAY = 60, 24 * 60 * 60
SWITCHED_ON = "BILL had switched the subscription {} off. The source has switched it on again."
IS_OFF = "The subscription {} is off: BILL has switched it off after failed deliveries."
ELSEWHERE = "https://hooks.example.com/bill"


@pytest.mark.promise(21)
@pytest.mark.parametrize(("seconds", "reenable"), [(MINUTE, True), (3 * DAY, False)], ids=["a minute", "three days"])
def test_webhook_source_that_was_down_feeds_the_gap_once_in_order_and_looks_after_the_subscription(
    run: Callable[..., Any],
    environ: dict[str, str],
    bill: Control,
    api_url: str,
    tmp_path: Path,
    seconds: int,
    reenable: bool,
) -> None:
    bill.post("settings", webhook_http=True)
    port = free_port()
    user = Subscriber(api_url, f"http://127.0.0.1:{port}/bill")
    options = {
        "port": port,
        # ansible-rulebook shows a rulebook in its log.
        "security_keys_env": ["BILL_SECURITY_KEY"],
        "subscription_ids": [user.id],
        "state_dir": str(tmp_path / "state"),
        "api_url": api_url,
        "interval": 5,
        "reenable": reenable,
    }
    environ["BILL_SECURITY_KEY"] = user.key
    book = changes(tmp_path / "changes.yml", "bill_webhook", **options)
    with run(book) as rulebook:
        assert rulebook.url
        user.change_vendors(1, 2)
        rulebook.wait_for(lambda: len(rulebook.fired) == 2)
        before = rulebook.fired
    # Nobody listens. BILL tries five times, and then gives up.
    user.change_vendors(3, 4)
    bill.advance(31)
    user.change_vendors(5)
    bill.advance(seconds)
    user.sign_in()
    assert not user.is_on
    assert [each["state"] for each in bill.get("webhooks")["deliveries"]] == ["delivered"] * 2 + ["lost", "dropped"]
    missed = user.events[2:]
    assert len(missed) == 3
    with run(book) as rulebook:
        rulebook.wait_for(lambda: len(rulebook.fired) == 3)
        if reenable:
            rulebook.wait_for(lambda: SWITCHED_ON.format(user.id) in rulebook.log)
        else:
            rulebook.wait_for(lambda: IS_OFF.format(user.id) in rulebook.log)
            assert not user.is_on
            # The user does it, as the warning says.
            user.call("PATCH", f"/v3/subscriptions/{user.id}", {"status": {"enabled": True}})
        assert user.is_on
        user.change_vendors(6)
        bill.deliver()
        rulebook.wait_for(lambda: len(rulebook.fired) == 4)
        # The reading of the list after the next interval finds nothing new.
        lists = bill.get("counts")[f"GET /connect-events/v3/events/subscription/{user.id}"]
        rulebook.wait_for(lambda: bill.get("counts")[f"GET /connect-events/v3/events/subscription/{user.id}"] > lists)
        fired, log = rulebook.fired, rulebook.log
    assert before + fired == user.events
    assert fired[:3] == missed
    assert bill.get("webhooks")["deliveries"][-1]["state"] == "delivered"
    for secret in (user.key, *SECRETS.values()):
        assert secret not in log


@pytest.mark.promise(21)
@pytest.mark.parametrize("while_disabled", ["recorded", "lost"])
def test_polling_source_that_was_down_feeds_what_bill_has_recorded_and_switches_the_subscription_on(
    run: Callable[..., Any], bill: Control, api_url: str, tmp_path: Path, while_disabled: str
) -> None:
    # The address of the subscription answers 200 at first, and later nobody answers there.
    bill.post("settings", webhook_while_disabled=while_disabled)
    user = Subscriber(api_url, ELSEWHERE)
    options = {
        "subscription_ids": [user.id],
        "state_dir": str(tmp_path / "state"),
        "api_url": api_url,
        "interval": 5,
        "reenable": True,
    }
    book = changes(tmp_path / "changes.yml", "bill_events", **options)
    with run(book) as rulebook:
        user.change_vendors(1)
        rulebook.wait_for(lambda: len(rulebook.fired) == 1)
        before = rulebook.fired
    bill.post("settings", webhook_elsewhere=503)
    user.change_vendors(2, 3)
    bill.advance(31)
    user.change_vendors(4)
    bill.advance(DAY)
    user.sign_in()
    assert not user.is_on
    missed = user.events[1:]
    assert len(missed) == (3 if while_disabled == "recorded" else 2)
    bill.post("settings", webhook_elsewhere=200)
    with run(book) as rulebook:
        rulebook.wait_for(lambda: len(rulebook.fired) == len(missed))
        rulebook.wait_for(lambda: SWITCHED_ON.format(user.id) in rulebook.log)
        assert user.is_on
        user.change_vendors(5)
        rulebook.wait_for(lambda: len(rulebook.fired) == len(missed) + 1)
        fired = rulebook.fired
    assert fired[:-1] == missed
    assert before + fired == user.events
