"""Run one command of one official on one case: check it, carry it out once, record it in the audit trail."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from shared.events.envelope import Cause
from shared.events.model import Role
from shared.http.auth import Caller
from shared.http.commands import CommandKey, SeenVersions, answer_once, differs
from shared.storage.aggregates import Conflict, Decision, Pair, StoredAggregate

from router.access.policy import NotVisible, Office, check_may
from router.cases.life import Move
from router.cases.model import Assignment, NotPossible
from router.cases.store import Assignments
from router.casework.command_models import Done
from router.casework.errors import ChangedMeanwhile, DirectoryMissing, MoveNotPossible, VersionDiffers
from router.directory.snapshot import Directory
from router.duplicates.likeness import findable
from router.erasure.commands import stays_erased
from router.metrics import REFUSED

Record = Callable[[str, str, Sequence[str], str], Awaitable[None]]
"""Write to the audit trail: action, kind of thing, ids, and by what right."""

Decide = Callable[[Assignment], Decision[Assignment]]
DecidePair = Callable[[Assignment, Assignment | None], Pair[Assignment]]
_Once = Callable[[StoredAggregate[Assignment]], Decision[Assignment] | None]
_Remember = Callable[[StoredAggregate[Assignment]], None]
_Write = Callable[[_Once, _Remember], Awaitable[StoredAggregate[Assignment]]]


@dataclass(frozen=True)
class CommandResult:
    """The answer of a command, and the version that it made of the case."""

    done: Done
    version: int


@dataclass(frozen=True)
class CaseCommand:
    """One command of `caller` on the case `id`, with all that is the same for every command.

    `current_directory` is None before the first publication; days are counted in `zone`; `seen_version` is the version
    that the caller read; a command repeated with the same `key` changes nothing and has the same answer.
    """

    id: str
    caller: Caller
    assignments: Assignments
    current_directory: Directory | None
    zone: ZoneInfo
    seen_version: SeenVersions
    key: CommandKey | None
    record: Record
    cause: Cause
    now: datetime

    @property
    def official(self) -> str:
        return self.caller.subject

    @property
    def directory(self) -> Directory:
        """Raises DirectoryMissing."""
        if self.current_directory is None:
            raise DirectoryMissing
        return self.current_directory

    @property
    def office(self) -> Office:
        return Office(self.directory, self.now.astimezone(self.zone).date())

    async def stored(self) -> Assignment | None:
        """Read the case as it is now. The decision is made on the newest state, which may be a later one."""
        stored = await self.assignments.find(self.id)
        return stored.state if stored is not None else None

    async def parent_id(self) -> str | None:
        """Return the id of the case that this one is a part of; it never changes."""
        stored = await self.stored()
        return stored.parent.id if stored is not None and stored.parent is not None else None

    async def carry_out(self, move: Move, decide: Decide, write: _Write | None = None) -> CommandResult:
        """Decide on the newest state and store the decision. Raises a Refusal where the caller may not do this, has
        read another version, or the table of moves says no."""

        def checked(aggregate: StoredAggregate[Assignment]) -> Decision[Assignment]:
            before = aggregate.state
            if before is None or before.submission is None:
                raise NotVisible
            check_may(self.caller, move, before, self.office)
            if differs(self.seen_version, aggregate.version):
                raise VersionDiffers
            try:
                return stays_erased(findable(decide(before)))
            except NotPossible as error:
                REFUSED.labels(move, error.state).inc()
                raise MoveNotPossible(error.state, move) from error

        once, remember, answer = answer_once(
            self.key, checked, lambda aggregate: Done.of(aggregate).model_dump(mode="json")
        )
        try:
            if write is not None:
                aggregate = await write(once, remember)
            else:
                aggregate = await self.assignments.change(self.id, once, self.now, self.cause, remember)
        except Conflict as error:
            raise ChangedMeanwhile from error
        # The event and the history name the official already; a repetition with the same key records what this missed.
        why = "central office" if self.caller.has(Role.CENTRAL) else "custodian"
        await self.record(move, "assignment", [self.id], why)
        return CommandResult(Done.model_validate(answer(aggregate)), aggregate.version)

    async def carry_out_both(self, move: Move, other: str, decide: DecidePair) -> CommandResult:
        """Do the same together with another case that changes with it, in one transaction."""
        beside: Assignment | None = None
        its: Decision[Assignment] | None = None

        def decide_one(before: Assignment) -> Decision[Assignment]:
            nonlocal its
            decision, its = decide(before, beside)
            return decision

        async def write(once: _Once, remember: _Remember) -> StoredAggregate[Assignment]:
            def decide_both(
                one: StoredAggregate[Assignment], two: StoredAggregate[Assignment]
            ) -> Pair[Assignment] | None:
                nonlocal beside
                beside = two.state
                decision = once(one)
                return None if decision is None else (decision, its and stays_erased(its))

            return await self.assignments.change_pair((self.id, other), decide_both, self.now, self.cause, remember)

        return await self.carry_out(move, decide_one, write)
