"""A planned notification made ready for its channel: the address looked up, the words written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.contacts import Contact, KeyRing
from shared.directory import Directory

from notifier.channels import Message
from notifier.domain.notifications import TOO_OLD, Notification, State
from notifier.domain.outcomes import Outcome, waiting_pause
from notifier.domain.withholding import ASKING, ONLY_ASKS, OVERTAKEN, UNCONFIRMED, withheld
from notifier.links import Links
from notifier.rendering import Messages
from notifier.repository import StoredContact

FOLLOWER = "follower"
SAID_TO_STRANGERS = ("reference", "kind")
"""Of what it is about, to whoever reads an address that nobody has confirmed."""


@dataclass(frozen=True)
class Addressee:
    """`asking` names the template that asks to confirm the address, in place of the planned one."""

    address: str
    name: str | None
    link: str
    asking: str | None = None


class AddressBook:
    """`withheld_for`: how long mail waits for an address to be confirmed."""

    def __init__(
        self, directory: Directory, ring: KeyRing, messages: Messages, links: Links, withheld_for: timedelta
    ) -> None:
        self.directory = directory
        self.ring = ring
        self.messages = messages
        self.links = links
        self.withheld_for = withheld_for

    def address(
        self, notification: Notification, contacts: Mapping[str, StoredContact], now: datetime
    ) -> Message | Outcome:
        """The message, or what became of the notification instead. Raises Unreadable for a key not on the ring."""
        was_withheld = notification.reason == UNCONFIRMED
        longest = self.withheld_for if was_withheld else TOO_OLD
        if now - (notification.released_at or notification.event_at) > longest:
            return _cancelled(notification, UNCONFIRMED if was_withheld else "too old")
        found = self._addressee(notification, contacts, now)
        if isinstance(found, Outcome):
            return found
        if notification.template in ONLY_ASKS and not found.asking:  # confirmed meanwhile, by the first mail
            return _cancelled(notification, OVERTAKEN)
        template, params = notification.template, notification.params
        if found.asking:  # to somebody who may be a stranger: nothing of what it is about
            template, params = found.asking, {name: params[name] for name in SAID_TO_STRANGERS}
        rendered = self.messages.render(template, notification.language, params, found.name, found.link)
        return Message(
            id=notification.id,
            thread=notification.submission_id,
            address=found.address,
            name=found.name,
            language=notification.language,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            created_at=notification.created_at,
        )

    def _addressee(
        self, notification: Notification, contacts: Mapping[str, StoredContact], now: datetime
    ) -> Addressee | Outcome:
        reference = notification.params["reference"]
        if notification.recipient_kind == "contact":
            return self._contact(notification, contacts.get(notification.recipient), now)
        if notification.recipient_kind == "official":
            official = self.directory.officials.get(notification.recipient)
            if official is None or not official.active:
                return _cancelled(notification, "left the office")
            if not official.email:
                return _cancelled(notification, "no address")
            name = str(getattr(official.name, notification.language))
            return Addressee(official.email, name, self.links.desk(reference))
        entity = self.directory.entities.get(notification.recipient)
        if entity is None or not entity.email:
            return _cancelled(notification, "no address")
        name = str(getattr(entity.name, notification.language))
        return Addressee(entity.email, name, self.links.desk(reference))

    def _contact(self, notification: Notification, stored: StoredContact | None, now: datetime) -> Addressee | Outcome:
        """The author, or who follows by mail."""
        if stored is None or (stored.sealed is None and not stored.is_erased):
            return _waiting(notification, now)
        if stored.sealed is None:
            return _cancelled(notification, "erased")
        contact = self.ring.open(stored.sealed, notification.recipient)
        if not contact.email:
            return _cancelled(notification, "no address")
        if contact.confirmation and not stored.is_confirmed:
            asking = ASKING.get(notification.template)
            if asking is None:
                return withheld(notification, self.withheld_for, now)
            # Without the name: whoever filed could have anything written to a stranger in it.
            return Addressee(contact.email, None, self._link(notification, contact, contact.confirmation), asking)
        return Addressee(contact.email, contact.name, self._link(notification, contact))

    def _link(self, notification: Notification, contact: Contact, confirming: str | None = None) -> str:
        """Who follows by mail has one link, which confirms and stops."""
        reference = notification.params["reference"]
        if notification.audience == FOLLOWER:
            contact_id = notification.recipient.rpartition("/")[2]
            return self.links.following(reference, contact_id, contact.secret or "")
        return (
            self.links.confirmation(reference, confirming)
            if confirming
            else self.links.tracking(reference, contact.secret)
        )


def _cancelled(notification: Notification, reason: str) -> Outcome:
    return Outcome(notification, State.CANCELLED, reason)


def _waiting(notification: Notification, now: datetime) -> Outcome:
    waited = now - notification.event_at
    return Outcome(notification, State.CREATED, next_at=now + waiting_pause(waited), waiting_for=notification.recipient)
