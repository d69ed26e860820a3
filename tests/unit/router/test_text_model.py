"""The model: what of a text it looks at, how it scores, and which words spoke for what."""

from collections import Counter
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from router.classifier.examples import Example
from router.text_model.fit import fit
from router.text_model.ngrams import BUCKET_BITS, LONGEST, occurrences
from router.text_model.text_normalisation import worded
from router.text_model.trained_model import Model
from router.text_model.words import Words

from tests.support.text_model import TEXTS, a_fitted, a_model, a_model_of_nothing, examples

WORDS = st.lists(st.text(st.sampled_from("abcابت0"), min_size=1, max_size=7), max_size=6).map(" ".join)


def _by_hand(text: str) -> Counter[str]:
    """What `occurrences` counts, one by one. A pair is marked to tell it from a sequence of letters."""
    padded = f" {text} "
    found: Counter[str] = Counter()
    for length in range(2, LONGEST + 1):
        for begin in range(len(padded) - length + 1):
            sequence = padded[begin : begin + length]
            if " " not in sequence[1:-1] and sequence.strip():
                found[sequence] += 1
    words = text.split()
    found.update(f"word:{word}" for word in words)
    found.update(f"pair:{first} {second}" for first, second in pairwise(words))
    return found


@given(st.lists(WORDS, max_size=5))
def test_a_batch_has_the_sequences_of_its_texts_and_none_across_them(texts: list[str]) -> None:
    found = occurrences(texts)
    assert np.bincount(found.texts, minlength=len(texts)).tolist() == [sum(_by_hand(text).values()) for text in texts]
    for place, text in enumerate(texts):
        alone = occurrences([text])
        assert sorted(found.buckets[found.texts == place].tolist()) == sorted(alone.buckets.tolist())


@given(WORDS)
def test_the_same_sequence_has_the_same_bucket_wherever_it_stands(text: str) -> None:
    assert len(set(occurrences([text, f"ب {text}", text]).buckets.tolist())) <= len(
        _by_hand(text) | _by_hand(f"ب {text}")
    )


def test_different_sequences_share_a_bucket_no_more_often_than_by_chance() -> None:
    drawn = Random(1)
    texts = [" ".join("".join(drawn.choices("abcdeابتثج0", k=7)) for _ in range(6)) for _ in range(500)]
    sequences = set().union(*(_by_hand(text) for text in texts))
    buckets = set(occurrences(texts).buckets.tolist())
    there_are = 2**BUCKET_BITS
    by_chance = there_are * (1 - (1 - 1 / there_are) ** len(sequences))
    assert len(buckets) >= 0.998 * by_chance


def _words_for(model: Model, texts: list[str], labels: list[list[str]], most: int) -> list[list[tuple[str, ...]]]:
    """Of so few texts that they are read together."""
    return [words for reading in model.readings(texts) for words in reading.words_for(labels, most)]


def test_a_model_tells_what_it_learnt_from_apart() -> None:
    model = a_model()
    for example in examples():
        row = model.probabilities([example.text])[0]
        assert model.labels[int(row.argmax())] == example.label
        assert row.sum() == pytest.approx(1, abs=1e-5)


def test_a_text_is_scored_alone_as_among_others() -> None:
    model, texts = a_model(), [text for texts in TEXTS.values() for text in texts]
    together = model.probabilities([*texts, "", "x" * 4_000, *texts])
    alone = np.concatenate([model.probabilities([text]) for text in [*texts, "", "x" * 4_000, *texts]])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_no_text_at_all_has_no_scores() -> None:
    assert a_model().probabilities([]).shape == (0, 3)


def test_of_a_text_without_a_known_word_nothing_is_sure() -> None:
    assert a_model().probabilities(["", "؟؟", "日本語"]).max() < 0.75


def test_the_words_that_spoke_are_told_as_they_were_written() -> None:
    text = "Bonjour, the ASPHALT has a pothole! Block 721, call 33445566."
    ((words,),) = _words_for(a_model(), [text], [["roads.pothole"]], 3)
    assert set(words) >= {"ASPHALT", "pothole"}
    assert not any(letter.isdigit() for word in words for letter in word)


def test_arabic_words_that_spoke_are_told_with_their_marks() -> None:
    ((words,),) = _words_for(a_model(), ["«الإنارةُ» معطّلة في الليل"], [["roads.lighting"]], 4)
    assert "الإنارةُ" in words or "الإنارة" in " ".join(words)


def test_words_are_told_for_each_label_that_is_asked_for() -> None:
    text = "the rubbish lies in a pothole"
    ((of_roads, of_rubbish),) = _words_for(a_model(), [text], [["roads.pothole", "rubbish"]], 1)
    assert (of_roads, of_rubbish) == (("pothole",), ("rubbish",))
    assert _words_for(a_model_of_nothing("a", "b"), [text], [["a", "b"]], 3) == [[(), ()]]


def test_words_are_told_of_a_text_alone_as_among_others() -> None:
    texts = ["", "؟؟", *(text for texts in TEXTS.values() for text in texts), "A pothole, a POTHOLE at 721", "7 7"]
    labels = [list(TEXTS)[: place % 4] for place in range(len(texts))]
    alone = [_words_for(a_model(), [text], [asked], 3)[0] for text, asked in zip(texts, labels, strict=True)]
    assert _words_for(a_model(), texts, labels, 3) == alone
    assert [len(words) for words in alone] == [len(asked) for asked in labels]
    assert set(alone[1] + alone[-1]) == {()}
    assert _words_for(a_model(), [], [], 3) == []
    assert _words_for(a_model(), ["a pothole"], [[]], 3) == [[]]


@given(st.text() | st.text(st.sampled_from("ab \u00a0\u0301\u0640\u200b_ـلىﷺ½²١7")))
def test_a_text_is_read_word_by_word_as_it_is_read_whole(text: str) -> None:
    assert Words.of(text).text == worded(text)


def test_every_text_learnt_from_was_judged_by_a_model_that_had_not_seen_it() -> None:
    held_out = a_fitted().held_out
    assert len(held_out.examples) == len(held_out.probabilities) == 18
    seen = a_model().probabilities([example.text for example in held_out.examples])
    numbers = [a_model().numbers[example.label] for example in held_out.examples]
    places = np.arange(18)
    assert held_out.probabilities[places, numbers].mean() < seen[places, numbers].mean()


def test_two_labels_are_enough_and_one_is_not() -> None:
    two = [example for example in examples() if example.label != "rubbish"]
    model = fit(two, folds=3).model
    likeliest = {model.labels[int(row.argmax())] for row in model.probabilities([each.text for each in two])}
    assert likeliest == set(model.labels)
    with pytest.raises(ValueError, match="two labels"):
        fit([Example(text="a", label="one")])


def test_what_the_catalogue_says_is_learnt_where_there_is_no_text() -> None:
    told = [Example(text="swings and slides of a playground", label="parks"), *examples()[:3]]
    model = fit(examples(), [*told], folds=3).model
    assert model.labels[int(model.probabilities(["the playground needs a slide"])[0].argmax())] == "parks"
    only_told = fit([], told).model
    assert only_told.labels == ("parks", "roads.pothole")


def test_a_text_is_read_the_same_way_when_learnt_and_when_scored() -> None:
    model = a_model()
    np.testing.assert_allclose(model.probabilities(["حُفْرَةٌ"]), model.probabilities(["حفره"]))
    assert worded("حُفْرَةٌ") == "حفره"
