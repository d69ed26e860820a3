"""Endpoints of the commands of officials. Each honours Idempotency-Key and If-Match, and answers with the case."""

from fastapi import APIRouter
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals

from router.casework import commands
from router.casework.command_models import (
    Acknowledge,
    Ask,
    Confide,
    DecideAppeal,
    Done,
    Note,
    Prioritise,
    PutInCharge,
    Recategorise,
)
from router.http.case_requests import OnCase

router = APIRouter(
    prefix="/assignments/{id}", tags=["officials' work"], responses=refusals(401, 403, 404, 409, 412, 422, 503)
)


@router.post("/acknowledge", openapi_extra=ONCE)
async def acknowledge(body: JsonBody[Acknowledge], case: OnCase) -> Done:
    """The entity has taken it up."""
    return await case.run(commands.acknowledge, body)


@router.post("/question", openapi_extra=ONCE)
async def ask(body: JsonBody[Ask], case: OnCase) -> Done:
    """Ask the citizen; the clock pauses until the answer. Nothing needs to be acknowledged before."""
    return await case.run(commands.ask, body)


@router.post("/note", openapi_extra=ONCE)
async def note(body: JsonBody[Note], case: OnCase) -> Done:
    """Tell the officials who have it, or will have it, something that its author does not read. Those who are mentioned
    are told that it is there."""
    return await case.run(commands.note, body)


@router.post("/confidential", openapi_extra=ONCE)
async def confide(body: JsonBody[Confide], case: OnCase) -> Done:
    """Confidential: to those who are named alone. Who leads the entity says so, and the central office. Of a part of
    what is confidential, who does it: officials of the entity beside its head, and those who read the whole."""
    return await case.run(commands.confide, body)


@router.post("/in-charge", openapi_extra=ONCE)
async def put_in_charge(body: JsonBody[PutInCharge], case: OnCase) -> Done:
    """Put somebody of the entity in charge. Officers take a case up themselves; those who lead give it to anybody."""
    return await case.run(commands.put_in_charge, body)


@router.post("/recategorise", openapi_extra=ONCE)
async def recategorise(body: JsonBody[Recategorise], case: OnCase) -> Done:
    """Correct the category; whoever has it keeps it, and its time may change."""
    return await case.run(commands.recategorise, body)


@router.post("/prioritise", openapi_extra=ONCE)
async def prioritise(body: JsonBody[Prioritise], case: OnCase) -> Done:
    """Another priority; its time may change."""
    return await case.run(commands.prioritise, body)


@router.post("/appeal-decision", openapi_extra=ONCE)
async def decide_appeal(body: JsonBody[DecideAppeal], case: OnCase) -> Done:
    """The central office hears an appeal: upheld, the entity has it again; dismissed, it is closed. The text is told
    to the citizen."""
    return await case.run(commands.decide_appeal, body)
