"""The abuse list and what it holds: read and decided by the central office and administrators."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from shared.http.auth import Caller
from shared.http.commands import CommandKey, SeenVersions, answer_once, cause_of_request, differs, read_command_key
from shared.http.cursors import Cursor, read_cursor
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals
from shared.http.problems import changed_meanwhile, not_found, version_differs
from shared.privacy.audit import audit_of
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Conflict, Decision, Document, StoredAggregate
from shared.storage.paging import Paged

from intake.abuse import commands as hold
from intake.abuse.entries import stop_watching, watch_for
from intake.abuse.model import AbuseList, Entry, Sign
from intake.abuse.store import ID, AbuseLists
from intake.http.bodies import BoundedRoute
from intake.http.models import Sent, ShortText
from intake.publication.api import DECIDED, KIND, MOST_AT_ONCE, Decide, Moderator, Version
from intake.submissions.model import Submission

router = APIRouter(route_class=BoundedRoute, prefix="/moderation", tags=["moderation"])

RIGHT = "abuse list"
DecideOnList = Callable[[AbuseList], Decision[AbuseList] | None]


class EntrySent(Sent):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"sign": "domain", "value": "throwaway.example", "reason": "Floods us since Monday."}]
        }
    )

    sign: Sign
    value: str = Field(min_length=1, max_length=254)
    reason: ShortText


class DecisionSent(Sent):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "A real report: that is a street's name."}]})

    reason: ShortText


class WatchedShown(BaseModel):
    entries: list[Entry]


class HeldShown(BaseModel):
    """`held_for`: what on the list it was held for; nothing where that was taken off meanwhile."""

    reference: str
    kind: str
    language: str
    text: str
    status: str
    received_at: datetime
    category: str | None
    has_contact: bool
    held_for: list[Entry]
    decision: str | None = None


class HeldPage(Paged):
    items: list[HeldShown]


def the_lists(request: Request) -> AbuseLists:
    return cast(AbuseLists, request.app.state.abuse_lists)


TheLists = Annotated[AbuseLists, Depends(the_lists)]


async def change_list(
    request: Request,
    caller: Caller,
    lists: AbuseLists,
    action: str,
    decide: DecideOnList,
    key: CommandKey | None,
    seen: SeenVersions = None,
) -> Document:
    """One change of the list, once; this process compares with it at once, the others in a moment."""

    def _decide(aggregate: StoredAggregate[AbuseList]) -> Decision[AbuseList] | None:
        if differs(seen, aggregate.version):
            raise version_differs()
        return decide(aggregate.state or AbuseList())

    def _entries(aggregate: StoredAggregate[AbuseList]) -> Document:
        return WatchedShown(entries=(aggregate.state or AbuseList()).entries).model_dump()

    once, remember, answer = answer_once(key, _decide, _entries)
    await audit_of(request).record(request, caller, action, "abuse list", [ID], RIGHT)
    try:
        changed = await lists.change(ID, once, utc_now(), cause_of_request(), remember)
    except Conflict as error:
        raise changed_meanwhile() from error
    await lists.refresh()
    return answer(changed)


async def page_of_held(request: Request, caller: Caller, lists: AbuseLists, cursor: str | None, limit: int) -> HeldPage:
    """Some of what waits, recorded as read."""
    page = await request.app.state.submissions.held(read_cursor(cursor), limit)
    if page.items:
        ids = [aggregate.id for aggregate in page.items]
        await audit_of(request).record(request, caller, "list", KIND, ids, RIGHT)
    current, _ = await lists.current()
    items = [shown(each.state, current) for each in page.items]
    return HeldPage(items=items, next_cursor=page.next_cursor, unreadable=page.unreadable)


async def the_held(request: Request, reference: str, caller: Moderator) -> StoredAggregate[Submission]:
    """A submission that is or was held, recorded as read."""
    found: StoredAggregate[Submission] | None = await request.app.state.submissions.by_reference(reference)
    if found is None or found.state is None or found.state.hold is None:
        raise not_found()
    await audit_of(request).record(request, caller, "read", KIND, [found.id], RIGHT)
    return found


Held = Annotated[StoredAggregate[Submission], Depends(the_held)]


async def decide_on_held(
    request: Request,
    caller: Caller,
    held: StoredAggregate[Submission],
    action: str,
    decide: Decide,
    key: CommandKey | None,
    seen: SeenVersions = None,
) -> Document:
    def _decide(aggregate: StoredAggregate[Submission]) -> Decision[Submission] | None:
        if differs(seen, aggregate.version):
            raise version_differs()
        assert aggregate.state is not None
        return decide(aggregate.id, aggregate.state)

    def _shown(aggregate: StoredAggregate[Submission]) -> Document:
        assert aggregate.state is not None
        return shown(aggregate.state, AbuseList()).model_dump()

    once, remember, answer = answer_once(key, _decide, _shown)
    await audit_of(request).record(request, caller, action, KIND, [held.id], RIGHT)
    try:
        changed = await request.app.state.submissions.change(held.id, once, utc_now(), cause_of_request(), remember)
    except Conflict as error:
        raise changed_meanwhile() from error
    return answer(changed)


@router.get("/abuse-list", summary="What holds a submission", responses=refusals(401, 403, 422, 503))
async def read_list(caller: Moderator, lists: TheLists, response: Response) -> WatchedShown:
    current, version = await lists.current()
    response.headers["ETag"] = f'"{version}"'
    return WatchedShown(entries=current.entries)


@router.post("/abuse-list", summary="Watch for something", responses=DECIDED, openapi_extra=ONCE)
async def add_entry(
    request: Request, caller: Moderator, lists: TheLists, sent: JsonBody[EntrySent], seen: Version
) -> WatchedShown:
    """The list as it is then. What is on it already is not put on it twice."""
    key = await read_command_key(request, caller.subject)

    def decide(current: AbuseList) -> Decision[AbuseList] | None:
        return watch_for(current, sent.sign, sent.value, sent.reason, caller.subject, utc_now())

    return WatchedShown.model_validate(await change_list(request, caller, lists, "watch", decide, key, seen))


@router.delete("/abuse-list/{id}", summary="Watch for it no more", responses=DECIDED, openapi_extra=ONCE)
async def remove_entry(
    request: Request, id: Annotated[str, Path(max_length=64)], caller: Moderator, lists: TheLists, seen: Version
) -> WatchedShown:
    key = await read_command_key(request, caller.subject)
    changed = await change_list(
        request, caller, lists, "unwatch", lambda current: stop_watching(current, id), key, seen
    )
    return WatchedShown.model_validate(changed)


@router.get("/held", summary="What waits for a person's decision", responses=refusals(401, 403, 422, 503))
async def list_held(
    request: Request,
    caller: Moderator,
    lists: TheLists,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=MOST_AT_ONCE)] = 50,
) -> HeldPage:
    """The oldest first."""
    return await page_of_held(request, caller, lists, cursor, limit)


@router.post("/held/{reference}/release", summary="Let it go on", responses=DECIDED, openapi_extra=ONCE)
async def release(
    request: Request, caller: Moderator, held: Held, sent: JsonBody[DecisionSent], seen: Version
) -> HeldShown:
    def decide(id: str, state: Submission) -> Decision[Submission]:
        return hold.release(id, state, caller.subject, sent.reason, utc_now())

    key = await read_command_key(request, caller.subject)
    return HeldShown.model_validate(await decide_on_held(request, caller, held, "release", decide, key, seen))


@router.post("/held/{reference}/reject", summary="End it here, with the reason", responses=DECIDED, openapi_extra=ONCE)
async def reject(
    request: Request, caller: Moderator, held: Held, sent: JsonBody[DecisionSent], seen: Version
) -> HeldShown:
    def decide(id: str, state: Submission) -> Decision[Submission]:
        return hold.reject(id, state, caller.subject, sent.reason, utc_now())

    key = await read_command_key(request, caller.subject)
    return HeldShown.model_validate(await decide_on_held(request, caller, held, "reject", decide, key, seen))


def shown(submission: Submission, current: AbuseList) -> HeldShown:
    assert submission.hold is not None
    return HeldShown(
        reference=submission.reference,
        kind=submission.kind,
        language=submission.language,
        text=submission.text,
        status=submission.status,
        received_at=submission.received_at,
        category=submission.category,
        has_contact=submission.contact_id is not None,
        held_for=[entry for entry in current.entries if entry.id in submission.hold.entries],
        decision=submission.hold.decision,
    )
