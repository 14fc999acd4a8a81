# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What BILL replaces by values of its network.

Private to bill.connect. A third party read this in BILL's description of its API.
"""

from __future__ import annotations

from ..spec import Overridden


def replaced_in_network(*fields: str) -> tuple[Overridden, ...]:
    """BILL replaces these fields of an object that is connected in its network."""
    return (Overridden("networkStatus", ("CONNECTED", "CONNECTED_RPPS"), fields),)
