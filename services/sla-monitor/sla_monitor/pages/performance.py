"""`/performance`: how government answers, for everybody, as a page and as a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query, Request
from shared.clock import utc_now
from shared.events.model import Identifier
from shared.problems import not_found
from shared.web import sheets
from shared.web.catalogues import N_
from shared.web.formats import Formats
from shared.web.language import language_of
from shared.web.pages import Pages
from starlette.responses import Response

from sla_monitor.api.performance import Month, Year, named_month
from sla_monitor.domain.figures import Figures
from sla_monitor.domain.performance import UNKNOWN
from sla_monitor.pages.words import KINDS
from sla_monitor.use_cases.performance import Performance, Record

router = APIRouter(include_in_schema=False)

CACHED = {"Cache-Control": "public, max-age=60", "Vary": "Accept-Language, Cookie"}
NOWHERE = N_("unknown")
COLUMNS = (
    N_("Entity"),
    N_("Share in time"),
    N_("Answered in time"),
    N_("Answered late"),
    N_("Received"),
    N_("Open"),
    N_("Overdue"),
    N_("Half answered within"),
    N_("Nine of ten within"),
    N_("Reopened"),
    N_("Handed to others"),
    N_("Ratings"),
    N_("Mean rating"),
)


@dataclass(frozen=True)
class Line:
    """One entity, in the reader's words."""

    entity: str
    name: str
    figures: Figures


def asked_year(request: Request, year: Annotated[Year | None, Query()] = None) -> int:
    record: Record = request.app.state.record
    return year or record.year_of(utc_now())


AskedYear = Annotated[int, Depends(asked_year)]


@router.get("/performance")
async def performance(request: Request, year: AskedYear) -> Response:
    pages: Pages = request.app.state.pages
    record: Record = request.app.state.record
    known = await record.of(year, utc_now())
    this_year = record.year_of(known.at)
    formats = pages.formats(language_of(request))
    context = {
        "year": year,
        "years": sorted({*await record.store.years(), this_year, year}, reverse=True),
        "is_running": year == this_year,
        "at": known.at,
        "country": known.about,
        "lines": _lines(request, known),
        "trend": _trend(known),
        "areas": _areas(request, known),
        "target": record.target_share,
        "worked": lambda seconds: _worked(record, formats, seconds),
    }
    return pages.render(request, "performance.html", context)


@router.get("/performance/areas.geojson")
async def areas(request: Request, year: AskedYear) -> Response:
    """What the map shows: each area with its share in time, and whether that reaches the target."""
    record: Record = request.app.state.record
    pages: Pages = request.app.state.pages
    lang = language_of(request)
    known, formats = await record.of(year, utc_now()), pages.formats(lang)

    def drawn(id: str, name: str) -> dict[str, str]:
        share = known.areas[id].share_in_time if id in known.areas else None
        if share is None:
            return {"name": name, "tone": "map-unjudged"}
        tone = "map-reached" if share >= record.target_share else "map-missed"
        return {"name": f"{name}\n{formats.percent(share)}", "tone": tone}

    features = [
        {
            "type": "Feature",
            "id": id,
            "geometry": {"type": "MultiPolygon", "coordinates": area.parts},
            "properties": drawn(id, str(getattr(area.name, lang))),
        }
        for id, area in sorted(record.reference.directory.areas.items())
        if area.active
    ]
    body = orjson.dumps({"type": "FeatureCollection", "features": features})
    return Response(body, media_type="application/geo+json", headers=CACHED)


