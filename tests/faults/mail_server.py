"""An SMTP server that keeps a ledger: one line of JSON for each mail it took. `python -m tests.faults.mail_server`.

The line is in the file before the sender is told so, in one write: a kill of this process loses none.
"""

import asyncio
import email
import email.policy
import json
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session
from tawasul.stack.ports import Port, listens


@dataclass(frozen=True)
class Mail:
    """`thread` is the id of the submission, as the mail names it in its References."""

    message_id: str
    recipient: str
    thread: str
    subject: str


def read_mails(ledger: Path) -> list[Mail]:
    """In order of arrival."""
    if not ledger.exists():
        return []
    return [Mail(**json.loads(line)) for line in ledger.read_text().splitlines()]


def mails_of(content: bytes, recipients: Sequence[str]) -> list[Mail]:
    """The ledger's line about a mail: one for each recipient."""
    head = email.message_from_bytes(content, policy=email.policy.default)
    message_id, thread = str(head["Message-ID"]).strip(" <>"), str(head["References"]).strip(" <>").partition("@")[0]
    return [Mail(message_id, recipient, thread, str(head["Subject"])) for recipient in recipients]


class Ledger:
    """Handler of aiosmtpd."""

    def __init__(self, file: Path) -> None:
        self._file = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        mails = mails_of(envelope.original_content or b"", envelope.rcpt_tos)
        lines = [json.dumps(asdict(mail), ensure_ascii=False) for mail in mails]
        os.write(self._file, "".join(f"{line}\n" for line in lines).encode())
        return "250 OK"


class MailServer:
    """The server as a component of the stack."""

    name = "smtp"
    needs: tuple[str, ...] = ()
    patience = 30.0
    advice = "see its log"

    def __init__(self, port: int, ledger: Path) -> None:
        self.ports = (Port("smtp", port),)
        self.ledger = ledger

    def prepare(self) -> None:
        pass

    def command(self) -> list[str]:
        return [sys.executable, "-m", "tests.faults.mail_server", str(self.ledger), str(self.ports[0].number)]

    def environment(self) -> dict[str, str]:
        return {}

    async def is_ready(self) -> bool:
        return await listens(self.ports[0].number)


async def serve(ledger: Path, port: int) -> None:
    handler, loop, stop = Ledger(ledger), asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = await loop.create_server(lambda: SMTP(handler, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", port)
    async with server:
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2])))
