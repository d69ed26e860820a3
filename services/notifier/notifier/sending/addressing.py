"""Where a planned notification goes, if it still goes anywhere: by which address, and where its link leads."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.privacy.contacts import Contact, KeyRing, Unreadable
from shared.reference.directory import Directory

from notifier.channels.sms import mobile_number
from notifier.contacts.recipient_facts import RecipientFacts
from notifier.contacts.store import StoredContact
from notifier.contacts.suppression import Suppressed
from notifier.deferral.withholding import ASKING, ASKS_A_NUMBER, ONLY_ASKS, OVERTAKEN, UNCONFIRMED, withheld
from notifier.inbox.model import place_of
from notifier.notifications.model import OF_AN_ENTITY, TOO_OLD, WEBHOOK_OWNER, Notification, State
from notifier.notifications.outcomes import Outcome, by_another_channel, waiting_pause
from notifier.planning.table import CITIZENS, FOLLOWER
from notifier.preferences.model import NOTHING_CHOSEN, SWITCHED_OFF, UNSUBSCRIBED, Wishes
from notifier.rendering.links import Links, UnsubscribeTokens

NO_BROWSER = "no browser"
"""It was taken back meanwhile, or is somebody else's."""


@dataclass(frozen=True)
class Addressee:
    """`asking` names the template that asks to confirm the address, in place of the planned one.

    `unsubscribe`: where its reader stops such mails; `has_unsubscribed`: where they have, for this submission.
    `otherwise`: another channel reaches them as well. Of a browser `address` is its subscription, still sealed.
    """

    address: str
    name: str | None
    link: str
    asking: str | None = None
    unsubscribe: str | None = None
    has_unsubscribed: bool = False
    otherwise: bool = False


class UnreadablePreferences(Exception):
    """The recipient's preferences were written by a newer version: try again when this process is replaced."""


class AddressBook:
    """`withheld_for`: how long mail waits for an address to be confirmed.

    `sms_country`: of numbers without a prefix; None where nothing goes by SMS.
    """

    def __init__(
        self,
        directory: Directory,
        ring: KeyRing,
        links: Links,
        withheld_for: timedelta,
        sms_country: str | None = None,
    ) -> None:
        self.directory = directory
        self.ring = ring
        self.links = links
        self.tokens = UnsubscribeTokens(ring)
        self.withheld_for = withheld_for
        self.sms_country = sms_country

    def opened(self, contacts: Mapping[str, StoredContact]) -> Mapping[str, Contact]:
        """Each opened once; without those whose key is off the ring: these fail when they are to be sent."""
        opened: dict[str, Contact] = {}
        for key, stored in contacts.items():
            if stored.sealed is not None:
                with contextlib.suppress(Unreadable):
                    opened[key] = self.ring.open(stored.sealed, key)
        return opened

    def reached_at(self, notification: Notification, opened: Mapping[str, Contact]) -> Sequence[str]:
        """The address alone, where there is one, and besides a number the mail address by whose owner it is chosen."""
        if notification.recipient_kind == "official":
            official = self.directory.officials.get(notification.recipient)
            return [official.email] if official and official.email else []
        if notification.recipient_kind == "entity":
            entity = self.directory.entities.get(notification.recipient)
            return [entity.email] if entity and entity.email else []
        contact = opened.get(notification.recipient)
        if contact is None:
            return []
        reached = self._reached(contact, notification.channel)
        beside = contact.email if notification.channel != "mail" else None
        return [address for address in (reached, beside) if address]

    def would_go(self, notification: Notification, known: RecipientFacts, now: datetime) -> bool:
        """Whether it is ready to be handed over now. What cannot even be looked at is told as a failure of this one,
        when it is to be sent."""
        try:
            return isinstance(self.ready(notification, known, now), Addressee)
        except Exception:
            return False

    def ready(self, notification: Notification, known: RecipientFacts, now: datetime) -> Addressee | Outcome:
        """The addressee, or the outcome if nobody is notified. Raises Unreadable for a key that is not on the ring,
        and UnreadablePreferences.
        """
        was_withheld = notification.reason == UNCONFIRMED
        longest = self.withheld_for if was_withheld else TOO_OLD
        if now - (notification.released_at or notification.event_at) > longest:
            return _cancelled(notification, UNCONFIRMED if was_withheld else "too old")
        if (instead := known.instead.get(notification.id)) is not None:
            return instead
        found = self._addressee(notification, known, now)
        if isinstance(found, Outcome):
            return found
        if notification.template in ONLY_ASKS and not found.asking:  # confirmed meanwhile, by the first mail
            return _cancelled(notification, OVERTAKEN)
        wishes = known.wishes.get(notification.id, NOTHING_CHOSEN)
        if not wishes.readable:
            raise UnreadablePreferences
        return _stopped(notification, found, known.suppressed.get(found.address), wishes, now) or found

    def _addressee(self, notification: Notification, known: RecipientFacts, now: datetime) -> Addressee | Outcome:
        if notification.recipient_kind == "device":
            device = known.devices.get(notification.recipient)
            if device is None or not device.is_of(notification.person or notification.submission_id):
                return _cancelled(notification, NO_BROWSER)
            return Addressee(device.sealed, None, place_of(notification))
        if notification.recipient_kind == "contact":
            return self._contact(notification, known, now)
        link = self._link_of_official(notification)
        if notification.recipient_kind == "official":
            official = self.directory.officials.get(notification.recipient)
            if official is None or not official.active:
                return _cancelled(notification, "left the office")
            if not official.email:
                return _cancelled(notification, "no address")
            name = str(getattr(official.name, notification.language))
            return Addressee(official.email, name, link)
        entity = self.directory.entities.get(notification.recipient)
        if entity is None or not entity.email:
            return _cancelled(notification, "no address")
        name = str(getattr(entity.name, notification.language))
        return Addressee(entity.email, name, link)

    def _contact(self, notification: Notification, known: RecipientFacts, now: datetime) -> Addressee | Outcome:
        """The author, or who follows by mail."""
        stored = known.contacts.get(notification.recipient)
        if stored is None or (stored.sealed is None and not stored.is_erased):
            return _waiting(notification, now)
        if stored.sealed is None:
            return _cancelled(notification, "erased")
        contact = known.opened.get(stored.key) or self.ring.open(stored.sealed, stored.key)
        otherwise = self._goes_otherwise(notification, contact)
        address = self._reached(contact, notification.channel)
        if not address:
            return by_another_channel(notification, now) if otherwise else _cancelled(notification, "no address")
        if otherwise and known.suppressed.get(address) is Suppressed.BOUNCED:
            return by_another_channel(notification, now, Suppressed.BOUNCED)
        token = self.tokens.write(notification.recipient)
        unsubscribe = self.links.unsubscribing(token, notification.language)
        code = _code_to_confirm(notification, contact, stored)
        if code:
            asking = _asking(notification, contact, known)
            if asking is None:
                return withheld(notification, self.withheld_for, now)
            # Without the name: whoever filed could have anything written to a stranger in it.
            link = self._link(notification, contact, code)
            return Addressee(address, None, link, asking, unsubscribe, stored.is_unsubscribed, otherwise)
        link = self._link(notification, contact)
        return Addressee(address, contact.name, link, None, unsubscribe, stored.is_unsubscribed, otherwise)

    def _link_of_official(self, notification: Notification) -> str:
        if notification.audience == OF_AN_ENTITY:
            return self.links.entity()
        if notification.audience == WEBHOOK_OWNER:
            return self.links.webhook(notification.submission_id)
        return self.links.desk(notification.params.get("reference"))

    def _link(self, notification: Notification, contact: Contact, confirming: str | None = None) -> str:
        """A follower by mail gets one link, which confirms and stops."""
        if not notification.concerns_a_submission:
            return self.links.webhook(notification.submission_id)
        reference = notification.params["reference"]
        if notification.audience == FOLLOWER:
            contact_id = notification.recipient.rpartition("/")[2]
            return self.links.following(reference, contact_id, contact.secret or "")
        return (
            self.links.confirmation(reference, confirming)
            if confirming
            else self.links.tracking(reference, contact.secret)
        )

    def _reached(self, contact: Contact, channel: str) -> str | None:
        if channel != "sms":
            return contact.email
        return mobile_number(contact.phone, self.sms_country) if contact.phone and self.sms_country else None

    def _goes_otherwise(self, notification: Notification, contact: Contact) -> bool:
        other = notification.otherwise
        return other not in (None, notification.channel) and self._reached(contact, str(other)) is not None


