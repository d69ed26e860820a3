"""Explains at `/performance/clocks/{submission}` how a deadline came about, to officials and to the author.

Officials see what the API returns. The author sees the custodians, the time that counted and the days that did not.
Intake alone knows the author, and puts the submission's id into the session after the secret link or a sign-in. A
citizen without it is sent there and back again, or refused.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Request
from shared.events.model import Role, SubmissionId
from shared.http.auth import CurrentSession, OptionalCaller, of_a_page
from shared.http.problems import not_found
from shared.reference.working_time import utc_now
from shared.web.catalogues import N_
from shared.web.pages import PRIVATE, Pages
from starlette.responses import RedirectResponse, Response

from sla_monitor.calendars.model import seconds_of
from sla_monitor.calendars.policies import Target
from sla_monitor.clocks.reading import ComputedClock, UnknownClock, clock_for_author, clock_for_official
from sla_monitor.deadlines.goals import goals
from sla_monitor.deadlines.rungs import BREACH, REMINDER, UNROUTED, rungs
from sla_monitor.http.calendar_reader import CalendarReader
from sla_monitor.http.spans import format_span
from sla_monitor.http.words import TARGETS
from sla_monitor.timekeeping.custody import Run, State
from sla_monitor.timekeeping.explanation import RunExplanation, SpecialDays, explained

router = APIRouter(include_in_schema=False)

BECAUSE = {
    "SubmissionReceived": N_("It came in"),
    "SubCaseReceived": N_("A part of a submission was opened"),
    "TriageRequested": N_("The central office was asked who is responsible"),
    "SubmissionAssigned": N_("It was given to this entity"),
    "SubmissionTransferred": N_("It was handed over to this entity"),
    "SubmissionReopened": N_("It was opened again"),
    "AppealFiled": N_("Its author appealed to the central office"),
    "AppealDecided": N_("An appeal was upheld"),
    "InformationRequested": N_("The entity asked a question"),
    "AuthorConfirmed": N_("Its author confirmed their address, and the question reached them"),
    "InformationAdded": N_("The question was answered"),
    "limit": N_("No answer came in the time for which one is waited"),
    "SubmissionUnmerged": N_("It was separated from another one again"),
}
WENT_ON = N_("It went on")
ENDED = {State.MET: N_("answered"), State.STOPPED: N_("ended"), State.MERGED: N_("goes on with another submission")}
SAID = {
    UNROUTED: N_("Nobody has it yet"),
    BREACH: N_("Late"),
    REMINDER: N_("A reminder of the question"),
    "officer": N_("The officers are told that it is late"),
    "supervisor": N_("The supervisors are told that it is late"),
    "head": N_("The head is told that it is late"),
    "central": N_("The central office is told that it is late"),
    "minister": N_("The minister is told that it is late"),
}


@dataclass(frozen=True)
class DeclarationLine:
    at: datetime
    words: str
    target: str
    was_overtaken: bool = False


@router.get("/performance/clocks/{submission_id}")
async def clock(
    request: Request,
    submission_id: Annotated[SubmissionId, Path()],
    caller: OptionalCaller,
    session: CurrentSession,
) -> Response:
    clocks, directory_and_rules, now = request.app.state.clocks, request.app.state.reference, utc_now()
    is_author = session is not None and submission_id in session.scope
    if is_author:
        known = await clock_for_author(clocks, directory_and_rules, submission_id, now)
    elif (person := of_a_page(request, caller)).roles - {Role.CITIZEN}:
        known = await clock_for_official(clocks, directory_and_rules, submission_id, person, now)
    else:
        reference = (await clock_for_author(clocks, directory_and_rules, submission_id, now)).record.reference
        if reference is None:
            raise not_found()
        return RedirectResponse(f"/track/{reference}/clock", 303, PRIVATE)
    pages: Pages = request.app.state.pages
    if isinstance(known, UnknownClock):
        return pages.render(
            request, "clock_unknown.html", _context_of_unknown(request, known, is_author), headers=PRIVATE
        )
    return pages.render(request, "clock.html", _context(request, known, is_author), headers=PRIVATE)


def _context_of_unknown(request: Request, known: UnknownClock, is_author: bool) -> dict[str, object]:
    reference = known.record.reference
    return {
        "of": reference,
        "back": f"/{'track' if is_author else 'desk'}/{reference}" if reference else None,
        "is_author": is_author,
        "since": known.unknown.since,
        "holder": CalendarReader(request).entity(known.unknown.entity),
    }


def _context(request: Request, known: ComputedClock, is_author: bool) -> dict[str, object]:
    reader, clock, reference = CalendarReader(request), known.clock, known.record.reference

    def spoken(span: timedelta, run: Run, terms: Target | None = None) -> str:
        return format_span(reader.formats, span, _day_of(run, terms or run.terms))

    def day(day: date) -> datetime:
        return datetime.combine(day, time(12), reader.pages.zone)

    return {
        "of": reference,
        "back": f"/{'track' if is_author else 'desk'}/{reference}" if reference else None,
        "is_author": is_author,
        "at": known.at,
        "clock": clock,
        "parts": explained(clock, known.at),
        "ended": ENDED.get(clock.state),
        "is_paused": clock.state is State.PAUSED,
        "because": lambda word: reader.words(BECAUSE.get(word, WENT_ON)),
        "entity": reader.entity,
        "target": lambda name: reader.words(TARGETS[name]),
        "name": reader.name,
        "spoken": spoken,
        "special": lambda each: _special(reader, each),
        "day": day,
        "given": _given,
        "goals": [] if is_author else list(goals(clock)),
        "declared": [] if is_author else _declared(reader, known),
        "coming": [] if is_author else _coming(reader, known),
    }


def _day_of(run: Run, terms: Target) -> timedelta:
    """Return the calendar's longest day, which people call a day's work; 24 hours where every day counts."""
    if terms.working is None:
        return timedelta(days=1)
    week = seconds_of(run.calendar.definition.week)
    return timedelta(seconds=max(sum(closes - opens for opens, closes in shifts) for shifts in week))


def _special(reader: CalendarReader, each: SpecialDays) -> str:
    return reader.name(each.name) if each.name else reader.words(N_("Day in lieu"))


def _given(part: RunExplanation) -> list[str]:
    """Explain why the run's time differs from the policy's whole target."""
    run, policy = part.run, part.run.policy.definition
    found = []
    if run.is_extended:
        found.append(N_("An interim reply in time made it longer, once."))
    if run.was_transferred and policy.after_transfer != 1:
        found.append(N_("It was handed over: a part of the whole time is given."))
    if run.spent_before is not None and policy.after_reopening == "continue":
        found.append(N_("It was opened again: what was left of the time is given."))
    elif run.spent_before is not None and policy.after_reopening != "restart":
        found.append(N_("It was opened again: a time of its own is given for that."))
    return found


def _coming(reader: CalendarReader, known: ComputedClock) -> list[DeclarationLine]:
    clock = known.clock
    coming = [
        DeclarationLine(rung.at, _words(reader, rung.name), reader.words(TARGETS[rung.target]))
        for rung in rungs(clock)
        if rung.at > known.at
    ]
    if clock.waiting_until is not None:
        ends = reader.words(N_("The waiting ends, and the time runs on"))
        coming.append(DeclarationLine(clock.waiting_until, ends, reader.words(TARGETS[clock.run.target])))
    return sorted(coming, key=lambda each: each.at)


def _declared(reader: CalendarReader, known: ComputedClock) -> list[DeclarationLine]:
    standing = {(rung.target, rung.part) for rung in rungs(known.clock) if rung.name == BREACH and rung.at <= known.at}
    return [
        DeclarationLine(
            each.at,
            _words(reader, each.rung),
            reader.words(TARGETS.get(each.target, each.target)),
            each.rung == BREACH and each.run is not None and (each.target, each.run) not in standing,
        )
        for each in known.record.declarations
    ]


def _words(reader: CalendarReader, rung: str) -> str:
    kind, _, share = rung.partition("-")
    if kind == "warning":
        used = reader.formats.percent(float(share) / 100)
        return str(reader.words(N_("A warning: %(share)s of the time is used"))) % {"share": used}
    return str(reader.words(SAID[rung])) if rung in SAID else rung
