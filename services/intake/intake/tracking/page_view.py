"""A submission for its tracking page: the JSON view, in the reader's language."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.reference.directory import Directory
from shared.web.catalogues import N_
from shared.web.pages import Pages

from intake.http.models import AttachmentShown, EntryShown, SubmissionShown
from intake.http.words import FACTS, REASON_WORDS, STATUSES
from intake.submissions.life import COMMANDS, Status
from intake.submissions.model import Submission
from intake.submissions.time_limits import Limits
from intake.tracking.json_view import submission_json

OTHER_ENTITY = N_("the responsible entity")


@dataclass(frozen=True)
class Entry:
    title: str
    at: datetime
    icon: str
    tone: str
    text: str | None
    by: str | None
    note: str | None
    files: Sequence[AttachmentShown] = ()


@dataclass(frozen=True)
class View:
    submission: Any
    status: tuple[str, str, str]
    entity: str | None
    taking_part: list[str]
    category: str | None
    stands_still: bool
    left: str | None
    is_late: bool
    may: frozenset[str]
    until: dict[str, datetime]
    answer: EntryShown | None
    answer_files: Sequence[AttachmentShown]
    entries: list[Entry]


def view(submission: Submission, directory: Directory, limits: Limits, pages: Pages, lang: str, now: datetime) -> View:
    said = submission_json(submission, directory)
    status = Status(submission.status)
    stands_still = status == Status.AWAITING_CITIZEN and submission.can_be_asked
    runs = submission.due_at is not None and status in COMMANDS["add_information"] and not stands_still
    answers = [entry for entry in said.timeline if entry.type in ("SubmissionAnswered", "SubmissionDeclined")]
    may = possible(submission, limits, now)
    return View(
        submission=said,
        status=STATUSES[status],
        entity=getattr(said.entity_name, lang, None) or said.entity,
        taking_part=[_entity(id, directory, lang) for id in said.taking_part],
        category=getattr(said.category_name, lang, None) or said.category,
        stands_still=stands_still,
        left=_left(submission, pages, lang, now) if runs else None,
        is_late=runs and submission.due_at is not None and submission.due_at <= now,
        may=may,
        until={command: at for command, at in ends(submission, limits).items() if command in may},
        answer=answers[-1] if answers else None,
        answer_files=_files(said, answers[-1]) if answers else (),
        entries=[
            replace(told, files=_files(said, entry))
            for entry in reversed(said.timeline)
            if (told := _told(entry, submission.channel, pages, lang))
        ],
    )


def _entity(id: str, directory: Directory, lang: str) -> str:
    known = directory.entities.get(id)
    return str(getattr(known.name, lang)) if known is not None else id


def _files(said: SubmissionShown, entry: EntryShown) -> list[AttachmentShown]:
    """Files that came with an entry: the author's, or the evidence of an answer."""
    named = entry.details.get("attachments", ())
    return [file for file in (*said.attachments, *said.evidence) if file.id in named]


def possible(submission: Submission, limits: Limits, now: datetime) -> frozenset[str]:
    """The commands that the citizen may use now."""
    if submission.erasure is not None:
        return frozenset()
    status = Status(submission.status)
    may = {command for command, moves in COMMANDS.items() if status in moves}
    answered = submission.answered_at
    if submission.reopenings >= limits.reopenings or answered is None or now - answered > limits.reopen_within:
        may -= {"reopen"}
    may_still = answered is not None and now - answered <= limits.appeal_within
    if submission.reopenings < limits.reopenings or submission.appealed_at is not None or not may_still:
        may -= {"appeal"}
    if submission.additions >= limits.additions:
        may -= {"add_information"}
    if len(submission.attachments) >= limits.attachments:
        may -= {"attach"}
    return frozenset(may)


def ends(submission: Submission, limits: Limits) -> dict[str, datetime]:
    """The end of the period for each command that has one. An unrated answer is closed at the end of its period."""
    answered = submission.answered_at
    found = {"rate": submission.close_at} if submission.close_at else {}
    if answered is not None:
        found |= {"reopen": answered + limits.reopen_within, "appeal": answered + limits.appeal_within}
    return found


def _left(submission: Submission, pages: Pages, lang: str, now: datetime) -> str | None:
    if submission.due_at is None:
        return None
    return pages.formats(lang).left(submission.windows, submission.due_at, now)


def _told(entry: EntryShown, channel: str, pages: Pages, lang: str) -> Entry | None:
    variant = entry.details.get("by") or entry.details.get("decision") or entry.details.get("outcome", channel)
    told = FACTS.get(f"{entry.type}:{variant}") or FACTS.get(entry.type)
    if told is None or entry.details.get("audience", "author") != "author":
        return None
    words = pages.messages(lang).ugettext
    entity = getattr(entry.entity_name, lang, None) or entry.entity or words(OTHER_ENTITY)
    return Entry(
        title=words(told.title) % {"entity": f"\u2068{entity}\u2069"},
        at=entry.at,
        icon=told.icon,
        tone=told.tone,
        text=entry.text,
        by=words(told.by) if told.by else None if told.is_own else entity,
        note=_note(entry, pages, lang),
    )


def _note(entry: EntryShown, pages: Pages, lang: str) -> str | None:
    """The one detail of an entry that people would ask about."""
    formats, words = pages.formats(lang), pages.messages(lang).ugettext
    due_at = entry.details.get("due_at")
    if entry.type in ("DeadlineSet", "DeadlineMoved", "DeadlineResumed") and isinstance(due_at, datetime):
        return words(N_("Due: %(when)s")) % {"when": formats.moment(due_at)}
    if entry.type == "AttachmentsAdded":
        count = len(entry.details.get("attachments", []))
        return str(pages.messages(lang).ungettext("%(num)s file", "%(num)s files", count)) % {
            "num": formats.number(count)
        }
    if entry.type == "SubmissionRated" and "score" in entry.details:
        score = words(N_("%(score)s of 5")) % {"score": entry.details["score"]}
        reasons = (words(REASON_WORDS[reason]) for reason in entry.details.get("reasons", ()))
        return " · ".join((score, *reasons))
    return None
