"""What moderators see and decide: the central office and administrators."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from shared.events.model import Location, Role
from shared.http.auth import Caller, require
from shared.http.commands import (
    CommandKey,
    IfMatch,
    SeenVersions,
    answer_once,
    cause_of_request,
    differs,
    read_command_key,
)
from shared.http.cursors import Cursor, read_cursor
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals
from shared.http.problems import changed_meanwhile, not_found, version_differs
from shared.privacy.audit import audit_of
from shared.reference.directory import Directory
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Conflict, Decision, Document, StoredAggregate
from shared.storage.paging import Paged

from intake.attachments.model import TYPES
from intake.http.bodies import BoundedRoute
from intake.http.models import LongText, Sent, ShortText
from intake.public_register.api import ThePublications
from intake.publication import commands as moderate
from intake.publication.commands import ForThePublic
from intake.publication.model import PublicationState, Rectangle
from intake.publication.store import Publications
from intake.submissions.errors import NeverPublic
from intake.submissions.model import Submission

router = APIRouter(route_class=BoundedRoute, prefix="/moderation", tags=["moderation"])

MOST_AT_ONCE = 100
KIND, RIGHT = "submission", "moderation"
DECIDED = refusals(401, 403, 404, 409, 412, 413, 422, 503)

Moderator = Annotated[Caller, Depends(require(Role.CENTRAL, Role.ADMINISTRATOR))]
Version = IfMatch
Decide = Callable[[str, Submission], Decision[Submission] | None]
Change = Callable[[], Awaitable[StoredAggregate[Submission]]]


async def _at_once(change: Change) -> StoredAggregate[Submission]:
    return await change()


class PublishSent(Sent):
    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "The lamp at the corner is out."}]})

    text: LongText | None = None
    """What the public reads; without it the original."""
    shows_place: bool = True
    reason: ShortText | None = None


class EditSent(Sent):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "The lamp is out.", "reason": "A name was left in."}]}
    )

    text: LongText
    shows_place: bool = True
    reason: ShortText


class HideSent(Sent):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "It names a private person."}]})

    reason: ShortText


class ModerationShown(BaseModel):
    at: datetime
    action: str
    by: str | None
    reason: str | None
    text: str | None
    photo: str | None = Field(default=None, description="the attachment that the decision was about")
    rectangles: list[Rectangle] | None = Field(default=None, description="what was painted over in it")


class ModeratedPhoto(BaseModel):
    """A photo of the submission; `public` says whether a copy is for everybody, painted over in `rectangles`."""

    id: str
    name: str
    url: str
    thumbnail_url: str
    public: bool
    rectangles: list[Rectangle]


class ModeratedShown(BaseModel):
    """`text` is the author's; `public_text` what the moderator made of it. `covers_photos`: its author's word
    counts for photos, too."""

    reference: str
    kind: str
    language: str
    text: str
    status: str
    received_at: datetime
    category: str | None
    entity: str | None
    location: Location | None
    publication: str
    public_text: str | None
    shows_place: bool
    covers_photos: bool = False
    photos: list[ModeratedPhoto] = []
    history: list[ModerationShown]


class ModeratedPage(Paged):
    items: list[ModeratedShown]


async def page_of_queue(
    request: Request,
    caller: Caller,
    publications: Publications,
    state: PublicationState,
    cursor: str | None,
    limit: int,
) -> ModeratedPage:
    """Some of the queue, recorded as read."""
    page = await publications.queue(state, read_cursor(cursor), limit)
    if page.items:
        ids = [aggregate.id for aggregate in page.items]
        await audit_of(request).record(request, caller, "list", KIND, ids, RIGHT)
    items = [moderated(_state(each)) for each in page.items]
    return ModeratedPage(items=items, next_cursor=page.next_cursor, unreadable=page.unreadable)


async def to_moderate(request: Request, reference: str, caller: Moderator) -> StoredAggregate[Submission]:
    """A submission that was ever meant to be published, recorded as read."""
    found: StoredAggregate[Submission] | None = await request.app.state.submissions.by_reference(reference)
    if found is None or _state(found).publication is None:
        raise not_found()
    await audit_of(request).record(request, caller, "read", KIND, [found.id], RIGHT)
    return found


ToModerate = Annotated[StoredAggregate[Submission], Depends(to_moderate)]


async def decide_on(
    request: Request,
    caller: Caller,
    submission: StoredAggregate[Submission],
    action: str,
    decide: Decide,
    key: CommandKey | None,
    seen: SeenVersions,
    carry: Callable[[Change], Awaitable[StoredAggregate[Submission]]] = _at_once,
) -> Document:
    """One decision, once; `carry` does with it what has to be done before and after. Raises Problem 412 where the
    moderator has seen another version."""

    def _decide(aggregate: StoredAggregate[Submission]) -> Decision[Submission] | None:
        if differs(seen, aggregate.version):
            raise version_differs()
        return decide(aggregate.id, _state(aggregate))

    once, remember, answer = answer_once(key, _decide, lambda after: moderated(_state(after)).model_dump())
    await audit_of(request).record(request, caller, action, KIND, [submission.id], RIGHT)

    async def _change() -> StoredAggregate[Submission]:
        changed: StoredAggregate[Submission] = await request.app.state.submissions.change(
            submission.id, once, utc_now(), cause_of_request(), remember
        )
        return changed

    try:
        return answer(await carry(_change))
    except Conflict as error:
        raise changed_meanwhile() from error


@router.get("", summary="What waits for a moderator, or was decided", responses=refusals(401, 403, 422, 503))
async def read_queue(
    request: Request,
    caller: Moderator,
    publications: ThePublications,
    state: PublicationState = PublicationState.AWAITING,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=MOST_AT_ONCE)] = 50,
) -> ModeratedPage:
    """The oldest first."""
    return await page_of_queue(request, caller, publications, state, cursor, limit)


@router.get("/{reference}", summary="One, with its history", responses=refusals(401, 403, 404, 422, 503))
async def read_one(submission: ToModerate, response: Response) -> ModeratedShown:
    response.headers["ETag"] = f'"{submission.version}"'
    return moderated(_state(submission))


@router.post("/{reference}/publish", summary="Show it to the public", responses=DECIDED, openapi_extra=ONCE)
async def publish(
    request: Request, caller: Moderator, submission: ToModerate, sent: JsonBody[PublishSent], seen: Version
) -> ModeratedShown:
    def decide(id: str, state: Submission) -> Decision[Submission]:
        shown = for_the_public(request, state, sent.text, sent.shows_place)
        return moderate.publish(id, state, caller.subject, shown, sent.reason, utc_now())

    return await _answered(request, caller, submission, "publish", decide, seen)


@router.post("/{reference}/edit", summary="Change what the public reads", responses=DECIDED, openapi_extra=ONCE)
async def edit(
    request: Request, caller: Moderator, submission: ToModerate, sent: JsonBody[EditSent], seen: Version
) -> ModeratedShown:
    def decide(id: str, state: Submission) -> Decision[Submission]:
        shown = for_the_public(request, state, sent.text, sent.shows_place)
        return moderate.edit(id, state, caller.subject, shown, sent.reason, utc_now())

    return await _answered(request, caller, submission, "edit", decide, seen)


@router.post("/{reference}/hide", summary="Take it from the public", responses=DECIDED, openapi_extra=ONCE)
async def hide(
    request: Request, caller: Moderator, submission: ToModerate, sent: JsonBody[HideSent], seen: Version
) -> ModeratedShown:
    def decide(id: str, state: Submission) -> Decision[Submission]:
        return moderate.hide(id, state, caller.subject, sent.reason, utc_now())

    return await _answered(request, caller, submission, "hide", decide, seen)


async def _answered(
    request: Request,
    caller: Caller,
    submission: StoredAggregate[Submission],
    action: str,
    decide: Decide,
    seen: SeenVersions,
) -> ModeratedShown:
    key = await read_command_key(request, caller.subject)
    return ModeratedShown.model_validate(await decide_on(request, caller, submission, action, decide, key, seen))


def for_the_public(request: Request, submission: Submission, text: str | None, shows_place: bool) -> ForThePublic:
    """Raises NeverPublic."""
    directory: Directory = request.app.state.directory
    if not directory.is_for_the_public(submission.category):
        raise NeverPublic
    return ForThePublic(text, shows_place, directory.area_of(submission.location))


def _state(aggregate: StoredAggregate[Submission]) -> Submission:
    assert aggregate.state is not None
    return aggregate.state


def moderated(submission: Submission) -> ModeratedShown:
    publication: Any = submission.publication
    return ModeratedShown(
        **{name: getattr(submission, name) for name in ModeratedShown.model_fields if hasattr(submission, name)}
        | {
            "publication": publication.state,
            "public_text": publication.text,
            "shows_place": publication.shows_place,
            "covers_photos": publication.covers_photos,
            "photos": _photos(submission),
            "history": [ModerationShown(**each.model_dump()) for each in publication.history],
        }
    )


def _photos(submission: Submission) -> list[ModeratedPhoto]:
    public = {photo.of: photo for photo in submission.publication.photos} if submission.publication else {}
    shown = []
    for attachment in submission.attachments:
        if not TYPES[attachment.media_type].is_image:
            continue
        url = f"/api/intake/v1/moderation/{submission.reference}/photos/{attachment.id}"
        copy = public.get(attachment.id)
        shown.append(
            ModeratedPhoto(
                id=attachment.id,
                name=attachment.name,
                url=url,
                thumbnail_url=f"{url}/thumbnail",
                public=copy is not None,
                rectangles=copy.rectangles if copy else [],
            )
        )
    return shown
