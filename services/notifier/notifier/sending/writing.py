"""Writes the message of a notification in the recipient's language and for its channel."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from notifier.cases.model import Case
from notifier.channels import Message
from notifier.contacts.recipient_facts import RecipientFacts
from notifier.deferral.digests import DIGEST, LIMIT
from notifier.deferral.withholding import OVERTAKEN
from notifier.devices.model import owner_of
from notifier.inbox.model import name_of
from notifier.notifications.model import Notification, State
from notifier.notifications.outcomes import Outcome
from notifier.preferences.model import NOTHING_CHOSEN
from notifier.rendering.templates import CaseNews, Messages, Rendered
from notifier.sending.addressing import AddressBook, Addressee

SAID_TO_STRANGERS = ("reference", "kind")
"""The facts that a reader of an unconfirmed address may see."""


class MessageWriter:
    def __init__(self, book: AddressBook, messages: Messages) -> None:
        self.book = book
        self.messages = messages

    def write(self, notification: Notification, known: RecipientFacts, now: datetime) -> Message | Outcome:
        """The message, or what became of the notification instead. Raises Unreadable for a key not on the ring, and
        UnreadableWishes."""
        found = self.book.ready(notification, known, now)
        if isinstance(found, Outcome):
            return found
        members = known.members.get(notification.id, ())
        if notification.members and not members:  # all of them were cancelled meanwhile
            return Outcome(notification, State.CANCELLED, OVERTAKEN)
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
            address=self.book.ring.open_bytes(found.address, owner_of(notification.recipient)).decode(),
            name=None,
            language=language,
            subject="",
            text=json.dumps(payload, ensure_ascii=False),
            html="",
            created_at=notification.created_at,
        )

    def _in_language(self, notification: Notification, language: str) -> Notification:
        """As it would have been planned for somebody who reads this language."""
        if notification.language == language:
            return notification
        params, ids = notification.params, notification.params.get("ids", {})
        listed: dict[str, Mapping[str, Any]] = {
            "category": self.book.directory.categories,
            "entity": self.book.directory.entities,
        }
        listed["from_entity"] = self.book.directory.entities
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
                link=self.book.links.desk(alike[-1].params["reference"]),
            )
            for id, alike in by_case.items()
        ]
        return sorted(news, key=lambda each: (each.params["due_at"] is None, each.params["due_at"] or 0, each.link))
