"""The officials' commands. Each honours Idempotency-Key and If-Match, and answers what it led to."""

from collections.abc import Awaitable, Callable
from typing import Annotated, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request, Response
from shared.events.model import Role
from shared.http.auth import Caller, SignedIn, refuse
from shared.http.commands import CommandKey, IfMatch, answer_once, cause_of_request, differs, read_command_key
from shared.http.json_bodies import JsonBody
from shared.http.openapi import ONCE, refusals
from shared.http.problems import busy, changed_meanwhile, not_found, not_possible_now, version_differs
from shared.ids import new_id
from shared.privacy.audit import audit_of
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Conflict, Decision, Pair, StoredAggregate

from router.access.policy import Office, can_be_confided_to, can_have, check_may, leads, readers_of
from router.cases.life import Move
from router.cases.model import Assignment, NotPossible
from router.cases.store import Assignments
from router.casework import decisions as work
from router.casework.command_models import (
    Acknowledge,
    Ask,
    Confide,
    DecideAppeal,
    Note,
    Prioritise,
    PutInCharge,
    Recategorise,
)
from router.desk.api import TheAssignments, etag
from router.directory.snapshot import Directory, DirectoryInUse
from router.duplicates.likeness import findable
from router.erasure.commands import stays_erased
from router.http.models import Done
from router.http.problems import cannot_be_named, cannot_read_it, not_of_the_entity, same_category, unknown_category
from router.metrics import REFUSED
from router.replies.evidence import check_files
from router.staffing import commands as staff
from router.sub_cases import decisions as sub_cases

router = APIRouter(
    prefix="/assignments/{id}", tags=["officials' work"], responses=refusals(401, 403, 404, 409, 412, 422, 503)
)


Once = Callable[[StoredAggregate[Assignment]], Decision[Assignment] | None]
Remember = Callable[[StoredAggregate[Assignment]], None]
Change = Callable[[Once, Remember], Awaitable[StoredAggregate[Assignment]]]
"""How a decision is carried out, where it is not on this assignment alone."""


class Desk:
    """One command of one official on one assignment, as far as all commands are alike."""

    def __init__(
        self,
        id: UUID,
        request: Request,
        response: Response,
        caller: SignedIn,
        assignments: TheAssignments,
        seen_version: IfMatch,
    ) -> None:
        self.id = str(id)
        self.caller: Caller = caller
        self.now = utc_now()
        self._request = request
        self._response = response
        self.assignments: Assignments = assignments
        self._seen_version = seen_version
        self.key: CommandKey | None = None
        """Set by a page, whose form carries it; otherwise the header's."""

    @property
    def official(self) -> str:
        return self.caller.subject

    @property
    def zone(self) -> str:
        """In which days are counted."""
        return cast(str, self._request.app.state.zone)

    def leads(self, assignment: Assignment) -> bool:
        return leads(self.caller, assignment, self.office)

    @property
    def office(self) -> Office:
        return Office(self.directory(), self.now.astimezone(ZoneInfo(self.zone)).date())

    def directory(self) -> Directory:
        in_use = cast(DirectoryInUse, self._request.app.state.directory).current
        if in_use is None:
            raise busy()
        return in_use

    async def stored(self) -> Assignment | None:
        """As it is now; decided is on the newest."""
        stored = await self.assignments.find(self.id)
        return stored.state if stored is not None else None

    async def whole(self) -> str | None:
        """Of what it is a part; that never changes."""
        stored = await self.stored()
        return stored.parent.id if stored is not None and stored.parent is not None else None

    async def carry_out(
        self, move: Move, decide: Callable[[Assignment], Decision[Assignment]], change: Change | None = None
    ) -> Done:
        """Decide on the newest state, unless the caller may not, has seen another version, or the table says no."""

        def checked(aggregate: StoredAggregate[Assignment]) -> Decision[Assignment]:
            before = aggregate.state
            if before is None or before.submission is None:
                raise not_found()
            check_may(self.caller, move, before, self.office)
            if differs(self._seen_version, aggregate.version):
                raise version_differs()
            try:
                return stays_erased(findable(decide(before)))
            except NotPossible as error:
                REFUSED.labels(move, error.state).inc()
                raise not_possible_now(error.state, move) from error

        key = self.key or await read_command_key(self._request, self.official)
        once, remember, answer = answer_once(key, checked, lambda aggregate: Done.of(aggregate).model_dump(mode="json"))
        try:
            if change is not None:
                aggregate = await change(once, remember)
            else:
                aggregate = await self.assignments.change(self.id, once, self.now, cause_of_request(), remember)
        except Conflict as error:
            raise changed_meanwhile() from error
        # The event and the history name the official already; a repetition with the same key records what this missed.
        why = "central office" if self.caller.has(Role.CENTRAL) else "custodian"
        await audit_of(self._request).record(self._request, self.caller, move, "assignment", [self.id], why)
        self._response.headers.update(etag(aggregate.version))
        return Done.model_validate(answer(aggregate))

    async def carry_out_both(
        self, move: Move, other: str, decide: Callable[[Assignment, Assignment | None], Pair[Assignment]]
    ) -> Done:
        """The same, with another assignment that changes with it, in one transaction."""
        beside: Assignment | None = None
        its: Decision[Assignment] | None = None

        def decide_one(before: Assignment) -> Decision[Assignment]:
            nonlocal its
            decision, its = decide(before, beside)
            return decision

        async def change(once: Once, remember: Remember) -> StoredAggregate[Assignment]:
            def decide_both(
                one: StoredAggregate[Assignment], two: StoredAggregate[Assignment]
            ) -> Pair[Assignment] | None:
                nonlocal beside
                beside = two.state
                decision = once(one)
                return None if decision is None else (decision, its and stays_erased(its))

            ids = (self.id, other)
            return await self.assignments.change_pair(ids, decide_both, self.now, cause_of_request(), remember)

        return await self.carry_out(move, decide_one, change)


