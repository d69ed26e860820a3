"""How far a process is, as it tells: what waits in its partitions, whoever took the rest."""

from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any

from aiokafka import TopicPartition
from shared.settings import ServiceSettings
from shared.subscriber import Subscription, make_broker
from shared.topics import SUBMISSIONS

PARTITION = TopicPartition(SUBMISSIONS.name, 3)


class OneOfAGroup:
    """A consumer that has one partition; what the group has committed may be another's doing."""

    def __init__(self, end: int, committed: int | None) -> None:
        self.end = end
        self.group_committed = committed

    def assignment(self) -> set[TopicPartition]:
        return {PARTITION}

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
    await subscription.measure()
    assert subscription.lag() == {SUBMISSIONS.name: 7}


async def test_what_another_member_made_durable_meanwhile_waits_no_longer() -> None:
    """Else a process that lost a partition and got it back would never be ready again."""
    consumer = OneOfAGroup(end=7, committed=5)
    subscription = a_subscription(consumer)
    await subscription.measure()
    assert subscription.lag() == {SUBMISSIONS.name: 2}
    consumer.group_committed = 7
    await subscription.measure()
    assert subscription.lag() == {SUBMISSIONS.name: 0}
    assert subscription.is_progressing(0.001)
