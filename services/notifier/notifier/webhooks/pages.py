"""`/inbox/webhooks`: entities and partners manage their endpoints."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ValidationError
from shared.events.model import Role
from shared.http.auth import Caller, SignedIn
from shared.http.commands import cause_of_request, command_key
from shared.http.problems import Problem, not_found
from shared.privacy.audit import AuditTrail
from shared.web.forms import Fields, posted
from shared.web.language import language_of
from shared.web.pages import PRIVATE, Pages
from starlette.responses import RedirectResponse, Response

from notifier.http import webhook_words as words
from notifier.webhooks.commands import OWNERS, CommandContext, WebhookCommands
from notifier.webhooks.http import Commands, as_problems, check_test_limit
from notifier.webhooks.model import allowed_events
from notifier.webhooks.views import (
    Change,
    DeliveryShown,
    EndpointShown,
    PartnerSent,
    Register,
    Replay,
    delivery_shown,
    read_endpoint,
    read_endpoints,
    read_log,
)

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


class Console:
    """The pages of endpoints for one caller."""

    def __init__(self, request: Request, caller: SignedIn, webhooks: Commands, audit: AuditTrail) -> None:
        self.request = request
        self.caller: Caller = caller
        self.webhooks: WebhookCommands = webhooks
        self.audit = audit

    def context(self, form: Mapping[str, str]) -> CommandContext:
        """The command of a form, whose key makes it idempotent."""
        fields = "\n".join(f"{name}={value}" for name, value in sorted(form.items()) if name != "key")
        key = command_key(form.get("key") or None, self.caller.subject, self.request.url.path, fields.encode())
        return CommandContext(self.caller, key, cause_of_request(), self.audit)

    async def endpoint(self, id: UUID) -> EndpointShown:
        with as_problems():
            found = await self.webhooks.find(str(id), self.caller)
        return await read_endpoint(self.webhooks, found)


TheConsole = Annotated[Console, Depends(Console)]


@router.get(AT)
async def all_endpoints(console: TheConsole, did: Annotated[str, Query(max_length=20)] = "") -> Response:
    return await _list(console, did=did)


@router.post(AT)
async def register(request: Request, console: TheConsole, form: Form) -> Response:
    """Show the new endpoint with its secret, only this once; the same form sent again shows the same page."""
    try:
        sent = _registered(form)
        with as_problems():
            made = await console.webhooks.register(sent.registration(), console.context(form))
    except ValidationError as error:
        return await _list(console, form, _faults(error), 422)
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        return await _list(console, form, _messages(request, problem), problem.status)
    return await _one(console, await read_endpoint(console.webhooks, made, with_secret=True))


@router.get(f"{AT}/{{id}}")
async def endpoint(
    id: UUID,
    console: TheConsole,
    did: Annotated[str, Query(max_length=20)] = "",
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    return await _one(console, await console.endpoint(id), did=did, cursor=cursor)


@router.get(f"{AT}/{{id}}/{{sent}}")
async def back(id: UUID, sent: Sent, caller: SignedIn) -> Response:
    """A form's address has no page of its own: a reload or a change of language leads back to the endpoint."""
    return RedirectResponse(f"{AT}/{id}", 303, PRIVATE)


@router.post(f"{AT}/{{id}}/change")
async def change(request: Request, id: UUID, console: TheConsole, form: Form) -> Response:
    version = form.get("version", "")
    try:
        sent = Change.model_validate({**_texts(form), "events": _events(form)})
        seen = int(version) if version.isdecimal() and len(version) < 10 else 0
        events = tuple(dict.fromkeys(sent.events))
        with as_problems():
            await console.webhooks.change(str(id), sent.url, events, sent.description, seen, console.context(form))
    except ValidationError as error:
        return await _one(console, await console.endpoint(id), form, _faults(error), 422)
    except Problem as problem:
        if problem.status not in (409, 412, 422):
            raise
        shown = await console.endpoint(id)
        return await _one(console, shown, form, _messages(request, problem), problem.status)
    return _to(id, "change")


@router.post(f"{AT}/{{id}}/secret")
async def rotate(id: UUID, console: TheConsole, form: Form) -> Response:
    with as_problems():
        changed = await console.webhooks.rotate(str(id), console.context(form))
    return await _one(console, await read_endpoint(console.webhooks, changed, with_secret=True))


