# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TLS: whom credentials are sent to, and what the user is told where nobody vouches for them."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from ansible_collections.bill.connect.plugins.plugin_utils._core import errors
from ansible_collections.bill.connect.plugins.plugin_utils._core.base_url import BaseUrl
from ansible_collections.bill.connect.plugins.plugin_utils._http.transport import HttpTransport, Response
from ansible_collections.bill.connect.plugins.plugin_utils._http.transport_errors import TransportErrors
from tests.emulator.certificates import Authority, Certificate, self_signed
from tests.unit.plugins.plugin_utils.conversation import Reply, ScriptedBill, says

Start = Callable[..., ScriptedBill]
SECRET = "s3cret-findme"
GOOD = says(200, {"secure": True})
UNKNOWN_AUTHORITY = "If it was issued by an authority of your own, name the file of that authority with ca_path."
CLOCK = "Check the controller's clock; if it is right, "
BAD = {
    "expired": ("certificate has expired", f"{CLOCK}the certificate or that of its authority has to be renewed."),
    "not_yet_valid": (
        "certificate is not yet valid",
        f"{CLOCK}the certificate has to be replaced by one that is valid already.",
    ),
    "for_another_host": (
        "",  # OpenSSL and older versions of urllib3 differ in all of it
        "Check api_url: it has to name the host as its certificate does.",
    ),
    "for_another_purpose": (
        "certificate purpose",  # OpenSSL 1 and 3 differ in the words around it
        "Whoever runs that host, or issued its certificate, has to put that right.",
    ),
    "self_signed": (
        "certificate)",  # OpenSSL 1 writes "self signed", OpenSSL 3 "self-signed"
        "No authority vouches for it; if that is meant to be so, name its own file with ca_path.",
    ),
    "of_another_authority": (
        "unable to get local issuer certificate",
        "ca_path does not hold the authority that issued it. Add that authority's certificate there, or leave ca_path "
        "out if a public authority issued it.",
    ),
}


@pytest.fixture(autouse=True)
def _nothing_from_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls") / "authority")


