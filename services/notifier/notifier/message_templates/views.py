"""Representations of the wording that the API and the pages accept and show."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from notifier.message_templates.commands import ROWS_AT_MOST, WordingCommands
from notifier.message_templates.model import Text, Wording, differences
from notifier.message_templates.store import Edit, PublicationSummary
from notifier.planning.table import Row, Silence
from notifier.rendering.preview import Preview

_TEXTS: dict[str, JsonValue] = {
    "ar": {
        "subject": "{{ reference }}: أُغلق طلبكم",
        "heading": "أُغلق طلبكم",
        "body": "أُغلق الطلب {{ reference }}. شكرًا لكم.",
        "action": "عرض الطلب",
        "note": "",
        "sms": None,
    },
    "en": {
        "subject": "{{ reference }}: your {{ kind }} is closed",
        "heading": "Your {{ kind }} is closed",
        "body": "Your {{ kind }} {{ reference }} is closed. Thank you.",
        "action": "See it",
        "note": "",
        "sms": None,
    },
}


class FaultShown(BaseModel):
    code: str
    where: str
    what: str


class WordingShown(BaseModel):
    """`version`: of the draft, for `If-Match`. `based_on`: the publication it was begun from; where that is not
    `newest` any more, it has to be brought up to date. `changed` names what differs from the newest:
    `template:<name>:<language>`, `event:<event>`."""

    version: int
    based_on: int
    newest: int
    wording: Wording
    changed: list[str]
    faults: list[FaultShown]
    edits: list[Edit]


class PublishedShown(BaseModel):
    version: int
    at: datetime
    by: str
    why: str
    changed: list[str]
    takes_back: int | None
    wording: Wording | None = None


class Versions(BaseModel):
    items: list[PublishedShown]
    next: int | None


class DraftVersion(BaseModel):
    version: int


class TableSent(BaseModel):
    """The whole table."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"rows": [{"event": "SubmissionReceived", "audience": "author", "template": "received"}], "nobody": []}
            ]
        },
    )

    rows: list[Row] = Field(max_length=ROWS_AT_MOST)
    nobody: list[str | Silence] = Field(max_length=ROWS_AT_MOST)


class TemplateSent(BaseModel):
    """Both languages together."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_TEXTS]})

    ar: Text
    en: Text


class WhySent(BaseModel):
    """It is kept in the history."""

    model_config = ConfigDict(
        extra="forbid", str_strip_whitespace=True, json_schema_extra={"examples": [{"why": "The ministry asked."}]}
    )

    why: str = Field(min_length=3, max_length=1_000)


class PublishedNow(BaseModel):
    version: int
    changed: list[str]


class PreviewShown(BaseModel):
    """`sms_alphabet`, `sms_units`, `sms_parts`: how an SMS of these facts is carried. `pushed`: what browsers show."""

    subject: str
    text: str
    html: str
    pushed: str
    sms: str | None
    sms_alphabet: str | None
    sms_units: int | None
    sms_parts: int | None


class TestSent(BaseModel):
    sent: bool


async def read_draft(commands: WordingCommands) -> WordingShown:
    """The draft and its faults; the published wording if no draft exists. Raises LookupError."""
    (version, draft), newest = await commands.current(), await commands.published()
    wording = draft.read() or newest.wording
    return WordingShown(
        version=version,
        based_on=draft.based_on or newest.version,
        newest=newest.version,
        wording=wording,
        changed=differences(newest.wording, wording),
        faults=[FaultShown(**vars(fault)) for fault in await commands.faults(wording)],
        edits=list(draft.edits),
    )


def summary_shown(publication: PublicationSummary) -> PublishedShown:
    return PublishedShown(
        version=publication.version,
        at=publication.at,
        by=publication.by,
        why=publication.why,
        takes_back=publication.takes_back,
        changed=list(publication.changed),
    )


def preview_shown(preview: Preview) -> PreviewShown:
    length = preview.sms_length
    return PreviewShown(
        subject=preview.mail.subject,
        text=preview.mail.text,
        pushed=preview.pushed,
        html=preview.mail.html,
        sms=preview.sms,
        sms_alphabet=length.alphabet if length else None,
        sms_units=length.units if length else None,
        sms_parts=length.parts if length else None,
    )
