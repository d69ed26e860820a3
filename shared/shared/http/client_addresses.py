"""From where a request comes, as far as that can be believed, and whom an address stands for."""

from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network

from starlette.types import Scope

UNKNOWN = "unknown"


class Addresses:
    """`proxies`: networks of the doors, separated by commas. Only what comes from there may say for whom it comes, and
    of what it says only the last part is its own."""

    def __init__(self, proxies: str) -> None:
        networks = [ip_network(part.strip()) for part in proxies.split(",") if part.strip()]

        @lru_cache(maxsize=1_024)
        def is_door(peer: str) -> bool:
            try:
                address = ip_address(peer)
            except ValueError:
                return False
            return any(address in network for network in networks)

        self._is_door = is_door

    def of(self, scope: Scope) -> str:
        """The address to count by: an IPv4 address, or the /64 of an IPv6 one, which is one household."""
        client = scope.get("client")
        peer: str = client[0] if client else UNKNOWN
        if self._is_door(peer):
            for name, value in reversed(scope["headers"]):  # the door writes it near the end
                if name == b"x-forwarded-for":
                    return _household(value)
        return _household(peer.encode())


@lru_cache(maxsize=65_536)
def _household(said: bytes) -> str:
    last = said.rpartition(b",")[2].strip().decode("latin-1")
    try:
        address = ip_address(last)
    except ValueError:
        return UNKNOWN
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped) if mapped else str(IPv6Network((address, 64), strict=False))
    return str(address)
