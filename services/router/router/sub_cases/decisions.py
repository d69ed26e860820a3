"""Parts of a submission that other entities do: each an assignment of its own, under its own id, with a parent.

Its officials are asked by officials and answer them; the author is told which entities take part. Raises NotPossible
where the table of lives says no.
"""

from dataclasses import replace
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from shared.events.assignments import (
    ConfidentialityChanged,
    PriorityChanged,
    SubCaseClosed,
    SubCaseConfided,
    SubCaseInformed,
    SubCaseMoved,
    SubCaseOpened,
    SubCaseReceived,
    SubCaseTakenBack,
)
from shared.events.envelope import OutgoingEvent
from shared.storage.aggregates import Decision, Pair

from router.assigning.commands import assigned
from router.cases.erased import without_words
from router.cases.life import OPEN, Move, State
from router.cases.model import ROUTER, Assignment, Decided, NotPossible, Parent
from router.casework.decisions import facts

MOST_SUB_CASES = 20


def id_of(parent: str, number: int) -> str:
    """The same however often it is asked for."""
    return str(uuid5(NAMESPACE_URL, f"tawasul:{parent}:sub-case:{number}"))


def reference_of(parent: str, number: int) -> str:
    """The reference number that a part has, by its parent's."""
    return f"{parent}-{number}"


def open_sub_case(
    id: str, before: Assignment, entity: str, question: str, official: str, version: int, now: datetime
) -> Pair[Assignment]:
    """The parent, which notes it, and the part, which its entity has at once. No clock but its own is touched."""
    assert before.submission is not None
    number = before.sub_cases + 1
    after = before.moved(
        Move.OPEN_SUB_CASE, "SubCaseOpened", official, now, question, entity, code=str(number)
    ).changed(sub_cases=number, open_sub_cases=(*(before.open_sub_cases or ()), number))
    told = facts(id, before, after, official) | {"entity": entity}
    opened = SubCaseOpened(**told, sub_case=str(number), text=question)
    return Decision(after, [OutgoingEvent(opened)]), _received(
        id, before, number, entity, question, official, version, now
    )


def _received(
    id: str,
    parent: Assignment,
    number: int,
    entity: str,
    question: str,
    official: str,
    version: int,
    now: datetime,
) -> Decision[Assignment]:
    assert parent.submission is not None
    reference = parent.submission.reference
    submission = parent.submission.model_copy(
        update={"reference": reference_of(reference, number), "received_at": now, "category": parent.category}
    )
    of = Parent(
        id=id,
        reference=reference,
        number=number,
        entity=str(parent.entity),
        official=official,
        question=question,
    )
    begun = Assignment(
        submission=submission,
        category=parent.category,
        priority=parent.priority,
        understood=parent.understood,
        area=parent.area,
        found_by=parent.signs,
        named=parent.named,
        files=parent.files,
        list_at=now,
        parent=of,
        heard=parent.added_by_its_author(),
    )
    after = (
        begun.moved(Move.ASSIGN, "SubmissionAssigned", official, now, question, entity)
        .given_to(entity, now)
        .changed(decided=Decided(by="person", reason=question, directory_version=version))
    )
    own = id_of(id, number)
    received = SubCaseReceived(
        submission_id=own,
        to_state=State.ASSIGNED,
        parent=id,
        sub_case=str(number),
        reference=submission.reference,
        entity=entity,
        kind=submission.kind,
        language=submission.language,
        category=parent.category,
        priority=parent.priority,
        official=official,
    )
    # Before anybody is told of it.
    confided = ConfidentialityChanged(**facts(own, after, after, official), officials=parent.named or ())
    return Decision(
        after,
        [
            OutgoingEvent(received),
            *([OutgoingEvent(confided)] if parent.named is not None else []),
            assigned(own, State.EXPECTED, after, now, official),
        ],
    )


