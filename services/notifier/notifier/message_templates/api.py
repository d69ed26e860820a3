"""Who is told of what, and in which words: drafted, checked, published and taken back without a deployment."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from shared.events.model import Role
from shared.http.auth import Caller, require
from shared.http.commands import CommandKey, IfMatch, SeenVersions, cause_of_request, differs, read_command_key
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals
from shared.http.problems import not_found
from shared.privacy.audit import audit_of
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Document

from notifier.cases.model import Case
from notifier.channels import GiveUp, RetryLater, Unavailable
from notifier.message_templates.commands import VersionDiffers, WordingCommands
from notifier.message_templates.http import carry_out, faulty, no_address, not_handed_over, unfit_table
from notifier.message_templates.model import NAME, Texts, Wording, differences
from notifier.message_templates.store import Edit, PublicationSummary
from notifier.message_templates.views import (
    DraftVersion,
    FaultShown,
    PreviewShown,
    PublishedNow,
    PublishedShown,
    TableSent,
    TemplateSent,
    TestSent,
    Versions,
    WhySent,
    WordingShown,
)
from notifier.notifications.monitor_store import Monitor
from notifier.planning.table import Table
from notifier.rendering.preview import Preview, PreviewImpossible, PreviewRenderer

router = APIRouter(prefix="/wording", tags=["wording"])

Administrator = Annotated[Caller, Depends(require(Role.ADMINISTRATOR))]
Seen = IfMatch
TemplateName = Annotated[str, Path(pattern=NAME)]
Language = Annotated[str, Query(pattern="^(ar|en)$")]
Version = Annotated[int, Path(ge=1, le=2**31)]
COMMAND = refusals(401, 403, 404, 409, 412, 413, 422, 503)


def desk_of(request: Request) -> WordingCommands:
    desk: WordingCommands = request.app.state.wording_commands
    return desk


Desk = Annotated[WordingCommands, Depends(desk_of)]


@router.get("", summary="What is published", responses=refusals(401, 403, 404, 503))
async def published(caller: Administrator, desk: Desk) -> PublishedShown:
    newest = await carry_out(desk.published)
    return PublishedShown.model_validate(newest, from_attributes=True)


@router.get("/draft", summary="The draft and what is wrong with it", responses=refusals(401, 403, 404, 503))
async def draft(caller: Administrator, desk: Desk, response: Response) -> WordingShown:
    """What is published, where none is begun."""
    found = await carry_out(lambda: shown(desk))
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.put(
    "/draft/templates/{name}",
    summary="Write a template in both languages",
    responses=COMMAND,
    openapi_extra=ONCE,
)
async def put_template(
    name: TemplateName, sent: JsonBody[TemplateSent], request: Request, caller: Administrator, desk: Desk, seen: Seen
) -> DraftVersion:
    """Into the draft, faulty or not: the check tells."""
    texts = {"ar": sent.ar, "en": sent.en}
    key = await _key(request, caller)
    return DraftVersion(version=await carry_out(lambda: write_template(desk, caller, name, texts, seen, key)))


@router.put(
    "/draft/table",
    summary="Write who is told of what",
    responses=COMMAND,
    openapi_extra=ONCE,
)
async def put_table(
    sent: JsonBody[TableSent], request: Request, caller: Administrator, desk: Desk, seen: Seen
) -> DraftVersion:
    try:
        table = Table(rows=tuple(sent.rows), nobody=tuple(sent.nobody))
    except ValueError as error:
        raise unfit_table() from error
    key = await _key(request, caller)
    return DraftVersion(version=await carry_out(lambda: write_table(desk, caller, lambda before: table, seen, key)))


@router.delete("/draft", summary="Throw the draft away", responses=COMMAND, openapi_extra=ONCE)
async def discard(request: Request, caller: Administrator, desk: Desk, seen: Seen) -> DraftVersion:
    key = await _key(request, caller)
    return DraftVersion(version=await carry_out(lambda: desk.discard(seen, key, utc_now(), cause_of_request())))


@router.post(
    "/draft/bring-up-to-date",
    summary="Do the draft's changes again on what was published since",
    responses=COMMAND,
    openapi_extra=ONCE,
)
async def bring_up_to_date(request: Request, caller: Administrator, desk: Desk, seen: Seen) -> DraftVersion:
    """Where both changed the same text or event, the draft's stays."""
    return DraftVersion(version=await brought_up_to_date(caller, desk, seen, await _key(request, caller)))


