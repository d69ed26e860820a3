"""Dates, times, numbers and spans as a reader of one language expects them.

Digits are Latin in both languages, as the country's services print them: a reference number or a time that is read
out over a phone then looks the same to both sides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, format_timedelta
from babel.numbers import format_decimal, format_percent
from babel.support import Translations
from babel.units import format_unit
from hijridate import Gregorian

from shared.events.model import Window
from shared.reference.working_time import remaining_working_time

LOCALES = {"ar": "ar_BH", "en": "en_GB"}
DATES = {"ar": "EEEE d MMMM y", "en": "EEEE d MMMM y"}
TIMES = {"ar": "h:mm a", "en": "HH:mm"}
SHORT_DATES = {"ar": "d MMMM y", "en": "d MMM y"}
HIJRI_MONTHS = (
    "محرم",
    "صفر",
    "ربيع الأول",
    "ربيع الآخر",
    "جمادى الأولى",
    "جمادى الآخرة",
    "رجب",
    "شعبان",
    "رمضان",
    "شوال",
    "ذو القعدة",
    "ذو الحجة",
)


@dataclass(frozen=True)
class Formats:
    language: str
    zone: ZoneInfo
    translations: Translations

    def date(self, at: datetime) -> str:
        return self._written(at, DATES[self.language])

    def short_date(self, at: datetime) -> str:
        return self._written(at, SHORT_DATES[self.language])

    def weekday(self, at: datetime) -> str:
        return self._written(at, "EEEE")

    def time(self, at: datetime) -> str:
        return self._written(at, TIMES[self.language])

    def moment(self, at: datetime) -> str:
        """Date and time; a line never ends between the hour and what belongs to it."""
        comma = "،" if self.language == "ar" else ","
        time = self.time(at).replace(" ", "\u00a0")
        return f"{self.date(at)}{comma} {time}"

    def iso(self, at: datetime) -> str:
        return at.astimezone(self.zone).isoformat(timespec="minutes")

    def hijri(self, at: datetime) -> str:
        """The date in the Umm al-Qura calendar, for readers of Arabic; empty for others and outside its tables."""
        if self.language != "ar":
            return ""
        local = at.astimezone(self.zone)
        try:
            date = Gregorian(local.year, local.month, local.day).to_hijri()
        except (OverflowError, ValueError):
            return ""
        return f"{date.day} {HIJRI_MONTHS[date.month - 1]} {date.year} هـ"

    def number(self, number: float) -> str:
        return format_decimal(number, locale=LOCALES[self.language])

    def percent(self, share: float) -> str:
        """Cut after a tenth, never rounded up: what is below a target does not look as if it reached it."""
        return format_percent(int(share * 1_000 + 1e-9) / 1_000, format="0.#%", locale=LOCALES[self.language])

    def size(self, octets: int) -> str:
        """In megabytes, below one in kilobytes."""
        unit, number = ("megabyte", octets / 2**20) if octets >= 2**20 else ("kilobyte", -(-octets // 2**10))
        return format_unit(round(number, 1), unit, "short", locale=LOCALES[self.language])

    def ago(self, at: datetime, now: datetime) -> str:
        return format_timedelta(at - now, add_direction=True, locale=LOCALES[self.language])

    def left(self, windows: Sequence[Window], due_at: datetime, now: datetime) -> str | None:
        """The working time until `due_at`; None where no window says when work is done."""
        if not windows:
            return None
        day = min(max(closes - opens for opens, closes in windows), timedelta(days=1))
        return self.working_time(remaining_working_time(windows, due_at, now), day)

    def working_time(self, left: timedelta, day: timedelta) -> str:
        """`left` in working days of the length of `day`, in hours below two of them, in minutes below one hour."""
        ungettext = self.translations.ungettext
        if day and left >= 2 * day:
            days = left // day
            return self._counted(ungettext("%(num)s working day", "%(num)s working days", days), days)
        hours = left // timedelta(hours=1)
        if hours:
            return self._counted(
                self.translations.ungettext("%(num)s working hour", "%(num)s working hours", hours), hours
            )
        minutes = left // timedelta(minutes=1)
        return self._counted(
            self.translations.ungettext("%(num)s working minute", "%(num)s working minutes", minutes), minutes
        )

    def _counted(self, message: Any, number: int) -> str:
        return str(message) % {"num": self.number(number)}

    def _written(self, at: datetime, pattern: str) -> str:
        return format_datetime(at, pattern, tzinfo=self.zone, locale=LOCALES[self.language])
