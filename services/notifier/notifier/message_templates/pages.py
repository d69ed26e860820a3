"""`/inbox/wording`: the table and the templates, with draft, check, preview, publication and history."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ValidationError
from shared.http.commands import cause_of_request
from shared.http.problems import Problem
from shared.privacy.audit import AuditTrail
from shared.web.catalogues import N_
from shared.web.forms import Fields, faults
from shared.web.pages import PRIVATE
from starlette.responses import HTMLResponse, Response

from notifier.channels.sms_text import SmsLength
from notifier.http.sign_in import Administrator
from notifier.message_templates.checks import sms_lengths
from notifier.message_templates.commands import WordingCommands
from notifier.message_templates.form_pages import AT, Form, key_of, page, refusal_of, seen_by, text_of, to
from notifier.message_templates.http import Commands, Previews, TemplateName, Version, as_problems
from notifier.message_templates.model import LANGUAGES, NAME, Text, Texts
from notifier.message_templates.views import WhySent, read_draft
from notifier.rendering.preview import Preview
from notifier.rendering.template_previews import TemplatePreviews
from notifier.rendering.templates import OF_SMS, PLACEHOLDERS

router = APIRouter(prefix=AT, include_in_schema=False)

PARTS = ("subject", "heading", "body", "action", "note", "sms")
DONE = {
    "template": N_("The template was saved to the draft."),
    "row": N_("The table of the draft was changed."),
    "discard": N_("The draft was discarded."),
    "update": N_("The draft is up to date. Its changes are listed below."),
    "publish": N_("Published. It is used within seconds."),
    "take-back": N_("Withdrawn. The version before it is in use again."),
    "test": N_("The test mail is on its way to your work address."),
}
BETTER = {"why": N_("Say why, in a few words.")}
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
"""A mail contains its own style, and no script, picture or form."""

Did = Annotated[str, Query(max_length=20)]
Language = Annotated[str, Query(pattern="^(ar|en)$")]
Named = Annotated[str, Query(max_length=100)]
TemplateNamed = Annotated[str, Query(pattern=NAME)]


@router.get("")
async def overview(
    request: Request, caller: Administrator, commands: Commands, previews: Previews, did: Did = ""
) -> Response:
    return await _overview(request, commands, previews, done=DONE.get(did, ""))


@router.get("/history")
async def history(
    request: Request, caller: Administrator, commands: Commands, before: Annotated[int, Query(ge=0, le=2**31)] = 0
) -> Response:
    found = await commands.publications.page(before or None, 21)
    context = {
        "versions": found[:20],
        "older": found[19].version if len(found) > 20 else 0,
        "newest": await commands.publications.newest_version(),
        "errors": Fields(),
        "form": Fields(),
        "refusal": "",
    }
    return page(request, "wording_history.html", context)


@router.post("/history/{version}/take-back")
async def take_back(
    version: Version, request: Request, form: Form, caller: Administrator, commands: Commands, audit: AuditTrail
) -> Response:
    """A refusal is shown on a page of its own, and the reason has to be typed again."""
    sent = _why(form)
    if sent is None:
        raise Problem(422, "invalid", "Say why, in a few words.", "اذكر السبب في بضع كلمات.")
    with as_problems():
        await commands.take_back(version, caller, sent.why, key_of(request, form, caller), audit)
    return to("?did=take-back")


@router.get("/template")
async def a_template(caller: Administrator, name: TemplateNamed) -> Response:
    """Open a new or an existing template by the name typed on the page of the draft."""
    return to(f"/template/{name}")


class TemplatePage:
    """The page of one template; its routes show it again when they refuse a form."""

    def __init__(
        self, request: Request, caller: Administrator, commands: Commands, previews: Previews, audit: AuditTrail
    ) -> None:
        self.request = request
        self.caller = caller
        self.commands = commands
        self.previews = previews
        self.audit = audit

    async def render(
        self,
        name: str,
        status: int = 200,
        submission: str = "",
        typed: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Response:
        with as_problems():
            draft = await read_draft(self.commands)
        texts = draft.wording.templates.get(name, {})
        values = {f"{lang}-{part}": getattr(text, part) or "" for lang, text in texts.items() for part in PARTS}
        previews, problem = await self._previews(name, texts, submission)
        defaults: dict[str, Any] = {"errors": Fields(), "refusal": "", "done": ""}
        context = {
            "draft": draft,
            "name": name,
            "values": Fields(typed or values),
            "previews": previews,
            "preview_problem": problem,
            "lengths": _lengths(self.commands, self.previews, texts),
            "link_length": len(self.previews.renderer.longest_link),
            "wrong": [fault for fault in draft.faults if fault.where.split(" ")[0] == name],
            "placeholders": ", ".join(sorted(PLACEHOLDERS)),
            "placeholders_of_sms": ", ".join(sorted(OF_SMS)),
            "submission": submission,
            "asked": urlencode({"submission": submission}) if submission else "",
            **defaults,
            **more,
        }
        return page(self.request, "wording_template.html", context, status)

    async def _previews(self, name: str, texts: Texts, submission: str) -> tuple[dict[str, Preview], str]:
        """The previews by language, and the reason why one is missing."""
        previews: dict[str, Preview] = {}
        problem = ""
        for lang in texts:
            try:
                with as_problems():
                    previews[lang] = await self.previews.preview(name, lang, self.caller, self.audit, submission)
            except Problem as refused:
                problem = text_of(self.request, refused)
        return previews, problem


ThePage = Annotated[TemplatePage, Depends(TemplatePage)]


@router.get("/template/{name}")
async def template(name: TemplateName, template_page: ThePage, did: Did = "", submission: Named = "") -> Response:
    return await template_page.render(name, submission=submission, done=DONE.get(did, ""))


@router.post("/template/{name}")
async def save_template(
    name: TemplateName, request: Request, form: Form, caller: Administrator, template_page: ThePage
) -> Response:
    """Save both languages together. A faulty template is kept in the draft as well: the check names its faults."""
    try:
        texts = {lang: _text(form, lang) for lang in LANGUAGES}
    except UnfitText as error:
        return await template_page.render(name, 422, errors=error.faults, typed=form)
    key = key_of(request, form, caller)
    command = template_page.commands.write_template(name, texts, caller, seen_by(form), key, cause_of_request())
    refusal = await refusal_of(request, command)
    if refusal:
        return await template_page.render(name, 409, refusal=refusal, typed=form)
    return to(f"/template/{name}?did=template")


@router.get("/template/{name}/mail")
async def mail(
    name: TemplateName,
    caller: Administrator,
    previews: Previews,
    audit: AuditTrail,
    language: Language = "ar",
    submission: Named = "",
) -> Response:
    """The mail as a mail program shows it."""
    with as_problems():
        preview = await previews.preview(name, language, caller, audit, submission)
    return HTMLResponse(preview.mail.html, headers={**PRIVATE, "Content-Security-Policy": MAIL_POLICY})


@router.post("/template/{name}/test")
async def try_out(
    name: TemplateName,
    request: Request,
    form: Form,
    caller: Administrator,
    previews: Previews,
    audit: AuditTrail,
    template_page: ThePage,
) -> Response:
    lang = "en" if form.get("language") == "en" else "ar"
    key = key_of(request, form, caller)
    refusal = await refusal_of(request, previews.send_test(name, lang, caller, None, key, audit))
    if refusal:
        return await template_page.render(name, 409, refusal=refusal)
    return to(f"/template/{name}?did=test")


@router.post("/discard")
async def discard(
    request: Request, form: Form, caller: Administrator, commands: Commands, previews: Previews
) -> Response:
    key = key_of(request, form, caller)
    refusal = await refusal_of(request, commands.discard(seen_by(form), key, cause_of_request()))
    return await _overview(request, commands, previews, 409, refusal=refusal) if refusal else to("?did=discard")


@router.post("/bring-up-to-date")
async def bring_up_to_date(
    request: Request, form: Form, caller: Administrator, commands: Commands, previews: Previews
) -> Response:
    key = key_of(request, form, caller)
    command = commands.bring_up_to_date(caller, seen_by(form), key, cause_of_request())
    refusal = await refusal_of(request, command)
    return await _overview(request, commands, previews, 409, refusal=refusal) if refusal else to("?did=update")


@router.post("/publish")
async def publish(
    request: Request, form: Form, caller: Administrator, commands: Commands, previews: Previews, audit: AuditTrail
) -> Response:
    sent = _why(form)
    if sent is None:
        return await _overview(request, commands, previews, 422, errors=Fields(BETTER), form=Fields(form))
    key = key_of(request, form, caller)
    command = commands.publish(caller, sent.why, seen_by(form), key, cause_of_request(), audit)
    refusal = await refusal_of(request, command)
    if refusal:
        return await _overview(request, commands, previews, 409, refusal=refusal, form=Fields(form))
    return to("?did=publish")


@router.get("/publish")
@router.get("/discard")
@router.get("/bring-up-to-date")
@router.get("/history/{version}/take-back")
@router.get("/template/{name}/test")
async def back(caller: Administrator) -> Response:
    """A form's address has no page of its own: a reload or a change of language leads back to the draft."""
    return to("")


