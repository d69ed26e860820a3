"""A post office that takes mail: a real SMTP server which a test can read, and tell what to answer."""

import asyncio
import contextlib
import email
import email.policy
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session
from tawasul.stack.ports import free_port

Verdict = Callable[["Posted"], Awaitable[str | None]]


@dataclass
class Posted:
    """One mail as it was handed over, and by which connection."""

    recipients: list[str]
    message: EmailMessage
    session: Session
    envelope_sender: str

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"])

    @property
    def text(self) -> str:
        part = self.message.get_body(("plain",))
        assert part is not None
        return str(part.get_content())

    @property
    def html(self) -> str:
        part = self.message.get_body(("html",))
        assert part is not None
        return str(part.get_content())


@dataclass
class PostOffice:
    """A real SMTP server. Each entry of `verdicts` decides about one mail: an answer, or None to hang up instead.

    `greylists`: who is written to for the first time is to be tried again later.
    """

    port: int = field(default_factory=free_port)
    mails: list[Posted] = field(default_factory=list)
    refused: list[Posted] = field(default_factory=list)
    originals: list[bytes] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    greylists: bool = False
    tried: list[str] = field(default_factory=list)
    _server: asyncio.Server | None = None
    _open: set[SMTP] = field(default_factory=set)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.tried.append(address)
        if self.greylists and self.tried.count(address) == 1:
            return "450 4.2.0 greylisted, try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.originals.append(envelope.original_content or b"")
        message = email.message_from_bytes(self.originals[-1], policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        posted = Posted(list(envelope.rcpt_tos), message, session, envelope.mail_from or "")
        answer = await self.verdicts.pop(0)(posted) if self.verdicts else "250 taken"
        if answer is None:
            self.refused.append(posted)
            assert server.transport is not None
            server.transport.close()
            return "451 never heard"
        (self.mails if answer.startswith("2") else self.refused).append(posted)
        return answer

    async def open(self) -> None:
        loop = asyncio.get_running_loop()

        def _protocol() -> SMTP:
            protocol = SMTP(self, enable_SMTPUTF8=True, loop=loop, timeout=60)
            self._open.add(protocol)
            return protocol

        self._server = await loop.create_server(_protocol, "127.0.0.1", self.port)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            for protocol in self._open:
                if protocol.transport is not None:
                    protocol.transport.close()
            self._open.clear()
            self._server = None

    def to(self, address: str) -> list[Posted]:
        return [posted for posted in self.mails if address in posted.recipients]

    def subjects_to(self, address: str) -> Sequence[str]:
        return [str(posted.message["Subject"]) for posted in self.to(address)]


def answering(answer: str | None) -> Verdict:
    async def _answer(posted: Posted) -> str | None:
        return answer

    return _answer


@contextlib.asynccontextmanager
async def a_post_office() -> AsyncIterator[PostOffice]:
    office = PostOffice()
    await office.open()
    try:
        yield office
    finally:
        await office.close()
