"""Try the draft's rules on submissions that came in before: count which would go elsewhere.

No submission is named: who administers the rules reads no cases.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from router.assigning.rules import Route
from router.cases.model import Assignment
from router.directory.snapshot import Directory


@dataclass(frozen=True)
class End:
    """Where a rule leads. With `triage` no rule was sure: the classifier decides then, or a person."""

    rule: str
    entity: str
    triage: bool

    @classmethod
    def of(cls, route: Route) -> "End":
        return cls(route.rule or "", route.entity, route.triage)


@dataclass(frozen=True)
class Move:
    """`count` submissions that would go from one end to another. `nearer`: so many of them would be where they were
    in the end, and are not so by the rules in force; `farther`: the other way round."""

    before: End
    after: End
    count: int
    nearer: int
    farther: int


@dataclass(frozen=True)
class Trial:
    tried: int
    moved: int
    moves: tuple[Move, ...]


def trial(past: Iterable[Assignment], in_force: Directory, drafted: Directory) -> Trial:
    """Takes a while: call it in a thread. The most frequent first. What has no text any more is left out."""
    counts: Counter[tuple[End, End]] = Counter()
    nearer: Counter[tuple[End, End]] = Counter()
    farther: Counter[tuple[End, End]] = Counter()
    tried = 0
    for assignment in past:
        submission = assignment.submission
        if submission is None or assignment.erased:
            continue
        tried += 1
        chosen = _chosen(assignment, in_force)
        ends = End.of(in_force.decide(submission, chosen)), End.of(drafted.decide(submission, chosen))
        if (ends[0].entity, ends[0].triage) == (ends[1].entity, ends[1].triage):
            continue
        counts[ends] += 1
        was_right, would_be = (not end.triage and end.entity == assignment.entity for end in ends)
        nearer[ends] += would_be
        farther[ends] += was_right
    moves = tuple(Move(*ends, count, nearer[ends], farther[ends]) for ends, count in counts.most_common())
    return Trial(tried, sum(counts.values()), moves)


def _chosen(assignment: Assignment, in_force: Directory) -> str | None:
    """The category that its author chose. Of what came in before that was kept, it is known where a rule took it."""
    submission, decided = assignment.submission, assignment.decided
    if submission is not None and submission.category is not None:
        return submission.category
    by_catalogue = {rule.id for rule in in_force.country.rules if rule.then.catalogue}
    return assignment.category if decided is not None and decided.rule in by_catalogue else None
