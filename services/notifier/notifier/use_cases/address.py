"""A planned notification made ready for its channel: the address looked up, the words written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.contacts import Contact, KeyRing
from shared.directory import Directory

from notifier.channels import Message
from notifier.domain.notifications import TOO_OLD, Notification, State
from notifier.domain.outcomes import Outcome, waiting_pause
from notifier.links import Links
from notifier.rendering import Messages
from notifier.repository import StoredContact


@dataclass(frozen=True)
class Addressee:
    address: str
    name: str | None
    link: str


class AddressBook:
    def __init__(self, directory: Directory, ring: KeyRing, messages: Messages, links: Links) -> None:
        self.directory = directory
        self.ring = ring
        self.messages = messages
        self.links = links

    def address(
        self, notification: Notification, contacts: Mapping[str, StoredContact], now: datetime
    ) -> Message | Outcome:
        """The message, or what became of the notification instead. Raises Unreadable for a key not on the ring."""
        if now - notification.event_at > TOO_OLD:
            return _cancelled(notification, "too old")
        found = self._addressee(notification, contacts, now)
        if isinstance(found, Outcome):
            return found
        rendered = self.messages.render(
            notification.template, notification.language, notification.params, found.name, found.link
        )
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
            stored = contacts.get(notification.recipient)
            if stored is None:
                return _waiting(notification, now)
            if stored.sealed is None:
                return _cancelled(notification, "erased")
            contact: Contact = self.ring.open(stored.sealed, notification.recipient)
            if not contact.email:
                return _cancelled(notification, "no address")
            return Addressee(contact.email, contact.name, self.links.tracking(reference, contact.secret))
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


def _cancelled(notification: Notification, reason: str) -> Outcome:
    return Outcome(notification, State.CANCELLED, reason)


def _waiting(notification: Notification, now: datetime) -> Outcome:
    waited = now - notification.event_at
    return Outcome(notification, State.CREATED, next_at=now + waiting_pause(waited), waiting_for=notification.recipient)
