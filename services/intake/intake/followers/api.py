"""Following what is published: signed in, which is told in the inbox, or by mail to an address that confirms first."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel
from shared.http.auth import Caller, SignedIn
from shared.http.commands import CommandKey, answer_once, cause_of_request, read_command_key
from shared.http.cursors import Cursor
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals
from shared.http.problems import changed_meanwhile
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Conflict, Decision, Document, StoredAggregate

from intake.followers import commands as followers
from intake.http.bodies import BoundedRoute
from intake.http.models import FollowingSent
from intake.http.throttle import throttle_of
from intake.public_register.api import (
    MOST_AT_ONCE,
    PublishedPage,
    PublishedShown,
    ThePublications,
    found,
    page_of,
    published,
)
from intake.publication.store import PublicationQuery, Publications
from intake.submissions.model import Submission
from intake.submissions.reference import normalised
from intake.tracking.api import PRIVATE

router = APIRouter(route_class=BoundedRoute, prefix="/published", tags=["published"])

ACTED = refusals(401, 403, 404, 409, 413, 422, 503)


class RequestTaken(BaseModel):
    """Of an address nothing is said: not whether it follows already, nor whether anybody reads it."""

    reference: str


@router.get("/followed", summary="What one follows, signed in", responses=refusals(401, 422, 503))
async def list_followed(
    request: Request,
    response: Response,
    caller: SignedIn,
    publications: ThePublications,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=MOST_AT_ONCE)] = 20,
) -> PublishedPage:
    """What is public still; what was published last is first. Nobody sees what others follow."""
    response.headers.update(PRIVATE)
    wanted = PublicationQuery(follower=caller.subject)
    return await page_of(publications, request.app.state.directory, wanted, cursor, limit)


@router.post("/{reference}/follow", summary="Hear what becomes of it", responses=ACTED, openapi_extra=ONCE)
async def follow(
    request: Request,
    reference: str,
    caller: SignedIn,
    publications: ThePublications,
    language: Annotated[Literal["ar", "en"], Query(description="in which one is told")] = "ar",
) -> PublishedShown:
    key = await read_command_key(request, caller.subject)
    return await change_followers(request, reference, publications, caller.subject, language, key)


@router.post(
    "/{reference}/follow-by-mail",
    status_code=202,
    summary="Hear by mail what becomes of it",
    responses=refusals(404, 409, 413, 422, 503),
)
async def follow_by_mail(
    request: Request, reference: str, sent: JsonBody[FollowingSent], publications: ThePublications
) -> RequestTaken:
    """One mail goes to the address and asks; nothing more before its link is opened and confirmed. The answer is the
    same for an address that was asked before and is written to no second time."""
    await ask_by_mail(request, reference, publications, sent.email, sent.language, None)
    return RequestTaken(reference=normalised(reference) or reference)


@router.post("/{reference}/unfollow", summary="Hear of it no more", responses=ACTED, openapi_extra=ONCE)
async def unfollow(request: Request, reference: str, caller: SignedIn, publications: ThePublications) -> PublishedShown:
    key = await read_command_key(request, caller.subject)
    return await change_followers(request, reference, publications, caller.subject, None, key)


async def change_followers(
    request: Request,
    reference: str,
    publications: Publications,
    subject: str,
    language: str | None,
    key: CommandKey | None,
) -> PublishedShown:
    """One follower more, who reads `language`; without it one less. Raises Problem 404 for what is not published."""
    await found(reference, publications)
    submissions, directory = request.app.state.submissions, request.app.state.directory

    def _decide(aggregate: StoredAggregate[Submission]) -> Decision[Submission] | None:
        assert aggregate.state is not None
        if language is None:
            return followers.unfollow(aggregate.id, aggregate.state, subject)
        return followers.follow(aggregate.id, aggregate.state, subject, language, utc_now())

    def _shown(aggregate: StoredAggregate[Submission]) -> Document:
        assert aggregate.state is not None
        return published(aggregate.state, directory).model_dump()

    once, remember, answer = answer_once(key, _decide, _shown)
    id = await submissions.id_of(normalised(reference))
    try:
        changed = await submissions.change(id, once, utc_now(), cause_of_request(), remember)
    except Conflict as error:
        raise changed_meanwhile() from error
    return PublishedShown.model_validate(answer(changed))


async def ask_by_mail(
    request: Request,
    reference: str,
    publications: Publications,
    email: str,
    language: str,
    caller: Caller | None,
) -> bool:
    """The mail that asks, or the beginning where the provider has verified the caller's address; whether it asks."""
    state = request.app.state
    await found(reference, publications)
    throttle_of(request).follow(request, email)
    id = await state.submissions.id_of(normalised(reference))
    is_verified = caller is not None and caller.reads(email)
    ids = state.tracking.follower_ids(id, email)
    is_to_confirm = state.secrets.confirmation is not None and not is_verified

    def _decide(aggregate: StoredAggregate[Submission]) -> Decision[Submission] | None:
        assert aggregate.state is not None
        known = next((each for each in ids if followers.by_mail(aggregate.state, each)), ids[0])
        who = followers.ByMail(ids, email, state.tracking.following(aggregate.id, known), is_to_confirm)
        return followers.ask_by_mail(aggregate.id, aggregate.state, who, language, state.key_ring, utc_now())

    try:
        await state.submissions.change(id, _decide, utc_now(), cause_of_request())
    except Conflict as error:
        raise changed_meanwhile() from error
    return is_to_confirm
