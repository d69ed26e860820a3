"""The wording as a whole: what its check finds, what a new version of the software changes, and what it leaves."""

import pytest
from notifier.message_templates.checks import Fault, faults_of, sms_lengths
from notifier.message_templates.model import Wording, brought_over, changed_row, differences, silenced
from notifier.planning.commands import EVENT_TYPES
from notifier.planning.table import Row, Silence, Table
from notifier.rendering.templates import read_catalogues

from tests.support.notifier import delivered_wording

WORDS = {language: catalogue.words for language, catalogue in read_catalogues().items()}


def changed(name: str, language: str = "en", **parts: str) -> Wording:
    wording = delivered_wording()
    texts = {**wording.templates[name], language: wording.templates[name][language].model_copy(update=parts)}
    return wording.model_copy(update={"templates": {**wording.templates, name: texts}})


def found(wording: Wording) -> list[Fault]:
    return faults_of(wording, WORDS, EVENT_TYPES)


def test_what_the_software_brings_has_no_fault() -> None:
    assert found(delivered_wording()) == []


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("{% for x in reference %}{{ x }}{% endfor %}", "For"),
        ("{{ reference.__class__.__mro__ }}", "Getattr"),
        ("{{ reference['x'] }}", "Getitem"),
        ("{{ reference | upper }}", "Filter"),
        ("{{ reference() }}", "Call"),
        ("{% set reference = 1 %}", "Assign"),
        ("{% include 'layout.html.jinja' %}", "Include"),
        ("{% macro m() %}{% endmacro %}", "Macro"),
        ("{{ 9 ** 9 }}", "Pow"),
        ("{{ kind * 99 }}", "Mul"),
    ],
)
def test_a_template_names_placeholders_and_does_nothing_else(source: str, kind: str) -> None:
    assert Fault("not-allowed", "answered (en), body", kind) in found(changed("answered", body=source))


@pytest.mark.parametrize("part", ["subject", "heading", "body", "sms"])
def test_faults_are_found_in_every_part(part: str) -> None:
    where = f"answered (en), {part}"
    assert [fault.where for fault in found(changed("answered", **{part: "{{ nmae }}"}))] == [where]
    assert [fault.code for fault in found(changed("answered", **{part: "{{ unclosed"}))] == ["syntax"]


def test_an_sms_says_how_long_it_is_and_is_refused_where_it_is_too_long() -> None:
    text = delivered_wording().templates["answered"]
    english, arabic = sms_lengths(text["en"], WORDS["en"]), sms_lengths(text["ar"], WORDS["ar"])
    assert (english and english.alphabet, arabic and arabic.alphabet) == ("gsm-7", "ucs-2")
    (fault,) = found(changed("answered", "ar", sms="ن" * 400))
    assert (fault.code, fault.where, fault.what.startswith("ucs-2: 400, 6 > ")) == (
        "sms-too-long",
        "answered (ar)",
        True,
    )


def test_what_the_software_brings_takes_one_part_in_english_and_two_in_arabic_with_its_link() -> None:
    for texts in delivered_wording().templates.values():
        for language, text in texts.items():
            if (length := sms_lengths(text, WORDS[language])) is not None:
                assert length.parts == {"en": 1, "ar": 2}[language], text.sms


def test_a_longer_public_address_is_counted() -> None:
    english = delivered_wording().templates["answered"]["en"]
    length = sms_lengths(english, WORDS["en"], "https://complaints-and-suggestions.example/" + 80 * "x")
    assert length is not None
    assert (length.alphabet, length.parts) == ("gsm-7", 2)


def test_a_short_form_that_is_missing_or_asks_for_more_than_a_phone_may_show_is_a_fault() -> None:
    assert [(fault.code, fault.where) for fault in found(changed("answered", "ar", sms=""))] == [
        ("no-sms", "answered (ar)"),
        ("no-sms-in-template", "answered"),
    ]
    assert Fault("unknown-placeholder", "answered (ar), sms", "entity") in found(
        changed("answered", "ar", sms="{{ entity }}: {{ link }}")
    )


