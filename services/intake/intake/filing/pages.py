"""`/submissions/new`: fill in, check, send, done. The form carries its state, so it works without scripts."""

from http import HTTPStatus
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from shared.http.auth import Caller, OptionalCaller
from shared.http.commands import cause_of_request, command_key
from shared.http.problems import Problem
from shared.reference.working_time import utc_now
from shared.web.catalogues import N_
from shared.web.forms import Fields, faults
from shared.web.language import COOKIE, KEPT_SECONDS, language_of
from shared.web.pages import PRIVATE, Pages
from starlette.responses import Response

from intake.attachments.pages import NO_FILES, FormFiles, file_with_files, stage_posted_files, to_another_form
from intake.filing.commands import Receipt, filed_of, submit
from intake.filing.dependencies import Form
from intake.filing.form_fields import categories_to_choose, form_fields, sent_from
from intake.filing.place_fields import NONE_OF_THESE, WHICH, PlaceMatch, match_place, suggested_place_names
from intake.filing.question_pages import answered, answers_in, page_before_check
from intake.filing.receipt_pages import receipt_of
from intake.http.bodies import UploadRoute
from intake.http.models import SubmissionSent
from intake.http.throttle import Contacts, throttle_of
from intake.http.words import KINDS
from intake.similar.pages import similar_in
from intake.submissions.errors import SendAgain, TryAgain, UseAnotherKey
from intake.tracking.dependencies import Opened
from intake.tracking.private_link_pages import redirect_with_session

router = APIRouter(route_class=UploadRoute, include_in_schema=False)

FORM = "new submission"

SENT_BEFORE = N_("You have sent this form before. If you want to send this as well, check it and send it again.")
BUSY = N_("We cannot take this right now. Nothing is lost: send it again.")
BETTER = {
    "kind": N_("Choose what you want to send."),
    "text": N_("Write what it is about."),
    "text:string_too_long": N_("The text is too long. At most 4,000 characters fit."),
    "location.block": N_("A block is a number of up to five digits."),
    "location.address": N_("The address is too long. Please shorten it."),
    "location.place": N_("The name of the place is too long. Please shorten it."),
    "location": N_("The address is too long. Please shorten it."),
    "contact": N_("Give an email address or a phone number, or choose to stay anonymous."),
    "contact.name": N_("The name is too long. Please shorten it."),
    "contact.email": N_("This email address does not look right."),
    "contact.phone": N_("This phone number does not look right."),
    "who": N_("Choose whether we may write to you."),
}


