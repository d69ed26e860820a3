"""`/inbox/wording`: who is told of what, and the templates: draft, check, preview, publication and history."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from shared.http.auth import Caller
from shared.http.commands import cause_of_request
from shared.http.problems import Problem
from shared.reference.working_time import utc_now
from shared.web.catalogues import N_
from shared.web.forms import Fields, faults
from shared.web.pages import PRIVATE
from starlette.responses import HTMLResponse, Response

from notifier.channels.sms_text import SmsLength
from notifier.http.sign_in import Administrator
from notifier.message_templates.api import (
    Desk,
    TemplateName,
    Version,
    brought_up_to_date,
    previewed,
    publish_once,
    send_test,
    shown,
    take_back_once,
    write_template,
)
from notifier.message_templates.checks import sms_lengths
from notifier.message_templates.commands import WordingCommands
from notifier.message_templates.form_pages import AT, Form, key_of, page, refusal_of, said_of, seen_by, to
from notifier.message_templates.http import carry_out
from notifier.message_templates.model import LANGUAGES, NAME, Text, Texts
from notifier.message_templates.views import WhySent
from notifier.rendering.templates import OF_SMS, PLACEHOLDERS

router = APIRouter(prefix=AT, include_in_schema=False)

PARTS = ("subject", "heading", "body", "action", "note", "sms")
DONE = {
    "template": N_("The template is in the draft."),
    "row": N_("The table of the draft is changed."),
    "discard": N_("The draft is thrown away."),
    "update": N_("The draft is brought up to date. What it changes stands below."),
    "publish": N_("It is published, and used within seconds."),
    "take-back": N_("It is taken back: the version before it holds again."),
    "test": N_("The test mail is on its way to your work address."),
}
BETTER = {"why": N_("Say why, in a few words.")}
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
"""A mail carries its style in itself; it has no script, no picture and no form."""

Did = Annotated[str, Query(max_length=20)]
Language = Annotated[str, Query(pattern="^(ar|en)$")]
Named = Annotated[str, Query(max_length=100)]
TemplateNamed = Annotated[str, Query(pattern=NAME)]


@router.get("")
async def overview(request: Request, caller: Administrator, desk: Desk, did: Did = "") -> Response:
    return await _overview(request, desk, done=DONE.get(did, ""))


@router.get("/history")
async def history(
    request: Request, caller: Administrator, desk: Desk, before: Annotated[int, Query(ge=0, le=2**31)] = 0
) -> Response:
    found = await desk.publications.page(before or None, 21)
    context = {
        "versions": found[:20],
        "older": found[19].version if len(found) > 20 else 0,
        "newest": await desk.publications.newest_version(),
        "errors": Fields(),
        "form": Fields(),
        "refusal": "",
    }
    return page(request, "wording_history.html", context)


@router.post("/history/{version}/take-back")
async def take_back(version: Version, request: Request, form: Form, caller: Administrator, desk: Desk) -> Response:
    """Refused, it says why on a page of its own; the reason is typed once more."""
    sent = _why(form)
    if sent is None:
        raise Problem(422, "invalid", "Say why, in a few words.", "اذكر السبب في بضع كلمات.")
    await take_back_once(request, caller, desk, version, sent.why, key_of(request, form, caller))
    return to("?did=take-back")


@router.get("/template")
async def a_template(caller: Administrator, name: TemplateNamed) -> Response:
    """A new one, or one that is there: its name is typed on the draft's page."""
    return to(f"/template/{name}")


@router.get("/template/{name}")
async def template(
    name: TemplateName,
    request: Request,
    caller: Administrator,
    desk: Desk,
    did: Did = "",
    submission: Named = "",
) -> Response:
    return await _template(request, caller, desk, name, submission=submission, done=DONE.get(did, ""))


@router.post("/template/{name}")
async def save_template(
    name: TemplateName, request: Request, form: Form, caller: Administrator, desk: Desk
) -> Response:
    """Both languages together. A faulty one is kept in the draft as well: the check says what is wrong."""
    try:
        texts = {lang: _text(form, lang) for lang in LANGUAGES}
    except UnfitText as error:
        return await _template(request, caller, desk, name, 422, errors=error.faults, typed=form)
    key = key_of(request, form, caller)
    refusal = await refusal_of(request, write_template(desk, caller, name, texts, seen_by(form), key))
    if refusal:
        return await _template(request, caller, desk, name, 409, refusal=refusal, typed=form)
    return to(f"/template/{name}?did=template")


@router.get("/template/{name}/mail")
async def mail(
    name: TemplateName, request: Request, caller: Administrator, language: Language = "ar", submission: Named = ""
) -> Response:
    """The mail itself, as a mail program shows it."""
    made = await previewed(request, caller, name, language, submission)
    return HTMLResponse(made.mail.html, headers={**PRIVATE, "Content-Security-Policy": MAIL_POLICY})


