"""An address to which mail came back, or whose owner reported it, is written to again: its owner asked for it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from shared.events.model import Role
from shared.http.auth import Caller, require
from shared.http.commands import parse_key
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals
from shared.privacy.audit import audit_of

from notifier.contacts.suppression import Suppressed
from notifier.contacts.suppression_lookup import SuppressionList

router = APIRouter(tags=["notifier"])


class LiftSent(BaseModel):
    """A mail address, or a number with its country's prefix. In the body, as addresses stand in no log."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"address": "maryam@citizens.example"}]})

    address: str = Field(min_length=3, max_length=254)


class Lifted(BaseModel):
    """`was`: why nothing went there. `still`: what its owner has said, which only its owner takes back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"was": "bounced", "still": None}]})

    was: Suppressed | None
    still: Suppressed | None


@router.post(
    "/suppressions/lift",
    summary="Write to an address again that mail came back from",
    responses=refusals(401, 403, 422, 503),
    openapi_extra=ONCE,
)
async def lift(
    sent: JsonBody[LiftSent],
    request: Request,
    caller: Annotated[Caller, Depends(require(Role.CENTRAL, Role.ADMINISTRATOR))],
) -> Lifted:
    """Once more changes nothing."""
    parse_key(request.headers.get("idempotency-key"))
    suppressed: SuppressionList = request.app.state.suppressed
    await audit_of(request).record(
        request, caller, "lift", "suppression", [suppressed.marks.newest(sent.address)], "its owner asked for it"
    )
    lifted = [why for why in (Suppressed.COMPLAINED, Suppressed.BOUNCED) if await suppressed.lift(sent.address, why)]
    still = (await suppressed.among([sent.address])).get(sent.address)
    return Lifted(was=lifted[0] if lifted else None, still=still)
