"""The figures that `make bench ONLY=costs` measured, kept beside the code that computes with them."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field
from shared.yaml_files import read_yaml

from tawasul.capacity.model import Cost, Station, System
from tawasul.stack.paths import REPOSITORY

FILE = REPOSITORY / "deploy" / "tawasul" / "capacity" / "measured.yaml"
RESULTS = REPOSITORY / "bench-results-costs.json"
"""Written by the benchmark. `tawasul capacity --take` makes FILE and the page's tables of it."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ProcessCost(_Part):
    at_rest_cores: float = Field(ge=0)
    per_batch_ms: float = Field(ge=0, description="a service's own, of anything else those of all services")
    per_submission_ms: float = Field(ge=0)


class Consumer(_Part):
    waits_ms: float = Field(ge=0, description="between two batches, for events to gather")
    fixed_ms: float = Field(ge=0)
    per_event_ms: float = Field(ge=0)
    events: float = Field(gt=0, description="of one submission")


class Checked(_Part):
    """Cores in use at a rate that had no part in the lines."""

    rate: float
    foretold_cores: float
    measured_cores: float


class Measured(_Part):
    commit: str
    machine: str
    cores: int
    most_events: int = Field(description="in a batch")
    rates: list[float] = Field(description="submissions a second, through which the lines go")
    processes: Mapping[str, ProcessCost]
    consumers: Mapping[str, Consumer]
    checked: Checked
    saturation: float = Field(description="submissions a second that went all the way, as many being filed")
    on_their_way: int = Field(description="all the time, meanwhile")
    page_ms: float = Field(description="of intake, for a page that a citizen opens")
    stored_kb: Mapping[str, float]

    @classmethod
    def read(cls, file: Path = FILE) -> "Measured":
        return cls.model_validate(read_yaml(file))

    @property
    def costs(self) -> Mapping[str, Cost]:
        return {
            name: Cost(name, cost.at_rest_cores, cost.per_batch_ms / 1_000, cost.per_submission_ms / 1_000)
            for name, cost in self.processes.items()
        }

    @property
    def stations(self) -> Mapping[str, Station]:
        return {
            name: Station(name, each.waits_ms / 1_000, each.fixed_ms / 1_000, each.per_event_ms / 1_000, each.events)
            for name, each in self.consumers.items()
        }

    @property
    def system(self) -> System:
        return System(list(self.costs.values()), list(self.stations.values()), self.cores, self.most_events)

    @property
    def foretold(self) -> float:
        return self.system.saturation
