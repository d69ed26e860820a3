"""Builders for intake: a submission and its commands, one line each."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

from intake.settings import IntakeSettings
from intake.submissions.life import Status
from intake.submissions.model import Submission
from shared.events.assignments import InformationRequested, SubmissionAnswered, SubmissionAssigned
from shared.privacy.contacts import new_key

NOON = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

CONTACT_KEY = new_key()
TRACKING_KEYS = f"1:{urlsafe_b64encode(b'a test key of 32 bytes exactly..').decode()}"
SESSION_KEYS = urlsafe_b64encode(b"a session key of exactly 32 byte").decode()


def a_submission(status: Status = Status.RECEIVED, **changed: Any) -> Submission:
    answered_at = NOON - timedelta(days=1) if status in (Status.ANSWERED, Status.CLOSED) else None
    known: dict[str, Any] = {
        "reference": "00000-00000",
        "kind": "complaint",
        "text": "the lamp is out",
        "language": "en",
        "channel": "web",
        "received_at": NOON - timedelta(days=2),
        "status": status,
        "answered_at": answered_at,
        "question": {"id": "q1", "text": "which lamp?", "asked_at": NOON}
        if status == Status.AWAITING_CITIZEN
        else None,
    }
    return Submission(**known | changed)


def intake_settings(infrastructure: Any, database: str, topic_prefix: str, issuer: str = "", **changed: Any) -> Any:
    return IntakeSettings(
        kafka_bootstrap=infrastructure.kafka_bootstrap,
        mongo_uri=infrastructure.mongo_uri,
        mongo_database=database,
        topic_prefix=topic_prefix,
        kafka_partitions=3,
        contact_keys=CONTACT_KEY,
        tracking_keys=TRACKING_KEYS,
        session_keys=SESSION_KEYS,
        public_url="http://service",
        oidc_issuer=issuer or "http://127.0.0.1:9",
        **changed,
    )


def a_filing(**changed: Any) -> dict[str, Any]:
    return {"kind": "complaint", "text": "The lamp at Road 2825 is out.", "language": "en"} | changed


def assigned(id: str) -> SubmissionAssigned:
    return SubmissionAssigned(
        submission_id=id, from_state="in_triage", to_state="assigned", entity="works", decided_by="rule", reason="lamp"
    )


def asked(id: str, question: str = "q1") -> InformationRequested:
    return InformationRequested(
        submission_id=id,
        from_state="assigned",
        to_state="awaiting_citizen",
        entity="works",
        question_id=question,
        text="which lamp?",
        official="officer.works",
    )


def answered(id: str, text: str = "It shines again.") -> SubmissionAnswered:
    return SubmissionAnswered(
        submission_id=id,
        from_state="acknowledged",
        to_state="answered",
        entity="works",
        text=text,
        reason_code="done",
        official="officer.works",
    )
