"""Parses query parameters strictly: an invalid one is refused, never ignored."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from starlette.requests import Request

from intake.open311.catalogue import code_of, services
from intake.open311.errors import Refusal, bad_request
from intake.public_register.model import CLOSED, OPEN
from intake.public_register.store import RegisterQuery
from intake.submissions.life import Status
from intake.submissions.reference import normalised

SPAN = timedelta(days=90)
MOST = 1_000
DEEPEST_PAGE = 10_000

DATE = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2}))?", re.ASCII)


@dataclass(frozen=True)
class Paging:
    page: int
    size: int


def listed(request: Request, name: str) -> list[str] | None:
    """Values separated by commas or repeated; None where there are none or all are empty."""
    values = [part.strip() for value in request.query_params.getlist(name) for part in value.split(",")]
    found = [value for value in values if value]
    if len(found) > MOST:
        raise bad_request(f"{name}: at most {MOST} at once.", f"{name}: {MOST} على الأكثر في المرة الواحدة.")
    return found or None


def references(request: Request) -> list[str] | None:
    """Drops values that cannot be reference numbers, as they match nothing."""
    ids = listed(request, "service_request_id")
    return [reference for id in ids if (reference := normalised(id[:40]))] if ids is not None else None


def paging(request: Request) -> Paging:
    return Paging(_number(request, "page", 1, DEEPEST_PAGE), _number(request, "page_size", MOST, MOST))


def register_query(request: Request, now: datetime) -> RegisterQuery:
    """Selects only requests with coordinates."""
    start, end = period(request, now)
    codes = listed(request, "service_code")
    categories, statuses = _categories(request, codes), _statuses(listed(request, "status"))
    withheld = request.app.state.directory.never_public
    return RegisterQuery(start, end, categories, statuses, with_place=True, withheld=withheld)


def period(request: Request, now: datetime) -> tuple[datetime, datetime]:
    """A period of at most 90 days: as given, completed to 90 days, or the latest 90 days."""
    start, end = _moment(request, "start_date"), _moment(request, "end_date")
    if start is None:
        start = (end or now) - SPAN
    if end is None:
        end = min(start + SPAN, max(now, start))
    if end < start:
        raise bad_request("end_date is before start_date.", "\u200fend_date قبل start_date.")
    if end - start > SPAN:
        raise bad_request(
            "start_date and end_date may span at most 90 days.",
            "لا تزيد الفترة بين start_date وend_date على 90 يومًا.",
        )
    return start, end


def _categories(request: Request, codes: Iterable[str] | None) -> list[str | None] | None:
    if codes is None:
        return None
    known: dict[str, str | None] = {
        code_of(category.category): category.category for category in services(request.app.state.directory)
    }
    known[code_of(None)] = None
    return [known[code] for code in codes if code in known]


def _statuses(names: Iterable[str] | None) -> frozenset[Status] | None:
    if names is None:
        return None
    chosen: frozenset[Status] = frozenset()
    for name in names:
        if name not in ("open", "closed"):
            raise bad_request("status is open or closed.", "الحالة status هي open أو closed.")
        chosen |= OPEN if name == "open" else CLOSED
    return chosen


def _moment(request: Request, name: str) -> datetime | None:
    # A + that was not encoded arrives as a space.
    text = request.query_params.get(name, "").strip().replace(" ", "+")
    if not text:
        return None
    if not DATE.fullmatch(text):
        raise _no_date(name)
    try:
        read = datetime.fromisoformat(text)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _no_date(name) from error


def _no_date(name: str) -> Refusal:
    return bad_request(
        f"{name} must be a date with a time zone, like 2026-01-31T08:15:30Z.",
        f"{name} يجب أن يكون تاريخًا بمنطقة زمنية، مثل 2026-01-31T08:15:30Z.",
    )


def _number(request: Request, name: str, default: int, most: int) -> int:
    text = request.query_params.get(name, "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdecimal() or len(text) > 9 or not 1 <= int(text) <= most:
        raise bad_request(f"{name} must be a number from 1 to {most}.", f"{name} يجب أن يكون رقمًا من 1 إلى {most}.")
    return int(text)
