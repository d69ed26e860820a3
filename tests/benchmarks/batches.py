"""How large a service's batches were and how long they took, from the service's own metrics."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import httpx2
from prometheus_client.parser import text_string_to_metric_families

COUNT, EVENTS, SECONDS = "tawasul_batch_events_count", "tawasul_batch_events_sum", "tawasul_batch_duration_seconds_sum"
FEWEST = 5


@dataclass(frozen=True)
class Batch:
    """Means over a while: how many events a batch had, and how long it took (seconds)."""

    events: float
    seconds: float


@dataclass(frozen=True)
class Taken:
    """By one consumer since its start."""

    batches: float
    events: float
    seconds: float

    def since(self, earlier: "Taken") -> "Taken":
        return Taken(self.batches - earlier.batches, self.events - earlier.events, self.seconds - earlier.seconds)

    @property
    def mean(self) -> Batch | None:
        """None where there were too few to say anything."""
        if self.batches < FEWEST:
            return None
        return Batch(self.events / self.batches, self.seconds / self.batches)


async def taken(addresses: Mapping[str, str]) -> dict[str, Taken]:
    """By each service."""
    async with httpx2.AsyncClient(timeout=30) as http:
        answers = await asyncio.gather(*(http.get(f"{address}/metrics") for address in addresses.values()))
    return {name: _read(answer.text) for name, answer in zip(addresses, answers, strict=True)}


def _read(text: str) -> Taken:
    totals = dict.fromkeys((COUNT, EVENTS, SECONDS), 0.0)
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name in totals:
                totals[sample.name] += sample.value
    return Taken(totals[COUNT], totals[EVENTS], totals[SECONDS])
