"""Every message that a page can say stands in both catalogues, translated; and they hold nothing else."""

import re
from pathlib import Path

import pytest
from shared.web.catalogues import LANGUAGES, load
from tawasul.stack.paths import REPOSITORY

from tests.support.messages import catalogue, spoken, translated

PACKAGES = [file.parents[2] for file in REPOSITORY.glob("s*/**/locale/ar/LC_MESSAGES")]
EACH = pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
ACCUSATIVE = "ًا"
IN_LANGUAGES = pytest.mark.parametrize("language", LANGUAGES)


@EACH
@IN_LANGUAGES
def test_a_catalogue_has_what_is_said_and_nothing_else(package: Path, language: str) -> None:
    has = {message for message, _ in translated(package, language)}
    says = spoken(package)
    assert says
    assert {"missing": says - has, "unused": has - says} == {"missing": set(), "unused": set()}


@EACH
@IN_LANGUAGES
def test_every_form_is_translated_and_names_the_same_values(package: Path, language: str) -> None:
    plural_forms = catalogue(package, language).num_plurals
    for message, forms in translated(package, language):
        originals = message if isinstance(message, tuple) else (message,)
        assert len(forms) == (plural_forms if isinstance(message, tuple) else 1), message
        assert all(forms), f"not translated: {message}"
        # "two days" in Arabic is a word of its own and names no number.
        assert all(_values(form) <= _values(originals[0]) for form in forms), message


@EACH
def test_eleven_of_something_are_in_the_accusative_and_a_hundred_are_not(package: Path) -> None:
    """The rule of plurals in the catalogue says which forms stand for 11 and for 100: they are easily swapped."""
    said = load([package / "locale"])["ar"]
    for message, _ in translated(package, "ar"):
        if isinstance(message, tuple):
            of_11, of_100 = (said.ungettext(message[0], message[1], number) for number in (11, 100))
            assert of_11.count(ACCUSATIVE) >= of_100.count(ACCUSATIVE), message


@EACH
@IN_LANGUAGES
def test_no_translation_is_marked_uncertain(package: Path, language: str) -> None:
    assert [message.id for message in catalogue(package, language) if message.id and message.fuzzy] == []


def _values(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)s", text))
