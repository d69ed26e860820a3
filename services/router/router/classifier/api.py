"""The classifier's models: how good each is, and which is in use."""

from datetime import datetime
from typing import Annotated, Self, cast

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from shared.events.model import Role
from shared.http.auth import Caller, require
from shared.http.json_bodies import JsonBody
from shared.http.openapi import refusals
from shared.http.problems import changed_meanwhile, not_found
from shared.privacy.audit import audit_of
from shared.reference.working_time import utc_now

from router.classifier.snapshot import ClassifierInUse
from router.classifier.store import LearntFrom, ModelRecord, Models
from router.classifier.trainings import Step, Training, Trainings
from router.http.problems import one_is_made
from router.text_model.scores import Option, Scores

router = APIRouter(prefix="/models", tags=["models"])

READERS = (Role.ADMINISTRATOR, Role.CENTRAL)
Reads = Annotated[Caller, Depends(require(*READERS))]
Decides = Annotated[Caller, Depends(require(Role.ADMINISTRATOR))]
Version = Annotated[int, Path(ge=1, le=1_000_000)]


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


class ModelPage(BaseModel):
    items: list[ModelShown] = Field(description="the newest first")


class Use(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{}]})


class AskForTraining(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"precision": 0.95}]})

    precision: float = Field(default=0.95, ge=0.5, le=0.999, description="wanted of what is decided without a person")


class SetThreshold(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"entity": "*", "precision": 0.95}]})

    entity: str = Field(max_length=100, description="`*`: all that have no threshold of their own")
    precision: float = Field(description="one of the shares in `options`")


class TrainingShown(BaseModel):
    """`model`: what came of it; `why` none did: `directory`, `catalogue`, `interrupted` or `error`."""

    asked_by: str
    asked_at: datetime
    precision: float
    step: Step
    step_since: datetime
    model: int | None
    why: str | None

    @classmethod
    def of(cls, training: Training) -> Self:
        known = training.model_dump(include={"asked_at", "precision", "step", "step_since", "why"})
        return cls(**known, asked_by=training.by, model=training.version)


def trainings_of(request: Request) -> Trainings:
    return cast(Trainings, request.app.state.trainings)


def models_of(request: Request) -> Models:
    return cast(Models, request.app.state.models)


async def shown(request: Request) -> list[ModelShown]:
    models = models_of(request)
    wanted, classifier = await models.in_use(), cast(ClassifierInUse, request.app.state.classifier).current
    used = classifier.version if classifier else None
    return [ModelShown.of(record, wanted.version if wanted else None, used) for record in await models.all()]


@router.get("", responses=refusals(401, 403, 503))
async def list_models(request: Request, caller: Reads) -> ModelPage:
    """All that were ever made, with their scores."""
    return ModelPage(items=await shown(request))


@router.get("/training", responses=refusals(401, 403, 404, 503))
async def read_training(request: Request, caller: Reads) -> TrainingShown:
    """The newest one that somebody asked for: how far it is, or what came of it."""
    newest = await trainings_of(request).newest()
    if newest is None:
        raise not_found()
    return TrainingShown.of(newest)


@router.post("/training", status_code=202, responses=refusals(401, 403, 409, 422, 503))
async def ask_for_training(body: JsonBody[AskForTraining], request: Request, caller: Decides) -> TrainingShown:
    """Have a model made of the catalogue in force, the texts and what officials corrected; in the background, one at a
    time. It is stored with its scores, and used when somebody takes it into use."""
    if not await trainings_of(request).ask(caller.subject, body.precision, utc_now()):
        raise one_is_made()
    await audit_of(request).record(request, caller, "train", "model", ["next"], "administrator")
    newest = await trainings_of(request).newest()
    assert newest is not None
    return TrainingShown.of(newest)


@router.put("/{version}/thresholds", responses=refusals(401, 403, 404, 409, 422, 503))
async def set_threshold(body: JsonBody[SetThreshold], version: Version, request: Request, caller: Decides) -> ModelPage:
    """Want another share of what is decided for one entity to be right, or of all without a threshold of their own; in
    every process within seconds. What each share means stands in `options`."""
    models = models_of(request)
    record = await models.find(version)
    options = record.options.get(body.entity, ()) if record is not None else ()
    option = next((each for each in options if each.precision == body.precision), None)
    if record is None or option is None:
        raise not_found()
    after = record.thresholds.with_share(body.entity, option.precision, option.least)
    if not await models.set_thresholds(version, record.thresholds, after):
        raise changed_meanwhile()
    await audit_of(request).record(request, caller, "set-threshold", "model", [str(version)], "administrator")
    await request.app.state.classifier.refresh()
    return ModelPage(items=await shown(request))


@router.post("/{version}/use", responses=refusals(401, 403, 404, 422, 503))
async def use_model(body: JsonBody[Use], version: Version, request: Request, caller: Decides) -> ModelPage:
    """Take it into use in every process; an older one rolls back. The same once more changes nothing."""
    models = models_of(request)
    wanted = await models.in_use()
    if (wanted is None or wanted.version != version) and not await models.use(version):
        raise not_found()
    await audit_of(request).record(request, caller, "use", "model", [str(version)], "administrator")
    await request.app.state.classifier.refresh()
    return ModelPage(items=await shown(request))
