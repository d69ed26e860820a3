"""Commands on the classifier's models: have one trained, take one into use, set thresholds. Each raises a Refusal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field
from shared.http.auth import Caller

from router.cases.model import Refusal
from router.casework.case_command import Record
from router.classifier.snapshot import ClassifierInUse
from router.classifier.store import LearntFrom, ModelRecord, Models
from router.classifier.trainings import Training, Trainings
from router.text_model.scores import Option, Scores


class ModelMissing(Refusal):
    """No model has this version, or it has no such threshold."""


class ModelChangedMeanwhile(Refusal):
    """Another administrator set thresholds of the model at the same moment."""


class TrainingRunning(Refusal):
    """A model is being trained already."""


class ModelShown(BaseModel):
    """`thresholds`: from which probability on an entity's texts are assigned without a person; `threshold` for those
    that have none of their own."""

    version: int = Field(examples=[3])
    at: datetime
    directory_version: int
    learnt_from: LearntFrom
    precision: float = Field(description="wanted of what is decided without a person")
    threshold: float | None = Field(description="null: nothing is sure enough")
    thresholds: dict[str, float | None]
    held_out: Scores | None = Field(description="on texts it was made of, each judged by one that had not seen it")
    evaluation: Scores | None = Field(description="on texts kept apart")
    in_use_since: datetime | None
    wanted: dict[str, float] = Field(description="another share that was set for an entity; `*`: elsewhere")
    options: dict[str, tuple[Option, ...]] = Field(description="what each share that may be wanted would mean")
    is_wanted: bool = Field(description="it was taken into use last")
    is_in_use: bool = Field(description="this process uses it; another where the wanted one cannot be used")

    @classmethod
    def of(cls, record: ModelRecord, wanted: int | None, used: int | None) -> Self:
        known = record.thresholds
        return cls(
            **record.model_dump(include={"version", "at", "directory_version", "in_use_since"}),
            learnt_from=record.learnt_from,
            precision=known.precision,
            threshold=known.of_all,
            thresholds=known.of,
            wanted=known.wanted,
            options=record.options,
            held_out=record.held_out,
            evaluation=record.evaluation,
            is_wanted=record.version == wanted,
            is_in_use=record.version == used,
        )


@dataclass(frozen=True)
class ModelAdministration:
    """The models, and one caller who reads or changes them."""

    models: Models
    trainings: Trainings
    classifier: ClassifierInUse
    caller: Caller
    record: Record
    now: datetime

    async def all(self) -> Sequence[ModelShown]:
        """Return all models, the newest first, and which of them this process uses."""
        wanted, current = await self.models.in_use(), self.classifier.current
        used = current.version if current else None
        records = await self.models.all()
        return [ModelShown.of(record, wanted.version if wanted else None, used) for record in records]

    async def ask_for_training(self, precision: float) -> Training:
        """Raises TrainingRunning: models are trained one at a time."""
        if not await self.trainings.ask(self.caller.subject, precision, self.now):
            raise TrainingRunning
        await self.record("train", "model", ["next"], "administrator")
        newest = await self.trainings.newest()
        assert newest is not None
        return newest

    async def set_threshold(self, version: int, entity: str, precision: float) -> None:
        """Raises ModelMissing and ModelChangedMeanwhile."""
        record = await self.models.find(version)
        options = record.options.get(entity, ()) if record is not None else ()
        option = next((each for each in options if each.precision == precision), None)
        if record is None or option is None:
            raise ModelMissing
        after = record.thresholds.with_share(entity, option.precision, option.least)
        if not await self.models.set_thresholds(version, record.thresholds, after):
            raise ModelChangedMeanwhile
        await self.record("set-threshold", "model", [str(version)], "administrator")
        await self.classifier.refresh()

    async def use(self, version: int) -> None:
        """Take a model into use in every process. Raises ModelMissing; the same once more changes nothing."""
        wanted = await self.models.in_use()
        if (wanted is None or wanted.version != version) and not await self.models.use(version):
            raise ModelMissing
        await self.record("use", "model", [str(version)], "administrator")
        await self.classifier.refresh()
