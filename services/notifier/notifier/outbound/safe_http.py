"""HTTP to addresses that strangers name: only to the open internet, and never anywhere else.

A name is resolved once for each connection, every address it has is judged, and the connection goes to the very
address that was judged: a name that means something else a moment later (DNS rebinding) leads nowhere. Redirects are
not followed, answers are read up to a limit, and each exchange has an end. A slow name delays nobody else's
(`notifier.outbound.name_resolution`).
"""

import asyncio
import contextlib
import ipaddress
import socket
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpcore2

from notifier.channels import NotTried
from notifier.outbound.name_resolution import NameResolver

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

LARGEST_ANSWER = 16 * 1024
LONGEST_URL = 500
ADDRESSES_TRIED = 3
FIRST_HEADERS: Mapping[str, str] = {
    "User-Agent": "Tawasul-Notifier/1.0",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
}
OF_THE_CONNECTION = (httpcore2.ConnectError, httpcore2.ConnectTimeout, OSError)
OF_THE_EXCHANGE = (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError)

CARRIERS = tuple(
    ipaddress.ip_network(network) for network in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
)
"""IPv6 networks whose addresses stand for IPv4 ones (NAT64, 6to4, Teredo): what is behind them is not to be seen."""


class AddressNotAllowed(Exception):
    """Leads into a network that is nobody's from outside. Says never which address it was."""


class NoAnswer(Exception):
    """Nobody answered; why, in a word of ours."""


@dataclass(frozen=True)
class HttpAnswer:
    """`beginning`: of its body."""

    status: int
    beginning: bytes
    milliseconds: int


@dataclass(frozen=True)
class AddressPolicy:
    """`allowed`: networks of our own that may be reached all the same (tests, a trial system), with any of them by
    plain HTTP too. `refused`: public addresses that are our own network's."""

    allowed: tuple[Network, ...] = ()
    refused: tuple[Network, ...] = ()

    @classmethod
    def of(cls, allowed: str, refused: str) -> "AddressPolicy":
        """From settings: networks separated by commas. Raises ValueError."""
        return cls(_networks(allowed), _networks(refused))

    def admits(self, address: Address) -> bool:
        mapped = getattr(address, "ipv4_mapped", None)
        if mapped is not None:
            return self.admits(mapped)
        if any(address in network for network in self.allowed):
            return True
        if any(address in network for network in (*self.refused, *CARRIERS)):
            return False
        return address.is_global and not address.is_multicast and not address.is_reserved

    def check_url(self, url: str) -> None:
        """Check a URL before its name is resolved. Raises AddressNotAllowed."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise AddressNotAllowed("no address") from error
        odd = parts.username is not None or parts.password is not None or parts.fragment or port == 0
        if odd or not host or len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
            raise AddressNotAllowed("no address")
        literal = _literal(host)
        if literal is not None and not self.admits(literal):
            raise AddressNotAllowed("inside")
        if parts.scheme != "https" and not (parts.scheme == "http" and self.allowed):
            raise AddressNotAllowed("not by https")
        if literal is None and ("." not in host.strip(".") or host.endswith((".local", ".internal", ".localhost"))):
            raise AddressNotAllowed("inside")

    def check_addresses(self, addresses: Sequence[str]) -> None:
        """One that is not outside is enough to refuse the name. Raises NotOutside."""
        if not addresses or not all(self.admits(ipaddress.ip_address(each)) for each in addresses):
            raise AddressNotAllowed("inside")


class SafeHttpClient:
    """POSTs to strangers. Connections are not kept: a name is judged for each."""

    def __init__(self, reach: AddressPolicy, timeout_seconds: float, resolve: Resolve | None = None) -> None:
        self.reach = reach
        self.timeout_seconds = timeout_seconds
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=httpcore2.default_ssl_context(),
            max_connections=None,
            max_keepalive_connections=0,
            network_backend=_CheckedBackend(reach, resolve or NameResolver().resolved),
        )

    async def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> HttpAnswer:
        """Raises NotOutside, NotNow or NoAnswer."""
        self.reach.check_url(url)
        own = {"Host": urlsplit(url).netloc, "Content-Length": str(len(content))}
        sent = {**FIRST_HEADERS, **headers, **own}
        began = time.monotonic()
        try:
            async with (
                asyncio.timeout(self.timeout_seconds),
                self._pool.stream("POST", url, headers=list(sent.items()), content=content) as answer,
            ):
                said = await _beginning(answer)
        except _Refused as error:
            raise error.why from error
        except (TimeoutError, *OF_THE_CONNECTION, *OF_THE_EXCHANGE) as error:
            raise NoAnswer(_reason(error)) from error
        return HttpAnswer(answer.status, said, round((time.monotonic() - began) * 1_000))

    async def close(self) -> None:
        await self._pool.aclose()


class _Refused(httpcore2.ConnectError):
    """Raised inside the library, among whose own errors it passes."""

    def __init__(self, why: AddressNotAllowed | NotTried) -> None:
        super().__init__(str(why))
        self.why = why


class _CheckedBackend(httpcore2.AsyncNetworkBackend):
    def __init__(self, reach: AddressPolicy, resolve: Resolve) -> None:
        self._reach = reach
        self._resolve = resolve
        self._below = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        try:
            addresses = await self._resolve(host, port)
            self._reach.check_addresses(addresses)
        except (AddressNotAllowed, NotTried) as error:
            raise _Refused(error) from None
        except OSError as error:
            raise httpcore2.ConnectError("no such name") from error
        for address in addresses[: ADDRESSES_TRIED - 1]:
            with contextlib.suppress(httpcore2.ConnectError, httpcore2.ConnectTimeout):
                return await self._below.connect_tcp(address, port, timeout, local_address, socket_options)
        return await self._below.connect_tcp(
            addresses[min(len(addresses), ADDRESSES_TRIED) - 1], port, timeout, local_address, socket_options
        )


async def _beginning(answer: httpcore2.Response) -> bytes:
    """As it comes: nothing is unpacked, however small it says it is."""
    said = b""
    async for piece in answer.aiter_stream():
        said += piece
        if len(said) >= LARGEST_ANSWER:
            break
    return said[:LARGEST_ANSWER]


def _reason(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return "no connection" if isinstance(error, OF_THE_CONNECTION) else "no answer"


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:  # 127.1, 0x7f000001, 2130706433: what a system's resolver takes for an address
        return ipaddress.ip_address(socket.inet_aton(host))
    except OSError:
        return None


def _networks(written: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(part.strip()) for part in written.split(",") if part.strip())
