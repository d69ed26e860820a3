"""Who wanted no mail before there were preferences was noted among the suppressed addresses: it is their choice."""

import logging
from datetime import datetime

from pydantic import ValidationError
from shared.events.envelope import Cause
from shared.storage.aggregates import Aggregate, Decision

from notifier.contacts.suppression_store import Suppressions
from notifier.preferences.model import Preferences, address_id
from notifier.preferences.store import PreferenceStore

logger = logging.getLogger(__name__)


class TakingOver:
    def __init__(self, suppressions: Suppressions, preferences: PreferenceStore) -> None:
        self.suppressions = suppressions
        self.preferences = preferences

    async def once(self) -> None:
        """Several processes may do so side by side. A choice of who has preferences that a newer version wrote so
        that they cannot be read is left for the next time, and little is told to them meanwhile. Raises Conflict where
        others change one again and again."""
        count = 0
        async for mark, since in self.suppressions.stopped_earlier():
            try:
                await self._stop(mark, since)
            except ValidationError as error:
                logger.warning("an earlier choice was not taken over", extra={"error": type(error).__name__})
                continue
            await self.suppressions.forget_stop(mark)
            count += 1
        if count:
            logger.info("earlier choices taken over", extra={"count": count})

    async def _stop(self, mark: str, since: datetime) -> None:
        def _decide(aggregate: Aggregate[Preferences]) -> Decision[Preferences] | None:
            before = aggregate.state or Preferences()
            if any(each.at > since and "all" in each.chosen for each in before.consents):
                return None  # they have said otherwise since
            after = before.agreed(before.model_copy(update={"stopped": True}), since, "earlier", "", "")
            return Decision(after) if after is not None else None

        await self.preferences.change(address_id(mark), _decide, since, Cause("none"))
