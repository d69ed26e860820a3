"""What `make bench ONLY=costs` measured, as it is kept beside the code that computes with it."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field
from shared.yaml_files import read_yaml

from tawasul.capacity.model import Cost, Station, saturation
from tawasul.stack.paths import REPOSITORY

FILE = REPOSITORY / "deploy" / "tawasul" / "capacity" / "measured.yaml"
RESULTS = REPOSITORY / "bench-results-costs.json"
"""Written by the benchmark. `tawasul capacity --take` makes FILE and the page's tables of it."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ProcessCost(_Part):
    at_rest_cores: float = Field(ge=0)
    fixed_cores: float = Field(ge=0)
    per_submission_ms: float = Field(ge=0)


class Consumer(_Part):
    fixed_ms: float = Field(ge=0)
    per_event_ms: float = Field(gt=0)
    events: float = Field(gt=0, description="of one submission")


class Checked(_Part):
    """Cores in use at a rate that had no part in the lines."""

    rate: float
    foretold_cores: float
    measured_cores: float


class Measured(_Part):
    commit: str
    machine: str
    most_events: int = Field(description="in a batch")
    rates: list[float] = Field(description="submissions a second, through which the lines go")
    processes: Mapping[str, ProcessCost]
    consumers: Mapping[str, Consumer]
    checked: Checked
    sustained: float = Field(description="submissions a second, the highest rate tried without a growing backlog")
    not_sustained: float = Field(description="the next one")
    page_ms: float = Field(description="of intake, for a page that a citizen opens")
    stored_kb: Mapping[str, float]

    @classmethod
    def read(cls, file: Path = FILE) -> "Measured":
        return cls.model_validate(read_yaml(file))

    @property
    def costs(self) -> list[Cost]:
        return [
            Cost(name, process.fixed_cores, process.per_submission_ms / 1_000)
            for name, process in self.processes.items()
        ]

    @property
    def stations(self) -> dict[str, Station]:
        return {
            name: Station(name, consumer.fixed_ms / 1_000, consumer.per_event_ms / 1_000, consumer.events)
            for name, consumer in self.consumers.items()
        }

    @property
    def saturation(self) -> float:
        """Between the last rate that was sustained and the first that was not."""
        return (self.sustained + self.not_sustained) / 2

    @property
    def foretold(self) -> float:
        return saturation(list(self.stations.values()), self.most_events)
