# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Responses that BILL should never send, from JSON of the wrong shape to bytes that are not HTTP, and the checks of a clean message.

All of them are hypothesis strategies. Many texts in a response are the canary, which must never be in a message.
"""

from __future__ import annotations

import gzip
import json
import logging
import re
import socket
import struct
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from ansible_collections.bill.connect.plugins.plugin_utils._auth.methods import oauth
from ansible_collections.bill.connect.plugins.plugin_utils._core.api_fields import OPTION_OF_FIELD
from ansible_collections.bill.connect.plugins.plugin_utils._core.base_url import BaseUrl
from ansible_collections.bill.connect.plugins.plugin_utils._core.error_codes import ERROR_CODES
from ansible_collections.bill.connect.plugins.plugin_utils._core.error_parser import codes as codes_of
from ansible_collections.bill.connect.plugins.plugin_utils._core.errors import BillError, OptionError, TlsError
from ansible_collections.bill.connect.plugins.plugin_utils._http.base import HttpSettings
from ansible_collections.bill.connect.plugins.plugin_utils._http.exchange import HttpExchange
from ansible_collections.bill.connect.plugins.plugin_utils._http.messages import HttpRequest, JsonBody, Response
from ansible_collections.bill.connect.plugins.plugin_utils._http.transport import HttpTransport
from tests.unit.plugins.plugin_utils.fakes import OPTIONS, ScriptedBill

CANARY = "canary-findme"
LONGEST_MESSAGE = 700

KNOWN_CODES = tuple(ERROR_CODES)
OF_OAUTH = tuple(word for word in oauth._CODES if not word.startswith("BDC_"))

# The texts include surrogates and control characters, because JSON can carry them as escapes.
any_text = st.one_of(
    st.just(CANARY),
    st.text(st.characters(), max_size=20),
    st.text(st.characters(), max_size=10).map(lambda text: f"{CANARY}{text}"),
    st.sampled_from(
        ["", " ", f" {CANARY}", f"{CANARY}\r\nX: y", f"{CANARY}\0", "{place}", "{0}{}%s%(x)s${x}", "\u202e" + CANARY]
    ),
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**100, -(10**400), 1101, 0]),
    st.floats(),
    any_text,
)
words = st.sampled_from(
    ["code", "message", "severity", "category", "errors", "sessionId", "organizationId", "userId", "trusted", CANARY]
)
any_json = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(words | any_text, inner, max_size=4)),
    max_leaves=12,
)

no_codes = st.one_of(
    any_json,
    st.sampled_from(
        [
            "BDC_",
            "BDC_1101 ",
            " BDC_1101",
            "BDC_1101\n",
            "bdc_1101",
            "BDC-1101",
            "BDC_1101.0",
            "BDC_1234567",
            "BDC_\u0661\u0661\u0660\u0661",
            f"BDC_{CANARY}",
            f"BDC_1101 {CANARY}",
            ["BDC_1101"],
            {"code": "BDC_1101"},
            1101,
            {CANARY: {CANARY: [CANARY]}},
        ]
    ),
)
codes = st.sampled_from([*KNOWN_CODES, "BDC_9999", "BDC_0", "BDC_123456"])
messages = st.one_of(
    any_json,
    st.tuples(st.sampled_from([*OPTION_OF_FIELD, "sessionId", CANARY, "a" * 41]), any_text).map(
        lambda pair: f"{pair[0]}: {pair[1]}"
    ),
    st.just(CANARY * 10_000),
)


def _objects(code: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    fields = {
        "message": messages,
        "severity": any_json,
        "category": any_json,
        "errors": no_codes,
        "error": st.sampled_from(OF_OAUTH) | any_json,
        CANARY: any_json,
    }
    return st.fixed_dictionaries({}, optional={"code": code, **fields})


def _envelopes(objects: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(objects | any_json, max_size=4)
    return st.one_of(several, objects, several.map(lambda inner: {"errors": inner, "message": CANARY}))


envelopes = st.one_of(_envelopes(_objects(codes | no_codes)), any_json)


@st.composite
def envelopes_with(draw: st.DrawFn, code: str) -> Any:
    """An error envelope of any known kind with the code, among parts without a code."""
    carrying = {**draw(_objects(st.nothing()).filter(lambda each: "errors" not in each)), "code": code}
    others = st.lists(_objects(no_codes.filter(lambda each: not _is_code(each))) | scalars, max_size=3)
    several = [*draw(others), carrying, *draw(others)]
    return draw(st.sampled_from([carrying, several, {"errors": several, "code": draw(no_codes)}]))


def _is_code(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch("BDC_[0-9]{1,6}", value) is not None


@dataclass(frozen=True)
class RawAnswer:
    """The bytes of a response, and the end of the connection: it ``closes``, ``resets``, or ``waits`` for the client."""

    data: bytes
    end: str = "closes"

    def __call__(self, peer: socket.socket) -> None:
        peer.settimeout(5)
        peer.sendall(self.data)
        if self.end == "waits":
            peer.recv(1)
        elif self.end == "resets":
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def http(status: bytes, headers: list[bytes], body: bytes) -> bytes:
    return b"\r\n".join([b"HTTP/1.1 " + status, *headers, b"", body])


def chunked(body: bytes, size: int) -> bytes:
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


LOGIN = json.dumps(
    {"sessionId": f"SESSION-{CANARY}", "organizationId": "00801EXAMPLEEXAMPLE1", "userId": "006", "trusted": False}
).encode()
REFUSAL = json.dumps([{"code": "BDC_1101", "severity": "ERROR", "message": CANARY}]).encode()
TYPE = b"Content-Type: application/json"

# The same sign-in in every form that HTTP permits.
WHOLE = [
    http(b"200 OK", [TYPE, b"Content-Length: %d" % len(LOGIN)], LOGIN),
    http(b"200 OK", [TYPE, b"Transfer-Encoding: chunked"], chunked(LOGIN, 7)),
    http(
        b"200 OK",
        [TYPE, b"Transfer-Encoding: chunked", b"Content-Encoding: gzip"],
        chunked(gzip.compress(LOGIN, mtime=0), 50),
    ),
    http(
        b"200 OK",
        [TYPE, b"Content-Encoding: deflate", b"Content-Length: %d" % len(zlib.compress(LOGIN))],
        zlib.compress(LOGIN),
    ),
    http(b"100 Continue", [], b"") + http(b"200 OK", [TYPE, b"Content-Length: %d" % len(LOGIN)], LOGIN),
]
CORRECT = [
    *WHOLE,
    http(b"200 OK", [TYPE, b"Connection: close"], LOGIN),
    http(b"401 Unauthorized", [TYPE, b"Content-Length: %d" % len(REFUSAL)], REFUSAL),
    http(b"204 No Content", [], b""),
]

_canary = CANARY.encode()
_nonsense = st.one_of(
    st.binary(max_size=60), st.just(_canary), any_text.map(lambda text: text.encode("utf-8", "replace"))
)

_status_lines = st.sampled_from(
    [200, 200, 200, 201, 204, 205, 206, 299, 301, 302, 304, 307, 400, 401, 429, 500, 503]
).map(lambda status: b"HTTP/1.1 %d x" % status)
_odd_status_lines = st.one_of(
    st.integers(100, 999).map(lambda status: b"HTTP/1.1 %d %s" % (status, _canary)),
    st.integers(-5, 10**6).map(lambda status: b"HTTP/1.1 %d" % status),
    st.sampled_from(
        [
            b"",
            b"HTTP/1.1",
            b"HTTP/1.1 ",
            b"HTTP/1.1 200",
            b"HTTP/1.1 +200 OK",
            b"HTTP/1.1 2_0_0 OK",
            b"HTTP/1.1 200OK",
            b"HTTP/1.1 " + _canary,
            b"HTTP/1.0 200 OK",
            b"HTTP/0.9 200 OK",
            b"HTTP/2 200",
            b"HTTP/9.9 200 OK",
            b"http/1.1 200 ok",
            b"ICY 200 OK",
            b"\xef\xbb\xbfHTTP/1.1 200 OK",
            b"HTTP/1.1 200 " + _canary * 6000,
            b"HTTP/1.1 200 \xff\xfe\x00",
        ]
    ),
    _nonsense,
)

_locations = st.one_of(
    st.sampled_from(
        [
            b"",
            b"/",
            b"//",
            b"http://[::1",
            b"http://[" + _canary,
            b"\xff\xfe",
            b"http://a:b:c/",
            b"https://a..b/",
            b"?" + _canary,
        ]
    ),
    _nonsense,
)
_header_lines = st.one_of(
    st.sampled_from(
        [
            TYPE,
            b"Content-Type",
            b"Content-Type: application/json; charset",
            b"Content-Type: application/json; charset=" + _canary,
            b"Content-Type: ;;;=;charset=;",
            b"Content-Type: text/html; charset=\x00",
            b"Content-Type: multipart/mixed; boundary=" + _canary,
            b"Content-Type: message/rfc822",
            b"Set-Cookie: " + _canary,
            b"Set-Cookie: a=b; expires=" + _canary + b"; max-age=x; version=y; domain=.; path",
            b"Connection: keep-alive",
            b"Connection: close",
            b"Upgrade: h2c",
            b"Keep-Alive: timeout=-1",
            b"Retry-After: " + _canary,
            b": " + _canary,
            b" " + _canary,
            b"\t",
            _canary,
            b"X: " + b"\0" * 10 + _canary,
            b"X: " + _canary * 6000,
            b"X\xff: \xff",
            b"X:\r" + _canary,
        ]
    ),
    _locations.map(lambda location: b"Location: " + location),
    st.tuples(_nonsense, _nonsense).map(b": ".join),
)
_lengths = st.one_of(
    st.sampled_from(
        [
            b"-1",
            b"",
            b"x",
            b"1e3",
            b"0x10",
            b"+5",
            b"5 5",
            b"5, 5",
            b"5, 6",
            b"99999999999999999999",
            b"9" * 5000,
            b"\xb2",
        ]
    ),
    st.integers(0, 400).map(lambda length: b"%d" % length),
).map(lambda length: b"Content-Length: " + length)
_codings = st.sampled_from(
    [
        b"gzip",
        b"x-gzip",
        b"deflate",
        b"br",
        b"zstd",
        b"identity",
        b"compress",
        _canary,
        b"gzip, deflate",
        b"gzip,gzip,gzip",
        b"gzip" + b", gzip" * 500,
        b", ,",
        b"",
    ]
).map(lambda coding: b"Content-Encoding: " + coding)
_transfers = st.sampled_from([b"chunked", b"Chunked", b"gzip, chunked", b"identity", _canary, b""]).map(
    lambda transfer: b"Transfer-Encoding: " + transfer
)


def _written(value: Any) -> bytes:
    return json.dumps(value).encode()


_texts_of_json = st.one_of(
    envelopes.map(_written),
    envelopes.map(lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")),
    st.tuples(envelopes, st.sampled_from(["utf-8-sig", "utf-16", "utf-16-be", "utf-32", "latin-1", "utf-7"])).map(
        lambda pair: json.dumps(pair[0]).encode(pair[1])
    ),
    st.sampled_from(
        [
            b"",
            b" \n",
            b"\xef\xbb\xbf",
            b"NaN",
            b"[Infinity, 1e999]",
            b"9" * 5000,
            b'{"sessionId": "\\ud800"}',
            b'{"sessionId": "abc"',
            b"<html>" + _canary + b"</html>",
            b"[" * 100_000,
            b'{"errors":' * 50_000,
            b'[{"code":' * 300 + b"1" + b"}]" * 300,
            b'[{"code": "BDC_1101", "message": ' + b"[" * 900 + b"]" * 900 + b"}]",
            b'{"code": "BDC_1101", "code": "' + _canary + b'"}',
            LOGIN + LOGIN,
            LOGIN,
            REFUSAL,
        ]
    ),
    st.integers(300, 1100).map(lambda depth: b'[{"code": ' + b"[" * depth + b"]" * depth + b"}]"),
    _nonsense,
)
_broken_chunks = st.sampled_from(
    [
        b"5\r\n",
        b"-5\r\nabcde\r\n0\r\n\r\n",
        b"zz\r\n" + _canary,
        b"\r\n\r\n\r\n",
        b"ffffffffffffffffffffffff\r\n" + _canary,
        b"5;" + _canary + b"\r\nabcde\r\n0\r\n\r\n",
        b"2\r\n{}0\r\n\r\n",
        b"2\r\n{}\r\n0\r\n" + (_canary + b": x\r\n") * 200 + b"\r\n",
        b"1" * 70_000,
        b"0\r\n" + _canary,
        b"",
    ]
)


@st.composite
def _assembled(draw: st.DrawFn) -> bytes:
    """A response composed of parts that may contradict each other."""
    body = draw(_texts_of_json)
    headers = draw(st.lists(_header_lines, max_size=3))
    packed = draw(st.sampled_from(["plain", "plain", "plain", "gzip", "cut gzip", "named only"]))
    if packed == "named only":
        headers.append(draw(_codings))
    elif packed != "plain":
        headers.append(b"Content-Encoding: gzip")
        body = gzip.compress(body, 1, mtime=0)[: -5 if packed == "cut gzip" else None]
    framing = draw(
        st.sampled_from(["length", "length", "length", "chunked", "none", "none", "wrong", "several", "broken"])
    )
    if framing in ("length", "several"):
        headers.append(b"Content-Length: %d" % len(body))
    if framing in ("wrong", "several"):
        headers += draw(st.lists(st.one_of(_lengths, _transfers), max_size=3))
    if framing in ("chunked", "broken"):
        headers.append(b"Transfer-Encoding: chunked")
        body = chunked(body, draw(st.sampled_from([1000, 100_000]))) if framing == "chunked" else draw(_broken_chunks)
    status_line = draw(_status_lines if draw(st.integers(0, 3)) else _odd_status_lines)
    return b"\r\n".join([status_line, *headers, b"", body])


@st.composite
def _mutated(draw: st.DrawFn, originals: list[bytes]) -> bytes:
    """A correct response with some bytes flipped, left out, repeated, added or never sent."""
    data = bytearray(draw(st.sampled_from(originals)))
    for _change in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        length = draw(st.integers(1, 30))
        match draw(st.sampled_from(["flip", "leave out", "say twice", "put in", "cut"])):
            case "flip":
                data[at : at + 1] = bytes(byte ^ (1 << length % 8) for byte in data[at : at + 1])
            case "leave out":
                del data[at : at + length]
            case "say twice":
                data[at:at] = data[at : at + length]
            case "put in":
                data[at:at] = draw(_nonsense)
            case _:
                del data[at:]
    return bytes(data)


# Bytes that are not a response, or a response that is too long.
_strange = st.one_of(
    _nonsense,
    st.sampled_from(
        [
            b"",
            b"\r\n" * 50,
            b"\0" * 1000,
            LOGIN,
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + b"\0" * 18,
            b"\x16\x03\x01\x00\x05" + _canary,
            b"\x15\x03\x03\x00\x02\x02\x28",
            b"SSH-2.0-" + _canary + b"\r\n",
            b"220 " + _canary + b" ESMTP\r\n",
            b"HTTP/1.1 100 Continue\r\n\r\n" * 2000,
            b"HTTP/1.1 102 Processing\r\n\r\n" * 2000,
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: " + _canary + b"\r\n\r\n",
            http(b"200 OK", [b"X-%d: %s" % (number, _canary) for number in range(3000)], LOGIN),
            http(b"200 OK", [b"X: " + b"y" * 2**20], LOGIN),
            http(b"200 OK", [b"X: y\n folded " + _canary], b"{"),
            b"HTTP/1.1 200 " + b"x" * 2**20,
            CORRECT[0].replace(b"\r\n", b"\n"),
            CORRECT[0].replace(b"\r\n", b"\r"),
            CORRECT[0].decode().encode("utf-16"),
            CORRECT[6] * 2,
        ]
    ),
)

_bytes = st.sampled_from([_assembled()] * 6 + [_mutated(CORRECT)] * 2 + [_strange]).flatmap(lambda strategy: strategy)
_ends = st.sampled_from(["closes"] * 96 + ["resets"] * 3 + ["waits"])
any_answers = st.builds(RawAnswer, _bytes, _ends)


def assert_clean(error: BaseException, longest: int = LONGEST_MESSAGE) -> None:
    """Check that an error is one of the collection's own, and safe to show to everybody."""
    assert isinstance(error, BillError), repr(error)[:500]
    message = str(error)
    assert message.isprintable(), ascii(message)
    assert 20 < len(message) < longest, message[:1000]
    assert "findme" not in message, message
    # Names that Python and its libraries use for their own objects.
    assert not re.search(r"\w(Error|Exception|Pool)\b|urllib3|http\.client|Errno|Traceback| object at |b'", message), (
        message
    )
    assert error.code is None or error.code in OF_OAUTH or _is_code(error.code), error.code
    assert error.__cause__ is None
    # The library's error behind it contains the request, with its credentials.
    if error.__context__ and not error.__suppress_context__:
        assert_clean(error.__context__, longest)


