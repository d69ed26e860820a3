"""Calendars as iCalendar files: what others read in them is what is worked, and what comes back is what went out."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import recurring_ical_events
from hypothesis import HealthCheck, given, settings
from icalendar import Calendar
from sla_monitor.calendar_files.ics_export import written
from sla_monitor.calendar_files.ics_import import read
from sla_monitor.calendars.checks import RulebookRefused
from sla_monitor.calendars.model import CalendarVersion, Week
from sla_monitor.calendars.public_holidays import holidays_of

from tests.support.sla_monitor import SUNDAY, a_calendar, published, round_the_clock
from tests.unit.sla_monitor.test_timetable import calendars

FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)
Interval = tuple[datetime, datetime]


def file_of(calendar: CalendarVersion, first: date = FIRST, last: date = LAST, language: str = "en") -> bytes:
    return written(calendar, first, last, SUNDAY, language)


def as_others_read_it(content: bytes, zone: str, first: date, last: date) -> list[Interval]:
    """Return the opening intervals that a calendar program shows, touching ones joined."""
    begins, ends = bounds(zone, first, last)
    found = recurring_ical_events.of(Calendar.from_ical(content)).between(begins, ends)
    timed = [
        (event["DTSTART"].dt.astimezone(UTC), event["DTEND"].dt.astimezone(UTC))
        for event in found
        if isinstance(event["DTSTART"].dt, datetime)
    ]
    return joined(sorted(timed))


def joined(intervals: Sequence[Interval]) -> list[Interval]:
    whole: list[Interval] = []
    for opens, closes in intervals:
        if whole and whole[-1][1] == opens:
            whole[-1] = (whole[-1][0], closes)
        else:
            whole.append((opens, closes))
    return whole


def bounds(zone: str, first: date, last: date) -> Interval:
    midnight = datetime.min.time()
    return (
        datetime.combine(first, midnight, ZoneInfo(zone)),
        datetime.combine(last + timedelta(days=1), midnight, ZoneInfo(zone)),
    )


def open_hours(calendar: CalendarVersion, first: date, last: date) -> list[Interval]:
    return list(calendar.timetable.windows(*bounds(calendar.definition.zone, first, last), 10_000))


def read_back(calendar: CalendarVersion, first: date = FIRST, last: date = LAST) -> CalendarVersion:
    imported = read(file_of(calendar, first, last), calendar.definition.zone)
    week = imported.week or Week()
    return published(a_calendar(zone=calendar.definition.zone, week=week, special=imported.special))


def a_years_calendar() -> CalendarVersion:
    """Two shifts, Ramadan hours, a closure, the country's holidays, a day in lieu."""
    ramadan = {"name": {"ar": "رمضان", "en": "Ramadan"}, "first": date(2026, 2, 18), "last": date(2026, 3, 19)}
    mourning = {"name": {"ar": "حداد", "en": "Mourning"}, "first": date(2026, 8, 3), "last": date(2026, 8, 5)}
    calendar = a_calendar(
        hours=("07:00-12:00", "13:00-16:30"),
        holidays="BH",
        in_lieu={"weekdays": ["friday"], "decided": [{"holiday": "2026-05-01", "day": "2026-05-03"}]},
        special=[
            ramadan | {"week": dict.fromkeys(("sunday", "monday"), ("09:00-14:00",)), "estimate": True},
            mourning,
        ],
    )
    return CalendarVersion(version=1, definition=calendar, holidays=holidays_of("BH", [2026]))


def test_other_programmes_see_the_hours_that_are_worked() -> None:
    calendar = a_years_calendar()
    assert as_others_read_it(file_of(calendar), "Asia/Bahrain", FIRST, LAST) == open_hours(calendar, FIRST, LAST)


def test_days_off_have_their_names_in_the_language_that_was_asked_for_and_in_both() -> None:
    events = Calendar.from_ical(file_of(a_years_calendar(), language="ar")).walk("VEVENT")
    named = {str(event["SUMMARY"]): event for event in events}
    assert {"حداد", "العيد الوطني", "بدل عيد العمال"} <= named.keys()
    lieu = named["بدل عيد العمال"]
    assert (lieu.decoded("DTSTART"), str(lieu["X-TAWASUL-EN"])) == (date(2026, 5, 3), "In lieu of Labor Day")
    assert len({str(event["UID"]) for event in events}) == len(events)


def test_what_is_exported_comes_back_as_it_was() -> None:
    calendar = a_years_calendar()
    back = read_back(calendar)
    assert open_hours(back, FIRST, LAST) == open_hours(calendar, FIRST, LAST)
    assert back.definition.week == calendar.definition.week
    ramadan, mourning = calendar.definition.special
    assert ramadan in back.definition.special
    assert mourning in back.definition.special


