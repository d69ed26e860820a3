"""What a model is made of, and how it travels to the process that makes one and back: JSON, and the model's file."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from pydantic import BaseModel

from router.cases.store import Correction
from router.classifier.examples import LabelledText
from router.classifier.store import ModelRecord
from router.directory.model import Country

TOO_LITTLE = 3
"""Exit code of the process that makes a model: the catalogue has fewer than two leaf categories."""


@dataclass(frozen=True)
class Material:
    """All that a model is made of. Texts of categories that are gone are left out."""

    version: int
    country: Country
    texts: Sequence[LabelledText] = ()
    corrections: Sequence[Correction] = ()


class TrainingRequest(BaseModel):
    """Without what `Material` of another version of this service would be: both ends are the same installation."""

    version: int
    country: Country
    texts: list[LabelledText]
    corrections: list[dict[str, str | None]]
    precision: float
    now: datetime

    @classmethod
    def of(cls, material: Material, precision: float, now: datetime) -> "TrainingRequest":
        return cls(
            version=material.version,
            country=material.country,
            texts=list(material.texts),
            corrections=[asdict(correction) for correction in material.corrections],
            precision=precision,
            now=now,
        )

    @property
    def material(self) -> Material:
        corrections = [Correction(**correction) for correction in self.corrections]  # type: ignore[arg-type]
        return Material(self.version, self.country, self.texts, corrections)


def written_made(record: ModelRecord, content: bytes) -> bytes:
    return record.model_dump_json().encode() + b"\n" + content


def read_made(written: bytes) -> tuple[ModelRecord, bytes]:
    """Raises ValueError for anything else."""
    record, _, content = written.partition(b"\n")
    return ModelRecord.model_validate_json(record), content
