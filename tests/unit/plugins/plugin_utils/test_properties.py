# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Properties that hold for any input: from BILL, from the user, from the disk."""

from __future__ import annotations

import gc
import gzip
import json
import logging
import os
import re
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.bill.connect.plugins.plugin_utils._auth.cached_refusal import CachedRefusal
from ansible_collections.bill.connect.plugins.plugin_utils._auth.session import Session
from ansible_collections.bill.connect.plugins.plugin_utils._core import errors
from ansible_collections.bill.connect.plugins.plugin_utils._core.api_fields import OPTION_OF_FIELD
from ansible_collections.bill.connect.plugins.plugin_utils._core.base_url import BaseUrl
from ansible_collections.bill.connect.plugins.plugin_utils._core.control_characters import control_character
from ansible_collections.bill.connect.plugins.plugin_utils._core.error_parser import codes, error_from_response
from ansible_collections.bill.connect.plugins.plugin_utils._http.messages import Response
from ansible_collections.bill.connect.plugins.plugin_utils._options.resolve import ResolvedOptions, resolve
from ansible_collections.bill.connect.plugins.plugin_utils._options.spec import OPTIONS, Option
from ansible_collections.bill.connect.plugins.plugin_utils._store.cipher import Cipher, EntryIdentity
from ansible_collections.bill.connect.plugins.plugin_utils._store.encrypted_entry import EncryptedEntry
from ansible_collections.bill.connect.plugins.plugin_utils._store.factory import open_store
from tests.unit.plugins.plugin_utils.fake_bill import METHODS
from tests.unit.plugins.plugin_utils.fakes import OPTIONS as CREDENTIAL
from tests.unit.plugins.plugin_utils.fakes import SESSION
from tests.unit.plugins.plugin_utils.fuzz import any_answers_to, use_everything
from tests.unit.plugins.plugin_utils.malformed import (
    CORRECT,
    KNOWN_CODES,
    LOGIN,
    LONGEST_MESSAGE,
    OF_OAUTH,
    WHOLE,
    LogListener,
    RawAnswer,
    RawServer,
    any_answers,
    any_json,
    any_text,
    assert_answer_or_clean,
    assert_clean,
    envelopes,
    envelopes_with,
    http,
    outcome_of,
)

PLACE = "BILL's sandbox (gateway.stage.bill.com)"
ORGANIZATION = CREDENTIAL["organization_id"]

# The messages that are not about one known code. The variable parts come from the collection, except code and status.
_NAMED = r"(BDC_[0-9]{1,6} \(HTTP status \d+\)|HTTP status \d+)"
_FIELD = f"({'|'.join(OPTION_OF_FIELD.values())})"
GENERAL = re.compile(
    rf"BILL answered {_NAMED}: a fault on the side of {re.escape(PLACE)}\. Try again later\."
    rf"|BILL answered {_NAMED}: it does not accept {_FIELD}( and {_FIELD})*\. Correct what you wrote there\."
    rf"|BILL answered {_NAMED}: {_FIELD} is too long\. BILL accepts at most \d+ characters\. Shorten it\."
    rf"|BILL answered {_NAMED} with response_status 1: it refused the request, and gives no BDC code\."
    rf"|{re.escape(PLACE)} answered HTTP status (408|429) without a BDC code: [^{{}}]+\."
    rf"|BILL answered {_NAMED}\. Look up the code in BILL's list of common API error codes\."
    rf"|{re.escape(PLACE)} answered {_NAMED} without a BDC code\. "
    r"Check api_url, and that no proxy answers instead of BILL\."
)

statuses = st.integers(100, 999)


@pytest.mark.promise(8)
@pytest.mark.promise(9)
@given(statuses, envelopes)
def test_error_from_any_response_repeats_only_a_known_code(status: int, response: Any) -> None:
    error = error_from_response(status, response, PLACE)
    assert_clean(error)
    assert error.status == status
    if error.code in KNOWN_CODES:
        assert str(error) == str(error_from_response(status, [{"code": error.code}], PLACE))
    elif error.code in OF_OAUTH:
        assert str(error) == str(error_from_response(status, {"error": error.code}, PLACE))
    else:
        assert GENERAL.fullmatch(str(error)), str(error)


