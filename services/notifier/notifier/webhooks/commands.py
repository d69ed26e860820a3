"""What owners do with their endpoints, and who may."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID, uuid4, uuid5

from shared.events.envelope import Cause
from shared.events.model import Role
from shared.http.auth import Caller
from shared.http.commands import CommandKey, SeenVersions, answer_once, differs, key_reused
from shared.privacy.contacts import Contact, KeyRing
from shared.reference.directory import Directory
from shared.storage.aggregates import Decision, Document, StoredAggregate

from notifier.channels.webhook import Poster
from notifier.contacts.store import Contacts, StoredContact
from notifier.webhooks.delivery_store import WebhookDeliveries
from notifier.webhooks.endpoint_store import WebhookEndpoints
from notifier.webhooks.model import (
    Delivery,
    DeliveryState,
    Endpoint,
    Partner,
    Paused,
    Subscriptions,
    allowed_events,
    make_test_delivery,
    verdict,
)
from notifier.webhooks.sending import SecretBox, attempt

MOST_OF_ONE_OWNER = 5
MOST_REPLAYED = 10_000
OWNERS = (Role.SUPERVISOR, Role.HEAD)

Changed = StoredAggregate[Endpoint]


class EndpointNotFound(Exception):
    """No such endpoint, or none that this caller may know of."""


class NotPermitted(Exception):
    """Not for this role, or another entity's."""


class TooManyEndpoints(Exception):
    """So many endpoints nobody needs."""


class InvalidRegistration(Exception):
    """Events that this owner is not told of, or an entity that is not there."""


class VersionDiffers(Exception):
    """Changed since the caller read it."""


class SubscriberSnapshot:
    """Who may be told of something: a snapshot in the process, renewed now and then."""

    def __init__(self, endpoints: WebhookEndpoints) -> None:
        self.endpoints = endpoints
        self.now: Subscriptions = ()

    async def renew(self) -> None:
        self.now = await self.endpoints.subscriptions()


def owner_contact(id: str) -> str:
    """The key of the mail address that a partner's endpoint has for notices."""
    return f"{id}/webhook-owner"


