# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks the headers that a user adds to a request.

Private to bill.connect.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from .._core.control_characters import IN_A_BLOCK, control_character
from .._core.errors import OptionError
from .._core.redaction import is_credential_name
from .naming import name_of

_NAME_OF_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE_OF_HEADER = re.compile(r"[!-~]([ -~]*[!-~])?")
# Headers that the user must not set, in addition to headers with the names of credentials. They change the sender, the transport, or the
# meaning of a request.
_OUR_HEADERS = {
    "cookie",
    "host",
    "content-length",
    "content-type",
    "transfer-encoding",
    "accept-encoding",
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "upgrade",
    "expect",
    "via",
    "forwarded",
    "x-host",
    "x-real-ip",
    "x-method-override",
}
# Servers between bill.connect and BILL may read another address, host, client or method from headers with these prefixes.
_BEGIN_OUR_HEADERS = ("proxy-", "x-forwarded", "x-original-", "x-rewrite-", "x-http-", "x-envoy-")


def checked_headers(given: object, remedy: str = IN_A_BLOCK) -> dict[str, str]:
    """The headers as plain texts. Raises OptionError.

    ``remedy`` says how to remove a control character from a value of this source.
    """
    if not isinstance(given, Mapping):
        raise OptionError("headers must be a dictionary, for example {organizationId: 008...}.")
    found: dict[str, str] = {}
    for name, value in given.items():
        if not isinstance(name, str) or not _NAME_OF_HEADER.fullmatch(name):
            raise OptionError("headers has a name that is not valid for a header. Use letters, digits and -.")
        place = name_of("headers", name)
        ours = name.lower() in _OUR_HEADERS or name.lower().startswith(_BEGIN_OUR_HEADERS)
        if is_credential_name(name) or ours:
            raise OptionError(
                f"{place} cannot be set: bill.connect sends this header itself if it is necessary. Leave it out."
            )
        if isinstance(value, str) and (sign := control_character(value)):
            raise OptionError(f"{place} must be a text of printable ASCII characters, but it holds {sign}. {remedy}")
        if not isinstance(value, str) or not _VALUE_OF_HEADER.fullmatch(value):
            other = re.search(r"[^ -~]", value) if isinstance(value, str) else None
            raise OptionError(
                f"{place} must be a text of printable ASCII characters, without spaces at the beginning or the end."
                + (f" Character {other.start() + 1} is another one." if other else "")
            )
        if name.lower() in (each.lower() for each in found):
            raise OptionError(f"{place} is given twice, in capital and small letters. Keep one.")
        found[str.__str__(name)] = str.__str__(value)
    return found