@pytest.mark.promise(9)
@given(statuses, st.sampled_from(KNOWN_CODES).flatmap(lambda code: st.tuples(st.just(code), envelopes_with(code))))
def test_error_from_any_response_with_a_known_code_has_its_meaning(status: int, carried: tuple[str, Any]) -> None:
    code, response = carried
    alone = error_from_response(400, [{"code": code}], PLACE)
    error = error_from_response(status, response, PLACE)
    assert (error.__class__, str(error), error.options) == (alone.__class__, str(alone), alone.options)
    assert code in codes(response)


@pytest.fixture
def log_listener() -> Iterator[LogListener]:
    log_listener = LogListener()
    root = logging.getLogger()
    level = root.level
    root.addHandler(log_listener)
    root.setLevel(logging.INFO)
    yield log_listener
    root.setLevel(level)
    root.removeHandler(log_listener)


@pytest.fixture
def start_server(
    log_listener: LogListener, capfd: pytest.CaptureFixture[str]
) -> Iterator[Callable[[float], RawServer]]:
    servers: list[RawServer] = []

    def start(timeout: float) -> RawServer:
        servers.append(RawServer(timeout))
        return servers[-1]

    yield start
    for each in servers:
        each.close()
    # If the lengths of a response contradict each other, urllib3 leaves a socket to the garbage collector.
    gc.collect()
    assert [line for line in log_listener.received if "findme" in line] == []
    assert capfd.readouterr() == ("", "")


left_to_the_garbage_collector = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


@left_to_the_garbage_collector
@pytest.mark.promise(8)
@pytest.mark.promise(15)
def test_exchange_with_any_bytes_is_a_response_or_a_clean_error(start_server: Callable[[float], RawServer]) -> None:
    bill = start_server(0.5)

    @settings(max_examples=300)
    @given(any_answers)
    def asked(response: RawAnswer) -> None:
        assert_answer_or_clean(bill.outcome(response))

    asked()
    # The exchange's own time, and two seconds for a busy machine.
    assert bill.slowest < bill.timeout + 2


@pytest.mark.parametrize("data", CORRECT)
def test_exchange_with_each_correct_format_is_a_response(
    start_server: Callable[[float], RawServer], data: bytes
) -> None:
    outcome = start_server(30).outcome(RawAnswer(data))
    if b"401" in data:
        assert isinstance(outcome, errors.AuthenticationError)
    else:
        assert isinstance(outcome, Response)
        assert outcome.json == (None if b"204" in data else json.loads(LOGIN))


@pytest.mark.promise(9)
@pytest.mark.parametrize("data", WHOLE)
def test_exchange_with_a_truncated_response_is_an_error(
    start_server: Callable[[float], RawServer], data: bytes
) -> None:
    bill = start_server(30)
    # The end of the last chunk carries no information.
    telling = len(data) - 4 if b"chunked" in data else len(data)
    for length in range(telling):
        outcome = bill.outcome(RawAnswer(data[:length]))
        # A part of a coding's name is a name that the request did not permit.
        no_success = errors.BillError if b"Content-Encoding" in data[:length] else errors.TransportError
        assert isinstance(outcome, no_success), (data[:length], outcome)


