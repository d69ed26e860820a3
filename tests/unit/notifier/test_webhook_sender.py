"""An endpoint is sent no more in a second than it is to take, whatever waits for it."""

import asyncio
from datetime import datetime, timedelta
from typing import Any, cast

from notifier.channels import NotTried
from notifier.notifications.outcomes import RetryPolicy
from notifier.outbound.safe_http import HttpAnswer
from notifier.webhooks.endpoint_store import ClaimedEndpoint
from notifier.webhooks.model import Delivery, Endpoint
from notifier.webhooks.sending import SecretBox
from notifier.webhooks.worker import WebhookSender

from tests.support.notifier import NOW, a_ring

BOX = SecretBox(a_ring())
HOUSE = Endpoint.model_validate(
    {
        "url": "https://hooks.works.example/",
        "events": ("SubmissionAssigned",),
        "entity": "works",
        "made_at": NOW,
        "made_by": "x",
        "secrets": [BOX.make("e1", NOW)],
    }
)


class Waiting:
    """The deliveries that wait for an endpoint, and its claim, which nobody else wants."""

    def __init__(self, count: int) -> None:
        self.waiting = [
            Delivery(id=f"d{n}", endpoint="e1", type="SubmissionAssigned", body="{}", event_at=NOW, planned_at=NOW)
            for n in range(count)
        ]

    async def next(self, endpoint: str, limit: int) -> list[Delivery]:
        return list(self.waiting)

    async def note(self, delivery: Delivery, tried: object, done: bool) -> None:
        assert done
        self.waiting.remove(delivery)

    async def renew(self, claimed: ClaimedEndpoint, until: datetime) -> ClaimedEndpoint:
        return claimed


class Taking:
    """Takes every webhook at once, and writes down when."""

    timeout_seconds = 1.0

    def __init__(self) -> None:
        self.outside = self
        self.at: list[float] = []

    async def post(self, *said: object) -> HttpAnswer:
        self.at.append(asyncio.get_running_loop().time())
        return HttpAnswer(204, b"", 0)


async def test_what_waits_for_an_endpoint_is_sent_at_its_pace_and_that_of_no_other() -> None:
    poster, claimed = Taking(), ClaimedEndpoint("e1", "token", HOUSE, failures=0)
    policy = RetryPolicy(timedelta(seconds=1), timedelta(seconds=1), 3)

    async def sent(count: int, per_second: float | None) -> list[float]:
        waiting = cast(Any, Waiting(count))
        taking, nobody = cast(Any, poster), cast(Any, None)
        sender = WebhookSender(
            waiting, waiting, nobody, taking, BOX, nobody, policy, "me", 60, 1, per_second, clock=lambda: NOW
        )
        poster.at.clear()
        assert await sender._send_waiting(claimed) == timedelta()
        return [at - poster.at[0] for at in poster.at]

    first, second, third = await sent(3, per_second=50)
    assert (first, second >= 0.018, third >= 0.038) == (0, True, True)
    assert len(await sent(30, per_second=None)) == 30


async def test_what_was_not_tried_is_nobodys_failure_and_the_endpoint_is_left_alone_for_a_moment() -> None:
    class _Busy(Taking):
        async def post(self, *said: object) -> HttpAnswer:
            raise NotTried("names are slow", 5)

    waiting, nobody = cast(Any, Waiting(1)), cast(Any, None)
    policy = RetryPolicy(timedelta(seconds=1), timedelta(seconds=1), 3)
    sender = WebhookSender(
        waiting, waiting, nobody, cast(Any, _Busy()), BOX, nobody, policy, "me", 60, 1, None, clock=lambda: NOW
    )
    assert await sender._send_waiting(ClaimedEndpoint("e1", "token", HOUSE, failures=0)) == timedelta(seconds=5)
    assert len(waiting.waiting) == 1