@router.get("/performance/report")
async def report(
    request: Request,
    year: AskedYear,
    month: Annotated[Month | None, Query()] = None,
    entity: Annotated[Identifier | None, Query()] = None,
) -> Response:
    """Of the country or of one entity, of a year or of one month; made to be printed."""
    pages: Pages = request.app.state.pages
    record: Record = request.app.state.record
    lang = language_of(request)
    if entity is not None and not await record.is_known(entity):
        raise not_found()
    known = await record.of(year, utc_now(), entity, named_month(year, month))
    directory, formats = record.reference.directory, pages.formats(lang)
    words = pages.messages(lang).ugettext

    def named(names: Mapping[str, Any], id: str) -> str:
        return str(getattr(names[id].name, lang)) if id in names else words(NOWHERE) if id == UNKNOWN else id

    kinds = [(words(KINDS[id]) if id in KINDS else id, each) for id, each in known.kinds.items()]
    parts = [
        (N_("By area"), [(named(directory.areas, id), each) for id, each in known.areas.items()]),
        (N_("By kind"), kinds),
        (N_("By category"), [(named(directory.categories, id), each) for id, each in known.categories.items()]),
    ]
    if known.units:
        units = [(named(directory.entities, id), each) for id, each in known.units.items()]
        parts.insert(0, (N_("What belongs to it"), units))
    if entity is None:
        parts.insert(0, (N_("Each entity"), [(line.name, line.figures) for line in _lines(request, known)]))
    context = {
        "year": year,
        "month": month,
        "entity": entity,
        "name": named(directory.entities, entity) if entity else None,
        "about": known.about,
        "is_running": year == record.year_of(known.at) and month is None,
        "at": known.at,
        "parts": [(title, lines) for title, lines in parts if lines],
        "trend": _trend(known),
        "target": record.target_share,
        "worked": lambda seconds: _worked(record, formats, seconds),
    }
    return pages.render(request, "performance_report.html", context)


@router.get("/performance/figures.csv")
async def figures(request: Request, year: AskedYear) -> Response:
    """Numbers as spreadsheets calculate with them: shares from 0 to 1, working time in hours."""
    pages: Pages = request.app.state.pages
    record: Record = request.app.state.record
    words = pages.messages(language_of(request)).ugettext
    rows = [[words(column) for column in COLUMNS]]
    rows += [_row(line) for line in _lines(request, await record.of(year, utc_now()))]
    headers = {**CACHED, "Content-Disposition": f'attachment; filename="tawasul-performance-{year}.csv"'}
    return Response(sheets.MARK + sheets.lines(rows), media_type="text/csv; charset=utf-8", headers=headers)


def _trend(known: Performance) -> list[tuple[int, str, Figures]]:
    """Every month that has figures: its number, its name as data has it, and these."""
    return [(int(month[5:]), month, figures) for month, figures in known.months.items()]


def _areas(request: Request, known: Performance) -> list[tuple[str, Figures]]:
    record: Record = request.app.state.record
    pages: Pages = request.app.state.pages
    names, lang = record.reference.directory.areas, language_of(request)
    nowhere = pages.messages(lang).ugettext(NOWHERE)
    return [
        (str(getattr(names[id].name, lang)) if id in names else nowhere if id == UNKNOWN else id, figures)
        for id, figures in known.areas.items()
    ]


def _lines(request: Request, known: Performance) -> list[Line]:
    """Who answered most in time comes first; among equals who answered more."""
    record: Record = request.app.state.record
    names, lang = record.reference.directory.entities, language_of(request)
    lines = [
        Line(id, getattr(names[id].name, lang) if id in names else id, each) for id, each in known.entities.items()
    ]
    return sorted(lines, key=lambda line: (-(line.figures.share_in_time or 0), -line.figures.answered, line.name))


def _worked(record: Record, formats: Formats, seconds: int | None) -> str:
    if seconds is None:
        return "–"
    return formats.working_time(timedelta(seconds=seconds), timedelta(seconds=record.working_day_seconds or 0))


def _row(line: Line) -> list[str]:
    known = line.figures
    share, mean = known.share_in_time, known.mean_rating
    return [
        line.name,
        f"{share:.4f}" if share is not None else "",
        str(known.in_time),
        str(known.late),
        str(known.received),
        str(known.open),
        str(known.overdue),
        *(
            f"{each / 3_600:.1f}" if each is not None else ""
            for each in (known.median_seconds, known.percentile_90_seconds)
        ),
        str(known.reopened),
        str(known.transferred_out),
        str(known.ratings),
        f"{mean:.2f}" if mean is not None else "",
    ]
