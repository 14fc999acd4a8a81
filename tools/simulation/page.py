# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The figures of the simulated day as texts of the guide, for ``make generate``."""

from __future__ import annotations

from collections.abc import Callable

from .figures import FILE, Days, Figures, read
from .kinds import KINDS, LOGINS_AN_HOUR

_SIGN_INS_OF_A_MARK = 10

_ROWS: tuple[tuple[str, Callable[[Figures], object]], ...] = (
    ("Sign-ins that BILL received", lambda each: sum(each.sign_ins)),
    ("Most sign-ins in an hour", lambda each: max(each.sign_ins)),
    ("Sign-ins with the old password", lambda each: each.refused_password),
    ("Requests that BILL refused as more than three in flight", lambda each: each.refused_in_flight),
    ("Jobs that reused a session", lambda each: sum(each.reused)),
    ("Jobs that failed because the sign-ins of the hour were used up", lambda each: each.failed_hour),
    ("Jobs that failed because too many requests were in flight", lambda each: each.failed_in_flight),
    ("Jobs that failed because of the old password", lambda each: each.failed_password),
    ("Longest wait of 95 of 100 jobs", lambda each: f"{each.wait_most:g} seconds"),
    ("Longest wait of all jobs", lambda each: f"{each.wait_longest:g} seconds"),
)


def _day() -> Days:
    return read(FILE.read_text())["day"]


def chart() -> str:
    """The sign-ins of each hour, as a block of text."""
    stores = _day().stores
    lines = [
        f"Sign-ins in each hour. # is {_SIGN_INS_OF_A_MARK} sign-ins with an empty home for each job, and | is BILL's limit.",
        "",
        f"{'':5}{'empty home':>13}{'directory':>12}{'Redis':>8}",
    ]
    for hour, several in enumerate(stores["job"].sign_ins):
        others = f"{stores['controller'].sign_ins[hour]:>12}{stores['redis'].sign_ins[hour]:>8}"
        lines.append(f"{hour:02}:00{several:>13}{others}   {_bar(several)}".rstrip())
    return "\n".join((".. code-block:: text", "", *(f"   {line}".rstrip() for line in lines)))


def _bar(sign_ins: int) -> str:
    limit = LOGINS_AN_HOUR // _SIGN_INS_OF_A_MARK
    column = "#" * round(sign_ins / _SIGN_INS_OF_A_MARK)
    return f"{column[:limit]:{limit}}|{column[limit:]}"


def table() -> str:
    """The figures of the whole day, as a table."""
    stores = _day().stores
    lines = [".. list-table::", "   :header-rows: 1", "   :widths: 40, 20, 20, 20", "", "   * - "]
    lines += [f"     - {name[0].upper()}{name[1:]}" for name in KINDS.values()]
    for heading, of in _ROWS:
        lines.append(f"   * - {heading}")
        lines += [f"     - {_shown(of(stores[kind]))}" for kind in KINDS]
    return "\n".join(line.rstrip() for line in lines)


def _shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
