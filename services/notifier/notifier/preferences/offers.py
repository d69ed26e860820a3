"""The choices that the table in use offers to a person or to an address."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from shared.events.model import Role
from shared.http.auth import OFFICIALS, Caller

from notifier.planning.table import Table
from notifier.preferences.choices import Offered, OfferedEvents
from notifier.preferences.model import OF_CITIZENS, OF_OFFICIALS

WITH_AN_OFFICE = (*OFFICIALS, Role.CENTRAL, Role.ADMINISTRATOR)


@dataclass(frozen=True)
class Offer:
    matters: Offered
    events: OfferedEvents
    """Only of matters that have several events."""


class Offers:
    def __init__(self, table: Callable[[], Table], by_sms: bool, by_push: bool) -> None:
        self._table = table
        self._by_sms = by_sms
        self._by_push = by_push

    def to(self, caller: Caller | None) -> Offer:
        """The offer to a signed-in caller, or to an address (None).

        An official may also file submissions, so officials choose among the matters of citizens as well. Browsers
        belong to a signed-in person, so web push is not offered to an address.
        """
        matters = self._table().choices(by_sms=self._by_sms, by_push=self._by_push)
        by_event = self._table().event_choices(by_sms=self._by_sms, by_push=self._by_push)
        allowed = _matters_of(caller)
        events = {
            matter: {event: own for event, channels in events.items() if (own := _channels_for(caller, channels))}
            for matter, events in by_event.items()
            if matter in allowed
        }
        return Offer(
            matters={matter: _channels_for(caller, matters[matter]) for matter in matters if matter in allowed},
            events={matter: events for matter, events in events.items() if len(events) > 1},
        )


def _matters_of(caller: Caller | None) -> Sequence[str]:
    return (*OF_CITIZENS, *OF_OFFICIALS) if caller is not None and caller.has(*WITH_AN_OFFICE) else OF_CITIZENS


def _channels_for(caller: Caller | None, channels: Mapping[str, bool]) -> Mapping[str, bool]:
    return channels if caller else {channel: free for channel, free in channels.items() if channel != "push"}
