"""A planned notification made ready for its channel: the address looked up, the words written."""

import contextlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shared.contacts import Contact, KeyRing, Unreadable
from shared.directory import Directory

from notifier.channels import Message
from notifier.channels.sms import mobile_number
from notifier.domain.case import Case
from notifier.domain.devices import Device, owner_of
from notifier.domain.digests import DIGEST, LIMIT
from notifier.domain.inbox import name_of, place_of
from notifier.domain.notifications import OF_AN_ENTITY, TOO_OLD, WEBHOOK_OWNER, Notification, State
from notifier.domain.outcomes import Outcome, by_another_channel, waiting_pause
from notifier.domain.preferences import NOTHING_CHOSEN, SWITCHED_OFF, UNSUBSCRIBED, Wishes
from notifier.domain.suppression import Suppressed
from notifier.domain.table import CITIZENS, FOLLOWER
from notifier.domain.withholding import ASKING, ASKS_A_NUMBER, ONLY_ASKS, OVERTAKEN, UNCONFIRMED, withheld
from notifier.links import Links, UnsubscribeTokens
from notifier.rendering import CaseNews, Messages, Rendered
from notifier.repository import StoredContact

NO_BROWSER = "no browser"
"""It was taken back meanwhile, or is somebody else's."""
SAID_TO_STRANGERS = ("reference", "kind")
"""Of what it is about, to whoever reads an address that nobody has confirmed."""


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


@dataclass(frozen=True)
class Known:
    """What stands in the database about some recipients: contacts by key, addresses that get nothing more, and by
    notification what its recipient has chosen, what becomes `instead` of those that are not told now, what one that
    tells several tells, and the cases that these are about.

    `first_to_number`: ids of the notifications before which nothing has gone to their number.
    `opened`: by key those of the contacts that a key on the ring opens. `reached`: by notification, where it goes.
    """

    contacts: Mapping[str, StoredContact] = field(default_factory=dict)
    suppressed: Mapping[str, Suppressed] = field(default_factory=dict)
    wishes: Mapping[str, Wishes] = field(default_factory=dict)
    instead: Mapping[str, Outcome] = field(default_factory=dict)
    members: Mapping[str, Sequence[Notification]] = field(default_factory=dict)
    cases: Mapping[str, Case] = field(default_factory=dict)
    first_to_number: frozenset[str] = frozenset()
    opened: Mapping[str, Contact] = field(default_factory=dict)
    reached: Mapping[str, Sequence[str]] = field(default_factory=dict)
    devices: Mapping[str, Device] = field(default_factory=dict)


class UnreadableWishes(Exception):
    """What its recipient has chosen was written by a newer version: later, when this one is replaced."""


