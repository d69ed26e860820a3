"""Assignments as the desk shows them: in the reader's language, with what is due and who did what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

from babel.support import Translations
from fastapi import Request
from shared.reference.working_time import utc_now
from shared.web.catalogues import N_
from shared.web.formats import Formats
from shared.web.language import language_of
from shared.web.pages import PRIVATE, Pages
from starlette.responses import Response

from router.access.policy import Office
from router.cases.life import TO_DO, State
from router.cases.model import Assignment, Entry
from router.directory.snapshot import Directory
from router.http.dependencies import in_use
from router.http.names import Names
from router.http.words import CLOSED_BECAUSE, CODES, FACTS, OTHER, PRIORITIES, STATES

BY_AUTHOR, BY_NOBODY = "citizen", ("router", "intake", "sla-monitor")
EXCERPT = 220


@dataclass(frozen=True)
class Reader:
    """The reader of a page: language, directory, time and what they may do."""

    lang: str
    now: datetime
    names: Names
    formats: Formats
    words: Translations
    directory: Directory | None

    @classmethod
    def of(cls, request: Request) -> "Reader":
        pages: Pages = request.app.state.pages
        lang, directory = language_of(request), in_use(request)
        return cls(lang, utc_now(), Names(directory, lang), pages.formats(lang), pages.messages(lang), directory)

    @property
    def tonight(self) -> datetime:
        """When the day ends where the reader is."""
        tomorrow = self.now.astimezone(self.formats.zone).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time(), self.formats.zone)

    @property
    def today(self) -> date:
        return self.now.astimezone(self.formats.zone).date()

    @property
    def office(self) -> Office:
        return Office(self.directory, self.today)

    @property
    def first_of_month(self) -> datetime:
        today = self.now.astimezone(self.formats.zone).date()
        return datetime.combine(today.replace(day=1), time(), self.formats.zone)


@dataclass(frozen=True)
class DueShown:
    """`standing`: paused while the author is asked; over where nobody works on it any more; unknown while the SLA
    monitor cannot compute it, and then `at` is since when."""

    standing: Literal["late", "at_risk", "running", "paused", "over", "unknown"]
    at: datetime
    left: str | None


@dataclass(frozen=True)
class Line:
    """One assignment in a list."""

    reference: str
    kind: str
    priority: str
    state: tuple[str, str]
    category: str
    entity: str
    excerpt: str
    in_charge: str
    received_at: datetime
    due: DueShown | None


@dataclass(frozen=True)
class OfficialFileShown:
    """`is_showable`: an answer may show it; `is_told`: one has."""

    id: str
    url: str
    name: str
    thumbnail: str | None
    media_type: str
    size: int
    by: str
    at: datetime
    is_showable: bool
    is_told: bool


@dataclass(frozen=True)
class HistoryLine:
    """One thing that happened."""

    title: str
    at: datetime
    icon: str
    tone: str
    text: str | None
    by: str | None
    note: str | None
    files: Sequence[OfficialFileShown] = ()


@dataclass(frozen=True)
class CustodyPeriod:
    """The time for which one entity had it."""

    entity: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True)
class FileShown:
    address: str
    thumbnail: str | None
    media_type: str
    size: int


@dataclass(frozen=True)
class SuggestionShown:
    """`category_id` is empty where it cannot be chosen: it is not for this system, or gone."""

    category: str
    category_id: str
    entity: str
    likely: int
    words: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """A submission as its officials see it, whole. `answers` are those to what its category asks."""

    line: Line
    assignment: Assignment
    reason: str
    decided_by: str | None
    suggestions: list[SuggestionShown]
    parts: list[CustodyPeriod]
    answers: list[tuple[str, str]]
    files: list[FileShown]
    proposed_by: str
    official_files: Sequence[OfficialFileShown]
    entries: list[HistoryLine]


def line(assignment: Assignment, reader: Reader) -> Line:
    submission = assignment.submission
    assert submission is not None
    return Line(
        reference=submission.reference,
        kind=submission.kind,
        priority=assignment.priority,
        state=STATES[assignment.state],
        category=reader.names.category(assignment.category),
        entity=reader.names.entity(assignment.entity),
        excerpt=_excerpt(submission.text),
        in_charge=named(assignment.charge.official, reader) if assignment.charge else "",
        received_at=submission.received_at,
        due=due_shown(assignment, reader),
    )


def due_shown(assignment: Assignment, reader: Reader) -> DueShown | None:
    due = assignment.due
    if due is None:
        since = assignment.due_unknown_since
        return DueShown("unknown", since, None) if since is not None and assignment.state in TO_DO else None
    if assignment.state not in (*TO_DO, State.APPEALED):
        return DueShown("over", due.at, None)
    if assignment.state is State.AWAITING_CITIZEN and not assignment.withholds_question:
        return DueShown("paused", due.at, None)
    if due.at <= reader.now:
        return DueShown("late", due.at, None)
    left = reader.formats.left(due.windows, due.at, reader.now)
    return DueShown("at_risk" if due.at_risk else "running", due.at, left)


def case(assignment: Assignment, reader: Reader, official_files: Sequence[OfficialFileShown] = ()) -> Case:
    decided = assignment.decided
    return Case(
        line=line(assignment, reader),
        assignment=assignment,
        reason=reader.names.reason(assignment),
        decided_by=_decider(assignment, reader) if decided and decided.by == "person" else None,
        suggestions=_suggestions(assignment, reader),
        parts=[
            CustodyPeriod(reader.names.entity(part.entity), part.since, part.until) for part in assignment.custodians
        ],
        answers=_answers(assignment, reader),
        files=_files(assignment),
        proposed_by=named(assignment.proposed.official, reader) if assignment.proposed else "",
        official_files=official_files,
        entries=[history_line(entry, reader, official_files) for entry in reversed(assignment.history)],
    )


def named(official: str, reader: Reader) -> str:
    return reader.names.official(official) or official


def _suggestions(assignment: Assignment, reader: Reader) -> list[SuggestionShown]:
    """While nobody has placed it. `likely` is of a hundred."""
    if assignment.suggested is None or assignment.state is not State.IN_TRIAGE:
        return []
    return [
        SuggestionShown(
            category=reader.names.category(item.category),
            category_id=item.category if reader.names.can_be_chosen(item.category) else "",
            entity=reader.names.entity(item.entity),
            likely=round(item.probability * 100),
            words=item.words,
        )
        for item in assignment.suggested.items
    ]


def _answers(assignment: Assignment, reader: Reader) -> list[tuple[str, str]]:
    given = assignment.submission.answers if assignment.submission else None
    return [reader.names.answer(assignment.category, code, answer) for code, answer in (given or {}).items()]


def _files(assignment: Assignment) -> list[FileShown]:
    """At intake, which asks by itself who may see them."""
    assert assignment.submission is not None
    reference = assignment.parent.reference if assignment.parent else assignment.submission.reference
    at = f"/api/intake/v1/submissions/{reference}/attachments"
    return [
        FileShown(
            address=f"{at}/{file.id}",
            thumbnail=f"{at}/{file.id}/thumbnail" if file.media_type.startswith("image/") else None,
            media_type=file.media_type,
            size=file.size,
        )
        for file in assignment.files
    ]


def history_line(entry: Entry, reader: Reader, official_files: Sequence[OfficialFileShown] = ()) -> HistoryLine:
    fact = FACTS.get(entry.what, OTHER)
    title = reader.words.ugettext(fact.title)
    if entry.entity:
        title = title % {"entity": f"\u2068{reader.names.entity(entry.entity)}\u2069"}
    text = _said(entry, reader)
    by = None if entry.who in (BY_AUTHOR, *BY_NOBODY) else reader.names.official(entry.who) or entry.who
    note = _note(entry, reader)
    files = [file for file in official_files if file.id in entry.files]
    return HistoryLine(title, entry.at, fact.icon, fact.tone, text, by, note or (by if text is None else None), files)


def _note(entry: Entry, reader: Reader) -> str | None:
    """Return the note beside an entry: its reason code, category, sub-case, mentioned officials or day."""
    words = reader.words.ugettext
    if entry.mentions:
        named = [f"\u2068{reader.names.official(each) or each}\u2069" for each in entry.mentions]
        if entry.what in ("OfficialPutInCharge", "ConfidentialityChanged", "SubCaseConfided"):
            return reader.names.listed(named)
        return str(words(N_("Mentioned: %(names)s"))) % {"names": reader.names.listed(named)}
    if entry.until is not None:
        return str(words(N_("Expected by %(day)s"))) % {"day": reader.formats.short_date(entry.until)}
    if entry.what == "SubmissionRecategorised":
        return reader.names.category(entry.code)
    if entry.what == "PriorityChanged" and entry.code in PRIORITIES:
        return str(words(PRIORITIES[entry.code]))
    if entry.what.startswith("SubCase") and entry.code:
        return str(words(N_("Part %(num)s"))) % {"num": entry.code}
    return str(words(CODES[entry.code])) if entry.code in CODES else entry.code


def _said(entry: Entry, reader: Reader) -> str | None:
    """A code of intake is said in words; the SLA monitor's is in the title already."""
    if entry.what == "SubmissionClosed" and entry.why in CLOSED_BECAUSE:
        return str(reader.words.ugettext(CLOSED_BECAUSE[entry.why]))
    return None if entry.what == "DeadlineResumed" else entry.why


def _decider(assignment: Assignment, reader: Reader) -> str | None:
    """The official who gave it to the entity that has it: also to the central office, to be placed."""
    given = [entry.who for entry in assignment.history if entry.what in ("SubmissionAssigned", "TriageRequested")]
    return reader.names.official(given[-1]) or given[-1] if given else None


def _excerpt(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= EXCERPT else flat[:EXCERPT].rsplit(" ", 1)[0] + " …"


def desk_page(request: Request, reader: Reader, template: str, status: int = 200, /, **more: Any) -> Response:
    """Render a template with what every page of the desk needs, and `more`."""
    pages: Pages = request.app.state.pages
    return pages.render(request, template, {"names": reader.names, "now": reader.now, **more}, status, PRIVATE)
