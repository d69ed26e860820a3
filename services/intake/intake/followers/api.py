"""Endpoints for following: signed in, with messages in the inbox, or by mail to an address that is confirmed first."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel
from shared.http.auth import SignedIn
from shared.http.commands import read_command_key
from shared.http.cursors import Cursor
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals

from intake.followers.use_cases import MailFollowing, change_followers
from intake.http.bodies import BoundedRoute
from intake.http.headers import PRIVATE
from intake.http.models import FollowingSent
from intake.http.throttle import throttle_of
from intake.public_register.api import MOST_AT_ONCE
from intake.public_register.dependencies import ThePublications
from intake.public_register.json_view import PublishedPage, PublishedShown
from intake.public_register.use_cases import find_published, list_published
from intake.publication.store import PublicationQuery
from intake.submissions.reference import normalised

router = APIRouter(route_class=BoundedRoute, prefix="/published", tags=["published"])

ACTED = refusals(401, 403, 404, 409, 413, 422, 503)


class RequestTaken(BaseModel):
    """Says nothing about the address: not whether it follows already, nor whether it exists."""

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
    """Lists what is still public, the newest publication first. Others cannot see what a person follows."""
    response.headers.update(PRIVATE)
    query = PublicationQuery(follower=caller.subject)
    return await list_published(publications, request.app.state.directory, query, cursor, limit)


@router.post("/{reference}/follow", summary="Hear what becomes of it", responses=ACTED, openapi_extra=ONCE)
async def follow(
    request: Request,
    reference: str,
    caller: SignedIn,
    publications: ThePublications,
    language: Annotated[Literal["ar", "en"], Query(description="in which one is told")] = "ar",
) -> PublishedShown:
    key = await read_command_key(request, caller.subject)
    state = request.app.state
    return PublishedShown.model_validate(
        await change_followers(
            state.submissions, publications, state.directory, reference, caller.subject, language, key
        )
    )


@router.post(
    "/{reference}/follow-by-mail",
    status_code=202,
    summary="Hear by mail what becomes of it",
    responses=refusals(404, 409, 413, 422, 503),
)
async def follow_by_mail(
    request: Request, reference: str, sent: JsonBody[FollowingSent], publications: ThePublications
) -> RequestTaken:
    """Sends one mail that asks for a confirmation, and nothing more until it is given. The answer is the same for an
    address that was asked before and gets no second mail."""
    await find_published(publications, reference)
    throttle_of(request).follow(request, sent.email)
    mail_following: MailFollowing = request.app.state.mail_following
    await mail_following.ask(reference, sent.email, sent.language, None)
    return RequestTaken(reference=normalised(reference) or reference)


@router.post("/{reference}/unfollow", summary="Hear of it no more", responses=ACTED, openapi_extra=ONCE)
async def unfollow(request: Request, reference: str, caller: SignedIn, publications: ThePublications) -> PublishedShown:
    key = await read_command_key(request, caller.subject)
    state = request.app.state
    return PublishedShown.model_validate(
        await change_followers(state.submissions, publications, state.directory, reference, caller.subject, None, key)
    )
