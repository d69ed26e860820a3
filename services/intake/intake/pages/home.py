"""`/`: what this is, and where to go."""

from datetime import timedelta

from fastapi import APIRouter, Request
from shared.clock import utc_now
from shared.web.formats import Formats
from shared.web.language import language_of
from shared.web.pages import Pages
from starlette.responses import Response

from intake.domain.figures import YearFigures
from intake.figures import Figures
from intake.pages.words import KINDS

router = APIRouter(include_in_schema=False)


@router.get("/")
async def home(request: Request) -> Response:
    pages: Pages = request.app.state.pages
    figures: Figures = request.app.state.figures
    now = utc_now()
    known = figures.of_this_year(now)
    return pages.render(
        request,
        "home.html",
        {
            "kinds": KINDS,
            "figures": known,
            "year": now.astimezone(pages.zone).year,
            "half_within": _half_within(known, pages.formats(language_of(request))),
        },
    )


def _half_within(figures: YearFigures | None, formats: Formats) -> str | None:
    """In working days, below two of them in hours."""
    if figures is None or figures.median_seconds is None:
        return None
    day = timedelta(seconds=figures.working_day_seconds or 0)
    return formats.working_time(timedelta(seconds=figures.median_seconds), day)