def test_the_same_calendar_is_the_same_file() -> None:
    assert file_of(a_years_calendar()) == file_of(a_years_calendar())


NEAR = date(2026, 3, 26)


@given(calendars(NEAR))
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_any_calendar_comes_back_with_the_same_hours(calendar: CalendarVersion) -> None:
    first, last = NEAR - timedelta(days=10), NEAR + timedelta(days=20)
    content = file_of(calendar, first, last)
    if Calendar.from_ical(content).walk("VEVENT"):
        assert open_hours(read_back(calendar, first, last), first, last) == open_hours(calendar, first, last)


def test_a_series_that_begins_on_the_day_a_clock_leaps_has_its_hours_in_other_weeks() -> None:
    calendar = published(a_calendar(zone="Europe/Berlin", week=Week(sunday=("00:00-02:00",))))
    leap, last = date(2026, 3, 29), date(2026, 4, 12)
    assert open_hours(read_back(calendar, leap, last), leap, last) == open_hours(calendar, leap, last)


def an_ics(*lines: str) -> bytes:
    events = "\r\n".join(lines)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:other\r\n{events}\r\nEND:VCALENDAR\r\n".encode()


def an_event(*lines: str) -> str:
    return "\r\n".join(("BEGIN:VEVENT", "UID:1", "DTSTAMP:20260101T000000Z", *lines, "END:VEVENT"))


def test_days_off_of_another_system_become_closures() -> None:
    content = an_ics(
        an_event("SUMMARY:عيد الفطر", "DTSTART;VALUE=DATE:20260320", "DTEND;VALUE=DATE:20260323"),
        an_event("SUMMARY:One day", "DTSTART;VALUE=DATE:20260601"),
    )
    eid, one = read(content, "Asia/Bahrain").special
    assert (eid.first, eid.last, eid.week, eid.name.ar) == (date(2026, 3, 20), date(2026, 3, 22), None, "عيد الفطر")
    assert (one.first, one.last) == (date(2026, 6, 1), date(2026, 6, 1))
    assert read(content, "Asia/Bahrain").week is None


def test_hours_of_another_system_become_a_week_and_ranges() -> None:
    content = an_ics(
        an_event("SUMMARY:Open", "DTSTART:20260104T070000", "DTEND:20260104T141500", "RRULE:FREQ=WEEKLY;BYDAY=SU,MO"),
        an_event("SUMMARY:Night", "DTSTART:20260106T220000", "DURATION:PT8H", "RRULE:FREQ=WEEKLY"),
        *(
            an_event(
                "SUMMARY:Summer",
                f"DTSTART;TZID=Asia/Bahrain:202607{day}T080000",
                f"DTEND;TZID=Asia/Bahrain:202607{day}T120000",
                f"RRULE:FREQ=WEEKLY;UNTIL=202608{last}T050000Z;BYDAY={weekday}",
            )
            for day, last, weekday in (("05", "30", "SU"), ("06", "31", "MO"))
        ),
        an_event("SUMMARY:Fair", "DTSTART:20261114T060000Z", "DTEND:20261114T090000Z"),
    )
    imported = read(content, "Asia/Bahrain")
    assert imported.week == Week(
        sunday=("07:00-14:15",), monday=("07:00-14:15",), tuesday=("22:00-24:00",), wednesday=("00:00-06:00",)
    )
    summer, fair = imported.special
    assert (summer.first, summer.last) == (date(2026, 7, 5), date(2026, 8, 31))
    assert summer.week == Week(sunday=("08:00-12:00",), monday=("08:00-12:00",))
    assert (fair.first, fair.last, fair.week) == (date(2026, 11, 14),) * 2 + (Week(saturday=("09:00-12:00",)),)


