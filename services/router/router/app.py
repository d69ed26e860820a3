"""The router, wired: the only place that knows all its parts."""

from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import FastAPI
from gridfs.asynchronous import AsyncGridFSBucket
from pymongo.asynchronous.database import AsyncDatabase
from shared.events.envelope import Cause
from shared.live.updates import Live
from shared.messaging.consumer import Consumer
from shared.privacy.erasures import Erasures, keep_erasing
from shared.reference.working_time import utc_now
from shared.serving.service import Service
from shared.storage.aggregates import Document
from shared.web.pages import Pages

from router.answer_templates import api as templates_api
from router.answer_templates import pages as templates_pages
from router.answer_templates.store import ENTITY_TEMPLATES, EntityTemplates
from router.assigning import api as placing_api
from router.assigning import triage_pages as triage
from router.assigning.triage_gauges import watch_triage
from router.cases.live_versions import CaseVersions
from router.cases.store import ASSIGNMENTS, DIRECTORY, Assignments, DirectoryItems
from router.casework import api as work_api
from router.casework import pages as case
from router.classifier import suggest_api
from router.classifier.snapshot import ClassifierInUse
from router.classifier.store import MODEL_FILES, MODELS, Models
from router.classifier.trainings import TRAININGS, Trainings
from router.classifier.worker import TrainingWorker
from router.consumers import HANDLERS, IGNORED, TOPICS, measured, prepared
from router.desk import api as assignments_api
from router.desk import bulk_pages as bulk
from router.desk import inbox_pages as inbox
from router.desk import live_api as events_api
from router.desk import map_pages as map
from router.desk import saved_view_pages as views
from router.desk import team_pages as team
from router.desk.saved_view_store import SAVED_VIEWS, SavedViews
from router.directory import api as directory_api
from router.directory.commands import announce
from router.directory.snapshot import DirectoryInUse
from router.directory.store import DRAFTS, PUBLICATIONS, Drafts, Publication, Publications
from router.directory_admin import item_pages as directory_items
from router.directory_admin import pages as directory_pages
from router.directory_drafts import api as drafts_api
from router.directory_drafts import publications_api
from router.directory_drafts.commands import Drafting
from router.duplicates import api as similar_api
from router.duplicates import pages as similar
from router.duplicates.duplicate_sync import keep_findable, keep_together
from router.http import refusals
from router.model_administration import api as models_api
from router.model_administration import pages as text_models
from router.reconciliation.effects import RULES, STATING
from router.replies import api as replies_api
from router.settings import RouterSettings
from router.staffing.round_robin_store import TURNS, RoundRobin
from router.staffing.worker import Staffing
from router.sub_cases import api as sub_cases_api

PREFIX = "/api/router/v1"


def create_app(settings: RouterSettings) -> FastAPI:
    service = Service("router", settings, outboxes=[ASSIGNMENTS, DIRECTORY], need_database=["/desk"], stating=[STATING])
    assignments = Assignments(service.database)
    items = DirectoryItems(service.database)
    publications = publications_in(service.database)
    drafting = Drafting(Drafts(service.database[DRAFTS]), publications, items)
    templates = EntityTemplates(service.database[ENTITY_TEMPLATES])
    erasures = Erasures(service.database)

    async def announce_again(publication: Publication) -> None:
        await announce(items, publication, utc_now(), Cause(f"publication-{publication.version}"))

    directory = DirectoryInUse(publications, announce_again, ZoneInfo(settings.zone))
    models = models_in(service.database)
    classifier = ClassifierInUse(models)
    consumer = Consumer(
        service.database,
        assignments,
        HANDLERS,
        TOPICS,
        service.group,
        prepare=prepared(directory, classifier),
        topic_prefix=settings.topic_prefix,
        ignored=IGNORED,
    )

    service.stores += [assignments, items, templates, publications, drafting.drafts, erasures, models]
    # Without a directory the consumer keeps its messages and is well: someone must be able to publish the first one.
    service.subscribe(TOPICS, measured(consumer.take), waits_on_purpose=lambda: directory.current is None)
    service.reconcile(consumer, RULES)
    live = Live(CaseVersions(assignments), settings.live_connections, settings.live_connections_per_client)
    service.workers["live"] = live.watch
    service.workers["live-end"] = lambda: live.end_when(lambda: service.is_draining)
    service.workers["directory"] = directory.run
    service.workers["classifier"] = classifier.run
    service.workers["erasing"] = lambda: keep_erasing(erasures, service.dead_letters)
    staffing = Staffing(assignments, RoundRobin(service.database[TURNS]), directory, settings.zone)
    service.workers["staffing"] = staffing.run
    trainings = Trainings(service.database[TRAININGS])
    training = TrainingWorker(trainings, models, publications, assignments)
    service.workers["training"] = training.run
    service.workers["together"] = lambda: keep_together(assignments)
    service.workers["findable"] = lambda: keep_findable(assignments, directory)
    service.workers["triage"] = lambda: watch_triage(assignments)
    service.before_consuming += [directory.refresh, classifier.refresh]

    app = service.application(
        title="Tawasul router",
        description="The directory, who has which submission, and the officials' work on it.",
        version="1.0.0",
    )
    refusals.install(app)
    app.state.assignments = assignments
    app.state.live = live
    app.state.directory = directory
    app.state.classifier = classifier
    app.state.models = models
    app.state.trainings = trainings
    app.state.training = training
    app.state.publications = publications
    app.state.items = items
    app.state.drafting = drafting
    app.state.templates = templates
    app.state.saved_views = SavedViews(service.database[SAVED_VIEWS])
    app.state.staffing = staffing
    app.state.zone = settings.zone
    for api in (
        *(events_api, assignments_api, work_api, placing_api, replies_api, sub_cases_api, similar_api),
        *(publications_api, drafts_api, directory_api, suggest_api, templates_api, models_api),
    ):
        app.include_router(api.router, prefix=PREFIX)
    Pages(settings, Path(__file__).parent).install(app)
    # Pages with a fixed path come before the case page, whose path is a reference number.
    for room in (
        *(inbox, bulk, views, map, triage, team, text_models, templates_pages),
        *(directory_pages, directory_items, similar, case),
    ):
        app.include_router(room.router)
    return app


def publications_in(database: AsyncDatabase[Document]) -> Publications:
    return Publications(database[PUBLICATIONS])


def models_in(database: AsyncDatabase[Document]) -> Models:
    return Models(database[MODELS], AsyncGridFSBucket(database, MODEL_FILES))
