"""`/moderation`: moderators publish, edit and hide submissions whose authors agreed."""

import json
from typing import Annotated
from urllib.parse import urlencode
from uuid import uuid4

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ValidationError
from shared.http.commands import command_key
from shared.http.problems import not_found
from shared.storage.aggregates import StoredAggregate
from shared.web.catalogues import N_
from shared.web.forms import Fields, faults, posted
from shared.web.language import language_of
from shared.web.pages import PRIVATE, Pages
from starlette.responses import RedirectResponse, Response

from intake.filing.place_fields import place_of
from intake.http.bodies import BoundedRoute
from intake.http.words import DECISIONS, KINDS, PUBLICATIONS
from intake.publication.dependencies import Desk, ToModerate
from intake.publication.http_models import EditSent, HideSent, PublishSent, moderated_json
from intake.publication.model import STEPS, PublicationState
from intake.publication.use_cases import Reviewed
from intake.submissions.model import Submission
from intake.submissions.use_cases import state_of

router = APIRouter(route_class=BoundedRoute, include_in_schema=False)

AT_ONCE = 20
MODELS: dict[str, type[PublishSent] | type[EditSent] | type[HideSent]] = {
    "publish": PublishSent,
    "edit": EditSent,
    "hide": HideSent,
}
BETTER = {"reason": N_("Say why: the author reads it, and it stays in the history.")}
DONE = {
    "publish": N_("It is published."),
    "edit": N_("The published text is changed."),
    "hide": N_("It is hidden from the public."),
}

Form = Annotated[dict[str, str], Depends(posted)]


@router.get("/moderation")
async def queue(
    request: Request,
    desk: Desk,
    state: PublicationState = PublicationState.AWAITING,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    did: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    page = await desk.queue(state, cursor, AT_ONCE)
    later = "/moderation?" + urlencode({"state": state, "cursor": page.next_cursor}) if page.next_cursor else ""
    context = {
        "items": page.items,
        "unreadable": page.unreadable,
        "later": later,
        "state": state,
        "states": [(str(shown), PUBLICATIONS[shown]) for shown in PublicationState],
        "kinds": KINDS,
        "done": DONE.get(did),
    }
    pages: Pages = request.app.state.pages
    return pages.render(request, "moderation.html", context, headers=PRIVATE)


@router.get("/moderation/{reference}")
async def one(request: Request, submission: ToModerate) -> Response:
    return _page(request, submission, {}, {})


@router.post("/moderation/{reference}/{action}")
async def decide(request: Request, desk: Desk, submission: ToModerate, action: str, form: Form) -> Response:
    """Publishes, edits or hides by `action`; a fault shows the page again with everything that was typed."""
    model = MODELS.get(action)
    if model is None:
        raise not_found()
    try:
        sent = model.model_validate(_values(action, form))
    except ValidationError as error:
        errors = faults(error, BETTER)
        if action == "hide":  # the page has two fields with this name
            errors = {"reason-to-hide": errors["reason"]}
        return _page(request, submission, form, errors, 422, action)
    body = json.dumps(form, sort_keys=True).encode()
    key = command_key(form.get("key") or None, desk.caller.subject, request.url.path, body)
    reviewed = Reviewed(key, decisions=decisions_in(form))
    match sent:
        case PublishSent():
            is_unchanged = sent.text == state_of(submission).text
            await desk.publish(submission, sent.model_copy(update={"text": None}) if is_unchanged else sent, reviewed)
        case EditSent():
            await desk.edit(submission, sent, reviewed)
        case HideSent():
            await desk.hide(submission, sent, reviewed)
    return RedirectResponse(f"/moderation?{urlencode({'did': action})}", 303, PRIVATE)


def _values(action: str, form: dict[str, str]) -> dict[str, str | bool | None]:
    reason = form.get("reason") or ("" if action != "publish" else None)
    if action == "hide":
        return {"reason": reason}
    text = form.get("text", "")
    return {"text": text, "shows_place": form.get("shows_place") == "yes", "reason": reason}


def decisions_in(form: dict[str, str]) -> int:
    """The number of decisions that the page showed; -1, which matches no history, where the form does not say."""
    decided = form.get("decided", "")
    return int(decided) if decided.isdecimal() else -1


def _page(
    request: Request,
    submission: StoredAggregate[Submission],
    form: dict[str, str],
    errors: dict[str, str],
    status: int = 200,
    action: str = "",
) -> Response:
    state, lang = request.app.state, language_of(request)
    assert submission.state is not None
    item = moderated_json(submission.state)
    directory = state.directory
    category, entity = directory.categories.get(item.category), directory.entities.get(item.entity)
    shown = {"text": item.public_text or item.text, "shows_place": "yes" if item.shows_place else ""}
    typed = shown | form if action == "hide" else form or shown
    context = {
        "item": item,
        "category": getattr(category.name, lang) if category else None,
        "entity": getattr(entity.name, lang) if entity else None,
        "kinds": KINDS,
        "place": place_of(request.app.state.places, item.location, lang),
        "state": PUBLICATIONS[item.publication],
        "decisions": DECISIONS,
        "names": {photo.id: photo.name for photo in item.photos},
        "may": {action for action, steps in STEPS.items() if PublicationState(item.publication) in steps},
        "form": Fields(typed),
        "errors": Fields(errors),
        "action": action,
        "key": form.get("key") or str(uuid4()),
    }
    pages: Pages = state.pages
    return pages.render(request, "moderate.html", context, status, PRIVATE)
