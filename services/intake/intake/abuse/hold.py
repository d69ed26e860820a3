"""The hold on a submission: stored and acknowledged, but not published to other services before a moderator decides."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from shared.events.envelope import OutgoingEvent


class Hold(BaseModel):
    """`waiting` holds the unpublished events in their order; `entries` are the ids on the abuse list that matched."""

    model_config = ConfigDict(extra="ignore")

    at: datetime
    entries: list[str]
    is_open: bool = True
    waiting: list[dict[str, Any]] = []
    decision: str | None = None
    decided_at: datetime | None = None
    decided_by: str | None = None
    reason: str | None = None

    def with_waiting(self, drafts: Sequence[OutgoingEvent]) -> "Hold":
        return self.model_copy(update={"waiting": [*self.waiting, *map(_stored, drafts)]})

    def decided(self, decision: str, by: str, reason: str, now: datetime) -> "Hold":
        known = {"decision": decision, "decided_by": by, "reason": reason, "decided_at": now}
        return self.model_copy(update={"is_open": False, "waiting": [], **known})


def _stored(draft: OutgoingEvent) -> dict[str, Any]:
    return {
        "topic": draft.topic.name,
        "data": draft.data.model_dump(mode="json"),
        "key": draft.key,
        "id": draft.id,
    }
