"""The training material of a model: the catalogue, texts, and what officials corrected."""

from pathlib import Path

import pytest
from router.cases.store import Correction
from router.classifier.commands import made
from router.classifier.examples import NONE, LabelledText, leaves, told_by
from router.classifier.material import Material
from router.directory.model import Category, Country
from router.operations.commands import CannotDo, read_texts
from router.text_model.file import digest, read

from tests.support.router import NOW, a_category, a_country, a_rule
from tests.support.text_model import TEXTS


def a_text(category: str, text: str, split: str = "train") -> LabelledText:
    return LabelledText.model_validate({"category": category, "language": "en", "split": split, "text": text})


def material(**changed: object) -> Material:
    texts = [a_text(label, text) for label, texts in TEXTS.items() for text in texts]
    known = {"version": 7, "country": Country.model_validate(a_country()), "texts": texts}
    return Material(**known | changed)  # type: ignore[arg-type]


def likeliest(content: bytes, text: str) -> str:
    model = read(content)
    return model.labels[int(model.probabilities([text])[0].argmax())]


def test_a_model_says_what_it_was_made_of_and_how_good_it_is() -> None:
    kept = a_text("roads.pothole", "a pothole in the asphalt", split="evaluation")
    record, content = made(material(texts=[*material().texts, kept]), 0.9, NOW)
    assert record.learnt_from.model_dump() == {"categories": 3, "texts": 18, "corrections": 0}
    assert (record.directory_version, record.at, record.size) == (7, NOW, len(content))
    assert record.digest == digest(content)
    assert record.held_out is not None
    assert record.held_out.texts == 18
    assert record.evaluation is not None
    assert (record.evaluation.texts, record.evaluation.accuracy) == (1, 1.0)
    assert record.thresholds.precision == 0.9


def test_scores_say_which_texts_they_are_of() -> None:
    kept = [a_text("roads.pothole", f"a pothole in the asphalt {n}", split="evaluation") for n in range(3)]

    def judged_on(*texts: LabelledText) -> str | None:
        evaluation = made(material(texts=[*material().texts, *texts]), 0.9, NOW)[0].evaluation
        return evaluation.judged_on if evaluation else None

    assert judged_on(*kept) == judged_on(*reversed(kept)) is not None
    assert judged_on(*kept) != judged_on(*kept[:2])


def test_a_text_kept_for_evaluation_is_not_learnt_from() -> None:
    kept = [a_text("rubbish", "the pothole in the asphalt is a hole", split="evaluation")] * 30
    _, content = made(material(texts=[*material().texts, *kept]), 0.95, NOW)
    assert likeliest(content, "the pothole in the asphalt is a hole") == "roads.pothole"


def test_the_catalogue_alone_is_enough() -> None:
    record, content = made(material(texts=()), 0.95, NOW)
    assert likeliest(content, "Roads.lighting") == "roads.lighting"
    assert (record.held_out, record.evaluation) == (None, None)
    assert not record.thresholds.reached("works", 1.0)
    model = read(content)
    assert model.probabilities(["Roads.lighting"]).max() > 0.5


def test_texts_of_a_category_that_is_gone_are_left_out() -> None:
    record, content = made(material(texts=[*material().texts, a_text("gone", "about nothing any more")]), 0.95, NOW)
    assert "gone" not in read(content).labels
    assert record.learnt_from.texts == 18


def test_what_officials_corrected_is_learnt() -> None:
    text = "Balconies drip onto the people below"
    corrections = [Correction(text, "en", "rubbish", "west-municipality")] * 3
    record, content = made(material(corrections=corrections), 0.95, NOW)
    assert likeliest(content, text) == "rubbish"
    assert (record.learnt_from.texts, record.learnt_from.corrections) == (18, 3)


def test_a_correction_of_the_entity_alone_is_learnt_as_the_likeliest_of_its_categories() -> None:
    """Moved on from one entity to another, a submission keeps the category it had."""
    pavement = a_category("roads.pavement", parent="roads", entity="works")
    country = Country.model_validate(a_country(categories=[*a_country()["categories"], pavement]))
    text = "zebra stripes on the asphalt of the road faded away"
    corrections = [Correction(text, "en", "roads.lighting", "works")] * 4
    _, content = made(material(country=country, corrections=corrections), 0.95, NOW)
    assert likeliest(content, text) == "roads.pothole"


