"""Publishes calendars and policies as one whole, once per Idempotency-Key."""

from datetime import datetime

from shared.http.auth import Caller
from shared.http.commands import CommandKey, SeenVersions, differs
from shared.storage.aggregates import Conflict, Document

from sla_monitor.access.errors import ChangedMeanwhile, VersionDiffers
from sla_monitor.calendar_admin.commands import earlier_policies, next_rulebook
from sla_monitor.calendar_admin.model import CalendarsAndPolicies, Published
from sla_monitor.calendars.checks import RulebookRefused, faults
from sla_monitor.calendars.public_holidays import COUNTRIES, holidays_of
from sla_monitor.calendars.rulebook import Rulebook
from sla_monitor.calendars.store import RulebookStore
from sla_monitor.timekeeping.reference import Reference


class RulebookPublisher:
    def __init__(self, store: RulebookStore, reference: Reference) -> None:
        self.store = store
        self.reference = reference

    async def publish(
        self,
        definitions: CalendarsAndPolicies,
        caller: Caller,
        seen: SeenVersions,
        key: CommandKey | None,
        now: datetime,
    ) -> Published:
        """Raises Refused with every fault, VersionDiffers and ChangedMeanwhile."""
        try:
            answer = await self.store.answers.once(key, lambda: self._publish(definitions, caller, seen, key, now))
        except Conflict as error:
            raise ChangedMeanwhile from error
        await self.reference.rulebooks.renew()
        return Published.model_validate(answer)

    async def _publish(
        self,
        definitions: CalendarsAndPolicies,
        caller: Caller,
        seen: SeenVersions,
        key: CommandKey | None,
        now: datetime,
    ) -> Document:
        """Return the answer, which is stored under `key` with the rulebook that is now the newest."""
        await self.reference.rulebooks.renew()
        newest = self.reference.rulebooks.newest
        if differs(seen, newest.version if newest else 0):
            raise VersionDiffers
        following = self.would_follow(definitions, caller, now)
        if following is None:
            assert newest is not None
            answer = self._answer(newest, changed=False)
            await self.store.answers.keep(newest.version, key, answer)
            return answer
        answer = self._answer(following, changed=True)
        await self.store.publish(following, key, answer)
        return answer

    def would_follow(self, definitions: CalendarsAndPolicies, caller: Caller, now: datetime) -> Rulebook | None:
        """Return the rulebook that publishing would make; None where nothing changed. Raises Refused."""
        rulebooks, entities = self.reference.rulebooks, self.reference.directory.entities
        calendars, policies = definitions.calendars, definitions.policies
        worked_by = {id: entity.calendar for id, entity in entities.items() if entity.active}
        found = faults(calendars, policies, COUNTRIES, worked_by, earlier_policies(policies, rulebooks))
        if found:
            raise RulebookRefused(found)
        return next_rulebook(calendars, policies, rulebooks, holidays_of, now, caller.subject, definitions.reason)

    def _answer(self, rulebook: Rulebook, *, changed: bool) -> Document:
        named = {policy.definition.entity for policy in rulebook.policies if policy.definition.entity}
        return Published(
            version=rulebook.version,
            changed=changed,
            calendars={calendar.id: calendar.version for calendar in rulebook.calendars},
            policies={policy.id: policy.version for policy in rulebook.policies},
            unknown_entities=sorted(named - self.reference.directory.entities.keys()),
        ).model_dump(mode="json")
