"""The table of who is notified of what, read once from `who_is_told.yaml`."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from shared.events.deadlines import DeadlineEvent, Target
from shared.events.model import EventData, SubmissionEvent

from notifier.notifications.model import Lane
from notifier.preferences.model import OF_CITIZENS, OF_OFFICIALS, Matter

Audience = Literal[
    "author",
    "follower",
    "new-follower",
    "subscriber",
    "in-charge",
    "team",
    "supervisor",
    "head",
    "named",
    "relieved",
    "central",
    "rung",
]
"""`follower` is who follows it, told in the inbox where they signed in and by mail where they gave an address;
`new-follower` is who has just given one; `subscriber` is who asked to hear of its area or category, once it is
published; `rung` is whoever the escalation names, `named` whom the event does, and `relieved` those of whom it says
that another has it now; the others are of the entity that has the submission: `in-charge` the official who has it, and
the team while nobody does, `team` all of its officers."""

FOLLOWER, SUBSCRIBER = "follower", "subscriber"
IN_CHARGE, TEAM, RELIEVED = "in-charge", "team", "relieved"
FORMER_NAMES = {"officer": TEAM}
"""As tables name them that were published before."""
CITIZENS = ("author", FOLLOWER, "new-follower", SUBSCRIBER)
"""Audiences who are told because they wish it; the others are told because it is their work."""

Medium = Literal["mail", "inbox"]


class Row(BaseModel):
    """`from` and `to` are states of the event's own life, `target` is which of the deadlines; absent means any.

    `sms`: it goes by SMS where no mail reaches its author: a phone number alone, or an address that is dead.
    `lane`: `urgent` never waits behind the rest, `bulk` waits behind all of it.
    `mandatory`: it has consequences for who does not read it, so that no choice of theirs stops it.
    `over_in`: states of the submission in which it says nothing any more; what comes late is dropped then.
    `matter`: what people choose it by; without one only stopping everything stops it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    event: str = Field(max_length=60)
    from_state: str | None = Field(default=None, alias="from", max_length=40)
    to_state: str | None = Field(default=None, alias="to", max_length=40)
    target: tuple[Target, ...] = Field(default=(), max_length=5)
    audience: Audience
    channels: tuple[Medium, ...] = Field(default=("mail", "inbox"), max_length=2)
    template: str = Field(max_length=60)
    lane: Lane = "normal"
    sms: bool = False
    mandatory: bool = False
    matter: Matter | None = None
    over_in: tuple[str, ...] = ()

    @field_validator("audience", mode="before")
    @classmethod
    def _by_its_name_of_today(cls, audience: object) -> object:
        return FORMER_NAMES.get(audience, audience) if isinstance(audience, str) else audience

    @model_validator(mode="after")
    def _matter_is_theirs(self) -> "Row":
        theirs = OF_CITIZENS if self.audience in CITIZENS else OF_OFFICIALS
        if self.matter is not None and self.matter not in theirs:
            raise ValueError(f"{self.template}: {self.matter} is no matter of {self.audience}")
        return self

    @model_validator(mode="after")
    def _subscribers_have_no_address(self) -> "Row":
        if self.audience == SUBSCRIBER and (self.channels != ("inbox",) or self.lane == "urgent"):
            raise ValueError(f"{self.template}: subscribers are told in their inbox, when others have been")
        return self

    @model_validator(mode="after")
    def _sms_is_for_authors(self) -> "Row":
        if self.sms and (self.audience != "author" or "mail" not in self.channels):
            raise ValueError(f"{self.template}: SMS takes the place of an author's mail")
        return self

    def fits(self, data: EventData) -> bool:
        from_state, to_state = (data.from_state, data.to_state) if isinstance(data, SubmissionEvent) else (None, None)
        if self.target and not (isinstance(data, DeadlineEvent) and data.target in self.target):
            return False
        return self.from_state in (None, from_state) and self.to_state in (None, to_state)


