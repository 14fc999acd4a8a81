# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The errors of the event sources. Private to bill.connect."""

from __future__ import annotations


class SourceError(Exception):
    """The source cannot start, or cannot go on. ansible-rulebook shows the message."""


class OptionError(SourceError):
    """An argument of the source is missing or wrong."""


class StoreInUseError(SourceError):
    """Another source has opened the same store."""


class UnreadableError(Exception):
    """A delivery, or an entry of BILL's event list, is not an event."""


class BillError(Exception):
    """BILL did not do what was asked. Another attempt can succeed."""


class RefusedError(BillError):
    """BILL refused the credentials. The source does not send them again."""