def test_a_template_missing_in_one_language_is_a_fault() -> None:
    wording = delivered_wording()
    english = {"en": wording.templates["answered"]["en"]}
    without = wording.model_copy(update={"templates": {**wording.templates, "answered": english}})
    assert found(without) == [Fault("missing-language", "answered", "ar")]


def test_an_unknown_placeholder_is_a_fault_also_one_that_the_engine_knows() -> None:
    assert Fault("unknown-placeholder", "answered (en), body", "range") in found(
        changed("answered", body="{{ range }}")
    )


def test_what_the_event_of_a_row_does_not_know_is_said_only_in_a_condition() -> None:
    fault = Fault("not-given", "answered (en), SubmissionAnswered", "due_at")
    assert found(changed("answered", body="By {{ due_at }}.")) == [fault]
    assert found(changed("answered", body="{% if kind %}By {{ due_at }}.{% endif %}")) == [fault]
    assert found(changed("answered", body="{% if due_at %}By {{ due_at }}.{% endif %}")) == []
    assert found(changed("answered", body="{{ due_at if due_at else entity }}")) == []


def test_a_state_that_no_life_has_is_a_fault() -> None:
    wording = delivered_wording()
    for told in ({"to": "closd"}, {"over_in": ["answered", "closd"]}):
        row = Row.model_validate({"event": "SubmissionRated", "audience": "team", "template": "reopened", **told})
        misspelt = wording.model_copy(update={"table": changed_row(wording.table, None, row)})
        assert found(misspelt) == [Fault("no-such-state", "SubmissionRated", "closd")]


def test_a_condition_is_allowed() -> None:
    body = "{% if due_at and not entity %}{{ due_at }}{% else %}{{ reference }}{% endif %}"
    assert found(changed("answered", body=body)) == []


def test_a_transition_without_a_row_is_a_fault_until_it_is_told_to_nobody() -> None:
    wording = delivered_wording()
    table = Table(
        rows=tuple(row for row in wording.table.rows if (row.event, row.to_state) != ("AppealDecided", "closed")),
        nobody=wording.table.nobody,
    )
    without = wording.model_copy(update={"table": table})
    assert [(fault.code, fault.where) for fault in found(without)] == [
        ("untold-transition", "AppealDecided from appealed to closed")
    ]
    silence = Silence.model_validate({"event": "AppealDecided", "to": "closed"})
    assert found(without.model_copy(update={"table": silenced(table, silence, True)})) == []


def test_a_first_row_ends_the_silence_of_its_event_and_the_silence_of_an_event_its_rows() -> None:
    table = delivered_wording().table
    row = Row.model_validate({"event": "SubmissionRated", "audience": "officer", "template": "reopened"})
    told = changed_row(table, None, row)
    assert (told.rows[-1], "SubmissionRated" in told.silent_events) == (row, False)
    assert changed_row(told, len(told.rows) - 1, None).rows == table.rows
    silent = silenced(told, Silence(event="SubmissionRated"), True)
    assert (silent.rows, "SubmissionRated" in silent.silent_events) == (table.rows, True)
    with pytest.raises(IndexError):
        changed_row(table, 10_000, row)


def test_what_people_wrote_survives_a_new_version_and_the_rest_follows_it() -> None:
    before = delivered_wording()
    theirs = changed("answered", subject="theirs")
    after = changed("answered", subject="ours now")
    after = after.model_copy(
        update={"templates": {**after.templates, "received": changed("received", body="new").templates["received"]}}
    )
    merged = brought_over(before, theirs, after)
    assert merged.templates["answered"]["en"].subject == "theirs"
    assert merged.templates["received"]["en"].body == "new"
    assert differences(after, merged) == ["template:answered:en"]
    assert brought_over(before, before, after).items() == after.items()
