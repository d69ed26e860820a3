"""Push services are many and strangers: what one of them says holds for its own browsers."""

import asyncio
from collections.abc import Mapping
from datetime import datetime

import pytest
from notifier.channels import Message, NotTried, RetryLater
from notifier.channels.vapid import Vapid
from notifier.channels.web_push import WebPush
from notifier.devices.model import Subscription
from notifier.notifications.outcomes import Handover
from notifier.outbound.push_services import BUSY_IN_A_ROW, SERVICES_KNOWN, PushServices
from notifier.outbound.safe_http import AddressPolicy, HttpAnswer, NoAnswer, SafeHttpClient

from tests.support.browsers import PushingBrowser, a_push_key
from tests.support.notifier import NOW


class Services(SafeHttpClient):
    """The push services there are, by name: what each answers. What is asked of them is written down."""

    def __init__(self, **answers: int | list[int] | None) -> None:
        super().__init__(AddressPolicy(), timeout_seconds=1)
        self.answers = answers
        self.asked: list[str] = []

    async def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> HttpAnswer:
        name = url.removeprefix("https://").partition(".")[0]
        self.asked.append(name)
        said = self.answers.get(name, 201)
        status = said.pop(0) if isinstance(said, list) else said
        if status is None:
            raise NoAnswer("no answer in time")
        return HttpAnswer(status, b"", 1)


def a_push_to(service: str, at: datetime = NOW) -> Message:
    browser = PushingBrowser(f"https://{service}.example/send/1").subscription
    address = Subscription.model_validate(browser).model_dump_json()
    return Message("n1", "t1", address, None, "ar", "", "{}", "", created_at=at)


def pushing(outside: SafeHttpClient, services: PushServices | None = None) -> WebPush:
    return WebPush(outside, Vapid(a_push_key(), "https://tawasul.example"), 1, "normal", services)


async def test_one_that_is_not_there_is_left_alone_costs_its_browsers_one_attempt_and_holds_up_no_other() -> None:
    outside = Services(away=None)
    channel = pushing(outside)
    with pytest.raises(RetryLater, match="no answer"):
        await channel.send(a_push_to("away"))
    with pytest.raises(NotTried, match="push service paused") as waits:
        await channel.send(a_push_to("away"))
    assert 0 < waits.value.seconds < 1
    assert await channel.send(a_push_to("there")) == Handover()
    assert outside.asked == ["away", "there"]


async def test_a_name_that_nobody_had_time_to_look_up_says_nothing_of_its_service() -> None:
    async def _busy(host: str, port: int) -> list[str]:
        raise NotTried("names are slow", 5)

    channel = pushing(SafeHttpClient(AddressPolicy(), 1, _busy))
    for _ in range(2):
        with pytest.raises(NotTried, match="names are slow") as waits:
            await channel.send(a_push_to("there"))
        assert waits.value.seconds == 5


async def test_what_is_too_much_for_one_browser_stops_no_other_until_it_is_said_again_and_again() -> None:
    outside = Services(busy=[429, 201, *[429] * BUSY_IN_A_ROW])
    channel = pushing(outside)
    with pytest.raises(RetryLater, match="429"):
        await channel.send(a_push_to("busy"))
    assert await channel.send(a_push_to("busy")) == Handover()
    for _ in range(BUSY_IN_A_ROW):
        with pytest.raises(RetryLater, match="429"):
            await channel.send(a_push_to("busy"))
    with pytest.raises(NotTried):
        await channel.send(a_push_to("busy"))


async def test_each_takes_so_many_in_a_second_of_all_lanes_and_who_would_wait_long_comes_again() -> None:
    outside, services = Services(), PushServices(per_second=0.5)
    urgent, rest = pushing(outside, services), pushing(outside, services)
    await urgent.send(a_push_to("slow"))
    with pytest.raises(NotTried, match="takes no more") as waits:
        await rest.send(a_push_to("slow"))
    assert 1 < waits.value.seconds <= 3
    await rest.send(a_push_to("other"))
    assert outside.asked == ["slow", "other"]

    outside, services = Services(), PushServices(per_second=50)
    began = asyncio.get_running_loop().time()
    for _ in range(3):
        await pushing(outside, services).send(a_push_to("quick"))
    assert asyncio.get_running_loop().time() - began >= 0.039, "the second and third waited for their turns"


async def test_of_many_that_browsers_name_those_asked_last_are_known() -> None:
    services = PushServices()
    kept = services.named("kept.example")
    for number in range(2 * SERVICES_KNOWN):
        services.named(f"own-{number}.example")
        assert services.named("kept.example") is kept
    assert len(services) == SERVICES_KNOWN
