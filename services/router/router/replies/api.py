"""Endpoints by which an author is told something: answers and their approval, interim replies, suggestions."""

from fastapi import APIRouter
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals

from router.casework.command_models import (
    Answer,
    Approve,
    DecideSuggestion,
    Decline,
    Done,
    Implement,
    InterimReply,
    SendBack,
)
from router.http.case_requests import OnCase
from router.replies import commands

router = APIRouter(
    prefix="/assignments/{id}", tags=["officials' work"], responses=refusals(401, 403, 404, 409, 412, 422, 503)
)


@router.post("/answer", openapi_extra=ONCE)
async def answer(body: JsonBody[Answer], case: OnCase) -> Done:
    """Answer the citizen. Nothing needs to be acknowledged before, and an open question ends. Some categories need
    evidence."""
    return await case.run(commands.answer, body)


@router.post("/decline", openapi_extra=ONCE)
async def decline(body: JsonBody[Decline], case: OnCase) -> Done:
    """End it without an answer, with a reason. “Not ours” is a transfer, never this."""
    return await case.run(commands.decline, body)


@router.post("/propose", openapi_extra=ONCE)
async def propose(body: JsonBody[Answer], case: OnCase) -> Done:
    """Write an answer that a supervisor has to approve, where the entity wants that. The time goes on."""
    return await case.run(commands.propose, body)


@router.post("/approve", openapi_extra=ONCE)
async def approve(body: JsonBody[Approve], case: OnCase) -> Done:
    """The proposed answer goes out as it is. Nobody approves what they wrote themselves."""
    return await case.run(commands.approve, body)


@router.post("/send-back", openapi_extra=ONCE)
async def send_back(body: JsonBody[SendBack], case: OnCase) -> Done:
    """The proposed answer is not approved; who wrote it is told, and reads why."""
    return await case.run(commands.send_back, body)


@router.post("/interim-reply", openapi_extra=ONCE)
async def interim_reply(body: JsonBody[InterimReply], case: OnCase) -> Done:
    """Tell the author what is being done and by when to expect the answer; as often, and as far ahead, as the entity's
    entry in the directory allows."""
    return await case.run(commands.interim_reply, body)


@router.post("/suggestion-decision", openapi_extra=ONCE)
async def decide_suggestion(body: JsonBody[DecideSuggestion], case: OnCase) -> Done:
    """Evaluate, accept or reject a suggestion. Its author reads the text."""
    return await case.run(commands.decide_suggestion, body)


@router.post("/implemented", openapi_extra=ONCE)
async def implement(body: JsonBody[Implement], case: OnCase) -> Done:
    """An accepted suggestion was put into practice."""
    return await case.run(commands.implement, body)