class Silence(BaseModel):
    """An event that is told to nobody with these states; absent means any."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    event: str = Field(max_length=60)
    from_state: str | None = Field(default=None, alias="from", max_length=40)
    to_state: str | None = Field(default=None, alias="to", max_length=40)


class TellsRows(Protocol):
    def rows_for(self, data: EventData) -> "list[Row]": ...


class Table(BaseModel):
    """Every event type has rows or stands under `nobody`: one that was forgotten is an error, not silence.

    So is a transition that no row fits, unless it stands there with its states.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rows: tuple[Row, ...]
    nobody: tuple[str | Silence, ...]

    @model_validator(mode="after")
    def _told_or_not(self) -> "Table":
        both = {row.event for row in self.rows} & self.silent_events
        if both:
            raise ValueError(f"has rows and is told to nobody: {', '.join(sorted(both))}")
        return self

    @cached_property
    def _by_event(self) -> Mapping[str, Sequence[Row]]:
        by_event: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows:
            by_event[row.event].append(row)
        return by_event

    @property
    def size(self) -> int:
        return len(self.rows) + len(self.nobody)

    @property
    def silent_events(self) -> set[str]:
        """Told to nobody whatever their states are."""
        return {each for each in self.nobody if isinstance(each, str)}

    def untold(self, possible: Mapping[str, Iterable[tuple[str, str]]]) -> list[str]:
        """Transitions that can happen, that no row fits, and of which nothing says that they are told to nobody."""
        return [
            f"{event} from {before} to {after}"
            for event, transitions in possible.items()
            if event not in self.silent_events
            for before, after in sorted(transitions)
            if not self._is_decided(event, before, after)
        ]

    def _is_decided(self, event: str, before: str, after: str) -> bool:
        decided: list[Row | Silence] = [*self.rows, *(each for each in self.nobody if isinstance(each, Silence))]
        return any(
            each.event == event and each.from_state in (None, before) and each.to_state in (None, after)
            for each in decided
        )

    @property
    def templates(self) -> set[str]:
        return {row.template for row in self.rows}

    @property
    def told_by_sms(self) -> set[str]:
        """Their templates."""
        return {row.template for row in self.rows if row.sms}

    def choices(self, by_sms: bool, by_push: bool) -> Mapping[str, Mapping[str, bool]]:
        """By matter, the channels that one can choose; False where all of it is mandatory, and a browser's never is."""
        found = {
            matter: _channels_of([row for row in self.rows if row.matter == matter], by_sms, by_push)
            for matter in (*OF_CITIZENS, *OF_OFFICIALS)
        }
        return {matter: channels for matter, channels in found.items() if channels}

    def event_choices(self, by_sms: bool, by_push: bool) -> Mapping[str, Mapping[str, Mapping[str, bool]]]:
        """The same for the single events of each matter that has several, in the order of the table."""
        rows: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
        for row in self.rows:
            if row.matter is not None:
                rows[row.matter][row.event].append(row)
        found = {
            matter: {
                event: channels
                for event, theirs in events.items()
                if (channels := _channels_of(theirs, by_sms, by_push))
            }
            for matter, events in rows.items()
        }
        return {matter: events for matter, events in found.items() if len(events) > 1}

    def forgotten(self, event_types: Sequence[str]) -> list[str]:
        return sorted(set(event_types) - {row.event for row in self.rows} - self.silent_events)

    def unknown(self, event_types: Sequence[str]) -> list[str]:
        silent = {each if isinstance(each, str) else each.event for each in self.nobody}
        return sorted(({row.event for row in self.rows} | silent) - set(event_types))

    def rows_for(self, data: EventData) -> list[Row]:
        return [row for row in self._by_event.get(data.type, ()) if row.fits(data)]


def _channels_of(rows: Sequence[Row], by_sms: bool, by_push: bool) -> dict[str, bool]:
    """The channels of these rows, and whether each can be chosen."""
    by_channel = {"mail": [row for row in rows if "mail" in row.channels]}
    if by_sms:
        by_channel["sms"] = [row for row in rows if row.sms]
    if by_push:
        by_channel["push"] = [row for row in rows if "inbox" in row.channels]
    return {
        channel: channel == "push" or not all(row.mandatory for row in theirs)
        for channel, theirs in by_channel.items()
        if theirs
    }