@pytest.mark.promise(9)
@pytest.mark.parametrize("coding", ["gzip", "gzip, gzip"])
def test_exchange_with_a_response_that_decompresses_to_gigabytes_is_an_error(
    start_server: Callable[[float], RawServer], coding: str
) -> None:
    # 64 MiB in 64 KiB, 32 times.
    packed = gzip.compress(bytes(64 * 2**20)) * 32
    if "," in coding:
        packed = gzip.compress(packed)
    headers = [b"Content-Encoding: " + coding.encode(), b"Content-Length: %d" % len(packed)]
    bill = start_server(60)
    tracemalloc.start()
    try:
        outcome = bill.outcome(RawAnswer(http(b"200 OK", headers, packed)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(outcome, errors.InvalidResponseError)
    assert ("more than 8 MiB" if coding == "gzip" else "something that is not JSON") in str(outcome)
    # Before version 2.6, urllib3 unpacks a whole part at once and copies it. A part has 64 MiB.
    assert peak < 200 * 2**20


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stores")


@pytest.mark.promise(5)
@pytest.mark.promise(8)
@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=25)
@given(data=st.data(), require_trusted=st.booleans())
def test_method_with_any_responses_succeeds_or_has_a_clean_error(
    folder: Path, method: str, data: st.DataObject, require_trusted: bool
) -> None:
    use_everything(
        folder, method, data.draw(any_answers_to[method]), data.draw(any_answers_to[method]), require_trusted
    )


# The values that a user, a template, a shell or a form can give. hypothesis itself cannot print numbers with this many digits.
_long_numbers = st.sampled_from([5000, 4299]).map(lambda digits: 10**digits)
values = st.one_of(
    any_json,
    _long_numbers,
    st.sampled_from([float("nan"), float("inf"), b"findme", ("findme",), "findme" * 100_000, 1e300, -1]),
    st.sampled_from(
        ["yes", "No", "TRUE", "f", "off", "1", " y ", "0", "5", " 5 ", "5.0", "1_0", "\u0665", "0x5", "~", "$HOME"]
    ),
    st.sampled_from(
        ["findme\udc80", "findme\ud800", "findme\n", "\0findme", "findme\x1b[2J", "findme\u202e", "findme\u2028"]
    ),
    st.sampled_from([option.default for option in OPTIONS]),
)
names = st.sampled_from([option.name for option in OPTIONS])


def assert_options_or_clean(outcome: Any) -> None:
    if not isinstance(outcome, ResolvedOptions):
        assert isinstance(outcome, errors.OptionError), repr(outcome)[:500]
        assert_clean(outcome)
        return
    assert "findme" not in repr(outcome)
    for option in OPTIONS:
        value = outcome.values[option.name]
        if option.kind == "int":
            assert value.__class__ is int
            assert option.minimum <= value <= option.maximum
        elif option.kind == "bool":
            assert isinstance(value, bool)
        elif value is not None:
            assert value.__class__ is str
            assert control_character(value) is None
            assert not option.choices or value in option.choices
    everything = errors.BillError("Refused, and that is all there is.", options=tuple(outcome.values))
    assert_clean(errors.BillError(outcome.explain(everything)), longest=100 + 100 * len(OPTIONS))


@pytest.mark.promise(5)
@pytest.mark.promise(8)
@settings(max_examples=400)
@given(
    st.sampled_from(OPTIONS),
    values,
    st.sampled_from(["given", "alias", "variable", "environment", "published"]),
    st.dictionaries(names, values, max_size=1),
)
def test_option_with_any_value_from_any_source_is_accepted_or_a_clean_error(
    option: Option, value: Any, place: str, given: Mapping[str, Any]
) -> None:
    variables = {option.variable: value} if place in ("variable", "published") else {}
    environ = {option.environment_name: value} if place == "environment" and isinstance(value, str) else {}
    if place in ("given", "alias"):
        given = {**given, (option.aliases[0] if option.aliases and place == "alias" else option.name): value}
    assert_options_or_clean(
        outcome_of(
            lambda: resolve(
                given,
                table=OPTIONS,
                variable=variables.get,
                environ=environ,
                published=variables if place == "published" else None,
            )
        )
    )


@pytest.mark.promise(5)
@pytest.mark.promise(8)
@given(st.sampled_from(OPTIONS), st.binary(min_size=1, max_size=40).filter(lambda value: b"\0" not in value))
def test_option_with_any_bytes_in_the_environment_is_accepted_or_a_clean_error(option: Any, value: bytes) -> None:
    # os.environ has them in this form: bytes that are not UTF-8 become lone surrogates.
    environ = {option.environment_name: (b"findme" + value).decode("utf-8", "surrogateescape")}
    assert_options_or_clean(
        outcome_of(lambda: resolve({}, table=OPTIONS, variable=lambda _name: None, environ=environ))
    )


@pytest.mark.promise(8)
@given(st.dictionaries(any_text | st.binary() | st.integers() | st.just("passwrd") | _long_numbers, values, min_size=1))
def test_option_with_any_unknown_name_is_a_clean_error(given: Mapping[Any, Any]) -> None:
    with pytest.raises(errors.OptionError) as failure:
        resolve(given, table=OPTIONS, variable=lambda _name: None, environ={})
    assert_clean(errors.OptionError(str(failure.value).replace("canary-findme", "a name of letters, as a name is")))


@pytest.mark.promise(7)
@pytest.mark.promise(8)
@given(
    st.one_of(
        st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=40),
        st.lists(
            st.sampled_from(
                [
                    "https",
                    "http",
                    ":",
                    "//",
                    "/",
                    "@",
                    "findme:findme@",
                    "127.0.0.1",
                    "localhost",
                    "[::1",
                    "]",
                    ":99999",
                    ":x",
                    "gateway.bill.com",
                    "a..b",
                    "?",
                    "#",
                    "%",
                    "\\",
                    "é",
                    "/v3",
                    "xn--",
                    "℀",
                ]
            ),
            max_size=6,
        ).map(lambda parts: "".join(["https://", *parts])),
    )
)
def test_option_api_url_with_any_text_is_an_address_or_a_clean_error(url: str) -> None:
    outcome = outcome_of(lambda: BaseUrl.of_api(url))
    if isinstance(outcome, BaseUrl):
        assert outcome.url.isprintable()
        assert "findme" not in outcome.url
    else:
        assert isinstance(outcome, errors.OptionError), repr(outcome)
        assert_clean(outcome)