def test_a_day_that_a_series_leaves_out_keeps_its_other_hours() -> None:
    morning, evening = (
        an_event(
            "SUMMARY:Open",
            f"DTSTART:20260104T{opens}0000",
            f"DTEND:20260104T{closes}0000",
            "RRULE:FREQ=WEEKLY;BYDAY=SU,MO",
            *more,
        )
        for opens, closes, more in (("07", "12", ()), ("16", "20", ("EXDATE:20260111T160000,20260112T160000",)))
    )
    first, second = read(an_ics(morning, evening), "Asia/Bahrain").special
    assert (first.first, first.last, first.week) == (date(2026, 1, 11),) * 2 + (Week(sunday=("07:00-12:00",)),)
    assert second.week == Week(monday=("07:00-12:00",))


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (("DTSTART:20260104T070000", "DTEND:20260104T060000"), "ends before"),
        (("DTSTART:20260104T070000", "DTEND:20260106T060000"), "longer than a day"),
        (("DTSTART:20260104T070000", "DTEND:20260104T080000", "RRULE:FREQ=MONTHLY"), "every week"),
        (("DTSTART:20260104T070000", "DTEND:20260104T080000", "RRULE:FREQ=WEEKLY;INTERVAL=2"), "every week"),
        (("DTSTART:20260104T070000", "DTEND:20260104T080000", "RRULE:FREQ=WEEKLY;COUNT=3"), "every week"),
        (("DTSTART;VALUE=DATE:20260104", "RRULE:FREQ=YEARLY"), "Whole days that repeat"),
        (("DTSTART:20260104T220000", "DTEND:20260105T020000"), "after midnight"),
        (("DTSTART:20260104T070000Z", "DTEND:20260104T080000Z", "RRULE:FREQ=WEEKLY"), "another time zone"),
        (("DTSTART:20260104T070000", "DTEND:20260104T080000", "RDATE:20260105T070000"), "Single dates"),
        (("SUMMARY:no time",), "cannot be read"),
        (("DTSTART:nonsense",), "cannot be read"),
    ],
)
def test_what_no_working_calendar_can_say_is_refused_with_the_reason(lines: tuple[str, ...], why: str) -> None:
    good = an_event("SUMMARY:Open", "DTSTART:20260104T070000", "DTEND:20260104T141500", "RRULE:FREQ=WEEKLY")
    with pytest.raises(RulebookRefused) as refused:
        read(an_ics(good, an_event(*lines)), "Asia/Bahrain")
    [fault] = refused.value.faults
    assert fault.field == "events.1"
    assert why in fault.en
    assert fault.ar


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"BEGIN:VCALENDAR", an_ics(), b"BEGIN:VEVENT\r\nEND:VEVENT", b"x" * 5]
)
def test_what_is_no_calendar_is_refused(content: Any) -> None:
    with pytest.raises(RulebookRefused):
        read(content, "Asia/Bahrain")


def a_zone(name: str, offset: str, rule: str = "FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU") -> str:
    parts = (
        (f"BEGIN:{part}", "DTSTART:19700329T020000", "TZOFFSETFROM:+0000", f"TZOFFSETTO:{offset}", f"RRULE:{rule}")
        for part in ("STANDARD", "DAYLIGHT")
    )
    lines = [line for (begin, *more) in parts for line in (begin, *more, begin.replace("BEGIN", "END"))]
    return "\r\n".join(("BEGIN:VTIMEZONE", f"TZID:{name}", *lines, "END:VTIMEZONE"))


def at_eight(zone: str) -> str:
    return an_event(f"DTSTART;TZID={zone}:20301114T080000", f"DTEND;TZID={zone}:20301114T090000")


def test_a_zone_that_a_file_defines_is_no_other_files_zone_of_that_name() -> None:
    for offset, hours in (("+0400", "07:00-08:00"), ("+0500", "06:00-07:00"), ("+0300", "08:00-09:00")):
        [special] = read(an_ics(a_zone("Customized", offset), at_eight("Customized")), "Asia/Bahrain").special
        assert special.week == Week(thursday=(hours,)), offset


@pytest.mark.parametrize(
    "rule", ["FREQ=SECONDLY", "FREQ=YEARLY;BYHOUR=1,2;BYSECOND=1", "FREQ=YEARLY;BYMONTH=1,2;BYDAY=SU,MO"]
)
def test_a_zone_whose_clocks_change_every_second_is_refused_before_it_is_looked_at(rule: str) -> None:
    with pytest.raises(RulebookRefused) as refused:
        read(an_ics(a_zone("Restless", "+0300", rule), at_eight("Restless")), "Asia/Bahrain")
    assert [fault.code for fault in refused.value.faults] == ["zone"]


def test_series_that_leave_out_more_days_than_a_calendar_holds_are_refused() -> None:
    days = [date(2026, 1, 4) + timedelta(days=number) for number in range(501)]
    without = "EXDATE:" + ",".join(f"{day:%Y%m%d}T070000" for day in days)
    weekly = ("DTSTART:20260104T070000", "DTEND:20260104T141500", "RRULE:FREQ=WEEKLY", without)
    with pytest.raises(RulebookRefused) as refused:
        read(an_ics(an_event(*weekly)), "Asia/Bahrain")
    assert "more than 500 days" in refused.value.faults[0].en


def test_hours_round_the_clock_reach_midnight() -> None:
    always = published(round_the_clock())
    day = (date(2026, 6, 1), date(2026, 6, 1))
    assert as_others_read_it(file_of(always, *day), "Asia/Bahrain", *day) == [bounds("Asia/Bahrain", *day)]
