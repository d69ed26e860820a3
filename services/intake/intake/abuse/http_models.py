"""Bodies of requests and answers about the abuse list and what it holds."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field
from shared.storage.paging import Paged

from intake.abuse.model import AbuseList, Entry, Sign
from intake.http.models import Sent, ShortText
from intake.submissions.model import Submission


class EntrySent(Sent):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"sign": "domain", "value": "throwaway.example", "reason": "Floods us since Monday."}]
        }
    )

    sign: Sign
    value: str = Field(min_length=1, max_length=254)
    reason: ShortText


class DecisionSent(Sent):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "A real report: that is a street's name."}]})

    reason: ShortText


class WatchedShown(BaseModel):
    entries: list[Entry]


class HeldShown(BaseModel):
    """`held_for` lists the entries that matched; entries that were removed since then are missing."""

    reference: str
    kind: str
    language: str
    text: str
    status: str
    received_at: datetime
    category: str | None
    has_contact: bool
    held_for: list[Entry]
    decision: str | None = None


class HeldPage(Paged):
    items: list[HeldShown]


def held_json(submission: Submission, current: AbuseList) -> HeldShown:
    assert submission.hold is not None
    return HeldShown(
        reference=submission.reference,
        kind=submission.kind,
        language=submission.language,
        text=submission.text,
        status=submission.status,
        received_at=submission.received_at,
        category=submission.category,
        has_contact=submission.contact_id is not None,
        held_for=[entry for entry in current.entries if entry.id in submission.hold.entries],
        decision=submission.hold.decision,
    )
