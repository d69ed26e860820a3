"""Parts of a submission that other entities do: each an assignment of its own, under its own id, with a parent.

Its officials are asked by officials and answer them; the author is told which entities take part. Raises NotPossible
where the table of lives says no.
"""

from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from shared.aggregates import Decision, Pair
from shared.events.assignments import (
    ConfidentialityChanged,
    PriorityChanged,
    SubCaseClosed,
    SubCaseMoved,
    SubCaseOpened,
    SubCaseReceived,
    SubCaseTakenBack,
)
from shared.events.envelope import Draft

from router.domain.assignment import Assignment, Decided, NotPossible, Parent
from router.domain.erased import without_words
from router.domain.life import OPEN, Move, State
from router.use_cases.assign import ROUTER, assigned
from router.use_cases.work import facts

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
    return Decision(after, [Draft(opened)]), _received(id, before, number, entity, question, official, version, now)


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
            Draft(received),
            *([Draft(confided)] if parent.named is not None else []),
            assigned(own, State.EXPECTED, after, now, official),
        ],
    )


def closed(
    parent: Assignment | None, part: Assignment, answer: str, official: str, now: datetime
) -> Decision[Assignment] | None:
    """What its parent notes of a part that was answered."""
    if parent is None or part.parent is None:
        return None
    noted = parent.noted("SubCaseClosed", official, now, answer, entity=part.entity, code=str(part.parent.number))
    return _ended(noted, part, "answered", answer, official)


def moved_on(
    parent: Assignment, part: Assignment, after: Assignment, reason: str, official: str, now: datetime
) -> Decision[Assignment]:
    """What its parent notes of a part that another entity is to do from now on, or the central office to place."""
    assert part.parent is not None
    number = str(part.parent.number)
    noted = parent.noted("SubCaseMoved", official, now, reason, entity=after.entity, code=number)
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
    return Decision(noted, [Draft(event)])


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
    """What became of the parent, as far as a part follows it; None where there is nothing to do."""
    if part.parent is None:
        return None
    after, events = part, list[Draft]()
    for step in (_confided_with, _prioritised_with, _ended_with):
        if (done := step(id, after, parent, now)) is not None:
            after = done.state
            events += done.events
    if forgets := parent.erased and not part.erased:
        after = without_words(after)
    return Decision(after, events, forgets=forgets) if after is not part else None


def _confided_with(id: str, part: Assignment, parent: Assignment, now: datetime) -> Decision[Assignment] | None:
    """Also one that has ended: it holds what its parent says."""
    if part.named == parent.named:
        return None
    after = part.noted("ConfidentialityChanged", ROUTER, now, mentions=parent.named or ()).changed(named=parent.named)
    event = ConfidentialityChanged(**facts(id, part, after, ROUTER), officials=parent.named or ())
    return Decision(after, [Draft(event)])


def _prioritised_with(id: str, part: Assignment, parent: Assignment, now: datetime) -> Decision[Assignment] | None:
    """Also while it waits to be placed, where no official could change it."""
    if part.state not in OPEN or parent.state not in OPEN or part.priority is parent.priority:
        return None
    after = part.noted("PriorityChanged", ROUTER, now, code=parent.priority.value).changed(priority=parent.priority)
    event = PriorityChanged(**facts(id, part, after, ROUTER), from_priority=part.priority, priority=parent.priority)
    return Decision(after, [Draft(event)])


def _ended_with(id: str, part: Assignment, parent: Assignment, now: datetime) -> Decision[Assignment] | None:
    """A parent that is merged goes on with another one, and so do its parts."""
    if part.state not in OPEN or parent.state in (*OPEN, State.MERGED):
        return None
    return _taken_back(id, part, None, ROUTER, now)


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
    return Decision(parent.changed(open_sub_cases=left or None), [Draft(event)])


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
    return Decision(after, [Draft(event)])