class AddressBook:
    """`withheld_for`: how long mail waits for an address to be confirmed.

    `sms_country`: of numbers without a prefix; None where nothing goes by SMS.
    """

    def __init__(
        self,
        directory: Directory,
        ring: KeyRing,
        messages: Messages,
        links: Links,
        withheld_for: timedelta,
        sms_country: str | None = None,
    ) -> None:
        self.directory = directory
        self.ring = ring
        self.messages = messages
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

    def would_go(self, notification: Notification, known: Known, now: datetime) -> bool:
        """Whether it is ready to be handed over now. What cannot even be looked at is told as a failure of this one,
        when it is to be sent."""
        try:
            return isinstance(self._ready(notification, known, now), Addressee)
        except Exception:
            return False

    def _ready(self, notification: Notification, known: Known, now: datetime) -> Addressee | Outcome:
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
            raise UnreadableWishes
        return _stopped(notification, found, known.suppressed.get(found.address), wishes, now) or found

    def address(self, notification: Notification, known: Known, now: datetime) -> Message | Outcome:
        """The message, or what became of the notification instead. Raises Unreadable for a key not on the ring, and
        UnreadableWishes."""
        found = self._ready(notification, known, now)
        if isinstance(found, Outcome):
            return found
        members = known.members.get(notification.id, ())
        if notification.members and not members:  # all of them were cancelled meanwhile
            return _cancelled(notification, OVERTAKEN)
        if language := known.wishes.get(notification.id, NOTHING_CHOSEN).language:
            notification = self._in_language(notification, language)
        template, params = notification.template, notification.params
        if found.asking:  # to somebody who may be a stranger: nothing of what it is about
            template, params = found.asking, {name: params[name] for name in SAID_TO_STRANGERS}
        unsubscribe = None if notification.mandatory else found.unsubscribe
        was_kept = any(each.held_for == LIMIT for each in (notification, *members))
        told = [self._in_language(each, notification.language) for each in members]
        if notification.recipient_kind == "device":
            return self._pushed(notification, found)
        if notification.template == DIGEST:
            rendered = self.messages.digest(
                notification.language, self._news(told, known.cases), found.name, found.link, was_kept
            )
        elif notification.channel == "sms":
            rendered = Rendered("", self.messages.short(template, notification.language, params, found.link), "")
        else:
            rendered = self.messages.render(
                template,
                notification.language,
                params,
                found.name,
                found.link,
                unsubscribe,
                [(each.template, each.params) for each in told],
                was_kept,
            )
        return Message(
            id=notification.id,
            thread=notification.submission_id or notification.id,
            address=found.address,
            name=found.name,
            language=notification.language,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            created_at=notification.created_at,
            unsubscribe=unsubscribe,
            otherwise=found.otherwise,
        )

    def _pushed(self, notification: Notification, found: Addressee) -> Message:
        """As the app's service worker reads it (services/intake/intake/static/service-worker.js)."""
        language = notification.language
        payload = {
            "title": self.messages.pushed(notification.template, language, notification.params),
            "body": name_of(notification),
            "lang": language,
            "dir": "rtl" if language == "ar" else "ltr",
            "tag": notification.id,
            "url": found.link,
        }
        return Message(
            id=notification.id,
            thread=notification.submission_id or notification.id,
            address=self.ring.open_bytes(found.address, owner_of(notification.recipient)).decode(),
            name=None,
            language=language,
            subject="",
            text=json.dumps(payload, ensure_ascii=False),
            html="",
            created_at=notification.created_at,
        )

    def _addressee(self, notification: Notification, known: Known, now: datetime) -> Addressee | Outcome:
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

    def _contact(self, notification: Notification, known: Known, now: datetime) -> Addressee | Outcome:
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
        """Who follows by mail has one link, which confirms and stops."""
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

    def _in_language(self, notification: Notification, language: str) -> Notification:
        """As it would have been planned for somebody who reads this language."""
        if notification.language == language:
            return notification
        params, ids = notification.params, notification.params.get("ids", {})
        listed: dict[str, Mapping[str, Any]] = {
            "category": self.directory.categories,
            "entity": self.directory.entities,
        }
        listed["from_entity"] = self.directory.entities
        names = {
            name: getattr(known.name, language)
            for name, id in ids.items()
            if (known := listed[name].get(id)) is not None
        }
        return notification.model_copy(update={"language": language, "params": params | names})

    def _news(self, told: Sequence[Notification], cases: Mapping[str, Case]) -> Sequence[CaseNews]:
        """By case what has happened; what is due first stands first, and what is not due last."""
        by_case: dict[str, list[Notification]] = defaultdict(list)
        for each in told:
            by_case[each.submission_id].append(each)
        news = [
            CaseNews(
                params={**alike[-1].params, "due_at": case.due_at if (case := cases.get(id)) else None},
                told=[(each.template, each.params) for each in alike],
                link=self.links.desk(alike[-1].params["reference"]),
            )
            for id, alike in by_case.items()
        ]
        return sorted(news, key=lambda each: (each.params["due_at"] is None, each.params["due_at"] or 0, each.link))

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
    if wishes.way(notification.matter, notification.channel) != "off":
        return None
    if found.otherwise and wishes.way(notification.matter, str(notification.otherwise)) != "off":
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


def _asking(notification: Notification, contact: Contact, known: Known) -> str | None:
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
