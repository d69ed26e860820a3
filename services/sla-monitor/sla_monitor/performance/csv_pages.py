"""Serves the record as numbers for spreadsheets at `/performance/figures.csv`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from shared.events.model import Identifier
from shared.reference.working_time import utc_now
from shared.web import sheets
from shared.web.catalogues import N_
from starlette.responses import Response

from sla_monitor.http.parameters import Month
from sla_monitor.performance.commands import Record
from sla_monitor.performance.figures import Figures, named_month
from sla_monitor.performance.pages import CACHED, AskedYear, Names, lines_of, parts_of

router = APIRouter(include_in_schema=False)

ENTITY = N_("Entity")
PART_AND_NAME = (N_("Part"), N_("Name"))
COLUMNS = (
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
    N_("Half taken within"),
    N_("Nine of ten taken within"),
    N_("Working time held"),
    N_("Waiting for citizens"),
    N_("Answered within minutes"),
    N_("Appeals upheld"),
)


@router.get("/performance/figures.csv")
async def figures(
    request: Request,
    year: AskedYear,
    month: Annotated[Month | None, Query()] = None,
    entity: Annotated[Identifier | None, Query()] = None,
) -> Response:
    """Return a line for each entity, or for the requested one and its units; then lines by month, area, kind and
    category, which the first column tells apart. Shares are from 0 to 1, working time is in hours."""
    record: Record = request.app.state.record
    await record.require_known(entity)
    known = await record.of(year, utc_now(), entity, named_month(year, month))
    named = Names(request)
    titles = [named.words(title) for title in COLUMNS]
    rows = [[*map(named.words, PART_AND_NAME), *titles]]
    if entity is None:
        rows += [[named.words(ENTITY), line.name, *_row(line.figures)] for line in lines_of(request, known)]
    else:
        rows.append([named.words(ENTITY), named.entity(entity), *_row(known.about)])
    rows += [[named.words(N_("Month")), month, *_row(each)] for month, each in known.months.items()]
    for title, lines in parts_of(named, known):
        rows += [[named.words(title), name, *_row(each)] for name, each in lines]
    of = "-".join(filter(None, (entity, named_month(year, month) or str(year))))
    headers = {**CACHED, "Content-Disposition": f'attachment; filename="tawasul-performance-{of}.csv"'}
    return Response(sheets.MARK + sheets.lines(rows), media_type="text/csv; charset=utf-8", headers=headers)


def _row(known: Figures) -> list[str]:
    return [
        _share(known.share_in_time),
        str(known.in_time),
        str(known.late),
        str(known.received),
        str(known.open),
        str(known.overdue),
        _hours(known.median_seconds),
        _hours(known.percentile_90_seconds),
        str(known.reopened),
        str(known.transferred_out),
        str(known.ratings),
        f"{known.mean_rating:.2f}" if known.mean_rating is not None else "",
        _hours(known.median_acknowledged_seconds),
        _hours(known.percentile_90_acknowledged_seconds),
        _hours(known.held_seconds),
        _share(known.paused_share),
        str(known.instant),
        str(known.appeals_upheld),
    ]


def _share(value: float | None) -> str:
    return f"{value:.4f}" if value is not None else ""


def _hours(seconds: int | None) -> str:
    return f"{seconds / 3_600:.1f}" if seconds is not None else ""