@pytest.fixture(scope="module")
def another(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls") / "another", "another authority of the tests")


@pytest.fixture(scope="module")
def certificates(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority, another: Authority
) -> dict[str, Certificate]:
    return {
        "good": authority.good(),
        "expired": authority.expired(),
        "not_yet_valid": authority.not_yet_valid(),
        "for_another_host": authority.for_another_host(),
        "for_another_purpose": authority.for_another_purpose(),
        "self_signed": self_signed(tmp_path_factory.mktemp("tls") / "self-signed"),
        "of_another_authority": another.good(),
    }


Bills = Callable[[str], ScriptedBill]


@pytest.fixture
def bill_with(scripted: Start, certificates: dict[str, Certificate]) -> Bills:
    """A BILL behind TLS that shows the certificate of that name."""

    def start(name: str) -> ScriptedBill:
        return scripted(GOOD, tls=showing(certificates[name]))

    return start


def showing(shown: Certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown.certificate, shown.private_key)
    return context


def ask(url: str, *, ca_path: Path | None = None, validate_certs: bool = True) -> Response:
    gateway = HttpTransport(
        BaseUrl.of_api(url), timeout=10, ca_path=str(ca_path) if ca_path else None, validate_certs=validate_certs
    )
    return gateway.ask("POST", "/v3/login", headers={"devKey": SECRET}, body={"password": SECRET})


def refusal(url: str, *, ca_path: Path | None = None, validate_certs: bool = True) -> errors.TlsError:
    """How it was refused: without a secret, and not worth another try."""
    with pytest.raises(errors.TlsError, match="so nothing was sent") as failure:
        ask(url, ca_path=ca_path, validate_certs=validate_certs)
    assert SECRET not in str(failure.value)
    assert not failure.value.transient
    return failure.value


def said_nothing_to(bill: ScriptedBill) -> bool:
    """Where urllib3 looks at the names itself, TLS comes about first; then the connection ends without a word."""
    return "".join(bill.heard).strip() == ""


@pytest.mark.promise(7)
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_ca_path_vouches_as_a_file_and_as_a_directory(bill_with: Bills, authority: Authority, host: str) -> None:
    url = bill_with("good").url.replace("127.0.0.1", host)
    for ca_path in (authority.file, authority.directory):
        assert ask(url, ca_path=ca_path).json == {"secure": True}


@pytest.mark.promise(7)
@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_the_environment_vouches_where_ca_path_says_nothing(
    bill_with: Bills, authority: Authority, another: Authority, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    bill = bill_with("good")
    monkeypatch.setenv(name, str(authority.file))
    assert ask(bill.url).json == {"secure": True}
    refusal(bill.url, ca_path=another.file)
    monkeypatch.setenv(name, str(another.file))
    assert ask(bill.url, ca_path=authority.file).json == {"secure": True}
    refusal(bill.url)
    assert len(bill.heard) == 2


@pytest.mark.promise(7)
@pytest.mark.promise(8)
@pytest.mark.parametrize("name", BAD)
def test_a_bad_certificate_is_refused_and_its_fault_told(bill_with: Bills, authority: Authority, name: str) -> None:
    bill = bill_with(name)
    told = str(refusal(bill.url, ca_path=authority.file))
    fault, remedy = BAD[name]
    assert told.startswith(f"The certificate of 127.0.0.1:{bill.port} was not accepted (")
    assert fault in told
    assert told.endswith(f"so nothing was sent. {remedy}")
    assert said_nothing_to(bill)


@pytest.mark.promise(7)
@pytest.mark.promise(8)
@pytest.mark.parametrize("openssl_is_enough", [True, False])
def test_a_name_that_the_certificate_lacks_is_told(
    bill_with: Bills, authority: Authority, monkeypatch: pytest.MonkeyPatch, openssl_is_enough: bool
) -> None:
    # False is how older versions of urllib3 are, which look at the names themselves.
    monkeypatch.setattr("urllib3.util.ssl_.HAS_NEVER_CHECK_COMMON_NAME", openssl_is_enough, raising=False)
    bill = bill_with("for_another_host")
    told = refusal(bill.url.replace("127.0.0.1", "localhost"), ca_path=authority.file)
    assert f"The certificate of localhost:{bill.port} was not accepted (" in str(told)
    assert "Check api_url: it has to name the host as its certificate does." in str(told)
    assert told.concerns == ("api_url",)
    assert said_nothing_to(bill)


@pytest.mark.promise(7)
@pytest.mark.promise(8)
def test_an_authority_that_nobody_named_is_told(bill_with: Bills) -> None:
    bill = bill_with("good")
    told = str(refusal(bill.url))
    assert told.endswith(UNKNOWN_AUTHORITY)
    assert bill.heard == []


@pytest.mark.promise(8)
def test_a_server_that_shows_its_unknown_authority_is_told_the_same(
    scripted: Start, authority: Authority, another: Authority, certificates: dict[str, Certificate], tmp_path: Path
) -> None:
    alone = certificates["of_another_authority"]
    chain = Certificate(tmp_path / "chain.pem", alone.private_key)
    chain.certificate.write_bytes(alone.certificate.read_bytes() + another.file.read_bytes())
    told = refusal(scripted(GOOD, tls=showing(chain)).url, ca_path=authority.file)
    assert "ca_path does not hold the authority that issued it." in str(told)


@pytest.mark.promise(8)
@pytest.mark.parametrize("number", [2, 19, 20, 21])
def test_every_word_of_openssl_for_an_unknown_authority_has_the_same_remedy(number: int) -> None:
    # Which one it is depends on the version of OpenSSL and on what a server shows, so not each can be had here.
    fault = ssl.SSLCertVerificationError(1, "findme")
    fault.verify_code, fault.verify_message = number, "unable to verify it"
    told = TransportErrors("bill.example.com", 10, None).of(requests.exceptions.SSLError(fault))
    assert isinstance(told, errors.TlsError)
    assert str(told).endswith("(unable to verify it), so nothing was sent. " + UNKNOWN_AUTHORITY)


@pytest.mark.promise(8)
def test_a_directory_that_was_not_prepared_is_told(bill_with: Bills, authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "authority.pem").write_bytes(authority.file.read_bytes())
    bill = bill_with("good")
    assert "ca_path is a directory" in str(told := refusal(bill.url, ca_path=tmp_path))
    assert "prepared by openssl rehash" in str(told)
    assert bill.heard == []


@pytest.mark.promise(8)
def test_a_self_signed_certificate_can_vouch_for_itself(bill_with: Bills, certificates: dict[str, Certificate]) -> None:
    assert ask(bill_with("self_signed").url, ca_path=certificates["self_signed"].certificate).json == {"secure": True}


@pytest.mark.promise(7)
@pytest.mark.parametrize("name", BAD)
def test_without_validate_certs_every_certificate_is_good(
    bill_with: Bills, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    # Which the environment does not undo, as it does elsewhere with requests.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nonexistent")
    assert ask(bill_with(name).url, validate_certs=False).json == {"secure": True}


@pytest.mark.promise(7)
@pytest.mark.parametrize("validate_certs", [True, False])
def test_a_redirect_out_of_tls_or_to_another_host_is_not_followed(
    scripted: Start, authority: Authority, certificates: dict[str, Certificate], validate_certs: bool
) -> None:
    plain, secure = scripted(GOOD), scripted(GOOD, tls=showing(certificates["good"]))
    for elsewhere in (plain, secure):
        for status in (302, 307):
            moved = says(status, b"", Location=f"{elsewhere.url}/v3/login")
            bill = scripted(moved, tls=showing(certificates["good"]))
            with pytest.raises(errors.InvalidResponseError, match=f"redirect .HTTP status {status}., which is never"):
                ask(bill.url, ca_path=authority.file, validate_certs=validate_certs)
            assert len(bill.heard) == 1
    assert plain.heard == secure.heard == []


@pytest.mark.promise(7)
@pytest.mark.parametrize("validate_certs", [True, False])
def test_a_netrc_file_adds_nothing(
    bill_with: Bills, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, validate_certs: bool
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    bill = bill_with("good")
    ask(bill.url, ca_path=authority.file, validate_certs=validate_certs)
    [heard] = bill.heard
    assert heard.startswith("POST /connect/v3/login HTTP/1.1\r\n")
    assert "authorization" not in heard.lower()


def record(kind: int, content: bytes) -> bytes:
    """As TLS 1.1 (3.2) writes it."""
    return bytes([kind, 3, 2]) + len(content).to_bytes(2, "big") + content


# An alert: fatal, the version of the protocol. And a greeting: version, random, no session, cipher, no compression.
REFUSES_NEWER_TLS = record(0x15, bytes([2, 70]))
ANSWERS_IN_OLDER_TLS = record(0x16, bytes([2, 0, 0, 38, 3, 2, *[0] * 33, 0xC0, 0x13, 0]))


@pytest.mark.promise(7)
@pytest.mark.promise(8)
@pytest.mark.parametrize("validate_certs", [True, False])
@pytest.mark.parametrize("answer", [REFUSES_NEWER_TLS, ANSWERS_IN_OLDER_TLS], ids=["refuses", "answers"])
def test_a_server_that_speaks_only_tls_1_1_is_sent_nothing(
    scripted: Start, answer: bytes, validate_certs: bool
) -> None:
    bill = scripted(lambda peer: peer.sendall(answer))
    told = refusal(bill.url.replace("http://", "https://"), validate_certs=validate_certs)
    assert f"127.0.0.1:{bill.port} speaks no version of TLS that is safe" in str(told)
    assert told.concerns == ("api_url",)
    assert SECRET not in "".join(bill.heard)


def breaks_the_line(peer: socket.socket) -> None:
    """Plain text in the middle of TLS, after the whole request was read."""
    os.write(peer.fileno(), b"HTTP/1.1 500 Oops\r\n\r\n")


def breaks_the_answer(peer: socket.socket) -> None:
    peer.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"a"')
    os.write(peer.fileno(), b"\x17\x03\x03\x00\x20" + b"x" * 32)


@pytest.mark.promise(8)
@pytest.mark.promise(9)
@pytest.mark.parametrize("breaks", [breaks_the_line, breaks_the_answer])
def test_tls_that_breaks_after_the_request_was_sent_is_a_broken_connection(
    scripted: Start, certificates: dict[str, Certificate], authority: Authority, breaks: Reply
) -> None:
    bill = scripted(breaks, tls=showing(certificates["good"]))
    with pytest.raises(errors.TransportError, match="broke before a whole answer came"):
        ask(bill.url, ca_path=authority.file)
    assert SECRET in bill.heard[0]


@pytest.mark.promise(9)
def test_a_connection_that_ends_in_the_handshake_may_be_tried_again(scripted: Start) -> None:
    bill = scripted(lambda _peer: None)
    with pytest.raises(errors.TransportError, match="broke before a whole answer came"):
        ask(bill.url.replace("http://", "https://"))


@pytest.mark.promise(8)
def test_http_behind_an_https_address_is_told(scripted: Start) -> None:
    bill = scripted(GOOD)
    told = refusal(bill.url.replace("http://", "https://"))
    assert "Check that api_url names an address that serves https" in str(told)
    assert SECRET not in "".join(bill.heard)


@pytest.mark.promise(8)
def test_a_ca_path_that_is_not_there_is_told_before_anything_is_sent() -> None:
    with pytest.raises(errors.OptionError, match="ca_path names /nonexistent/authority.pem, which does not exist"):
        HttpTransport(BaseUrl.of_api("https://127.0.0.1:1/connect"), timeout=10, ca_path="/nonexistent/authority.pem")


NO_CERTIFICATES = ["", "no certificate", "-----BEGIN CERTIFICATE-----\nfindme\n-----END CERTIFICATE-----\n"]


@pytest.mark.promise(7)
@pytest.mark.promise(8)
@pytest.mark.parametrize("content", NO_CERTIFICATES, ids=["empty", "text", "broken"])
def test_a_ca_path_without_a_certificate_is_told(bill_with: Bills, tmp_path: Path, content: str) -> None:
    (tmp_path / "authority.pem").write_text(content)
    bill = bill_with("good")
    told = refusal(bill.url, ca_path=tmp_path / "authority.pem")
    assert str(told).endswith("so nothing was sent. Check that ca_path names a readable file of PEM certificates.")
    assert told.concerns == ("ca_path",)
    assert bill.heard == []


@pytest.mark.promise(8)
@pytest.mark.parametrize("content", [None, *NO_CERTIFICATES], ids=["missing", "empty", "text", "broken"])
def test_a_bundle_in_the_environment_that_cannot_be_used_is_told(
    bill_with: Bills, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "bundle.pem").write_text(content)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "bundle.pem"))
    bill = bill_with("good")
    told = str(refusal(bill.url))
    assert "Check REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE in the environment, or give ca_path." in told
    assert bill.heard == []


@pytest.mark.promise(8)
def test_certificates_that_may_not_be_read_are_told(
    bill_with: Bills, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_args: object, **_kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    # Root may read every file, so it is not done with a file.
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", forbidden)
    assert "Check that ca_path names a readable file" in str(refusal(bill_with("good").url, ca_path=authority.file))