KEY = b"k" * 32
IDENTITY = EntryIdentity.of(CREDENTIAL)
CIPHER = Cipher(IDENTITY, KEY)
HEAD = bytes(8)
ENCRYPTED = HEAD + CIPHER.encrypt(SESSION.to_bytes())


def stored_entry(folder: Path, warned: list[str]) -> EncryptedEntry[Session]:
    directory = str(folder / "damaged")
    return EncryptedEntry(
        Session,
        IDENTITY,
        open_store(directory, default=directory, run_directory=directory, warn=warned.append),
        warned.append,
    )


def put(folder: Path, content: bytes) -> None:
    """Write a file in the place of the stored session, as another program would."""
    (folder / "damaged").mkdir(mode=0o700, exist_ok=True)
    for name, data in (("key", KEY), (f"{CIPHER.key}.session", content)):
        path = folder / "damaged" / name
        path.write_bytes(data)
        os.chmod(path, 0o600)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """The damaged file of the session."""
    data = bytearray(ENCRYPTED)
    at, length = draw(st.integers(0, len(data))), draw(st.integers(0, len(data)))
    data[at : at + length] = draw(st.binary(max_size=length + 1))
    return bytes(data)


@pytest.mark.promise(6)
@given(st.binary(max_size=300) | damaged() | st.just(b"x" * 70_000))
@example(ENCRYPTED)
def test_stored_session_with_any_bytes_is_the_true_session_or_ignored(folder: Path, data: bytes) -> None:
    warned: list[str] = []
    put(folder, data)
    loaded = stored_entry(folder, warned).load()
    if data[len(HEAD) :] == ENCRYPTED[len(HEAD) :]:
        assert (loaded, warned) == (SESSION, [])
        return
    assert loaded is None
    assert len(warned) in (1, 2)
    for line in warned:
        assert re.fullmatch(
            r"A stored session is incomplete, [ -~]*|bill\.connect ignores the stored session [ -~]*: it is too large\.",
            line,
        )
        assert len(line) < LONGEST_MESSAGE


# The credentials have no surrogates, because the options refuse them. Written as JSON, surrogates are ambiguous.
_credentials = st.fixed_dictionaries(
    dict.fromkeys(CREDENTIAL, st.text(max_size=6) | st.sampled_from(["a", "aa", '","', "\\u0061"]))
)


@pytest.mark.promise(3)
@settings(max_examples=30)
@given(_credentials, _credentials)
def test_cipher_of_two_credentials_has_two_addresses_and_two_keys(one: dict[str, str], other: dict[str, str]) -> None:
    ours, theirs = Cipher(EntryIdentity.of(one), KEY), Cipher(EntryIdentity.of(other), KEY)
    assert (ours.key == theirs.key) is (one == other)
    assert (ours.decrypt(theirs.encrypt(b"x")) == b"x") is (one == other)


