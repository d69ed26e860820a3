"""The notifier, wired: the only place that knows all its parts."""

from datetime import timedelta

import yaml
from fastapi import FastAPI
from shared.aggregates import Aggregates
from shared.clock import utc_now
from shared.contacts import KeyRing
from shared.directory import DirectoryReader
from shared.erasures import Erasures, keep_erasing
from shared.messaging import Consumer
from shared.service import Service
from shared.topics import CONTACTS

from notifier import api
from notifier.channels.mail import Mail
from notifier.channels.smtp import Connections
from notifier.consumers import TOPICS, ContactsTaker, handlers, then
from notifier.dispatcher import Dispatcher
from notifier.domain.case import Case
from notifier.domain.outcomes import RetryPolicy
from notifier.domain.table import Table
from notifier.domain.withholding import ASKING
from notifier.links import Links
from notifier.rendering import Messages, read_catalogues
from notifier.repository import CASES, DELIVERIES, SOURCE, Contacts, InboxItems, Notifications, Outcomes
from notifier.settings import NotifierSettings
from notifier.use_cases.address import AddressBook
from notifier.use_cases.erase import Eraser
from notifier.use_cases.release import Releaser
from notifier.use_cases.tell import EVENT_TYPES


def create_app(settings: NotifierSettings) -> FastAPI:
    service = Service("notifier", settings, outboxes=[DELIVERIES])
    database = service.database
    messages = Messages(read_catalogues(), settings.zone)
    table = read_table(settings, messages)

    cases = Aggregates[Case](database[CASES], Case, SOURCE)
    notifications = Notifications(database, settings.kept_days)
    contacts, inbox, erasures = Contacts(database), InboxItems(database), Erasures(database)
    outcomes = Outcomes(database, SOURCE)
    releaser = Releaser(notifications, cases)

    directory = DirectoryReader(settings)
    addresses = AddressBook(
        directory.directory,
        KeyRing(settings.contact_keys),
        messages,
        Links(settings.public_url),
        timedelta(days=settings.withheld_days),
    )
    dispatcher = Dispatcher(
        mail_channel(settings),
        notifications,
        contacts,
        outcomes,
        releaser,
        addresses,
        retry_policy(settings),
        claimant=f"notifier-{settings.ordinal}",
        claim_seconds=settings.claim_seconds,
        clock=utc_now,
    )
    consumer = Consumer(
        database,
        cases,
        handlers(table),
        TOPICS,
        service.group,
        reference=lambda: directory.directory,
        topic_prefix=settings.topic_prefix,
    )
    contacts_taker = ContactsTaker(contacts, notifications, releaser, service.dead_letters, utc_now, dispatcher.wake)

    async def dispatch() -> None:
        # A recipient that is not read yet would look like one who left the office, and never be told.
        await directory.wait_until_caught_up()
        await dispatcher.run()

    service.stores += [cases, notifications, inbox, contacts, outcomes, erasures]
    service.subscribe(TOPICS, then(consumer.take, dispatcher.wake))
    service.subscribe((CONTACTS,), contacts_taker.take, group=f"{service.group}-contacts")
    service.workers["directory"] = directory.run
    service.workers["dispatcher"] = dispatch
    eraser = Eraser(contacts, notifications, utc_now)
    service.workers["erasing"] = lambda: keep_erasing(erasures, service.dead_letters, eraser.forget)
    service.before_consuming += [directory.wait_until_caught_up, dispatcher.succeed]
    service.before_closing.append(dispatcher.drain)

    app = service.application(title="Tawasul notifier", description="Who is told of what", version="1.0.0")
    app.state.messages = messages
    app.state.inbox = inbox
    app.state.notifications = notifications
    app.include_router(api.router, prefix="/api/notifier/v1")
    return app


def read_table(settings: NotifierSettings, messages: Messages) -> Table:
    """Raises ValueError where an event type is forgotten or a template is missing: told at start, not in silence."""
    table = Table.model_validate(yaml.safe_load(settings.table_file.read_text("utf-8")))
    faults = [f"no row for {name}" for name in table.forgotten(list(EVENT_TYPES))]
    faults += [f"no such event: {name}" for name in table.unknown(list(EVENT_TYPES))]
    faults += [f"no template {name}" for name in sorted((table.templates | set(ASKING.values())) - messages.names)]
    if faults:
        raise ValueError("; ".join(faults))
    return table


def mail_channel(settings: NotifierSettings) -> Mail:
    domain = settings.mail_from.rpartition("@")[2].rstrip("> ")
    password = settings.smtp_password.get_secret_value() if settings.smtp_password else None
    connections = Connections(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_tls,
        settings.smtp_username,
        password,
        settings.smtp_ca_file,
        local_hostname=domain,
        timeout=settings.smtp_timeout_seconds,
    )
    return Mail(connections, settings.mail_from, settings.smtp_connections)


def retry_policy(settings: NotifierSettings) -> RetryPolicy:
    return RetryPolicy(
        timedelta(seconds=settings.retry_first_seconds),
        timedelta(seconds=settings.retry_longest_seconds),
        settings.retry_attempts,
    )
