"""Templates: both languages, no unknown placeholder, and nothing that a person wrote is ever markup."""

import pytest
from notifier.deferral.withholding import ASKING
from notifier.message_templates.model import LANGUAGES
from notifier.planning.table import Table
from notifier.rendering.templates import Catalogue, Messages, read_catalogues
from notifier.webhooks.pausing import TEMPLATE

from tests.support.notifier import NOW, the_messages, the_table

PARAMS = {"reference": "7K3MX-QPA42", "kind": "complaint", "entity": "Works", "text": "It is mended."}
LINK = "https://tawasul.example/track/7K3MX-QPA42/s3cret"


def changed(language: str, template: str, **parts: str) -> dict[str, Catalogue]:
    catalogues = read_catalogues()
    templates = dict(catalogues[language].templates)
    templates[template] = templates[template].model_copy(update=parts)
    return catalogues | {language: catalogues[language].model_copy(update={"templates": templates})}


def test_every_template_is_asked_for_by_some_row() -> None:
    assert the_messages().names == the_table().templates | set(ASKING.values()) | {TEMPLATE}


def test_a_condition_asks_whether_a_fact_is_there() -> None:
    body = "{% if due_at %}By {{ due_at }}.{% else %}No day is set.{% endif %}"
    messages = Messages(changed("en", "answered", body=body), "Asia/Bahrain")
    assert "No day is set." in messages.render("answered", "en", PARAMS, None, LINK).text
    assert "By Tuesday 24 November" in messages.render("answered", "en", PARAMS | {"due_at": NOW}, None, LINK).text


def test_a_template_that_reads_attributes_gets_nothing() -> None:
    messages = Messages(changed("en", "answered", body="{{ reference.__class__.__mro__ }}"), "Asia/Bahrain")
    with pytest.raises(Exception, match="unsafe"):
        messages.render("answered", "en", PARAMS, None, LINK)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_people_wrote_is_escaped_in_html_and_plain_in_text(language: str) -> None:
    params = PARAMS | {"text": '<script>alert("x")</script> & more', "entity": "<b>Works</b>"}
    rendered = the_messages().render("answered", language, params, "<i>Maryam</i>", LINK)
    for markup in ("<script>", "<b>", "<i>"):
        assert markup not in rendered.html
    assert '<script>alert("x")</script> & more' in rendered.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_very_long_answer_is_a_mail_and_an_excerpt_in_no_time(language: str) -> None:
    answer = "ا" * 500_000 + "<b>" * 10_000
    rendered = the_messages().render("answered", language, PARAMS | {"text": answer}, "Maryam", LINK)
    assert answer in rendered.text
    assert "<b>" not in rendered.html
    assert len(rendered.html) < 2 * len(answer)


def test_a_template_in_a_citizens_text_is_only_text() -> None:
    rendered = the_messages().render("answered", "en", PARAMS | {"text": "{{ 7 * 7 }}"}, None, LINK)
    assert "{{ 7 * 7 }}" in rendered.text


def test_arabic_runs_from_right_to_left_and_references_do_not() -> None:
    html = the_messages().render("answered", "ar", PARAMS, "مريم", LINK).html
    assert '<html lang="ar" dir="rtl">' in html
    assert '<span dir="ltr">7K3MX-QPA42</span>' in html
    assert "border-right:4px" in html


@pytest.mark.parametrize(("language", "written"), [("en", "Tuesday 24 November 2026, 12:00"), ("ar", "12:00")])
def test_times_are_written_in_the_zone_of_the_country(language: str, written: str) -> None:
    params = PARAMS | {"due_at": NOW}
    assert written in the_messages().render("deadline-approaching", language, params, None, LINK).text


def test_without_a_name_the_greeting_stands_alone() -> None:
    assert "Hello," in the_messages().render("answered", "en", PARAMS, None, LINK).text


def test_a_table_without_a_template_would_be_refused_by_name() -> None:
    table = Table.model_validate({"rows": [{"event": "E", "audience": "author", "template": "t"}], "nobody": []})
    assert table.templates - the_messages().names == {"t"}
