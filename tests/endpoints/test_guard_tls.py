"""TLS goes to the checked address, and keeps the endpoint's name."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.endpoints.rebinding import resolving
from tests.endpoints.test_guard import call

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
    server_side: ssl.SSLContext, knobs: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str | None] = []
    server_side.sni_callback = lambda _, name, __: told.append(name)

    async def ask() -> None:
        async with await asyncio.start_server(quiet, "127.0.0.1", 0, ssl=server_side) as server:
            port = server.sockets[0].getsockname()[1]
            knobs(outbound_allow=json.dumps([f"{NAME}:{port}"]))
            with resolving(monkeypatch, ["127.0.0.1"]):
                with pytest.raises(aiohttp.ClientConnectorCertificateError):
                    await call(f"https://{NAME}:{port}")

    asyncio.run(ask())
    assert told == [NAME]


async def quiet(_: Any, writer: asyncio.StreamWriter) -> None:
    writer.close()
