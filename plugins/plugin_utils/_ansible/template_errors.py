# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Says why ansible-core could not evaluate a variable, on every supported version.

Private to bill.connect. An error of ansible-core often repeats the template or a value, and both may hold a secret. So only names are
taken from it: of a variable, a lookup, a filter, and of a key that the template itself contains.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from typing import Any

from ansible.errors import AnsibleLookupError, AnsibleUndefinedVariable

from .braces import BRACES

_NOT_DECRYPTED = re.compile(r"no vault secrets|Decryption failed|Attempting to decrypt", re.IGNORECASE)
_LOOP = re.compile(r"recursive loop|recursion depth|Recursion|refers to itself", re.IGNORECASE)
_NO_LOOKUP = re.compile(r"lookup plugin \(?'?([\w.]{1,120}?)'?\)? (?:was )?not found", re.IGNORECASE)
_LOOKUP = re.compile(r"lookup plugin '([\w.]{1,120})'|The '([\w.]{1,120})' lookup", re.IGNORECASE)
_NO_FILTER = re.compile(r"No (?:filter|test) named '([\w.]{1,120})'|Could not load \"([\w.]{1,120})\"")
_FILTER = re.compile(r"The (filter|test) plugin '([\w.]{1,120})'")
_NAMED_LOOKUP = re.compile(r"""\b(?:lookup|query|q)\s*\(\s*['"]([\w.]{1,120})['"]""")
_UNDEFINED = re.compile(
    r"'([A-Za-z_][\w.]*)' is undefined|No variable (?:found with this name|named):? '?([A-Za-z_]\w*)"
)
_NO_KEY = re.compile(r"has no (?:attribute|element) '?([A-Za-z_]\w*)")
_SYNTAX = re.compile(r"template error while templating|syntax error", re.IGNORECASE)
_NO_FILE = re.compile(r"not found|could not (?:find|locate)|unable to access|no such file", re.IGNORECASE)
_EXIT_CODE = re.compile(r"returned (\d{1,3})\b")
_NO_LIBRARY = re.compile(
    r"no module named|pip install|python (?:module|library)|library .{0,40}(?:required|missing)", re.IGNORECASE
)


class BillLookupError(AnsibleLookupError):
    """The error of a lookup of bill.connect. Its message contains no secret."""


def why(error: Exception, raw: Any = None, name: str = "bill_password", hidden: Container[str] = ()) -> str:
    """Return the rest of a sentence that begins with "cannot be used": the kind of error, and the names that help to find it.

    ``raw`` is the untemplated value, and ``name`` its variable. The names in ``hidden`` may be a part of the value, so they are not shown.
    """
    chain = list(_chain(error))
    text = "\n".join(str(each)[:4000] for each in chain)
    if any("vault" in type(each).__name__.lower() for each in chain) or _NOT_DECRYPTED.search(text):
        return "it could not be decrypted. Start Ansible with the vault password it was encrypted with."
    if any(isinstance(each, RecursionError) for each in chain) or _LOOP.search("\n".join(map(str, chain))):
        return "its template refers to itself, directly or through other variables or lookups."
    if ours := next((each for each in chain if isinstance(each, BillLookupError)), None):
        return f"its lookup of bill.connect failed. {ours.message}"
    return _why_of_ansible(error, raw, BRACES.format(name=name), hidden)


def _why_of_ansible(error: Exception, raw: Any, braces: str, hidden: Container[str]) -> str:
    """Return the same for an error of ansible-core itself. ``braces`` is the remedy for braces that are no template."""
    chain = list(_chain(error))
    text = "\n".join(str(each)[:4000] for each in chain)
    if missing := _NO_LOOKUP.search(text):
        return f"the lookup {missing[1]} is not found. Install its collection on the controller."
    if missing := _NO_FILTER.search(text):
        if (called := missing[1] or missing[2]) in hidden:
            return f"its template uses a filter or test that does not exist. {braces}"
        return f"there is no filter or test {called}. Install its collection on the controller."
    if failed := _FILTER.search(text):
        return f"the {failed[1]} {failed[2]} failed: {_class_of(chain)}."
    if missing := _UNDEFINED.search(text):
        if (called := missing[1] or missing[2]).split(".")[0] in hidden:
            return f"its template uses something that is not defined. {braces}"
        return f"it refers to {called}, which is not defined."
    if missing := _NO_KEY.search(text):
        key = f"the key {missing[1]}" if isinstance(raw, str) and _is_key_in(missing[1], raw) else "a key"
        return f"its template uses {key}, which does not exist."
    if lookup := _lookup_of(text, raw):
        return f"the lookup {lookup} failed: {_kind_of(chain, text)}."
    if _SYNTAX.search(text):
        return f"its template has a syntax error. {braces}"
    if isinstance(error, AnsibleUndefinedVariable):
        return "its template uses something that is not defined."
    return f"its template fails with {_class_of(chain)}. (It is not repeated here, because it may hold a secret.)"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and the errors behind it. A loop of templates has hundreds of them, and all say the same."""
    seen = 0
    while error is not None and seen < 20:
        yield error
        error, seen = error.__cause__ or error.__context__, seen + 1


def _is_key_in(key: str, raw: str) -> bool:
    """Return whether a template that is one expression contains the key. Braces in a password do not count."""
    return bool(re.fullmatch(r"\s*\{\{.*\}\}\s*", raw, re.DOTALL) and re.search(rf"\b{re.escape(key)}\b", raw))


def _lookup_of(text: str, raw: Any) -> str | None:
    found = _LOOKUP.search(text)
    if found:
        return found[1] or found[2]
    if "lookup" in text.lower() and isinstance(raw, str) and (written := _NAMED_LOOKUP.search(raw)):
        return written[1]
    return None


def _kind_of(chain: list[BaseException], text: str) -> str:
    """Return the kind of error of a lookup, without its words: they may repeat a value."""
    if code := _EXIT_CODE.search(text):
        return (
            "the program is not found (exit code 127)"
            if code[1] == "127"
            else f"the program ended with exit code {code[1]}"
        )
    if any(isinstance(each, PermissionError) for each in chain):
        return "the file may not be read"
    if any(isinstance(each, ImportError) for each in chain) or _NO_LIBRARY.search(text):
        return "a Python library that it needs is missing on the controller"
    if any(isinstance(each, FileNotFoundError) for each in chain) or _NO_FILE.search(text):
        return "it finds no such file or entry"
    return f"{_class_of(chain)}. To see its own message, use the lookup in a debug task"


def _class_of(chain: list[BaseException]) -> str:
    # ansible-core puts its own errors around the real one. Python's own errors may be behind that.
    return next(
        (each for each in map(_name_of, chain) if not each.startswith(("Ansible", "Template"))), _name_of(chain[-1])
    )


def _name_of(error: BaseException) -> str:
    return type(error).__name__