async def _overview(
    request: Request, commands: WordingCommands, previews: TemplatePreviews, status: int = 200, **more: Any
) -> Response:
    with as_problems():
        draft = await read_draft(commands)
        newest = await commands.published()
    defaults: dict[str, Any] = {"errors": Fields(), "form": Fields(), "refusal": "", "done": ""}
    lengths = {name: _lengths(commands, previews, texts) for name, texts in draft.wording.templates.items()}
    context = {"draft": draft, "published": newest, "lengths": lengths, **defaults, **more}
    return page(request, "wording.html", context, status)


def _lengths(commands: WordingCommands, previews: TemplatePreviews, texts: Texts) -> Mapping[str, SmsLength]:
    """The length of the SMS by language, for each language that has a readable one."""
    link = previews.renderer.longest_link
    found = {lang: sms_lengths(text, commands.words[lang], link) for lang, text in texts.items()}
    return {lang: counted for lang, counted in found.items() if counted is not None}


class UnfitText(Exception):
    """`faults`: by the field of the form."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(", ".join(faults))
        self.faults = Fields(faults)


def _text(form: Mapping[str, str], lang: str) -> Text:
    values = {part: form.get(f"{lang}-{part}", "") for part in PARTS}
    try:
        return Text.model_validate({**values, "sms": values["sms"] or None})
    except ValidationError as error:
        raise UnfitText({f"{lang}-{part}": text for part, text in faults(error).items()}) from error


def _why(form: Mapping[str, str]) -> WhySent | None:
    try:
        return WhySent(why=form.get("why", ""))
    except ValidationError:
        return None
