"""Decides which notifications are not sent now: outdated, wanted in a digest, in quiet hours, part of a burst, or
beyond the daily limit.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from shared.storage.aggregates import Aggregates

from notifier.cases.model import Case
from notifier.contacts.address_marks import AddressMarks
from notifier.contacts.recipient_facts import RecipientFacts
from notifier.deferral.day_count_store import DayCounts
from notifier.deferral.digests import DIGEST, LIMIT
from notifier.deferral.message_grouping import (
    BURST,
    bursts,
    can_be_grouped,
    can_wait,
    counts_towards_daily_limit,
    is_pushed,
)
from notifier.deferral.model import HoldingRules, held, hold, is_overtaken, may_be_overtaken
from notifier.deferral.quiet_hours import quiet_until
from notifier.deferral.store import HeldNotifications
from notifier.deferral.withholding import OVERTAKEN
from notifier.notifications.model import Notification, State
from notifier.notifications.outcomes import Outcome
from notifier.preferences.model import NOTHING_CHOSEN
from notifier.sending.addressing import AddressBook

LATE = timedelta(seconds=60)
"""A notification that is sent sooner is not checked for being outdated."""

COUNTED_FOR = timedelta(days=2)

Instead = Mapping[str, Outcome]
"""By notification."""


class Deferral:
    def __init__(
        self,
        book: AddressBook,
        cases: Aggregates[Case],
        held: HeldNotifications,
        counts: DayCounts,
        marks: AddressMarks,
        rules: HoldingRules,
        clock: Callable[[], datetime],
    ) -> None:
        self.book = book
        self.cases = cases
        self.held = held
        self.counts = counts
        self.marks = marks
        self.rules = rules
        self.clock = clock

    async def of(self, claimed: Sequence[Notification], known: RecipientFacts) -> Instead:
        """The outcomes of the notifications that are not sent now.

        Except for quiet hours, only notifications that would be sent are considered: one that its recipient has
        switched off, or whose address is not confirmed, is neither grouped nor counted towards the daily limit.
        """
        now = self.clock()
        instead = await self._overtaken(claimed, now)
        known = replace(known, instead=instead)
        # Whether it would go is as dear as telling it: asked only where something might hold it.
        may_hold = self.rules.burst or self.rules.per_day
        asked = [each for each in claimed if can_wait(each) and (may_hold or each.id in known.wishes)]
        going = {each.id for each in asked if self.book.would_go(each, known, now)}

        def _left(among: Callable[[Notification], bool]) -> list[Notification]:
            return [each for each in claimed if each.id in going and each.id not in instead and among(each)]

        instead |= self._digests(_left(can_be_grouped), known, now)
        instead |= self._quiet([each for each in claimed if each.id not in instead], known, now)
        instead |= await self._bursts(_left(can_be_grouped), now)
        instead |= await self._beyond_the_limit(_left(counts_towards_daily_limit), known, now)
        return instead

    async def cases_of(self, submissions: Sequence[str]) -> Mapping[str, Case]:
        found = await self.cases.load(sorted(set(submissions)))
        return {id: case.state for id, case in found.items() if case.state is not None}

    async def _overtaken(self, claimed: Sequence[Notification], now: datetime) -> dict[str, Outcome]:
        """Cancel late notifications that are outdated."""
        late = [each for each in claimed if may_be_overtaken(each) and now - each.event_at > LATE]
        cases = await self.cases_of([each.submission_id for each in late]) if late else {}
        return {
            each.id: Outcome(each, State.CANCELLED, OVERTAKEN)
            for each in late
            if is_overtaken(each, cases.get(each.submission_id))
        }

    def _digests(self, sharing: Sequence[Notification], known: RecipientFacts, now: datetime) -> Instead:
        """Hold notifications that their recipients want in a digest."""
        gathered: dict[str, Outcome] = {}
        for each in sharing:
            wishes = known.wishes.get(each.id, NOTHING_CHOSEN)
            way = wishes.way(each.matter, each.about, each.channel)
            if way != "now" and way != "off":
                gathered[each.id] = hold(each, self.rules.next_digest(way, wishes, now), DIGEST)
        return gathered

    def _quiet(self, left: Sequence[Notification], known: RecipientFacts, now: datetime) -> Instead:
        """Hold notifications until quiet hours end. Outside the usual quiet hours only recipients with preferences
        are checked.
        """
        is_quiet = quiet_until(now, self.rules.quiet, self.rules.zone) is not None
        asked = left if is_quiet else [each for each in left if each.id in known.wishes]
        outcomes = {each.id: held(each, known.wishes.get(each.id, NOTHING_CHOSEN), self.rules, now) for each in asked}
        return {id: outcome for id, outcome in outcomes.items() if outcome is not None}

    async def _bursts(self, sharing: Sequence[Notification], now: datetime) -> Instead:
        """Hold notifications that belong to a burst."""
        if not sharing or not self.rules.burst:
            return {}
        before = await self.held.before(sharing, self.rules.burst, now)
        waits = bursts(sharing, before, self.rules.burst, now)
        return {each.id: hold(each, waits[each.id], BURST) for each in sharing if each.id in waits}

    async def _beyond_the_limit(self, counted: Sequence[Notification], known: RecipientFacts, now: datetime) -> Instead:
        """Hold notifications beyond the daily limit of an address. A push notification is cancelled instead, because
        the inbox has it.
        """
        if not counted or not self.rules.per_day:
            return {}
        wishes = {each.id: known.wishes.get(each.id, NOTHING_CHOSEN) for each in counted}
        wanted: dict[str, list[str]] = defaultdict(list)
        for each in counted:
            at = each.recipient if is_pushed(each) else self.marks.newest(known.reached[each.id][0])
            today = now.astimezone(self.rules.zone_of(wishes[each.id])).date()
            wanted[f"{at}/{today}"].append(each.id)
        placed = await self.counts.take_places(wanted, self.rules.per_day, now + COUNTED_FOR)
        beyond = [each for each in counted if each.id not in placed]
        return {
            each.id: Outcome(each, State.CANCELLED, LIMIT)
            if is_pushed(each)
            else hold(each, self.rules.after_the_limit(each, wishes[each.id], now), LIMIT)
            for each in beyond
        }