@router.post("/template/{name}/test")
async def try_out(name: TemplateName, request: Request, form: Form, caller: Administrator, desk: Desk) -> Response:
    lang = "en" if form.get("language") == "en" else "ar"
    refusal = await refusal_of(request, send_test(request, caller, name, lang, key_of(request, form, caller), None))
    if refusal:
        return await _template(request, caller, desk, name, 409, refusal=refusal)
    return to(f"/template/{name}?did=test")


@router.post("/discard")
async def discard(request: Request, form: Form, caller: Administrator, desk: Desk) -> Response:
    key = key_of(request, form, caller)
    refusal = await refusal_of(request, desk.discard(seen_by(form), key, utc_now(), cause_of_request()))
    return await _overview(request, desk, 409, refusal=refusal) if refusal else to("?did=discard")


@router.post("/bring-up-to-date")
async def bring_up_to_date(request: Request, form: Form, caller: Administrator, desk: Desk) -> Response:
    key = key_of(request, form, caller)
    refusal = await refusal_of(request, brought_up_to_date(caller, desk, seen_by(form), key))
    return await _overview(request, desk, 409, refusal=refusal) if refusal else to("?did=update")


@router.post("/publish")
async def publish(request: Request, form: Form, caller: Administrator, desk: Desk) -> Response:
    sent = _why(form)
    if sent is None:
        return await _overview(request, desk, 422, errors=Fields(BETTER), form=Fields(form))
    key = key_of(request, form, caller)
    refusal = await refusal_of(request, publish_once(request, caller, desk, sent.why, seen_by(form), key))
    if refusal:
        return await _overview(request, desk, 409, refusal=refusal, form=Fields(form))
    return to("?did=publish")


@router.get("/publish")
@router.get("/discard")
@router.get("/bring-up-to-date")
@router.get("/history/{version}/take-back")
@router.get("/template/{name}/test")
async def back(caller: Administrator) -> Response:
    """Where a form was sent to there is no page: another language, or a reload, leads to the draft."""
    return to("")


async def _overview(request: Request, desk: WordingCommands, status: int = 200, **more: Any) -> Response:
    draft = await carry_out(lambda: shown(desk))
    newest = await carry_out(desk.published)
    known: dict[str, Any] = {"errors": Fields(), "form": Fields(), "refusal": "", "done": ""}
    lengths = {name: _lengths(request, desk, texts) for name, texts in draft.wording.templates.items()}
    context = {"draft": draft, "published": newest, "lengths": lengths, **known, **more}
    return page(request, "wording.html", context, status)


async def _template(
    request: Request,
    caller: Caller,
    desk: WordingCommands,
    name: str,
    status: int = 200,
    submission: str = "",
    typed: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    draft = await carry_out(lambda: shown(desk))
    texts = draft.wording.templates.get(name, {})
    values = {f"{lang}-{part}": getattr(text, part) or "" for lang, text in texts.items() for part in PARTS}
    previews: dict[str, Any] = {}
    problem = ""
    for lang in texts:
        try:
            previews[lang] = await previewed(request, caller, name, lang, submission)
        except Problem as refused:
            problem = said_of(request, refused)
    known: dict[str, Any] = {"errors": Fields(), "refusal": "", "done": ""}
    context = {
        "draft": draft,
        "name": name,
        "values": Fields(typed or values),
        "previews": previews,
        "preview_problem": problem,
        "lengths": _lengths(request, desk, texts),
        "link_length": len(request.app.state.preview_renderer.longest_link),
        "wrong": [fault for fault in draft.faults if fault.where.split(" ")[0] == name],
        "placeholders": ", ".join(sorted(PLACEHOLDERS)),
        "placeholders_of_sms": ", ".join(sorted(OF_SMS)),
        "submission": submission,
        "asked": urlencode({"submission": submission}) if submission else "",
        **known,
        **more,
    }
    return page(request, "wording_template.html", context, status)


def _lengths(request: Request, desk: WordingCommands, texts: Texts) -> Mapping[str, SmsLength]:
    """Of the SMS in each language, where there is one that can be read."""
    link = request.app.state.preview_renderer.longest_link
    found = {lang: sms_lengths(text, desk.words[lang], link) for lang, text in texts.items()}
    return {lang: counted for lang, counted in found.items() if counted is not None}


class UnfitText(Exception):
    """By the field of the form."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(", ".join(faults))
        self.faults = Fields(faults)


def _text(form: Mapping[str, str], lang: str) -> Text:
    values = {part: form.get(f"{lang}-{part}", "") for part in PARTS}
    try:
        return Text.model_validate({**values, "sms": values["sms"] or None})
    except ValidationError as error:
        raise UnfitText({f"{lang}-{part}": said for part, said in faults(error).items()}) from error


def _why(form: Mapping[str, str]) -> WhySent | None:
    try:
        return WhySent(why=form.get("why", ""))
    except ValidationError:
        return None
