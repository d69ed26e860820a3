"""Shows everybody how government answers at `/performance`, as page, map and report."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Query, Request
from shared.events.model import Identifier
from shared.reference.working_time import utc_now
from shared.web.catalogues import N_
from shared.web.formats import Formats
from shared.web.language import language_of
from shared.web.pages import Pages
from starlette.responses import Response

from sla_monitor.clocks.case_results import UNKNOWN
from sla_monitor.http.parameters import Month, Year
from sla_monitor.http.words import KINDS
from sla_monitor.performance.commands import Performance, Record
from sla_monitor.performance.figures import Figures, named_month

router = APIRouter(include_in_schema=False)

CACHED = {"Cache-Control": "public, max-age=60", "Vary": "Accept-Language, Cookie"}
NOWHERE = N_("unknown")
Part = tuple[str, list[tuple[str, Figures]]]
"""A heading with its rows: name and figures."""


@dataclass(frozen=True)
class Line:
    """One entity's figures with its name in the reader's language."""

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
    known, named = await record.of(year, utc_now()), Names(request)
    this_year = record.year_of(known.at)
    formats = pages.formats(language_of(request))
    context = {
        "year": year,
        "years": sorted({*await record.store.years(), this_year, year}, reverse=True),
        "is_running": year == this_year,
        "at": known.at,
        "country": known.about,
        "lines": lines_of(request, known),
        "trend": _trend(known),
        "areas": [(named.area(id), each) for id, each in known.areas.items()],
        "categories": _most_first((named.category(id), each) for id, each in known.categories.items()),
        "target": record.target_share,
        "worked": lambda seconds: worked(record, formats, seconds),
    }
    return pages.render(request, "performance.html", context)


@router.get("/performance/areas.geojson")
async def areas(request: Request, year: AskedYear) -> Response:
    """Return the areas of the map, each with its share in time and whether that reaches the target."""
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
    """Show a report of the country or one entity, for a year or a month, made to be printed."""
    pages: Pages = request.app.state.pages
    record: Record = request.app.state.record
    lang = language_of(request)
    await record.require_known(entity)
    known = await record.of(year, utc_now(), entity, named_month(year, month))
    formats = pages.formats(lang)
    named = Names(request)
    parts = parts_of(named, known)
    if entity is None:
        parts.insert(0, (N_("Each entity"), [(line.name, line.figures) for line in lines_of(request, known)]))
    context = {
        "year": year,
        "month": month,
        "entity": entity,
        "name": named.entity(entity) if entity else None,
        "about": known.about,
        "is_running": year == record.year_of(known.at) and month is None,
        "at": known.at,
        "parts": parts,
        "trend": _trend(known),
        "target": record.target_share,
        "worked": lambda seconds: worked(record, formats, seconds),
    }
    return pages.render(request, "performance_report.html", context)


class Names:
    """Names of entities, categories, areas and kinds in the reader's language."""

    def __init__(self, request: Request) -> None:
        record: Record = request.app.state.record
        pages: Pages = request.app.state.pages
        self.lang, self.directory = language_of(request), record.reference.directory
        self.words = pages.messages(self.lang).ugettext

    def entity(self, id: str) -> str:
        return self._known(self.directory.entities, id)

    def category(self, id: str) -> str:
        return self._known(self.directory.categories, id)

    def area(self, id: str) -> str:
        return self._known(self.directory.areas, id)

    def kind(self, id: str) -> str:
        return self.words(KINDS[id]) if id in KINDS else id

    def _known(self, names: Mapping[str, Any], id: str) -> str:
        return str(getattr(names[id].name, self.lang)) if id in names else self.words(NOWHERE) if id == UNKNOWN else id


def parts_of(named: Names, known: Performance) -> list[Part]:
    """Return the figures by area, kind and category, for one entity also by unit."""
    parts: list[Part] = [
        (N_("What belongs to it"), [(named.entity(id), each) for id, each in known.units.items()]),
        (N_("By area"), [(named.area(id), each) for id, each in known.areas.items()]),
        (N_("By kind"), [(named.kind(id), each) for id, each in known.kinds.items()]),
        (N_("By category"), [(named.category(id), each) for id, each in known.categories.items()]),
    ]
    return [(title, lines) for title, lines in parts if lines]


def _trend(known: Performance) -> list[tuple[int, str, Figures]]:
    """Return every month that has figures, with its number, its name in data, and the figures."""
    return [(int(month[5:]), month, figures) for month, figures in known.months.items()]


def _most_first(lines: Iterable[tuple[str, Figures]]) -> list[tuple[str, Figures]]:
    return sorted(lines, key=lambda line: (-line[1].received, line[0]))


def lines_of(request: Request, known: Performance) -> list[Line]:
    """Return the entities by share in time, then by number of answers."""
    record: Record = request.app.state.record
    names, lang = record.reference.directory.entities, language_of(request)
    lines = [
        Line(id, getattr(names[id].name, lang) if id in names else id, each) for id, each in known.entities.items()
    ]
    return sorted(lines, key=lambda line: (-(line.figures.share_in_time or 0), -line.figures.answered, line.name))


def worked(record: Record, formats: Formats, seconds: int | None) -> str:
    if seconds is None:
        return "–"
    return formats.working_time(
        timedelta(seconds=seconds), timedelta(seconds=record.reference.working_day_seconds or 0)
    )
