"""`/track`: a submission's status, and all commands of its citizen."""

import json
from collections.abc import Callable, Mapping
from typing import Annotated, TypeVar
from urllib.parse import quote, urlencode
from uuid import uuid4

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ValidationError
from shared.http.auth import CurrentSession, OptionalCaller
from shared.http.commands import command_key
from shared.http.problems import not_found
from shared.reference.working_time import utc_now
from shared.storage.aggregates import StoredAggregate
from shared.web.catalogues import N_
from shared.web.forms import Fields, faults, posted
from shared.web.language import language_of
from shared.web.pages import PRIVATE, Pages
from starlette.responses import RedirectResponse, Response

from intake.attachments.commands import attach_staged
from intake.attachments.pages import NO_FILES, FormFiles, stage_posted_files
from intake.confirmation import commands as confirm
from intake.erasure.use_cases import erase_by_citizen
from intake.filing.place_fields import location_in_words
from intake.http.bodies import BoundedRoute, UploadRoute
from intake.http.models import (
    AppealSent,
    FilesSent,
    InformationSent,
    NothingSent,
    PublicationSent,
    RatingSent,
    ReopeningSent,
    WithdrawalSent,
)
from intake.http.throttle import throttle_of
from intake.http.words import RATINGS, REASONS
from intake.publication import commands as moderate
from intake.submissions.contact_confirmation import Confirmation, repeatable_from
from intake.submissions.errors import NotFound, NotPossible
from intake.submissions.model import Submission
from intake.submissions.reference import normalised
from intake.submissions.use_cases import Change, Decide, change_once
from intake.tracking import commands as citizen
from intake.tracking.dependencies import Opened
from intake.tracking.page_view import view
from intake.tracking.private_link_pages import redirect_with_session
from intake.tracking.rating import Reason
from intake.tracking.use_cases import open_submission

router = APIRouter(route_class=BoundedRoute, include_in_schema=False)
with_files = APIRouter(route_class=UploadRoute, include_in_schema=False)

Sent = TypeVar("Sent", bound=BaseModel)
Form = Annotated[dict[str, str], Depends(posted)]

KEPT_ON_DEVICE = {"Tawasul-Keep": "timeline"}
"""Tells the service worker that this page is a timeline, which this device may show offline."""

UNKNOWN = N_("We know no submission with this reference number and code. Please check both.")
CHANGED = N_("This is not possible any more: it has moved on meanwhile. Please look at where it stands now.")
BETTER = {
    "text": N_("Write something before you send it."),
    "reason": N_("Say why, so that the entity can do better."),
    "score": N_("Choose one of the five."),
}
DONE = {
    "information": N_("Thank you. What you wrote is with the entity now."),
    "files": N_("Thank you. Your files are with the entity now."),
    "withdraw": N_("It is withdrawn."),
    "rating": N_("Thank you for your rating."),
    "reopen": N_("It is open again, and goes back to the entity."),
    "appeal": N_("Your appeal is with the central office. You hear of its decision here."),
    "publication": N_("Your choice about publication is stored."),
    "confirmation": N_("We have sent the message again. It can take a few minutes; look among unwanted mail, too."),
    "confirmed": N_("Your address is confirmed. From now on we write to you at every step."),
    "number": N_("Your number is confirmed. We write to you when it matters."),
}


@router.get("/track")
async def ask(request: Request, reference: Annotated[str, Query(max_length=40)] = "") -> Response:
    return _ask(request, {"reference": reference}, {})


@router.post("/track")
async def look_up(request: Request, form: Form) -> Response:
    """Redirects to the private link, which becomes a session. A wrong code is answered like a wrong number."""
    state = request.app.state
    number = normalised(form.get("reference", "")[:40])
    if number is None:
        wrong = N_("A reference number has ten letters and digits, like 7KD3M-Q2X9A.")
        return _ask(request, form, {"reference": wrong}, 422)
    throttle = throttle_of(request)
    throttle.guess(request, number)
    id = await state.submissions.id_of(number)
    secret = form.get("secret", "")[:100]
    if id is None or not state.tracking.opens(secret, id):
        throttle.missed(request, number)
        return _ask(request, form, {"reference": UNKNOWN}, 422)
    return RedirectResponse(f"/track/{number}/{quote(secret, safe='')}", 303, PRIVATE)