@pytest.mark.promise(6)
@given(st.binary(max_size=2000), st.data())
def test_cipher_with_any_changed_byte_decrypts_nothing(plain: bytes, data: st.DataObject) -> None:
    encrypted = CIPHER.encrypt(plain)
    assert CIPHER.decrypt(encrypted) == plain
    at, by = data.draw(st.integers(0, len(encrypted) - 1)), data.draw(st.integers(1, 255))
    assert CIPHER.decrypt(encrypted[:at] + bytes([encrypted[at] ^ by]) + encrypted[at + 1 :]) is None
    assert CIPHER.decrypt(encrypted[:at]) is None
    assert CIPHER.decrypt(encrypted[:at] + bytes([by]) + encrypted[at:]) is None


_fields = {
    "session_id": st.just("SESSION-findme"),
    "headers": st.just(SESSION.headers),
    "organization_id": st.just(ORGANIZATION),
    "user_id": st.none() | st.just("006"),
    "trusted": st.booleans(),
    "idle_seconds": st.integers(1, 10**6),
    "made_at": st.floats(0, 4e9),
    "answered_at": st.floats(0, 4e9),
    "format": st.just(1),
}
_refusal = {
    "says": st.just("Refused."),
    "code": st.none() | st.just("BDC_1101"),
    "status": st.none() | st.just(401),
    "concerns": st.just(["username"]),
    "at": st.just(0.0),
    "until": st.just(2.0),
    "format": st.just(1),
}


@st.composite
def _nearly(draw: st.DrawFn, fields: Mapping[str, st.SearchStrategy[Any]]) -> bytes:
    """A stored record of another version or after a fault: one field is missing or has any type."""
    value = {name: draw(strategy) for name, strategy in fields.items()}
    if draw(st.booleans()):
        del value["format"]
    name = draw(st.sampled_from(sorted(value)))
    if draw(st.booleans()):
        value[name] = draw(any_json)
    else:
        del value[name]
    return json.dumps(value).encode()


_of_any_shape = st.one_of(any_json.map(lambda value: json.dumps(value).encode()), st.binary(), st.just(b"[" * 100_000))


@pytest.mark.promise(6)
@given(_nearly(_fields) | _of_any_shape)
def test_stored_session_of_any_format_is_usable_or_ignored(folder: Path, plain: bytes) -> None:
    warned: list[str] = []
    put(folder, HEAD + CIPHER.encrypt(plain))
    loaded = stored_entry(folder, warned).load()
    if loaded is None:
        assert all(line.isprintable() and "findme" not in line for line in warned)
        return
    # The data has the right key, so only its types can be wrong. No code below may fail because of a type.
    for text in (*loaded.headers, *loaded.headers.values()):
        assert isinstance(text, str)
    for identifier in (loaded.session_id, loaded.organization_id, loaded.user_id):
        assert identifier is None or isinstance(identifier, str)
    assert loaded.trusted in (True, False, None)
    assert loaded.end is None or loaded.is_recent(1e9, 60) in (True, False)
    assert Session.from_bytes(loaded.to_bytes()) == loaded


@pytest.mark.promise(4)
@given(_nearly(_refusal) | _of_any_shape)
def test_cached_refusal_of_any_format_is_usable_or_ignored(folder: Path, plain: bytes) -> None:
    warned: list[str] = []
    put(folder, HEAD + CIPHER.encrypt(plain))
    directory = str(folder / "damaged")
    store = open_store(directory, default=directory, run_directory=directory, warn=warned.append)
    loaded = EncryptedEntry(CachedRefusal, IDENTITY, store, warned.append).load()
    if loaded is None:
        assert all(line.isprintable() and "findme" not in line for line in warned)
        return
    if loaded.is_active(1.0):
        error = loaded.error(is_cached=True)
        assert str(error).startswith(loaded.summary)
        assert error.code is None or isinstance(error.code, str)
        assert all(isinstance(name, str) for name in error.options)
