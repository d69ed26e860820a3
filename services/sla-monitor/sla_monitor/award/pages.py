"""Shows the standings of a month or year with their calculation at `/performance/award`; officials contest and decide
there."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from shared.events.model import Identifier, Role, SubmissionId
from shared.http.auth import Caller, optional_caller
from shared.reference.working_time import utc_now
from shared.web.catalogues import N_
from shared.web.forms import Fields, posted
from shared.web.language import language_of
from shared.web.pages import FRESH, PRIVATE, Pages
from starlette.responses import RedirectResponse, Response

from sla_monitor.access.errors import NotFound
from sla_monitor.access.policy import own_entity
from sla_monitor.award.commands import Awards, Verdict
from sla_monitor.award.model import BANDS, FORMULA, LEAST_ANSWERS, LEAST_RATINGS, WEIGHTS, Period
from sla_monitor.http.parameters import Central, Head, OneMonth

router = APIRouter(include_in_schema=False)

PARTS = {
    "in_time": N_("Answered in time"),
    "speed": N_("Speed: what half of the answers left of their time"),
    "rating": N_("Ratings by citizens"),
    "reopening": N_("Answers that were not reopened"),
    "transfers": N_("Cases that were not handed on"),
    "appeals": N_("Answers without an appeal that was upheld"),
}
BAND_WORDS = {"small": N_("Few submissions"), "medium": N_("Many submissions"), "large": N_("Very many submissions")}
DECISIONS = {"upheld": N_("Upheld: it does not count"), "dismissed": N_("Dismissed: it counts")}
ASKED = r"^2\d{3}(-(0[1-9]|1[0-2]))?$"
Form = Annotated[dict[str, str], Depends(posted)]
AskedPeriod = Annotated[str | None, Query(pattern=ASKED)]


@router.get("/performance/award")
async def award(request: Request, period: AskedPeriod = None) -> Response:
    return await _page(request, period, await optional_caller(request))


@router.post("/performance/award/{month}/contest")
async def contest(request: Request, month: OneMonth, caller: Head, form: Form) -> Response:
    awards: Awards = request.app.state.awards
    reason, submission = form.get("reason", "").strip(), form.get("submission", "").strip()
    own_entity(caller)
    if len(reason) < 3 or not submission:
        return await _page(request, month, caller, N_("Name the case and say why it is not to count."), form)
    try:
        await awards.contest(Period(month), submission[:64], reason[:1_000], caller, utc_now())
    except NotFound:
        return await _page(request, month, caller, N_("This case counts nothing for your entity in this month."), form)
    return _back(month)


@router.post("/performance/award/{month}/contests/{submission_id}/entities/{entity}")
async def decision(
    request: Request,
    month: OneMonth,
    submission_id: Annotated[SubmissionId, Path()],
    entity: Annotated[Identifier, Path()],
    caller: Central,
    form: Form,
) -> Response:
    why, said = form.get("why", "").strip(), form.get("decision", "")
    if len(why) < 3 or said not in DECISIONS:
        return await _page(request, month, caller, N_("Decide, and say why."), form)
    awards: Awards = request.app.state.awards
    verdict = Verdict.model_validate({"decision": said, "why": why[:1_000]})
    await awards.decide(Period(month), entity, submission_id, verdict, caller, utc_now())
    return _back(month)


@router.post("/performance/award/{period}/freeze")
async def freeze(
    request: Request, period: Annotated[str, Path(pattern=ASKED)], caller: Central, form: Form
) -> Response:
    awards: Awards = request.app.state.awards
    await awards.freeze(Period(period), caller.subject, utc_now())
    return _back(period)


def _back(period: str) -> Response:
    return RedirectResponse(f"/performance/award?period={period}", 303, PRIVATE)


async def _page(
    request: Request, asked: str | None, caller: Caller | None, fault: str = "", form: dict[str, str] | None = None
) -> Response:
    pages: Pages = request.app.state.pages
    awards: Awards = request.app.state.awards
    now, lang = utc_now(), language_of(request)
    year = awards.record.year_of(now)
    period = Period(asked or str(year))
    known = await awards.of(period, now)
    names = awards.record.reference.directory.entities
    is_central = caller is not None and caller.has(Role.CENTRAL)
    is_head = caller is not None and caller.has(Role.HEAD) and caller.entity is not None
    of_period = int(period.name[:4])
    hidden = await awards.hidden_from(caller.subject, now) if caller and (is_central or is_head) else ()
    context = {
        "period": period,
        "award": known,
        "months": Period(period.name[:4]).months,
        "years": sorted({*await awards.record.store.years(), year, of_period}, reverse=True),
        "year": of_period,
        "is_over": now >= period.ends(awards.zone()),
        "bands": [
            (BAND_WORDS[band], [each for each in known.standings if each.band == band and each.rank is not None])
            for band, _ in BANDS
        ],
        "too_few": [each for each in known.standings if each.rank is None],
        "least_answers": LEAST_ANSWERS[period.kind],
        "least_ratings": LEAST_RATINGS,
        "formula": known.snapshot.formula if known.snapshot else FORMULA,
        "target": known.snapshot.target_share if known.snapshot else awards.record.target_share,
        "weights": WEIGHTS,
        "parts": PARTS,
        "decisions": DECISIONS,
        "name_of": lambda id: getattr(names[id].name, lang) if id in names else id,
        "contests": [
            each
            for each in known.contests
            if (is_central or (is_head and caller and each.entity == caller.entity)) and each.submission not in hidden
        ],
        "is_central": is_central,
        "is_head": is_head,
        "fault": fault,
        "form": Fields(form or {}),
    }
    return pages.render(request, "award.html", context, 422 if fault else 200, PRIVATE if caller else FRESH)
