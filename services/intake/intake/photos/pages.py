"""`/moderation/{reference}/photos/{id}`: paint over parts of a photo, and publish or hide it."""

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
from shared.http.problems import not_found
from shared.storage.aggregates import StoredAggregate
from shared.web.catalogues import N_
from shared.web.forms import Fields, faults, posted
from shared.web.pages import PRIVATE, Pages
from starlette.responses import RedirectResponse, Response

from intake.attachments.store import StoredFile
from intake.http.bodies import BoundedRoute
from intake.photos.commands import painted_over
from intake.photos.dependencies import Id, Photos
from intake.photos.http_models import MOST_RECTANGLES, PublishPhotoSent, RectangleSent
from intake.photos.use_cases import PhotoDesk
from intake.publication.dependencies import ToModerate
from intake.publication.http_models import HideSent, ModeratedPhoto, moderated_json
from intake.publication.model import STEPS, PublicationState, Rectangle
from intake.publication.pages import decisions_in
from intake.publication.use_cases import Reviewed
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
    """Typed rectangles: `rows` of fields without the empty ones, and `errors` by field."""

    rows: list[Row]
    rectangles: list[Rectangle]
    errors: dict[str, str]


@router.get(AT)
async def one(
    request: Request, submission: ToModerate, id: Id, did: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    return _page(request, submission, id, _stored(_photo(submission, id).rectangles), did=did)


@router.post(AT)
async def decide(request: Request, photos: Photos, submission: ToModerate, id: Id, form: Form) -> Response:
    """Previews, adds or removes a rectangle, or decides, by the button."""
    step, typed = form.get("step", "preview"), _typed(form)
    if step.startswith("remove-"):
        left_out = step.removeprefix("remove-")
        kept = _typed({name: value for name, value in form.items() if not name.endswith(f"-{left_out}")})
        return _page(request, submission, id, kept, form)
    if step == "hide":
        return await _hide(request, photos, submission, id, form)
    if step == "more" or (typed.errors and step != "publish"):
        return _page(request, submission, id, typed, form, 422 if typed.errors else 200)
    if step != "publish":
        original = await photos.original(submission, id)
        return _page(request, submission, id, typed, form, preview=await _preview(photos, original, typed.rectangles))
    return await _publish(request, photos, submission, id, form, typed)


async def _publish(
    request: Request,
    photos: PhotoDesk,
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
    key = command_key(form.get("key") or None, photos.desk.caller.subject, request.url.path, json.dumps(sent).encode())

    await photos.publish(submission, id, typed.rectangles, reason, Reviewed(key, decisions=decisions_in(form)))
    return _done(submission, id, "publish")


async def _hide(
    request: Request, photos: PhotoDesk, submission: StoredAggregate[Submission], id: str, form: dict[str, str]
) -> Response:
    _photo(submission, id)
    try:
        sent = HideSent.model_validate({"reason": form.get("reason", "")})
    except ValidationError as error:
        wrong = {"reason-to-hide": faults(error, REASON)["reason"]}
        shown = _stored(_photo(submission, id).rectangles)
        return _page(request, submission, id, Typed(shown.rows, shown.rectangles, wrong), status=422)
    key = command_key(
        form.get("key") or None, photos.desk.caller.subject, request.url.path, sent.model_dump_json().encode()
    )
    await photos.hide(submission, id, sent.reason, Reviewed(key, decisions=decisions_in(form)))
    return _done(submission, id, "hide")


def _done(submission: StoredAggregate[Submission], id: str, what: str) -> Response:
    assert submission.state is not None
    at = AT.format(reference=submission.state.reference, id=id)
    return RedirectResponse(f"{at}?{urlencode({'did': what})}", 303, PRIVATE)


def _typed(form: dict[str, str]) -> Typed:
    """Read the rows that are not empty and renumber them. Several spellings of numbers are accepted."""
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


async def _preview(photos: PhotoDesk, original: StoredFile, rectangles: Sequence[Rectangle]) -> str:
    """The preview as a `data:` address, so that it is stored nowhere."""
    made = await painted_over(original, rectangles, photos.attachments, photos.cleaner, PREVIEW_SIDE)
    if made is None:
        raise not_found()
    with made.content:
        return f"data:image/jpeg;base64,{b64encode(made.content.read()).decode()}"


def _photo(submission: StoredAggregate[Submission], id: str) -> ModeratedPhoto:
    assert submission.state is not None
    photo = next((each for each in moderated_json(submission.state).photos if each.id == id), None)
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
    item, photo = moderated_json(submission.state), _photo(submission, id)
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
