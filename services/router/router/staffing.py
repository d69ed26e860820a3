"""Worker: puts officials in charge of what nobody of their entity has, and gives on what the absent have.

Every process may run it: a case is given under its version, and whoever is second finds it given.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from shared.aggregates import Aggregate, Conflict, Decision
from shared.clock import utc_now
from shared.deputies import is_absent
from shared.events.envelope import Cause

from router.directory import Directory, DirectoryInUse
from router.domain.assignment import Assignment, NotPossible
from router.domain.country import Official
from router.domain.sight import is_confided_to
from router.domain.staffing import Way, candidates, chosen, colleagues, with_groups_above
from router.metrics import PUT_IN_CHARGE
from router.repository import Assignments
from router.turns import Turns
from router.use_cases.erase import stays_erased
from router.use_cases.staff import put_in_charge

LOOKED_UP_EVERY_SECONDS = 1.0
ABSENT_EVERY_SECONDS = 30.0
AT_ONCE = 100


class Staffing:
    def __init__(self, assignments: Assignments, turns: Turns, directory: DirectoryInUse, zone: str) -> None:
        self._assignments = assignments
        self._turns = turns
        self._directory = directory
        self._zone = ZoneInfo(zone)

    async def run(self) -> None:
        looked_for_absent = float("-inf")
        while True:
            if (directory := self._directory.current) is not None:
                now = utc_now()
                given = await self.give_what_nobody_has(directory, now)
                if time.monotonic() - looked_for_absent >= ABSENT_EVERY_SECONDS:
                    looked_for_absent = time.monotonic()
                    await self.give_on_what_the_absent_have(directory, now)
                if given == AT_ONCE:
                    continue
            await asyncio.sleep(LOOKED_UP_EVERY_SECONDS)

    async def give_what_nobody_has(self, directory: Directory, now: datetime) -> int:
        """How many were looked at."""
        waiting = await self._assignments.unstaffed(_by_themselves(directory), AT_ONCE)
        if waiting:
            await self._give(waiting, directory, now)
        return len(waiting)

    async def give_on_what_the_absent_have(self, directory: Directory, now: datetime) -> None:
        """Also what those have who have left the entity."""
        today = now.astimezone(self._zone).date()
        entities, officials = _by_themselves(directory), directory.country.officials
        there = {
            entity: {official.id for official in colleagues(officials, entity) if not is_absent(official, today)}
            for entity in entities
        }
        for entity, loads in (await self._assignments.in_charge(entities)).items():
            gone = sorted(official for official in loads if there[entity] and official not in there[entity])
            if gone:
                await self._give(await self._assignments.of_officials(entity, gone, AT_ONCE), directory, now)

    async def _give(self, waiting: Sequence[Aggregate[Assignment]], directory: Directory, now: datetime) -> None:
        loads = await self._assignments.in_charge(sorted({str(each.state.entity) for each in waiting if each.state}))
        for each in waiting:
            assert each.state is not None
            entity = directory.entities.get(str(each.state.entity))
            if entity is None:
                continue
            of_entity = loads.setdefault(entity.id, {})
            turn = await self._turns.next(entity.id) if entity.assigning == "turn" else 0
            official = self._choose(each.state, directory, of_entity, turn, now)
            if official is not None and await self._put(each, official, entity.assigning, now):
                of_entity[official.id] = of_entity.get(official.id, 0) + 1

    def _choose(
        self, state: Assignment, directory: Directory, loads: Mapping[str, int], turn: int, now: datetime
    ) -> Official | None:
        assert state.submission is not None
        entity = directory.entities[str(state.entity)]
        team = colleagues(directory.country.officials, entity.id)
        team = [official for official in team if is_confided_to(official, state, entity)]
        area = state.area if state.area is not None else directory.areas.find(state.submission.location)
        among = candidates(team, area, now.astimezone(self._zone).date())
        above = with_groups_above(state.category, directory.categories)
        return chosen(entity.assigning, among, loads, above, turn)

    async def _put(self, case: Aggregate[Assignment], official: Official, way: Way, now: datetime) -> bool:
        """Unless something else became of it meanwhile."""
        seen = case.state

        def decide(aggregate: Aggregate[Assignment]) -> Decision[Assignment] | None:
            before = aggregate.state
            if before is None or seen is None or (before.entity, before.charge) != (seen.entity, seen.charge):
                return None
            return stays_erased(put_in_charge(case.id, before, official.id, way, None, now))

        try:
            given = await self._assignments.change(case.id, decide, now, Cause(f"staffing-{case.id}"))
        except (Conflict, NotPossible):
            return False
        PUT_IN_CHARGE.labels(way).inc()
        return given.changed


def _by_themselves(directory: Directory) -> list[str]:
    """The entities that want it so."""
    return [entity.id for entity in directory.country.entities if entity.assigning != "hand"]