class WebhookCommands:
    def __init__(
        self,
        endpoints: WebhookEndpoints,
        deliveries: WebhookDeliveries,
        contacts: Contacts,
        directory: Directory,
        subscribers: SubscriberSnapshot,
        ring: KeyRing,
        poster: Poster,
        clock: Callable[[], datetime],
        wake: Callable[[], None],
    ) -> None:
        self.endpoints = endpoints
        self.deliveries = deliveries
        self.contacts = contacts
        self.directory = directory
        self.subscribers = subscribers
        self.secrets = SecretBox(ring)
        self.ring = ring
        self.poster = poster
        self.clock = clock
        self.wake = wake

    async def seen_by(self, caller: Caller) -> list[Changed]:
        """Those that the caller may manage, the oldest first."""
        if caller.has(Role.ADMINISTRATOR):
            return await self.endpoints.of(None, None)
        entity = caller.entity if caller.has(*OWNERS) else None
        return await self.endpoints.of(entity, caller.subject)

    async def find(self, id: str, caller: Caller) -> Changed:
        """Raises Unknown."""
        found = await self.endpoints.aggregates.find(id)
        if found is None or found.state is None or not may_manage(caller, found.state):
            raise EndpointNotFound
        return found

    async def register(
        self,
        caller: Caller,
        entity: str | None,
        partner: Partner | None,
        mail: str | None,
        url: str,
        events: tuple[str, ...],
        description: str,
        key: CommandKey | None,
        cause: Cause,
    ) -> Changed:
        """Raises MayNot, NotOffered, NotOutside, TooMany."""
        entity, partner = await self._whose(caller, entity, partner)
        self._check(url, events, partner is not None)
        now = self.clock()
        id = str(uuid5(NAMESPACE, key.key)) if key else str(uuid4())
        already = await self.endpoints.of(entity, partner.subject if partner else None)
        if len(already) >= MOST_OF_ONE_OWNER and id not in {each.id for each in already}:
            raise TooManyEndpoints
        endpoint = Endpoint(
            url=url,
            description=description,
            events=events,
            entity=entity,
            partner=partner,
            secrets=(self.secrets.make(id, now),),
            made_at=now,
            made_by=caller.subject,
        )
        made = await self._change(id, lambda before: before or endpoint, key, cause)
        if partner:  # without an address too: a notice to it then ends, and waits for none
            contact, address = Contact(name=partner.name, email=mail), owner_contact(id)
            await self.contacts.store([StoredContact(address, self.ring.seal(contact, address))])
        return made

    async def _whose(
        self, caller: Caller, entity: str | None, partner: Partner | None
    ) -> tuple[str | None, Partner | None]:
        if caller.has(Role.ADMINISTRATOR):
            if (entity is None) == (partner is None):
                raise InvalidRegistration("entity")
        elif caller.has(*OWNERS):
            entity = entity or caller.entity
            if partner is not None or entity is None or entity != caller.entity:
                raise NotPermitted
        else:  # a partner, who was admitted with a first endpoint
            theirs = await self.endpoints.of(None, caller.subject)
            known = next((each.state.partner for each in theirs if each.state and each.state.partner), None)
            if known is None or entity is not None or partner is not None:
                raise NotPermitted
            partner = known
        if entity is not None and entity not in self.directory.entities:
            raise InvalidRegistration("entity")
        return entity, partner

    def _check(self, url: str, events: tuple[str, ...], is_partner: bool) -> None:
        if not set(events) <= allowed_events(is_partner):
            raise InvalidRegistration("events")
        self.poster.outside.reach.check_url(url)

    async def change(
        self,
        id: str,
        caller: Caller,
        seen: SeenVersions,
        url: str,
        events: tuple[str, ...],
        description: str,
        key: CommandKey | None,
        cause: Cause,
    ) -> Changed:
        found = await self.find(id, caller)
        self._check(url, events, found.state is not None and found.state.partner is not None)
        values = {"url": url, "events": events, "description": description}
        return await self._change(id, lambda before: _known(before).model_copy(update=values), key, cause, seen)

    async def rotate(self, id: str, caller: Caller, key: CommandKey | None, cause: Cause) -> Changed:
        await self.find(id, caller)
        now = self.clock()
        new = self.secrets.make(id, now)
        return await self._change(id, lambda before: _known(before).rotated(new, now), key, cause)

    async def pause(self, id: str, caller: Caller, key: CommandKey | None, cause: Cause) -> Changed:
        """What happens meanwhile waits."""
        await self.find(id, caller)
        paused = Paused(at=self.clock(), dead=False)

        def _paused(before: Endpoint | None) -> Endpoint:
            known = _known(before)
            return known if known.paused else known.model_copy(update={"paused": paused})

        return await self._change(id, _paused, key, cause)

    async def resume(self, id: str, caller: Caller, leave_out: bool, key: CommandKey | None, cause: Cause) -> Changed:
        """`leave_out`: what waits is not sent; it can be replayed later."""
        found = await self.find(id, caller)
        if _answered(found, key) is None:  # asked once more it must not leave out what waits by now
            if leave_out:
                await self.deliveries.leave_out(id, self.clock())
            await self.endpoints.forgive(id)
        return await self._change(id, lambda before: _known(before).model_copy(update={"paused": None}), key, cause)

    async def remove(self, id: str, caller: Caller, key: CommandKey | None, cause: Cause) -> None:
        there = await self.endpoints.aggregates.find(id)
        if there is not None and _answered(there, key) is not None:
            return  # removed, and asked once more
        await self.find(id, caller)
        now = self.clock()
        gone = {"removed_at": now, "secrets": (), "paused": None, "partner": None}
        await self._change(id, lambda before: _known(before).model_copy(update=gone), key, cause)
        await self.deliveries.leave_out(id, now)
        await self.contacts.store([StoredContact(owner_contact(id), None)])

    async def replay(
        self, id: str, caller: Caller, since: datetime, until: datetime, key: CommandKey | None, cause: Cause
    ) -> int:
        """How many wait again."""
        found = await self.find(id, caller)
        if (answered := _answered(found, key)) is not None:
            return int(answered["again"])
        again = await self.deliveries.replay(id, since, until, MOST_REPLAYED)
        noted = {"replayed_at": self.clock()}
        await self._change(
            id, lambda before: _known(before).model_copy(update=noted), key, cause, answer={"again": again}
        )
        return again

    async def test(self, id: str, caller: Caller, key: CommandKey | None) -> Delivery:
        """Sent at once, also where the endpoint is paused, and kept in the log."""
        found = await self.find(id, caller)
        test_id = str(uuid5(NAMESPACE, f"{key.key}{key.fingerprint}")) if key else str(uuid4())
        if key and (tested := await self.deliveries.find(test_id)):
            return tested
        endpoint = _known(found.state)
        delivery = make_test_delivery(test_id, id, self.clock())
        tried = await attempt(self.poster, self.secrets, id, endpoint, delivery, self.clock)
        taken = verdict(tried.status) == "taken"
        tested = delivery.model_copy(
            update={
                "state": (DeliveryState.DELIVERED if taken else DeliveryState.FAILED).value,
                "attempts": 1,
                "tries": (tried,),
                "done_at": tried.at,
            }
        )
        await self.deliveries.keep(tested)
        return tested

    async def _change(
        self,
        id: str,
        decide: Callable[[Endpoint | None], Endpoint],
        key: CommandKey | None,
        cause: Cause,
        seen: SeenVersions = None,
        answer: Document | None = None,
    ) -> Changed:
        def _decide(aggregate: Changed) -> Decision[Endpoint] | None:
            if differs(seen, aggregate.version):
                raise VersionDiffers
            after = decide(aggregate.state)
            return None if after == aggregate.state else Decision(after)

        once, remember, _ = answer_once(key, _decide, lambda aggregate: answer or {})
        changed = await self.endpoints.aggregates.change(id, once, self.clock(), cause, remember)
        await self.subscribers.renew()
        self.wake()
        return changed


NAMESPACE = UUID("9b1d6f1a-3a60-4a0e-8e0d-6c1a2f6d9e11")


def may_manage(caller: Caller, endpoint: Endpoint) -> bool:
    if endpoint.removed_at is not None:
        return False
    if caller.has(Role.ADMINISTRATOR):
        return True
    if endpoint.partner is not None:
        return endpoint.partner.subject == caller.subject
    return caller.entity == endpoint.entity and caller.has(*OWNERS)


def _answered(found: Changed, key: CommandKey | None) -> Document | None:
    """What this command was answered before. Raises Problem 409 where the key was used for another one."""
    kept = found.commands.get(key.key) if key else None
    if kept is not None and key is not None and kept["fingerprint"] != key.fingerprint:
        raise key_reused()
    return kept["answer"] if kept is not None else None


def _known(endpoint: Endpoint | None) -> Endpoint:
    if endpoint is None or endpoint.removed_at is not None:
        raise EndpointNotFound
    return endpoint
