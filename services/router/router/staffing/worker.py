"""Worker: puts officials in charge of what nobody of their entity has, and gives on what the absent have.

Every process may run it: a case is given under its version, and whoever is second finds it given.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from shared.events.envelope import Cause
from shared.reference.deputies import is_absent
from shared.reference.working_time import utc_now
from shared.storage.aggregates import Conflict, Decision, Document, StoredAggregate
from shared.storage.cursors import Place
from shared.storage.item_isolation import isolate_item

from router.cases.model import Assignment, NotPossible
from router.cases.store import Assignments
from router.cases.visibility import is_confided_to
from router.directory.model import Entity, Official
from router.directory.snapshot import Directory, DirectoryInUse
from router.erasure.commands import stays_erased
from router.metrics import PUT_IN_CHARGE
from router.staffing.commands import put_in_charge
from router.staffing.model import Way, at_work, candidates, chosen, colleagues, with_groups_above
from router.staffing.round_robin_store import RoundRobin

LOOKED_UP_EVERY_SECONDS = 1.0
BETWEEN_SECONDS = 0.1
"""Of a hundred of whom none could be given to anybody, and the next hundred."""
ABSENT_EVERY_SECONDS = 30.0
AT_ONCE = 100

There = Mapping[str, Collection[str]]
"""By entity, who of it is there."""


class Staffing:
    def __init__(self, assignments: Assignments, turns: RoundRobin, directory: DirectoryInUse, zone: str) -> None:
        self._assignments = assignments
        self._turns = turns
        self._directory = directory
        self._zone = ZoneInfo(zone)
        self._who_is_there: tuple[Directory, date, There] | None = None

    async def run(self) -> None:
        looked_for_absent = float("-inf")
        after: Place | None = None
        while True:
            given = 0
            if (directory := self._directory.current) is not None:
                now = utc_now()
                given, after = await self.give_what_nobody_has(directory, now, after)
                if time.monotonic() - looked_for_absent >= ABSENT_EVERY_SECONDS:
                    looked_for_absent = time.monotonic()
                    await self.give_on_what_the_absent_have(directory, now)
            if after is None:
                await asyncio.sleep(LOOKED_UP_EVERY_SECONDS)
            elif not given:
                await asyncio.sleep(BETWEEN_SECONDS)

    async def give_what_nobody_has(
        self, directory: Directory, now: datetime, after: Place | None = None
    ) -> tuple[int, Place | None]:
        """Of `AT_ONCE` behind this place. How many were given, and behind which to go on the next time: what nobody can
        be given stands in nobody's way."""
        waiting = await self._assignments.unstaffed([*self._there(directory, now)], after, AT_ONCE)
        return await self._give(waiting, directory, now), _end_of(waiting)

    async def give_on_what_the_absent_have(self, directory: Directory, now: datetime) -> None:
        """Also what those have who have left the entity."""
        there = self._there(directory, now)
        for entity, loads in (await self._assignments.in_charge([*there])).items():
            gone = sorted(loads.keys() - there[entity])
            after, is_all = None, not gone
            while not is_all:
                had = await self._assignments.of_officials(entity, gone, after, AT_ONCE)
                await self._give(had, directory, now)
                after = _end_of(had)
                is_all = after is None

    def _there(self, directory: Directory, now: datetime) -> There:
        """Return the entities whose cases are given out automatically and that have officials present."""
        today = now.astimezone(self._zone).date()
        known = self._who_is_there
        if known is None or known[0] is not directory or known[1] != today:
            self._who_is_there = known = directory, today, _who_is_there(directory, today)
        return known[2]

    async def _give(self, waiting: Sequence[Document], directory: Directory, now: datetime) -> int:
        """How many of these."""
        if not waiting:
            return 0
        loads = await self._assignments.in_charge(sorted({each["state"]["entity"] for each in waiting}))
        given = 0
        for document in waiting:
            with isolate_item("staffing", document["_id"]):
                case = self._assignments.read({**document, "commands": {}})
                given += await self._give_one(case, directory, loads, now)
        return given

    async def _give_one(
        self, case: StoredAggregate[Assignment], directory: Directory, loads: dict[str, dict[str, int]], now: datetime
    ) -> bool:
        assert case.state is not None
        entity = directory.entities.get(str(case.state.entity))
        if entity is None:
            return False
        of_entity = loads.setdefault(entity.id, {})
        among = self._among(case.state, directory, entity, now)
        turn = await self._turns.next(entity.id) if among and entity.assigning == "turn" else 0
        above = with_groups_above(case.state.category, directory.categories)
        official = chosen(entity.assigning, among, of_entity, above, turn)
        if official is None or not await self._put(case, official, entity.assigning, now):
            return False
        of_entity[official.id] = of_entity.get(official.id, 0) + 1
        return True

    def _among(self, state: Assignment, directory: Directory, entity: Entity, now: datetime) -> list[Official]:
        """Return the officials who can be given a case."""
        assert state.submission is not None
        team = colleagues(directory.country.officials, entity.id)
        team = [official for official in team if is_confided_to(official, state, entity, directory.officials)]
        area = state.area if state.area is not None else directory.areas.find(state.submission.location)
        return candidates(team, area, now.astimezone(self._zone).date())

    async def _put(self, case: StoredAggregate[Assignment], official: Official, way: Way, now: datetime) -> bool:
        """Unless something else became of it meanwhile."""
        seen = case.state

        def decide(aggregate: StoredAggregate[Assignment]) -> Decision[Assignment] | None:
            before = aggregate.state
            if before is None or seen is None or (before.entity, before.charge) != (seen.entity, seen.charge):
                return None
            return stays_erased(put_in_charge(case.id, before, official.id, way, None, now))

        try:
            given = await self._assignments.change(case.id, decide, now, Cause(f"staffing-{case.id}"))
        except (Conflict, NotPossible):
            return False
        if given.changed:
            PUT_IN_CHARGE.labels(way).inc()
        return given.changed


def _end_of(documents: Sequence[Document]) -> Place | None:
    """Behind which there may be more."""
    if len(documents) < AT_ONCE:
        return None
    last = documents[-1]
    return last["state"]["list_at"], last["_id"]


def _who_is_there(directory: Directory, today: date) -> There:
    by_themselves = {entity.id for entity in directory.country.entities if entity.assigning != "hand"}
    there: dict[str, set[str]] = defaultdict(set)
    for official in directory.country.officials:
        if official.entity in by_themselves and at_work(official) and not is_absent(official, today):
            there[official.entity].add(official.id)
    return there
