"""The wording: who is notified of what, and the message templates. Administrators draft, check and publish it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from shared.events.model import Role
from shared.http.auth import Caller, require
from shared.http.commands import CommandKey, IfMatch, cause_of_request, read_command_key
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals
from shared.privacy.audit import AuditTrail

from notifier.message_templates.http import (
    Commands,
    Previews,
    TemplateName,
    Version,
    as_problems,
    unfit_table,
)
from notifier.message_templates.views import (
    DraftVersion,
    PreviewShown,
    PublishedNow,
    PublishedShown,
    TableSent,
    TemplateSent,
    TestSent,
    Versions,
    WhySent,
    WordingShown,
    preview_shown,
    read_draft,
    summary_shown,
)
from notifier.planning.table import Table

router = APIRouter(prefix="/wording", tags=["wording"])

Administrator = Annotated[Caller, Depends(require(Role.ADMINISTRATOR))]
Seen = IfMatch
Language = Annotated[str, Query(pattern="^(ar|en)$")]
COMMAND = refusals(401, 403, 404, 409, 412, 413, 422, 503)


async def read_key(request: Request, caller: Administrator) -> CommandKey | None:
    return await read_command_key(request, f"{caller.subject} wording")


Key = Annotated[CommandKey | None, Depends(read_key)]


@router.get("", summary="What is published", responses=refusals(401, 403, 404, 503))
async def published(caller: Administrator, commands: Commands) -> PublishedShown:
    with as_problems():
        return PublishedShown.model_validate(await commands.published(), from_attributes=True)


@router.get("/draft", summary="The draft and what is wrong with it", responses=refusals(401, 403, 404, 503))
async def draft(caller: Administrator, commands: Commands, response: Response) -> WordingShown:
    """The published wording if no draft exists."""
    with as_problems():
        found = await read_draft(commands)
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.put(
    "/draft/templates/{name}",
    summary="Write a template in both languages",
    responses=COMMAND,
    openapi_extra=ONCE,
)
async def put_template(
    name: TemplateName, sent: JsonBody[TemplateSent], caller: Administrator, commands: Commands, seen: Seen, key: Key
) -> DraftVersion:
    """Written into the draft even if it is faulty: the check names the faults."""
    texts = {"ar": sent.ar, "en": sent.en}
    with as_problems():
        version = await commands.write_template(name, texts, caller, seen, key, cause_of_request())
    return DraftVersion(version=version)


@router.put(
    "/draft/table",
    summary="Write who is told of what",
    responses=COMMAND,
    openapi_extra=ONCE,
)
async def put_table(
    sent: JsonBody[TableSent], caller: Administrator, commands: Commands, seen: Seen, key: Key
) -> DraftVersion:
    try:
        table = Table(rows=tuple(sent.rows), nobody=tuple(sent.nobody))
    except ValueError as error:
        raise unfit_table() from error
    with as_problems():
        version = await commands.write_table(lambda before: table, caller, seen, key, cause_of_request())
    return DraftVersion(version=version)


@router.delete("/draft", summary="Discard the draft", responses=COMMAND, openapi_extra=ONCE)
async def discard(caller: Administrator, commands: Commands, seen: Seen, key: Key) -> DraftVersion:
    with as_problems():
        return DraftVersion(version=await commands.discard(seen, key, cause_of_request()))


@router.post(
    "/draft/bring-up-to-date",
    summary="Do the draft's changes again on what was published since",
    responses=COMMAND,
    openapi_extra=ONCE,
)
async def bring_up_to_date(caller: Administrator, commands: Commands, seen: Seen, key: Key) -> DraftVersion:
    """If both changed the same text or event, the draft's change stays."""
    with as_problems():
        return DraftVersion(version=await commands.bring_up_to_date(caller, seen, key, cause_of_request()))


@router.post(
    "/draft/publish",
    summary="Publish the draft",
    responses=COMMAND,
    openapi_extra=ONCE,
)
async def publish(
    sent: JsonBody[WhySent], caller: Administrator, commands: Commands, audit: AuditTrail, seen: Seen, key: Key
) -> PublishedNow:
    """Every process uses it within seconds."""
    with as_problems():
        answer = await commands.publish(caller, sent.why, seen, key, cause_of_request(), audit)
    return PublishedNow.model_validate(answer)


@router.get("/versions", summary="Every wording that was published", responses=refusals(401, 403, 422, 503))
async def versions(
    caller: Administrator, commands: Commands, before: Annotated[int | None, Query(ge=1, le=2**31)] = None
) -> Versions:
    found = await commands.publications.page(before, 21)
    items = [summary_shown(each) for each in found[:20]]
    return Versions(items=items, next=items[-1].version if len(found) > 20 else None)


@router.get("/versions/{version}", summary="One of them, whole", responses=refusals(401, 403, 404, 422, 503))
async def version(version: Version, caller: Administrator, commands: Commands) -> PublishedShown:
    with as_problems():
        return PublishedShown.model_validate(await commands.publications.read(version), from_attributes=True)


@router.post(
    "/versions/{version}/take-back",
    summary="Take the newest back: the one before holds again",
    responses=refusals(401, 403, 404, 409, 422, 503),
    openapi_extra=ONCE,
)
async def take_back(
    version: Version, sent: JsonBody[WhySent], caller: Administrator, commands: Commands, audit: AuditTrail, key: Key
) -> PublishedNow:
    with as_problems():
        return PublishedNow.model_validate(await commands.take_back(version, caller, sent.why, key, audit))


@router.get(
    "/draft/templates/{name}/preview",
    summary="How a template of the draft will look",
    responses=refusals(401, 403, 404, 409, 422, 503),
)
async def preview(
    name: TemplateName,
    caller: Administrator,
    previews: Previews,
    audit: AuditTrail,
    language: Language = "ar",
    submission: Annotated[str, Query(max_length=100)] = "",
) -> PreviewShown:
    """With made-up facts, or with reference, kind, category and entity of a submission. Names and texts are made up."""
    with as_problems():
        return preview_shown(await previews.preview(name, language, caller, audit, submission))


@router.post(
    "/draft/templates/{name}/test",
    summary="Send a template of the draft to oneself",
    responses=COMMAND,
    openapi_extra=ONCE,
)
async def try_out(
    name: TemplateName,
    caller: Administrator,
    previews: Previews,
    audit: AuditTrail,
    seen: Seen,
    key: Key,
    language: Language = "ar",
) -> TestSent:
    """To the work address that the directory knows of the caller, and nowhere else."""
    with as_problems():
        await previews.send_test(name, language, caller, seen, key, audit)
    return TestSent(sent=True)
