"""`/counter`: an official files for a citizen who is present or on the phone, and hands over the receipt.

The official is recorded as `filed_by`, not as the author, and cannot open the submission later. The receipt contains
the citizen's secret, so only this official can see it, for a short time.
"""

from datetime import timedelta
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError
from shared.events.model import Role
from shared.http.auth import Caller, require
from shared.http.commands import cause_of_request, command_key
from shared.http.problems import not_found
from shared.privacy.audit import audit_of
from shared.reference.working_time import utc_now
from shared.storage.aggregates import StoredAggregate
from shared.web.catalogues import LANGUAGES, N_
from shared.web.forms import Fields, faults
from shared.web.language import COOKIE, KEPT_SECONDS, chosen, language_of
from shared.web.pages import PRIVATE, Pages
from starlette.responses import RedirectResponse, Response

from intake.filing.commands import Receipt, filed_of, submit
from intake.filing.dependencies import Form
from intake.filing.form_fields import categories_to_choose, counter_from, form_fields
from intake.filing.pages import BETTER as BETTER_THERE
from intake.filing.pages import BUSY, SENT_BEFORE
from intake.filing.place_fields import place_of, suggested_place_names
from intake.filing.question_pages import answers_in, page_before_check
from intake.filing.receipt_pages import receipt_of
from intake.http.bodies import BoundedRoute
from intake.http.models import SubmissionSent
from intake.http.throttle import throttle_of
from intake.http.words import KINDS
from intake.submissions.errors import SendAgain, TryAgain, UseAnotherKey
from intake.submissions.model import Submission

router = APIRouter(route_class=BoundedRoute, include_in_schema=False)

AT = "/counter"
WHY = "for a citizen"
CHANNELS = {
    "counter": (N_("They are here"), N_("They get the receipt on paper.")),
    "phone": (N_("They are on the phone"), N_("You read the number and the code to them.")),
}
BETTER = BETTER_THERE | {
    "channel": N_("Say whether they are here or on the phone."),
    "language": N_("Choose their language."),
    "kind": N_("Choose the kind."),
    "text": N_("Write what they say."),
    "contact": N_("Give an email address or a phone number, or leave the name empty as well."),
}
RECEIPT_FOR = timedelta(hours=1)
"""Long enough to refill a printer, too short to read a citizen's answer with the secret."""

Clerk = Annotated[Caller, Depends(require(Role.OFFICER, Role.SUPERVISOR, Role.HEAD, Role.CENTRAL))]


@router.get(AT)
async def empty_form(request: Request, clerk: Clerk) -> Response:
    return _form(request, {"channel": "counter", "language": language_of(request), "key": str(uuid4())}, {})


@router.post(AT)
async def file(request: Request, clerk: Clerk, form: Form) -> Response:
    """`step` names the button: `file`, or `change` on the page of questions; `lang` switches the language."""
    lang = form.get("lang") if form.get("lang") in LANGUAGES else None
    if form.get("step") == "change" or lang:
        return _form(request, form, {}, lang=lang)
    try:
        sent = counter_from(form)
    except ValidationError as error:
        return _form(request, form, {form_fields(at): said for at, said in faults(error, BETTER).items()}, 422)
    if sent.channel not in CHANNELS:
        return _form(request, form, {"channel": BETTER["channel"]}, 422)
    if (page := page_before_check(request, form, AT)) is not None:
        return page
    throttle_of(request).file(request, clerk)
    sent = sent.model_copy(update={"answers": answers_in(form, request.app.state.directory) or None})
    try:
        receipt = await _file(request, clerk, form, sent)
    except UseAnotherKey:
        return _form(request, form | {"key": str(uuid4())}, {"form": SENT_BEFORE}, 409)
    except (TryAgain, SendAgain):  # the form keeps its key
        return _form(request, form, {"form": BUSY}, 503)
    await audit_of(request).record(request, clerk, "file", "submission", [receipt.id], WHY)
    return RedirectResponse(f"{AT}/{receipt.reference}", 303, PRIVATE)


@router.get(AT + "/{reference}")
async def receipt(request: Request, reference: str, clerk: Clerk) -> Response:
    """The receipt for printing, in the citizen's language."""
    submission = await _filed_by(request, reference, clerk)
    assert submission.state is not None
    await audit_of(request).record(request, clerk, "receipt", "submission", [submission.id], WHY)
    lang = chosen(request) or submission.state.language
    entity = request.app.state.directory.entities.get(clerk.entity or "")
    context = await receipt_of(request, submission, lang) | {
        "said": submission.state,
        "office": getattr(entity.name, lang) if entity else None,
        "kinds": KINDS,
        "at": AT,
        "place": place_of(request.app.state.places, submission.state.location, lang),
    }
    pages: Pages = request.app.state.pages
    return pages.render(request, "receipt.html", context, headers=PRIVATE, lang=lang)


async def _filed_by(request: Request, reference: str, clerk: Caller) -> StoredAggregate[Submission]:
    """Answers 404 for submissions that others filed, and for receipts that have expired."""
    found: StoredAggregate[Submission] | None = await request.app.state.submissions.by_reference(reference)
    if found is None or found.state is None or found.state.filed_by != clerk.subject:
        raise not_found()
    if utc_now() - found.state.received_at > RECEIPT_FOR:
        raise not_found()
    return found


async def _file(request: Request, clerk: Caller, form: dict[str, str], sent: SubmissionSent) -> Receipt:
    state: Any = request.app.state
    body = sent.model_dump_json().encode()
    key = command_key(form.get("key") or str(uuid4()), clerk.subject, request.url.path, body)
    assert key is not None
    filed = filed_of(sent, clerk, key.key, key.fingerprint, state.directory, state.places)
    return await submit(filed, state.submissions, state.key_ring, state.secrets, utc_now(), cause_of_request())


def _form(
    request: Request, form: dict[str, str], errors: dict[str, str], status: int = 200, lang: str | None = None
) -> Response:
    pages: Pages = request.app.state.pages
    context = {
        "form": Fields(form),
        "errors": Fields(errors),
        "kinds": KINDS,
        "channels": CHANNELS,
        "groups": categories_to_choose(request.app.state.directory, lang or language_of(request)),
        "places": suggested_place_names(request.app.state.places, lang or language_of(request)),
        "at": AT,
    }
    response = pages.render(request, "counter.html", context, status, PRIVATE, lang=lang)
    if lang:
        response.set_cookie(COOKIE, lang, max_age=KEPT_SECONDS, httponly=True, samesite="lax")
    return response