@router.get("/track/{reference}")
async def show(
    request: Request,
    reference: str,
    caller: OptionalCaller,
    session: CurrentSession,
    did: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Asks for the code where it may not be opened, which does not reveal whether it exists."""
    try:
        state = request.app.state
        submission = await open_submission(state.submissions, state.tracking, reference, caller, session)
    except NotFound:
        return _ask(request, {"reference": reference[:40]}, {})
    return _page(request, submission, did=did)


@router.get("/track/{reference}/withdraw")
async def confirm_withdrawal(request: Request, submission: Opened) -> Response:
    return _page(request, submission, template="withdraw.html")


@router.get("/track/{reference}/clock")
async def to_the_clock(request: Request, submission: Opened) -> Response:
    """Redirects to the SLA monitor's page, which accepts the same session."""
    if request.app.state.session_keys is None:
        raise not_found()
    return await redirect_with_session(request, submission.id, f"/performance/clocks/{submission.id}")


@with_files.post("/track/{reference}/information")
async def add_information(request: Request, submission: Opened, form: Form) -> Response:
    """Takes a text, files, or both; an answer to a question needs a text."""
    limits, known = request.app.state.limits, submission.state
    assert known is not None
    shelf = await stage_posted_files(request, form, submission.id, limits.attachments - len(known.attachments))
    if form.get("step") == "attach" or form.get("remove") or shelf.refused:
        return _page(request, submission, form, shelf.errors, shelf.status, "information", shelf=shelf)
    files = [stored.attachment() for stored in shelf.staged]
    if files and not form.get("text") and not form.get("answers"):

        def attach(sent: FilesSent) -> Decide:
            return lambda id, state: citizen.attach(id, state, files, limits, utc_now())

        return await _act(request, submission, form, "files", FilesSent, {}, attach, shelf=shelf)
    sent = {"text": form.get("text", ""), "answers": form.get("answers") or None}

    def decide(sent: InformationSent) -> Decide:
        return lambda id, state: citizen.add_with_files(id, state, sent.text, sent.answers, files, limits, utc_now())

    return await _act(request, submission, form, "information", InformationSent, sent, decide, shelf=shelf)


router.include_router(with_files)


@router.post("/track/{reference}/withdraw")
async def withdraw(request: Request, submission: Opened, form: Form) -> Response:
    def decide(sent: WithdrawalSent) -> Decide:
        return lambda id, state: citizen.withdraw(id, state, sent.reason, utc_now())

    reason = {"reason": form.get("reason") or None}
    return await _act(request, submission, form, "withdraw", WithdrawalSent, reason, decide, "withdraw.html")


@router.post("/track/{reference}/rating")
async def rate(request: Request, submission: Opened, form: Form) -> Response:
    def decide(sent: RatingSent) -> Decide:
        return lambda id, state: citizen.rate(id, state, sent.score, sent.reasons, sent.comment, utc_now())

    chosen = [reason for reason in Reason if form.get(f"reason-{reason}")]
    sent = {"score": form.get("score", ""), "reasons": chosen, "comment": form.get("comment") or None}
    return await _act(request, submission, form, "rating", RatingSent, sent, decide)


@router.post("/track/{reference}/reopen")
async def reopen(request: Request, submission: Opened, form: Form) -> Response:
    limits = request.app.state.limits

    def decide(sent: ReopeningSent) -> Decide:
        return lambda id, state: citizen.reopen(id, state, sent.reason, limits, utc_now())

    return await _act(request, submission, form, "reopen", ReopeningSent, {"reason": form.get("reason", "")}, decide)


@router.post("/track/{reference}/appeal")
async def appeal(request: Request, submission: Opened, form: Form) -> Response:
    limits = request.app.state.limits

    def decide(sent: AppealSent) -> Decide:
        return lambda id, state: citizen.appeal(id, state, sent.reason, limits, utc_now())

    return await _act(request, submission, form, "appeal", AppealSent, {"reason": form.get("reason", "")}, decide)


@router.post("/track/{reference}/publication")
async def agree_to_publication(request: Request, submission: Opened, form: Form) -> Response:
    def decide(sent: PublicationSent) -> Decide:
        directory = request.app.state.directory
        return lambda id, state: moderate.choose_publication(id, state, sent.publish, directory, utc_now())

    sent: dict[str, str | None] = {"publish": form.get("publish", "")}
    return await _act(request, submission, form, "publication", PublicationSent, sent, decide)


@router.post("/track/{reference}/confirmation")
async def ask_again(request: Request, submission: Opened, form: Form) -> Response:
    """Sends the confirmation message again."""

    def decide(sent: NothingSent) -> Decide:
        return lambda id, state: confirm.ask_again(id, state, utc_now())

    return await _act(request, submission, form, "confirmation", NothingSent, {}, decide)


@router.get("/track/{reference}/erasure")
async def confirm_erasure(request: Request, submission: Opened) -> Response:
    return _page(request, submission, template="erase.html")


@router.post("/track/{reference}/erasure")
async def erase(request: Request, submission: Opened, form: Form) -> Response:
    assert submission.state is not None
    key = command_key(form.get("key") or None, submission.id, request.url.path, b"")
    await erase_by_citizen(request.app.state.submissions, submission.id, key)
    return RedirectResponse(f"/track/{submission.state.reference}", 303, PRIVATE)


async def _act(
    request: Request,
    submission: StoredAggregate[Submission],
    form: dict[str, str],
    action: str,
    model: type[Sent],
    values: Mapping[str, object],
    decide: Callable[[Sent], Decide],
    template: str = "track.html",
    shelf: FormFiles = NO_FILES,
) -> Response:
    """Execute a command once and redirect to the result; a fault shows the page again with what was typed."""
    assert submission.state is not None
    try:
        sent = model.model_validate(values)
    except ValidationError as error:
        return _page(request, submission, form, faults(error, BETTER), 422, action, template, shelf=shelf)
    body = json.dumps(values, sort_keys=True).encode()
    key = command_key(form.get("key") or None, submission.id, request.url.path, body)
    state, now = request.app.state, utc_now()

    async def _with_files(change: Change) -> StoredAggregate[Submission]:
        if not shelf.staged:
            return await change()
        return await attach_staged(shelf.staged, submission.id, state.attachments, now, change)

    try:
        await change_once(state.submissions, submission.id, decide(sent), lambda _: {}, key, around=_with_files)
    except NotPossible:  # changed in another tab, or answered while the citizen was typing
        newest = await state.submissions.find(submission.id) or submission
        return _page(request, newest, form, {"form": CHANGED}, 409, action)
    return RedirectResponse(f"/track/{submission.state.reference}?{urlencode({'did': action})}", 303, PRIVATE)


def _ask(request: Request, form: dict[str, str], errors: dict[str, str], status: int = 200) -> Response:
    pages: Pages = request.app.state.pages
    return pages.render(request, "find.html", {"form": Fields(form), "errors": Fields(errors)}, status, PRIVATE)


def _page(
    request: Request,
    submission: StoredAggregate[Submission],
    form: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
    action: str = "",
    template: str = "track.html",
    did: str = "",
    shelf: FormFiles = NO_FILES,
) -> Response:
    state, lang = request.app.state, language_of(request)
    assert submission.state is not None
    context = {
        "view": view(submission.state, state.directory, state.limits, state.pages, lang, utc_now()),
        "where": location_in_words(request.app.state.places, submission.state.location, lang),
        "form": Fields(form or {}),
        "errors": Fields(errors or {}),
        "version": submission.version,
        "action": action,
        "may_ask_again": _may_ask_again(submission.state),
        "done": DONE.get(did),
        "is_for_the_public": state.directory.is_for_the_public(submission.state.category),
        "ratings": RATINGS,
        "reasons": REASONS,
        "shelf": shelf,
        "room": state.limits.attachments - len(submission.state.attachments) - len(shelf.staged),
        "key": (form or {}).get("key") or str(uuid4()),
    }
    pages: Pages = state.pages
    headers = PRIVATE | KEPT_ON_DEVICE if template == "track.html" else PRIVATE
    return pages.render(request, template, context, status, headers)


def _may_ask_again(submission: Submission) -> bool:
    possible = repeatable_from(submission.received_at, submission.asked_again)
    return submission.confirmation == Confirmation.AWAITED and possible is not None and possible <= utc_now()