def closed(
    parent: Assignment | None, part: Assignment, answer: str, official: str, now: datetime
) -> Decision[Assignment] | None:
    """Note in the parent case that a sub-case was answered."""
    if parent is None or part.parent is None:
        return None
    noted = parent.noted("SubCaseClosed", official, now, answer, entity=part.entity, code=str(part.parent.number))
    return _ended(noted, part, "answered", answer, official)


def moved_on(
    parent: Assignment, part: Assignment, after: Assignment, reason: str, official: str, now: datetime
) -> Decision[Assignment]:
    """What its parent notes of a part that another entity is to do from now on, or the central office to place. It
    waits for it, also where a version that let no part be placed took that for its end."""
    assert part.parent is not None
    number = str(part.parent.number)
    waits_for = tuple(sorted({*(parent.open_sub_cases or ()), part.parent.number}))
    noted = parent.noted("SubCaseMoved", official, now, reason, entity=after.entity, code=number)
    noted = noted.changed(open_sub_cases=waits_for)
    if parent.state not in (*OPEN, State.MERGED):
        noted = noted.changed(tells_sub_cases=True)
    event = SubCaseMoved(
        submission_id=part.parent.id,
        from_state=parent.state,
        to_state=parent.state,
        sub_case=number,
        from_entity=str(part.entity),
        entity=str(after.entity),
        text=reason,
        official=official,
        officials=(part.parent.official,) if part.parent.official != official else (),
    )
    return Decision(noted, [OutgoingEvent(event)])


def confide(
    id: str,
    before: Assignment,
    parent: Assignment | None,
    officials: tuple[str, ...],
    reason: str,
    official: str,
    now: datetime,
) -> Pair[Assignment]:
    """To these of the entity that does it, beside those who read its parent; nobody named: to the entity's head alone.
    The parent notes whom."""
    if before.parent is None or parent is None or parent.named is None:
        raise NotPossible(before.state, Move.CONFIDE)
    here = officials or None
    named = _named_by(parent, here)
    after = before.moved(Move.CONFIDE, "ConfidentialityChanged", official, now, reason, mentions=here or ()).changed(
        named=named, named_here=here
    )
    event = ConfidentialityChanged(**facts(id, before, after, official), officials=named or ())
    number = str(before.parent.number)
    noted = parent.noted("SubCaseConfided", official, now, entity=before.entity, code=number, mentions=here or ())
    told = facts(before.parent.id, parent, noted, official) | {"entity": before.entity}
    confided = SubCaseConfided(**told, sub_case=number, officials=here or ())
    return Decision(after, [OutgoingEvent(event)]), Decision(noted, [OutgoingEvent(confided)])


