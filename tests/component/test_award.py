"""The award of a month, on real Kafka and MongoDB: contested, decided, frozen, and reproduced."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI
from sla_monitor.award.commands import AlreadySettled, Awards, reproduced
from sla_monitor.award.model import Period
from sla_monitor.operations.command_line import run

from tests.support import one_record
from tests.support.eventually import eventually
from tests.support.infrastructure import Database, Infrastructure
from tests.support.neighbours import Neighbours
from tests.support.one_record import settled
from tests.support.one_sla_monitor import API, Client
from tests.support.provider import Provider
from tests.support.sla_monitor import (
    answered,
    assigned,
    confidential,
    received,
    reopened,
)

app, client = one_record.app, one_record.client


async def test_an_award_is_contested_decided_frozen_and_comes_out_the_same_again(
    client: Client,
    neighbours: Neighbours,
    provider: Provider,
    app: FastAPI,
    mongo_database: Database,
    infrastructure: Infrastructure,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    awards: Awards = app.state.awards
    month = f"{datetime.now(UTC).astimezone(ZoneInfo('Asia/Bahrain')):%Y-%m}"
    cases = sorted(str(uuid4()) for _ in range(11))
    for case in cases:
        await neighbours.publish(case, received(case), assigned(case), answered(case))
    await settled(client, answered=11)
    head = provider.authorization("head.works", "head", entity="works")
    stranger = provider.authorization("head.health", "head", entity="health")
    central = provider.authorization("clerk", "central", entity="central-office")
    at = f"{API}/awards/{month}"
    [works] = (await client.get(at)).json()["standings"]
    assert (works["rank"], works["answers"], works["parts"]["in_time"]["value"]) == (1, 11, 1.0)

    behind = f"{at}/entities/works/cases"
    page = (await client.get(behind, params={"what": "in_time", "limit": 10}, headers=head)).json()
    rest = await client.get(behind, params={"cursor": page["next_cursor"]}, headers=central)
    assert [each["submission"] for each in page["items"] + rest.json()["items"]] == cases
    refused = [
        await client.get(behind, headers=stranger),
        await client.put(f"{at}/contests/{cases[0]}", json={"reason": "no reason"}, headers=central),
        await client.post(f"{at}/freeze", headers=head),
    ]
    assert [each.status_code for each in refused] == [403, 403, 403]
    assert (await client.get(behind)).status_code == 401
    assert (await client.post(f"{at}/freeze", headers=central)).status_code == 409, "the month is not over"

    why = {"reason": "It was answered at the counter before it was filed."}
    contested = f"{at}/contests/{cases[0]}"
    assert (await client.put(contested, json=why, headers=stranger)).status_code == 404, "it is not theirs"
    assert (await client.put(contested, json=why, headers=head)).status_code == 201
    assert (await client.put(contested, json=why, headers=head)).status_code == 409
    decision = {"decision": "upheld", "why": "The counter's list shows it."}
    decided = await client.put(f"{contested}/entities/works/decision", json=decision, headers=central)
    assert (decided.status_code, decided.json()["decided_by"]) == (200, "clerk")
    listed = (await client.get(f"{at}/contests", headers=head)).json()["items"]
    assert [each["submission"] for each in listed] == [cases[0]]
    assert (await client.get(at)).json()["standings"][0]["answers"] == 10

    await neighbours.publish(cases[0], confidential(cases[0], "somebody"))
    the_head = provider.authorization("the.head", "head", entity="works")

    async def is_hidden() -> bool:
        items: list[object] = (await client.get(f"{at}/contests", headers=head)).json()["items"]
        return not items

    await eventually(is_hidden)
    for path in (behind, f"{at}/contests"):
        found = [(await client.get(path, headers=who)).json()["items"] for who in (head, central, the_head)]
        assert [cases[0] in [each["submission"] for each in items] for items in found] == [False, False, True]
    assert (await client.put(contested, json=why, headers=head)).status_code == 404
    assert (await client.put(contested, json=why, headers=the_head)).status_code == 409
    hidden = await client.put(f"{contested}/entities/works/decision", json=decision, headers=central)
    assert hidden.status_code == 404
    await neighbours.publish(cases[0], confidential(cases[0]))

    later = Period(month).ends(ZoneInfo("Asia/Bahrain")) + timedelta(days=1)
    await awards.freeze(Period(month), "clerk", later)
    snapshot = await awards.store.frozen(month)
    assert snapshot is not None
    assert await reproduced(awards.store, snapshot) == (snapshot.sha256, 11)
    with pytest.raises(AlreadySettled):
        await awards.freeze(Period(month), "clerk", later)
    assert await mongo_database["award_cases"].count_documents({}) == 11, "the second left nothing behind"
    await neighbours.publish(cases[1], reopened(cases[1]))
    await settled(client, reopened=1)
    frozen = (await client.get(at)).json()
    assert (frozen["sha256"], frozen["standings"][0]["answers"]) == (snapshot.sha256, 10)
    assert (await client.put(f"{at}/contests/{cases[2]}", json=why, headers=head)).status_code == 409

    english, arabic = [
        (await client.get("/performance/award", params={"lang": lang, "period": month})).text for lang in ("en", "ar")
    ]
    assert snapshot.sha256 in english
    assert "The calculation: A name" in english
    assert 'dir="rtl"' in arabic
    monkeypatch.setenv("TAWASUL_MONGO_URI", infrastructure.mongo_uri)
    monkeypatch.setenv("TAWASUL_MONGO_DATABASE", mongo_database.name)
    assert await asyncio.to_thread(run, ["award", month]) == 0
    assert f"11 cases: {snapshot.sha256}\nit is the frozen one" in capsys.readouterr().out
    await mongo_database["award_cases"].update_one({"submission": cases[3]}, {"$set": {"counts": [["late", 1]]}})
    assert await asyncio.to_thread(run, ["award", month]) == 1
    assert "it is NOT the frozen one" in capsys.readouterr().out
