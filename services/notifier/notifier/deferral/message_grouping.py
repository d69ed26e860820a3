"""Several notifications told in one message: which belong together, since when, and what that message is. Pure.

A digest tells an official what has been gathered about any submissions; a burst is about one. Of a burst the first
goes out at once. What else happens to the same submission soon after waits for the end of a window that the first has
opened, so that nobody waits longer than that; what comes at one moment is told in one message at once.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5

from notifier.deferral.digests import DIGEST, LIMIT
from notifier.notifications.model import Notification

BURST = "burst"
SEVERAL = "several"
"""The template of what tells several things about one submission."""


class GroupKey(NamedTuple):
    """Identifies notifications that can be combined: one recipient and channel, and one submission, or "" for a
    digest.
    """

    submission_id: str
    recipient: str
    channel: str


@dataclass(frozen=True)
class EarlierMessage:
    """Another message to the same ear: when it was sent, or claimed to be."""

    id: str
    at: datetime
    is_sent: bool


def group_key(notification: Notification) -> GroupKey:
    return GroupKey(notification.submission_id, notification.recipient, notification.channel)


def can_wait(notification: Notification) -> bool:
    """Urgent and mandatory ones go alone, and neither wait for others nor make them wait."""
    return notification.lane != "urgent" and not notification.mandatory


def is_pushed(notification: Notification) -> bool:
    return notification.channel == "push"


def can_be_grouped(notification: Notification) -> bool:
    return can_wait(notification) and not notification.members


def counts_towards_daily_limit(notification: Notification) -> bool:
    """Among those of a day. Digests are what is told beyond that, and the mail of an entity is no one person's."""
    return can_wait(notification) and notification.lane != "bulk" and notification.recipient_kind != "entity"


def bursts(
    claimed: Sequence[Notification],
    before: Mapping[GroupKey, Sequence[EarlierMessage]],
    window: timedelta,
    now: datetime,
) -> Mapping[str, datetime]:
    """Until when those of the claimed wait that are not told alone and now, by id.

    Of two that are claimed side by side the one that was claimed first goes, whoever looks.
    """
    waits: dict[str, datetime] = {}
    for ear, alike in by_group(claimed).items():
        mine = min((each.changed_at, each.id) for each in alike)
        since = [each.at for each in before.get(ear, ()) if each.is_sent or (each.at, each.id) < mine]
        until = max(since) + window if since else now
        if until > now or len(alike) > 1:
            waits |= {each.id: max(until, now) for each in alike}
    return waits


def final_group_key(held: Notification) -> GroupKey:
    """Where what is held is told: in a digest what was gathered for one."""
    is_gathered = held.recipient_kind == "official" and held.held_for in (DIGEST, LIMIT)
    return group_key(held)._replace(submission_id="") if is_gathered else group_key(held)


def by_group(
    notifications: Iterable[Notification], ear: Callable[[Notification], GroupKey] = group_key
) -> Mapping[GroupKey, Sequence[Notification]]:
    heard: dict[GroupKey, list[Notification]] = defaultdict(list)
    for notification in notifications:
        heard[ear(notification)].append(notification)
    return heard


def combined(members: Collection[Notification], now: datetime) -> Notification:
    """One that tells them all; the same ones always make the same one."""
    in_order = sorted(members, key=lambda each: (each.event_at, each.id))
    newest = in_order[-1]
    is_digest = not final_group_key(newest).submission_id
    of_digest = {"submission_id": "", "template": DIGEST, "lane": "bulk", "params": {}}
    others = [each.otherwise for each in in_order if each.otherwise]
    id = str(uuid5(NAMESPACE_URL, "tawasul:together:" + ":".join(sorted(each.id for each in members))))
    return newest.planned_again(
        id,
        now,
        **{
            "template": SEVERAL,
            "params": {name: value for name, value in newest.params.items() if name != "text"},
            "members": tuple(each.id for each in in_order),
            "otherwise": others[0] if others else None,
            "matter": None,
            "over_in": (),
            "held_for": newest.held_for,
            **(of_digest if is_digest else {}),
        },
    )
