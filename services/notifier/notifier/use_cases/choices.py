"""What somebody sends to say what they want, and what it makes of their preferences."""

from collections.abc import Mapping
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator
from shared.events.model import Identifier, Language

from notifier.domain.preferences import OF_CITIZENS, OF_OFFICIALS, Matter, Preferences, Way
from notifier.domain.quiet_hours import QuietHours

Offered = Mapping[str, Mapping[str, bool]]
"""By matter, the channels that can be chosen; False where what is told is mandatory."""

MOST_CHANNELS = 10
MOST_SUBSCRIBED = 50

_EXAMPLE: dict[str, JsonValue] = {
    "stopped": False,
    "choices": {"progress": {"mail": "off"}, "assignment": {"mail": "daily"}},
    "language": "ar",
    "zone": "Asia/Bahrain",
    "quiet": {"start": "22:00", "end": "06:30"},
    "areas": ["capital"],
    "categories": ["roads"],
}


class Chosen(BaseModel):
    """All that somebody chooses; what is absent is as the system has it.

    `quiet` with equal times is no quiet at all.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    stopped: bool = False
    choices: dict[Matter, dict[str, Way]] = Field(default={}, max_length=len(OF_CITIZENS) + len(OF_OFFICIALS))
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

    @field_validator("choices")
    @classmethod
    def _few_channels(cls, choices: dict[Matter, dict[str, Way]]) -> dict[Matter, dict[str, Way]]:
        if any(len(ways) > MOST_CHANNELS for ways in choices.values()):
            raise ValueError("too many channels")
        return choices

    @model_validator(mode="after")
    def _digests_are_for_officials(self) -> "Chosen":
        for matter in OF_CITIZENS:
            if any(way not in ("now", "off") for way in self.choices.get(matter, {}).values()):
                raise ValueError(f"{matter} is not gathered into digests")
        if any(ways.get("push", "now") not in ("now", "off") for ways in self.choices.values()):
            raise ValueError("what browsers show is not gathered into digests")
        return self

    def upon(self, before: Preferences, offered: Offered) -> Preferences:
        """What was offered and differs from how the system has it is kept; of the rest what was said before."""
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
                "language": self.language,
                "zone": self.zone,
                "quiet": self.quiet,
                "areas": tuple(sorted(set(self.areas))),
                "categories": tuple(sorted(set(self.categories))),
            }
        )
