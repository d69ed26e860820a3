"""`/track`: where a submission stands, and everything its citizen may do about it."""

import json
from collections.abc import Callable, Mapping
from typing import Annotated, TypeVar
from urllib.parse import quote, urlencode
from uuid import uuid4

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ValidationError
from shared.http.auth import CurrentSession, OptionalCaller
from shared.http.commands import answer_once, cause_of_request, command_key
from shared.http.problems import Problem, changed_meanwhile, not_found
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Conflict, Decision, StoredAggregate
from shared.web.catalogues import N_
from shared.web.forms import Fields, faults, posted
from shared.web.language import language_of
from shared.web.pages import PRIVATE, Pages
from starlette.responses import RedirectResponse, Response

from intake.attachments.commands import hand_over
from intake.attachments.pages import NOTHING, Shelf, shelve
from intake.confirmation import commands as confirm
from intake.erasure.api import by_citizen, erase_once
from intake.filing.place_fields import where
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
from intake.submissions.contact_confirmation import Confirmation, again_from
from intake.submissions.errors import NotPossible
from intake.submissions.model import Submission
from intake.submissions.reference import normalised
from intake.tracking import commands as citizen
from intake.tracking.api import Opened, check_may_agree, opened
from intake.tracking.page_view import view
from intake.tracking.private_link_pages import enter
from intake.tracking.rating import Reason

router = APIRouter(route_class=BoundedRoute, include_in_schema=False)
with_files = APIRouter(route_class=UploadRoute, include_in_schema=False)

Sent = TypeVar("Sent", bound=BaseModel)
Form = Annotated[dict[str, str], Depends(posted)]
Decide = Callable[[str, Submission], Decision[Submission] | None]

KEPT_ON_DEVICE = {"Tawasul-Keep": "timeline"}
"""Tells the service worker that this is a timeline: the device that opened it may show it without a line."""

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
    """On to the private link, which becomes a session. A wrong code is answered like a wrong number."""
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
    """Who may not open it is asked for the code: that says nothing about whether it exists."""
    try:
        submission = await opened(request, reference, caller, session)
    except Problem as problem:
        if problem.status != 404:
            raise
        return _ask(request, {"reference": reference[:40]}, {})
    return _page(request, submission, did=did)


@router.get("/track/{reference}/withdraw")
async def confirm_withdrawal(request: Request, submission: Opened) -> Response:
    return _page(request, submission, template="withdraw.html")


@router.get("/track/{reference}/clock")
async def to_the_clock(request: Request, submission: Opened) -> Response:
    """On to the SLA monitor's page, which believes the session that may open this submission."""
    if request.app.state.session_keys is None:
        raise not_found()
    return await enter(request, submission.id, f"/performance/clocks/{submission.id}")


@with_files.post("/track/{reference}/information")
async def add_information(request: Request, submission: Opened, form: Form) -> Response:
    """Words, files, or both; an answer to a question has words."""
    limits, known = request.app.state.limits, submission.state
    assert known is not None
    shelf = await shelve(request, form, submission.id, limits.attachments - len(known.attachments))
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
        check_may_agree(request.app.state.directory, submission, sent.publish)
        return lambda id, state: moderate.agree(id, state, sent.publish, utc_now())

    sent: dict[str, str | None] = {"publish": form.get("publish", "")}
    return await _act(request, submission, form, "publication", PublicationSent, sent, decide)


@router.post("/track/{reference}/confirmation")
async def ask_again(request: Request, submission: Opened, form: Form) -> Response:
    """The mail once more that asks whether the address is theirs."""

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
    await erase_once(request, submission.id, key, by_citizen())
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
    shelf: Shelf = NOTHING,
) -> Response:
    """Do it once, and show what became of it; with a fault the page again, with everything that was typed."""
    assert submission.state is not None
    try:
        sent = model.model_validate(values)
    except ValidationError as error:
        return _page(request, submission, form, faults(error, BETTER), 422, action, template, shelf=shelf)
    body = json.dumps(values, sort_keys=True).encode()
    key = command_key(form.get("key") or None, submission.id, request.url.path, body)
    do = decide(sent)

    def _decide(aggregate: StoredAggregate[Submission]) -> Decision[Submission] | None:
        if aggregate.state is None:
            raise not_found()
        return do(aggregate.id, aggregate.state)

    state, now = request.app.state, utc_now()
    once, keep, _ = answer_once(key, _decide, lambda _: {})

    async def _change() -> StoredAggregate[Submission]:
        changed: StoredAggregate[Submission] = await state.submissions.change(
            submission.id, once, now, cause_of_request(), keep
        )
        return changed

    try:
        if shelf.staged:
            await hand_over(shelf.staged, submission.id, state.attachments, now, _change)
        else:
            await _change()
    except Conflict as error:
        raise changed_meanwhile() from error
    except NotPossible:  # two tabs, or an answer that came while this was written
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
    shelf: Shelf = NOTHING,
) -> Response:
    state, lang = request.app.state, language_of(request)
    assert submission.state is not None
    context = {
        "view": view(submission.state, state.directory, state.limits, state.pages, lang, utc_now()),
        "where": where(request, submission.state.location, lang),
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
    possible = again_from(submission.received_at, submission.asked_again)
    return submission.confirmation == Confirmation.AWAITED and possible is not None and possible <= utc_now()
