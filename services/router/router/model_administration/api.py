"""Endpoints of the classifier's models: how good each is, and which is in use."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from shared.events.model import Role
from shared.http.auth import Caller, require
from shared.http.json_bodies import JsonBody
from shared.http.openapi import refusals
from shared.http.problems import not_found

from router.classifier.trainings import Step, Training
from router.http.model_requests import model_administration
from router.model_administration.commands import ModelShown

router = APIRouter(prefix="/models", tags=["models"])

READERS = (Role.ADMINISTRATOR, Role.CENTRAL)
Reads = Annotated[Caller, Depends(require(*READERS))]
Decides = Annotated[Caller, Depends(require(Role.ADMINISTRATOR))]
Version = Annotated[int, Path(ge=1, le=1_000_000)]


class ModelPage(BaseModel):
    items: list[ModelShown] = Field(description="the newest first")


class Use(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{}]})


class AskForTraining(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"precision": 0.97}]})

    precision: float = Field(default=0.97, ge=0.5, le=0.999, description="wanted of what is decided without a person")


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


@router.get("", responses=refusals(401, 403, 503))
async def list_models(request: Request, caller: Reads) -> ModelPage:
    """All that were ever made, with their scores."""
    return ModelPage(items=[*await model_administration(request, caller).all()])


@router.get("/training", responses=refusals(401, 403, 404, 503))
async def read_training(request: Request, caller: Reads) -> TrainingShown:
    """The newest one that somebody asked for: how far it is, or what came of it."""
    newest = await model_administration(request, caller).trainings.newest()
    if newest is None:
        raise not_found()
    return TrainingShown.of(newest)


@router.post("/training", status_code=202, responses=refusals(401, 403, 409, 422, 503))
async def ask_for_training(body: JsonBody[AskForTraining], request: Request, caller: Decides) -> TrainingShown:
    """Have a model made of the catalogue in force, the texts and what officials corrected; in the background, one at a
    time. It is stored with its scores, and used when somebody takes it into use."""
    return TrainingShown.of(await model_administration(request, caller).ask_for_training(body.precision))


@router.put("/{version}/thresholds", responses=refusals(401, 403, 404, 409, 422, 503))
async def set_threshold(body: JsonBody[SetThreshold], version: Version, request: Request, caller: Decides) -> ModelPage:
    """Want another share of what is decided for one entity to be right, or of all without a threshold of their own; in
    every process within seconds. What each share means stands in `options`."""
    administration = model_administration(request, caller)
    await administration.set_threshold(version, body.entity, body.precision)
    return ModelPage(items=[*await administration.all()])


@router.post("/{version}/use", responses=refusals(401, 403, 404, 422, 503))
async def use_model(body: JsonBody[Use], version: Version, request: Request, caller: Decides) -> ModelPage:
    """Take it into use in every process; an older one rolls back. The same once more changes nothing."""
    administration = model_administration(request, caller)
    await administration.use(version)
    return ModelPage(items=[*await administration.all()])
