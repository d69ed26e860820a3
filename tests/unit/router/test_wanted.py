"""Who has which signs: intersected as far as it is known, and where the signs of an assignment stand."""

from datetime import timedelta

import pytest
from router.cases.case_query import CaseQuery, TermMatches, rarest, signs_field
from router.cases.erased import without_words
from router.cases.life import OVER, UNDER_WAY, Move, State
from shared.storage.cursors import Place

from tests.support.router import NOW, an_assignment


def at(*hours: int) -> dict[Place, str]:
    return {(NOW - timedelta(hours=hour), f"id-{hour}"): "works" for hour in hours}


def cut_off(*hours: int) -> TermMatches:
    """As far as it was looked at."""
    return TermMatches(at(*hours), [*at(*hours)][-1])


def test_the_group_that_fewest_have_is_looked_through() -> None:
    assert rarest([TermMatches(at(1, 2, 3, 4), None), TermMatches(at(2, 4, 9), None)]) == 1
    assert rarest([cut_off(1, 2), TermMatches(at(2, 3, 5, 7), None)]) == 1, "of which all are known"
    assert rarest([cut_off(1, 2, 3), cut_off(1, 4, 8), cut_off(1, 2, 7)]) == 1, "that reaches back furthest"


def test_behind_where_a_frequent_word_was_cut_off_it_is_open_who_has_it() -> None:
    rare = at(2, 3, 5, 7)
    assert cut_off(1, 2, 3).leaves_open(rare) == [*at(5, 7)]
    assert TermMatches(at(1, 2, 3), None).leaves_open(rare) == []


def test_words_of_what_is_under_way_and_of_what_is_over_are_not_looked_for_at_once() -> None:
    assert [signs_field(CaseQuery(states)) for states in (UNDER_WAY, OVER)] == ["state.found_by", "state.found_over"]
    with pytest.raises(ValueError, match="at once"):
        signs_field(CaseQuery([State.ASSIGNED, State.CLOSED]))


def test_the_signs_of_an_assignment_go_where_its_state_has_them_and_stay_while_it_only_moves_on() -> None:
    assigned = an_assignment(found_by=("light",))
    acknowledged = assigned.moved(Move.ACKNOWLEDGE, "SubmissionAcknowledged", "officer.works", NOW)
    assert (acknowledged.found_by, acknowledged.found_over) == (("light",), None)
    answered = acknowledged.moved(Move.ANSWER, "SubmissionAnswered", "officer.works", NOW, "Done.")
    assert (answered.found_by, answered.found_over) == (None, ("light",))
    again = answered.moved(Move.REOPEN, "SubmissionReopened", "citizen", NOW)
    assert (again.found_by, again.found_over, again.signs) == (("light",), None, ("light",))
    erased = without_words(answered)
    assert (erased.found_by, erased.found_over, erased.signs) == (None, None, ())
