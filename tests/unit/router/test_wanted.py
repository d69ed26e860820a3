"""Who has which signs: intersected as far as it is known, and where the signs of an assignment stand."""

from datetime import timedelta

import pytest
from router.domain.erased import without_words
from router.domain.life import OVER, UNDER_WAY, Move, State
from router.wanted import Having, Wanted, candidates, signs_field
from shared.cursors import Place

from tests.support.router import NOW, an_assignment


def at(*hours: int) -> list[Place]:
    return [(NOW - timedelta(hours=hour), f"id-{hour}") for hour in hours]


def test_who_has_all_words_is_the_intersection_where_all_are_known() -> None:
    assert candidates([Having(at(1, 2, 3, 4), None), Having(at(2, 4, 9), None)]) == Having(at(2, 4), None)


def test_behind_where_a_frequent_word_was_cut_off_its_documents_are_asked() -> None:
    frequent, rare = Having(at(1, 2, 3), at(3)[0]), Having(at(2, 3, 5, 7), None)
    assert candidates([frequent, rare]) == Having(at(2, 3, 5, 7), None)
    assert candidates([Having(at(1, 3, 4), at(4)[0]), rare]) == Having(at(3, 5, 7), None), "2 is excluded"


def test_of_frequent_words_the_one_that_reaches_back_furthest_is_looked_through_as_far_as_it_reaches() -> None:
    one, another = Having(at(1, 2, 3), at(3)[0]), Having(at(1, 4, 8), at(8)[0])
    assert candidates([one, another]) == Having(at(1, 4, 8), at(8)[0])


def test_words_of_what_is_under_way_and_of_what_is_over_are_not_looked_for_at_once() -> None:
    assert [signs_field(Wanted(states)) for states in (UNDER_WAY, OVER)] == ["state.found_by", "state.found_over"]
    with pytest.raises(ValueError, match="at once"):
        signs_field(Wanted([State.ASSIGNED, State.CLOSED]))


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
