"""A fact in, the notifications it asks for out."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from shared.events import assignments
from shared.events.deadlines import DeadlineBreached
from shared.events.envelope import Event
from shared.events.fields import due_at_of, entity_of, from_entity_of
from shared.events.model import EventData
from shared.events.submissions import PersonErased, SubmissionReceived
from shared.events.topics import ASSIGNMENTS, DEADLINES, SUBMISSIONS
from shared.privacy.erasures import erasure_record
from shared.reference.directory import Directory
from shared.storage.aggregates import Decision

from notifier.announcements.audience import announcement_of, is_announced
from notifier.announcements.model import Announcement
from notifier.announcements.store import announcement_record
from notifier.cases.model import Case, Fact, fact_of, fold
from notifier.deferral.message_grouping import can_wait
from notifier.deferral.model import GIVEN_WITHIN, GIVING, QUIET
from notifier.devices.model import DevicesOf
from notifier.message_templates.model import LANGUAGES
from notifier.notifications.model import TOO_OLD, Notification, Params, State, notification_id
from notifier.notifications.store import notification_record
from notifier.planning.recipients import Recipient, entity_name, recipients
from notifier.planning.table import FOLLOWER, SUBSCRIBER, Row, TellsRows
from notifier.webhooks.delivery_store import delivery_record
from notifier.webhooks.model import Subscriptions
from notifier.webhooks.model import planned as webhooks_planned

EVENT_TYPES: dict[str, type[EventData]] = {
    name: model for topic in (SUBMISSIONS, ASSIGNMENTS, DEADLINES) for name, model in topic.events.items()
}


BEGINNINGS = (SubmissionReceived, assignments.SubmissionAssigned, assignments.TriageRequested)
"""Events of which somebody has to be notified."""

NOBODY = "nobody"
"""Why nobody was told: nobody is there whom the table names."""


def nobodys(reader: str) -> Sequence[str]:
    """Where nothing is pushed."""
    return ()


def tell(
    case: Case | None,
    event: Event,
    directory: Directory,
    table: TellsRows,
    now: datetime,
    webhooks: Subscriptions = (),
    devices_of: DevicesOf = nobodys,
) -> Decision[Case]:
    """Every fact is noted, told or not: a gap in the case's sequences must mean that an event is missing."""
    folded = fold(case, fact_of(event), EVENT_TYPES)
    if isinstance(event.data, SubmissionReceived):
        area = directory.area_of(event.data.location)
        folded = folded._replace(case=folded.case.model_copy(update={"area": area}))
    # Several rows may come to one address (an entity without officer and head); it is told once.
    planned = {
        each.id: each
        for fact in folded.to_tell
        for each in plan(fact, folded.case, event.key, directory, table, now, devices_of)
    }
    records = [
        announcement_record(each) if isinstance(each, Announcement) else notification_record(each)
        for each in planned.values()
    ]
    after = folded.case
    if any(isinstance(fact.data, BEGINNINGS) for fact in folded.to_tell):
        after = after.model_copy(update={"untold": None if planned else NOBODY})
    if deliveries := webhooks_planned(folded.to_tell, after, event.key, webhooks, now):
        records += [delivery_record(delivery) for delivery in deliveries]
        after = after.model_copy(update={"webhooks_until": deliveries[-1].planned_at})
    forgets = isinstance(event.data, PersonErased)
    if forgets:
        records.append(erasure_record(event.key, now))
    return Decision(after, records=records, forgets=forgets)


def plan(
    fact: Fact,
    case: Case,
    submission_id: str,
    directory: Directory,
    table: TellsRows,
    now: datetime,
    devices_of: DevicesOf = nobodys,
) -> Iterator[Notification | Announcement]:
    """Plan the notifications of a fact by the table. More recipients than can be planned with it get an
    announcement.
    """
    if case.silent:
        return

    @cache
    def _said(language: str, is_public: bool) -> dict[str, Any]:
        params = _params(fact.data, case, language, directory)
        if is_public:  # what officials write to the author may name the author
            params = params.model_copy(update={"text": None})
        return params.model_dump(mode="python", exclude_none=True)

    for row in table.rows_for(fact.data):
        if row.audience == SUBSCRIBER:
            if is_announced(fact, case, now):
                said_in = {language: _said(language, True) for language in LANGUAGES}
                yield announcement_of(fact, row, case, submission_id, said_in, directory)
            continue
        for recipient in recipients(row, fact.data, case, submission_id, directory, fact.time):
            said = _said(recipient.language, recipient.audience == FOLLOWER)
            yield notification_of(fact, submission_id, recipient, row, said, now)
            yield from pushes(fact, submission_id, recipient, row, said, now, devices_of)


