"""`/moderation/held` and `/moderation/abuse-list`: what waits for a person, and why."""

import json
from typing import Annotated
from urllib.parse import urlencode
from uuid import uuid4

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ValidationError
from shared.http.auth import Caller
from shared.http.commands import CommandKey, command_key
from shared.http.problems import not_found
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Decision
from shared.web.catalogues import N_
from shared.web.forms import Fields, faults, posted
from shared.web.pages import PRIVATE, Pages
from starlette.responses import RedirectResponse, Response

from intake.abuse import commands as hold
from intake.abuse.api import DecisionSent, EntrySent, Held, TheLists, change_list, decide_on_held, page_of_held
from intake.abuse.entries import stop_watching, watch_for
from intake.abuse.model import AbuseList
from intake.http.bodies import BoundedRoute
from intake.http.words import KINDS, SIGNS
from intake.publication.api import Moderator
from intake.submissions.errors import ListIsFull, NothingOfThisKind
from intake.submissions.model import Submission

router = APIRouter(route_class=BoundedRoute, include_in_schema=False)

AT_ONCE = 20
DECISIONS = {"release": hold.release, "reject": hold.reject}
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
    caller: Moderator,
    lists: TheLists,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    did: Did = "",
) -> Response:
    return await _held(request, caller, lists, cursor, did=did)


@router.post("/moderation/held/{reference}/{action}")
async def decide(
    request: Request, caller: Moderator, lists: TheLists, submission: Held, action: str, form: Form
) -> Response:
    if action not in DECISIONS:
        raise not_found()
    try:
        sent = DecisionSent(reason=form.get("reason", ""))
    except ValidationError:
        assert submission.state is not None
        errors = {f"reason-{submission.state.reference}": WHY}
        return await _held(request, caller, lists, None, errors, 422)

    def _decide(id: str, state: Submission) -> Decision[Submission]:
        return DECISIONS[action](id, state, caller.subject, sent.reason, utc_now())

    await decide_on_held(request, caller, submission, action, _decide, _key(request, caller, form))
    return RedirectResponse(f"/moderation/held?{urlencode({'did': action})}", 303, PRIVATE)


@router.get("/moderation/abuse-list")
async def abuse_list(request: Request, caller: Moderator, lists: TheLists, did: Did = "") -> Response:
    return await _list(request, lists, did=did)


@router.post("/moderation/abuse-list")
async def add(request: Request, caller: Moderator, lists: TheLists, form: Form) -> Response:
    try:
        sent = EntrySent.model_validate({name: form.get(name, "") for name in ("sign", "value", "reason")})
    except ValidationError as error:
        return await _list(request, lists, form, faults(error, BETTER), 422)

    def _decide(current: AbuseList) -> Decision[AbuseList] | None:
        return watch_for(current, sent.sign, sent.value, sent.reason, caller.subject, utc_now())

    try:
        await change_list(request, caller, lists, "watch", _decide, _key(request, caller, form))
    except NothingOfThisKind:
        return await _list(request, lists, form, {"value": NOTHING}, 422)
    except ListIsFull:
        return await _list(request, lists, form, {"form": FULL}, 409)
    return RedirectResponse("/moderation/abuse-list?did=add", 303, PRIVATE)


@router.post("/moderation/abuse-list/{id}/remove")
async def remove(request: Request, caller: Moderator, lists: TheLists, id: str, form: Form) -> Response:
    key = _key(request, caller, form)
    await change_list(request, caller, lists, "unwatch", lambda current: stop_watching(current, id), key)
    return RedirectResponse("/moderation/abuse-list?did=remove", 303, PRIVATE)


def _key(request: Request, caller: Caller, form: dict[str, str]) -> CommandKey | None:
    body = json.dumps(form, sort_keys=True).encode()
    return command_key(form.get("key") or None, caller.subject, request.url.path, body)


async def _held(
    request: Request,
    caller: Caller,
    lists: TheLists,
    cursor: str | None,
    errors: dict[str, str] | None = None,
    status: int = 200,
    did: str = "",
) -> Response:
    page = await page_of_held(request, caller, lists, cursor, AT_ONCE)
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
    lists: TheLists,
    form: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
    did: str = "",
) -> Response:
    current, _ = await lists.current()
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
