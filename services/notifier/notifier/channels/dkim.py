"""DKIM (RFC 6376): whoever takes our mail can see that it comes from our domain and was not changed on its way."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import dkim

SIGNED: Sequence[bytes] = (
    *(b"from", b"to", b"subject", b"date", b"message-id", b"in-reply-to", b"references", b"mime-version"),
    *(b"content-type", b"content-language", b"auto-submitted", b"list-unsubscribe", b"list-unsubscribe-post"),
)
"""RFC 8058 asks that the last two are among them."""
ONCE = frozenset({b"from", b"to", b"subject", b"date", b"message-id", b"content-type"})
"""Named once more than they stand there, so that nobody adds a second one."""


class Dkim:
    """`selector` says where in the DNS the public key is: `selector._domainkey.domain`."""

    def __init__(self, domain: str, selector: str, key_file: Path) -> None:
        """Raises ValueError for a key that cannot sign: told at start, not with the first mail."""
        self.domain = domain.encode("idna")
        self.selector = selector.encode("ascii")
        self.key = key_file.read_bytes()
        try:
            self._signature(b"From: x@" + self.domain + b"\r\n\r\n")
        except (dkim.DKIMException, ValueError) as error:
            raise ValueError(f"no DKIM key (RSA, PEM) in {key_file.name}") from error

    async def sign(self, message: bytes) -> bytes:
        """The message with its signature in front. The library computes in Python: milliseconds, beside the loop."""
        return await asyncio.to_thread(self._signature, message) + message

    def _signature(self, message: bytes) -> bytes:
        there = {name.strip().lower() for name, colon, _ in _headers(message) if colon}
        names = [name for name in SIGNED if name in there]
        signed: bytes = dkim.sign(
            message,
            self.selector,
            self.domain,
            self.key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[*names, *(name for name in names if name in ONCE)],
        )
        return signed


def _headers(message: bytes) -> list[tuple[bytes, bytes, bytes]]:
    head = message.partition(b"\r\n\r\n")[0]
    return [line.partition(b":") for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
