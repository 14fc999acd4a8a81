# Copyright (c) 2026, the bill.connect authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The certificate of bill_webhook is renewed while a rulebook runs. BILL sees it in the next TLS handshake, on loopback."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import ssl
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from ansible_collections.bill.connect.extensions.eda.plugins.event_source.bill_connect_eda import certificate
from tests.emulator.certificates import Authority


class Files:
    """The two files of the source, and the certificates that a tool puts there."""

    def __init__(self, folder: Path) -> None:
        authority = Authority(folder / "authority")
        self.certfile, self.keyfile = folder / "fullchain.pem", folder / "key.pem"
        self.issued = {name: authority.for_host(name) for name in ("old", "new")}
        self.put("old")

    def put(self, name: str, *, certificate: bool = True, key: bool = True) -> None:
        if certificate:
            shutil.copyfile(self.issued[name].certificate, self.certfile)
        if key:
            shutil.copyfile(self.issued[name].private_key, self.keyfile)

    def put_with_rsa_key(self, name: str) -> None:
        """All others have keys on elliptic curves."""
        key = rsa.generate_private_key(65537, 2048)
        subject, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), datetime.now(timezone.utc)
        builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number(), now, now)
        self.certfile.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        self.keyfile.write_bytes(key.private_bytes(*plain))


def name_at(port: int) -> str:
    """The name in the certificate of a TLS server."""
    # The client names no host, prefers an RSA key, and does not check who issued the certificate.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256")
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        context.wrap_socket(plain) as connection,
    ):
        content = connection.getpeercert(binary_form=True)
    assert content
    [name] = x509.load_der_x509_certificate(content).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(name.value)


def seen(files: Files, *steps: Callable[[], object]) -> list[str]:
    """The name in the certificate before the first step, and after each step when the source has looked at the files."""
    names: list[str] = []

    async def conversation() -> None:
        waiting, go_on = asyncio.Event(), asyncio.Event()
        waits: list[float] = []

        async def sleep(seconds: float) -> None:
            waits.append(seconds)
            go_on.clear()
            waiting.set()
            await go_on.wait()

        ours = certificate.Certificate(str(files.certfile), str(files.keyfile), sleep)
        watching = asyncio.ensure_future(ours.watch())
        server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0, ssl=ours.context)
        async with server:
            port = server.sockets[0].getsockname()[1]
            for step in (lambda: None, *steps):
                await asyncio.wait_for(waiting.wait(), 10)
                step()
                waiting.clear()
                go_on.set()
                await asyncio.wait_for(waiting.wait(), 10)
                names.append(await asyncio.to_thread(name_at, port))
        watching.cancel()
        assert set(waits) == {60.0}

    asyncio.run(conversation())
    return names


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]


def test_renewed_certificate_is_used_for_the_next_connection(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    files = Files(tmp_path)
    assert seen(files, lambda: files.put("new")) == ["old", "new"]
    assert caplog.messages == ["The source uses the renewed certificate."]


def test_certificate_with_a_key_of_another_type_replaces_the_old_one_for_each_client(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.put_with_rsa_key("old")
    assert seen(files, lambda: files.put("new"), lambda: files.put_with_rsa_key("newest")) == ["old", "new", "newest"]


def test_certificate_that_is_renewed_in_two_steps_is_used_after_the_second(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    files = Files(tmp_path)
    assert seen(
        files,
        lambda: files.put("new", key=False),
        lambda: None,
        lambda: files.put("new", certificate=False),
    ) == ["old", "old", "old", "new"]
    [warning] = warnings_of(caplog)
    assert warning.startswith("The renewed certificate cannot be loaded: ")
    assert warning.endswith("The source goes on with the one before. Check certfile and keyfile.")


@pytest.mark.parametrize("text", ["", "no certificate", None])
def test_source_goes_on_with_its_certificate_if_the_files_are_unusable(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str | None
) -> None:
    files = Files(tmp_path)

    def spoil() -> None:
        files.certfile.unlink() if text is None else files.certfile.write_text(text)

    assert seen(files, spoil, lambda: None, lambda: files.put("new")) == ["old", "old", "old", "new"]
    assert len(warnings_of(caplog)) == 1


def test_renewal_by_links_is_noticed(tmp_path: Path) -> None:
    """Tools for certificates often replace a link instead of a file."""
    files = Files(tmp_path)
    for path, file in ((files.certfile, "certificate"), (files.keyfile, "private_key")):
        path.unlink()
        path.symlink_to(getattr(files.issued["old"], file))

    def replace() -> None:
        for path, file in ((files.certfile, "certificate"), (files.keyfile, "private_key")):
            (tmp_path / "link").symlink_to(getattr(files.issued["new"], file))
            os.replace(tmp_path / "link", path)

    assert seen(files, replace) == ["old", "new"]
