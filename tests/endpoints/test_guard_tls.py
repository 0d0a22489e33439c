"""TLS goes to the checked address, and keeps the endpoint's name."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.endpoints.doors import Door, by_poster
from tests.endpoints.rebinding import resolving

NAME = "tls.example.org"


@pytest.fixture
def server_side(tmp_path: Path) -> ssl.SSLContext:
    """A server's context with a certificate that nobody has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    dated = builder.not_valid_before(now).not_valid_after(now + timedelta(days=1))
    file = tmp_path / "server.pem"
    file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + dated.sign(key, SHA256()).public_bytes(Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def test_the_name_is_told_and_the_certificate_checked(
    call: Door,
    server_side: ssl.SSLContext,
    knobs: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[str | None] = []
    server_side.sni_callback = lambda _, name, __: told.append(name)

    async def ask() -> None:
        async with await asyncio.start_server(quiet, "127.0.0.1", 0, ssl=server_side) as server:
            port = server.sockets[0].getsockname()[1]
            knobs(outbound_allow=json.dumps([f"{NAME}:{port}"]))
            with resolving(monkeypatch, ["127.0.0.1"]):
                with pytest.raises(OSError, match="certificate"):
                    await call(f"https://{NAME}:{port}")

    asyncio.run(ask())
    assert told == [NAME]


def test_what_the_machine_trusts_is_trusted(
    server_side: ssl.SSLContext,
    tmp_path: Path,
    knobs: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))

    async def ask() -> str:
        async with await asyncio.start_server(polite, "127.0.0.1", 0, ssl=server_side) as server:
            port = server.sockets[0].getsockname()[1]
            knobs(outbound_allow=json.dumps([f"{NAME}:{port}"]))
            with resolving(monkeypatch, ["127.0.0.1"]):
                return await by_poster(f"https://{NAME}:{port}")

    assert asyncio.run(ask()) == "ok"


async def polite(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"{}")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    await writer.drain()


async def quiet(_: Any, writer: asyncio.StreamWriter) -> None:
    writer.close()
