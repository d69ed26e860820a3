"""A real SMTP server that delivers to a folder: every mail becomes one .eml file. `python -m tawasul.mailbox`."""

import asyncio
import email
import email.message
import email.policy
import itertools
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import typer
from aiosmtpd.smtp import SMTP, Envelope, Session


class Folder:
    """Handler of aiosmtpd. A mail is there whole or not at all, and before its sender is told so."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.original_content or b""
        name = f"{time.time_ns()}-{next(self._numbers)}.eml"
        head = "".join(f"X-Envelope-To: {recipient}\r\n" for recipient in envelope.rcpt_tos)
        unfinished = self._folder / f".{name}"
        unfinished.write_bytes(head.encode() + content)
        os.replace(unfinished, self._folder / name)
        return "250 OK"


@dataclass(frozen=True)
class Mail:
    recipients: tuple[str, ...]
    subject: str
    message_id: str
    text: str


def read_mail(file: Path) -> Mail:
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert isinstance(message, email.message.EmailMessage)
    body = message.get_body(preferencelist=("plain", "html"))
    return Mail(
        recipients=tuple(str(recipient) for recipient in message.get_all("X-Envelope-To", [])),
        subject=str(message["Subject"] or ""),
        message_id=str(message["Message-ID"] or ""),
        text=body.get_content() if body is not None else "",
    )


def mails(folder: Path, after: str = "") -> Iterator[tuple[str, Mail]]:
    """Name and content of the mails in order of arrival, those after the named file only."""
    for file in sorted(folder.glob("[0-9]*.eml")):
        if file.name > after:
            yield file.name, read_mail(file)


async def serve(folder: Path, port: int) -> None:
    handler, loop, stop = Folder(folder), asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = await loop.create_server(lambda: SMTP(handler, enable_SMTPUTF8=True, loop=loop), "127.0.0.1", port)
    async with server:
        await stop.wait()


def main(folder: Path, port: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(serve(folder, port))


if __name__ == "__main__":
    typer.run(main)
