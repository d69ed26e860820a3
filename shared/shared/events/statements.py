"""Statements: what an owner has published of its submissions, read from its database (`tawasul.*-stated.v1`).

A consumer holds them against what it has taken (`shared/reconciler.py`). They name ids and numbers only, and nothing is
lost with one of them: the next says the same again.
"""

from typing import Literal

from pydantic import Field

from shared.events.model import EventData, Moment, SubmissionId, Value

MOST_ENTRIES = 500


class PublishedEvent(Value):
    """One event that was sent since the last statement."""

    id: str = Field(min_length=1, max_length=100)
    type: str = Field(min_length=1, max_length=100)
    sequence: int = Field(ge=1)


class StatedSubmission(Value):
    """`sequence`: the newest that the owner gave on its topic; all up to it were published. `events` are those of them
    that it sent lately, as far as it knows. `is_open`: something is still to come of it, by the owner's own life.
    `is_part`: a sub-case, which has officials and no author. `received_at`: when it was received, where its owner keeps
    that; none of its events is older, but for what comes from another system.
    """

    submission_id: SubmissionId
    sequence: int = Field(ge=0)
    is_open: bool = False
    is_part: bool = False
    received_at: Moment | None = None
    events: tuple[PublishedEvent, ...] = ()


class Statement(EventData):
    """`rounds` are those that operators asked for, whole, and that this belongs to; `is_last`: the last of them."""

    read_at: Moment
    entries: tuple[StatedSubmission, ...] = Field(default=(), max_length=MOST_ENTRIES)
    rounds: tuple[str, ...] = ()
    is_last: bool = False


class SubmissionsStated(Statement):
    type: Literal["SubmissionsStated"] = "SubmissionsStated"


class AssignmentsStated(Statement):
    type: Literal["AssignmentsStated"] = "AssignmentsStated"


class DeadlinesStated(Statement):
    type: Literal["DeadlinesStated"] = "DeadlinesStated"


class NotificationsStated(Statement):
    type: Literal["NotificationsStated"] = "NotificationsStated"
