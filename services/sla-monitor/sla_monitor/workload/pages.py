"""Shows an entity's workload at `/performance/entity`, where a head begins the day."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from shared.events.model import Identifier, Role
from shared.http.auth import OFFICIALS, OptionalCaller, of_a_page
from shared.reference.working_time import utc_now
from shared.web.catalogues import N_
from shared.web.language import language_of
from shared.web.pages import PRIVATE, Pages
from starlette.responses import Response

from sla_monitor.access.errors import NotAllowed
from sla_monitor.access.policy import sees_all_entities
from sla_monitor.http.words import TARGETS
from sla_monitor.performance.commands import Record
from sla_monitor.performance.pages import Names, worked
from sla_monitor.workload.commands import Workload, Workloads
from sla_monitor.workload.model import OVERLOADED_LEAST

router = APIRouter(include_in_schema=False)

MOST_SHOWN = 50
HEADINGS = {
    "overdue": N_("Late"),
    "today": N_("Due today"),
    "late": N_("Would be late within the week"),
}


@router.get("/performance/entity")
async def workload(
    request: Request, visitor: OptionalCaller, entity: Annotated[Identifier | None, Query()] = None
) -> Response:
    """Show the own entity's workload; the central office and auditors choose the entity, and begin with their own."""
    caller = of_a_page(request, visitor)
    if not caller.has(*OFFICIALS, Role.CENTRAL, Role.AUDITOR):
        raise NotAllowed("role")
    pages: Pages = request.app.state.pages
    record: Record = request.app.state.record
    workloads: Workloads = request.app.state.workloads
    lang, directory = language_of(request), record.reference.directory
    names = {id: str(getattr(each.name, lang)) for id, each in directory.entities.items() if each.active}
    entities = sorted(names.items(), key=lambda pair: pair[1]) if sees_all_entities(caller) else []
    asked = entity or caller.entity or next((id for id, _ in entities), None)
    if asked is None:
        raise NotAllowed("entity")
    known = await workloads.for_caller(asked, caller, utc_now())

    def person(id: str | None) -> str:
        official = directory.officials.get(id or "")
        return str(getattr(official.name, lang)) if official else id or ""

    context = {
        "known": known,
        "name": names.get(asked, asked),
        "entities": entities,
        "lists": _lists(known),
        "headings": HEADINGS,
        "most_shown": MOST_SHOWN,
        "targets": TARGETS,
        "person": person,
        "most_busy": OVERLOADED_LEAST,
        "answers_a_day": _answers_a_day(record, known),
        "year": record.year_of(known.at),
        "units": await record.units(asked, known.at),
        "unit": Names(request).entity,
        "worked": lambda seconds: worked(record, pages.formats(lang), seconds),
    }
    return pages.render(request, "workload.html", context, headers=PRIVATE)


def _lists(known: Workload) -> list[tuple[str, int, list[object]]]:
    cases = {"overdue": known.overdue, "today": known.today, "late": known.late}
    return [(name, found.number, list(found.first[:MOST_SHOWN])) for name, found in cases.items()]


def _answers_a_day(record: Record, known: Workload) -> float | None:
    each, day = known.pace.each, record.reference.working_day_seconds
    return round(day / each.total_seconds(), 1) if each and day else None
