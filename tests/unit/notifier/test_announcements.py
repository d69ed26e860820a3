"""What is told to everybody who asked to hear of an area or a category: once, of what is published, and never late."""

from datetime import timedelta
from typing import Any

import pytest
from notifier.cases.model import Case
from notifier.notifications.model import TOO_OLD
from notifier.planning.commands import tell
from notifier.planning.table import Row
from pydantic import ValidationError
from shared.events.directory import AreaChanged, CategoryChanged
from shared.events.model import Name

from tests.support.notifier import NOW, a_directory, a_fact, an_event, received, the_messages, the_table


def announced(*facts: Any, later: timedelta = timedelta(0)) -> list[dict[str, Any]]:
    """The announcements that are stored when these events happen one after the other."""
    potholes = CategoryChanged.model_validate(
        {"category": "potholes", "parent": "roads", "name": {"ar": "الحفر", "en": "Potholes"}}
    )
    ring = ((50.5, 26.1), (50.7, 26.1), (50.7, 26.3), (50.5, 26.3), (50.5, 26.1))
    capital = AreaChanged(area="capital", name=Name(ar="العاصمة", en="Capital"), polygon=(ring,))
    directory, case, found = a_directory(potholes, capital), None, []
    for number, fact in enumerate(facts, start=1):
        event = an_event(fact, number, NOW + timedelta(seconds=number))
        decision = tell(case, event, directory, the_table(), NOW + later)
        case = decision.state
        found += [document for collection, document in decision.records if collection == "announcements"]
    assert isinstance(case, Case)
    return found


def test_what_is_published_is_announced_to_its_area_and_its_category_with_those_above_it() -> None:
    here, published = {"lat": 26.2, "lon": 50.6}, a_fact("SubmissionPublished")
    (one,) = announced(received(category="potholes", location=here), published)
    assert (one["area"], one["categories"]) == ("capital", ("potholes", "roads"))
    assert [each["area"] for each in announced(published, received(location=here))] == ["capital"]
    assert [each["area"] for each in announced(received(), published)] == [None]
    assert one["but_not"] == ("citizen.maryam",)
    assert one["params"]["en"]["category"] == "Potholes"
    assert one["params"]["ar"]["category"] == "الحفر"
    assert "text" not in one["params"]["en"]
    for language, params in one["params"].items():
        brief = the_messages().brief("published-for-you", language, params)
        assert params["category"] in brief.text
        assert "None" not in brief.text


def test_it_is_announced_once_however_often_what_is_shown_of_it_changes() -> None:
    published, hidden = a_fact("SubmissionPublished"), a_fact("SubmissionHidden")
    assert len(announced(received(), published, published, hidden, published)) == 1
    assert len(announced(published, received())) == 1, "the two came in another order"


def test_a_rebuild_announces_nothing_and_neither_does_an_import() -> None:
    published = a_fact("SubmissionPublished")
    assert announced(received(), published, later=TOO_OLD + timedelta(minutes=1)) == []
    assert announced(received(channel="import"), published) == []


def test_subscribers_are_told_in_their_inbox_alone() -> None:
    row = {"event": "SubmissionPublished", "audience": "subscriber", "template": "published-for-you"}
    assert Row.model_validate(row | {"channels": ["inbox"]})
    for wrong in ({}, {"channels": ["mail"]}, {"channels": ["inbox"], "lane": "urgent"}):
        with pytest.raises(ValidationError, match="in their inbox"):
            Row.model_validate(row | wrong)
