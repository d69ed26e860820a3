"""The draft of a directory: what differs, item by item, and how it is done again on a newer publication."""

import itertools
from typing import Any

import pytest
from pydantic import ValidationError
from router.directory.differences import differences
from router.directory.model import MODELS, Country
from router.directory_drafts.model import NotThere, merged, with_item, without_item

from tests.support.router import a_country, a_rule, an_entity, an_official

Told = list[tuple[str, str, str]]


def country(**changed: Any) -> Country:
    return Country.model_validate(a_country(**changed))


def put(before: Country, name: str, document: dict[str, Any], in_front_of: str | None = None) -> Country:
    return with_item(before, name, MODELS[name].model_validate(document), in_front_of)


def told(before: Country | None, after: Country) -> Told:
    return [(each.list, each.id, each.what) for each in differences(before, after)]


def rules(of: Country) -> list[str]:
    return [rule.id for rule in of.rules]


def test_two_that_are_alike_do_not_differ() -> None:
    assert told(country(), country()) == []


def test_at_first_everything_is_new() -> None:
    assert {what for _, _, what in told(None, country())} == {"added"}


def test_a_change_names_the_fields_before_and_after() -> None:
    after = put(
        country(), "entities", an_entity("works", name={"ar": "«works»", "en": "Works and roads"}, email="a@b.example")
    )
    (change,) = differences(country(), after)
    assert (change.key, change.what) == ("entities:works", "changed")
    assert {each.field: (each.before, each.after) for each in change.fields} == {
        "name.en": ("Works", "Works and roads"),
        "email": (None, "a@b.example"),
    }


def test_what_came_and_what_went_is_told() -> None:
    after = put(without_item(country(), "officials", "triage"), "officials", an_official("new", "ewa"))
    assert told(country(), after) == [("officials", "new", "added"), ("officials", "triage", "removed")]


def test_of_rules_in_another_order_as_few_are_told_as_explain_it() -> None:
    before = country()
    for order in itertools.permutations(before.rules):
        after = before.model_copy(update={"rules": order})
        moved = {id for _, id, what in told(before, after) if what == "moved"}
        still = [rule.id for rule in order if rule.id not in moved]
        assert still == [id for id in rules(before) if id not in moved]
        first_to_the_end = [*before.rules[1:], before.rules[0]]
        assert len(moved) <= (1 if list(order) == first_to_the_end else len(order) - 1)


def test_the_order_of_entities_decides_nothing() -> None:
    before = country()
    assert told(before, before.model_copy(update={"entities": before.entities[::-1]})) == []


def test_a_new_rule_stands_before_the_last_or_where_it_is_wanted() -> None:
    new = a_rule("new", {"entity": "ewa"}, words=["lamp"])
    assert rules(put(country(), "rules", new)) == ["chosen", "potholes", "lighting", "rubbish", "new", "triage"]
    assert rules(put(country(), "rules", new, "potholes"))[:3] == ["chosen", "new", "potholes"]
    moved = put(country(), "rules", a_rule("rubbish", {"category": "rubbish"}), "chosen")
    assert rules(moved) == ["rubbish", "chosen", "potholes", "lighting", "triage"]
    changed = put(country(), "rules", a_rule("potholes", {"triage": True}), "potholes")
    assert rules(changed) == rules(country())


def test_nothing_goes_in_front_of_what_is_not_there_or_out_of_where_it_is_not() -> None:
    with pytest.raises(NotThere):
        put(country(), "rules", a_rule("new", {"triage": True}), "nothing")
    with pytest.raises(NotThere):
        without_item(country(), "rules", "nothing")


def test_a_list_that_must_not_be_empty_is_not_emptied() -> None:
    one = country(rules=a_country()["rules"][-1:])
    with pytest.raises(ValidationError):
        without_item(one, "rules", "triage")


def test_a_draft_is_done_again_on_what_was_published_meanwhile() -> None:
    base = country()
    draft = put(put(base, "entities", an_entity("draft")), "rules", a_rule("drafted", {"triage": True}), "lighting")
    draft = without_item(draft, "officials", "triage")
    newest = put(put(base, "entities", an_entity("elsewhere")), "rules", a_rule("newer", {"triage": True}), "rubbish")
    newest = put(newest, "entities", an_entity("ewa", email="ewa@ewa.example"))
    both, clashes = merged(base, draft, newest)
    assert clashes == []
    assert {entity.id for entity in both.entities} == {entity.id for entity in base.entities} | {"draft", "elsewhere"}
    assert [entity.email for entity in both.entities if entity.id == "ewa"] == ["ewa@ewa.example"]
    assert [official.id for official in both.officials] == ["officer.works"]
    assert rules(both) == ["chosen", "potholes", "drafted", "lighting", "newer", "rubbish", "triage"]


def test_where_both_changed_the_same_the_drafts_stays_and_is_named() -> None:
    base = country()
    draft = put(base, "entities", an_entity("works", email="draft@works.example"))
    newest = put(without_item(base, "officials", "triage"), "entities", an_entity("works", email="new@works.example"))
    draft = put(draft, "officials", an_official("triage", "central-office", "head"))
    both, clashes = merged(base, draft, newest)
    assert clashes == ["entities:works", "officials:triage"]
    assert [entity.email for entity in both.entities if entity.id == "works"] == ["draft@works.example"]
    assert "triage" in {official.id for official in both.officials}


def test_an_order_of_the_rules_that_the_draft_made_stays() -> None:
    base = country()
    draft = put(base, "rules", a_rule("rubbish", {"category": "rubbish"}, words=["قمامة", "rubbish"]), "chosen")
    newest = put(base, "rules", a_rule("newer", {"triage": True}), "triage")
    both, clashes = merged(base, draft, newest)
    assert (rules(both), clashes) == (["rubbish", "newer", "chosen", "potholes", "lighting", "triage"], [])


def test_alike_in_both_is_no_clash() -> None:
    same = put(country(), "entities", an_entity("works", email="a@b.example"))
    assert merged(country(), same, same) == (same, [])