def test_a_correction_of_the_category_alone_is_learnt_as_that_whoever_has_the_case() -> None:
    text = "zebra stripes on the asphalt of the road faded away"
    corrections = [Correction(text, "en", category, None) for category in ("roads.lighting", "roads.lighting", "gone")]
    _, content = made(material(corrections=corrections), 0.95, NOW)
    assert likeliest(content, text) == "roads.lighting"
    assert "gone" not in read(content).labels


def test_a_correction_to_an_entity_without_a_category_is_left_out() -> None:
    _, content = made(material(corrections=[Correction("whatever it is", "en", None, "central-office")]), 0.95, NOW)
    assert set(read(content).labels) == set(TEXTS)


def test_a_catalogue_of_one_category_needs_no_classifier() -> None:
    country = Country.model_validate(a_country(categories=[a_category("all", entity="works")]))
    with pytest.raises(ValueError, match="two labels"):
        made(material(country=country), 0.95, NOW)


def test_what_is_not_for_this_system_is_learnt_and_a_group_is_not() -> None:
    emergency = a_category("emergency", elsewhere={"name": {"ar": "اتصل", "en": "Call"}, "phone": "999"})
    categories = [Category.model_validate(each) for each in [*a_country()["categories"], emergency]]
    assert set(leaves(categories)) == {"roads.pothole", "roads.lighting", "rubbish", "emergency"}
    assert {example.label for example in told_by(categories, [])} == set(leaves(categories))


def test_a_file_of_texts_is_taken_whole_or_refused_with_the_place(tmp_path: Path) -> None:
    file = tmp_path / "texts.yaml"
    file.write_text("- {category: a, language: en, split: train, text: one}\n- {category: b, language: xx}\n")
    with pytest.raises(CannotDo, match=r"texts\.yaml, 1\.language"):
        read_texts(file)
    file.write_text("- {category: [")
    with pytest.raises(CannotDo, match="cannot be read"):
        read_texts(file)
    with pytest.raises(CannotDo, match="cannot be read"):
        read_texts(tmp_path / "absent.yaml")
    file.write_text("- {category: a, language: ar, dialect: gulf, split: train, text: شلونكم}\n")
    assert [text.example().language for text in read_texts(file)] == ["ar, gulf"]


def test_the_words_of_rules_are_learnt_and_each_thing_that_is_told_is_a_text_of_its_own() -> None:
    question = {"code": "lane", "name": {"ar": "أي مسار؟", "en": "Which lane?"}, "answer": "string"}
    pothole = a_category("pothole", entity="works", words={"en": ["hole", "dip"]}, questions=[question])
    rules = [a_rule("r", {"category": "pothole"}, words=["crater"]), a_rule("s", {"entity": "ewa"}, words=["dark"])]
    country = Country.model_validate(a_country(categories=[pothole], rules=rules))
    told = [example.text for example in told_by(country.categories, country.rules) if example.text.isascii()]
    assert told == ["Pothole", "hole", "dip", "Pothole. hole. dip. ", "Which lane?", "crater"]


def test_texts_of_a_hand_are_lines_with_their_variety(tmp_path: Path) -> None:
    (tmp_path / "hand3.jsonl").write_text('{"text": "7ofra", "category": "roads.pothole", "variety": "arabizi"}\n')
    (tmp_path / "danger.jsonl").write_text('{"text": "a live wire", "danger": true, "kind": "x", "variety": "en"}\n')
    (tmp_path / "pairs.jsonl").write_text('{"ar": "حفرة", "en": "a hole", "same": true, "category": "roads.pothole"}\n')
    danger, hole = read_texts(tmp_path)
    assert (hole.hand, hole.spoken, hole.category) == ("hand3", "ar, latin", "roads.pothole")
    assert (danger.hand, danger.category, danger.danger) == ("", None, True)


def test_what_is_about_nothing_of_the_catalogue_is_learnt_and_never_suggested() -> None:
    thanks = [a_text(NONE, f"thank you all so much, greetings {n}") for n in range(6)]
    record, content = made(material(texts=[*material().texts, *thanks]), 0.9, NOW)
    assert likeliest(content, "thank you all so much, greetings") == NONE
    assert record.held_out is not None
    assert record.held_out.texts == 18, "it is judged by texts about something"


def test_the_rules_are_judged_by_the_texts_and_not_where_there_are_none() -> None:
    rules = made(material(), 0.9, NOW)[0].rules
    assert rules is not None
    assert rules["potholes"].hits >= rules["potholes"].right > 0
    assert made(material(texts=()), 0.9, NOW)[0].rules is None
