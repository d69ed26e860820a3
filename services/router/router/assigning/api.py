"""Endpoints that decide which entity has a case: placed by the central office, or transferred by its custodian."""

from fastapi import APIRouter
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals

from router.casework import placement
from router.casework.command_models import Done, Transfer, Triage
from router.http.case_requests import OnCase

router = APIRouter(
    prefix="/assignments/{id}", tags=["officials' work"], responses=refusals(401, 403, 404, 409, 412, 422, 503)
)


@router.post("/triage", openapi_extra=ONCE)
async def triage(body: JsonBody[Triage], case: OnCase) -> Done:
    """The central office names the responsible entity where no rule was sure."""
    return await case.run(placement.triage, body)


@router.post("/transfer", openapi_extra=ONCE)
async def transfer(body: JsonBody[Transfer], case: OnCase) -> Done:
    """Move it on to the entity that must answer. The central office may transfer anything; an entity that would be the
    third to move it on gives it to the central office, which decides."""
    return await case.run(placement.transfer, body)
