"""Builds intake: the only module that knows all capabilities."""

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from shared.live.updates import DocumentVersions, Live
from shared.messaging.consumer import Consumer
from shared.messaging.directory_reader import DirectoryReader
from shared.privacy.contacts import KeyRing
from shared.serving.service import Service
from shared.storage.lease import Lease
from shared.web.pages import Pages

from intake.abuse import api as watch_api
from intake.abuse import pages as watch
from intake.abuse.store import ABUSE_LIST, AbuseLists
from intake.attachments import api as attachments_api
from intake.attachments.store import ATTACHMENTS, CONTENTS, Attachments
from intake.attachments.upload_cleanup import keep_cleaning_up
from intake.catalogue.places import Places
from intake.catalogue.suggest import Suggester
from intake.confirmation import pages as confirm
from intake.consumers import HANDLERS, IGNORED, TOPICS
from intake.erasure import api as erasures_api
from intake.erasure.worker import keep_erasing_submissions, keep_to_retention
from intake.figures.store import COLLECTION as FIGURES
from intake.figures.store import Figures
from intake.filing import api as submit_api
from intake.filing import counter_pages as counter
from intake.filing import pages as submit_pages
from intake.filing.commands import Secrets
from intake.followers import api as following_api
from intake.followers import pages as following
from intake.followers.use_cases import MailFollowing
from intake.http import problems as refusals
from intake.http.bodies import Allowance
from intake.http.throttle import Throttle
from intake.media.file_sanitiser import Cleaner
from intake.media.malware_scanner import scanner_at
from intake.official_files import api as official_files_api
from intake.official_files import pages as official_files
from intake.open311 import routes as open311
from intake.own_submissions import api as mine_api
from intake.own_submissions import pages as mine
from intake.photos import api as photos_api
from intake.photos import pages as photos
from intake.public_register import api as published_api
from intake.public_register import feeds_api as feeds
from intake.public_register import open_data_api
from intake.public_register import open_data_pages as open_data
from intake.public_register import pages as public
from intake.public_register.open_data_api import Exports
from intake.public_register.store import Register
from intake.publication import api as moderation_api
from intake.publication import pages as moderation
from intake.publication.store import Publications
from intake.reconciliation.effects import RULES, STATING
from intake.settings import IntakeSettings
from intake.sign_in import api as auth_api
from intake.sign_in.provider import Provider
from intake.sign_in.store import SESSIONS, Sessions
from intake.similar import api as similar_api
from intake.similar import pages as similar
from intake.site import home, privacy
from intake.site import offline_app as app_pages
from intake.submissions.group_commit_store import GroupCommit
from intake.submissions.store import COLLECTION, Submissions, Writer
from intake.submissions.time_limits import Limits
from intake.submissions.tracking_secrets import TrackingKeys
from intake.tracking import api as submissions_api
from intake.tracking import live_api as events_api
from intake.tracking import pages as track
from intake.tracking import private_link_pages as tracking_link_api
from intake.tracking.auto_close import keep_closing

NEED_DATABASE = ("/auth/", "/track", "/submissions", "/counter", "/moderation", "/open-data/")
BREATH_SECONDS = 0.03
"""Shorter than the other services' relay pause, because the citizen's first mail and every later step wait for it."""


