"""Whose it is: placed by the central office, or moved on by the entity that has it. Who asked for a part hears."""

from collections.abc import Callable

from fastapi import APIRouter
from shared.events.model import Role
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals
from shared.http.problems import not_found
from shared.storage.aggregates import Decision, Pair

from router.cases.life import Move, State, target
from router.cases.model import Assignment
from router.casework import decisions as work
from router.casework.api import AtDesk, Desk
from router.casework.command_models import Transfer, Triage
from router.http.models import Done
from router.http.problems import asked_by_it, same_entity, unknown_category, unknown_entity
from router.sub_cases import decisions as sub_cases

router = APIRouter(
    prefix="/assignments/{id}", tags=["officials' work"], responses=refusals(401, 403, 404, 409, 412, 422, 503)
)


@router.post("/triage", openapi_extra=ONCE)
async def triage(body: JsonBody[Triage], desk: AtDesk) -> Done:
    """The central office names the responsible entity where no rule was sure."""
    directory = desk.directory()
    category = directory.routing.leaf(body.category)

    def decide(before: Assignment) -> Decision[Assignment]:
        if not directory.routing.serves(body.entity):
            raise unknown_entity(body.entity)
        if body.category is not None and category is None:
            raise unknown_category(body.category)
        return work.triage(
            desk.id, before, body.entity, category, body.reason, desk.official, directory.version, desk.now
        )

    return await _placed(desk, Move.TRIAGE, body.reason, decide)


@router.post("/transfer", openapi_extra=ONCE)
async def transfer(body: JsonBody[Transfer], desk: AtDesk) -> Done:
    """Move it on to the entity that must answer. The central office may transfer anything; an entity that would be the
    third to move it on gives it to the central office, which decides."""
    directory = desk.directory()
    is_central = desk.caller.has(Role.CENTRAL)

    def decide(before: Assignment) -> Decision[Assignment]:
        if not directory.routing.serves(body.entity):
            raise unknown_entity(body.entity)
        if body.entity == before.entity:
            raise same_entity()
        if before.transfers >= work.MOST_TRANSFERS and not is_central and target(before.state, Move.GIVE_UP):
            central = directory.routing.central
            return work.give_up(
                desk.id, before, central, body.entity, body.reason, desk.official, directory.version, desk.now
            )
        return work.transfer(desk.id, before, body.entity, body.reason, desk.official, directory.version, desk.now)

    return await _placed(desk, Move.TRANSFER, body.reason, decide)


async def _placed(desk: Desk, move: Move, reason: str, decide: Callable[[Assignment], Decision[Assignment]]) -> Done:
    whole = await desk.whole()
    if whole is None:
        return await desk.carry_out(move, decide)

    def decide_both(before: Assignment, parent: Assignment | None) -> Pair[Assignment]:
        if parent is None:
            raise not_found()
        decision = decide(before)
        if decision.state.state is State.ASSIGNED and decision.state.entity == parent.entity:
            raise asked_by_it()
        moved = sub_cases.moved_on(parent, before, decision.state, reason, desk.official, desk.now)
        return sub_cases.handed_over(desk.id, decision, parent, desk.official), moved

    return await desk.carry_out_both(move, whole, decide_both)