@router.post(
    "/draft/publish",
    summary="Publish the draft",
    responses=COMMAND,
    openapi_extra=ONCE,
)
async def publish(
    sent: JsonBody[WhySent], request: Request, caller: Administrator, desk: Desk, seen: Seen
) -> PublishedNow:
    """Every process uses it within seconds."""
    return await publish_once(request, caller, desk, sent.why, seen, await _key(request, caller))


@router.get("/versions", summary="Every wording that was published", responses=refusals(401, 403, 422, 503))
async def versions(
    caller: Administrator, desk: Desk, before: Annotated[int | None, Query(ge=1, le=2**31)] = None
) -> Versions:
    found = await desk.publications.page(before, 21)
    items = [_listed(each) for each in found[:20]]
    return Versions(items=items, next=items[-1].version if len(found) > 20 else None)


@router.get("/versions/{version}", summary="One of them, whole", responses=refusals(401, 403, 404, 422, 503))
async def version(version: Version, caller: Administrator, desk: Desk) -> PublishedShown:
    found = await carry_out(lambda: desk.publications.read(version))
    return PublishedShown.model_validate(found, from_attributes=True)


@router.post(
    "/versions/{version}/take-back",
    summary="Take the newest back: the one before holds again",
    responses=refusals(401, 403, 404, 409, 422, 503),
    openapi_extra=ONCE,
)
async def take_back(
    version: Version, sent: JsonBody[WhySent], request: Request, caller: Administrator, desk: Desk
) -> PublishedNow:
    return await take_back_once(request, caller, desk, version, sent.why, await _key(request, caller))


@router.get(
    "/draft/templates/{name}/preview",
    summary="How a template of the draft will look",
    responses=refusals(401, 403, 404, 409, 422, 503),
)
async def preview(
    name: TemplateName,
    request: Request,
    caller: Administrator,
    language: Language = "ar",
    submission: Annotated[str, Query(max_length=100)] = "",
) -> PreviewShown:
    """With made-up facts, or reference, kind, category and entity of a submission. Names and texts are made up."""
    made = await previewed(request, caller, name, language, submission)
    length = made.sms_length
    return PreviewShown(
        subject=made.mail.subject,
        text=made.mail.text,
        pushed=made.pushed,
        html=made.mail.html,
        sms=made.sms,
        sms_alphabet=length.alphabet if length else None,
        sms_units=length.units if length else None,
        sms_parts=length.parts if length else None,
    )


@router.post(
    "/draft/templates/{name}/test",
    summary="Send a template of the draft to oneself",
    responses=COMMAND,
    openapi_extra=ONCE,
)
async def try_out(
    name: TemplateName, request: Request, caller: Administrator, seen: Seen, language: Language = "ar"
) -> TestSent:
    """To the work address that the directory knows of the caller, and nowhere else."""
    await send_test(request, caller, name, language, await _key(request, caller), seen)
    return TestSent(sent=True)


async def shown(desk: WordingCommands) -> WordingShown:
    (version, draft), newest = await desk.current(), await desk.published()
    wording = draft.read() or newest.wording
    return WordingShown(
        version=version,
        based_on=draft.based_on or newest.version,
        newest=newest.version,
        wording=wording,
        changed=differences(newest.wording, wording),
        faults=[FaultShown(**vars(fault)) for fault in await desk.faults(wording)],
        edits=list(draft.edits),
    )


async def write_template(
    desk: WordingCommands, caller: Caller, name: str, texts: Texts, seen: SeenVersions, key: CommandKey | None
) -> int:
    def _change(wording: Wording) -> Wording:
        return wording.model_copy(update={"templates": wording.templates | {name: texts}})

    return await desk.edit(_change, _edit(caller, "template", name), seen, key, cause_of_request())


