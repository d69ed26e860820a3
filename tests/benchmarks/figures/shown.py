"""How long it takes until an answer that was given stands in the public record."""

import time
from uuid import uuid4

import httpx2
from shared.operations.settings import KafkaSettings
from sla_monitor.calendars.store import RULEBOOKS, RulebookStore

from tests.benchmarks.bench import Bench, Group
from tests.benchmarks.clocks import RULEBOOK
from tests.benchmarks.report import Figure, at_most
from tests.benchmarks.servers import KEYS, running, service
from tests.benchmarks.stores import fresh_stores
from tests.support.eventually import eventually
from tests.support.neighbours import Neighbours
from tests.support.sla_monitor import answered, assigned, received

ANSWERS = 60


async def measure(bench: Bench) -> list[Figure]:
    answers = bench.size(ANSWERS, least=5)
    async with fresh_stores() as stores, stores.client() as client:
        await RulebookStore(client["tawasul_sla_monitor"][RULEBOOKS]).publish(RULEBOOK, None)
        bench.step("shown: starting the SLA monitor")
        async with running(service("sla-monitor", stores.environment | KEYS), stores.folder) as url:
            neighbours = Neighbours(KafkaSettings(kafka_bootstrap=stores.kafka_bootstrap))
            await neighbours.start()
            bench.step(f"shown: {answers} answers, one after the other")
            async with httpx2.AsyncClient(base_url=url, timeout=10) as http:
                took, asked = [], []
                for number in range(1, answers + 1):
                    took.append(await _until_shown(neighbours, http, number))
                    began = time.perf_counter()
                    await _answers(http)
                    asked.append(time.perf_counter() - began)
    return [
        Figure(
            name="an answer stands in the public record after, at most",
            value=max(took) * 1_000,
            unit="ms",
            baseline=sorted(asked)[len(asked) // 2] * 1_000,
            against="asking for the record, half of the times",
            target=at_most(2_000),
            note=f"of {answers:,} cases, from the event's sending to the first answer of the API that counts it",
        )
    ]


async def _until_shown(neighbours: Neighbours, http: httpx2.AsyncClient, number: int) -> float:
    case = str(uuid4())
    await neighbours.publish(case, received(case), assigned(case))
    began = time.perf_counter()
    await neighbours.publish(case, answered(case))

    async def is_there() -> bool:
        return await _answers(http) >= number

    await eventually(is_there)
    return time.perf_counter() - began


async def _answers(http: httpx2.AsyncClient) -> int:
    response = await http.get("/api/sla-monitor/v1/performance")
    return int(response.raise_for_status().json()["figures"]["answered"])


GROUP = Group(measure, steps=2)
