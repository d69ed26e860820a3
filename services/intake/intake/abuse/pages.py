"""Pages of `/moderation/held` and `/moderation/abuse-list`: decide on held submissions, edit the abuse list."""

import json
from typing import Annotated
from urllib.parse import urlencode
from uuid import uuid4

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ValidationError
from shared.http.commands import CommandKey, command_key
from shared.http.problems import not_found
from shared.web.catalogues import N_
from shared.web.forms import Fields, faults, posted
from shared.web.pages import PRIVATE, Pages
from starlette.responses import RedirectResponse, Response

from intake.abuse.dependencies import Desk, Held
from intake.abuse.http_models import DecisionSent, EntrySent
from intake.abuse.use_cases import DECISIONS, AbuseDesk
from intake.http.bodies import BoundedRoute
from intake.http.words import KINDS, SIGNS
from intake.submissions.errors import ListIsFull, NothingOfThisKind

router = APIRouter(route_class=BoundedRoute, include_in_schema=False)

AT_ONCE = 20
DONE = {
    "release": N_("It goes on to the responsible entity."),
    "reject": N_("It ends here, and its author reads why."),
    "add": N_("It is on the list."),
    "remove": N_("It is off the list."),
}
WHY = N_("Say why. It stays with the submission.")
BETTER = {
    "sign": N_("Choose what it is."),
    "value": N_("Write what to watch for."),
    "reason": N_("Say why it is on the list."),
}
NOTHING = N_("This is not what you chose above. Please check it.")
FULL = N_("The list is full. Take something off first.")

Form = Annotated[dict[str, str], Depends(posted)]
Did = Annotated[str, Query(max_length=20)]


@router.get("/moderation/held")
async def held(
    request: Request,
    desk: Desk,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    did: Did = "",
) -> Response:
    return await _held(request, desk, cursor, did=did)


@router.post("/moderation/held/{reference}/{action}")
async def decide(request: Request, desk: Desk, submission: Held, action: str, form: Form) -> Response:
    if action not in DECISIONS:
        raise not_found()
    try:
        sent = DecisionSent(reason=form.get("reason", ""))
    except ValidationError:
        assert submission.state is not None
        errors = {f"reason-{submission.state.reference}": WHY}
        return await _held(request, desk, None, errors, 422)

    await desk.decide(submission, action, sent.reason, _key(request, desk, form))
    return RedirectResponse(f"/moderation/held?{urlencode({'did': action})}", 303, PRIVATE)


@router.get("/moderation/abuse-list")
async def abuse_list(request: Request, desk: Desk, did: Did = "") -> Response:
    return await _list(request, desk, did=did)


@router.post("/moderation/abuse-list")
async def add(request: Request, desk: Desk, form: Form) -> Response:
    try:
        sent = EntrySent.model_validate({name: form.get(name, "") for name in ("sign", "value", "reason")})
    except ValidationError as error:
        return await _list(request, desk, form, faults(error, BETTER), 422)

    try:
        await desk.add_entry(sent, _key(request, desk, form))
    except NothingOfThisKind:
        return await _list(request, desk, form, {"value": NOTHING}, 422)
    except ListIsFull:
        return await _list(request, desk, form, {"form": FULL}, 409)
    return RedirectResponse("/moderation/abuse-list?did=add", 303, PRIVATE)


@router.post("/moderation/abuse-list/{id}/remove")
async def remove(request: Request, desk: Desk, id: str, form: Form) -> Response:
    await desk.remove_entry(id, _key(request, desk, form))
    return RedirectResponse("/moderation/abuse-list?did=remove", 303, PRIVATE)


def _key(request: Request, desk: AbuseDesk, form: dict[str, str]) -> CommandKey | None:
    body = json.dumps(form, sort_keys=True).encode()
    return command_key(form.get("key") or None, desk.caller.subject, request.url.path, body)


async def _held(
    request: Request,
    desk: AbuseDesk,
    cursor: str | None,
    errors: dict[str, str] | None = None,
    status: int = 200,
    did: str = "",
) -> Response:
    page = await desk.held(cursor, AT_ONCE)
    later = "/moderation/held?" + urlencode({"cursor": page.next_cursor}) if page.next_cursor else ""
    context = {
        "items": page.items,
        "unreadable": page.unreadable,
        "later": later,
        "kinds": KINDS,
        "signs": SIGNS,
        "errors": Fields(errors or {}),
        "done": DONE.get(did),
        "new_key": lambda: str(uuid4()),
    }
    pages: Pages = request.app.state.pages
    return pages.render(request, "held.html", context, status, PRIVATE)


async def _list(
    request: Request,
    desk: AbuseDesk,
    form: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
    did: str = "",
) -> Response:
    current, _ = await desk.lists.current()
    context = {
        "entries": current.entries[::-1],
        "signs": SIGNS,
        "form": Fields(form or {}),
        "errors": Fields(errors or {}),
        "done": DONE.get(did),
        "new_key": lambda: str(uuid4()),
    }
    pages: Pages = request.app.state.pages
    return pages.render(request, "abuse_list.html", context, status, PRIVATE)
