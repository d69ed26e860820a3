"""Lets an administrator change calendars and policies at `/working-hours/change`, with a preview before publishing."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import uuid4

from fastapi import APIRouter, Depends, Query, Request
from shared.http.commands import command_key
from shared.http.problems import not_found
from shared.reference.working_time import utc_now
from shared.web.catalogues import N_
from shared.web.forms import Fields, posted
from shared.web.language import language_of
from shared.web.pages import PRIVATE, Pages
from starlette.datastructures import UploadFile
from starlette.responses import RedirectResponse, Response

from sla_monitor.calendar_admin.forms import READINGS, FormFaults, fields_of, from_text, imported
from sla_monitor.calendar_admin.model import CalendarsAndPolicies
from sla_monitor.calendar_admin.pages import text_of
from sla_monitor.calendar_admin.preview import preview
from sla_monitor.calendar_admin.publisher import RulebookPublisher
from sla_monitor.calendar_files.yaml_files import write_yaml
from sla_monitor.calendars.changes import changes_between
from sla_monitor.calendars.checks import RulebookRefused
from sla_monitor.calendars.days_in_lieu import Proposal, proposed
from sla_monitor.calendars.rulebook import Rulebook
from sla_monitor.clocks.store import Clocks
from sla_monitor.http.calendar_reader import CalendarReader
from sla_monitor.http.parameters import Administrator, Overseer, RulebookVersion
from sla_monitor.http.words import CHANGES, PARTS
from sla_monitor.recalculation.reports import Reports
from sla_monitor.timekeeping.reference import Reference

router = APIRouter(include_in_schema=False)

AT = "/working-hours/change"
LIEU_AHEAD = timedelta(days=400)
MOST_SHOWN = 20
MOST_MOVES = 100
LARGEST_FILE = 900_000

Form = Annotated[dict[str, str], Depends(posted)]


@dataclass(frozen=True)
class OfferedDay:
    """A day in lieu that a calendar's rule proposes."""

    calendar: str
    calendar_name: str
    proposal: Proposal


@router.get(AT)
async def change(request: Request, caller: Administrator, did: Annotated[str, Query(max_length=20)] = "") -> Response:
    return _page(request, {}, {}, done=did == "publish")


@router.post(f"{AT}/preview/{{action}}")
async def look_first(request: Request, caller: Administrator, action: str, form: Form) -> Response:
    """Preview what a form would change and which due times would move. A form with a fault is shown again as it was
    typed."""
    reference: Reference = request.app.state.reference
    clocks: Clocks = request.app.state.clocks
    publisher: RulebookPublisher = request.app.state.publisher
    await reference.rulebooks.renew()
    now = utc_now()
    try:
        body = await _asked(request, action, form, reference.rulebooks.newest)
        following = publisher.would_follow(body, caller, now)
    except FormFaults as error:
        return _page(request, form, error.faults, 422)
    except RulebookRefused as error:
        return _page(request, form, {}, 422, error)
    if following is None:
        return _page(request, form, {"form": N_("Nothing would change: this is what holds already.")}, 422)
    found = await preview(following, clocks, reference, now, caller.subject)
    reader = CalendarReader(request)
    context = {
        "text": write_yaml({"calendars": body.calendars, "policies": body.policies}),
        "seen": reference.rulebooks.newest.version if reference.rulebooks.newest else 0,
        "key": str(uuid4()),
        "preview": found,
        "entities": found.tallies.by_number(),
        "examples": found.examples[:MOST_SHOWN],
        "reader": reader,
        "changes": CHANGES,
        "parts": PARTS,
        "errors": Fields(),
        "form": Fields(),
    }
    return _pages(request).render(request, "rules_preview.html", context, headers=PRIVATE)


