"""Browsers that are told at once what comes into their owners' inboxes: registered, forgotten, known to who plans."""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import ec
from shared.privacy.contacts import KeyRing

from notifier import metrics
from notifier.devices.model import Device, Subscription, decoded, owner_of
from notifier.devices.store import Devices
from notifier.inbox.model import Reader
from notifier.outbound.safe_http import AddressPolicy

ID_LETTERS = 32
ANEW_EVERY = timedelta(minutes=10)
RENEW_EVERY_SECONDS = 1.0
LATELY = timedelta(seconds=10)
"""Read again each time, as clocks differ and writes take a moment to be seen."""


class InvalidKeys(ValueError):
    """Nothing could be sealed for this browser."""


class DeviceSnapshot:
    """Which readers have browsers: a snapshot in the process. One that is gone since is noticed when it is told."""

    def __init__(self, devices: Devices, clock: Callable[[], datetime]) -> None:
        self.devices = devices
        self.clock = clock
        self._ids: Mapping[str, Sequence[str]] = {}
        self._anew_at: datetime | None = None

    def of(self, reader: str) -> Sequence[str]:
        return self._ids.get(reader, ())

    async def run(self) -> None:
        """Worker."""
        while True:
            await self.renew()
            await asyncio.sleep(RENEW_EVERY_SECONDS)

    async def renew(self) -> None:
        """Refresh recently registered devices, and from time to time all of them."""
        now = self.clock()
        is_anew = self._anew_at is None or now >= self._anew_at
        found: defaultdict[str, list[str]] = defaultdict(list)
        async for id, readers in self.devices.readers(None if is_anew else now - LATELY):
            for reader in readers:
                found[reader].append(id)
        if is_anew:
            self._ids, self._anew_at = dict(found), now + ANEW_EVERY
        elif found:
            more = {reader: tuple(dict.fromkeys((*self.of(reader), *ids))) for reader, ids in found.items()}
            self._ids = {**self._ids, **more}


class DeviceCommands:
    def __init__(
        self, devices: Devices, now: DeviceSnapshot, reach: AddressPolicy, ring: KeyRing, clock: Callable[[], datetime]
    ) -> None:
        self.devices = devices
        self.now = now
        self.reach = reach
        self.ring = ring
        self.clock = clock

    async def register(self, reader: Reader, subscription: Subscription) -> None:
        """Once more it is as new. Raises NotOutside for a push service that is none, and UnfitKeys."""
        self.reach.check_url(subscription.endpoint)
        try:
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(subscription.keys.p256dh))
        except ValueError as error:
            raise InvalidKeys from error
        id = device_id(subscription.endpoint)
        sealed = self.ring.seal_bytes(subscription.model_dump_json().encode(), owner_of(id))
        if await self.devices.keep(Device(id, reader.subject, reader.scope, sealed), self.clock()):
            metrics.DEVICES.labels("registered").inc()
        await self.now.renew()

    async def forget(self, endpoint: str) -> None:
        """Remove the device with this address, which is as hard to guess as a key and thus proves ownership."""
        if await self.devices.forget(device_id(endpoint)):
            metrics.DEVICES.labels("forgotten").inc()


def device_id(endpoint: str) -> str:
    return hashlib.sha256(endpoint.encode()).hexdigest()[:ID_LETTERS]
