"""`/moderation/{reference}/photos/{id}`: what of a photo the public does not see, and whether it sees any of it."""

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode
from uuid import uuid4

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ValidationError
from shared.http.commands import command_key
from shared.http.problems import changed_meanwhile, not_found
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Decision, StoredAggregate
from shared.web.catalogues import N_
from shared.web.forms import Fields, faults, posted
from shared.web.pages import PRIVATE, Pages
from starlette.responses import RedirectResponse, Response

from intake.attachments.store import StoredFile
from intake.http.bodies import BoundedRoute
from intake.http.file_responses import the_attachments
from intake.photos.api import (
    MOST_RECTANGLES,
    Id,
    PublishPhotoSent,
    RectangleSent,
    hide_photo,
    original_of,
    publish_photo,
)
from intake.photos.commands import painted_over
from intake.publication import commands as moderate
from intake.publication.api import Decide, HideSent, ModeratedPhoto, Moderator, ToModerate, moderated
from intake.publication.model import STEPS, PublicationState, PublicPhoto, Rectangle
from intake.submissions.model import Submission

router = APIRouter(route_class=BoundedRoute, include_in_schema=False)

AT = "/moderation/{reference}/photos/{id}"
SIDES = ("left", "top", "width", "height")
PREVIEW_SIDE = 1_024
NUMBER = N_("A rectangle has four numbers from 0 to 100.")
REASON = {"reason": N_("Say why: it stays in the history.")}
DONE = {
    "publish": N_("It is chosen: the public sees the copy, with the submission."),
    "hide": N_("The public does not see this photo."),
}
SPELLED = str.maketrans({"٫": ".", ",": ".", "%": "", "٪": ""})

Form = Annotated[dict[str, str], Depends(posted)]
Row = dict[str, str]


@dataclass(frozen=True)
class Typed:
    """What stands in the fields: `rows` without those left open, and `errors` by field."""

    rows: list[Row]
    rectangles: list[Rectangle]
    errors: dict[str, str]


