"""An IMAP server on loopback with one mailbox: as much of RFC 3501 as a client needs that empties it."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from tawasul.stack.ports import free_port

USER, PASSWORD = "reports", "s-imap"


@dataclass
class StoredMail:
    raw: bytes
    flags: set[str] = field(default_factory=set)


@dataclass
class ImapServer:
    port: int = field(default_factory=free_port)
    folders: dict[str, dict[int, StoredMail]] = field(default_factory=lambda: {"INBOX": {}})
    _last: int = 0

    def deliver(self, raw: bytes, *flags: str) -> None:
        self._last += 1
        self.folders["INBOX"][self._last] = StoredMail(raw, set(flags))

    def holds(self, folder: str) -> list[bytes]:
        return [kept.raw for kept in self.folders.get(folder, {}).values()]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK ready\r\n")
        with contextlib.suppress(ConnectionError):
            while line := await reader.readline():
                tag, _, command = line.decode().strip().partition(" ")
                told, status = self._answer(command)
                writer.write(told + f"{tag} {status} so\r\n".encode())
                await writer.drain()
                if command == "LOGOUT":
                    break
        writer.close()

    def _answer(self, command: str) -> tuple[bytes, str]:
        inbox = self.folders["INBOX"]
        match command.split(" ", 3):
            case ["CAPABILITY"]:
                return b"* CAPABILITY IMAP4rev1\r\n", "OK"
            case ["LOGIN", user, password] if (user, password.strip('"')) != (USER, PASSWORD):
                return b"", "NO wrong"
            case ["SELECT", *_]:
                return f"* {len(inbox)} EXISTS\r\n".encode(), "OK"
            case ["CREATE", *words]:
                name = " ".join(words).strip('"')
                if name in self.folders:
                    return b"", "NO there"
                self.folders[name] = {}
            case ["UID", "SEARCH", *_]:
                return f"* SEARCH {' '.join(map(str, inbox))}\r\n".encode(), "OK"
            case ["UID", "FETCH", uids, "(UID FLAGS RFC822.SIZE)"]:
                return b"".join(self._described(int(uid)) for uid in uids.split(",")), "OK"
            case ["UID", "FETCH", uid, "(BODY.PEEK[])"]:
                raw = inbox[int(uid)].raw
                return f"* 1 FETCH (UID {uid} BODY[] {{{len(raw)}}}\r\n".encode() + raw + b")\r\n", "OK"
            case ["UID", "COPY", uid, name]:
                self.folders[name.strip('"')][int(uid)] = StoredMail(inbox[int(uid)].raw)
            case ["UID", "STORE", uid, flags]:
                named = set(re.findall(r"\\\w+", flags))
                kept = inbox[int(uid)]
                kept.flags = kept.flags | named if flags.startswith("+") else kept.flags - named
            case ["EXPUNGE"]:
                self.folders["INBOX"] = {uid: kept for uid, kept in inbox.items() if "\\Deleted" not in kept.flags}
        return b"", "OK"

    def _described(self, uid: int) -> bytes:
        kept = self.folders["INBOX"][uid]
        return f"* {uid} FETCH (UID {uid} FLAGS ({' '.join(kept.flags)}) RFC822.SIZE {len(kept.raw)})\r\n".encode()


@contextlib.asynccontextmanager
async def an_imap_server() -> AsyncIterator[ImapServer]:
    imap = ImapServer()
    server = await asyncio.start_server(imap.serve, "127.0.0.1", imap.port)
    try:
        yield imap
    finally:
        server.close()
        await server.wait_closed()
