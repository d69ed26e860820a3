"""The conversation with an SMTP server, on a real one: encryption, sign-in, kept connections, what answers mean."""

import asyncio
import contextlib
import ipaddress
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from notifier.channels import GiveUp, RetryLater, Unavailable
from notifier.channels.smtp import Connections
from tawasul.stack.ports import free_port

MAIL = b"Subject: hello\r\n\r\n.a line that begins with a dot\r\n"


class Clerk:
    """Takes mails; `answers` holds what it says to the next recipients or data instead of 250."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.sessions: set[int] = set()
        self.answers: dict[str, list[str]] = {"RCPT": [], "DATA": []}
        self.all_leave, self.left = asyncio.Barrier(1), 0

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.answers["RCPT"]:
            return self.answers["RCPT"].pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answers["DATA"]:
            return self.answers["DATA"].pop(0)
        self.sessions.add(id(session))
        self.taken.append(envelope.original_content or b"")
        return "250 OK"

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        await self.all_leave.wait()
        self.left += 1
        return "221 Bye"


def a_certificate(folder: Path) -> Path:
    """Certificate and key of 127.0.0.1 in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "server.pem"
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return file


@contextlib.asynccontextmanager
async def serving(clerk: Clerk, port: int, certificate: Path | None = None, **options: Any) -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()
    context: ssl.SSLContext | None = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    implicit = options.pop("implicit", False)
    if context and not implicit:
        options |= {"tls_context": context, "require_starttls": True}
    server = await loop.create_server(
        lambda: SMTP(clerk, loop=loop, **options), "127.0.0.1", port, ssl=context if implicit else None
    )
    yield
    server.close()


def connections(
    port: int,
    tls: Literal["none", "starttls", "tls"] = "none",
    ca_file: Path | None = None,
    password: str = "right",
    timeout: float = 5,
) -> Connections:
    signs_in = tls != "none"
    return Connections(
        "127.0.0.1",
        port,
        tls,
        "tawasul" if signs_in else None,
        password if signs_in else None,
        str(ca_file) if ca_file else None,
        "tawasul.example",
        timeout=timeout,
    )


def _authenticator(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=isinstance(data, LoginPassword) and data.password == b"right")


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_mail_goes_encrypted_and_signed_in(tls: Literal["starttls", "tls"], tmp_path: Path) -> None:
    clerk, port, certificate = Clerk(), free_port(), a_certificate(tmp_path)
    options = {"authenticator": _authenticator, "auth_required": True, "auth_require_tls": tls == "starttls"}
    async with serving(clerk, port, certificate, implicit=tls == "tls", **options):
        used = connections(port, tls, certificate)
        await used.hand_over("no-reply@tawasul.example", "a@b.example", MAIL)
        await used.close()
        refused = connections(port, tls, certificate, "wrong", timeout=1)  # this server says nothing more after it
        with pytest.raises(Unavailable):
            await refused.hand_over("x@y.example", "a@b.example", MAIL)
        with pytest.raises(Unavailable):
            await connections(port, tls).hand_over("x@y.example", "a@b.example", MAIL)
    assert clerk.taken == [MAIL]


async def test_one_connection_carries_many_mails_and_survives_a_refusal() -> None:
    clerk, port = Clerk(), free_port()
    async with serving(clerk, port):
        used = connections(port)
        await used.hand_over("x@y.example", "a@b.example", MAIL)
        clerk.answers["RCPT"].append("550 no such user")
        with pytest.raises(GiveUp, match="smtp 550"):
            await used.hand_over("x@y.example", "nobody@b.example", MAIL)
        clerk.answers["DATA"].append("451 later")
        with pytest.raises(RetryLater, match="smtp 451"):
            await used.hand_over("x@y.example", "a@b.example", MAIL)
        await used.hand_over("x@y.example", "a@b.example", MAIL)
        await used.close()
    assert len(clerk.taken) == 2
    assert len(clerk.sessions) == 1


async def test_nobody_there_is_no_attempt() -> None:
    with pytest.raises(Unavailable):
        await connections(free_port()).hand_over("x@y.example", "a@b.example", MAIL)


async def test_a_server_that_says_nothing_is_as_good_as_none() -> None:
    port = free_port()
    silent = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", port)
    used = connections(port)
    used.timeout = 0.2
    with pytest.raises(Unavailable):
        await used.hand_over("x@y.example", "a@b.example", MAIL)
    silent.close()


async def test_the_servers_words_are_never_repeated() -> None:
    clerk, port = Clerk(), free_port()
    clerk.answers["RCPT"].append("550 secret@b.example is unknown")
    async with serving(clerk, port):
        with pytest.raises(GiveUp) as refused:
            await connections(port).hand_over("x@y.example", "secret@b.example", MAIL)
    assert "secret" not in str(refused.value)


async def test_connections_take_their_leave_side_by_side() -> None:
    clerk, port = Clerk(), free_port()
    async with serving(clerk, port):
        used = connections(port)
        await asyncio.gather(*(used.hand_over("x@y.example", "a@b.example", MAIL) for _ in range(3)))
        clerk.all_leave = asyncio.Barrier(3)
        await used.close()
    assert clerk.left == 3