async def write_table(
    desk: WordingCommands,
    caller: Caller,
    change: Callable[[Table], Table],
    seen: SeenVersions,
    key: CommandKey | None,
    what: str = "table",
) -> int:
    def _change(wording: Wording) -> Wording:
        return wording.model_copy(update={"table": change(wording.table)})

    return await desk.edit(_change, _edit(caller, what, ""), seen, key, cause_of_request())


async def brought_up_to_date(caller: Caller, desk: WordingCommands, seen: SeenVersions, key: CommandKey | None) -> int:
    now, cause = utc_now(), cause_of_request()
    return await carry_out(lambda: desk.bring_up_to_date(caller.subject, seen, key, now, cause))


async def publish_once(
    request: Request, caller: Caller, desk: WordingCommands, why: str, seen: SeenVersions, key: CommandKey | None
) -> PublishedNow:
    await audit_of(request).record(request, caller, "publish", "wording", ["draft"], f"administrator: {why}")
    answer = await carry_out(lambda: desk.publish(caller.subject, why, seen, key, utc_now(), cause_of_request()))
    return PublishedNow.model_validate(answer)


async def take_back_once(
    request: Request, caller: Caller, desk: WordingCommands, version: int, why: str, key: CommandKey | None
) -> PublishedNow:
    await audit_of(request).record(request, caller, "take-back", "wording", [str(version)], f"administrator: {why}")
    answer = await carry_out(lambda: desk.take_back(version, caller.subject, why, key, utc_now()))
    return PublishedNow.model_validate(answer)


async def previewed(request: Request, caller: Caller, name: str, language: str, submission: str = "") -> Preview:
    """Raises Problem 404 for no such template or submission, 409 for a template that is faulty."""
    desk, preview_renderer = desk_of(request), _previewing(request)
    wording = (await desk.current())[1].read() or (await carry_out(desk.published)).wording
    texts = wording.templates.get(name)
    if texts is None or language not in texts:
        raise not_found()
    case = await _case(request, caller, submission.strip()) if submission.strip() else None
    try:
        return preview_renderer.preview(name, texts, language, case)
    except PreviewImpossible as error:
        raise faulty(error.faults) from error


async def send_test(
    request: Request, caller: Caller, name: str, language: str, key: CommandKey | None, seen: SeenVersions
) -> None:
    """Raises Problem 409 where the directory knows no address, 412, and 503 where it cannot be handed over."""
    desk, channel = desk_of(request), request.app.state.mail

    async def _send() -> Document:
        if differs(seen, (await desk.current())[0]):
            raise VersionDiffers
        made = await previewed(request, caller, name, language)
        # The same command again has the same Message-ID.
        id = str(uuid5(NAMESPACE_URL, f"tawasul:test:{key.key}") if key else uuid4())
        message = _previewing(request).test_mail(id, made, language, caller.subject, utc_now())
        if message is None:
            raise no_address()
        await audit_of(request).record(request, caller, "test", "wording", [name], "administrator")
        try:
            await channel.send(message)
        except (GiveUp, RetryLater, Unavailable) as error:
            raise not_handed_over() from error
        return {"sent": True}

    await carry_out(lambda: desk.once(key, _send))


async def _case(request: Request, caller: Caller, named: str) -> Case:
    monitor: Monitor = request.app.state.monitor
    id = await monitor.submission_named(named) or named
    found = await request.app.state.cases.find(id)
    if found is None or found.state is None or found.state.reference is None:
        raise not_found()
    await audit_of(request).record(request, caller, "read", "submission", [id], "administrator: preview")
    case: Case = found.state
    return case


def _previewing(request: Request) -> PreviewRenderer:
    preview_renderer: PreviewRenderer = request.app.state.preview_renderer
    return preview_renderer


async def _key(request: Request, caller: Caller) -> CommandKey | None:
    return await read_command_key(request, f"{caller.subject} wording")


def _edit(caller: Caller, what: str, name: str) -> Edit:
    return Edit(at=utc_now(), by=caller.subject, what=what, name=name)


def _listed(listed: PublicationSummary) -> PublishedShown:
    known: dict[str, Any] = {name: getattr(listed, name) for name in ("version", "at", "by", "why", "takes_back")}
    return PublishedShown(**known, changed=list(listed.changed))
