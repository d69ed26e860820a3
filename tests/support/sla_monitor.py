"""Builders for tests of the SLA monitor: calendars, policies, rulebooks, facts, and its neighbours' events."""

import itertools
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from shared.events import assignments, submissions
from shared.events.deadlines import DeadlineEvent
from shared.events.envelope import Cause, Event, OutgoingEvent, seal
from shared.events.model import EventData, Kind, Name
from shared.events.topics import BY_EVENT
from shared.reference.directory import Directory
from shared.storage.aggregates import Decision
from sla_monitor.calendar_admin.commands import next_rulebook
from sla_monitor.calendars.model import Calendar, CalendarVersion
from sla_monitor.calendars.policies import Policy, PolicyVersion
from sla_monitor.calendars.rulebook import Rulebook
from sla_monitor.calendars.snapshot import Rulebooks
from sla_monitor.clocks.commands import declare_due, publish_move, recalculate, take_fact
from sla_monitor.clocks.record import ClockRecord
from sla_monitor.settings import SlaMonitorSettings
from sla_monitor.timekeeping.facts import Fact
from sla_monitor.timekeeping.reference import Reference

from tests.support.infrastructure import Infrastructure

SESSION_KEYS = urlsafe_b64encode(b"a session key of exactly 32 byte").decode()
NAME = {"ar": "اسم", "en": "A name"}
SUNDAY_TO_THURSDAY = ("sunday", "monday", "tuesday", "wednesday", "thursday")
SUBMISSION = "0b9f7d3e-6c1c-4a51-9c59-0a3c1f2f9b10"

SUNDAY = datetime(2026, 4, 5, 4, 0, tzinfo=UTC)
"""07:00 in Bahrain on a Sunday, five working days without a holiday ahead."""
HOUR = timedelta(hours=1)
WORKING_DAY = timedelta(hours=7, minutes=15)


def a_calendar(id: str = "government", hours: Sequence[str] = ("07:00-14:15",), **changed: Any) -> Calendar:
    known = {
        "id": id,
        "name": NAME,
        "zone": "Asia/Bahrain",
        "default": id == "government",
        "week": dict.fromkeys(SUNDAY_TO_THURSDAY, tuple(hours)),
    }
    return Calendar.model_validate(known | changed)


def round_the_clock(id: str = "utilities", **changed: Any) -> Calendar:
    every_day = (*SUNDAY_TO_THURSDAY, "friday", "saturday")
    return a_calendar(id, week=dict.fromkeys(every_day, ("00:00-24:00",)), **changed)


def published(calendar: Calendar, holidays: Sequence[date] = (), version: int = 1) -> CalendarVersion:
    days: Mapping[date, Name] = {day: Name.model_validate(NAME) for day in holidays}
    return CalendarVersion(version=version, definition=calendar, holidays=days)


def a_policy(id: str = "answer", answer: str = "36h15m", **changed: Any) -> Policy:
    known = {"id": id, "name": NAME, "targets": {"answer": {"working": answer}}, "waiting_limit": "72h30m"}
    return Policy.model_validate(known | changed)


def a_triage_policy(triage: str = "7h15m", **changed: Any) -> Policy:
    known = {
        "id": "triage",
        "name": NAME,
        "entity": "central-office",
        "targets": {"triage": {"working": triage}},
    }
    return Policy.model_validate(known | changed)


def a_rulebook(
    *policies: Policy, calendars: Sequence[Calendar] = (), holidays: Sequence[date] = (), version: int = 1
) -> Rulebook:
    return Rulebook(
        version=version,
        published_at=SUNDAY,
        published_by="administrator",
        calendars=tuple(published(each, holidays) for each in calendars or (a_calendar(), round_the_clock())),
        policies=tuple(
            PolicyVersion(version=1, definition=each) for each in policies or (a_policy(), a_triage_policy())
        ),
    )


def a_rulebook_body(*policies: Policy, calendars: Sequence[Calendar] = ()) -> dict[str, Any]:
    return {
        "calendars": [c.model_dump(mode="json") for c in calendars or (a_calendar(), round_the_clock())],
        "policies": [p.model_dump(mode="json") for p in policies or (a_policy(), a_triage_policy())],
        "reason": "a test",
    }


async def no_rulebooks(after: int) -> Sequence[Rulebook]:
    """Where no database has any: what a test publishes it adds itself."""
    return []


