"""The classifier's models: how good each is, and which is in use."""

from datetime import datetime
from typing import Annotated, Self, cast

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from shared.audit import audit_of
from shared.auth import Caller, require
from shared.events.model import Role
from shared.openapi import refusals
from shared.problems import not_found

from router.classifier import ClassifierInUse
from router.domain.scores import Scores
from router.model_store import LearntFrom, ModelRecord, Models

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
            held_out=record.held_out,
            evaluation=record.evaluation,
            is_wanted=record.version == wanted,
            is_in_use=record.version == used,
        )


class ModelPage(BaseModel):
    items: list[ModelShown] = Field(description="the newest first")


class Use(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{}]})


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


@router.post("/{version}/use", responses=refusals(401, 403, 404, 422, 503))
async def use_model(body: Use, version: Version, request: Request, caller: Decides) -> ModelPage:
    """Take it into use in every process; an older one rolls back. The same once more changes nothing."""
    models = models_of(request)
    wanted = await models.in_use()
    if (wanted is None or wanted.version != version) and not await models.use(version):
        raise not_found()
    await audit_of(request).record(request, caller, "use", "model", [str(version)], "administrator")
    await request.app.state.classifier.refresh()
    return ModelPage(items=await shown(request))
