"""Rules are tried against what came in before: what would go elsewhere is counted, and whether that is nearer."""

from typing import Any

from router.cases.erased import without_words
from router.cases.life import State
from router.cases.model import Assignment, Decided
from router.directory_drafts.trial import End, Move, trial

from tests.support.router import a_country, a_directory, a_rule, an_assignment, received

LAMPS = a_rule("lamps", {"entity": "ewa"}, words=["lamp"])


def drafted(*rules: dict[str, Any]) -> Any:
    return a_directory(2, rules=[*rules, *a_country()["rules"]])


def past(text: str, entity: str = "works", **changed: Any) -> Assignment:
    assignment = an_assignment(State.ANSWERED, entity, **changed)
    assert assignment.submission is not None
    said = received(text=text).model_dump(include=set(type(assignment.submission).model_fields))
    return assignment.changed(submission=assignment.submission.model_validate(said))


def test_the_same_rules_move_nothing() -> None:
    found = trial([past("a pothole"), past("a lamp")], a_directory(), drafted())
    assert (found.tried, found.moved, found.moves) == (2, 0, ())


def test_what_would_go_elsewhere_is_counted_by_the_rules_that_decide() -> None:
    cases = [past("a lamp", "ewa"), past("a lamp", "ewa"), past("a lamp", "works"), past("a pothole")]
    found = trial(cases, a_directory(), drafted(LAMPS))
    before, after = End("triage", "central-office", True), End("lamps", "ewa", False)
    assert (found.tried, found.moved) == (4, 3)
    assert found.moves == (Move(before, after, 3, nearer=2, farther=0),)


def test_a_rule_that_takes_away_what_was_right_is_seen() -> None:
    wrong = a_rule("wrong", {"entity": "ewa"}, words=["pothole"])
    (move,) = trial([past("a pothole"), past("a pothole", "ewa")], a_directory(), drafted(wrong)).moves
    assert (move.count, move.nearer, move.farther) == (2, 1, 1)


def test_another_rule_with_the_same_end_moves_nothing() -> None:
    same = a_rule("same", {"entity": "works"}, words=["pothole"])
    assert trial([past("a pothole")], a_directory(), drafted(same)).moved == 0


def test_what_its_author_chose_decides_also_where_it_was_not_kept() -> None:
    kept = past("Hello.")
    assert kept.submission is not None
    kept = kept.changed(submission=kept.submission.model_copy(update={"category": "roads.lighting"}))
    by_catalogue = Decided(by="rule", reason="chosen", rule="chosen", directory_version=1)
    older = past("Hello.", category="roads.lighting", decided=by_catalogue)
    moved_since = past("Hello.", category="roads.lighting", decided=Decided(by="person", reason="It is dark."))
    first = a_rule("first", {"entity": "works"}, categories=["roads.lighting"])
    assert trial([kept, older, moved_since], a_directory(), drafted(first)).moved == 2


def test_what_has_no_words_any_more_is_left_out() -> None:
    erased = without_words(past("a lamp"))
    shell = an_assignment(State.EXPECTED)
    assert trial([erased, shell], a_directory(), drafted(LAMPS)).tried == 0