def _named_by(parent: Assignment, here: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Return who reads a sub-case for which the officials `here` were named."""
    return None if parent.named is None else tuple(dict.fromkeys([*parent.named, *(here or ())]))


def handed_over(id: str, moving: Decision[Assignment], parent: Assignment, official: str) -> Decision[Assignment]:
    """A part that moves on, without those whom the entity before had named."""
    if moving.state.named_here is None:
        return moving
    after = moving.state.changed(named=parent.named, named_here=None)
    event = ConfidentialityChanged(**facts(id, moving.state, after, official), officials=parent.named or ())
    return replace(moving, state=after, events=[*moving.events, OutgoingEvent(event)])


def take_back(
    id: str, before: Assignment, part: Assignment | None, reason: str, official: str, now: datetime
) -> Pair[Assignment]:
    """Nobody waits for this part any more."""
    if part is None or part.parent is None or part.parent.number not in (before.open_sub_cases or ()):
        raise NotPossible(before.state, Move.TAKE_BACK)
    number = part.parent.number
    noted = before.moved(Move.TAKE_BACK, "SubCaseTakenBack", official, now, reason, part.entity, code=str(number))
    return (
        _ended(noted, part, "taken_back", reason, official),
        _taken_back(id_of(id, number), part, reason, official, now),
    )


def follow(id: str, part: Assignment, parent: Assignment, now: datetime) -> Decision[Assignment] | None:
    """Bring a sub-case up to date with its parent; None where there is nothing to do."""
    if part.parent is None:
        return None
    after, events = part, list[OutgoingEvent]()
    for step in (_confided_with, _prioritised_with, _ended_with, _informed_with):
        if (done := step(id, after, parent, now)) is not None:
            after = done.state
            events += done.events
    if forgets := parent.erased and not part.erased:
        after = without_words(after)
    return Decision(after, events, forgets=forgets) if after is not part else None


def _confided_with(id: str, part: Assignment, parent: Assignment, now: datetime) -> Decision[Assignment] | None:
    """Also one that has ended: it holds what its parent says. Whom its entity named reads it while that is needed."""
    here = part.named_here if parent.named is not None else None
    named = _named_by(parent, here)
    if part.named == named:
        return None
    after = part.noted("ConfidentialityChanged", ROUTER, now, mentions=named or ())
    event = ConfidentialityChanged(**facts(id, part, after, ROUTER), officials=named or ())
    return Decision(after.changed(named=named, named_here=here), [OutgoingEvent(event)])


def _prioritised_with(id: str, part: Assignment, parent: Assignment, now: datetime) -> Decision[Assignment] | None:
    """Also while it waits to be placed, where no official could change it."""
    if part.state not in OPEN or parent.state not in OPEN or part.priority is parent.priority:
        return None
    after = part.noted("PriorityChanged", ROUTER, now, code=parent.priority.value).changed(priority=parent.priority)
    event = PriorityChanged(**facts(id, part, after, ROUTER), from_priority=part.priority, priority=parent.priority)
    return Decision(after, [OutgoingEvent(event)])


def _ended_with(id: str, part: Assignment, parent: Assignment, now: datetime) -> Decision[Assignment] | None:
    """A parent that is merged goes on with another one, and so do its parts."""
    if part.state not in OPEN or parent.state in (*OPEN, State.MERGED):
        return None
    return _taken_back(id, part, None, ROUTER, now)


def _informed_with(id: str, part: Assignment, parent: Assignment, now: datetime) -> Decision[Assignment] | None:
    """Once, however much its author added since it was looked at; what was added before the part was opened stands
    there."""
    assert part.parent is not None
    assert part.submission is not None
    added = parent.added_by_its_author()
    heard = part.heard
    if heard is None:
        heard = added - parent.added_by_its_author(since=part.submission.received_at)
    if part.state not in OPEN or parent.erased or added <= heard:
        return None
    event = SubCaseInformed(
        submission_id=id,
        from_state=part.state,
        to_state=part.state,
        parent=part.parent.id,
        entity=str(part.entity),
    )
    return Decision(part.changed(heard=added), [OutgoingEvent(event)])


def followed(parent: Assignment, ended: frozenset[int]) -> Assignment:
    """The parent, once its parts have followed it."""
    left = tuple(number for number in parent.open_sub_cases or () if number not in ended)
    return parent.changed(tells_sub_cases=None, open_sub_cases=left or None)


def _ended(parent: Assignment, part: Assignment, outcome: str, text: str, official: str) -> Decision[Assignment]:
    assert part.parent is not None
    number = part.parent.number
    left = tuple(each for each in parent.open_sub_cases or () if each != number)
    event = SubCaseClosed.model_validate(
        {
            "submission_id": part.parent.id,
            "from_state": parent.state,
            "to_state": parent.state,
            "sub_case": str(number),
            "entity": part.entity,
            "text": text,
            "official": official,
            "outcome": outcome,
            "officials": (part.parent.official,) if outcome == "answered" else (),
        }
    )
    return Decision(parent.changed(open_sub_cases=left or None), [OutgoingEvent(event)])


def _taken_back(id: str, part: Assignment, reason: str | None, official: str, now: datetime) -> Decision[Assignment]:
    assert part.parent is not None
    after = part.moved(Move.WITHDRAW, "SubCaseTakenBack", official, now, reason)
    event = SubCaseTakenBack(
        submission_id=id,
        from_state=part.state,
        to_state=after.state,
        parent=part.parent.id,
        entity=str(part.entity),
        official=official,
    )
    return Decision(after, [OutgoingEvent(event)])
