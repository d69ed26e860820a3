"""Owners register, change, pause, replay and remove their endpoints; these commands decide who may."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4, uuid5

from shared.events.envelope import Cause
from shared.events.model import Role
from shared.http.auth import Caller
from shared.http.commands import CommandKey, SeenVersions, answer_once, differs, key_reused
from shared.privacy.audit import RequestAudit
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
    """There is no such endpoint, or the caller must not know of it."""


class NotPermitted(Exception):
    """The caller's role does not allow it, or the endpoint would be another entity's."""


class TooManyEndpoints(Exception):
    """The owner already has the most endpoints that one owner can have."""


class InvalidRegistration(Exception):
    """The events are not offered to this owner, or the entity does not exist."""


class VersionDiffers(Exception):
    """The endpoint changed since the caller read it."""


class SubscriberSnapshot:
    """The subscriptions of all endpoints: a snapshot in this process, renewed from time to time."""

    def __init__(self, endpoints: WebhookEndpoints) -> None:
        self.endpoints = endpoints
        self.now: Subscriptions = ()

    async def renew(self) -> None:
        self.now = await self.endpoints.subscriptions()


@dataclass(frozen=True)
class CommandContext:
    """The circumstances of a command: who gave it, under which `Idempotency-Key`, and where it is audited."""

    caller: Caller
    key: CommandKey | None
    cause: Cause
    audit: RequestAudit

    async def record(self, action: str, id: str) -> None:
        await self.audit.record(self.caller, action, "webhook", [id], "looks after it")


@dataclass(frozen=True)
class Registration:
    """The new endpoint; `entity` and `partner` are both absent if a head, supervisor or partner registers their own.

    `mail`: where a partner is told that the endpoint was paused.
    """

    url: str
    events: tuple[str, ...]
    description: str
    entity: str | None = None
    partner: Partner | None = None
    mail: str | None = None


def owner_contact(id: str) -> str:
    """The key under which a partner's mail address for notices is stored."""
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

    async def managed_by(self, caller: Caller) -> list[Changed]:
        """The endpoints that the caller may manage, the oldest first."""
        if caller.has(Role.ADMINISTRATOR):
            return await self.endpoints.of(None, None)
        entity = caller.entity if caller.has(*OWNERS) else None
        return await self.endpoints.of(entity, caller.subject)

    async def find(self, id: str, caller: Caller) -> Changed:
        """Raises EndpointNotFound."""
        found = await self.endpoints.aggregates.find(id)
        if found is None or found.state is None or not may_manage(caller, found.state):
            raise EndpointNotFound
        return found

    async def register(self, sent: Registration, context: CommandContext) -> Changed:
        """Raises NotPermitted, InvalidRegistration, AddressNotAllowed, TooManyEndpoints."""
        caller, key = context.caller, context.key
        entity, partner = await self._owner(caller, sent.entity, sent.partner)
        self._check(sent.url, sent.events, partner is not None)
        now = self.clock()
        id = str(uuid5(NAMESPACE, key.key)) if key else str(uuid4())
        already = await self.endpoints.of(entity, partner.subject if partner else None)
        if len(already) >= MOST_OF_ONE_OWNER and id not in {each.id for each in already}:
            raise TooManyEndpoints
        endpoint = Endpoint(
            url=sent.url,
            description=sent.description,
            events=sent.events,
            entity=entity,
            partner=partner,
            secrets=(self.secrets.make(id, now),),
            made_at=now,
            made_by=caller.subject,
        )
        made = await self._change(id, lambda before: before or endpoint, context)
        if partner:  # stored without an address too, so that a notice to it ends instead of waiting for the contact
            contact, address = Contact(name=partner.name, email=sent.mail), owner_contact(id)
            await self.contacts.store([StoredContact(address, self.ring.seal(contact, address))])
        await context.record("register", id)
        return made

    async def _owner(
        self, caller: Caller, entity: str | None, partner: Partner | None
    ) -> tuple[str | None, Partner | None]:
        if caller.has(Role.ADMINISTRATOR):
            if (entity is None) == (partner is None):
                raise InvalidRegistration("entity")
        elif caller.has(*OWNERS):
            entity = entity or caller.entity
            if partner is not None or entity is None or entity != caller.entity:
                raise NotPermitted
        else:  # a partner, whose first endpoint an administrator registered
            theirs = await self.endpoints.of(None, caller.subject)
            partners = (each.state.partner for each in theirs if each.state and each.state.partner)
            registered = next(partners, None)
            if registered is None or entity is not None or partner is not None:
                raise NotPermitted
            partner = registered
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
        url: str,
        events: tuple[str, ...],
        description: str,
        seen: SeenVersions,
        context: CommandContext,
    ) -> Changed:
        found = await self.find(id, context.caller)
        self._check(url, events, found.state is not None and found.state.partner is not None)
        values = {"url": url, "events": events, "description": description}
        changed = await self._change(id, lambda before: _present(before).model_copy(update=values), context, seen)
        await context.record("change", id)
        return changed

    async def rotate(self, id: str, context: CommandContext) -> Changed:
        """Replace the secret."""
        await self.find(id, context.caller)
        now = self.clock()
        new = self.secrets.make(id, now)
        changed = await self._change(id, lambda before: _present(before).rotated(new, now), context)
        await context.record("rotate", id)
        return changed

    async def pause(self, id: str, context: CommandContext) -> Changed:
        """Events that happen during the pause wait."""
        await self.find(id, context.caller)
        paused = Paused(at=self.clock(), dead=False)

        def _paused(before: Endpoint | None) -> Endpoint:
            endpoint = _present(before)
            return endpoint if endpoint.paused else endpoint.model_copy(update={"paused": paused})

        changed = await self._change(id, _paused, context)
        await context.record("pause", id)
        return changed

    async def resume(self, id: str, leave_out: bool, context: CommandContext) -> Changed:
        """`leave_out`: waiting deliveries are not sent; they can be replayed later."""
        found = await self.find(id, context.caller)
        if _answered(found, context.key) is None:  # a repetition must not leave out what has come since
            if leave_out:
                await self.deliveries.leave_out(id, self.clock())
            await self.endpoints.forgive(id)
        changed = await self._change(id, lambda before: _present(before).model_copy(update={"paused": None}), context)
        await context.record("resume", id)
        return changed

    async def remove(self, id: str, context: CommandContext) -> None:
        existing = await self.endpoints.aggregates.find(id)
        if existing is None or _answered(existing, context.key) is None:
            await self._remove(id, context)
        await context.record("remove", id)

    async def _remove(self, id: str, context: CommandContext) -> None:
        await self.find(id, context.caller)
        now = self.clock()
        gone = {"removed_at": now, "secrets": (), "paused": None, "partner": None}
        await self._change(id, lambda before: _present(before).model_copy(update=gone), context)
        await self.deliveries.leave_out(id, now)
        await self.contacts.store([StoredContact(owner_contact(id), None)])

    async def replay(self, id: str, since: datetime, until: datetime, context: CommandContext) -> int:
        """Send the deliveries of a period again; the number of deliveries that wait again."""
        found = await self.find(id, context.caller)
        answered = _answered(found, context.key)
        again = int(answered["again"]) if answered is not None else await self._replay(id, since, until, context)
        await context.record("replay", id)
        return again

    async def _replay(self, id: str, since: datetime, until: datetime, context: CommandContext) -> int:
        again = await self.deliveries.replay(id, since, until, MOST_REPLAYED)
        replayed = {"replayed_at": self.clock()}
        await self._change(
            id, lambda before: _present(before).model_copy(update=replayed), context, answer={"again": again}
        )
        return again

    async def test(self, id: str, caller: Caller, key: CommandKey | None) -> Delivery:
        """Send a test at once, even to a paused endpoint, and keep it in the log."""
        found = await self.find(id, caller)
        test_id = str(uuid5(NAMESPACE, f"{key.key}{key.fingerprint}")) if key else str(uuid4())
        if key and (tested := await self.deliveries.find(test_id)):
            return tested
        endpoint = _present(found.state)
        delivery = make_test_delivery(test_id, id, self.clock())
        tried = await attempt(self.poster, self.secrets, id, endpoint, delivery, self.clock)
        is_taken = verdict(tried.status) == "taken"
        tested = delivery.model_copy(
            update={
                "state": (DeliveryState.DELIVERED if is_taken else DeliveryState.FAILED).value,
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
        context: CommandContext,
        seen: SeenVersions = None,
        answer: Document | None = None,
    ) -> Changed:
        def _decide(aggregate: Changed) -> Decision[Endpoint] | None:
            if differs(seen, aggregate.version):
                raise VersionDiffers
            after = decide(aggregate.state)
            return None if after == aggregate.state else Decision(after)

        once, remember, _ = answer_once(context.key, _decide, lambda aggregate: answer or {})
        changed = await self.endpoints.aggregates.change(id, once, self.clock(), context.cause, remember)
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
    """The earlier answer to this command, if there is one. Raises Problem 409 if another command had this key."""
    kept = found.commands.get(key.key) if key else None
    if kept is not None and key is not None and kept["fingerprint"] != key.fingerprint:
        raise key_reused()
    return kept["answer"] if kept is not None else None


def _present(endpoint: Endpoint | None) -> Endpoint:
    if endpoint is None or endpoint.removed_at is not None:
        raise EndpointNotFound
    return endpoint
