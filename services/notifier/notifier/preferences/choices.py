"""A choice as it is sent, and how it changes the preferences."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator
from shared.events.model import Identifier, Language

from notifier.deferral.quiet_hours import QuietHours
from notifier.preferences.model import OF_CITIZENS, OF_OFFICIALS, Matter, Preferences, Way

Offered = Mapping[str, Mapping[str, bool]]
"""By matter, the channels that can be chosen; False where what is told is mandatory."""
OfferedEvents = Mapping[str, Mapping[str, Mapping[str, bool]]]
"""The same by matter and event, of matters that have several."""
Ways = dict[str, Way]
"""By channel."""

EventName = Annotated[str, Field(pattern=r"^[A-Za-z]{1,60}$")]
MOST_CHANNELS = 10
MOST_EVENTS = 100
MOST_SUBSCRIBED = 50

_EXAMPLE: dict[str, JsonValue] = {
    "stopped": False,
    "choices": {"progress": {"mail": "off"}, "assignment": {"mail": "daily"}},
    "events": {"progress": {"SubmissionTransferred": {"mail": "now"}}},
    "language": "ar",
    "zone": "Asia/Bahrain",
    "quiet": {"start": "22:00", "end": "06:30"},
    "areas": ["capital"],
    "categories": ["roads"],
}


class Chosen(BaseModel):
    """All that somebody chooses; what is absent is as the system has it.

    `quiet` with equal times is no quiet at all. `events`: what holds for single events instead of what holds for their
    matter; absent, they are as they were, as who does not know of them says nothing of them.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    stopped: bool = False
    choices: dict[Matter, dict[str, Way]] = Field(default={}, max_length=len(OF_CITIZENS) + len(OF_OFFICIALS))
    events: dict[Matter, dict[EventName, dict[str, Way]]] | None = Field(
        default=None, max_length=len(OF_CITIZENS) + len(OF_OFFICIALS)
    )
    language: Language | None = None
    zone: str | None = Field(default=None, max_length=60)
    quiet: QuietHours | None = None
    areas: list[Identifier] = Field(default=[], max_length=MOST_SUBSCRIBED, description="of which to hear, published")
    categories: list[Identifier] = Field(default=[], max_length=MOST_SUBSCRIBED, description="with those below them")

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, zone: str | None) -> str | None:
        if zone is not None and zone not in available_timezones():
            raise ValueError("no such time zone")
        return zone

    @model_validator(mode="after")
    def _not_too_much(self) -> "Chosen":
        if any(len(events) > MOST_EVENTS for events in (self.events or {}).values()):
            raise ValueError("too many events")
        if any(len(ways) > MOST_CHANNELS for _, ways in self._all()):
            raise ValueError("too many channels")
        return self

    @model_validator(mode="after")
    def _digests_are_for_officials(self) -> "Chosen":
        for matter, ways in self._all():
            if matter in OF_CITIZENS and any(way not in ("now", "off") for way in ways.values()):
                raise ValueError(f"{matter} is not gathered into digests")
            if ways.get("push", "now") not in ("now", "off"):
                raise ValueError("what browsers show is not gathered into digests")
        return self

    def _all(self) -> Iterator[tuple[Matter, Ways]]:
        """Each matter with what was said of it, and of each of its events."""
        yield from self.choices.items()
        for matter, events in (self.events or {}).items():
            yield from ((matter, ways) for ways in events.values())

    def upon(self, before: Preferences, offered: Offered, events: OfferedEvents) -> Preferences:
        """Keep offered choices that differ from the default; choices that were not offered stay as before."""
        kept: dict[str, dict[str, Way]] = {
            matter: {channel: way for channel, way in ways.items() if not offered.get(matter, {}).get(channel)}
            for matter, ways in before.choices.items()
        }
        for matter, ways in self.choices.items():
            said: dict[str, Way] = {
                channel: way for channel, way in ways.items() if offered.get(matter, {}).get(channel) and way != "now"
            }
            kept[matter] = kept.get(matter, {}) | said
        return before.model_copy(
            update={
                "stopped": self.stopped,
                "choices": {matter: ways for matter, ways in kept.items() if ways},
                "events": self._events_upon(before, events),
                "language": self.language,
                "zone": self.zone,
                "quiet": self.quiet,
                "areas": tuple(sorted(set(self.areas))),
                "categories": tuple(sorted(set(self.categories))),
            }
        )

    def _events_upon(self, before: Preferences, offered: OfferedEvents) -> dict[str, dict[str, Ways]]:
        """Each way that was said of a single event is kept, whatever holds for its matter now or later."""
        if self.events is None:
            return before.events
        kept: dict[str, dict[str, Ways]] = defaultdict(lambda: defaultdict(dict))
        for known, is_said in ((before.events, False), (self.events, True)):
            for matter, events in known.items():
                for event, ways in events.items():
                    free = offered.get(matter, {}).get(event, {})
                    if those := {channel: way for channel, way in ways.items() if free.get(channel, False) is is_said}:
                        kept[matter][event] |= those
        return {matter: dict(events) for matter, events in kept.items()}