AtDesk = Annotated[Desk, Depends()]


@router.post("/acknowledge", openapi_extra=ONCE)
async def acknowledge(body: JsonBody[Acknowledge], desk: AtDesk) -> Done:
    """The entity has taken it up."""
    return await desk.carry_out(
        Move.ACKNOWLEDGE, lambda before: work.acknowledge(desk.id, before, desk.official, desk.now)
    )


@router.post("/question", openapi_extra=ONCE)
async def ask(body: JsonBody[Ask], desk: AtDesk) -> Done:
    """Ask the citizen; the clock pauses until the answer. Nothing needs to be acknowledged before."""
    question_id = new_id()
    return await desk.carry_out(
        Move.ASK, lambda before: work.ask(desk.id, before, question_id, body.text, desk.official, desk.now)
    )


@router.post("/note", openapi_extra=ONCE)
async def note(body: JsonBody[Note], desk: AtDesk) -> Done:
    """Tell the officials who have it, or will have it, something that its author does not read. Those who are mentioned
    are told that it is there."""
    directory, mentions = desk.directory(), tuple(dict.fromkeys(body.mentions))
    files = tuple(dict.fromkeys(body.files))

    def decide(before: Assignment) -> Decision[Assignment]:
        readers = {official.id for official in readers_of(directory, before)}
        strangers = [official for official in mentions if official not in readers]
        if strangers:
            raise cannot_read_it(strangers[0])
        check_files(before, files)
        return work.note(desk.id, before, body.text, mentions, desk.official, desk.now, files)

    return await desk.carry_out(Move.NOTE, decide)


@router.post("/confidential", openapi_extra=ONCE)
async def confide(body: JsonBody[Confide], desk: AtDesk) -> Done:
    """Confidential: to those who are named alone. Who leads the entity says so, and the central office. Of a part of
    what is confidential, who does it: officials of the entity beside its head, and those who read the whole."""
    directory, officials = desk.directory(), tuple(dict.fromkeys(body.officials))

    def check(before: Assignment) -> None:
        possible = {official.id for official in can_be_confided_to(directory, before)}
        strangers = [official for official in officials if official not in possible]
        if strangers:
            raise cannot_be_named(strangers[0])

    def decide(before: Assignment) -> Decision[Assignment]:
        check(before)
        return work.confide(desk.id, before, officials, body.reason, desk.official, desk.now)

    def decide_both(before: Assignment, parent: Assignment | None) -> Pair[Assignment]:
        check(before)
        # Who says so reads it as one of the entity, or as one of those who read the whole: these change.
        own = [desk.official] if officials and desk.caller.acts_for(before.entity) else []
        here = tuple(dict.fromkeys([*officials, *own]))
        return sub_cases.confide(desk.id, before, parent, here, body.reason, desk.official, desk.now)

    whole = await desk.whole()
    if whole is not None:
        return await desk.carry_out_both(Move.CONFIDE, whole, decide_both)
    return await desk.carry_out(Move.CONFIDE, decide)


@router.post("/in-charge", openapi_extra=ONCE)
async def put_in_charge(body: JsonBody[PutInCharge], desk: AtDesk) -> Done:
    """Put somebody of the entity in charge. Officers take a case up themselves; those who lead give it to anybody."""
    directory = desk.directory()

    def decide(before: Assignment) -> Decision[Assignment]:
        if body.official not in {official.id for official in can_have(directory, before)}:
            raise not_of_the_entity(body.official)
        if body.official != desk.official and not desk.leads(before):
            raise refuse("role")
        return staff.put_in_charge(desk.id, before, body.official, "hand", desk.official, desk.now)

    return await desk.carry_out(Move.PUT_IN_CHARGE, decide)


@router.post("/recategorise", openapi_extra=ONCE)
async def recategorise(body: JsonBody[Recategorise], desk: AtDesk) -> Done:
    """Correct the category; whoever has it keeps it, and its time may change."""
    category = desk.directory().routing.leaf(body.category)

    def decide(before: Assignment) -> Decision[Assignment]:
        if category is None:
            raise unknown_category(body.category)
        if category.id == before.category:
            raise same_category()
        return work.recategorise(desk.id, before, category, body.reason, desk.official, desk.now)

    return await desk.carry_out(Move.RECATEGORISE, decide)


@router.post("/prioritise", openapi_extra=ONCE)
async def prioritise(body: JsonBody[Prioritise], desk: AtDesk) -> Done:
    """Another priority; its time may change."""
    return await desk.carry_out(
        Move.PRIORITISE,
        lambda before: work.prioritise(desk.id, before, body.priority, body.reason, desk.official, desk.now),
    )


@router.post("/appeal-decision", openapi_extra=ONCE)
async def decide_appeal(body: JsonBody[DecideAppeal], desk: AtDesk) -> Done:
    """The central office hears an appeal: upheld, the entity has it again; dismissed, it is closed. The text is told
    to the citizen."""
    move = Move.UPHOLD if body.decision == "upheld" else Move.DISMISS
    return await desk.carry_out(
        move, lambda before: work.decide_appeal(desk.id, before, body.decision, body.text, desk.official, desk.now)
    )
