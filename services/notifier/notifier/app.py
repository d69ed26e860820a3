"""The notifier, wired: the only place that knows all its parts."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from shared.aggregates import Aggregates
from shared.clock import utc_now
from shared.contacts import KeyRing
from shared.directory import DirectoryReader
from shared.erasures import Erasures, keep_erasing
from shared.lease import Lease
from shared.limits import Limit
from shared.live import Live
from shared.messaging import Consumer
from shared.service import Service
from shared.subscriber import AT_ONCE, SOON
from shared.topics import CONTACTS
from shared.web.pages import Pages

from notifier.address_marks import AddressMarks
from notifier.announcing import keep_announcing
from notifier.api import deliveries as deliveries_api
from notifier.api import devices as devices_api
from notifier.api import inbox as inbox_api
from notifier.api import mail_reports as mail_reports_api
from notifier.api import preferences as preferences_api
from notifier.api import receipts as receipts_api
from notifier.api import suppressions as suppressions_api
from notifier.api import told as told_api
from notifier.api import webhooks as webhooks_api
from notifier.api import wording as wording_api
from notifier.channels import Channel
from notifier.channels.outside import Outside, Reach
from notifier.channels.pace import Pace
from notifier.channels.push_services import PushServices
from notifier.channels.receipts import receipt_doors
from notifier.channels.sms import Sms
from notifier.channels.web_push import Urgency, WebPush
from notifier.channels.webhook import Poster
from notifier.consumers import IGNORED, TOPICS, ContactsTaker, handlers
from notifier.dispatcher import Dispatcher, drain
from notifier.domain.case import Case
from notifier.domain.digests import DigestTimes
from notifier.domain.holding import HoldingRules
from notifier.domain.notifications import Lane
from notifier.domain.quiet_hours import read_quiet_hours
from notifier.letting_go import keep_letting_go
from notifier.links import Links
from notifier.mailbox_reader import MailboxReader
from notifier.measuring import measure, measure_webhooks
from notifier.pages import deliveries as deliveries_pages
from notifier.pages import inbox as inbox_pages
from notifier.pages import preferences as preferences_pages
from notifier.pages import unsubscribe, wording_rows
from notifier.pages import webhooks as webhooks_pages
from notifier.pages import wording as wording_pages
from notifier.providers import mail_channel, mailbox_of_reports, read_gateways, read_secrets, read_vapid, retry_policy
from notifier.reconciliation import STATING
from notifier.reconciliation import rules as rules_of
from notifier.rendering import Messages, read_catalogues
from notifier.repository import (
    CASES,
    DELIVERIES,
    SOURCE,
    Announcements,
    Contacts,
    DayCounts,
    Devices,
    Held,
    InboxItems,
    InboxVersions,
    Monitor,
    Notifications,
    Outcomes,
    PreferenceStore,
    Receipts,
    Suppressions,
    WebhookDeliveries,
    WebhookEndpoints,
)
from notifier.repository.wordings import Drafts, Publications
from notifier.settings import NotifierSettings
from notifier.taking_over import keep_taking_over
from notifier.use_cases.address import AddressBook
from notifier.use_cases.announce import Announcing
from notifier.use_cases.devices import DeviceDesk, DevicesNow
from notifier.use_cases.erase import Eraser
from notifier.use_cases.give_up_webhook import GiveUpWebhook
from notifier.use_cases.hold_back import HoldingBack
from notifier.use_cases.let_go import LettingGo
from notifier.use_cases.look_up import LookUp
from notifier.use_cases.prefer import Chooser
from notifier.use_cases.preview import Previewing
from notifier.use_cases.receive_mail_reports import MailReportTaker
from notifier.use_cases.receive_receipts import ReceiptTaker
from notifier.use_cases.release import Releaser
from notifier.use_cases.send_webhook import SecretBox
from notifier.use_cases.suppress import SuppressionList
from notifier.use_cases.take_over import TakingOver
from notifier.use_cases.tell import EVENT_TYPES
from notifier.use_cases.webhooks import Subscribers, Webhooks
from notifier.use_cases.wording import WordingDesk
from notifier.use_cases.write import MessageWriter
from notifier.waking import Waking
from notifier.webhook_sender import WebhookSender
from notifier.wording_in_use import WordingInUse, read_delivered

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
    wording_desk = WordingDesk(drafts, publications, words, EVENT_TYPES)
    wording = WordingInUse(publications, delivered, messages, words)
    gateways, sms_secrets = read_gateways(settings), read_secrets(settings)

    cases = Aggregates[Case](database[CASES], Case, SOURCE)
    notifications = Notifications(database, settings.kept_days)
    contacts, inbox, erasures = Contacts(database), InboxItems(database), Erasures(database)
    held, announcements = Held(database), Announcements(database)
    outcomes, suppressions = Outcomes(database, SOURCE), Suppressions(database)
    releaser = Releaser(notifications, cases)

    ring = KeyRing(settings.contact_keys)
    marks, sms_country = AddressMarks(ring), gateways.country if gateways else None
    suppressed, preferences = SuppressionList(suppressions, marks), PreferenceStore(database, SOURCE)
    chooser = Chooser(contacts, cases, suppressed, preferences, held, marks, ring, sms_country, utc_now)

    directory = DirectoryReader(settings, settings.zone)
    endpoints, deliveries = WebhookEndpoints(database, SOURCE), WebhookDeliveries(database, settings.webhook_kept_days)
    subscribers = Subscribers(endpoints)
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
    holding_back = HoldingBack(addresses, cases, held, counts, marks, rules, utc_now)
    vapid = read_vapid(settings)
    push_key = vapid.public_key if vapid else ""
    devices = Devices(database, settings.kept_days, push_key)
    devices_now = DevicesNow(devices, utc_now)
    look_up = LookUp(addresses, contacts, devices, suppressed, preferences, held, notifications, holding_back)
    # What is urgent has senders of its own, so that nothing stands before it but the mails that have a turn already.
    pace = Pace(settings.smtp_per_second)
    ways: list[tuple[Channel, Sequence[Lane]]] = [
        (mail_channel(settings, settings.smtp_urgent_connections, pace), URGENT),
        (mail_channel(settings, settings.smtp_connections, pace), THE_REST),
    ]
    if gateways:
        sms = Sms(gateways, sms_secrets, settings.sms_at_once)
        ways += [(sms, URGENT), (sms, THE_REST)]
    reach = Reach.of(settings.outside_allowed_networks, settings.outside_refused_networks)
    if vapid:
        to_push_services = Outside(reach, settings.push_timeout_seconds)
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
            look_up,
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

    poster = Poster(Outside(reach, settings.webhook_timeout_seconds))
    webhook_sender = WebhookSender(
        endpoints,
        deliveries,
        subscribers,
        poster,
        SecretBox(ring),
        GiveUpWebhook(endpoints, directory.directory, utc_now, wake_dispatchers),
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
    waking = Waking(by_lane, webhook_sender.wake)
    consumer = Consumer(
        database,
        cases,
        handlers(wording, lambda: subscribers.now, devices_now.of),
        TOPICS,
        service.group,
        reference=lambda: directory.directory,
        topic_prefix=settings.topic_prefix,
        storing=waking.storing,
        ignored=IGNORED,
    )
    contacts_taker = ContactsTaker(contacts, notifications, releaser, service.dead_letters, utc_now, wake)

    has_taken_over = asyncio.Event()
    taking_over = TakingOver(suppressions, preferences)
    service.workers["taking over"] = partial(keep_taking_over, taking_over, has_taken_over.set)

    async def dispatch(dispatcher: Dispatcher) -> None:
        # A recipient that is not read yet would look like one who left the office, and never be told. Who wanted no
        # mail before there were preferences would be sent some.
        await directory.wait_until_caught_up()
        await has_taken_over.wait()
        await dispatcher.run()

    async def send_webhooks() -> None:
        # Nor would the owners of a dead endpoint be told.
        await directory.wait_until_caught_up()
        await webhook_sender.run()

    receipts, monitor = Receipts(database), Monitor(database)
    live = Live(InboxVersions(database), settings.live_connections, settings.live_connections_per_client)
    receipt_taker = ReceiptTaker(receipts, outcomes, utc_now)
    report_taker = MailReportTaker(notifications, contacts, addresses, suppressed, receipt_taker, chooser, utc_now)
    if settings.reports_imap_host:
        reader = MailboxReader(mailbox_of_reports(settings), report_taker, settings.reports_imap_every_seconds)
        lease = Lease(database, "mailbox", service.holder)
        service.workers["mailbox"] = partial(lease.run, reader.run)

    service.stores += [cases, notifications, inbox, contacts, outcomes, erasures, suppressions, receipts]
    service.stores += [endpoints, deliveries, preferences, counts, devices, announcements]
    service.stores += [monitor, drafts, publications]
    service.subscribe(TOPICS, consumer.take, fetching=SOON)
    service.subscribe((CONTACTS,), contacts_taker.take, f"{service.group}-contacts", fetching=AT_ONCE)
    service.reconcile(consumer, rules_of(notifications))
    service.workers["wording"] = wording.run
    service.workers["live"] = live.watch
    service.workers["live-end"] = lambda: live.end_when(lambda: service.is_draining)
    service.workers["directory"] = directory.run
    if vapid:
        service.workers["devices"] = devices_now.run
        service.before_consuming.append(devices_now.renew)
    service.workers["letting go"] = partial(keep_letting_go, LettingGo(held, cases, look_up, utc_now), wake)
    announcing = Announcing(announcements, preferences, notifications, cases, devices_now.of, utc_now)
    lease = Lease(database, "announcing", service.holder)
    service.workers["announcing"] = partial(lease.run, partial(keep_announcing, announcing, wake))
    service.workers["receipts"] = receipt_taker.run
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
        await wording_desk.deliver(delivered, utc_now())
        await wording.refresh()

    service.before_consuming.append(deliver_wording)
    for dispatcher in dispatchers:
        name = f"dispatcher of {dispatcher.channel.name}, {dispatcher.lanes[0]}"
        service.workers[name] = partial(dispatch, dispatcher)
        service.before_consuming.append(dispatcher.succeed)
    for name, of_channel in by_channel.items():
        service.before_closing[name] = partial(drain, of_channel)

    app = service.application(title="Tawasul notifier", description="Who is told of what", version="1.0.0")
    app.state.messages = messages
    app.state.inbox = inbox
    app.state.live = live
    app.state.notifications = notifications
    app.state.chooser = chooser
    app.state.holding_rules = rules
    app.state.directory = directory.directory
    ways_there_are = {"by_sms": gateways is not None, "by_push": vapid is not None}
    app.state.choices = lambda: wording.table.choices(**ways_there_are)
    app.state.event_choices = lambda: wording.table.event_choices(**ways_there_are)
    app.state.monitor = monitor
    app.state.cases = cases
    app.state.mail = ways[0][0]
    app.state.wording_desk = wording_desk
    app.state.previewing = Previewing(words, settings.zone, links, directory.directory)
    app.state.receipt_taker = receipt_taker
    app.state.mail_reports_secret = settings.mail_reports_secret.get_secret_value()
    app.state.mail_report_taker = report_taker
    app.state.receipt_doors = receipt_doors(gateways, sms_secrets) if gateways else {}
    app.state.suppressed = suppressed
    app.state.device_desk = DeviceDesk(devices, devices_now, reach, ring, utc_now) if vapid else None
    app.state.push_key = push_key
    app.state.webhooks = Webhooks(
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
