"""Preferences: the matters, channels and times that people choose. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict
from shared.events.model import Language

from notifier.deferral.quiet_hours import QuietHours

Matter = Literal[
    "receipt",
    "progress",
    "question",
    "decision",
    "closing",
    "following",
    "assignment",
    "reply",
    "appeal",
    "triage",
    "deadline",
    "breach",
    "escalation",
]
"""The matter of a message, by which people choose: the table gives one to each row."""

OF_CITIZENS: tuple[Matter, ...] = ("receipt", "progress", "question", "decision", "closing", "following")
OF_OFFICIALS: tuple[Matter, ...] = ("assignment", "reply", "appeal", "triage", "deadline", "breach", "escalation")

Way = Literal["now", "hourly", "daily", "weekly", "off"]
"""From most to least; between the two ends it is gathered into a digest."""
WAYS: tuple[Way, ...] = ("now", "hourly", "daily", "weekly", "off")
CONSENTS_KEPT = 100

UNSUBSCRIBED = "unsubscribed"
"""Why what is told to nobody who has stopped everything, or this submission, was cancelled."""
SWITCHED_OFF = "switched off"
"""Why what its recipient does not want by this channel was cancelled, or went by another one."""


By = Literal["link", "session", "one-click", "report"]


class Consent(BaseModel):
    """Evidence of a choice: when, how, and on which version of the page. `chosen` is the change."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    by: By
    page: str
    language: str
    chosen: dict[str, str]


class Preferences(BaseModel):
    """The choices of one person or one address; an absent choice is the default.

    `stopped`: no optional message by any channel. `choices`: the ways that differ, by matter and channel. `events`: the
    ways for single events, by matter, event type and channel. `areas`, `categories`: subscriptions to published
    submissions, shown in the inbox.
    """

    stopped: bool = False
    choices: dict[str, dict[str, Way]] = {}
    events: dict[str, dict[str, dict[str, Way]]] = {}
    language: Language | None = None
    zone: str | None = None
    quiet: QuietHours | None = None
    areas: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    consents: tuple[Consent, ...] = ()

    def way(self, matter: str | None, event: str, channel: str) -> Way:
        """That of the event alone, where one was chosen, and that of its matter otherwise."""
        if matter is None:
            return "now"
        of_matter = self.choices.get(matter, {}).get(channel, "now")
        return self.events.get(matter, {}).get(event, {}).get(channel, of_matter)

    def agreed(self, after: "Preferences", at: datetime, by: By, page: str, language: str) -> "Preferences | None":
        """The choices of `after` with a note of what changed and how; None where nothing did."""
        now, before = after.said(), self.said()
        changed = {
            name: now.get(name, "") for name in sorted(now.keys() | before.keys()) if now.get(name) != before.get(name)
        }
        if not changed:
            return None
        consent = Consent(at=at, by=by, page=page, language=language, chosen=changed)
        return after.model_copy(update={"consents": (*self.consents, consent)[-CONSENTS_KEPT:]})

    def said(self) -> dict[str, str]:
        """Every choice as a word, by a name that tells two apart."""
        said: dict[str, str] = {
            f"{matter}/{channel}": way for matter, ways in self.choices.items() for channel, way in ways.items()
        }
        said |= {
            f"{matter}/{event}/{channel}": way
            for matter, events in self.events.items()
            for event, ways in events.items()
            for channel, way in ways.items()
        }
        if self.stopped:
            said["all"] = "stopped"
        if self.language:
            said["language"] = str(self.language)
        if self.zone:
            said["zone"] = self.zone
        said |= {f"area/{area}": "yes" for area in self.areas}
        said |= {f"category/{category}": "yes" for category in self.categories}
        if self.quiet:
            said["quiet"] = f"{self.quiet.start:%H:%M}-{self.quiet.end:%H:%M}"
        return said


@dataclass(frozen=True)
class Wishes:
    """The preferences for one message. If a person and an address have both chosen, the choice of fewer messages
    counts.

    Language and times are those of the signed-in person, if chosen. Without `readable` preferences nothing is sent on a
    guess.
    """

    of: tuple[Preferences, ...] = ()
    readable: bool = True

    @property
    def stopped(self) -> bool:
        return any(each.stopped for each in self.of)

    def way(self, matter: str | None, event: str, channel: str) -> Way:
        return max((each.way(matter, event, channel) for each in self.of), key=WAYS.index, default="now")

    @property
    def language(self) -> str | None:
        return _first(each.language for each in self.of)

    @property
    def zone(self) -> str | None:
        return _first(each.zone for each in self.of)

    @property
    def quiet(self) -> QuietHours | None:
        return next((each.quiet for each in self.of if each.quiet is not None), None)


NOTHING_CHOSEN = Wishes()


def _first(values: Iterable[str | None]) -> str | None:
    return next((str(value) for value in values if value is not None), None)


def person_id(subject: str) -> str:
    """The id of the preferences of a signed-in person."""
    return f"person:{subject}"


def address_id(mark: str) -> str:
    """The id of the preferences of an address, by the mark that stands for it."""
    return f"address:{mark}"
