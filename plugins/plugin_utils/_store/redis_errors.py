# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Says in plain words why Redis cannot be used.

Private to bill.connect. The error texts of Redis and of the library can contain keys, arguments and addresses, so no message repeats
them. The classes are found by their names, because the library is optional and its versions differ.
"""

from __future__ import annotations

import re
import socket
import ssl

from .._core.store_url import StoreUrl

# What a user of Redis must be allowed to do, as an ACL says it.
RIGHTS = "~{prefix}* +select +time +get +getrange +set +del +pttl +pexpire +evalsha +script|load"

FOREIGN_KEYS = "another program uses the same keys. Set another prefix in the URL of session_store"
# The reason for each error that Redis itself reports, by the first word of its text or by the class of the library.
_REPLIES = {
    "WRONGPASS": "it rejected the user name or the password. Check both in session_store",
    "NOAUTH": "it requires a password. Add user name and password to session_store",
    "NOPERM": "its user may not do what bill.connect needs. Give the user these rights: {rights}",
    "READONLY": "it is a replica, which nobody can write to. Name the primary in session_store",
    "OOM": "its memory is full (maxmemory). Give it more memory, or use a Redis of its own for bill.connect",
    "LOADING": "it is still loading its data after a start",
    "MASTERDOWN": "it is a replica without a primary",
    "NOREPLICAS": "it has too few replicas to accept a write",
    "MISCONF": "it accepts no write, because it cannot save its data to its disk",
    **dict.fromkeys(
        ("MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN", "CROSSSLOT"),
        "it is a Redis Cluster, which bill.connect does not support. Name a single server in session_store",
    ),
    "UNKNOWN": "it does not know a command that bill.connect needs. Perhaps it is a Sentinel, which bill.connect does not support. Name the "
    "primary in session_store",
    "BUSY": "it is busy with a script of another program",
    "WRONGTYPE": FOREIGN_KEYS,
    "NOSCRIPT": "it does not run scripts",
    "DENIED": "it runs in protected mode, which accepts only clients of its own machine. Set a password in Redis",
    "FOREIGN": "its response is not that of a Redis. Check host and port in session_store",
    "CLOSED": "it closed the connection. Perhaps it has too many clients (maxclients). If this port uses TLS, session_store must begin with rediss://",
}
_CLASSES = {
    "AuthenticationError": "WRONGPASS",
    "AuthorizationError": "NOPERM",
    "NoPermissionError": "NOPERM",
    "ReadOnlyError": "READONLY",
    "OutOfMemoryError": "OOM",
    "BusyLoadingError": "LOADING",
    "MasterDownError": "MASTERDOWN",
    "MovedError": "MOVED",
    "AskError": "ASK",
    "TryAgainError": "TRYAGAIN",
    "ClusterDownError": "CLUSTERDOWN",
    "ClusterCrossSlotError": "CROSSSLOT",
    "NoScriptError": "NOSCRIPT",
    "InvalidResponse": "FOREIGN",
}
# Texts of errors that have no code of their own.
_TEXTS = {
    "DB index is out of range": "it does not have the database that session_store names",
    "without any password configured": "it has no password, but session_store has one. Set the password in Redis, or remove it",
    "NOPERM": _REPLIES["NOPERM"],
    "Authentication required": _REPLIES["NOAUTH"],
    "max number of clients": "it has too many clients (maxclients)",
    "unknown command": _REPLIES["UNKNOWN"],
}


def reason(error: BaseException, url: StoreUrl) -> str:
    """Why an operation failed, as the end of a sentence about Redis. It contains no secret."""
    chain = _chain(error)
    for each in chain:
        if text := _reason(each, url):
            return text
    if any(_is_a(each, "ConnectionError") for each in chain):
        return _REPLIES["CLOSED"]
    return f"the library redis reports {type(error).__name__}"


def _reason(error: BaseException, url: StoreUrl) -> str | None:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted ({error.verify_message.rstrip('.')}). Check the host and ssl_ca_certs in session_store"
    if isinstance(error, ssl.SSLError):
        detail = (error.reason or "unknown").replace("_", " ").lower()
        return f"there is no secure connection ({detail}). Check that this port uses TLS, and the certificates in session_store"
    if isinstance(error, ConnectionResetError):
        return _REPLIES["CLOSED"]
    if isinstance(error, socket.timeout) or _is_a(error, "TimeoutError"):
        # A server without TLS takes the first bytes of TLS for the beginning of a command, and waits for its end.
        hint = ". If this port does not use TLS, session_store must begin with redis://" if url.has_tls else ""
        return f"it did not answer within {url.timeout:g} seconds{hint}"
    # The name of a host can be too long, or have a character that no name can have.
    if isinstance(error, (socket.gaierror, UnicodeError)):
        return "the name of its host cannot be resolved"
    if url.has_tls and isinstance(error, (FileNotFoundError, PermissionError)):
        why = (error.strerror or "unknown").lower()
        return f"a file of TLS that session_store names cannot be read ({why}). Check the options that begin with ssl_"
    if isinstance(error, OSError):
        return (error.strerror or "the connection broke").lower().rstrip(".")
    # An error of a pipeline begins with the command.
    text = str(error).rpartition(" of pipeline caused error: ")[2]
    for part, why in _TEXTS.items():
        if part in text:
            return why.format(rights=RIGHTS.format(prefix=url.prefix))
    # The first class counts, because each class is more special than the next.
    for kind in type(error).__mro__:
        if code := _CLASSES.get(kind.__name__):
            return _REPLIES[code].format(rights=RIGHTS.format(prefix=url.prefix))
    if _is_a(error, "ResponseError") and (word := re.match(r"[A-Z]{3,20}\b", text)):
        return _REPLIES.get(word[0], f"it answered {word[0]}").format(rights=RIGHTS.format(prefix=url.prefix))
    return None


def _chain(error: BaseException | None) -> list[BaseException]:
    """The error and its causes, the last one first. An error of an earlier try comes last."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def _is_a(error: BaseException, name: str) -> bool:
    return any(kind.__name__ == name for kind in type(error).__mro__)
