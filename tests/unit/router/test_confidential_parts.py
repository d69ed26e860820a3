"""Parts of a submission that is read by those alone who are named: who reads them, and who is told."""

import pytest
from router.cases.life import Move
from router.cases.model import Assignment, NotPossible
from router.casework import decisions as work
from router.sub_cases import decisions as sub_cases
from shared.events.assignments import ConfidentialityChanged, SubCaseConfided, SubCaseReceived, SubmissionAssigned

from tests.support.parts import LATER, PART, opened
from tests.support.router import A_SUBMISSION, NOW, an_assignment


def confided() -> tuple[Assignment, Assignment]:
    """The parent and its part, for which the head of its entity named an officer."""
    parent, part = opened(an_assignment(named=("a", "b")))
    named = ("officer.ewa", "head.ewa")
    its, noted = sub_cases.confide(PART, part, parent, named, "Who knows the cable.", "head.ewa", LATER)
    assert noted is not None
    (event,), (told,) = ([draft.data for draft in each.events] for each in (its, noted))
    assert isinstance(event, ConfidentialityChanged)
    assert (event.submission_id, event.officials) == (PART, ("a", "b", "officer.ewa", "head.ewa"))
    assert isinstance(told, SubCaseConfided)
    assert (told.submission_id, told.sub_case, told.entity) == (A_SUBMISSION, "1", "ewa")
    assert told.officials == ("officer.ewa", "head.ewa")
    assert noted.state.history[-1].why is None, "why is said where the part is read"
    return noted.state, its.state


def test_of_a_confidential_part_its_entity_names_officials_beside_those_who_read_the_whole() -> None:
    parent, part = confided()
    assert (part.named, part.named_here) == (("a", "b", "officer.ewa", "head.ewa"), ("officer.ewa", "head.ewa"))
    assert parent.named == ("a", "b")
    assert sub_cases.follow(PART, part, parent, LATER) is None, "they stay"
    others = work.confide(A_SUBMISSION, parent, ("a",), "Settled.", "c", LATER).state
    followed = sub_cases.follow(PART, part, others, LATER)
    assert followed is not None
    assert followed.state.named == ("a", "c", "officer.ewa", "head.ewa")
    again, noted = sub_cases.confide(PART, part, parent, (), "The head does it.", "head.ewa", LATER)
    assert (again.state.named, again.state.named_here) == (("a", "b"), None)
    assert noted is not None
    assert [draft.data.officials for draft in noted.events if isinstance(draft.data, SubCaseConfided)] == [()]
    freed = sub_cases.follow(PART, part, work.confide(A_SUBMISSION, parent, (), "Settled.", "b", LATER).state, LATER)
    assert freed is not None
    assert (freed.state.named, freed.state.named_here) == (None, None), "confided once more, they are named anew"


def test_who_reads_the_whole_and_names_officials_for_a_part_reads_that_as_long_as_the_whole() -> None:
    parent, part = opened(an_assignment(named=("a", "b")))
    its, _ = sub_cases.confide(PART, part, parent, ("officer.ewa",), "Who knows the cable.", "b", LATER)
    without_b = work.confide(A_SUBMISSION, parent, ("a",), "Settled.", "a", LATER).state
    followed = sub_cases.follow(PART, its.state, without_b, LATER)
    assert followed is not None
    assert followed.state.named == ("a", "officer.ewa")


def test_whom_an_entity_named_for_its_part_does_not_go_with_it_to_another() -> None:
    parent, part = confided()
    moving = work.transfer(PART, part, "traffic", "It is theirs.", "head.ewa", 1, LATER)
    over = sub_cases.handed_over(PART, moving, parent, "head.ewa")
    assert (over.state.named, over.state.named_here, over.state.entity) == (("a", "b"), None, "traffic")
    event = over.events[-1].data
    assert isinstance(event, ConfidentialityChanged)
    assert (event.officials, event.entity) == (("a", "b"), "traffic")
    assert sub_cases.handed_over(PART, over, parent, "head.ewa") is over


def test_nobody_is_named_for_a_part_of_what_everybody_of_the_entity_reads() -> None:
    parent, part = opened()
    assert not part.allows(Move.CONFIDE)
    with pytest.raises(NotPossible):
        sub_cases.confide(PART, part, parent, ("officer.ewa",), "Why not?", "head.ewa", LATER)


def test_of_a_confidential_part_others_are_told_nothing_from_its_beginning() -> None:
    _, part = sub_cases.open_sub_case(A_SUBMISSION, an_assignment(named=("a",)), "ewa", "Who?", "a", 1, NOW)
    assert part is not None
    told = [type(draft.data) for draft in part.events]
    assert told == [SubCaseReceived, ConfidentialityChanged, SubmissionAssigned]
    assert part.state.named == ("a",)
