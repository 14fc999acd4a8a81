# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The URL of a session store in Redis.

Private to bill.connect. This module needs no library of Redis: it also says which parts of a URL are secret, for every option.

No message contains a part of the URL except the host, the port, the path of a socket and the names of the options that are known. A
mistake, such as a password with an unescaped ``/``, can put the password into any other part.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from .errors import OptionError

_SCHEMES = ("redis", "rediss", "unix")
# The beginning of a value that is meant as a URL, even if it is not written like one.
_LIKE_A_URL = re.compile(r"(?i)[a-z][a-z0-9+.-]*://|(?:redis|valkey)s?:")
# Ansible imports this module in its main process. So the workers, one for each task, need not compile the expressions again.
_ADDRESS = re.compile(r"[0-9.]+|.*:.*")
_DATABASE_PATH = re.compile(r"/?|/[0-9]{1,5}")
_DATABASE = re.compile(r"[0-9]{1,5}")
_PREFIX = re.compile(r"[A-Za-z0-9_.:{}-]{1,100}")
_TIMEOUT = re.compile(r"[0-9]{1,2}(\.[0-9]{1,3})?")
_OPTION_NAME = re.compile(r"(ssl|socket|retry)_[a-z_]{1,30}")
# What is known of TLS. The certificate and the host name are always checked, so no option turns that off.
_TLS_OPTIONS = ("ssl_ca_certs", "ssl_ca_path", "ssl_certfile", "ssl_keyfile", "ssl_password")
_OPTIONS = ("prefix", "timeout", "db", *_TLS_OPTIONS)
_SECRET_OPTIONS = ("password", "ssl_password", "secret", "token")
_DEFAULT_PREFIX = "bill.connect:"
# Seconds for one operation. A task makes few operations, and a session in Redis is not worth a long wait.
_DEFAULT_TIMEOUT = 3.0
_MAX_TIMEOUT = 30.0
_ESCAPES = (
    "In the user name and the password, write %40 for @, %3A for :, %2F for /, %3F for ?, %23 for # and %25 for %."
)


def is_store_url(text: str) -> bool:
    """Whether a value of the option ``session_store`` is meant as a URL, and not as a directory."""
    return bool(_LIKE_A_URL.match(text))


def secrets_of_store_url(text: str) -> frozenset[str]:
    """The secrets in a value of the option ``session_store``: the whole URL and its password. Empty if it has no password.

    The URL may be malformed.
    """
    if not is_store_url(text):
        return frozenset()
    after_scheme = text.partition(":")[2].lstrip("/")
    userinfo, at, _rest = after_scheme.rpartition("@")
    found = {userinfo.partition(":")[2] or userinfo} if at else set()
    query = text.replace("&", "?").split("?")[1:]
    found |= {pair.partition("=")[2] for pair in query if pair.partition("=")[0].lower() in _SECRET_OPTIONS}
    found = {each for each in found if each}
    return frozenset({text, *found, *map(unquote, found)}) if found else frozenset()


@dataclass(frozen=True)
class StoreUrl:
    """A session store in Redis.

    - ``redis_url`` is the URL for the library redis, with its options only.
    - ``place`` is what messages show: the host and the port, or the path of the socket.
    - ``prefix`` begins the name of every key.
    - ``timeout`` is the time in seconds for one operation.
    - ``has_name`` is true if the address of the host must be looked up.
    """

    # repr() omits the URL, so that no message or traceback shows it.
    redis_url: str = field(repr=False)
    place: str
    prefix: str = _DEFAULT_PREFIX
    timeout: float = _DEFAULT_TIMEOUT
    database: str = "0"
    has_tls: bool = False
    has_name: bool = False

    @property
    def digest(self) -> str:
        """Hexadecimal digits that differ for different stores. They do not depend on the user and the password."""
        return hashlib.sha256(f"{self.place} {self.database} {self.prefix}".encode()).hexdigest()[:16]

    @classmethod
    def of(cls, text: str) -> StoreUrl:
        """The store that a URL names. Raises OptionError, which shows no part of the URL that can be secret."""
        try:
            parts = urlsplit(text)
            host, port = parts.hostname, parts.port
            pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        except ValueError:
            raise _wrong(f"is not a valid URL. {_ESCAPES}") from None
        if parts.scheme not in _SCHEMES or not text.startswith(f"{parts.scheme}://"):
            raise _wrong(
                "must be a directory, none, or a URL that begins with redis://, rediss:// or unix://. Valkey has the same URLs."
            )
        if parts.fragment or "#" in text:
            raise _wrong(f"has the character # in its URL. {_ESCAPES}")
        options = _checked(pairs, parts.scheme)
        if parts.scheme == "unix":
            if host or not parts.path.startswith("/") or parts.path == "/":
                raise _wrong("must name the whole path of the socket, such as unix:///run/redis/redis.sock.")
            place = unquote(parts.path)
        else:
            if not host:
                raise _wrong(f"has no host in its URL. {_ESCAPES}")
            if not _DATABASE_PATH.fullmatch(parts.path):
                raise _wrong(f"must have the number of a database, or nothing, after the host. {_ESCAPES}")
            place = f"{f'[{host}]' if ':' in host else host}:{port or 6379}"
        query = urlencode({name: value for name, value in options.items() if name not in ("prefix", "timeout")})
        return cls(
            f"{parts.scheme}://{parts.netloc}{parts.path}{'?' if query else ''}{query}",
            place,
            _prefix(options.get("prefix", _DEFAULT_PREFIX)),
            _timeout(options.get("timeout")),
            options.get("db") or (parts.path.strip("/") if parts.scheme != "unix" else "") or "0",
            parts.scheme == "rediss",
            host is not None and not _ADDRESS.fullmatch(host),
        )


def _checked(pairs: list[tuple[str, str]], scheme: str) -> dict[str, str]:
    """The options in the query of a URL, by name. Raises OptionError."""
    options = dict(pairs)
    if len(options) != len(pairs):
        raise _wrong("has an option twice in its URL. Keep one.")
    if unknown := sorted(options.keys() - set(_OPTIONS)):
        # Another name may be a part of the password.
        shown = [name for name in unknown if _OPTION_NAME.fullmatch(name)]
        raise _wrong(
            f"has an option in its URL that does not exist{': ' + ', '.join(shown) if shown else ''}. The options are "
            f"{', '.join(_OPTIONS)}. {_ESCAPES}"
        )
    if scheme != "rediss" and (found := sorted(options.keys() & set(_TLS_OPTIONS))):
        raise _wrong(f"has the option {found[0]} in its URL, which applies only to rediss://.")
    if "ssl_keyfile" in options and "ssl_certfile" not in options:
        raise _wrong("has the option ssl_keyfile in its URL, but not ssl_certfile. Add the file of the certificate.")
    if not _DATABASE.fullmatch(options.get("db", "0")):
        raise _wrong("has the option db in its URL, which must be a number.")
    return options


def _prefix(text: str) -> str:
    if not _PREFIX.fullmatch(text):
        raise _wrong(
            "has the option prefix in its URL, which must consist of letters, digits and the characters _ . : - { }."
        )
    return text


def _timeout(text: str | None) -> float:
    if text is None:
        return _DEFAULT_TIMEOUT
    if not _TIMEOUT.fullmatch(text) or not 0 < float(text) <= _MAX_TIMEOUT:
        raise _wrong(f"has the option timeout in its URL, which must be a number of seconds up to {_MAX_TIMEOUT:g}.")
    return float(text)


def _wrong(why: str) -> OptionError:
    return OptionError(f"session_store {why}", options=("session_store",))