@router.post(f"{AT}/publish")
async def publish(request: Request, caller: Administrator, form: Form) -> Response:
    """Publish what was previewed, unless another rulebook was published since."""
    reason = form.get("reason", "")
    if len(reason) < 3:
        errors = {"reason": N_("Say why: it stays in the history.")}
        return _page(request, form, errors, 422)
    try:
        body = from_text(form.get("text", ""), reason[:500])
        seen = int(form.get("seen", ""))
    except RulebookRefused as error:
        return _page(request, form, {}, 422, error)
    except ValueError:
        raise not_found() from None
    key = command_key(form.get("key") or None, caller.subject, request.url.path, body.model_dump_json().encode())
    publisher: RulebookPublisher = request.app.state.publisher
    await publisher.publish(body, caller, seen, key, utc_now())
    return RedirectResponse(f"{AT}?{urlencode({'did': 'publish'})}", 303, PRIVATE)


@router.get("/working-hours/rulebooks/{version}")
async def report(request: Request, caller: Overseer, version: RulebookVersion) -> Response:
    """Show what a publication changed, and which open cases it moved."""
    reports: Reports = request.app.state.reports
    known = await reports.report(version)
    context = {
        "rulebook": known.publication.rulebook,
        "made": known.publication.changes,
        "tallies": known.tallies,
        "stage": known.progress.stage,
        "failed": known.progress.failed,
        "entities": known.tallies.by_number(),
        "moves": await reports.moved_cases(version, None, "", MOST_MOVES, caller, utc_now()),
        "reader": CalendarReader(request),
        "changes": CHANGES,
        "parts": PARTS,
    }
    return _pages(request).render(request, "rules_report.html", context, headers=PRIVATE)


async def _asked(request: Request, action: str, form: dict[str, str], newest: Rulebook | None) -> CalendarsAndPolicies:
    """Read the definitions from the form. Raises Faulty, Refused and Problem 404."""
    content = await _file(request)
    if action == "write":
        return from_text(content or form.get("text", ""))
    if newest is None:
        raise FormFaults({"text": N_("There are no calendars and policies yet: publish the first ones as a whole.")})
    if action == "import":
        return imported(form, newest, content)
    if action not in READINGS:
        raise not_found()
    return READINGS[action](form, newest)


async def _file(request: Request) -> bytes:
    """Return the uploaded file, empty where none was chosen. Raises Faulty."""
    sent: Any = (await request.form()).get("file")
    if not isinstance(sent, UploadFile):
        return b""
    content = await sent.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise FormFaults({"file": N_("This file is too large.")})
    return content


def _page(
    request: Request,
    form: dict[str, str],
    errors: dict[str, str],
    status: int = 200,
    refused: RulebookRefused | None = None,
    done: bool = False,
) -> Response:
    reference: Reference = request.app.state.reference
    rulebooks, today = reference.rulebooks, utc_now().date()
    newest, lang = rulebooks.newest, language_of(request)
    reader = CalendarReader(request)
    history = [rulebooks.get(version) for version in range(newest.version, 0, -1)][:MOST_SHOWN] if newest else []
    context = {
        "calendars": [(each.id, reader.name(each.definition.name)) for each in newest.calendars] if newest else [],
        "offered": _offered(newest, reader, today) if newest else [],
        "history": [
            (each, changes_between(rulebooks.get(each.version - 1), each)) for each in history if each is not None
        ],
        "form": Fields({"text": text_of(newest) if newest else ""} | fields_of(form)),
        "errors": Fields(errors),
        "faults": [(each.field, each.ar if lang == "ar" else each.en) for each in refused.faults] if refused else [],
        "done": done,
        "reader": reader,
        "changes": CHANGES,
        "parts": PARTS,
    }
    return _pages(request).render(request, "rules_change.html", context, status, PRIVATE)


def _offered(rulebook: Rulebook, reader: CalendarReader, today: date) -> list[OfferedDay]:
    return [
        OfferedDay(calendar.id, reader.name(calendar.definition.name), proposal)
        for calendar in rulebook.calendars
        for proposal in proposed(calendar, today, today + LIEU_AHEAD)
    ]


def _pages(request: Request) -> Pages:
    pages: Pages = request.app.state.pages
    return pages