@router.get(AT)
async def one(
    request: Request, submission: ToModerate, id: Id, did: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    return _page(request, submission, id, _stored(_photo(submission, id).rectangles), did=did)


@router.post(AT)
async def decide(request: Request, caller: Moderator, submission: ToModerate, id: Id, form: Form) -> Response:
    """A look at what would be seen, another rectangle or one less, or the decision."""
    step, typed = form.get("step", "preview"), _typed(form)
    if step.startswith("remove-"):
        left_out = step.removeprefix("remove-")
        kept = _typed({name: value for name, value in form.items() if not name.endswith(f"-{left_out}")})
        return _page(request, submission, id, kept, form)
    if step == "hide":
        return await _hide(request, caller, submission, id, form)
    if step == "more" or (typed.errors and step != "publish"):
        return _page(request, submission, id, typed, form, 422 if typed.errors else 200)
    if step != "publish":
        original = await original_of(request, submission, id, caller)
        return _page(request, submission, id, typed, form, preview=await _preview(request, original, typed.rectangles))
    return await _publish(request, caller, submission, id, form, typed)


async def _publish(
    request: Request,
    caller: Moderator,
    submission: StoredAggregate[Submission],
    id: str,
    form: dict[str, str],
    typed: Typed,
) -> Response:
    sent = {"rectangles": [each.model_dump() for each in typed.rectangles], "reason": form.get("reason", "")}
    wrong = dict(typed.errors)
    try:
        reason = PublishPhotoSent.model_validate(sent).reason
    except ValidationError as error:
        wrong |= faults(error, REASON)
    if wrong:
        return _page(request, submission, id, Typed(typed.rows, typed.rectangles, wrong), form, 422)
    key = command_key(form.get("key") or None, caller.subject, request.url.path, json.dumps(sent).encode())

    def decide(photo: PublicPhoto) -> Decide:
        def _decide(_: str, state: Submission) -> Decision[Submission]:
            _check_unchanged(state, form)
            return moderate.publish_photo(state, caller.subject, photo, reason, utc_now())

        return _decide

    await publish_photo(request, caller, submission, id, typed.rectangles, decide, key, None)
    return _done(submission, id, "publish")


async def _hide(
    request: Request, caller: Moderator, submission: StoredAggregate[Submission], id: str, form: dict[str, str]
) -> Response:
    _photo(submission, id)
    try:
        sent = HideSent.model_validate({"reason": form.get("reason", "")})
    except ValidationError as error:
        wrong = {"reason-to-hide": faults(error, REASON)["reason"]}
        shown = _stored(_photo(submission, id).rectangles)
        return _page(request, submission, id, Typed(shown.rows, shown.rectangles, wrong), status=422)
    key = command_key(form.get("key") or None, caller.subject, request.url.path, sent.model_dump_json().encode())

    def decide(_: str, state: Submission) -> Decision[Submission] | None:
        _check_unchanged(state, form)
        return moderate.hide_photo(state, caller.subject, id, sent.reason, utc_now())

    await hide_photo(request, caller, submission, decide, key, None)
    return _done(submission, id, "hide")


def _check_unchanged(state: Submission, form: dict[str, str]) -> None:
    """Refused where somebody else has decided since the page was opened."""
    if state.publication is None or str(len(state.publication.history)) != form.get("decided", ""):
        raise changed_meanwhile()


def _done(submission: StoredAggregate[Submission], id: str, what: str) -> Response:
    assert submission.state is not None
    at = AT.format(reference=submission.state.reference, id=id)
    return RedirectResponse(f"{at}?{urlencode({'did': what})}", 303, PRIVATE)


def _typed(form: dict[str, str]) -> Typed:
    """Rows in which something stands, numbered anew. People write numbers in more than one way."""
    rows: list[Row] = []
    rectangles: list[Rectangle] = []
    errors: dict[str, str] = {}
    for number in range(1, MOST_RECTANGLES + 1):
        row = {side: form.get(f"{side}-{number}", "") for side in SIDES}
        if not any(row.values()):
            continue
        rows.append(row)
        try:
            numbers = {side: _number(value) for side, value in row.items()}
            rectangles.append(RectangleSent.model_validate(numbers).rectangle())
        except ValidationError as error:
            errors |= {f"{side}-{len(rows)}": NUMBER for side in faults(error)}
    return Typed(rows, rectangles, errors)


def _number(typed: str) -> float | str:
    try:
        return float(typed.translate(SPELLED))
    except ValueError:
        return typed


def _stored(rectangles: Sequence[Rectangle]) -> Typed:
    rows = [{side: f"{getattr(each, side):g}" for side in SIDES} for each in rectangles]
    return Typed(rows, list(rectangles), {})


async def _preview(request: Request, original: StoredFile, rectangles: Sequence[Rectangle]) -> str:
    """As a `data:` address: it is stored nowhere."""
    state = request.app.state
    made = await painted_over(original, rectangles, the_attachments(request), state.cleaner, PREVIEW_SIDE)
    if made is None:
        raise not_found()
    with made.content:
        return f"data:image/jpeg;base64,{b64encode(made.content.read()).decode()}"


def _photo(submission: StoredAggregate[Submission], id: str) -> ModeratedPhoto:
    assert submission.state is not None
    photo = next((each for each in moderated(submission.state).photos if each.id == id), None)
    if photo is None:
        raise not_found()
    return photo


def _page(
    request: Request,
    submission: StoredAggregate[Submission],
    id: str,
    typed: Typed,
    form: dict[str, str] | None = None,
    status: int = 200,
    preview: str = "",
    did: str = "",
) -> Response:
    assert submission.state is not None
    item, photo = moderated(submission.state), _photo(submission, id)
    shown = submission.state.publication
    copy = next((each for each in shown.photos if each.of == id), None) if shown else None
    room = [dict.fromkeys(SIDES, "")] if len(typed.rows) < MOST_RECTANGLES else []
    context = {
        "item": item,
        "photo": photo,
        "copy": copy,
        "may": item.covers_photos and PublicationState(item.publication) in STEPS["publish_photo"],
        "rows": [*typed.rows, *room],
        "most": MOST_RECTANGLES,
        "preview": preview,
        "form": Fields(form or {}),
        "errors": Fields(typed.errors),
        "done": DONE.get(did),
        "key": (form or {}).get("key") or str(uuid4()),
        "hide_key": str(uuid4()),
    }
    pages: Pages = request.app.state.pages
    return pages.render(request, "photo.html", context, status, PRIVATE)
