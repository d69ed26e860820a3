"""`tawasul import` against a real intake on real MongoDB: processes are killed, and every row is accounted for."""

import asyncio
import contextlib
import csv
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from tawasul.stack.ports import free_port

from tests.support.eventually import eventually
from tests.support.infrastructure import Database, Infrastructure
from tests.support.intake import CONTACT_KEY, TRACKING_KEYS
from tests.support.provider import Provider

MAPPING = """
id: test
key: [id]
kind: {value: "{kind}", map: {C: complaint, S: suggestion}}
text: "{words}"
language: en
location: {address: "{street}"}
"""
ROWS, REPEATED, BAD = 500, 20, 15


class Intake:
    """A real process on a port that it keeps."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._environment = os.environ | environment | {"TAWASUL_PORT": str(self._port)}
        self._process: Process | None = None

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "intake", env=self._environment, stdout=asyncio.subprocess.DEVNULL
        )

    async def is_ready(self) -> bool:
        with contextlib.suppress(httpx2.TransportError):
            async with httpx2.AsyncClient() as http:
                return (await http.get(f"{self.url}/readyz")).is_success
        return False

    async def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            await self._process.wait()
            self._process = None


@dataclass
class Importer:
    """The command, as a person would type it."""

    intake: Intake
    folder: Path
    token: str

    async def start(self, file: Path, *options: str) -> Process:
        mapping, token = self.folder / "mapping.yaml", self.folder / "token"
        mapping.write_text(MAPPING)
        token.write_text(self.token)
        address = ("--mapping", str(mapping), "--url", self.intake.url, "--token-file", str(token), "--json")
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tawasul.cli", "import", str(file), *address, *options),
            env=os.environ | {"TAWASUL_STATE": str(self.folder / "state")},
            stdout=PIPE,
            stderr=PIPE,
        )

    async def finish(self, file: Path, *options: str) -> tuple[int, dict[str, Any], str]:
        return await concluded(await self.start(file, *options))


async def concluded(process: Process) -> tuple[int, dict[str, Any], str]:
    """Exit code, sums, and what was said."""
    async with asyncio.timeout(60):
        out, said = await process.communicate()
    assert process.returncode is not None
    assert out, said.decode()
    return process.returncode, json.loads(out), said.decode()


@pytest_asyncio.fixture(loop_scope="session")
async def intake(
    infrastructure: Infrastructure, mongo_database: Database, topic_prefix: str, provider: Provider
) -> AsyncIterator[Intake]:
    started = Intake(
        {
            "TAWASUL_KAFKA_BOOTSTRAP": infrastructure.kafka_bootstrap,
            "TAWASUL_MONGO_URI": infrastructure.mongo_uri,
            "TAWASUL_MONGO_DATABASE": mongo_database.name,
            "TAWASUL_TOPIC_PREFIX": topic_prefix,
            "TAWASUL_CONTACT_KEYS": CONTACT_KEY,
            "TAWASUL_TRACKING_KEYS": TRACKING_KEYS,
            "TAWASUL_OIDC_ISSUER": provider.issuer,
        }
    )
    await started.start()
    await eventually(started.is_ready)
    yield started
    await started.kill()


@pytest_asyncio.fixture(loop_scope="session")
async def importer(intake: Intake, tmp_path: Path, provider: Provider) -> Importer:
    return Importer(intake, tmp_path, provider.token("administrator", "administrator"))


def a_file(folder: Path, rows: int = ROWS, bad: int = 0, repeated: int = 0) -> Path:
    """`rows` in all; the bad ones and the repetitions stand spread among the others."""
    good = [f"{number},{'CS'[number % 2]},the lamp {number} is out,Road {number}" for number in range(rows)]
    good = good[: rows - bad - repeated]
    lines = list(good)
    for number in range(bad):
        fault = (f"bad{number},C,,Road 1", f"bad{number},C", f"bad{number},?,what,Road 1")[number % 3]
        lines.insert(number * 31 + 7, fault)
    for number in range(repeated):
        lines.insert(number * 23 + 40, good[number])
    path = folder / "requests.csv"
    path.write_text("\n".join(["id,kind,words,street", *lines, ""]))
    return path


async def filed(database: Database) -> int:
    return await database["submissions"].count_documents({})


async def has_filed(database: Database, count: int) -> None:
    async def _has() -> bool:
        return await filed(database) >= count

    await eventually(_has)


def sums(told: dict[str, Any]) -> tuple[int, int, int, int, int]:
    assert told["balance"]
    return told["rows"], told["accepted"], told["repeated"], told["rejected"], told["failed"]


def rejected_rows(told: dict[str, Any]) -> list[list[str]]:
    with Path(told["rejects"]).open(newline="", encoding="utf-8-sig") as file:
        return list(csv.reader(file))[1:]


async def test_an_import_killed_in_the_middle_goes_on_and_accounts_for_every_row(
    importer: Importer, mongo_database: Database, tmp_path: Path
) -> None:
    file = a_file(tmp_path, ROWS, BAD, REPEATED)
    good = ROWS - BAD - REPEATED
    killed = await importer.start(file, "--rate", "250")
    await has_filed(mongo_database, 300)
    killed.kill()
    await killed.communicate()
    assert await filed(mongo_database) < good

    code, told, said = await importer.finish(file)
    assert code == 0, said
    assert "going on after row" in said
    assert told["rows_of_this_run"] < ROWS
    assert sums(told) == (ROWS, good, REPEATED, BAD, 0)
    assert told["repeated_in_file"] == REPEATED
    assert await filed(mongo_database) == good
    texts = await mongo_database["submissions"].distinct("state.text")
    assert sorted(texts) == sorted(f"the lamp {number} is out" for number in range(good))

    lines = file.read_text().splitlines()
    rejected = rejected_rows(told)
    assert len(rejected) == BAD
    assert all(",".join(fields) == lines[int(line) - 1] for line, _, *fields in rejected)

    code, told, _ = await importer.finish(file)
    assert (code, sums(told)) == (0, (ROWS, 0, good + REPEATED, BAD, 0))
    assert await filed(mongo_database) == good


@pytest.mark.full
async def test_ctrl_c_ends_an_import_orderly_and_says_how_to_go_on(
    importer: Importer, mongo_database: Database, tmp_path: Path
) -> None:
    file = a_file(tmp_path, 200)
    interrupted = await importer.start(file, "--rate", "250")
    await has_filed(mongo_database, 50)
    interrupted.send_signal(signal.SIGINT)
    code, told, said = await concluded(interrupted)
    assert code == 130
    assert f"stopped after row {told['rows']:,}: the same command again goes on there" in said
    assert told["rows"] == told["accepted"] == await filed(mongo_database), "nothing is left under way"
    code, told, _ = await importer.finish(file)
    assert (code, sums(told)) == (0, (200, 200, 0, 0, 0))


@pytest.mark.full
async def test_an_import_waits_for_an_intake_that_is_killed_and_comes_back(
    importer: Importer, intake: Intake, mongo_database: Database, tmp_path: Path
) -> None:
    running = await importer.start(a_file(tmp_path, 200), "--rate", "250")
    await has_filed(mongo_database, 50)
    await intake.kill()
    await intake.start()
    code, told, said = await concluded(running)
    assert (code, sums(told)) == (0, (200, 200, 0, 0, 0)), said
    assert await filed(mongo_database) == 200


async def test_an_account_that_may_not_import_is_told_so(
    importer: Importer, mongo_database: Database, provider: Provider, tmp_path: Path
) -> None:
    importer.token = provider.token("officer.ali", "officer", entity="works")
    code, told, said = await importer.finish(a_file(tmp_path))
    assert code == 1
    assert "it takes the role administrator or central" in said
    assert told["rows"] == await filed(mongo_database) == 0
