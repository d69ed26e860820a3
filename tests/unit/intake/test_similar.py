"""Similar submissions are found by what the public reads, and never by what was removed."""

from datetime import timedelta
from itertools import count
from typing import Any

from intake.publication.model import Publication, PublicationState
from intake.similar.model import keys, likest, traits_shown
from intake.submissions.model import Submission
from shared.events.model import Location
from shared.reference.likeness import traits

from tests.support.intake import NOON, a_submission

PARENTS = {"roads.pothole": "roads", "roads.lighting": "roads"}
HOLE = "A deep pothole in front of the girls' school has damaged my car."
SAME = "My car was damaged by the deep pothole at the girls' school."
NUMBERS = count(1)
HERE: dict[str, Any] = {"lat": 26.2201, "lon": 50.5801}


def published(
    text: str = HOLE, shown: str | None = None, shows_place: bool = True, category: str = "", **place: Any
) -> Submission:
    submission = a_submission(
        text=text,
        category=category or None,
        location=Location.model_validate(place) if place else None,
        reference=f"{next(NUMBERS):05d}-00000",
    )
    like = keys(traits_shown(submission, shown, shows_place, PARENTS))
    publication = Publication(
        state=PublicationState.PUBLISHED, text=shown, shows_place=shows_place, published_at=NOON, like=like
    )
    return submission.model_copy(update={"publication": publication})


def found(one: Submission, text: str, category: str | None = None, **place: Any) -> bool:
    of = traits(text, Location.model_validate(place) if place else None, category, NOON, PARENTS)
    return likest([one], of, PARENTS, 3) == [one]


def test_the_same_matter_is_found_by_its_words_its_block_or_its_point() -> None:
    assert found(published(), SAME)
    assert found(published(block="428"), "A pothole at the school", block="428")
    assert found(published(**HERE, category="roads.pothole"), "A hole in the road", "roads.pothole", **HERE)
    assert not found(published(**HERE), "The lamp in the park is out", **HERE)
    assert not found(published(block="428"), "A pothole at the school", block="911")


def test_what_a_moderator_took_out_finds_nothing() -> None:
    edited = published("Abdulla Al-Mannai threw rubbish into the park", "Somebody littered the park")
    assert not found(edited, "Abdulla Al-Mannai threw rubbish")
    assert found(edited, "Somebody littered the park again")
    assert edited.publication is not None
    hidden = keys(traits("Abdulla Al-Mannai threw rubbish into the park", None, None, NOON, {}))
    assert not set(hidden) & set(edited.publication.like)


def test_a_place_that_is_not_shown_finds_nothing_and_a_point_is_one_of_a_street() -> None:
    place = {**HERE, "block": "428", "address": "House 12"}
    hidden = traits_shown(published(shows_place=False, **place), None, False, {})
    assert not hidden.has_place
    shown = traits_shown(published(**place), None, True, {})
    assert (shown.lat, shown.lon, shown.block) == (26.22, 50.58, "428")


def test_the_likest_are_first_and_no_more_than_wanted() -> None:
    near = [published(lat=26.22 + metres / 111_320, lon=50.58) for metres in (330, 0, 222, 111)]
    of = traits(SAME, Location(lat=26.22, lon=50.58), None, NOON + timedelta(hours=1), PARENTS)
    assert likest(near, of, PARENTS, 3) == [near[1], near[3], near[2]]
