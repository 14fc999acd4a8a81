# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's side of a lookup: run the operation, give back the fields that were asked for.

Private to bill.connect.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, ClassVar

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ._call import FIELDS, Call, attempt
from ._errors import OptionError
from ._options import Option
from ._sign_in import Outcome


class BillLookup(LookupBase):
    """The base of the lookups that return a session; a subclass names its operation in ``perform``."""

    OWN_OPTIONS: ClassVar[tuple[Option, ...]] = ()

    def perform(self, call: Call) -> Outcome:
        raise NotImplementedError

    def run(self, terms: list[Any], variables: Mapping[str, Any] | None = None, **kwargs: Any) -> list[Any]:
        # What with_ loops of ansible-core 2.16 add to the arguments.
        kwargs.pop("wantlist", None)

        def work(call: Call) -> list[Any]:
            # Before the sign-in: a misspelt field must not cost one.
            if unknown := [str(term) for term in terms if term not in FIELDS]:
                # Repeated only if it is a slip of the pen: a password given by mistake must not be shown.
                close = difflib.get_close_matches(unknown[0], FIELDS, n=1)
                named = f"field {unknown[0]}. Did you mean {close[0]}?" if close else "such field."
                raise OptionError(f"There is no {named} The fields are: {', '.join(FIELDS)}.")
            returned = call.returned(self.perform(call))
            return [returned[term] for term in terms] if terms else [returned]

        return attempt(
            work,
            given=kwargs,
            variables=variables or {},
            templar=self._templar,
            failure=lambda message, _secrets: AnsibleLookupError(message),
            own_options=self.OWN_OPTIONS,
        )
