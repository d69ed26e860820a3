"""Reads public holidays from the package `holidays`, in both languages of the country where it has them."""

from collections.abc import Mapping, Sequence
from datetime import date

import holidays
from shared.events.model import Name

COUNTRIES = frozenset(holidays.list_supported_countries())


def holidays_of(country: str, years: Sequence[int]) -> Mapping[date, Name]:
    """Return the holidays of these years. Lunar feasts in coming years are the package's estimates; an announced date
    is entered as special hours."""
    ar, en = (holidays.country_holidays(country, years=years, language=language) for language in ("ar", "en_US"))
    return {day: Name(ar=ar.get(day) or name, en=name) for day, name in sorted(en.items())}
