"""What the desk's search finds: words in either language and however they are bent, blocks, places, areas."""

import pytest
from router.assigning.commands import submission_of
from router.cases.search_terms import found_by, looked_for

from tests.support.router import a_directory, a_place, received

COUNTRY = a_directory(places=[a_place("isa-town", name={"ar": "مدينة عيسى", "en": "Isa Town"}, blocks=[[110, 119]])])


def finds(typed: str, text: str, **location: object) -> bool:
    submission = submission_of(received(text=text, location=location or None))
    signs = set(COUNTRY.findable_by(submission, COUNTRY.where(submission)))
    asked = COUNTRY.looked_for(typed)
    return bool(asked) and all(signs.intersection(group) for group in asked)


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("light", "All street lights are out"),
        ("Lighting", "one light is out"),
        ("potholes road", "There is a pothole on our roads"),
        ("batteries", "a battery"),
        ("حفره", "توجد حُفَر، وهذه الحفرة كبيرة"),
        ("الإنارة", "لا اناره في الشارع"),
        ("سيارة", "تضررت سياراتهم"),
        ("2825", "a hole in road 2825"),
        ("٢٨٢٥", "a hole in road 2825"),
    ],
)
def test_a_word_is_found_however_it_is_written_and_bent(typed: str, text: str) -> None:
    assert finds(typed, text)


def test_every_word_must_be_there_and_those_that_all_texts_have_say_nothing() -> None:
    assert finds("the light in", "The lamp gives no light")
    assert not finds("light water", "The lamp gives no light")
    assert COUNTRY.looked_for("the في") == ()
    assert COUNTRY.looked_for(" … ") == ()


def test_a_place_is_found_by_its_name_in_both_languages_by_its_block_and_by_its_area() -> None:
    for typed in ("isa town", "عيسى", "مدينة عيسى", "block 115", "مجمع ١١٥", "115", "west", "isa pothole"):
        assert finds(typed, "A pothole", block="115"), typed
    assert not finds("isa town", "A pothole", block="150")
    assert not finds("block 115", "A pothole", block="150")
    assert finds("west", "A pothole", lat=26.5, lon=50.25), "a point lies in an area"
    assert finds("corniche", "A pothole", address="Corniche Road"), "an address is words, too"


def test_signs_are_few_however_long_a_text_is() -> None:
    assert len(found_by((" ".join(f"word{n}" for n in range(2_000)),))) == 100
    assert len(looked_for(" ".join(f"word{n}" for n in range(50)), COUNTRY.named)) == 8
