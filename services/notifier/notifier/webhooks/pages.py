"""`/inbox/webhooks`: entities and partners look after the endpoints that they are told through."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ValidationError
from shared.events.model import Role
from shared.http.auth import SignedIn
from shared.http.commands import command_key
from shared.http.problems import Problem, not_found
from shared.web.forms import Fields, posted
from shared.web.language import language_of
from shared.web.pages import PRIVATE, Pages
from starlette.responses import RedirectResponse, Response

from notifier.webhooks import words
from notifier.webhooks.api import Console, TheConsole
from notifier.webhooks.commands import OWNERS
from notifier.webhooks.model import allowed_events
from notifier.webhooks.views import Change, DeliveryShown, EndpointShown, PartnerSent, Register, Replay

router = APIRouter(include_in_schema=False)

AT = "/inbox/webhooks"
EVENT = "event_"
Sent = Literal["change", "secret", "pause", "resume", "test", "replay", "remove"]
Form = Annotated[dict[str, str], Depends(posted)]
FIELDS = {
    "url": words.WRITE_ADDRESS,
    "events": words.CHOOSE_EVENTS,
    "entity": words.WHOSE,
    "partner": words.WHOSE,
}


@router.get(AT)
async def all_endpoints(
    request: Request, caller: SignedIn, console: TheConsole, did: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    return await _list(request, console, did=did)


@router.post(AT)
async def register(request: Request, caller: SignedIn, console: TheConsole, form: Form) -> Response:
    """The page of the new endpoint, with the secret that is shown this once; sent once more it is the same page."""
    console.key = _key(request, console, form)
    try:
        made = await console.register(_registered(form))
    except ValidationError as error:
        return await _list(request, console, form, _faults(error), 422)
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        return await _list(request, console, form, _said(request, problem), problem.status)
    return await _one(request, console, made)


@router.get(f"{AT}/{{id}}")
async def endpoint(
    request: Request,
    id: UUID,
    console: TheConsole,
    did: Annotated[str, Query(max_length=20)] = "",
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    return await _one(request, console, await console.one(str(id)), did=did, cursor=cursor)


@router.get(f"{AT}/{{id}}/{{sent}}")
async def back(id: UUID, sent: Sent, caller: SignedIn) -> Response:
    """Where a form was sent to there is no page: another language, or a reload, leads to the endpoint."""
    return RedirectResponse(f"{AT}/{id}", 303, PRIVATE)


@router.post(f"{AT}/{{id}}/change")
async def change(request: Request, id: UUID, console: TheConsole, form: Form) -> Response:
    console.key = _key(request, console, form)
    version = form.get("version", "")
    try:
        sent = Change.model_validate({**_texts(form), "events": _events(form)})
        seen = int(version) if version.isdecimal() and len(version) < 10 else 0
        await console.change(str(id), sent, seen)
    except ValidationError as error:
        return await _one(request, console, await console.one(str(id)), form, _faults(error), 422)
    except Problem as problem:
        if problem.status not in (409, 412, 422):
            raise
        shown = await console.one(str(id))
        return await _one(request, console, shown, form, _said(request, problem), problem.status)
    return _to(id, "change")


@router.post(f"{AT}/{{id}}/secret")
async def rotate(request: Request, id: UUID, console: TheConsole, form: Form) -> Response:
    console.key = _key(request, console, form)
    return await _one(request, console, await console.rotate(str(id)))


@router.post(f"{AT}/{{id}}/pause")
async def pause(request: Request, id: UUID, console: TheConsole, form: Form) -> Response:
    console.key = _key(request, console, form)
    await console.pause(str(id))
    return _to(id, "pause")


@router.post(f"{AT}/{{id}}/resume")
async def resume(request: Request, id: UUID, console: TheConsole, form: Form) -> Response:
    console.key = _key(request, console, form)
    await console.resume(str(id), form.get("waiting") == "leave-out")
    return _to(id, "resume")


@router.post(f"{AT}/{{id}}/test")
async def test(request: Request, id: UUID, console: TheConsole, form: Form) -> Response:
    console.key = _key(request, console, form)
    tested = await console.test(str(id))
    return await _one(request, console, await console.one(str(id)), tested=tested)


@router.post(f"{AT}/{{id}}/replay")
async def replay(request: Request, id: UUID, console: TheConsole, form: Form) -> Response:
    """Whole days, as the country's clocks have them."""
    try:
        first, last = (date.fromisoformat(form.get(name, "")) for name in ("first", "last"))
        zone = _pages(request).zone
        since = datetime.combine(first, time(), zone)
        until = datetime.combine(last + timedelta(days=1), time(), zone)
        sent = Replay(since=since, until=until)
    except (ValueError, OverflowError):
        errors = {"first": words.NOT_A_PERIOD}
        return await _one(request, console, await console.one(str(id)), form, errors, 422)
    console.key = _key(request, console, form)
    again = await console.replay(str(id), sent)
    return _to(id, "replay" if again else "nothing")


