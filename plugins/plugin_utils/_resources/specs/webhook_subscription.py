# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Subscriptions to BILL's events: BILL sends them to an address of yours.

Private to bill.connect. Documented by BILL (general rules for webhooks, reference of subscriptions): the fields, that PUT replaces a subscription, and
that BILL shows the security key only in the response to the creation. The creation needs an idempotent key, with which BILL returns the same
response again.
"""

from __future__ import annotations

from ..fields import Flag, Text
from ..list_fields import ObjectList
from ..spec import Key, Resource

EVENT_TYPE = Resource(
    name="type of event",
    plural="types of events",
    path="/connect-events/v3/events/catalog",
    fields=(),
    keys={},
    has_filters=False,
    removal="impossible",
)

WEBHOOK_SUBSCRIPTION = Resource(
    name="subscription",
    plural="subscriptions",
    path="/connect-events/v3/subscriptions",
    fields=(
        Text("name", "The name.", required=True),
        Text("notification_url", "The address to which BILL sends the events. It begins with https.", required=True),
        ObjectList(
            "events",
            "The events, each as its type, for example V(vendor.updated), or as a dictionary. Their order does not count.",
            required=True,
            text_is="type",
            catalog=EVENT_TYPE,
            fields=(
                Text("type", "The type of the event.", required=True),
                Text("version", "The version of the event. It is V(1) if not given. Put it in quotes.", default="1"),
            ),
        ),
        Flag(
            "enabled",
            "Whether BILL sends the events. BILL switches a subscription off after failed deliveries.",
            on_creation=True,
            read_at="status.enabled",
            write_at="status.enabled",
        ),
    ),
    keys={"name": Key(("name",))},
    has_filters=False,
    removal="delete",
    update="PUT",
    one_time=("securityKey",),
)
