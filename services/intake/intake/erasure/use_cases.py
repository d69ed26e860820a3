"""Erase the person of a submission, for its citizen or for the offices that may do it."""

from collections.abc import Sequence

from shared.events.model import Role
from shared.http.auth import Caller
from shared.http.commands import CommandKey, cause_of_request
from shared.privacy.audit import RequestAudit
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Decision, Document, StoredAggregate

from intake.erasure.commands import erase
from intake.submissions.errors import NotFound
from intake.submissions.model import Erasure, ErasureReason, Submission
from intake.submissions.reference import normalised
from intake.submissions.store import Submissions
from intake.submissions.use_cases import Decide, change_once, state_of
from intake.tracking.json_view import command_answer


async def erase_by_citizen(submissions: Submissions, id: str, key: CommandKey | None) -> Document:
    erasure = Erasure(at=utc_now(), by="citizen", reason="asked")
    return await change_once(submissions, id, _erasing(erasure), command_answer, key)


async def erase_by_office(
    submissions: Submissions,
    caller: Caller,
    reference: str,
    reason: ErasureReason,
    key: CommandKey | None,
    audit: RequestAudit,
) -> Document:
    """The central office or an administrator erases for a person who asked by another way. Raises NotFound."""
    number = normalised(reference)
    id = await submissions.id_of(number) if number else None
    if id is None:
        raise NotFound
    role = "central" if caller.has(Role.CENTRAL) else "administrator"
    # Recorded first, as an erasure cannot be undone: the trail may name one that then failed, but it misses none.
    await audit.record(caller, "erase", "submission", [id], f"{role}: {reason}")
    erasure = Erasure.model_validate({"at": utc_now(), "by": role, "reason": reason})
    return await change_once(submissions, id, _erasing(erasure), command_answer, key)


async def erase_again(submissions: Submissions, ids: Sequence[str], caller: Caller, audit: RequestAudit) -> list[str]:
    """Erase submissions that a restored backup brought back; returns the ids that are unknown here."""
    await audit.record(caller, "erase", "submission", ids, "administrator: restored")
    decide = _erasing(Erasure(at=utc_now(), by="administrator", reason="asked"))
    unknown = []

    def _decide(aggregate: StoredAggregate[Submission]) -> Decision[Submission] | None:
        return decide(aggregate.id, state_of(aggregate))

    for id in ids:
        if await submissions.find(id) is None:
            unknown.append(id)
            continue
        await submissions.change(id, _decide, utc_now(), cause_of_request())
    return unknown


def _erasing(erasure: Erasure) -> Decide:
    return lambda id, state: erase(id, state, erasure, utc_now())
