"""Languages, dates and spans as pages write them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from shared.web import catalogues, pages
from shared.web.assets import Assets
from shared.web.formats import Formats
from shared.web.language import language_of
from starlette.requests import Request

CATALOGUES = catalogues.load([pages.HERE / "locale"])
SEVEN_HOURS = timedelta(hours=7)


def formats(language: str) -> Formats:
    return Formats(language, ZoneInfo("Asia/Bahrain"), CATALOGUES[language])


def a_request(query: str = "", **headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope: dict[str, Any] = {"type": "http", "path": "/", "query_string": query.encode(), "headers": raw}
    return Request(scope)


@pytest.mark.parametrize(
    ("left", "ar", "en"),
    [
        (14 * SEVEN_HOURS, "14 يوم عمل", "14 working days"),
        (3 * SEVEN_HOURS, "3 أيام عمل", "3 working days"),
        (2 * SEVEN_HOURS, "يوما عمل", "2 working days"),
        (SEVEN_HOURS, "7 ساعات عمل", "7 working hours"),
        (timedelta(hours=1), "ساعة عمل واحدة", "1 working hour"),
        (timedelta(minutes=20), "20 دقيقة عمل", "20 working minutes"),
    ],
)
def test_working_time_is_counted_as_each_language_counts(left: timedelta, ar: str, en: str) -> None:
    assert formats("ar").working_time(left, SEVEN_HOURS) == ar
    assert formats("en").working_time(left, SEVEN_HOURS) == en


def test_a_date_in_arabic_has_its_hijri_date_beside_it() -> None:
    at = datetime(2026, 12, 9, 11, 0, tzinfo=UTC)
    assert formats("ar").moment(at) == "الأربعاء 9 ديسمبر 2026، 2:00\u00a0م"
    assert formats("ar").hijri(at) == "29 جمادى الآخرة 1448 هـ"
    assert formats("en").moment(at) == "Wednesday 9 December 2026, 14:00"
    assert formats("en").hijri(at) == ""


def test_the_address_says_the_language_before_the_cookie_and_the_browser() -> None:
    asked = {"cookie": "tawasul_lang=ar", "accept_language": "fr, en;q=0.8, ar;q=0.5"}
    assert language_of(a_request("lang=en", **asked)) == "en"
    assert language_of(a_request(**asked)) == "ar"
    assert language_of(a_request(accept_language=asked["accept_language"])) == "en"
    assert language_of(a_request(accept_language="fr;q=x")) == "ar"


def test_without_the_fonts_of_npm_there_is_a_stylesheet_all_the_same() -> None:
    assert Assets(None).url("style.css").startswith("/assets/style.")


def test_a_share_below_the_target_never_looks_as_if_it_reached_it() -> None:
    for language in ("ar", "en"):
        shown = [formats(language).percent(share) for share in (0.94999, 0.95, 0.57, 1.0)]
        assert [each.replace("\u200e", "") for each in shown] == ["94.9%", "95%", "57%", "100%"]
