# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of BDC codes in the guide on faults, from ``_core/error_codes.py``.

Each code is a target, so ``guide_faults.rst#bdc-1144`` leads to its row.
"""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.bill.connect.plugins.plugin_utils._core.error_codes import ERROR_CODES, ErrorCode
from tools.option_texts import list_table

# The names of these meanings, for the texts below. `in_words` has only the patterns of BILL's message.
_IN_WORDS = {"RateLimitError": "a minute", "HourlyQuotaError": "a day", "SignInQuotaError": "sign-ins"}


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:].rstrip('.')}."


def _remedy(meaning: ErrorCode) -> str:
    options = ", ".join(f"``{option}``" for option in meaning.options)
    parts = [meaning.remedy]
    if meaning.may_be_other_environment:
        parts.append("Check that the values belong to this environment (sandbox or production).")
    if options:
        parts.append(f"Look at {options}.")
    return " ".join(parts)


def _rows() -> Iterator[tuple[str, str, str]]:
    for code, meaning in sorted(ERROR_CODES.items()):
        yield f"_`{code}`", _sentence(meaning.meaning), _remedy(meaning)
        for _pattern, other in meaning.in_words:
            yield (
                f"{code}, if BILL's message names {_IN_WORDS[other.error.__name__]}",
                _sentence(other.meaning),
                _remedy(other),
            )


def table() -> str:
    """The codes in the order of their numbers: what each means, and what to do."""
    return list_table("18, 41, 41", ("Code", "Meaning", "Do this"), _rows())
