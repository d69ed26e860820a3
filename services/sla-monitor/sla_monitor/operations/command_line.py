"""Runs `python -m sla_monitor COMMAND` beside the service."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from aiokafka.errors import KafkaError
from pymongo.errors import PyMongoError
from shared.concurrency.tasks import cancel_all
from shared.messaging.directory_reader import DirectoryReader
from shared.storage.mongo import connect

from sla_monitor.app import award_store, rulebook_store
from sla_monitor.award.commands import reproduced
from sla_monitor.calendars.snapshot import Rulebooks
from sla_monitor.clocks.store import Clocks
from sla_monitor.history.replay import NoSuchFile, read_rows, replay
from sla_monitor.operations.commands import Result, compare_with_kafka, rebuild_all
from sla_monitor.settings import SlaMonitorSettings
from sla_monitor.timekeeping.reference import Reference

PATIENCE_SECONDS = 60.0


def run(arguments: Sequence[str]) -> int:
    """Return the exit code: 1 where something differs, or the command failed."""
    asked = _parser().parse_args(arguments)
    if asked.command == "replay-history":
        return _replay_history(asked.file)
    if asked.command == "award":
        return asyncio.run(_reproduce_award(asked.period, SlaMonitorSettings()))
    try:
        result = asyncio.run(_rebuild(asked.from_kafka, asked.write, SlaMonitorSettings()))
    except PyMongoError as error:
        print(f"sla-monitor: MongoDB did not do it ({type(error).__name__})", file=sys.stderr)
        return 1
    except (KafkaError, TimeoutError) as error:
        print(f"sla-monitor: Kafka did not do it ({type(error).__name__})", file=sys.stderr)
        return 1
    print(f"{result.clocks:,} clocks, {result.facts:,} facts of Kafka: {len(result.different):,} clocks differ")
    return 1 if result.different else 0


async def _rebuild(is_from_kafka: bool, is_writing: bool, settings: SlaMonitorSettings) -> Result:
    client, database = connect(settings.mongo_uri.get_secret_value(), settings.mongo_database or "tawasul_sla_monitor")
    clocks, rulebooks = Clocks(database), Rulebooks(rulebook_store(database).after)
    reader = DirectoryReader(settings)
    following: asyncio.Future[None] = asyncio.ensure_future(reader.run())
    try:
        await rulebooks.renew()
        reference = Reference(rulebooks, reader.directory)
        if not is_from_kafka:
            return await rebuild_all(clocks, reference, is_writing, print)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await reader.wait_until_caught_up()
        return await compare_with_kafka(settings, clocks, reference, is_writing, print)
    finally:
        await cancel_all([following])
        await client.close()


async def _reproduce_award(name: str, settings: SlaMonitorSettings) -> int:
    """Recompute a frozen award from its cases; exit code 1 where the hash differs."""
    client, database = connect(settings.mongo_uri.get_secret_value(), settings.mongo_database or "tawasul_sla_monitor")
    try:
        store = award_store(database)
        snapshot = await store.frozen(name)
        if snapshot is None:
            print(f"sla-monitor: no award of {name} was frozen", file=sys.stderr)
            return 1
        digest, number = await reproduced(store, snapshot)
    except PyMongoError as error:
        print(f"sla-monitor: MongoDB did not do it ({type(error).__name__})", file=sys.stderr)
        return 1
    finally:
        await client.close()
    is_same = digest == snapshot.sha256
    print(f"award {name}, formula {snapshot.formula}, {number:,} cases: {digest}")
    print("it is the frozen one" if is_same else f"it is NOT the frozen one, which is {snapshot.sha256}")
    return 0 if is_same else 1


def _replay_history(file: Path) -> int:
    try:
        found = replay(read_rows(file))
    except NoSuchFile as error:
        print(f"sla-monitor: {error}", file=sys.stderr)
        return 1
    for entity, figures in found.entities.items():
        share = figures.share_in_time
        shown = f"{share:.1%}" if share is not None else "-"
        print(f"{entity:>6}  received {figures.received:>6,}  answered {figures.answered:>6,}  in time {shown:>6}")
    for id, verdict in found.unsaid:
        print(f"{id}: the city says nothing, the record says {verdict}")
    for id in found.different:
        print(f"{id}: record and city disagree")
    print(
        f"{found.equal:,} verdicts equal the city's, {len(found.different):,} differ; "
        f"of {len(found.unsaid):,} the city says nothing, they are listed"
    )
    return 1 if found.different or not found.equal else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sla_monitor", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    rebuild = commands.add_parser("rebuild", help="read every clock again from its facts and compare field by field")
    rebuild.add_argument("--from-kafka", action="store_true", help="compare the facts with what the topics still hold")
    rebuild.add_argument("--write", action="store_true", help="bring what differs to what it should be")
    award = commands.add_parser("award", help="compute a frozen award again from its cases and compare its hash")
    award.add_argument("period", help="a year or a month, as 2026 or 2026-04")
    history = commands.add_parser("replay-history", help="Boston's requests against their verdicts")
    history.add_argument("file", type=Path, help="requests_2011.csv.gz")
    return parser
