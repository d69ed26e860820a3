"""An endpoint that takes nothing any more is paused, and its owner is told."""

from collections.abc import Callable, Iterator
from datetime import datetime
from urllib.parse import urlsplit

from shared.events.envelope import Cause
from shared.events.model import Role
from shared.reference.directory import Directory
from shared.storage.aggregates import Decision

from notifier.notifications.model import WEBHOOK_OWNER, Notification, RecipientKind, State, notification_id
from notifier.planning.recipients import LANGUAGE_OF_ENTITIES
from notifier.webhooks.commands import owner_contact
from notifier.webhooks.endpoint_store import WebhookEndpoints
from notifier.webhooks.model import Endpoint, Paused

TEMPLATE = "webhook-paused"


class PauseDeadEndpoint:
    def __init__(
        self,
        endpoints: WebhookEndpoints,
        directory: Directory,
        clock: Callable[[], datetime],
        wake_dispatchers: Callable[[], None],
    ) -> None:
        self.endpoints = endpoints
        self.directory = directory
        self.clock = clock
        self.wake_dispatchers = wake_dispatchers

    async def __call__(self, id: str, reason: str) -> bool:
        """Whether it was still there to be paused. Raises VersionMiss where its owner changed it meanwhile."""
        found = await self.endpoints.aggregates.find(id)
        if found is None or found.state is None or found.state.paused or found.state.removed_at:
            return False
        now = self.clock()
        paused = found.state.model_copy(update={"paused": Paused(at=now, dead=True, reason=reason)})
        notices = list(self._notices(id, found.state, now))
        found.apply(Decision(paused), self.endpoints.aggregates.source, now, Cause("none"))
        await self.endpoints.pause(found, notices)
        self.wake_dispatchers()
        return True

    def _notices(self, id: str, endpoint: Endpoint, now: datetime) -> Iterator[Notification]:
        event_id = f"{id}/paused/{now.isoformat()}"
        host = urlsplit(endpoint.url).hostname or ""
        for kind, recipient, language, channel in self._owners(id, endpoint):
            notice = Notification(
                id=notification_id(event_id, recipient, channel, TEMPLATE),
                submission_id=id,
                event_id=event_id,
                about="WebhookPaused",
                correlation_id="none",
                audience=WEBHOOK_OWNER,
                recipient_kind=kind,
                recipient=recipient,
                channel="inbox" if channel == "inbox" else "mail",
                template=TEMPLATE,
                language=language,
                params={"endpoint": host},
                mandatory=True,
                event_at=now,
                created_at=now,
                changed_at=now,
            )
            if channel == "inbox":
                yield notice.model_copy(update={"state": State.DELIVERED.value, "sent_at": now})
            else:
                yield notice.model_copy(update={"next_at": now})

    def _owners(self, id: str, endpoint: Endpoint) -> Iterator[tuple[RecipientKind, str, str, str]]:
        if endpoint.partner is not None:
            yield "subject", endpoint.partner.subject, endpoint.partner.language, "inbox"
            yield "contact", owner_contact(id), endpoint.partner.language, "mail"
            return
        entity = endpoint.entity or ""
        officials = self.directory.officials_of(entity, {Role.SUPERVISOR, Role.HEAD})
        for official in officials:
            yield "official", official.official, official.language, "inbox"
            if official.email:
                yield "official", official.official, official.language, "mail"
        if not officials:
            yield "entity", entity, LANGUAGE_OF_ENTITIES, "mail"