OF_INTAKE = (
    "SubmissionReceived",
    "InformationAdded",
    "SubmissionWithdrawn",
    "SubmissionReopened",
    "SubmissionClosed",
    "AppealFiled",
    "AuthorConfirmed",
)


class History:
    """Facts of one submission, each at its time, numbered within its source."""

    def __init__(self, received_at: datetime = SUNDAY, **about: Any) -> None:
        self.facts: list[Fact] = []
        self._numbers = {"submissions": itertools.count(1), "assignments": itertools.count(1)}
        self.add("SubmissionReceived", received_at, **{"kind": Kind.COMPLAINT} | about)

    def add(self, type: str, at: datetime, **about: Any) -> "History":
        source = "submissions" if type in OF_INTAKE else "assignments"
        sequence = next(self._numbers[source])
        if type == "SubmissionTransferred" or type == "SubmissionAssigned":
            about = {"entity": "works"} | about
        if type == "TriageRequested":
            about = {"entity": "central-office"} | about
        self.facts.append(
            Fact(id=f"{source}-{sequence}", time=at, source=source, sequence=sequence, type=type, **about)
        )
        return self

    def assigned(self, at: datetime = SUNDAY, entity: str = "works", **about: Any) -> "History":
        return self.add("SubmissionAssigned", at, entity=entity, **about)

    def asked(self, at: datetime, question: str = "q1") -> "History":
        return self.add("InformationRequested", at, question=question)

    def replied(self, at: datetime, question: str | None = "q1") -> "History":
        return self.add("InformationAdded", at, question=question)

    def answered(self, at: datetime) -> "History":
        return self.add("SubmissionAnswered", at)


def sla_monitor_settings(
    infrastructure: Infrastructure, database: str, prefix: str, issuer: str, **more: Any
) -> SlaMonitorSettings:
    known: dict[str, Any] = {
        "kafka_bootstrap": infrastructure.kafka_bootstrap,
        "mongo_uri": infrastructure.mongo_uri,
        "mongo_database": database,
        "topic_prefix": prefix,
        "kafka_partitions": 3,
        "oidc_issuer": issuer,
        "session_keys": SESSION_KEYS,
        "public_url": "http://service",
    }
    return SlaMonitorSettings(**known | more)


def received(submission: str, **changed: Any) -> EventData:
    known = {
        "submission_id": submission,
        "to_state": "received",
        "reference": "T-1",
        "kind": "complaint",
        "text": "The lamp in our street has been out for a week.",
        "language": "en",
        "channel": "web",
        "received_at": datetime.now(UTC),
    }
    return submissions.SubmissionReceived.model_validate(known | changed)


def information(submission: str, answers: str | None = None) -> EventData:
    return submissions.InformationAdded(
        submission_id=submission,
        from_state="awaiting_citizen",
        to_state="in_progress",
        text="Number 12",
        answers=answers,
    )


def assigned(submission: str, entity: str = "works") -> EventData:
    return assignments.SubmissionAssigned(
        submission_id=submission, to_state="assigned", entity=entity, decided_by="rule", reason="the words"
    )


def triage(submission: str) -> EventData:
    return assignments.TriageRequested(
        submission_id=submission, to_state="in_triage", entity="central-office", reason="no rule was sure"
    )


def transferred(submission: str, from_entity: str = "works", entity: str = "health") -> EventData:
    return assignments.SubmissionTransferred(
        submission_id=submission,
        from_state="assigned",
        to_state="assigned",
        from_entity=from_entity,
        entity=entity,
        reason="It is theirs.",
        official="officer-1",
    )


def reopened(submission: str) -> EventData:
    return submissions.SubmissionReopened(
        submission_id=submission, from_state="answered", to_state="reopened", reason="It is dark again."
    )


def withdrawn(submission: str) -> EventData:
    return submissions.SubmissionWithdrawn(submission_id=submission, from_state="assigned", to_state="withdrawn")


def question(submission: str, question_id: str, entity: str = "works") -> EventData:
    return assignments.InformationRequested(
        submission_id=submission,
        from_state="acknowledged",
        to_state="awaiting_citizen",
        entity=entity,
        question_id=question_id,
        text="Which lamp is it?",
        official="officer-1",
    )


def in_charge(submission: str, official: str, entity: str = "works") -> EventData:
    return assignments.OfficialPutInCharge(
        submission_id=submission,
        from_state="assigned",
        to_state="assigned",
        entity=entity,
        in_charge=official,
        way="hand",
    )


