"""The id of a consequence is made from its event, so it is the same each time it is concluded."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from pydantic import BaseModel
from shared.events.envelope import Cause, OutgoingEvent, id_of_consequence
from shared.events.submissions import SubmissionClosed, SubmissionRated
from shared.ids import new_id
from shared.storage.aggregates import Decision, StoredAggregate

NOON = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SOURCE = "/tawasul/intake"
A_SUBMISSION = "0b8f6f0e-3a3d-4c52-9c1e-2f4f0f3f5a11"


class State(BaseModel):
    pass


def two_facts(id: str) -> Decision[State]:
    rated = SubmissionRated(submission_id=id, from_state="answered", to_state="closed", score=4)
    closed = SubmissionClosed(submission_id=id, from_state="closed", to_state="closed", reason="rated")
    return Decision(State(), [OutgoingEvent(rated), OutgoingEvent(closed)])


def concluded(from_event: str | None, id: str = A_SUBMISSION) -> list[str]:
    aggregate: StoredAggregate[State] = StoredAggregate(id)
    aggregate.apply(two_facts(id), SOURCE, NOON, Cause("c"), concluded_from=from_event)
    return [entry["id"] for entry in aggregate.entries]


def test_concluded_again_it_is_the_same_event() -> None:
    cause = new_id()
    assert concluded(cause) == concluded(cause)


def test_each_conclusion_of_one_event_is_one_of_its_own() -> None:
    cause = new_id()
    ids = [*concluded(cause), id_of_consequence(cause, "/tawasul/router", 0), *concluded(new_id())]
    assert len(set(ids)) == len(ids)


def test_what_follows_from_no_event_is_new_each_time() -> None:
    assert set(concluded(None)) & set(concluded(None)) == set()


def test_its_id_sorts_where_its_cause_does() -> None:
    causes = [new_id() for _ in range(50)]
    conclusions = [id_of_consequence(cause, SOURCE, 0) for cause in causes]
    assert [UUID(id).int >> 80 for id in conclusions] == [UUID(id).int >> 80 for id in causes]
    assert {UUID(id).version for id in conclusions} == {8}
    # and what is concluded from a conclusion keeps that place
    assert UUID(id_of_consequence(conclusions[0], SOURCE, 0)).int >> 80 == UUID(causes[0]).int >> 80


def test_a_cause_of_another_kind_is_taken_as_well() -> None:
    cause = str(uuid4())
    assert id_of_consequence(cause, SOURCE, 0) == id_of_consequence(cause, SOURCE, 0)
    assert UUID(id_of_consequence(cause, SOURCE, 0)) != UUID(cause)