@router.post(f"{AT}/{{id}}/pause")
async def pause(id: UUID, console: TheConsole, form: Form) -> Response:
    with as_problems():
        await console.webhooks.pause(str(id), console.context(form))
    return _to(id, "pause")


@router.post(f"{AT}/{{id}}/resume")
async def resume(id: UUID, console: TheConsole, form: Form) -> Response:
    with as_problems():
        await console.webhooks.resume(str(id), form.get("waiting") == "leave-out", console.context(form))
    return _to(id, "resume")


@router.post(f"{AT}/{{id}}/test")
async def test(request: Request, id: UUID, console: TheConsole, form: Form) -> Response:
    check_test_limit(request, console.caller)
    with as_problems():
        tested = await console.webhooks.test(str(id), console.caller, console.context(form).key)
    return await _one(console, await console.endpoint(id), tested=delivery_shown(tested))


@router.post(f"{AT}/{{id}}/replay")
async def replay(request: Request, id: UUID, console: TheConsole, form: Form) -> Response:
    """Replay whole days, by the country's time zone."""
    try:
        first, last = (date.fromisoformat(form.get(name, "")) for name in ("first", "last"))
        zone = _pages(request).zone
        since = datetime.combine(first, time(), zone)
        until = datetime.combine(last + timedelta(days=1), time(), zone)
        sent = Replay(since=since, until=until)
    except (ValueError, OverflowError):
        errors = {"first": words.NOT_A_PERIOD}
        return await _one(console, await console.endpoint(id), form, errors, 422)
    with as_problems():
        again = await console.webhooks.replay(str(id), sent.since, sent.until, console.context(form))
    return _to(id, "replay" if again else "nothing")


@router.post(f"{AT}/{{id}}/remove")
async def remove(id: UUID, console: TheConsole, form: Form) -> Response:
    with as_problems():
        await console.webhooks.remove(str(id), console.context(form))
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


def _faults(error: ValidationError) -> dict[str, str]:
    named = {str(fault["loc"][0]) if fault["loc"] else "partner" for fault in error.errors()}
    return {name if name in FIELDS else "partner": FIELDS.get(name, words.WHOSE) for name in sorted(named)}


def _messages(request: Request, problem: Problem) -> dict[str, str]:
    text = problem.ar if language_of(request) == "ar" else problem.en
    return {problem.errors[0]["field"] if problem.errors else "form": text}


def _to(id: UUID, did: str) -> RedirectResponse:
    return RedirectResponse(f"{AT}/{id}?did={did}", 303, PRIVATE)


async def _list(
    console: Console,
    form: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    status: int = 200,
    did: str = "",
) -> Response:
    endpoints = await read_endpoints(console.webhooks, console.caller)
    caller = console.caller
    is_administrator, is_owner = caller.has(Role.ADMINISTRATOR), caller.has(*OWNERS)
    if not (is_administrator or is_owner or endpoints):
        raise not_found()
    names = _names(console)
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
    return _page(console.request, "webhooks.html", context, status)


async def _one(
    console: Console,
    shown: EndpointShown,
    form: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    status: int = 200,
    did: str = "",
    cursor: str | None = None,
    tested: DeliveryShown | None = None,
) -> Response:
    with as_problems():
        log = await read_log(console.webhooks, shown.id, console.caller, None, cursor, 20)
    context = {
        "endpoint": shown,
        "entity_names": _names(console),
        "log": log,
        "is_first": cursor is None,
        "tested": tested,
        "offered": sorted(allowed_events(shown.partner is not None), key=list(words.EVENTS).index),
        "ticked": _events(form) if form and "url" in form else shown.events,
        "form": Fields(form or {"url": shown.url, "description": shown.description}),
        "errors": Fields(errors or {}),
        "done": words.DONE.get(did),
        "key": str(uuid4()),
    }
    return _page(console.request, "webhook.html", context, status)


def _page(request: Request, template: str, context: Mapping[str, Any], status: int) -> Response:
    said = {
        "event_words": words.EVENTS,
        "states": words.STATES,
        "deliveries": words.DELIVERIES,
        "reasons": words.REASONS,
    }
    return _pages(request).render(request, template, said | dict(context), status, PRIVATE)


def _names(console: Console) -> dict[str, str]:
    """The names of the entities in the reader's language."""
    language = language_of(console.request)
    return {
        each.entity: str(getattr(each.name, language))
        for each in console.webhooks.directory.entities.values()
        if each.active
    }


def _pages(request: Request) -> Pages:
    pages: Pages = request.app.state.pages
    return pages
