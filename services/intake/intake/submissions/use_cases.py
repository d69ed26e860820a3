"""Change a stored submission: once per Idempotency-Key, and only in a version that the caller has read."""

from collections.abc import Awaitable, Callable

from shared.http.commands import CommandKey, SeenVersions, answer_once, cause_of_request, differs
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Conflict, Decision, Document, StoredAggregate

from intake.submissions.errors import ChangedMeanwhile, NotFound, VersionDiffers
from intake.submissions.model import Submission
from intake.submissions.store import Submissions

Decide = Callable[[str, Submission], Decision[Submission] | None]
"""Decides a command from the id and the state of a submission; None changes nothing."""

Change = Callable[[], Awaitable[StoredAggregate[Submission]]]


def state_of(aggregate: StoredAggregate[Submission]) -> Submission:
    """Raises NotFound for an id that has no state."""
    if aggregate.state is None:
        raise NotFound
    return aggregate.state


async def _directly(change: Change) -> StoredAggregate[Submission]:
    return await change()


async def change_once(
    submissions: Submissions,
    id: str,
    decide: Decide,
    answer_of: Callable[[StoredAggregate[Submission]], Document],
    key: CommandKey | None = None,
    seen: SeenVersions = None,
    around: Callable[[Change], Awaitable[StoredAggregate[Submission]]] = _directly,
) -> Document:
    """Store a decision and return its answer; a repeated `key` changes nothing and returns the first answer.

    `around` runs the change between other work, such as handing over files. Raises VersionDiffers where none of the
    versions in `seen` is the stored one, ChangedMeanwhile where others keep changing the submission at the same time.
    """

    def _decide(aggregate: StoredAggregate[Submission]) -> Decision[Submission] | None:
        if differs(seen, aggregate.version):
            raise VersionDiffers
        return decide(aggregate.id, state_of(aggregate))

    once, remember, answer = answer_once(key, _decide, answer_of)

    async def _change() -> StoredAggregate[Submission]:
        return await submissions.change(id, once, utc_now(), cause_of_request(), remember)

    try:
        return answer(await around(_change))
    except Conflict as error:
        raise ChangedMeanwhile from error


async def change(submissions: Submissions, id: str, decide: Decide) -> StoredAggregate[Submission]:
    """Store a decision that is safe to repeat, and return the submission. Raises ChangedMeanwhile."""

    def _decide(aggregate: StoredAggregate[Submission]) -> Decision[Submission] | None:
        return decide(aggregate.id, state_of(aggregate))

    try:
        return await submissions.change(id, _decide, utc_now(), cause_of_request())
    except Conflict as error:
        raise ChangedMeanwhile from error
