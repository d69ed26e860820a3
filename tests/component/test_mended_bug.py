"""Dead letters of a bug are replayed by one command, once a version without the bug runs.

Who answered a question of the citizen's form was set aside by the SLA monitor: such a case was assigned and had no
clock. Three dead letters as that version wrote them are in `set_aside/`.
"""

import re
from pathlib import Path

import httpx2
import pytest
from bson import json_util
from pydantic import ValidationError
from pymongo.asynchronous.collection import AsyncCollection
from shared.events.directory import EntityChanged
from shared.events.model import Name
from shared.events.topics import DEADLINES
from shared.messaging.failure_causes import of_failure
from shared.storage.aggregates import Document
from sla_monitor.app import create_app
from sla_monitor.timekeeping.facts import Fact

from tests.support import dead_letters
from tests.support.dead_letters import bearing, command, listening
from tests.support.eventually import eventually
from tests.support.infrastructure import Database, Infrastructure
from tests.support.neighbours import Neighbours
from tests.support.one_sla_monitor import API, publish
from tests.support.sla_monitor import NAME, SUNDAY, assigned, received, sla_monitor_settings

identity = dead_letters.identity

LETTERS = json_util.loads((Path(__file__).parent / "set_aside" / "receipts_with_answers.json").read_text())


def test_what_that_version_would_say_of_it_today() -> None:
    data = received(LETTERS[0]["key"], category="roads.pothole", answers={"size": "wheel"})
    with pytest.raises(ValidationError) as met:
        Fact.model_validate(
            {"id": "1", "time": SUNDAY, "source": "submissions", "sequence": 1, "type": data.type}
            | {"question": vars(data)["answers"]}
        )
    cause = of_failure(met.value, "SubmissionReceived", data, ["tests"])
    assert cause.reason == "SubmissionReceived.answers: dict where str expected in Fact.question"


async def test_the_cases_of_those_who_answered_a_question_get_their_clocks(
    infrastructure: Infrastructure,
    mongo_database: Database,
    topic_prefix: str,
    identity: int,
    neighbours: Neighbours,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    issuer = f"http://127.0.0.1:{identity}"
    app = create_app(sla_monitor_settings(infrastructure, mongo_database.name, topic_prefix, issuer))
    entity = EntityChanged(entity="works", name=Name.model_validate(NAME), kind="ministry", calendar="utilities")
    await neighbours.publish("entity:works", entity)
    cases = [letter["key"] for letter in LETTERS]
    async with listening(app) as port, httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        monkeypatch.setenv("TAWASUL_PORT_IDENTITY", str(identity))
        monkeypatch.setenv("TAWASUL_PORT_SLA_MONITOR", str(port))
        central = await bearing(identity, "central.triage")
        await publish(client, await bearing(identity, "administrator"))
        for case in cases:
            await neighbours.publish(case, assigned(case))
        await eventually(lambda: _are_known(mongo_database["clocks"], cases))
        for case in cases:
            assert (await client.get(f"{API}/clocks/{case}", headers=central)).status_code == 404
        await mongo_database["dead_letters"].insert_many(LETTERS)

        listed = await command("causes", "sla-monitor")
        [(cause, letters)] = re.findall(r"│ ([0-9a-f]{12}) +│ sla-monitor +│ (\d+)", listed.output)
        assert letters == "3", "what has no cause of its own yet is one cause all the same"

        replayed = await command("replay", "sla-monitor", "--cause", cause)
        assert replayed.exit_code == 0, replayed.output
        assert "3 taken, 0 had been taken, 0 set aside again, 0 not yet known" in replayed.output
        for case in cases:
            [set_, *_] = await neighbours.hear(DEADLINES, case, "DeadlineSet")
            assert set_.data.entity == "works"
            assert (await client.get(f"{API}/clocks/{case}", headers=central)).json()["due_at"]
        assert (await command("causes", "sla-monitor")).exit_code == 0


async def _are_known(clocks: AsyncCollection[Document], cases: list[str]) -> bool:
    return await clocks.count_documents({"_id": {"$in": cases}}) == len(cases)
