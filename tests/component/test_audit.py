"""The audit trail on a real MongoDB: many at once, a seal, an export, and what cannot be recorded."""

import asyncio
import secrets
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from pymongo.asynchronous.database import AsyncDatabase
from shared.events.model import Role
from shared.http.auth import Caller
from shared.http.client_addresses import Addresses
from shared.http.problems import Problem
from shared.privacy.audit import RECORDS, SEALS, Audit, read_keys
from shared.privacy.audit_chain import Verdict, verify
from shared.storage.mongo import connect
from starlette.requests import Request
from tawasul.cli import app
from typer.testing import CliRunner

from tests.support.infrastructure import Database

KEYS = urlsafe_b64encode(secrets.token_bytes(32)).decode()
DOOR = "10.0.0.2"
ALI = Caller("officer.works", "Ali", frozenset({Role.OFFICER}), "works")


def a_request(address: str = "192.0.2.7", peer: str = DOOR) -> Request:
    """As the door passes it on, with what the client claimed before the door's own word."""
    app = FastAPI()
    app.state.addresses = Addresses(f"{DOOR}/32")
    headers = [(b"x-forwarded-for", f"203.0.113.9, {address}".encode())]
    return Request({"type": "http", "app": app, "headers": headers, "client": (peer, 1)})


async def read(audit: Audit, *ids: str, address: str = "192.0.2.7", peer: str = DOOR) -> None:
    await audit.record(a_request(address, peer), ALI, "read", "assignment", ids, "custodian")


async def stored(database: AsyncDatabase[Any], name: str) -> list[dict[str, Any]]:
    return [entry async for entry in database[name].find({}, {"_id": 0})]


async def verdict_on(database: AsyncDatabase[Any]) -> Verdict:
    return verify(await stored(database, RECORDS), await stored(database, SEALS), read_keys(KEYS))


@pytest.fixture
def audit(mongo_database: Database) -> Audit:
    return Audit(mongo_database, "router-0.test", KEYS)


async def test_what_is_recorded_says_who_what_when_why_and_from_where(audit: Audit, mongo_database: Database) -> None:
    await read(audit, "case-1")
    await read(audit, "case-2")
    await read(audit, "case-3", address="192.0.2.8")
    first, second, third = await stored(mongo_database, RECORDS)
    assert first["who"] == {"subject": "officer.works", "roles": ["officer"], "entity": "works"}
    assert (first["action"], first["kind"], first["things"]) == ("read", "assignment", ["case-1"])
    assert first["why"] == "custodian"
    assert first["from"] == second["from"] != third["from"]
    assert "192.0.2" not in str([first, second, third])


async def test_who_comes_past_the_door_cannot_choose_the_address_that_is_recorded(
    audit: Audit, mongo_database: Database
) -> None:
    await read(audit, "case-1", address="192.0.2.7", peer="198.51.100.4")
    await read(audit, "case-2", address="192.0.2.8", peer="198.51.100.4")
    await read(audit, "case-3", address="198.51.100.4")
    await read(audit, "case-4", address="192.0.2.7")
    first, second, third, fourth = [entry["from"] for entry in await stored(mongo_database, RECORDS)]
    assert first == second == third != fourth


async def test_many_at_once_are_one_chain_and_each_is_durable_when_told_so(
    audit: Audit, mongo_database: Database
) -> None:
    await audit.ensure_indexes()
    other = Audit(mongo_database, "router-1.test", KEYS)
    await asyncio.gather(*(read(each, f"case-{n}") for n in range(500) for each in (audit, other)))
    assert await mongo_database[RECORDS].count_documents({}) == 1_000
    assert await audit.seal()
    assert not await other.seal()
    await read(other, "later")
    assert await other.seal()
    verdict = await verdict_on(mongo_database)
    assert (verdict.faults, verdict.chains, verdict.seals, verdict.unsealed) == ([], 2, 2, 0)


async def test_two_processes_that_seal_at_once_make_one_seal_after_the_other(
    audit: Audit, mongo_database: Database
) -> None:
    await audit.ensure_indexes()
    others = [Audit(mongo_database, f"router-{n}", KEYS) for n in range(5)]
    for _ in range(3):
        await asyncio.gather(*(read(each, "case") for each in others))
        await asyncio.gather(*(each.seal() for each in others))
    assert (await verdict_on(mongo_database)).faults == []


async def test_what_cannot_be_recorded_is_refused_and_the_trail_stays_whole(
    audit: Audit, mongo_database: Database
) -> None:
    await audit.ensure_indexes()
    await read(audit, "case-1")
    (only,) = await stored(mongo_database, RECORDS)
    in_the_way = await mongo_database[RECORDS].insert_one({"_id": f"{only['chain']}/2"})
    with pytest.raises(Problem) as refused:
        await read(audit, "case-2")
    assert refused.value.status == 503
    await mongo_database[RECORDS].delete_one({"_id": in_the_way.inserted_id})
    await read(audit, "case-2")
    await audit.seal()
    verdict = await verdict_on(mongo_database)
    assert (verdict.faults, verdict.records, verdict.chains) == ([], 2, 2)


async def test_the_command_verifies_a_database_and_an_export_and_names_what_is_broken(
    audit: Audit, mongo_database: Database, mongo_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await audit.ensure_indexes()
    for n in range(5):
        await read(audit, f"case-{n}")
    await audit.seal()
    monkeypatch.setenv("TAWASUL_AUDIT_KEYS", KEYS)
    exported = tmp_path / "trail.jsonl"
    name, file = mongo_database.name, str(exported)

    async def run(*arguments: str) -> Any:
        return await asyncio.to_thread(CliRunner().invoke, app, ["audit", *arguments])

    there = ["--mongo-uri", mongo_uri]
    assert (await run("verify", "--database", name, *there)).exit_code == 0
    assert (await run("export", name, file, *there)).exit_code == 0
    assert (await run("verify", "--file", file)).exit_code == 0
    assert (await run("verify", "--file", file, "--expect", "0" * 64)).exit_code == 1

    await mongo_database[RECORDS].update_one({"sequence": 3}, {"$set": {"things": ["another-case"]}})
    broken = await run("verify", "--database", name, *there)
    assert broken.exit_code == 1
    assert "record 3 of router-0_test" in broken.output
    assert "was changed" in broken.output
    lines = [line for line in exported.read_text().splitlines() if '"sequence": 2,' not in line or "heads" in line]
    exported.write_text("\n".join(lines))
    assert "record 2 of router-0_test" in (await run("verify", "--file", file)).output


async def test_times_come_back_from_the_database_as_they_were_hashed(mongo_database: Database, mongo_uri: str) -> None:
    client, database = connect(mongo_uri, mongo_database.name)
    await read(Audit(database, "router-0", KEYS), "case")
    assert (await verdict_on(database)).faults == []
    await client.close()
