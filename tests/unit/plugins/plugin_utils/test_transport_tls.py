# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TLS: which servers get credentials, and the message if no trusted authority issued the certificate."""

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
from ansible_collections.bill.connect.plugins.plugin_utils._http.base import HttpSettings
from ansible_collections.bill.connect.plugins.plugin_utils._http.exchange import HttpExchange
from ansible_collections.bill.connect.plugins.plugin_utils._http.messages import HttpRequest, JsonBody, Response
from ansible_collections.bill.connect.plugins.plugin_utils._http.transport import HttpTransport
from ansible_collections.bill.connect.plugins.plugin_utils._http.transport_errors import TransportErrors
from tests.emulator.certificates import Authority, Certificate, self_signed
from tests.unit.plugins.plugin_utils.fakes import Reply, ScriptedBill, responds

Start = Callable[..., ScriptedBill]
SECRET = "s3cret-findme"
GOOD = responds(200, {"secure": True})
UNKNOWN_AUTHORITY = (
    "If your own authority or your company's issued the certificate, set ca_path to the file of that authority. bill.connect trusts only the "
    f"authorities in {requests.utils.DEFAULT_CA_BUNDLE_PATH}, and not those in another certificate store of this machine."
)
CLOCK = "Check the controller's clock. If it is right, "
BAD = {
    "expired": (
        "certificate has expired",
        f"{CLOCK}the certificate or the certificate of its authority must be renewed.",
    ),
    "not_yet_valid": (
        "certificate is not yet valid",
        f"{CLOCK}the owner of the host must install a certificate that is already valid.",
    ),
    "for_another_host": (
        "",  # OpenSSL and older versions of urllib3 have different texts for it
        "Check api_url: the certificate must contain the host of this address.",
    ),
    "for_another_purpose": (
        "certificate purpose",  # OpenSSL 1 and 3 have different words around it
        "The owner of the host, or the authority of the certificate, must correct this.",
    ),
    "self_signed": (
        "certificate)",  # OpenSSL 1 writes "self signed", OpenSSL 3 "self-signed"
        "No authority signed this certificate. If this is intended, set ca_path to the file of this certificate.",
    ),
    "of_another_authority": (
        "unable to get local issuer certificate",
        "ca_path does not contain the authority that issued the certificate. Add the certificate of that authority there, or leave ca_path "
        "out if a public authority issued the certificate.",
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
    """A BILL with TLS that shows the certificate of that name."""

    def start(name: str) -> ScriptedBill:
        return scripted(GOOD, tls=showing(certificates[name]))

    return start


def showing(shown: Certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown.certificate, shown.private_key)
    return context


def log_in(url: str, *, ca_path: Path | None = None, validate_certs: bool = True) -> Response:
    settings = HttpSettings(10, validate_certs, str(ca_path) if ca_path else None)
    transport = HttpTransport(HttpExchange(BaseUrl.of_api(url), settings))
    return transport.send(HttpRequest("POST", "/v3/login", {"devKey": SECRET}, JsonBody({"password": SECRET})))


def failed_log_in(url: str, *, ca_path: Path | None = None, validate_certs: bool = True) -> errors.TlsError:
    """The TlsError of a login. It contains no secret, and another try would not help."""
    with pytest.raises(errors.TlsError, match="so it sent nothing") as failure:
        log_in(url, ca_path=ca_path, validate_certs=validate_certs)
    assert SECRET not in str(failure.value)
    assert not failure.value.is_transient
    return failure.value


def received_nothing(bill: ScriptedBill) -> bool:
    """Whether BILL got no request. If urllib3 checks the names itself, the TLS handshake succeeds first, and the connection then closes."""
    return "".join(bill.received).strip() == ""


@pytest.mark.promise(7)
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_tls_with_ca_path_trusts_its_authority_as_file_and_as_directory(
    bill_with: Bills, authority: Authority, host: str
) -> None:
    url = bill_with("good").url.replace("127.0.0.1", host)
    for ca_path in (authority.file, authority.directory):
        assert log_in(url, ca_path=ca_path).json == {"secure": True}


@pytest.mark.promise(7)
@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_tls_without_ca_path_trusts_the_bundle_of_the_environment(
    bill_with: Bills, authority: Authority, another: Authority, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    bill = bill_with("good")
    monkeypatch.setenv(name, str(authority.file))
    assert log_in(bill.url).json == {"secure": True}
    failed_log_in(bill.url, ca_path=another.file)
    monkeypatch.setenv(name, str(another.file))
    assert log_in(bill.url, ca_path=authority.file).json == {"secure": True}
    failed_log_in(bill.url)
    assert len(bill.received) == 2


@pytest.mark.promise(7)
@pytest.mark.promise(8)
@pytest.mark.parametrize("name", BAD)
def test_tls_with_a_bad_certificate_names_the_reason(bill_with: Bills, authority: Authority, name: str) -> None:
    bill = bill_with(name)
    message = str(failed_log_in(bill.url, ca_path=authority.file))
    fault, remedy = BAD[name]
    assert message.startswith(f"bill.connect did not accept the certificate of 127.0.0.1:{bill.port} (")
    assert fault in message
    assert message.endswith(f"so it sent nothing. {remedy}")
    assert received_nothing(bill)


@pytest.mark.promise(8)
def test_tls_with_key_log_that_cannot_be_written_names_it(
    bill_with: Bills, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", "/nowhere/keys.log")
    bill = bill_with("good")
    message = str(failed_log_in(bill.url, ca_path=authority.file))
    assert "Python cannot write /nowhere/keys.log, so it sent nothing. SSLKEYLOGFILE in the environment" in message
    assert received_nothing(bill)


@pytest.mark.promise(7)
@pytest.mark.promise(8)
@pytest.mark.parametrize("openssl_is_enough", [True, False])
def test_tls_with_a_certificate_for_another_name_names_the_host(
    bill_with: Bills, authority: Authority, monkeypatch: pytest.MonkeyPatch, openssl_is_enough: bool
) -> None:
    # With False, the code uses the path for older versions of urllib3, which check the names themselves.
    monkeypatch.setattr("urllib3.util.ssl_.HAS_NEVER_CHECK_COMMON_NAME", openssl_is_enough, raising=False)
    bill = bill_with("for_another_host")
    error = failed_log_in(bill.url.replace("127.0.0.1", "localhost"), ca_path=authority.file)
    assert f"bill.connect did not accept the certificate of localhost:{bill.port} (" in str(error)
    assert "Check api_url: the certificate must contain the host of this address." in str(error)
    assert error.options == ("api_url",)
    assert received_nothing(bill)


@pytest.mark.promise(7)
@pytest.mark.promise(8)
def test_tls_with_an_unknown_authority_names_ca_path(bill_with: Bills) -> None:
    bill = bill_with("good")
    message = str(failed_log_in(bill.url))
    assert message.endswith(UNKNOWN_AUTHORITY)
    assert bill.received == []


@pytest.mark.promise(8)
def test_tls_with_an_unknown_authority_in_the_chain_names_ca_path(
    scripted: Start, authority: Authority, another: Authority, certificates: dict[str, Certificate], tmp_path: Path
) -> None:
    alone = certificates["of_another_authority"]
    chain = Certificate(tmp_path / "chain.pem", alone.private_key)
    chain.certificate.write_bytes(alone.certificate.read_bytes() + another.file.read_bytes())
    error = failed_log_in(scripted(GOOD, tls=showing(chain)).url, ca_path=authority.file)
    assert "ca_path does not contain the authority that issued the certificate." in str(error)


@pytest.mark.promise(8)
@pytest.mark.parametrize("number", [2, 19, 20, 21])
def test_tls_with_each_openssl_code_for_an_unknown_authority_has_one_remedy(number: int) -> None:
    # The number depends on the version of OpenSSL and on the server's certificates, so the test cannot cause each one.
    fault = ssl.SSLCertVerificationError(1, "findme")
    fault.verify_code, fault.verify_message = number, "unable to verify it"
    error = TransportErrors("bill.example.com", 10, None).of(requests.exceptions.SSLError(fault))
    assert isinstance(error, errors.TlsError)
    assert str(error).endswith("(unable to verify it), so it sent nothing. " + UNKNOWN_AUTHORITY)


STRICT = "Only the strict check of this Python refuses it (VERIFY_X509_STRICT, set from Python 3.13 on): "


def strictly_refused(url: str, authority: Authority) -> ssl.SSLCertVerificationError:
    """The error of a handshake with the check of Python 3.13. Older versions of Python have it, too, but do not use it."""
    context = ssl.create_default_context(cafile=str(authority.file))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    host, port = url.removeprefix("https://").split("/")[0].split(":")
    with (
        socket.create_connection((host, int(port))) as plain,
        pytest.raises(ssl.SSLCertVerificationError) as refused,
        context.wrap_socket(plain, server_hostname=host),
    ):
        pass
    return refused.value


@pytest.mark.promise(7)
@pytest.mark.promise(8)
def test_tls_with_an_authority_that_only_python_3_13_refuses_names_the_strict_check(
    scripted: Start, tmp_path: Path
) -> None:
    careless = Authority(tmp_path / "careless", careless=True)
    fault = strictly_refused(scripted(GOOD, tls=showing(careless.good())).url, careless)
    error = TransportErrors("bill.example.com", 10, str(careless.file)).of(requests.exceptions.SSLError(fault))
    assert "so it sent nothing. " + STRICT in str(error)
    assert str(error).endswith("Until then, run Ansible with Python 3.12 or earlier.")
    assert "The owner of the host" not in str(error)
    assert error.options == ("ca_path",)


@pytest.mark.promise(8)
@pytest.mark.parametrize("number", [*range(79, 96)])
def test_tls_with_each_openssl_code_of_the_strict_check_has_one_remedy(number: int) -> None:
    fault = ssl.SSLCertVerificationError(1, "findme")
    fault.verify_code, fault.verify_message = number, "Missing Authority Key Identifier"
    message = str(TransportErrors("bill.example.com", 10, None).of(requests.exceptions.SSLError(fault)))
    is_strict = bool(ssl.create_default_context().verify_flags & ssl.VERIFY_X509_STRICT)
    assert (STRICT in message) == (79 < number < 95 or (number == 79 and is_strict))


@pytest.mark.promise(8)
def test_tls_with_an_unprepared_ca_directory_names_the_remedy(
    bill_with: Bills, authority: Authority, tmp_path: Path
) -> None:
    (tmp_path / "authority.pem").write_bytes(authority.file.read_bytes())
    bill = bill_with("good")
    message = str(failed_log_in(bill.url, ca_path=tmp_path))
    assert "ca_path is a directory" in message
    assert "run openssl rehash on the directory" in message
    assert bill.received == []


@pytest.mark.promise(8)
def test_tls_with_self_signed_certificate_as_ca_path_succeeds(
    bill_with: Bills, certificates: dict[str, Certificate]
) -> None:
    assert log_in(bill_with("self_signed").url, ca_path=certificates["self_signed"].certificate).json == {
        "secure": True
    }


@pytest.mark.promise(7)
@pytest.mark.parametrize("name", BAD)
def test_tls_without_validate_certs_accepts_every_certificate(
    bill_with: Bills, another: Authority, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    # The environment does not override validate_certs, although it does so in other uses of requests.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nonexistent")
    bill = bill_with(name)
    # ca_path does not override it either.
    for ca_path in (None, another.directory):
        assert log_in(bill.url, ca_path=ca_path, validate_certs=False).json == {"secure": True}


@pytest.mark.promise(7)
@pytest.mark.parametrize("validate_certs", [True, False])
def test_tls_redirect_to_http_or_to_another_host_is_not_followed(
    scripted: Start, authority: Authority, certificates: dict[str, Certificate], validate_certs: bool
) -> None:
    plain, secure = scripted(GOOD), scripted(GOOD, tls=showing(certificates["good"]))
    for elsewhere in (plain, secure):
        for status in (302, 307):
            moved = responds(status, b"", Location=f"{elsewhere.url}/v3/login")
            bill = scripted(moved, tls=showing(certificates["good"]))
            with pytest.raises(
                errors.InvalidResponseError, match=f"redirect .HTTP status {status}.. bill.connect does not follow it"
            ):
                log_in(bill.url, ca_path=authority.file, validate_certs=validate_certs)
            assert len(bill.received) == 1
    assert plain.received == secure.received == []


@pytest.mark.promise(7)
@pytest.mark.parametrize("validate_certs", [True, False])
def test_tls_with_a_netrc_file_sends_none_of_its_credentials(
    bill_with: Bills, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, validate_certs: bool
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    bill = bill_with("good")
    log_in(bill.url, ca_path=authority.file, validate_certs=validate_certs)
    [received] = bill.received
    assert received.startswith("POST /connect/v3/login HTTP/1.1\r\n")
    assert "authorization" not in received.lower()


def record(kind: int, content: bytes) -> bytes:
    """A record in the format of TLS 1.1 (3.2)."""
    return bytes([kind, 3, 2]) + len(content).to_bytes(2, "big") + content


# A fatal alert about the protocol version. Then a greeting: version, random, no session, cipher, no compression.
REFUSES_NEWER_TLS = record(0x15, bytes([2, 70]))
RESPONDS_IN_OLDER_TLS = record(0x16, bytes([2, 0, 0, 38, 3, 2, *[0] * 33, 0xC0, 0x13, 0]))


@pytest.mark.promise(7)
@pytest.mark.promise(8)
@pytest.mark.parametrize("validate_certs", [True, False])
@pytest.mark.parametrize("response", [REFUSES_NEWER_TLS, RESPONDS_IN_OLDER_TLS], ids=["refuses", "responds"])
def test_tls_with_server_of_tls_1_1_sends_nothing(scripted: Start, response: bytes, validate_certs: bool) -> None:
    bill = scripted(lambda peer: peer.sendall(response))
    error = failed_log_in(bill.url.replace("http://", "https://"), validate_certs=validate_certs)
    assert f"bill.connect found no safe version of TLS at 127.0.0.1:{bill.port}, so" in str(error)
    assert error.options == ("api_url",)
    assert SECRET not in "".join(bill.received)


def breaks_the_connection(peer: socket.socket) -> None:
    """Plain text in the middle of TLS, after the whole request was read."""
    os.write(peer.fileno(), b"HTTP/1.1 500 Oops\r\n\r\n")


def breaks_the_response(peer: socket.socket) -> None:
    peer.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"a"')
    os.write(peer.fileno(), b"\x17\x03\x03\x00\x20" + b"x" * 32)


@pytest.mark.promise(8)
@pytest.mark.promise(9)
@pytest.mark.parametrize("breaks", [breaks_the_connection, breaks_the_response])
def test_tls_broken_after_the_request_is_a_broken_connection(
    scripted: Start, certificates: dict[str, Certificate], authority: Authority, breaks: Reply
) -> None:
    bill = scripted(breaks, tls=showing(certificates["good"]))
    with pytest.raises(errors.TransportError, match="broke before the response was complete"):
        log_in(bill.url, ca_path=authority.file)
    assert SECRET in bill.received[0]


@pytest.mark.promise(9)
def test_tls_closed_in_the_handshake_is_a_broken_connection(scripted: Start) -> None:
    bill = scripted(lambda _peer: None)
    with pytest.raises(errors.TransportError, match="broke before the response was complete"):
        log_in(bill.url.replace("http://", "https://"))


@pytest.mark.promise(8)
def test_tls_with_an_http_server_names_api_url(scripted: Start) -> None:
    bill = scripted(GOOD)
    error = failed_log_in(bill.url.replace("http://", "https://"))
    assert "Check that api_url is an address that supports https" in str(error)
    assert SECRET not in "".join(bill.received)


@pytest.mark.promise(8)
def test_exchange_with_missing_ca_path_fails_before_any_request() -> None:
    with pytest.raises(errors.OptionError, match="ca_path names /nonexistent/authority.pem, which does not exist"):
        HttpExchange(
            BaseUrl.of_api("https://127.0.0.1:1/connect"), HttpSettings(10, ca_path="/nonexistent/authority.pem")
        )


NO_CERTIFICATES = ["", "no certificate", "-----BEGIN CERTIFICATE-----\nfindme\n-----END CERTIFICATE-----\n"]


@pytest.mark.promise(7)
@pytest.mark.promise(8)
@pytest.mark.parametrize("content", NO_CERTIFICATES, ids=["empty", "text", "broken"])
def test_tls_with_a_ca_path_without_certificates_names_ca_path(bill_with: Bills, tmp_path: Path, content: str) -> None:
    (tmp_path / "authority.pem").write_text(content)
    bill = bill_with("good")
    error = failed_log_in(bill.url, ca_path=tmp_path / "authority.pem")
    assert str(error).endswith("so it sent nothing. Check that ca_path names a readable file of PEM certificates.")
    assert error.options == ("ca_path",)
    assert bill.received == []


@pytest.mark.promise(8)
@pytest.mark.parametrize("content", [None, *NO_CERTIFICATES], ids=["missing", "empty", "text", "broken"])
def test_tls_with_an_unusable_bundle_of_the_environment_names_its_variables(
    bill_with: Bills, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "bundle.pem").write_text(content)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "bundle.pem"))
    bill = bill_with("good")
    message = str(failed_log_in(bill.url))
    assert "Check REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE in the environment, or set ca_path." in message
    assert bill.received == []


@pytest.mark.promise(8)
def test_tls_with_unreadable_certificates_names_ca_path(
    bill_with: Bills, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_args: object, **_kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    # Root may read every file, so the test cannot use the mode of a file.
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", forbidden)
    assert "Check that ca_path names a readable file" in str(
        failed_log_in(bill_with("good").url, ca_path=authority.file)
    )
