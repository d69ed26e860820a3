"""The notifier, wired: the only place that knows all its parts."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from shared.events.topics import CONTACTS
from shared.http.rate_limits import Limit
from shared.live.updates import Live
from shared.messaging.consumer import Consumer
from shared.messaging.directory_reader import DirectoryReader
from shared.messaging.subscriber import AT_ONCE, SOON
from shared.privacy.contacts import KeyRing
from shared.privacy.erasures import Erasures, keep_erasing
from shared.reference.working_time import utc_now
from shared.serving.service import Service
from shared.storage.aggregates import Aggregates
from shared.storage.lease import Lease
from shared.web.pages import Pages

from notifier.announcements.commands import Announcer
from notifier.announcements.store import Announcements
from notifier.announcements.worker import keep_announcing
from notifier.cases.erasure import Eraser
from notifier.cases.model import Case
from notifier.channels import Channel
from notifier.channels.sms import Sms
from notifier.channels.web_push import Urgency, WebPush
from notifier.channels.webhook import Poster
from notifier.consumers import IGNORED, TOPICS, ContactsConsumer, handlers
from notifier.contacts import api as suppressions_api
from notifier.contacts.address_marks import AddressMarks
from notifier.contacts.recipient_lookup import RecipientLookup
from notifier.contacts.store import Contacts
from notifier.contacts.suppression_lookup import SuppressionList
from notifier.contacts.suppression_store import Suppressions
from notifier.deferral.commands import Deferral
from notifier.deferral.confirmed_release import Releaser
from notifier.deferral.day_count_store import DayCounts
from notifier.deferral.deferred_release import DeferredRelease
from notifier.deferral.digests import DigestTimes
from notifier.deferral.model import HoldingRules
from notifier.deferral.quiet_hours import read_quiet_hours
from notifier.deferral.store import HeldNotifications
from notifier.deferral.worker import keep_releasing
from notifier.devices import api as devices_api
from notifier.devices.commands import DeviceCommands, DeviceSnapshot
from notifier.devices.store import Devices
from notifier.inbox import api as inbox_api
from notifier.inbox import pages as inbox_pages
from notifier.inbox.store import InboxItems, InboxVersions
from notifier.mail_reports import api as mail_reports_api
from notifier.mail_reports import receipts_api
from notifier.mail_reports.commands import MailReportHandler
from notifier.mail_reports.gateway_receipts import receipt_endpoints
from notifier.mail_reports.receipt_commands import ReceiptHandler
from notifier.mail_reports.receipt_store import Receipts
from notifier.mail_reports.worker import MailboxReader
from notifier.message_templates import api as wording_api
from notifier.message_templates import pages as wording_pages
from notifier.message_templates import row_pages as wording_rows
from notifier.message_templates.commands import WordingCommands
from notifier.message_templates.snapshot import PublishedWording, read_delivered
from notifier.message_templates.store import Drafts, Publications
from notifier.notifications import api as deliveries_api
from notifier.notifications import pages as deliveries_pages
from notifier.notifications import submission_api as told_api
from notifier.notifications.commands import DeliveryCommands
from notifier.notifications.model import Lane
from notifier.notifications.monitor_store import CASES, Monitor
from notifier.notifications.outcome_store import DELIVERIES, Outcomes
from notifier.notifications.store import SOURCE, Notifications
from notifier.outbound.push_services import PushServices
from notifier.outbound.rate_limit import RateLimiter
from notifier.outbound.safe_http import AddressPolicy, SafeHttpClient
from notifier.planning.commands import EVENT_TYPES
from notifier.preferences import api as preferences_api
from notifier.preferences import pages as preferences_pages
from notifier.preferences import unsubscribe_pages as unsubscribe
from notifier.preferences.commands import PreferenceCommands
from notifier.preferences.offers import Offers
from notifier.preferences.store import PreferenceStore
from notifier.providers import mail_channel, mailbox_of_reports, read_gateways, read_secrets, read_vapid, retry_policy
from notifier.reconciliation.effects import STATING
from notifier.reconciliation.effects import rules as rules_of
from notifier.rendering.links import Links
from notifier.rendering.preview import PreviewRenderer
from notifier.rendering.template_previews import TemplatePreviews
from notifier.rendering.templates import Messages, read_catalogues
from notifier.sending.addressing import AddressBook
from notifier.sending.dispatch_wakeup import DispatchWakeup
from notifier.sending.gauge_worker import measure, measure_webhooks
from notifier.sending.worker import Dispatcher, drain
from notifier.sending.writing import MessageWriter
from notifier.settings import NotifierSettings
from notifier.webhooks import api as webhooks_api
from notifier.webhooks import pages as webhooks_pages
from notifier.webhooks.commands import SubscriberSnapshot, WebhookCommands
from notifier.webhooks.delivery_store import WebhookDeliveries
from notifier.webhooks.endpoint_store import WebhookEndpoints
from notifier.webhooks.pausing import PauseDeadEndpoint
from notifier.webhooks.sending import SecretBox
from notifier.webhooks.worker import WebhookSender

URGENT: Sequence[Lane] = ("urgent",)
THE_REST: Sequence[Lane] = ("normal", "bulk")
PUSHED: Sequence[tuple[Sequence[Lane], Urgency]] = ((URGENT, "high"), (THE_REST, "normal"))


def create_app(settings: NotifierSettings) -> FastAPI:
    service = Service("notifier", settings, outboxes=[DELIVERIES], need_database=["/inbox"], stating=[STATING])
    database = service.database
    catalogues = read_catalogues()
    words = {language: catalogue.words for language, catalogue in catalogues.items()}
    delivered = read_delivered(settings.table_file, catalogues, EVENT_TYPES)
    messages = Messages(catalogues, settings.zone)
    publications, drafts = Publications(database), Drafts(database, SOURCE)
    wording_commands = WordingCommands(drafts, publications, words, EVENT_TYPES, utc_now)
    wording = PublishedWording(publications, delivered, messages, words)
    gateways, sms_secrets = read_gateways(settings), read_secrets(settings)

    cases = Aggregates[Case](database[CASES], Case, SOURCE)
    notifications = Notifications(database, settings.kept_days)
    contacts, inbox, erasures = Contacts(database), InboxItems(database), Erasures(database)
    held, announcements = HeldNotifications(database), Announcements(database)
    outcomes, suppressions = Outcomes(database, SOURCE), Suppressions(database)
    releaser = Releaser(notifications, cases)

    ring = KeyRing(settings.contact_keys)
    marks, sms_country = AddressMarks(ring), gateways.country if gateways else None
    suppressed, preferences = SuppressionList(suppressions, marks), PreferenceStore(database, SOURCE)
    vapid = read_vapid(settings)
    offers = Offers(lambda: wording.table, by_sms=gateways is not None, by_push=vapid is not None)
    preference_commands = PreferenceCommands(
        contacts, cases, suppressed, preferences, held, marks, ring, sms_country, offers, utc_now
    )

    directory = DirectoryReader(settings, settings.zone)
    endpoints, deliveries = WebhookEndpoints(database, SOURCE), WebhookDeliveries(database, settings.webhook_kept_days)
    subscribers = SubscriberSnapshot(endpoints)
    links = Links(settings.public_url)
    addresses = AddressBook(directory.directory, ring, links, timedelta(days=settings.withheld_days), sms_country)
    writer = MessageWriter(addresses, messages)
    rules = HoldingRules(
        read_quiet_hours(settings.quiet_hours),
        ZoneInfo(settings.zone),
        DigestTimes(settings.digest_at, settings.digest_day),
        timedelta(seconds=settings.burst_seconds),
        settings.daily_limit,
    )
    counts = DayCounts(database)
    deferral = Deferral(addresses, cases, held, counts, marks, rules, utc_now)
    push_key = vapid.public_key if vapid else ""
    devices = Devices(database, settings.kept_days, push_key)
    device_snapshot = DeviceSnapshot(devices, utc_now)
    recipient_lookup = RecipientLookup(
        addresses, contacts, devices, suppressed, preferences, held, notifications, deferral
    )
    # Urgent messages have senders of their own, so they wait only for mails that are being sent already.
    pace = RateLimiter(settings.smtp_per_second)
    ways: list[tuple[Channel, Sequence[Lane]]] = [
        (mail_channel(settings, settings.smtp_urgent_connections, pace), URGENT),
        (mail_channel(settings, settings.smtp_connections, pace), THE_REST),
    ]
    if gateways:
        sms = Sms(gateways, sms_secrets, settings.sms_at_once)
        ways += [(sms, URGENT), (sms, THE_REST)]
    reach = AddressPolicy.of(settings.outside_allowed_networks, settings.outside_refused_networks)
    if vapid:
        to_push_services = SafeHttpClient(reach, settings.push_timeout_seconds)
        services = PushServices(settings.push_per_second)
        for lanes, urgency in PUSHED:
            ways.append((WebPush(to_push_services, vapid, settings.push_at_once, urgency, services), lanes))
    policy = retry_policy(settings, settings.retry_longest_seconds, settings.retry_attempts)
    impatient = policy.impatient(timedelta(seconds=settings.retry_longest_urgent_seconds))
    dispatchers = [
        Dispatcher(
            channel,
            lanes,
            notifications,
            contacts,
            outcomes,
            releaser,
            writer,
            recipient_lookup,
            impatient if lanes == URGENT else policy,
            claimant=f"notifier-{settings.ordinal}-{channel.name}-{lanes[0]}",
            claim_seconds=settings.claim_seconds,
            clock=utc_now,
        )
        for channel, lanes in ways
    ]

    def wake_dispatchers() -> None:
        for dispatcher in dispatchers:
            dispatcher.wake()

    poster = Poster(SafeHttpClient(reach, settings.webhook_timeout_seconds))
    webhook_sender = WebhookSender(
        endpoints,
        deliveries,
        subscribers,
        poster,
        SecretBox(ring),
        PauseDeadEndpoint(endpoints, directory.directory, utc_now, wake_dispatchers),
        retry_policy(settings, settings.webhook_retry_longest_seconds, settings.webhook_retry_attempts),
        claimant=f"notifier-{settings.ordinal}-webhooks",
        claim_seconds=settings.claim_seconds,
        at_once=settings.webhook_at_once,
        per_second=settings.webhook_per_second,
        clock=utc_now,
    )

    def wake() -> None:
        wake_dispatchers()
        webhook_sender.wake()

    by_lane = {(each.channel.name, str(lane)): each.storing for each in dispatchers for lane in each.lanes}
    dispatch_wakeup = DispatchWakeup(by_lane, webhook_sender.wake)
    consumer = Consumer(
        database,
        cases,
        handlers(wording, lambda: subscribers.now, device_snapshot.of),
        TOPICS,
        service.group,
        reference=lambda: directory.directory,
        topic_prefix=settings.topic_prefix,
        storing=dispatch_wakeup.storing,
        ignored=IGNORED,
    )
    contacts_consumer = ContactsConsumer(contacts, notifications, releaser, service.dead_letters, utc_now, wake)

    async def dispatch(dispatcher: Dispatcher) -> None:
        # An official who is not read yet would look like one who has left the office, and would never be told.
        await directory.wait_until_caught_up()
        await dispatcher.run()

    async def send_webhooks() -> None:
        # Otherwise the owners of a dead endpoint would not be found, and would not be told.
        await directory.wait_until_caught_up()
        await webhook_sender.run()

    receipts, monitor = Receipts(database), Monitor(database)
    live = Live(InboxVersions(database), settings.live_connections, settings.live_connections_per_client)
    receipt_handler = ReceiptHandler(receipts, outcomes, utc_now)
    mail_report_handler = MailReportHandler(
        notifications, contacts, addresses, suppressed, receipt_handler, preference_commands, utc_now
    )
    if settings.reports_imap_host:
        reader = MailboxReader(mailbox_of_reports(settings), mail_report_handler, settings.reports_imap_every_seconds)
        lease = Lease(database, "mailbox", service.holder)
        service.workers["mailbox"] = partial(lease.run, reader.run)

    service.stores += [cases, notifications, inbox, contacts, outcomes, erasures, suppressions, receipts]
    service.stores += [endpoints, deliveries, preferences, counts, devices, announcements]
    service.stores += [monitor, drafts, publications]
    service.subscribe(TOPICS, consumer.take, fetching=SOON)
    service.subscribe((CONTACTS,), contacts_consumer.take, f"{service.group}-contacts", fetching=AT_ONCE)
    service.reconcile(consumer, rules_of(notifications))
    service.workers["wording"] = wording.run
    service.workers["live"] = live.watch
    service.workers["live-end"] = lambda: live.end_when(lambda: service.is_draining)
    service.workers["directory"] = directory.run
    if vapid:
        service.workers["devices"] = device_snapshot.run
        service.before_consuming.append(device_snapshot.renew)
    service.workers["letting go"] = partial(
        keep_releasing, DeferredRelease(held, cases, recipient_lookup, utc_now), wake
    )
    announcer = Announcer(announcements, preferences, notifications, cases, device_snapshot.of, utc_now)
    lease = Lease(database, "announcing", service.holder)
    service.workers["announcing"] = partial(lease.run, partial(keep_announcing, announcer, wake))
    service.workers["receipts"] = receipt_handler.run
    by_channel: dict[str, list[Dispatcher]] = defaultdict(list)
    for dispatcher in dispatchers:
        by_channel[dispatcher.channel.name].append(dispatcher)
    availability = {name: [each.is_available for each in of_channel] for name, of_channel in by_channel.items()}
    service.workers["measuring"] = partial(measure, notifications, availability, utc_now)
    service.workers["measuring of webhooks"] = partial(measure_webhooks, endpoints, deliveries, utc_now)
    service.workers["webhooks"] = send_webhooks
    service.before_consuming.append(webhook_sender.succeed)
    service.before_closing["webhooks"] = webhook_sender.drain
    eraser = Eraser(contacts, notifications, announcements, devices, utc_now)
    service.workers["erasing"] = lambda: keep_erasing(erasures, service.dead_letters, eraser.forget)
    service.before_consuming.append(directory.wait_until_caught_up)

    async def deliver_wording() -> None:
        # Before anything is told: with the words that are published, and the file as the first of them.
        await wording_commands.deliver(delivered, utc_now())
        await wording.refresh()

    service.before_consuming.append(deliver_wording)
    for dispatcher in dispatchers:
        name = f"dispatcher of {dispatcher.channel.name}, {dispatcher.lanes[0]}"
        service.workers[name] = partial(dispatch, dispatcher)
        service.before_consuming.append(dispatcher.succeed)
    for name, of_channel in by_channel.items():
        service.before_closing[name] = partial(drain, of_channel)

    app = service.application(title="Tawasul notifier", description="Who is notified of what", version="1.0.0")
    app.state.messages = messages
    app.state.inbox = inbox
    app.state.live = live
    app.state.notifications = notifications
    app.state.preference_commands = preference_commands
    app.state.holding_rules = rules
    app.state.directory = directory.directory
    app.state.monitor = monitor
    app.state.delivery_commands = DeliveryCommands(monitor, utc_now)
    app.state.wording_commands = wording_commands
    renderer = PreviewRenderer(words, settings.zone, links, directory.directory)
    app.state.template_previews = TemplatePreviews(wording_commands, renderer, monitor, cases, ways[0][0], utc_now)
    app.state.receipt_handler = receipt_handler
    app.state.mail_reports_secret = settings.mail_reports_secret.get_secret_value()
    app.state.mail_report_handler = mail_report_handler
    app.state.receipt_endpoints = receipt_endpoints(gateways, sms_secrets) if gateways else {}
    app.state.suppressed = suppressed
    app.state.device_commands = DeviceCommands(devices, device_snapshot, reach, ring, utc_now) if vapid else None
    app.state.push_key = push_key
    app.state.webhooks = WebhookCommands(
        endpoints, deliveries, contacts, directory.directory, subscribers, ring, poster, utc_now, webhook_sender.wake
    )
    app.state.webhook_tests = Limit("webhook-tests", settings.rate(settings.limit_webhook_tests))
    for api in (inbox_api, preferences_api, told_api, deliveries_api, wording_api, webhooks_api):
        app.include_router(api.router, prefix="/api/notifier/v1")
    for api in (receipts_api, mail_reports_api, suppressions_api, devices_api):
        app.include_router(api.router, prefix="/api/notifier/v1")
    Pages(settings, Path(__file__).parent).install(app)
    rooms = (unsubscribe, deliveries_pages, wording_pages, wording_rows, webhooks_pages, inbox_pages, preferences_pages)
    for room in rooms:
        app.include_router(room.router)
    return app
