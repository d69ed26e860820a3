"""How much waits to be handed over, and for how long: looked up now and then, for all processes alike."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pymongo.errors import PyMongoError
from shared.operations.sampling_interval import pause_after

from notifier import metrics
from notifier.notifications.model import UNFINISHED
from notifier.notifications.store import Notifications
from notifier.webhooks.delivery_store import WebhookDeliveries
from notifier.webhooks.endpoint_store import WebhookEndpoints

EVERY_SECONDS = 5.0
CONTACT_PATIENCE = timedelta(seconds=60)

IsAvailable = Callable[[], bool]


async def measure(
    notifications: Notifications, channels: Mapping[str, Sequence[IsAvailable]], clock: Callable[[], datetime]
) -> None:
    """Worker. `channels`: by name, whether each of its ways can hand over anything now."""
    while True:
        counting = 0.0
        for name, ways in channels.items():
            counting += await took(_measure_once(notifications, name, clock()))
            metrics.PROVIDER_AVAILABLE.labels(name).set(1 if all(way() for way in ways) else 0)
        await asyncio.sleep(pause_after(counting, EVERY_SECONDS))


async def measure_webhooks(
    endpoints: WebhookEndpoints, deliveries: WebhookDeliveries, clock: Callable[[], datetime]
) -> None:
    """Worker."""
    while True:
        counting = await took(_measure_webhooks_once(endpoints, deliveries, clock))
        await asyncio.sleep(pause_after(counting, EVERY_SECONDS))


async def took(counting: Coroutine[Any, Any, None]) -> float:
    """Seconds; 0 where the database did not answer: how long that took says nothing of what counting costs."""
    began = time.monotonic()
    try:
        await counting
    except PyMongoError:
        return 0.0
    return time.monotonic() - began


async def _measure_once(notifications: Notifications, channel: str, now: datetime) -> None:
    waiting = await notifications.waiting(channel, now, CONTACT_PATIENCE)
    for state in UNFINISHED:
        metrics.UNFINISHED.labels(channel, state.value).set(waiting.by_state.get(state.value, 0))
    age = (now - waiting.oldest_due).total_seconds() if waiting.oldest_due else 0.0
    metrics.OLDEST_DUE.labels(channel).set(age)
    metrics.CONTACTS_MISSING.set(waiting.contacts_missing)


async def _measure_webhooks_once(
    endpoints: WebhookEndpoints, deliveries: WebhookDeliveries, clock: Callable[[], datetime]
) -> None:
    for state, count in (await endpoints.counts()).items():
        metrics.WEBHOOK_ENDPOINTS.labels(state).set(count)
    active = [id for id, endpoint in await endpoints.subscriptions() if endpoint.paused is None]
    oldest = await deliveries.oldest_waiting(active)
    metrics.WEBHOOK_OLDEST.set(max(0.0, (clock() - oldest).total_seconds()) if oldest else 0.0)