@router.post(f"{AT}/{{id}}/remove")
async def remove(request: Request, id: UUID, console: TheConsole, form: Form) -> Response:
    console.key = _key(request, console, form)
    await console.remove(str(id))
    return RedirectResponse(f"{AT}?did=removed", 303, PRIVATE)


def _registered(form: Mapping[str, str]) -> Register:
    partner = None
    if form.get("partner_subject") or form.get("partner_name"):
        partner = PartnerSent(
            name=form.get("partner_name", ""),
            subject=form.get("partner_subject", ""),
            mail=form.get("partner_mail") or None,
            language="en" if form.get("partner_language") == "en" else "ar",
        )
    owner = {"entity": form.get("entity") or None, "partner": partner}
    return Register.model_validate({**_texts(form), "events": _events(form), **owner})


def _texts(form: Mapping[str, str]) -> dict[str, str]:
    return {name: form.get(name, "") for name in ("url", "description")}


def _events(form: Mapping[str, str]) -> list[str]:
    return [name.removeprefix(EVENT) for name in form if name.startswith(EVENT)]


def _key(request: Request, console: Console, form: Mapping[str, str]) -> Any:
    what = "\n".join(f"{name}={value}" for name, value in sorted(form.items()) if name != "key")
    return command_key(form.get("key") or None, console.caller.subject, request.url.path, what.encode())


def _faults(error: ValidationError) -> dict[str, str]:
    named = {str(fault["loc"][0]) if fault["loc"] else "partner" for fault in error.errors()}
    return {name if name in FIELDS else "partner": FIELDS.get(name, words.WHOSE) for name in sorted(named)}


def _said(request: Request, problem: Problem) -> dict[str, str]:
    text = problem.ar if language_of(request) == "ar" else problem.en
    return {problem.errors[0]["field"] if problem.errors else "form": text}


def _to(id: UUID, did: str) -> RedirectResponse:
    return RedirectResponse(f"{AT}/{id}?did={did}", 303, PRIVATE)


async def _list(
    request: Request,
    console: Console,
    form: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    status: int = 200,
    did: str = "",
) -> Response:
    endpoints = await console.all()
    caller = console.caller
    is_administrator, is_owner = caller.has(Role.ADMINISTRATOR), caller.has(*OWNERS)
    if not (is_administrator or is_owner or endpoints):
        raise not_found()
    names = _names(request, console)
    context = {
        "endpoints": endpoints,
        "entities": sorted(names.items(), key=lambda each: each[1]),
        "entity_names": names,
        "offered": sorted(allowed_events(not (is_administrator or is_owner)), key=list(words.EVENTS).index),
        "is_administrator": is_administrator,
        "ticked": _events(form or {}),
        "form": Fields(form or {}),
        "errors": Fields(errors or {}),
        "done": words.DONE.get(did),
        "key": str(uuid4()),
    }
    return _page(request, "webhooks.html", context, status)


async def _one(
    request: Request,
    console: Console,
    shown: EndpointShown,
    form: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    status: int = 200,
    did: str = "",
    cursor: str | None = None,
    tested: DeliveryShown | None = None,
) -> Response:
    context = {
        "endpoint": shown,
        "entity_names": _names(request, console),
        "log": await console.log(shown.id, None, cursor, 20),
        "is_first": cursor is None,
        "tested": tested,
        "offered": sorted(allowed_events(shown.partner is not None), key=list(words.EVENTS).index),
        "ticked": _events(form) if form and "url" in form else shown.events,
        "form": Fields(form or {"url": shown.url, "description": shown.description}),
        "errors": Fields(errors or {}),
        "done": words.DONE.get(did),
        "key": str(uuid4()),
    }
    return _page(request, "webhook.html", context, status)


def _page(request: Request, template: str, context: Mapping[str, Any], status: int) -> Response:
    said = {
        "event_words": words.EVENTS,
        "states": words.STATES,
        "deliveries": words.DELIVERIES,
        "reasons": words.REASONS,
    }
    return _pages(request).render(request, template, said | dict(context), status, PRIVATE)


def _names(request: Request, console: Console) -> dict[str, str]:
    """Of the entities, in the reader's language."""
    language = language_of(request)
    return {
        each.entity: str(getattr(each.name, language))
        for each in console.webhooks.directory.entities.values()
        if each.active
    }


def _pages(request: Request) -> Pages:
    pages: Pages = request.app.state.pages
    return pages
