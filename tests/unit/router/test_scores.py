"""How good a classifier is said to be."""

import pytest
from router.text_model.scores import (
    LEAST_OF_ITS_OWN,
    Judged,
    Scores,
    by_language,
    confusions,
    on_the_same,
    options,
    right_at_least,
    scores,
    thresholds,
)


def a_text(probability: float, right: bool = True, entity: str = "works", **more: object) -> Judged:
    """Taken for the entity's; it is that, or another's."""
    known = {
        "language": "en",
        "category": entity if right else "another",
        "entity": entity if right else "another",
        "guesses": (entity, "second", "third"),
        "probability": probability,
        "guessed_entity": entity,
        "entity_probability": probability,
    }
    return Judged(**known | more)  # type: ignore[arg-type]


def test_shares_are_counted() -> None:
    found = scores([a_text(0.9), a_text(0.8, right=False), a_text(0.7, category="third"), a_text(0.1)], 0.5)
    assert (found.texts, found.accuracy, found.among_three, found.entity_accuracy) == (4, 0.5, 0.75, 0.75)


def test_coverage_is_the_largest_share_that_is_as_surely_right_as_a_threshold_is() -> None:
    texts = [*[a_text(0.9)] * 60, *[a_text(0.8), a_text(0.8, right=False)] * 20, *[a_text(0.7, right=False)] * 20]
    assert scores(texts, 0.95).coverage == pytest.approx(60 / 120)
    assert scores(texts, 0.7).coverage == pytest.approx(100 / 120)
    assert scores(texts, 0.5).coverage == 1
    assert scores([a_text(0.9, right=False), *[a_text(0.8)] * 60], 0.98).coverage == 0
    assert scores([a_text(0.9)] * 30, 0.95).coverage == 0, "30 of 30 may be luck"


def test_texts_as_likely_as_one_another_are_covered_together_or_not() -> None:
    assert scores([*[a_text(0.9)] * 60, *[a_text(0.9, right=False)] * 10], 0.95).coverage == 0


def test_what_is_decided_alone_is_judged_by_itself() -> None:
    found = scores([a_text(0.9, is_sure=True), a_text(0.8, right=False, is_sure=True), a_text(0.7)], 0.95)
    assert found.sure == pytest.approx(2 / 3)
    assert found.sure_right == 0.5
    assert scores([a_text(0.9)], 0.95).sure_right is None


def test_a_probability_is_off_by_how_often_it_is_right() -> None:
    """Nine of ten that it calls 0.9 likely are right, all of those that it calls 0.3 likely."""
    texts = [a_text(0.9, right=place > 0) for place in range(10)] + [a_text(0.3) for _ in range(10)]
    found = scores(texts, 0.95)
    assert found.calibration_error == pytest.approx(0.7 / 2)
    assert [(each.texts, round(each.said, 3), each.right) for each in found.bins] == [(10, 0.3, 1.0), (10, 0.9, 0.9)]
    assert scores([a_text(1.0)], 0.95).calibration_error == 0


def test_nothing_judged_has_no_scores() -> None:
    with pytest.raises(ValueError, match="no text"):
        scores([], 0.95)


def test_languages_are_told_apart_and_confusions_counted() -> None:
    texts = [a_text(0.9, language="en"), a_text(0.9, right=False, language="ar"), a_text(0.8, right=False)]
    assert {language: len(some) for language, some in by_language(texts).items()} == {"ar": 1, "en": 2}
    assert confusions(texts, 5) == [("another", "works", 2)]


def test_an_entity_with_few_texts_has_the_threshold_of_all() -> None:
    many = [a_text(0.6) for _ in range(LEAST_OF_ITS_OWN)]
    few = [a_text(0.9, entity="ewa"), a_text(0.4, right=False, entity="ewa")]
    known = thresholds([[*many, *few]], 0.9)
    assert known.of == {"works": 0.6}
    assert known.of_all == 0.6


def test_an_entity_that_is_never_right_is_never_decided_alone() -> None:
    wrong = [a_text(0.9, right=False) for _ in range(LEAST_OF_ITS_OWN)]
    known = thresholds([wrong], 0.95)
    assert known.of == {"works": None}
    assert not known.reached("works", 1.0)


def test_an_entity_of_one_place_is_judged_where_it_is() -> None:
    here = [a_text(0.8, entity="west") for _ in range(LEAST_OF_ITS_OWN)]
    there = [a_text(0.7, entity="east") for _ in range(LEAST_OF_ITS_OWN)]
    assert thresholds([here, there], 0.9).of == {"east": 0.7, "west": 0.8}


def test_few_that_were_right_do_not_make_it_certain_that_the_next_ones_will_be() -> None:
    assert [round(right_at_least(right, texts), 3) for right, texts in ((9, 9), (30, 30), (52, 52), (980, 1000))] == [
        0.769,
        0.917,
        0.951,
        0.971,
    ]
    assert thresholds([[a_text(0.9) for _ in range(51)]], 0.95).of_all is None, "a person decides"
    assert thresholds([[a_text(0.9) for _ in range(52)]], 0.95).of_all == 0.9
    assert thresholds([[a_text(0.9) for _ in range(9)]], 0.75).of_all == 0.9, "of less that is wanted fewer are enough"


def test_the_same_texts_at_several_places_are_no_more_texts() -> None:
    texts = [a_text(0.9) for _ in range(30)]
    assert thresholds([texts, texts, texts], 0.95).of_all is None
    assert thresholds([texts, texts, texts], 0.9).of_all == 0.9


def test_an_entity_with_too_few_texts_to_be_certain_is_decided_where_all_are_and_its_own_bear_it_out() -> None:
    of_others = [a_text(0.85, entity="ewa") for _ in range(60)]
    of_works = [a_text(0.8) for _ in range(LEAST_OF_ITS_OWN)] + [a_text(0.7, right=False) for _ in range(10)]
    known = thresholds([[*of_others, *of_works, *[a_text(0.3, right=False)] * 30]], 0.95)
    assert known.of_all == 0.8
    assert known.of == {"ewa": 0.85, "works": 0.8}
    assert thresholds([of_works], 0.95).of == {"works": None}, "nor are all"


def test_what_a_share_would_mean_is_said_by_the_thresholds_that_it_would_lead_to() -> None:
    texts = [a_text(0.9) for _ in range(40)] + [a_text(0.5, right=False) for _ in range(10)]
    said = {option.precision: (option.least, option.decided, option.right) for option in options([texts])["works"]}
    assert (said[0.95], said[0.9]) == ((None, 0, 0), (0.9, 40, 40))


def judged_on(texts: str | None, accuracy: float = 0.5) -> Scores:
    found = scores([a_text(0.9)], 0.95)
    return found.model_copy(update={"judged_on": texts, "accuracy": accuracy})


def test_two_models_are_compared_on_the_texts_that_both_were_judged_on() -> None:
    kept, learnt, others = judged_on("kept"), judged_on("learnt"), judged_on("kept", 0.9)
    assert on_the_same((kept, learnt), (others, learnt)) == (kept, others)
    assert on_the_same((None, learnt), (kept, learnt)) == (learnt, learnt)


def test_nothing_is_compared_over_different_texts_or_over_nobody_knows_which() -> None:
    assert on_the_same((None, judged_on("corrections")), (judged_on("kept"), judged_on("learnt"))) is None
    assert on_the_same((judged_on(None), None), (judged_on(None), None)) is None
    assert on_the_same((None, None), (None, None)) is None