def confidential(submission: str, *officials: str, entity: str = "works") -> EventData:
    about: dict[str, Any] = {"from_state": "assigned", "to_state": "assigned", "official": "head.works"}
    return assignments.ConfidentialityChanged(submission_id=submission, entity=entity, officials=officials, **about)


def interim(submission: str, entity: str = "works") -> EventData:
    return assignments.InterimReplyGiven(
        submission_id=submission,
        from_state="acknowledged",
        to_state="acknowledged",
        entity=entity,
        text="A part is ordered.",
        official="officer-1",
    )


def answered(submission: str, entity: str = "works") -> EventData:
    return assignments.SubmissionAnswered(
        submission_id=submission,
        from_state="acknowledged",
        to_state="answered",
        entity=entity,
        text="It shines again.",
        reason_code="done",
        official="officer-1",
    )


def an_event(data: EventData, at: datetime, sequence: int, submission: str = SUBMISSION) -> Event:
    topic = BY_EVENT[type(data)]
    id = str(uuid5(NAMESPACE_URL, f"{topic.name}/{submission}/{sequence}"))
    return seal(OutgoingEvent(data, id=id), submission, sequence, f"/tawasul/{topic.owner}", at, Cause("correlation"))


class Life:
    """One submission's record as the service keeps it: facts go in at their time, the sweeper comes at its."""

    def __init__(self, rulebook: Rulebook | None = None, submission: str = SUBMISSION) -> None:
        known = Rulebooks(no_rulebooks)
        known.add(rulebook or a_rulebook())
        self.reference = Reference(known, Directory())
        self.submission = submission
        self.record: ClockRecord | None = None
        self.said: list[DeadlineEvent] = []
        self.ids: list[str | None] = []
        self._numbers = {"submissions": itertools.count(1), "assignments": itertools.count(1)}

    def event(self, data: EventData, at: datetime) -> Event:
        """The next fact of its source, not taken yet."""
        return an_event(data, at, next(self._numbers[BY_EVENT[type(data)].stream]), self.submission)

    def take(self, event: Event, now: datetime | None = None) -> list[str]:
        """The types of what is said about it."""
        return self.apply(take_fact(self.record, event, self.reference, now or event.time))

    def hear(self, data: EventData, at: datetime) -> list[str]:
        return self.take(self.event(data, at))

    def publish(
        self, *policies: Policy, at: datetime, calendars: Sequence[Calendar] = (), holidays: Sequence[date] = ()
    ) -> None:
        """Another rulebook is known from now on; no clock has been read by it yet."""
        days = {day: Name.model_validate(NAME) for day in holidays}
        following = next_rulebook(
            calendars or (a_calendar(), round_the_clock()),
            policies or (a_policy(), a_triage_policy()),
            self.reference.rulebooks,
            lambda country, years: days,
            at,
            "administrator",
        )
        assert following is not None, "nothing differs from what holds"
        self.reference.rulebooks.add(following)

    def judge(self, now: datetime) -> list[str]:
        """Recalculate by the newest rulebook, as `Recalculation` does: all clocks first, then publish each move."""
        return self.judge_first(now) + self.tell(now)

    def judge_first(self, now: datetime) -> list[str]:
        assert self.record is not None
        return self.apply(recalculate(self.submission, self.record, self.reference, now))

    def tell(self, now: datetime) -> list[str]:
        assert self.record is not None
        return self.apply(publish_move(self.submission, self.record, self.reference, now))

    def sweep(self, now: datetime) -> list[str]:
        assert self.record is not None
        return self.apply(declare_due(self.submission, self.record, self.reference, now))

    def sweep_until(self, now: datetime) -> list[str]:
        """At each moment that is asked for, up to now."""
        said: list[str] = []
        while self.record is not None and self.record.next_at is not None and self.record.next_at <= now:
            said += self.sweep(self.record.next_at)
        return said

    def apply(self, decision: Decision[ClockRecord] | None) -> list[str]:
        if decision is None:
            return []
        self.record = ClockRecord.model_validate(decision.state.model_dump())
        said = [draft.data for draft in decision.events]
        assert all(isinstance(data, DeadlineEvent) for data in said)
        self.said += said  # type: ignore[arg-type]
        self.ids += [draft.id for draft in decision.events]
        return [data.type for data in said]
