"""What an author is told and who lets it go out: answers that need approval, interim replies, a suggestion's middle."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals
from shared.storage.aggregates import Decision

from router.cases.life import Move
from router.cases.model import Assignment
from router.casework import decisions as work
from router.casework.api import AtDesk, Desk
from router.casework.command_models import Answer, Approve, DecideSuggestion, Decline, Implement, InterimReply, SendBack
from router.directory.model import Interim
from router.http.models import Done
from router.http.problems import enough_interim_replies, not_that_late
from router.replies import approvals
from router.replies import suggestions as suggest
from router.replies.evidence import check_evidence, evidence_of
from router.sub_cases.api import finish

router = APIRouter(
    prefix="/assignments/{id}", tags=["officials' work"], responses=refusals(401, 403, 404, 409, 412, 422, 503)
)


@router.post("/answer", openapi_extra=ONCE)
async def answer(body: JsonBody[Answer], desk: AtDesk) -> Done:
    """Answer the citizen. Nothing needs to be acknowledged before, and an open question ends. Some categories need
    evidence."""
    directory, evidence = desk.directory(), evidence_of(body.evidence)

    def decide(before: Assignment) -> Decision[Assignment]:
        check_evidence(directory, before, evidence)
        return work.answer(desk.id, before, body.text, body.reason_code, desk.official, desk.now, evidence)

    return await finish(desk, Move.ANSWER, body.despite_open, decide)


@router.post("/decline", openapi_extra=ONCE)
async def decline(body: JsonBody[Decline], desk: AtDesk) -> Done:
    """End it without an answer, with a reason. “Not ours” is a transfer, never this."""
    return await finish(
        desk,
        Move.DECLINE,
        body.despite_open,
        lambda before: work.decline(desk.id, before, body.text, body.reason_code, desk.official, desk.now),
    )


@router.post("/propose", openapi_extra=ONCE)
async def propose(body: JsonBody[Answer], desk: AtDesk) -> Done:
    """Write an answer that a supervisor has to approve, where the entity wants that. The time goes on."""
    directory, evidence = desk.directory(), evidence_of(body.evidence)

    def decide(before: Assignment) -> Decision[Assignment]:
        check_evidence(directory, before, evidence)
        return approvals.propose(desk.id, before, body.text, body.reason_code, desk.official, desk.now, evidence)

    return await desk.carry_out(Move.PROPOSE, decide)


@router.post("/approve", openapi_extra=ONCE)
async def approve(body: JsonBody[Approve], desk: AtDesk) -> Done:
    """The proposed answer goes out as it is. Nobody approves what they wrote themselves."""
    directory = desk.directory()

    def decide(before: Assignment) -> Decision[Assignment]:
        if before.proposed is not None:
            check_evidence(directory, before, before.proposed.evidence)
        return approvals.approve(desk.id, before, desk.official, desk.now)

    return await finish(desk, Move.APPROVE, body.despite_open, decide)


@router.post("/send-back", openapi_extra=ONCE)
async def send_back(body: JsonBody[SendBack], desk: AtDesk) -> Done:
    """The proposed answer is not approved; who wrote it is told, and reads why."""
    return await desk.carry_out(
        Move.SEND_BACK, lambda before: approvals.send_back(desk.id, before, body.reason, desk.official, desk.now)
    )


@router.post("/interim-reply", openapi_extra=ONCE)
async def interim_reply(body: JsonBody[InterimReply], desk: AtDesk) -> Done:
    """Tell the author what is being done and by when to expect the answer; as often, and as far ahead, as the entity's
    entry in the directory allows."""
    zone = ZoneInfo(desk.zone)
    today = desk.now.astimezone(zone).date()
    expected_at = datetime.combine(body.expected_on, time(23, 59), zone)

    def decide(before: Assignment) -> Decision[Assignment]:
        limit = _limit(desk, before)
        if not today < body.expected_on <= today + timedelta(days=limit.days):
            raise not_that_late(limit.days)
        if work.interim_replies(before) >= limit.most:
            raise enough_interim_replies(limit.most)
        return work.interim_reply(desk.id, before, body.text, expected_at, desk.official, desk.now)

    return await desk.carry_out(Move.INTERIM, decide)


def _limit(desk: Desk, before: Assignment) -> Interim:
    known = desk.directory().entities.get(before.entity or "")
    return known.interim if known is not None else Interim()


@router.post("/suggestion-decision", openapi_extra=ONCE)
async def decide_suggestion(body: JsonBody[DecideSuggestion], desk: AtDesk) -> Done:
    """What becomes of a suggestion: the entity looks into it, accepts or rejects it. The text is told to its author."""
    move = suggest.MOVES[body.decision]

    def decide(before: Assignment) -> Decision[Assignment]:
        return suggest.decide(desk.id, before, body.decision, body.text, desk.official, desk.now)

    if move is Move.EVALUATE:
        return await desk.carry_out(move, decide)
    return await finish(desk, move, body.despite_open, decide)


@router.post("/implemented", openapi_extra=ONCE)
async def implement(body: JsonBody[Implement], desk: AtDesk) -> Done:
    """An accepted suggestion was put into practice."""
    return await desk.carry_out(
        Move.IMPLEMENT, lambda before: suggest.implement(desk.id, before, body.text, desk.official, desk.now)
    )
