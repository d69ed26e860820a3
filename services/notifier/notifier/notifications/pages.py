"""`/inbox/deliveries`: the list of messages and their states, the history of one, resending and cancelling."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ValidationError
from shared.http.auth import Caller
from shared.http.commands import command_key
from shared.http.problems import Problem
from shared.privacy.audit import AuditTrail, RequestAudit
from shared.reference.working_time import utc_now
from shared.web.catalogues import N_
from shared.web.forms import Fields, faults, posted
from shared.web.language import language_of
from shared.web.pages import PRIVATE, Pages
from starlette.responses import RedirectResponse, Response

from notifier.http.sign_in import OfTheOffice
from notifier.http.words import CHANNELS, LANES, STATES
from notifier.notifications.commands import DeliveryCommands
from notifier.notifications.http import Commands, DeliveryId, TheMonitor, as_problems
from notifier.notifications.model import State
from notifier.notifications.monitor_store import Filter
from notifier.notifications.views import Intervention, Why, read_page, with_history

router = APIRouter(include_in_schema=False)

AT = "/inbox/deliveries"
ON_A_PAGE = 25
PERIODS = {24: N_("The last day"), 24 * 7: N_("The last week"), 24 * 31: N_("The last month")}
DONE = {"resend": N_("It is sent again as this message."), "cancel": N_("It was cancelled.")}
BETTER = {"why": N_("Say why, in a few words.")}

Form = Annotated[dict[str, str], Depends(posted)]
Asked = Annotated[str, Query(max_length=100)]


@router.get(AT)
async def overview(
    request: Request,
    caller: OfTheOffice,
    monitor: TheMonitor,
    state: Asked = "",
    channel: Asked = "",
    lane: Asked = "",
    provider: Asked = "",
    template: Asked = "",
    submission: Asked = "",
    hours: Annotated[int, Query()] = 24,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """List messages; unknown filter values are ignored. A submission is named by its reference number or its id."""
    wanted = {
        "state": state if state in set(State) else "",
        "channel": channel if channel in CHANNELS else "",
        "lane": lane if lane in LANES else "",
        "provider": provider,
        "template": template,
        "submission": submission.strip(),
    }
    filters = {name: value for name, value in wanted.items() if value}
    asked = {("submission_id" if name == "submission" else name): value for name, value in filters.items()}
    if "submission" in filters:
        asked["submission_id"] = await monitor.submission_named(filters["submission"]) or filters["submission"]
    period = hours if hours in PERIODS else 24
    counts, is_whole = await monitor.counts(utc_now() - timedelta(hours=period))
    page = await read_page(monitor, Filter(**asked), cursor, ON_A_PAGE)
    words = request.app.state.pages.messages(language_of(request))
    query = filters | ({"hours": str(period)} if period != 24 else {})
    context = {
        "counts": counts,
        "is_whole": is_whole,
        "page": page,
        "filters": Fields(wanted),
        "period": period,
        "periods": PERIODS,
        "states_to_choose": [(word, words.ugettext(said)) for word, (said, _) in STATES.items()],
        "channels_to_choose": [(word, words.ugettext(said)) for word, said in CHANNELS.items()],
        "lanes_to_choose": [(word, words.ugettext(said)) for word, said in LANES.items()],
        "providers": [(each, each) for each in sorted({each.provider for each in counts if each.provider})],
        "older_url": f"{AT}?{urlencode(query | {'cursor': page.next_cursor})}" if page.next_cursor else "",
        "first_url": f"{AT}?{urlencode(query)}" if cursor else "",
        "now": utc_now(),
    }
    return _page(request, "deliveries.html", context)


@router.get(f"{AT}/{{id}}")
async def one(
    id: DeliveryId,
    request: Request,
    caller: OfTheOffice,
    commands: Commands,
    did: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    return await _one(request, commands, id, done=DONE.get(did, ""))


@router.post(f"{AT}/{{id}}/resend")
async def resend(
    id: DeliveryId, request: Request, form: Form, caller: OfTheOffice, commands: Commands, audit: AuditTrail
) -> Response:
    return await _intervene(request, "resend", id, form, caller, commands, audit)


@router.post(f"{AT}/{{id}}/cancel")
async def cancel(
    id: DeliveryId, request: Request, form: Form, caller: OfTheOffice, commands: Commands, audit: AuditTrail
) -> Response:
    return await _intervene(request, "cancel", id, form, caller, commands, audit)


@router.get(f"{AT}/{{id}}/resend")
@router.get(f"{AT}/{{id}}/cancel")
async def back(id: UUID, caller: OfTheOffice) -> Response:
    """A form's address has no page of its own: a reload or a change of language leads back to the message."""
    return RedirectResponse(f"{AT}/{id}", 303, PRIVATE)


async def _intervene(
    request: Request,
    action: Intervention,
    id: str,
    form: Mapping[str, str],
    caller: Caller,
    commands: DeliveryCommands,
    audit: RequestAudit,
) -> Response:
    """Carry it out; a refused form is shown again with its content and the reason."""
    try:
        sent = Why(why=form.get("why", ""))
    except ValidationError as error:
        return await _one(request, commands, id, 422, errors=Fields(faults(error, BETTER)), form=Fields(form))
    key = command_key(form.get("key") or None, caller.subject, request.url.path, sent.why.encode())
    try:
        with as_problems():
            command = commands.resend if action == "resend" else commands.cancel
            done = await command(id, caller, sent.why, key, audit)
    except Problem as problem:
        if problem.status == 404:
            raise
        refusal = problem.ar if language_of(request) == "ar" else problem.en
        return await _one(request, commands, id, problem.status, refusal=refusal, form=Fields(form))
    return RedirectResponse(f"{AT}/{done.id}?did={action}", 303, PRIVATE)


async def _one(request: Request, commands: DeliveryCommands, id: str, status: int = 200, **more: Any) -> Response:
    with as_problems():
        delivery = with_history(await commands.find(id))
    known: dict[str, Any] = {"errors": Fields(), "form": Fields(), "refusal": "", "done": ""}
    return _page(request, "delivery.html", {"one": delivery, "at": f"{AT}/{id}", **known, **more}, status)


def _page(request: Request, template: str, context: Mapping[str, Any], status: int = 200) -> Response:
    pages: Pages = request.app.state.pages
    common = {"states": STATES, "channels": CHANNELS, "lanes": LANES, "key": str(uuid4()), "list_at": AT}
    return pages.render(request, template, {**common, **context}, status, PRIVATE)