def create_app(settings: IntakeSettings, writer: Writer | None = None) -> FastAPI:
    """`writer` stores new submissions; benchmarks pass others than the group commit."""
    service = Service(
        "intake",
        settings,
        outboxes=[COLLECTION],
        need_database=NEED_DATABASE,
        breath=BREATH_SECONDS,
        stating=[STATING],
    )
    limits = Limits(
        timedelta(days=settings.close_after_days),
        timedelta(days=settings.reopen_within_days),
        additions=settings.most_additions,
        appeal_within=timedelta(days=settings.appeal_within_days),
        attachments=settings.most_attachments,
    )
    commits = GroupCommit(service.database[COLLECTION], settings.queue_limit, settings.commit_limit)
    submissions = Submissions(service.database, writer or commits)
    directory = DirectoryReader(settings)
    closing = Lease(service.database, "closing", service.holder)
    consumer = Consumer(
        service.database,
        submissions,
        HANDLERS,
        TOPICS,
        service.group,
        lambda: limits,
        settings.topic_prefix,
        ignored=IGNORED,
    )

    publications = Publications(submissions, directory.directory)
    register = Register(submissions)
    abuse_lists = AbuseLists(service.database[ABUSE_LIST], submissions)
    service.stores += [submissions, publications, register, abuse_lists]
    figures = Figures(service.database[FIGURES], settings.topic_prefix, ZoneInfo(settings.zone))
    service.subscribe(TOPICS, figures.picked_out(consumer.take))
    service.reconcile(consumer, RULES)
    live = Live(DocumentVersions(submissions), settings.live_connections, settings.live_connections_per_client)
    service.workers["directory"] = directory.run
    service.workers["abuse-list"] = abuse_lists.keep_fresh
    service.workers["figures"] = figures.keep_reading
    service.workers["live"] = live.watch
    service.workers["live-end"] = lambda: live.end_when(lambda: service.is_draining)
    if settings.erase_after_days:
        retention, after = (
            Lease(service.database, "retention", service.holder),
            timedelta(days=settings.erase_after_days),
        )
        service.workers["retention"] = lambda: retention.run(lambda: keep_to_retention(submissions, after))
    service.workers["closing"] = lambda: closing.run(lambda: keep_closing(submissions))
    service.before_closing["submissions"] = commits.drain

    app = service.application(
        title="Tawasul intake", description="Submissions and their citizens' view", version="1.0.0"
    )
    refusals.install(app)
    app.state.submissions = submissions
    app.state.publications = publications
    app.state.abuse_lists = abuse_lists
    app.state.register = register
    app.state.limits = limits
    app.state.throttle = Throttle(
        filings=settings.rate(settings.limit_filings),
        hourly=settings.rate(settings.limit_contact_hourly),
        daily=settings.rate(settings.limit_contact_daily),
        guesses=settings.rate(settings.limit_guesses),
    )
    app.state.live = live
    app.state.figures = figures
    app.state.directory = directory.directory
    app.state.places = Places(directory.directory)
    app.state.suggester = Suggester(directory.directory)
    app.state.key_ring = KeyRing(settings.contact_keys)
    tracking = TrackingKeys(settings.tracking_keys.get_secret_value())
    app.state.tracking = tracking
    codes = (tracking.confirmation, tracking.number_confirmation) if settings.confirm_contacts == "on" else ()
    app.state.secrets = Secrets(tracking.secret, *codes)
    app.state.mail_following = MailFollowing(
        submissions, tracking, app.state.key_ring, must_confirm=app.state.secrets.confirmation is not None
    )
    app.state.tiles = {"url": settings.tile_url, "attribution": settings.tile_attribution}
    Pages(settings, Path(__file__).parent).install(app)
    # Order matters: `public` has the catch-all route below /submissions/, the private link below a reference number,
    # and `published_api` below /published/.
    for room in (
        home,
        app_pages,
        privacy,
        submit_pages,
        mine,
        counter,
        confirm,
        track,
        watch,
        moderation,
        photos,
        feeds,
        following,
        similar,
        official_files,
        public,
        open_data,
    ):
        app.include_router(room.router)
    _add_sign_in(app, service, settings)
    submit_api.add_to(app, "/api/intake/v1")
    app.include_router(mine_api.router, prefix="/api/intake/v1")
    app.include_router(submissions_api.router, prefix="/api/intake/v1")
    app.include_router(events_api.router, prefix="/api/intake/v1")
    app.include_router(watch_api.router, prefix="/api/intake/v1")
    app.include_router(moderation_api.router, prefix="/api/intake/v1")
    app.include_router(following_api.router, prefix="/api/intake/v1")
    app.include_router(published_api.router, prefix="/api/intake/v1")
    app.include_router(similar_api.router, prefix="/api/intake/v1")
    app.include_router(erasures_api.router, prefix="/api/intake/v1")
    app.include_router(erasures_api.internal)
    _add_attachments(app, service, settings, limits, submissions)
    app.state.exports = Exports()
    app.include_router(open_data_api.router)
    open311.add_to(app, settings.open311_key_hashes.get_secret_value())
    return app


def _add_attachments(
    app: FastAPI, service: Service, settings: IntakeSettings, limits: Limits, submissions: Submissions
) -> None:
    attachments = Attachments(service.database[ATTACHMENTS], service.database[CONTENTS])
    cleaner = Cleaner(scanner_at(settings.scanner), settings.most_pixels)
    clearing = Lease(service.database, "clearing", service.holder)
    service.stores.append(attachments)
    service.workers["clearing"] = lambda: clearing.run(lambda: keep_cleaning_up(attachments, submissions, limits))
    service.workers["erasing"] = lambda: keep_erasing_submissions(submissions, attachments, service.dead_letters)
    service.before_closing["files"] = cleaner.close
    app.state.attachments = attachments
    app.state.cleaner = cleaner
    app.state.upload_allowance = Allowance(settings.uploads_megabytes * 1024 * 1024)
    app.include_router(attachments_api.router, prefix="/api/intake/v1")
    app.include_router(official_files_api.router, prefix="/api/intake/v1")
    app.include_router(official_files_api.published, prefix="/api/intake/v1")
    app.include_router(photos_api.router, prefix="/api/intake/v1")
    app.include_router(photos_api.published, prefix="/api/intake/v1")


def _add_sign_in(app: FastAPI, service: Service, settings: IntakeSettings) -> None:
    """Without session keys the addresses exist and answer that sign-in is not set up."""
    app.include_router(auth_api.router)
    app.include_router(tracking_link_api.router)
    if app.state.session_keys is None:
        return
    app.state.provider = Provider(
        app.state.authenticator,
        settings.oidc_client_id,
        settings.oidc_client_secret.get_secret_value(),
        settings.public_url.rstrip("/") + auth_api.CALLBACK,
    )
    app.state.sessions = Sessions(
        service.database[SESSIONS], app.state.session_keys, timedelta(hours=settings.session_hours)
    )
    service.stores.append(app.state.sessions)
