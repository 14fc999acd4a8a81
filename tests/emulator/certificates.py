# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A certificate authority for tests. It issues valid certificates, and one of each invalid kind."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

LOOPBACK = (x509.IPAddress(IPv4Address("127.0.0.1")), x509.DNSName("localhost"))
ELSEWHERE = (x509.DNSName("elsewhere.example.com"),)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Certificate:
    """The certificate and the private key of a server, as PEM files."""

    certificate: Path
    private_key: Path


class Authority:
    """Issues certificates for this machine.

    Its own certificate is the value for `ca_path`. It is in `file`. `directory` has it in the form that `openssl rehash` writes.
    A ``careless`` authority is like those of some companies: Python 3.13 and later refuse it.
    """

    def __init__(self, folder: Path, name: str = "an authority of the tests", *, careless: bool = False) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._name = _name(name)
        self._key = ec.generate_private_key(ec.SECP256R1())
        usage = x509.KeyUsage(
            digital_signature=False,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=True,
            crl_sign=True,
            encipher_only=False,
            decipher_only=False,
        )
        builder = _builder(self._name, self._name, self._key, self._key, -3 * DAY, 3 * DAY)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=not careless)
        builder = builder.add_extension(usage, critical=True)
        self.file = folder / "authority.pem"
        self.file.write_bytes(_pem(builder.sign(self._key, hashes.SHA256())))
        self.directory = folder / "hashed"
        self.directory.mkdir()
        (self.directory / f"{_hash(self._name)}.0").write_bytes(self.file.read_bytes())

    def good(self) -> Certificate:
        return self._issue("good")

    def for_host(self, name: str) -> Certificate:
        """A certificate for a host with this name, and for this machine."""
        return self._issue(name, hosts=(x509.DNSName(name), *LOOPBACK))

    def expired(self) -> Certificate:
        return self._issue("expired", begins=-2 * DAY, ends=-DAY)

    def not_yet_valid(self) -> Certificate:
        return self._issue("not-yet-valid", begins=DAY, ends=2 * DAY)

    def for_another_host(self) -> Certificate:
        return self._issue("for-another-host", hosts=ELSEWHERE)

    def for_another_purpose(self) -> Certificate:
        return self._issue("for-another-purpose", purpose=ExtendedKeyUsageOID.CLIENT_AUTH)

    def _issue(
        self,
        name: str,
        *,
        hosts: Sequence[x509.GeneralName] = LOOPBACK,
        purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.SERVER_AUTH,
        begins: timedelta = -DAY,
        ends: timedelta = DAY,
    ) -> Certificate:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _for_hosts(_builder(_name(name), self._name, key, self._key, begins, ends), hosts)
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        return _write(self._folder / name, builder.sign(self._key, hashes.SHA256()), key)


def self_signed(folder: Path) -> Certificate:
    """A certificate that no authority issued."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("self-signed")
    builder = _for_hosts(_builder(name, name, key, key, -DAY, DAY), LOOPBACK)
    return _write(folder, builder.sign(key, hashes.SHA256()), key)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])


def _hash(name: x509.Name) -> str:
    """The output of `openssl x509 -subject_hash`, for a short name of lower-case letters and single blanks."""
    # OpenSSL hashes a simplified form of the name. For such a name it is the name without the outermost header of two bytes.
    digest = hashlib.sha1(name.public_bytes()[2:], usedforsecurity=False).digest()
    return f"{int.from_bytes(digest[:4], 'little'):08x}"


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    begins: timedelta,
    ends: timedelta,
) -> x509.CertificateBuilder:
    """A builder with both key identifiers. Python 3.13 and later reject a certificate without them."""
    now = datetime.now(timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begins)
        .not_valid_after(now + ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )


def _for_hosts(builder: x509.CertificateBuilder, hosts: Sequence[x509.GeneralName]) -> x509.CertificateBuilder:
    return builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True).add_extension(
        x509.SubjectAlternativeName(hosts), critical=False
    )


def _write(folder: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Certificate:
    folder.mkdir(parents=True, exist_ok=True)
    written = Certificate(folder / "certificate.pem", folder / "private-key.pem")
    written.certificate.write_bytes(_pem(certificate))
    written.private_key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return written


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