class LogListener(logging.Handler):
    """Stores what libraries write to their logs. With ``log_path`` set, Ansible writes that to a file."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.received: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.received.append(self.format(record))


def outcome_of(ask: Callable[[], Any]) -> Any:
    """The result of the call, or the error that it raises."""
    try:
        return ask()
    except BaseException as error:
        return error


class RawServer:
    """A BILL that sends one raw response after the other, and a transport that calls it."""

    def __init__(self, timeout: float) -> None:
        self._next: RawAnswer | None = None
        self._bill = ScriptedBill(self._reply)
        self.timeout = timeout
        self.transport = HttpTransport(HttpExchange(BaseUrl.of_api(self._bill.url), HttpSettings(timeout)))
        self.slowest = 0.0

    def _reply(self, peer: socket.socket) -> None:
        assert self._next
        self._next(peer)

    def outcome(self, answer: RawAnswer) -> Any:
        """What the transport makes of a response: the result, or the error."""
        self._next = answer
        request = HttpRequest(
            "POST", "/v3/login", {"devKey": OPTIONS["dev_key"]}, JsonBody({"password": OPTIONS["password"]})
        )
        begin = time.monotonic()
        outcome = outcome_of(lambda: self.transport.send(request))
        self.slowest = max(self.slowest, time.monotonic() - begin)
        return outcome

    def close(self) -> None:
        self._bill.close()


def assert_answer_or_clean(outcome: Any) -> None:
    if isinstance(outcome, Response):
        assert 200 <= outcome.status < 300
        assert not codes_of(outcome.json)
        return
    assert_clean(outcome)
    # BILL does not cause these errors, so no response may lead to one.
    assert not isinstance(outcome, (OptionError, TlsError)), str(outcome)