@router.get("/submissions/new")
async def empty_form(
    request: Request,
    kind: Annotated[str, Query(max_length=20)] = "",
    category: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    chosen = {"kind": kind if kind in KINDS else "", "category": category}
    return _form(request, chosen | {"key": str(uuid4())}, {})


@router.post("/submissions/new")
async def check_or_file(request: Request, form: Form, caller: OptionalCaller) -> Response:
    """`step` names the button: `check`, `change`, `attach` or `send`; `lang` and `remove` are buttons, too."""
    lang = form.get("lang") if form.get("lang") in ("ar", "en") else None
    shelf = await stage_posted_files(request, form, FORM, request.app.state.limits.attachments)
    if form.get("step") in ("change", "attach") or form.get("remove") or lang:
        return _form(request, form, shelf.errors, shelf.status, lang=lang, shelf=shelf)
    ways = ("account", "contact", "anonymous") if caller else ("contact", "anonymous")
    try:
        sent = sent_from(form, language_of(request), request.app.state.places.gazetteer)
        errors = {} if form.get("who") in ways else {"who": BETTER["who"]}
    except ValidationError as error:
        errors = {form_fields(field): message for field, message in faults(error, BETTER).items()}
        if form.get("who") not in ways:
            errors.setdefault("who", BETTER["who"])
    errors |= shelf.errors
    if errors:
        return _form(request, form, errors, max(422, shelf.status), shelf=shelf)
    if (page := page_before_check(request, form)) is not None:
        return page
    place = match_place(request.app.state.places, form, language_of(request))
    if form.get("step") != "send" or place.is_open:
        return await _check(request, form, sent, shelf, place)
    sent = sent.model_copy(update={"answers": answers_in(form, request.app.state.directory) or None})
    try:
        throttle = throttle_of(request)
        throttle.file(request, caller)
        contacts = throttle.contacts(caller, sent.contact.email, sent.contact.phone) if sent.contact else []
        receipt = await _file(request, form, sent, caller, shelf, contacts)
    except UseAnotherKey:
        fresh = form | {"key": str(uuid4())}
        await to_another_form(request, form, fresh, FORM)
        return _form(request, fresh, {"form": SENT_BEFORE}, 409, shelf=shelf)
    except Problem as problem:
        if problem.status != HTTPStatus.TOO_MANY_REQUESTS:
            raise
        return _later(request, form, problem, shelf)
    except (TryAgain, SendAgain):  # the form keeps its key
        return _form(request, form, {"form": BUSY}, 503, shelf=shelf)
    return await redirect_with_session(request, receipt.id, f"/submissions/{receipt.reference}/done")


@router.get("/submissions/{reference}/done")
async def done(request: Request, submission: Opened, caller: OptionalCaller) -> Response:
    state = request.app.state
    assert submission.state is not None
    context = await receipt_of(request, submission, language_of(request)) | {
        "is_own": caller is not None and submission.state.author == caller.subject,
    }
    page: Response = state.pages.render(request, "done.html", context, headers=PRIVATE)
    return page


def _later(request: Request, form: dict[str, str], problem: Problem, shelf: FormFiles) -> Response:
    """Shows the form again after too many requests, with the same key, so that it can be sent later."""
    said = problem.ar if language_of(request) == "ar" else problem.en
    response = _form(request, form, {"form": said}, problem.status, shelf=shelf)
    response.headers.update(problem.headers)
    return response


def _form(
    request: Request,
    form: dict[str, str],
    errors: dict[str, str],
    status: int = 200,
    lang: str | None = None,
    shelf: FormFiles = NO_FILES,
) -> Response:
    pages: Pages = request.app.state.pages
    lang = lang or language_of(request)
    groups = categories_to_choose(request.app.state.directory, lang)
    context = {
        "form": Fields(form),
        "errors": Fields(errors),
        "kinds": KINDS,
        "groups": groups,
        "places": suggested_place_names(request.app.state.places, lang),
        "tiles": request.app.state.tiles,
        "shelf": shelf,
        "room": request.app.state.limits.attachments - len(shelf.staged),
    }
    response = pages.render(request, "submit.html", context, status, lang=lang)
    if form.get("lang") == lang:
        response.set_cookie(COOKIE, lang, max_age=KEPT_SECONDS, httponly=True, samesite="lax")
    return response


async def _check(
    request: Request, form: dict[str, str], sent: SubmissionSent, shelf: FormFiles, place: PlaceMatch
) -> Response:
    """The page before sending: the text, the place as it was understood, and similar submissions."""
    pages: Pages = request.app.state.pages
    category = request.app.state.directory.categories.get(form.get("category", ""))
    lang = language_of(request)
    name = getattr(category.name, lang) if category else None
    said = answered(form, request.app.state.directory, lang)
    context = {"answered": said, "form": Fields(form), "kinds": KINDS, "category": name, "shelf": shelf}
    context |= {"is_for_the_public": request.app.state.directory.is_for_the_public(form.get("category"))}
    context |= {"suggested": _suggested(request, sent, lang)}
    context |= await similar_in(request, form) | {"is_check": True}
    errors = {"place_id": WHICH} if form.get("step") == "send" else {}
    context |= {"place": place, "none_of_these": NONE_OF_THESE, "errors": Fields(errors)}
    return pages.render(request, "check.html", context, 422 if errors else 200)


def _suggested(request: Request, sent: SubmissionSent, lang: str) -> list[tuple[str, str, str | None]]:
    """Suggested categories as id, name and group, where none was chosen."""
    if sent.category is not None:
        return []
    categories = request.app.state.directory.categories
    found = request.app.state.suggester.suggested(sent.text)
    return [
        (each.category, getattr(each.name, lang), getattr(categories[each.parent].name, lang))
        for each in found
        if each.parent in categories
    ]


async def _file(
    request: Request,
    form: dict[str, str],
    sent: SubmissionSent,
    caller: Caller | None,
    shelf: FormFiles,
    contacts: Contacts,
) -> Receipt:
    state: Any = request.app.state
    body = sent.model_dump_json().encode()
    author = caller.subject if caller and form.get("who") == "account" else None
    key = command_key(form.get("key") or str(uuid4()), author or "anonymous", request.url.path, body)
    assert key is not None
    filed = filed_of(sent, caller, key.key, key.fingerprint, state.directory, state.places, is_own=author is not None)

    async def _filing() -> Receipt:
        filing = submit(filed, state.submissions, state.key_ring, state.secrets, utc_now(), cause_of_request())
        return await throttle_of(request).counted(contacts, filing)

    return await file_with_files(request, shelf, key.key, _filing)
