"""What the classifier says of a text becomes suggestions, and a decision where it is sure enough."""

import pytest
from router.classifier.suggestions import Likely, Thresholds, Verdict, verdict

ENTITIES = {"roads.pothole": "works", "roads.pavement": "works", "roads.lighting": "ewa"}
HALF = Thresholds(precision=0.95, of_all=0.5)


def said(known: Thresholds = HALF, **probabilities: float) -> Verdict:
    named = {name.replace("__", "."): probability for name, probability in probabilities.items()}
    return verdict(named.items(), ENTITIES.get, known)


def test_the_three_likeliest_are_suggested_the_likeliest_first() -> None:
    answer = said(roads__lighting=0.2, roads__pothole=0.4, rubbish=0.1, roads__pavement=0.3)
    assert [likely.category for likely in answer.best] == ["roads.pothole", "roads.pavement", "roads.lighting"]
    assert answer.best[0] == Likely("roads.pothole", "works", 0.4)


def test_what_is_hardly_possible_is_not_suggested() -> None:
    assert [likely.category for likely in said(roads__pothole=0.98, rubbish=0.01).best] == ["roads.pothole"]


def test_an_entity_is_as_likely_as_all_its_categories_together() -> None:
    answer = said(roads__pothole=0.3, roads__pavement=0.3, roads__lighting=0.4)
    assert (answer.entity, answer.is_sure) == ("works", True)
    assert answer.probability == pytest.approx(0.6)


def test_a_category_is_named_only_where_it_is_likelier_than_the_entitys_others_together() -> None:
    assert said(roads__pothole=0.5, roads__pavement=0.3).category == "roads.pothole"
    assert said(roads__pothole=0.4, roads__pavement=0.4).category is None


def test_a_category_that_nobody_answers_for_here_is_suggested_and_decides_nothing() -> None:
    answer = said(rubbish=0.9, roads__pothole=0.1)
    assert answer.best[0] == Likely("rubbish", None, 0.9)
    assert (answer.entity, answer.is_sure) == ("works", False)
    assert said(rubbish=1.0) == Verdict((Likely("rubbish", None, 1.0),))


def test_nothing_likely_is_nothing_said() -> None:
    assert verdict([], ENTITIES.get, HALF) == Verdict()


def test_each_entity_has_its_threshold_and_the_rest_one_for_all() -> None:
    known = Thresholds(precision=0.95, of_all=0.9, of={"works": 0.3, "ewa": None})
    assert said(known, roads__pothole=0.4).is_sure
    assert not said(known, roads__lighting=1.0).is_sure
    assert known.reached("health", 0.9)
    assert not known.reached("health", 0.89)
    assert not Thresholds(precision=0.95).reached("works", 1.0)


def test_those_as_likely_as_one_another_stand_in_the_order_of_their_names() -> None:
    assert said(b=0.5, a=0.5).best[0].category == "a"
