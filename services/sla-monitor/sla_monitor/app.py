"""Wires the SLA monitor together."""

from pathlib import Path

from fastapi import FastAPI
from pymongo.asynchronous.database import AsyncDatabase
from shared.messaging.consumer import Consumer, retry_transient
from shared.messaging.directory_reader import DirectoryReader
from shared.privacy.erasures import Erasures, keep_erasing
from shared.serving.service import Service
from shared.storage.aggregates import Document
from shared.storage.lease import Lease
from shared.web.pages import Pages

from sla_monitor.award import api as award_api
from sla_monitor.award import pages as award
from sla_monitor.award.commands import Awards
from sla_monitor.award.store import AWARDS, CASES, CONTESTS, AwardStore
from sla_monitor.calendar_admin import api as rulebook_api
from sla_monitor.calendar_admin import change_pages as changing
from sla_monitor.calendar_admin import pages as working_hours
from sla_monitor.calendar_admin import preview_api
from sla_monitor.calendar_admin.publisher import RulebookPublisher
from sla_monitor.calendars.snapshot import Rulebooks
from sla_monitor.calendars.store import RULEBOOKS, RulebookStore
from sla_monitor.clocks import api as clocks_api
from sla_monitor.clocks import pages as clock
from sla_monitor.clocks.store import CLOCKS, DIFFERENCES, MOVES, Clocks
from sla_monitor.consumers import HANDLERS, IGNORED, TOPICS, on_set_aside
from sla_monitor.http import problems
from sla_monitor.performance import api as performance_api
from sla_monitor.performance import csv_pages as figures_file
from sla_monitor.performance import pages as performance
from sla_monitor.performance.commands import Record
from sla_monitor.performance.store import PROGRESS, PUBLICATIONS, SUMS, Publications, RecordStore
from sla_monitor.performance.worker import RecordKeeper
from sla_monitor.recalculation import api as history_api
from sla_monitor.recalculation.adaptive_throttle import AdaptiveThrottle
from sla_monitor.recalculation.reports import Reports
from sla_monitor.recalculation.store import DIGESTS, Digests, MoveStore
from sla_monitor.recalculation.worker import Recalculation
from sla_monitor.reconciliation.effects import RULES, STATING
from sla_monitor.settings import SlaMonitorSettings
from sla_monitor.sweeper.gauges import measure_clocks
from sla_monitor.sweeper.worker import Sweeper
from sla_monitor.timekeeping.reference import Reference
from sla_monitor.workload import api as workload_api
from sla_monitor.workload import pages as workload
from sla_monitor.workload.commands import Workloads
from sla_monitor.workload.store import WorkloadStore

PATIENCE_SECONDS = 60.0
"""Deadlines wait this long for unread events after a start; then the sweeper begins without them."""


def award_store(database: AsyncDatabase[Document]) -> AwardStore:
    return AwardStore(*(database[name] for name in (AWARDS, CASES, CONTESTS)))


def rulebook_store(database: AsyncDatabase[Document]) -> RulebookStore:
    return RulebookStore(database[RULEBOOKS])


def create_app(settings: SlaMonitorSettings) -> FastAPI:
    service = Service(
        "sla-monitor",
        settings,
        outboxes=[CLOCKS, PUBLICATIONS, DIGESTS],
        need_database=["/performance", "/working-hours"],
        stating=[STATING],
    )
    clocks = Clocks(service.database)
    store = rulebook_store(service.database)
    rulebooks = Rulebooks(store.after)
    reader = DirectoryReader(settings)
    reference = Reference(rulebooks, reader.directory)
    erasures = Erasures(service.database)
    sums = RecordStore(*(service.database[name] for name in (SUMS, DIFFERENCES, PROGRESS)))
    record = Record(clocks, sums, reference, settings.target_share)
    publications = Publications(service.database)
    moves, digests = MoveStore(service.database[MOVES], service.database[PROGRESS]), Digests(service.database)
    awards = Awards(record, award_store(service.database))
    workloads = Workloads(WorkloadStore(clocks.collection), sums, reference)
    service.stores += [clocks, store, erasures, record.store, publications, moves, digests]
    service.stores += [awards.store, workloads.store]

    consumer = Consumer(
        service.database,
        clocks,
        HANDLERS,
        TOPICS,
        service.group,
        lambda: reference,
        settings.topic_prefix,
        on_set_aside=on_set_aside,
        ignored=IGNORED,
    )
    service.subscribe(TOPICS, consumer.take, waits_on_purpose=lambda: rulebooks.newest is None)
    service.before_consuming += [rulebooks.renew, reader.wait_until_caught_up, lambda: retry_transient(sums.spread_new)]

    [takes_in] = service.subscriptions
    service.reconcile(consumer, RULES, {"clock_unknown": clocks.count_unknown})

    async def facts_are_in() -> None:
        await takes_in.catch_up(PATIENCE_SECONDS)

    sweeper = Sweeper(clocks, reference, Lease(service.database, "sweeper", service.holder), facts_are_in)
    keeper = RecordKeeper(record, publications, settings.figures_every_seconds)
    keeping = Lease(service.database, "record", service.holder)
    judging = Lease(service.database, "judging", service.holder)
    service.workers |= {
        "directory": reader.run,
        "rulebooks": rulebooks.run,
        "sweeper": sweeper.run,
        "judging": lambda: judging.run(
            Recalculation(
                clocks,
                moves,
                digests,
                reference,
                settings.moves_per_second,
                AdaptiveThrottle(takes_in.progress.longest_wait),
            ).keep
        ),
        "record": lambda: keeping.run(keeper.keep),
        "erasing": lambda: keep_erasing(erasures, service.dead_letters),
        "measure clocks": lambda: measure_clocks(clocks),
    }

    app = service.application(
        title="Tawasul SLA monitor",
        version="1.0.0",
        description="Keeps the clock of every submission: what is due when, who held it for how long, what was late.",
    )
    problems.install(app, award_api.PROBLEMS)
    app.state.clocks, app.state.store, app.state.reference, app.state.record = clocks, store, reference, record
    app.state.publisher = RulebookPublisher(store, reference)
    app.state.reports = Reports(reference, clocks, moves)
    app.state.moves, app.state.awards, app.state.workloads = moves, awards, workloads
    app.include_router(clocks_api.router)
    app.include_router(rulebook_api.router)
    app.include_router(history_api.router)
    app.include_router(preview_api.router)
    app.include_router(performance_api.router)
    app.include_router(award_api.router)
    app.include_router(workload_api.router)
    Pages(settings, Path(__file__).parent).install(app)
    app.include_router(performance.router)
    app.include_router(figures_file.router)
    app.include_router(award.router)
    app.include_router(clock.router)
    app.include_router(workload.router)
    app.include_router(working_hours.router)
    app.include_router(changing.router)
    return app
