"""Commands by which an author is told something: answers and their approval, interim replies, suggestions."""

from datetime import datetime, time, timedelta

from shared.storage.aggregates import Decision

from router.cases.life import Move
from router.cases.model import Assignment
from router.casework import decisions
from router.casework.case_command import CaseCommand, CommandResult
from router.casework.command_models import Answer, Approve, DecideSuggestion, Decline, Implement, InterimReply, SendBack
from router.casework.errors import DateTooLate, TooManyInterimReplies
from router.directory.model import Interim
from router.directory.snapshot import Directory
from router.replies import approvals, suggestions
from router.replies.evidence import check_evidence, evidence_of
from router.sub_cases.commands import end_case


async def answer(at: CaseCommand, sent: Answer) -> CommandResult:
    """Refuse an answer without the evidence that its category needs."""
    directory, evidence = at.directory, evidence_of(sent.evidence)

    def decide(before: Assignment) -> Decision[Assignment]:
        check_evidence(directory, before, evidence)
        return decisions.answer(at.id, before, sent.text, sent.reason_code, at.official, at.now, evidence)

    return await end_case(at, Move.ANSWER, sent.despite_open, decide)


async def decline(at: CaseCommand, sent: Decline) -> CommandResult:
    return await end_case(
        at,
        Move.DECLINE,
        sent.despite_open,
        lambda before: decisions.decline(at.id, before, sent.text, sent.reason_code, at.official, at.now),
    )


async def propose(at: CaseCommand, sent: Answer) -> CommandResult:
    directory, evidence = at.directory, evidence_of(sent.evidence)

    def decide(before: Assignment) -> Decision[Assignment]:
        check_evidence(directory, before, evidence)
        return approvals.propose(at.id, before, sent.text, sent.reason_code, at.official, at.now, evidence)

    return await at.carry_out(Move.PROPOSE, decide)


async def approve(at: CaseCommand, sent: Approve) -> CommandResult:
    """Check the evidence again: the category or the files may have changed since the answer was proposed."""
    directory = at.directory

    def decide(before: Assignment) -> Decision[Assignment]:
        if before.proposed is not None:
            check_evidence(directory, before, before.proposed.evidence)
        return approvals.approve(at.id, before, at.official, at.now)

    return await end_case(at, Move.APPROVE, sent.despite_open, decide)


async def send_back(at: CaseCommand, sent: SendBack) -> CommandResult:
    return await at.carry_out(
        Move.SEND_BACK, lambda before: approvals.send_back(at.id, before, sent.reason, at.official, at.now)
    )


async def interim_reply(at: CaseCommand, sent: InterimReply) -> CommandResult:
    """Refuse more interim replies, or later days, than the entity's entry in the directory allows."""
    today = at.now.astimezone(at.zone).date()
    expected_at = datetime.combine(sent.expected_on, time(23, 59), at.zone)

    def decide(before: Assignment) -> Decision[Assignment]:
        limit = _interim_limit(at.directory, before)
        if not today < sent.expected_on <= today + timedelta(days=limit.days):
            raise DateTooLate(limit.days)
        if decisions.interim_replies(before) >= limit.most:
            raise TooManyInterimReplies(limit.most)
        return decisions.interim_reply(at.id, before, sent.text, expected_at, at.official, at.now)

    return await at.carry_out(Move.INTERIM, decide)


def _interim_limit(directory: Directory, before: Assignment) -> Interim:
    entity = directory.entities.get(before.entity or "")
    return entity.interim if entity is not None else Interim()


async def decide_suggestion(at: CaseCommand, sent: DecideSuggestion) -> CommandResult:
    """Accepting or rejecting ends the case; evaluating leaves it open."""
    move = suggestions.MOVES[sent.decision]

    def decide(before: Assignment) -> Decision[Assignment]:
        return suggestions.decide(at.id, before, sent.decision, sent.text, at.official, at.now)

    if move is Move.EVALUATE:
        return await at.carry_out(move, decide)
    return await end_case(at, move, sent.despite_open, decide)


async def implement(at: CaseCommand, sent: Implement) -> CommandResult:
    return await at.carry_out(
        Move.IMPLEMENT, lambda before: suggestions.implement(at.id, before, sent.text, at.official, at.now)
    )
