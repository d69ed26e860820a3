"""A counting SMTP sink: answers every mail at once, keeps none. `mail_sink PORT`; the count is asked for by `STAT`."""

import asyncio
import sys
from typing import cast

import uvloop

END_OF_MAIL = b"\r\n.\r\n"


class Session(asyncio.Protocol):
    received = 0
    """Mails, over all sessions."""

    def __init__(self) -> None:
        self._unread = b""
        self._in_mail = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._answer("220 sink")

    def data_received(self, data: bytes) -> None:
        self._unread += data
        while self._take_mail() if self._in_mail else self._take_line():
            pass

    def _take_mail(self) -> bool:
        end = self._unread.find(END_OF_MAIL)
        if end < 0:
            return False
        self._unread = self._unread[end + len(END_OF_MAIL) :]
        self._in_mail = False
        Session.received += 1
        self._answer("250 taken")
        return True

    def _take_line(self) -> bool:
        line, found, rest = self._unread.partition(b"\r\n")
        if not found:
            return False
        self._unread = rest
        match line[:4].upper():
            case b"DATA":
                self._in_mail = True
                self._answer("354 go on")
            case b"STAT":
                self._answer(f"250 {Session.received}")
            case b"QUIT":
                self._answer("221 bye")
                self._transport.close()
            case _:
                self._answer("250 fine")
        return True

    def _answer(self, line: str) -> None:
        self._transport.write(line.encode() + b"\r\n")


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Session, "127.0.0.1", int(sys.argv[1]))
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
