"""Reconciliation over HTTP, for operations: never through the gateway, for administrators and auditors.

Ids and numbers only. Who asks for a replay, or gives something up, must be an administrator.
"""

from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.responses import Response

from shared.comparison.reconciler import Reconciler
from shared.events.model import Role
from shared.http.auth import Caller, require
from shared.http.problems import not_found
from shared.reconciliation.statements import Statements
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Document

router = APIRouter(prefix="/internal/reconciliation", include_in_schema=False)

Administrator = Annotated[Caller, Depends(require(Role.ADMINISTRATOR))]
Reader = Annotated[Caller, Depends(require(Role.ADMINISTRATOR, Role.AUDITOR))]
Id = Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{1,64}$")]

HIDDEN = ("stated", "read_at", "gap")


def _reconciler(request: Request) -> Reconciler:
    reconciler: Reconciler | None = request.app.state.service.reconciler
    if reconciler is None:
        raise not_found()
    return reconciler


def _statements(request: Request) -> Statements:
    statements: Statements = request.app.state.service.statements
    return statements


Reconciling = Annotated[Reconciler, Depends(_reconciler)]
Stating = Annotated[Statements, Depends(_statements)]


def _json(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")


def _shown(difference: Document) -> Document:
    return {"id": difference["_id"]} | {
        name: value for name, value in difference.items() if name not in (*HIDDEN, "_id")
    }


@router.get("")
async def list_differences(
    reconciler: Reconciling, caller: Reader, limit: Annotated[int, Query(ge=1, le=1_000)] = 100
) -> Response:
    """List the differences that are old enough to count; `waiting` ones may yet heal. `reasons`: how many cases lack
    something for a stated reason."""
    before = utc_now() - reconciler.patience.difference
    counts, waiting = await reconciler.differences.counts(before)
    found = await reconciler.differences.list(before, limit)
    counted = [{"topic": topic, "kind": kind, "count": count} for (topic, kind), count in sorted(counts.items())]
    reasons = {reason: await count() for reason, count in reconciler.reasons.items()}
    shown = [_shown(each) for each in found]
    return _json({"counts": counted, "waiting": waiting, "reasons": reasons, "items": shown})


@router.post("/rounds/{id}")
async def ask_for_a_round(statements: Stating, caller: Reader, id: Id) -> Response:
    """This service states all its submissions, under this id."""
    await statements.ask(id)
    return _json({"id": id, "topics": [each.facts.name for each in statements.statings.values()]}, 202)


@router.get("/rounds/{id}")
async def show_round(reconciler: Reconciling, caller: Reader, id: Id) -> Response:
    """How much of a round this service has compared, by topic."""
    found = []
    for name, rule in reconciler.rules.items():
        kept = await reconciler.rounds.find_one({"_id": f"{id}/{rule.facts.stream}"}) or {}
        compared = {"submissions": kept.get("submissions", 0), "is_whole": kept.get("is_whole", False)}
        found.append({"topic": name} | compared)
    return _json({"id": id, "compared": found})


@router.get("/references/{reference}")
async def find_submission(statements: Stating, caller: Reader, reference: Id) -> Response:
    id = await statements.id_of(reference.upper())
    if id is None:
        raise not_found()
    return _json({"id": id})


@router.get("/submissions/{id}")
async def show_submission(statements: Stating, reconciler: Reconciling, caller: Reader, id: Id) -> Response:
    """Show what this service published of a submission, what it took from others, and what it lacks."""
    published = [await statements.of_one(each, id) for each in statements.statings.values()]
    taken = await reconciler.taken_of(id)
    found = await reconciler.differences.list(datetime.max.replace(tzinfo=utc_now().tzinfo), 1_000, id)
    return _json(
        {
            "published": [each for each in published if each is not None],
            "taken": taken,
            "differences": [_shown(each) for each in found],
            "given_up": await reconciler.differences.given_up(id),
        }
    )


@router.post("/replays")
async def replay_all(reconciler: Reconciling, caller: Administrator) -> Response:
    return _json({"asked": await reconciler.differences.ask(None, utc_now())}, 202)


@router.post("/submissions/{id}/replay")
async def replay_submission(reconciler: Reconciling, caller: Administrator, id: Id) -> Response:
    return _json({"asked": await reconciler.differences.ask(id, utc_now())}, 202)


@router.delete("/submissions/{id}")
async def give_up(reconciler: Reconciling, caller: Administrator, id: Id) -> Response:
    """Stop counting what is missing of a submission."""
    return _json({"given_up": await reconciler.differences.give_up(id, caller.subject, utc_now())})
