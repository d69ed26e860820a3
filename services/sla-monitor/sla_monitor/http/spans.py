"""Formats spans of working time to the minute, as `2 days and 3 hours`; the length of a day is the custodian's working
day."""

from datetime import timedelta

from babel.lists import format_list
from shared.web.formats import LOCALES, Formats

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def format_span(formats: Formats, span: timedelta, day: timedelta) -> str:
    """Format a span. Seconds are dropped; a span below a minute becomes 0 minutes."""
    days, rest = divmod(span, day) if day else (0, span)
    hours, rest = divmod(rest, HOUR)
    minutes = rest // MINUTE
    ungettext = formats.translations.ungettext
    parts = [
        str(words) % {"num": formats.number(number)}
        for words, number in (
            (ungettext("%(num)s day", "%(num)s days", days), days),
            (ungettext("%(num)s hour", "%(num)s hours", hours), hours),
            (ungettext("%(num)s minute", "%(num)s minutes", minutes), minutes),
        )
        if number
    ]
    if not parts:
        return str(ungettext("%(num)s minute", "%(num)s minutes", 0)) % {"num": formats.number(0)}
    return format_list(parts, style="standard", locale=LOCALES[formats.language])
