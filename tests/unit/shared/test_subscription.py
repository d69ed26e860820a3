"""How far a process is, as it tells: what waits in its partitions, whoever took the rest."""

import time
from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaTimeoutError
from shared.events.topics import SUBMISSIONS
from shared.messaging.subscriber import Subscription, make_broker
from shared.operations.settings import ServiceSettings

PARTITION = TopicPartition(SUBMISSIONS.name, 3)


class OneOfAGroup:
    """A consumer that has one partition; what the group has committed may be another's doing."""

    def __init__(self, end: int, committed: int | None) -> None:
        self.end = end
        self.group_committed = committed
        self.assigned = {PARTITION}

    def assignment(self) -> set[TopicPartition]:
        return self.assigned

    def highwater(self, partition: TopicPartition) -> int | None:
        return None

    async def end_offsets(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, self.end)

    async def beginning_offsets(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, 0)

    async def committed(self, partition: TopicPartition) -> int | None:
        return self.group_committed


async def _nothing(records: Sequence[Any]) -> None:
    """Takes what it is given."""


def a_subscription(consumer: OneOfAGroup) -> Subscription:
    settings = ServiceSettings()
    subscription = Subscription(make_broker(settings), settings, "test", [SUBMISSIONS], "tawasul-test", _nothing)
    subscription.subscriber = SimpleNamespace(consumer=consumer)  # type: ignore[assignment]
    return subscription


async def test_what_nobody_has_taken_yet_waits() -> None:
    subscription = a_subscription(OneOfAGroup(end=7, committed=None))
    await subscription.progress.measure()
    assert subscription.progress.lag() == {SUBMISSIONS.name: 7}


async def test_what_another_member_made_durable_meanwhile_waits_no_longer() -> None:
    """Else a process that lost a partition and got it back would never be ready again."""
    consumer = OneOfAGroup(end=7, committed=5)
    subscription = a_subscription(consumer)
    await subscription.progress.measure()
    assert subscription.progress.lag() == {SUBMISSIONS.name: 2}
    consumer.group_committed = 7
    await subscription.progress.measure()
    assert subscription.progress.lag() == {SUBMISSIONS.name: 0}
    assert subscription.is_progressing(0.001)


def a_record(offset: int, seconds_ago: float) -> Any:
    timestamp = (time.time() - seconds_ago) * 1_000
    return SimpleNamespace(topic=PARTITION.topic, partition=PARTITION.partition, offset=offset, timestamp=timestamp)


async def test_what_is_not_durable_is_as_old_as_its_oldest_record() -> None:
    subscription = a_subscription(OneOfAGroup(end=7, committed=None))
    ages: list[float] = []

    async def look(records: Sequence[Any]) -> None:
        ages.append(subscription.progress.oldest_age(SUBMISSIONS))

    subscription._take = look
    await subscription._consume(SimpleNamespace(raw_message=[a_record(0, 90), a_record(1, 20)]))  # type: ignore[arg-type]
    assert ages == [pytest.approx(90, abs=5)]
    assert subscription.progress.oldest_age(SUBMISSIONS) == 0


async def test_a_batch_that_is_given_back_goes_on_waiting_where_it_came_from() -> None:
    consumer = OneOfAGroup(end=7, committed=None)
    subscription = a_subscription(consumer)

    async def fail(records: Sequence[Any]) -> None:
        raise ConnectionError

    subscription._take = fail
    with pytest.raises(ConnectionError):
        await subscription._consume(SimpleNamespace(raw_message=[a_record(0, 90)]))  # type: ignore[arg-type]
    assert subscription.progress.oldest_age(SUBMISSIONS) == pytest.approx(90, abs=5)
    consumer.assigned = set()  # another member has the partition now, and its records
    assert subscription.progress.oldest_age(SUBMISSIONS) == 0


async def test_what_the_broker_holds_and_nobody_fetched_waits_since_it_was_seen() -> None:
    subscription = a_subscription(OneOfAGroup(end=7, committed=None))
    await subscription.progress.measure()
    position, since = subscription.progress._behind[PARTITION]
    subscription.progress._behind[PARTITION] = (position, since - 60)
    await subscription.progress.measure()
    assert subscription.progress.oldest_age(SUBMISSIONS) == pytest.approx(60, abs=5)
    await subscription._consume(SimpleNamespace(raw_message=[a_record(6, 1)]))  # type: ignore[arg-type]
    assert subscription.progress.oldest_age(SUBMISSIONS) == 0


async def test_how_long_records_waited_is_known_while_they_are_in_hand_and_a_while_after() -> None:
    subscription = a_subscription(OneOfAGroup(end=2, committed=None))
    assert subscription.progress.longest_wait(within=60) is None, "nothing was given to it"
    in_hand: list[float | None] = []

    async def look(records: Sequence[Any]) -> None:
        in_hand.append(subscription.progress.longest_wait(within=60))

    subscription._take = look
    await subscription._consume(SimpleNamespace(raw_message=[a_record(0, 90), a_record(1, 20)]))  # type: ignore[arg-type]
    assert [*in_hand, subscription.progress.longest_wait(within=60)] == [pytest.approx(90, abs=5)] * 2
    assert subscription.progress.longest_wait(within=-1) is None, "that was too long ago"


class AwayForOnce(OneOfAGroup):
    """The broker does not answer what is asked first."""

    _fetcher: object | None = object()

    def partitions_for_topic(self, topic: str) -> set[int]:
        return {PARTITION.partition}

    async def end_offsets(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        if self.end < 0:
            self.end = -self.end
            raise KafkaTimeoutError
        return await super().end_offsets(partitions)


async def test_a_broker_that_does_not_answer_at_once_is_waited_for() -> None:
    assert await a_subscription(AwayForOnce(end=-7, committed=7)).catch_up(patience=60)


async def test_one_that_has_not_started_yet_is_not_asked() -> None:
    starting = AwayForOnce(end=7, committed=7)
    starting._fetcher = None
    assert not await a_subscription(starting).catch_up(patience=0.5)
