"""`/`: the start page."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from shared.events.directory import CategoryChanged
from shared.reference.directory import Directory
from shared.reference.working_time import utc_now
from shared.web.formats import Formats
from shared.web.language import language_of
from shared.web.pages import Pages
from starlette.responses import Response

from intake.catalogue.search import search
from intake.figures.model import YearFigures
from intake.figures.store import Figures
from intake.filing.form_fields import categories_to_choose
from intake.http.words import KINDS

router = APIRouter(include_in_schema=False)


@router.get("/")
async def home(request: Request, words: Annotated[str, Query(max_length=200)] = "") -> Response:
    """`words` search the catalogue."""
    pages: Pages = request.app.state.pages
    figures: Figures = request.app.state.figures
    now = utc_now()
    known = figures.of_this_year(now)
    return pages.render(
        request,
        "home.html",
        {
            "kinds": KINDS,
            "words": words,
            "found": _found(request.app.state.directory, words),
            "groups": categories_to_choose(request.app.state.directory, language_of(request)),
            "figures": known,
            "year": now.astimezone(pages.zone).year,
            "half_within": _half_within(known, pages.formats(language_of(request))),
        },
    )


def _found(directory: Directory, words: str) -> list[tuple[CategoryChanged, CategoryChanged]]:
    """Categories, each with its group."""
    found = search(directory.categories, words)
    return [(category, directory.categories[category.parent]) for category in found if category.parent]


def _half_within(figures: YearFigures | None, formats: Formats) -> str | None:
    """A duration in working days, or in hours below two days."""
    if figures is None or figures.median_seconds is None:
        return None
    day = timedelta(seconds=figures.working_day_seconds or 0)
    return formats.working_time(timedelta(seconds=figures.median_seconds), day)
