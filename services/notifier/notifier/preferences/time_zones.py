"""Time zones as people choose one: by a city in it, in their language, nearest to ours first."""

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import get_timezone_location

from notifier.rendering.templates import LOCALES

CITIES = (
    "Asia/Bahrain",
    "Asia/Riyadh",
    "Asia/Kuwait",
    "Asia/Qatar",
    "Asia/Dubai",
    "Asia/Muscat",
    "Asia/Baghdad",
    "Asia/Tehran",
    "Asia/Amman",
    "Asia/Beirut",
    "Africa/Cairo",
    "Europe/Istanbul",
    "Europe/Athens",
    "Europe/Berlin",
    "Europe/London",
    "Africa/Tunis",
    "Africa/Casablanca",
    "Africa/Lagos",
    "Africa/Nairobi",
    "Africa/Johannesburg",
    "Europe/Moscow",
    "Asia/Karachi",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Colombo",
    "Asia/Dhaka",
    "Asia/Jakarta",
    "Asia/Manila",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Australia/Perth",
    "Australia/Sydney",
    "Pacific/Auckland",
    "America/Sao_Paulo",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
)


@lru_cache(maxsize=1_024)
def city(zone: str, language: str) -> str:
    return get_timezone_location(ZoneInfo(zone), locale=LOCALES[language], return_city=True)


def listed(language: str, chosen: str | None, now: datetime) -> list[tuple[str, str]]:
    """Each with the clock's distance from UTC now; one that was chosen elsewhere stands among them."""
    zones = CITIES if chosen in (None, *CITIES) else (*CITIES, str(chosen))
    return [(zone, f"{city(zone, language)} (\u2066UTC{_offset(zone, now)}\u2069)") for zone in zones]


def _offset(zone: str, now: datetime) -> str:
    written = now.astimezone(ZoneInfo(zone)).strftime("%z")
    return f"{written[:3]}:{written[3:5]}"