def pushes(
    fact: Fact,
    submission_id: str,
    recipient: Recipient,
    row: Row,
    params: dict[str, Any],
    now: datetime,
    devices_of: DevicesOf,
) -> Iterator[Notification]:
    """Copies of inbox items for each browser of the reader, without text that an official wrote."""
    if recipient.channel != "inbox":
        return
    person = None if recipient.kind == "submission" else recipient.id
    unsaid = {name: value for name, value in params.items() if name != "text"}
    for device in devices_of(recipient.id):
        browser = replace(recipient, kind="device", id=device, channel="push", person=person)
        yield notification_of(fact, submission_id, browser, row, unsaid, now)


def notification_of(
    fact: Fact, submission_id: str, recipient: Recipient, row: Row, params: dict[str, Any], now: datetime
) -> Notification:
    notification = Notification(
        id=notification_id(fact.id, recipient.id, recipient.channel, row.template),
        submission_id=submission_id,
        event_id=fact.id,
        about=fact.type,
        correlation_id=fact.correlation_id,
        traceparent=fact.traceparent,
        audience=recipient.audience,
        recipient_kind=recipient.kind,
        recipient=recipient.id,
        channel=recipient.channel,
        template=row.template,
        language=recipient.language,
        params=params,
        lane=row.lane,
        mandatory=row.mandatory,
        matter=row.matter,
        over_in=row.over_in,
        person=recipient.person,
        in_charge=recipient.in_charge,
        otherwise="sms" if row.sms and recipient.channel == "mail" else None,
        event_at=fact.time,
        created_at=now,
        changed_at=now,
    )
    if notification.channel == "inbox":
        return notification.model_copy(update={"state": State.DELIVERED.value, "sent_at": now})
    tell_from = (fact.data.tell_from if isinstance(fact.data, DeadlineBreached) else None) or fact.time
    if now - tell_from > TOO_OLD:
        notification.params.pop("text", None)
        return notification.model_copy(update={"state": State.CANCELLED.value, "reason": "too old"})
    if tell_from > now:
        return _waiting(notification, tell_from, QUIET)
    given = fact.time + GIVEN_WITHIN
    if recipient.is_given_soon and given > now and can_wait(notification):
        return _waiting(notification, given, GIVING)
    return notification.model_copy(update={"next_at": now})


def _waiting(notification: Notification, until: datetime, why: str) -> Notification:
    waits = {"state": State.HELD.value, "reason": why, "held_for": why, "held_until": until}
    return notification.model_copy(update=waits)


WRITTEN_TO_THE_AUTHOR = (
    assignments.InformationRequested,
    assignments.InterimReplyGiven,
    assignments.SubmissionAnswered,
    assignments.SubmissionDeclined,
    assignments.AppealDecided,
    assignments.SuggestionDecided,
    assignments.SuggestionImplemented,
)
"""The only free text that is written out to anyone: what officials wrote to the author."""

TOLD_TEXT = frozenset(each.__name__ for each in WRITTEN_TO_THE_AUTHOR)


def _params(data: EventData, case: Case, language: str, directory: Directory) -> Params:
    assert case.reference is not None
    assert case.kind is not None
    category = directory.categories.get(case.category) if case.category else None
    entity, from_entity = entity_of(data) or case.entity, from_entity_of(data)
    ids = {"category": case.category, "entity": entity, "from_entity": from_entity}
    return Params(
        reference=case.reference,
        kind=case.kind,
        category=getattr(category.name, language) if category else case.category,
        entity=entity_name(entity, language, directory),
        from_entity=entity_name(from_entity, language, directory),
        text=data.text if isinstance(data, WRITTEN_TO_THE_AUTHOR) else None,
        due_at=due_at_of(data),
        expected_at=data.expected_at if isinstance(data, assignments.InterimReplyGiven) else None,
        ids={name: id for name, id in ids.items() if id},
    )
