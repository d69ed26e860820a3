"""Endpoints that open a sub-case at another entity, or take one back."""

from fastapi import APIRouter
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals

from router.casework.command_models import Done, OpenSubCase, TakeBack
from router.http.case_requests import OnCase
from router.sub_cases import commands

router = APIRouter(
    prefix="/assignments/{id}", tags=["officials' work"], responses=refusals(401, 403, 404, 409, 412, 422, 503)
)


@router.post("/sub-cases", openapi_extra=ONCE)
async def open_sub_case(body: JsonBody[OpenSubCase], case: OnCase) -> Done:
    """Ask another entity to do a part. It has a case of its own, with a time of its own; yours goes on."""
    return await case.run(commands.open_sub_case, body)


@router.post("/take-back", openapi_extra=ONCE)
async def take_back(body: JsonBody[TakeBack], case: OnCase) -> Done:
    """Wait for a part no more: its case ends."""
    return await case.run(commands.take_back, body)