def _stopped(
    notification: Notification, found: Addressee, suppressed: Suppressed | None, wishes: Wishes, now: datetime
) -> Outcome | None:
    """An address that is dead, or whose owner called it spam, gets nothing at all. What its recipient does not want is
    told to nobody, unless it has consequences for who does not read it or an office has to know."""
    if suppressed is not None:
        return _cancelled(notification, suppressed)
    is_pushed = notification.channel == "push"
    if notification.mandatory and not is_pushed:  # a browser only shows what the inbox has, and mail tells
        return None
    is_of_citizens = found.unsubscribe is not None or (is_pushed and notification.audience in CITIZENS)
    if found.has_unsubscribed or (is_of_citizens and wishes.stopped):
        return _cancelled(notification, UNSUBSCRIBED)
    about = (notification.matter, notification.about)
    if wishes.way(*about, notification.channel) != "off":
        return None
    if found.otherwise and wishes.way(*about, str(notification.otherwise)) != "off":
        return by_another_channel(notification, now, SWITCHED_OFF)
    return _cancelled(notification, SWITCHED_OFF)


def _has_own_code(notification: Notification, contact: Contact) -> bool:
    """Numbers of contacts that were sealed before they had one are asked by that of the mail address."""
    return notification.channel == "sms" and contact.number_confirmation is not None


def _code_to_confirm(notification: Notification, contact: Contact, stored: StoredContact) -> str | None:
    """None where whoever reads it has said that it is theirs, or is not asked."""
    if _has_own_code(notification, contact):
        return None if stored.has_number_confirmed else contact.number_confirmation
    return None if stored.is_confirmed else contact.confirmation


def _asking(notification: Notification, contact: Contact, known: RecipientFacts) -> str | None:
    """The template that asks, in place of the planned one; None where this one has to wait."""
    planned = ASKING.get(notification.template)
    if not _has_own_code(notification, contact) or notification.template in ONLY_ASKS:
        return planned
    return planned or ASKS_A_NUMBER if notification.id in known.first_to_number else None


def _cancelled(notification: Notification, reason: str) -> Outcome:
    return Outcome(notification, State.CANCELLED, reason)


def _waiting(notification: Notification, now: datetime) -> Outcome:
    waited = now - notification.event_at
    return Outcome(notification, State.CREATED, next_at=now + waiting_pause(waited), waiting_for=notification.recipient)
