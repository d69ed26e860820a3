"""A rule that decides by words has to be shown to be right; below that a person decides."""

import pytest
from router.assigning.commands import by_rules
from router.assigning.rule_evidence import RuleEvidence, digest_of_rule, evidence, unproven
from router.directory.model import Country
from shared.events.model import Priority

from tests.support.router import a_category, a_country, a_directory, a_rule, received

POTHOLES = a_rule("potholes", {"category": "roads.pothole"}, words=["pothole"])
TRIAGE = a_rule("triage", {"triage": True})


def a_country_with(*rules: object) -> Country:
    return Country.model_validate(a_country(rules=[*rules, TRIAGE]))


def known(country: Country, hits: int, right: int) -> dict[str, RuleEvidence]:
    (rule, _) = country.rules
    return {rule.id: RuleEvidence(of=digest_of_rule(rule), hits=hits, right=right)}


def test_a_rule_is_judged_by_the_texts_that_its_words_are_in() -> None:
    said = [
        ("A pothole in our street", "roads.pothole"),
        ("Potholes everywhere", "roads.pothole"),
        ("Since the pothole was filled nobody collects the rubbish", "rubbish"),
        ("The lamp is out", "roads.lighting"),
        ("No pothole, just greetings", "none"),
    ]
    found = evidence(a_country_with(POTHOLES), said)["potholes"]
    assert (found.hits, found.right) == (4, 2)


@pytest.mark.parametrize(
    ("hits", "right", "is_proven"), [(200, 200, True), (200, 190, False), (20, 20, False), (0, 0, False)]
)
def test_it_decides_while_it_is_surely_right_as_often_as_demanded(hits: int, right: int, is_proven: bool) -> None:
    country = a_country_with(POTHOLES)
    assert unproven(country.rules, known(country, hits, right), 0.97) == (set() if is_proven else {"potholes"})


def test_a_rule_that_was_changed_since_is_not_proven_any_more() -> None:
    before = a_country_with(POTHOLES)
    changed = a_country_with(a_rule("potholes", {"category": "roads.pothole"}, words=["hole"]))
    assert unproven(changed.rules, known(before, 200, 200), 0.97) == {"potholes"}


@pytest.mark.parametrize(
    "when", [{}, {"categories": ["rubbish"]}, {"words": ["pothole"], "categories": ["rubbish"]}, {"areas": ["west"]}]
)
def test_rules_on_anything_else_are_not_in_question(when: dict[str, list[str]]) -> None:
    country = a_country_with(a_rule("another", {"category": "roads.pothole"}, **when))
    assert unproven(country.rules, {}, 0.97) == set()


def test_a_clue_leaves_it_to_the_classifier_or_a_person() -> None:
    directory = a_directory(rules=[POTHOLES, TRIAGE])
    data = received(text="A pothole in our street")
    assert by_rules(data, directory).route.rule == "potholes"
    route = by_rules(data, directory, frozenset({"potholes"})).route
    assert (route.rule, route.triage, route.is_open) == ("triage", True, True)


def test_a_clue_of_danger_is_shown_to_a_person_at_once() -> None:
    cables = a_category("cables", entity="ewa", priority="urgent")
    rule = a_rule("exposed", {"category": "cables"}, words=["exposed cable"])
    directory = a_directory(rules=[rule, TRIAGE], categories=[*a_country()["categories"], cables])
    route = by_rules(received(text="An exposed cable near the school"), directory, frozenset({"exposed"})).route
    assert (route.triage, route.priority, route.is_open) == (True, Priority.URGENT, False)
    assert "danger to life" in route.reason
    assert route.words == ("exposed cable",)
