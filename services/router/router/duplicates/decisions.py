"""Several submissions of one matter: merged into one that is worked on, undone, answered together, or only linked.

Each keeps its own reference number and its own author. While it is merged it waits for the other one's answer, and its
author hears of interim replies to that; an official may undo it, and then it is what it was before.
"""

from datetime import datetime
from typing import Any

from shared.events.assignments import (
    InterimReplyGiven,
    SubmissionAnswered,
    SubmissionDeclined,
    SubmissionMerged,
    SubmissionUnmerged,
    SuggestionDecided,
)
from shared.events.envelope import OutgoingEvent
from shared.events.model import Kind
from shared.storage.aggregates import Decision, Pair

from router.cases.life import WORKED_ON, Move, State, target
from router.cases.model import ROUTER, Assignment, Entry, Merged, NotPossible, Refusal
from router.metrics import DUPLICATES

MOST_DUPLICATES, MOST_RELATED = 500, 50


class NotToBeMerged(Refusal):
    """`why`: itself, ended (the other one), leads (it has duplicates itself), kinds, full."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def merge(
    id: str, before: Assignment, parent_id: str, parent: Assignment, reason: str, official: str, now: datetime
) -> Pair[Assignment]:
    """It waits for the answer of `parent`, which is worked on for both. Raises NotToBeMerged and NotPossible."""
    _check(id, before, parent_id, parent)
    assert before.submission is not None
    assert parent.submission is not None
    merged = Merged(
        parent=parent_id,
        reference=parent.submission.reference,
        at=now,
        by=official,
        state=before.state,
        question=before.question,
        proposed=before.proposed,
        unstaffed=before.unstaffed,
    )
    after = before.moved(Move.MERGE, "SubmissionMerged", official, now, reason, code=parent.submission.reference)
    DUPLICATES.labels("merged").inc()
    event = SubmissionMerged(
        submission_id=id, from_state=before.state, to_state=after.state, parent=parent_id, official=official
    )
    leading = _noted(parent, "DuplicateMerged", official, now, reason, before.submission.reference)
    return (
        Decision(after.changed(merged=merged), [OutgoingEvent(event)]),
        Decision(leading.changed(duplicates=(*(parent.duplicates or ()), id))),
    )


def _check(id: str, before: Assignment, parent_id: str, parent: Assignment) -> None:
    if id == parent_id:
        raise NotToBeMerged("itself")
    if parent.state not in WORKED_ON:
        raise NotToBeMerged("ended")
    if before.duplicates:
        raise NotToBeMerged("leads")
    if len(parent.duplicates or ()) >= MOST_DUPLICATES:
        raise NotToBeMerged("full")
    kinds = {each.submission.kind for each in (before, parent) if each.submission}
    if Kind.SUGGESTION in kinds and len(kinds) > 1:
        raise NotToBeMerged("kinds")


def unmerge(
    id: str, before: Assignment, parent: Assignment | None, reason: str, official: str, now: datetime
) -> Pair[Assignment]:
    """As it was before: state, question and custodian. Raises NotPossible."""
    merged = before.merged
    if before.state is not State.MERGED or merged is None:
        raise NotPossible(before.state, Move.UNMERGE)
    after = _restored(before, merged, reason, official, now)
    DUPLICATES.labels("undone").inc()
    event = SubmissionUnmerged(
        submission_id=id, from_state=before.state, to_state=after.state, parent=merged.parent, official=official
    )
    if parent is None:
        return Decision(after, [OutgoingEvent(event)]), None
    reference = before.submission.reference if before.submission else None
    leading = _noted(without(parent, id), "DuplicateUnmerged", official, now, reason, reference)
    return Decision(after, [OutgoingEvent(event)]), Decision(leading)


def _restored(before: Assignment, merged: Merged, reason: str | None, who: str, now: datetime) -> Assignment:
    entry = Entry(
        at=now,
        what="SubmissionUnmerged",
        who=who,
        from_state=before.state,
        to_state=merged.state,
        why=reason,
        code=merged.reference,
    )
    left = {name: getattr(merged, name) for name in ("state", "question", "proposed", "unstaffed")}
    return before.changed(**left, merged=None, history=(*before.history, entry))


def without(parent: Assignment, *ids: str) -> Assignment:
    left = tuple(each for each in parent.duplicates or () if each not in ids)
    return parent.changed(duplicates=left or None)


def bring_along(id: str, before: Assignment, parent_id: str, parent: Assignment, now: datetime) -> Decision[Assignment]:
    """What became of `parent`, which has ended, becomes of it. Where there is no answer for it (the other author took
    theirs back, or was erased), it is work of its own again."""
    merged = before.merged
    if before.state is not State.MERGED or merged is None or merged.parent != parent_id:
        return Decision(before)
    end = next((entry for entry in reversed(parent.history) if _kind_of(entry) in _TOGETHER), None)
    if parent.state is State.WITHDRAWN or end is None or not end.why:
        after = _restored(before, merged, None, ROUTER, now)
        DUPLICATES.labels("alone").inc()
        unmerged = SubmissionUnmerged(
            submission_id=id, from_state=before.state, to_state=after.state, parent=parent_id, official=ROUTER
        )
        return Decision(after, [OutgoingEvent(unmerged)])
    move, event = _TOGETHER[_kind_of(end)]
    DUPLICATES.labels("together").inc()
    after = before.moved(move, end.what, end.who, now, end.why, code=end.code).changed(merged=None)
    if parent.entity is not None and parent.entity != before.entity:
        after = after.given_to(parent.entity, now).changed(unstaffed=None)
    facts: dict[str, Any] = {
        "submission_id": id,
        "from_state": before.state,
        "to_state": after.state,
        "entity": parent.entity,
        "official": end.who,
        "text": end.why,
        "decision" if event is SuggestionDecided else "reason_code": end.code,
    }
    return Decision(after, [OutgoingEvent(event.model_validate(facts))])


def keep_told(
    id: str, before: Assignment, parent_id: str, parent: Assignment, now: datetime
) -> Decision[Assignment] | None:
    """Its own author hears of the interim replies to `parent` since it was merged, each once; None where there is no
    other. Counted from the merging on in both histories: clocks differ."""
    merged = before.merged
    if before.state is not State.MERGED or merged is None or merged.parent != parent_id or before.erased:
        return None
    given = _interim_replies(parent, "DuplicateMerged", before.submission.reference if before.submission else None)
    told = _interim_replies(before, "SubmissionMerged", merged.reference)
    after, events = before, list[OutgoingEvent]()
    for reply in given[len(told) :]:
        after = after.noted(reply.what, reply.who, now, reply.why, until=reply.until)
        after = after.changed(expected_at=reply.until)
        who = next((each.entity for each in reversed(parent.custodians) if each.since <= reply.at), parent.entity)
        said = {"entity": who, "official": reply.who, "text": reply.why, "expected_at": reply.until}
        states = {"submission_id": id, "from_state": before.state, "to_state": before.state}
        events.append(OutgoingEvent(InterimReplyGiven.model_validate(states | said)))
    return Decision(after, events) if events else None


def _interim_replies(case: Assignment, since: str, reference: str | None) -> list[Entry]:
    places = (place for place, each in enumerate(case.history) if (each.what, each.code) == (since, reference))
    begin = max(places, default=len(case.history))
    given = (entry for entry in case.history[begin:] if entry.what == "InterimReplyGiven")
    return [entry for entry in given if entry.why and entry.until is not None]


def _kind_of(entry: Entry) -> tuple[str, str | None]:
    """Return the kind of an entry, with the verdict of a suggestion."""
    return entry.what, entry.code if entry.what == "SuggestionDecided" else None


_TOGETHER: dict[
    tuple[str, str | None], tuple[Move, type[SubmissionAnswered | SubmissionDeclined | SuggestionDecided]]
] = {
    ("SubmissionAnswered", None): (Move.ANSWER_TOGETHER, SubmissionAnswered),
    ("SubmissionDeclined", None): (Move.DECLINE_TOGETHER, SubmissionDeclined),
    ("SuggestionDecided", "accepted"): (Move.ACCEPT_TOGETHER, SuggestionDecided),
    ("SuggestionDecided", "rejected"): (Move.REJECT_TOGETHER, SuggestionDecided),
}
"""By what happened to the one that was worked on."""


def link(
    id: str, before: Assignment, other_id: str, other: Assignment, official: str, now: datetime
) -> Pair[Assignment]:
    """Each shows the other; nothing else changes. Raises NotToBeMerged."""
    if id == other_id:
        raise NotToBeMerged("itself")
    if target(before.state, Move.LINK) is None:
        raise NotPossible(before.state, Move.LINK)
    if max(len(before.related), len(other.related)) >= MOST_RELATED:
        raise NotToBeMerged("full")
    return _linked(before, other_id, other, official, now), _linked(other, id, before, official, now)


def _linked(one: Assignment, id: str, other: Assignment, official: str, now: datetime) -> Decision[Assignment]:
    if id in one.related:
        return Decision(one)
    reference = other.submission.reference if other.submission else None
    return Decision(_noted(one, "LinkMade", official, now, None, reference).changed(related=(*one.related, id)))


def unlink(
    id: str, before: Assignment, other_id: str, other: Assignment, official: str, now: datetime
) -> Pair[Assignment]:
    return _unlinked(before, other_id, other, official, now), _unlinked(other, id, before, official, now)


def _unlinked(one: Assignment, id: str, other: Assignment, official: str, now: datetime) -> Decision[Assignment]:
    if id not in one.related:
        return Decision(one)
    reference = other.submission.reference if other.submission else None
    left = tuple(each for each in one.related if each != id)
    return Decision(_noted(one, "LinkTaken", official, now, None, reference).changed(related=left))


def _noted(before: Assignment, what: str, who: str, at: datetime, why: str | None, reference: str | None) -> Assignment:
    entry = Entry(at=at, what=what, who=who, from_state=before.state, to_state=before.state, why=why, code=reference)
    return before.changed(history=(*before.history, entry))
