"""What tests of the SLA monitor are built from: calendars, policies, rulebooks, facts, and its neighbours' events."""

import itertools
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from shared.events import assignments, submissions
from shared.events.model import EventData, Kind, Name
from sla_monitor.domain.calendar import Calendar, CalendarVersion
from sla_monitor.domain.facts import Fact
from sla_monitor.domain.policy import Policy, PolicyVersion
from sla_monitor.domain.rulebook import Rulebook
from sla_monitor.settings import Settings

from tests.support.infrastructure import Infrastructure

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
    }


OF_INTAKE = (
    "SubmissionReceived",
    "InformationAdded",
    "SubmissionWithdrawn",
    "SubmissionReopened",
    "SubmissionClosed",
    "AppealFiled",
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
) -> Settings:
    return Settings(
        kafka_bootstrap=infrastructure.kafka_bootstrap,
        mongo_uri=infrastructure.mongo_uri,
        mongo_database=database,
        topic_prefix=prefix,
        kafka_partitions=3,
        oidc_issuer=issuer,
        **more,
    )


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
