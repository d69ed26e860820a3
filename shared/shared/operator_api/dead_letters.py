"""Dead letters over HTTP, for operations: never through the gateway, and only for administrators."""

from datetime import datetime
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from shared.events.model import Role
from shared.http.auth import Caller, require
from shared.http.problems import not_found
from shared.ids import new_id
from shared.messaging.dead_letters import DeadLetters, ReplayRun
from shared.privacy.audit import audit_of
from shared.reference.working_time import utc_now

router = APIRouter(prefix="/internal/dead-letters", include_in_schema=False)

Administrator = Annotated[Caller, Depends(require(Role.ADMINISTRATOR))]


def _letters(request: Request) -> DeadLetters:
    letters: DeadLetters = request.app.state.service.dead_letters
    return letters


Letters = Annotated[DeadLetters, Depends(_letters)]


def _json(content: Any, status: int = 200) -> Response:
    return Response(
        orjson.dumps(content, default=lambda value: value.decode(errors="replace")),
        status,
        media_type="application/json",
    )


@router.get("")
async def list_dead_letters(
    letters: Letters,
    caller: Administrator,
    status: Literal["held", "replayed", "discarded"] = "held",
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> Response:
    return _json({"items": await letters.list(status, limit)})


@router.get("/causes")
async def list_causes(letters: Letters, caller: Administrator) -> Response:
    return _json({"items": await letters.causes()})


@router.post("/causes/{cause}/replay")
async def replay_cause(
    letters: Letters, caller: Administrator, cause: str, run: str | None = None, until: datetime | None = None
) -> Response:
    """Replay letters of one cause, a few hundred at once.

    Ask again with `run` and `until` of the answer until none is left.
    """
    now = utc_now()
    this = ReplayRun(run or new_id(), until or now)
    replayed = await letters.replay_cause(cause, this, caller.subject, now)
    if not replayed and run is None:
        raise not_found()
    return _json({"run": this.id, "until": this.until, "replayed": replayed}, 202)


@router.get("/runs/{run}")
async def show_run(letters: Letters, caller: Administrator, run: str) -> Response:
    """Show the outcome of each letter so far; a letter without one has not reached its consumer yet."""
    return _json({"items": await letters.replayed_in(run)})


@router.get("/{id}")
async def show_dead_letter(request: Request, letters: Letters, caller: Administrator, id: str) -> Response:
    """Its content may be personal: who looks leaves a record."""
    letter = await letters.get(id)
    if letter is None:
        raise not_found()
    await audit_of(request).record(request, caller, "read", "dead-letter", [id], "administrator")
    return _json(letter)


@router.post("/{id}/replay")
async def replay_dead_letter(letters: Letters, caller: Administrator, id: str) -> Response:
    if not await letters.replay(id, caller.subject, utc_now()):
        raise not_found()
    return _json({"id": id, "status": "replayed"}, 202)


@router.delete("/{id}")
async def discard_dead_letter(letters: Letters, caller: Administrator, id: str) -> Response:
    if not await letters.discard(id, caller.subject, utc_now()):
        raise not_found()
    return _json({"id": id, "status": "discarded"})
