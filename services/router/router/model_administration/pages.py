"""`/desk/models`: how good the classifier's models are, two of them side by side, and which is in use."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from shared.events.model import Role
from shared.http.problems import not_found
from shared.web.catalogues import N_
from shared.web.forms import posted
from shared.web.pages import PRIVATE
from starlette.responses import RedirectResponse, Response

from router.classifier.suggestions import ELSEWHERE
from router.desk.view import Reader, desk_page
from router.http.model_requests import model_administration
from router.http.sign_in import Administrator, ModelReader
from router.model_administration.commands import ModelChangedMeanwhile, ModelShown, TrainingRunning
from router.text_model.scores import on_the_same

router = APIRouter(include_in_schema=False)

Form = Annotated[dict[str, str], Depends(posted)]


PRECISIONS = ("99", "98", "95", "90", "85", "80")
"""Of a hundred: what can be wanted of what a model decides alone."""

STEPS = {
    "asked": N_("It begins within seconds."),
    "reading": N_("It reads the catalogue, the texts and what officials corrected."),
    "learning": N_("It learns. That takes a minute or some."),
    "storing": N_("It is being stored."),
}
WHYS = {
    "directory": N_("No directory was published yet."),
    "catalogue": N_("The catalogue has fewer than two categories to tell apart."),
    "interrupted": N_("The service was restarted too often meanwhile. Try again."),
    "error": N_("Something went wrong; the operations team finds it in the log."),
}

FIGURES = {
    "accuracy": (N_("Category is right"), False),
    "among_three": (N_("Category is among the first three"), False),
    "entity_accuracy": (N_("Entity is right"), False),
    "coverage": (N_("Could be decided alone at the wanted precision"), False),
    "sure": (N_("Decided alone with its thresholds"), False),
    "sure_right": (N_("… of them right"), False),
    "calibration_error": (N_("Its probabilities are off by"), True),
}
"""By the name of the score: what it is called, and whether less is better."""


@dataclass(frozen=True)
class Figure:
    """One figure of two models, as shares. `better`: which of them, 0 where neither is or where that cannot be told."""

    name: str
    one: float | None
    other: float | None
    better: int


@dataclass(frozen=True)
class Compared:
    """`texts`: how many each was judged on. Where those differ, nothing tells which model is better."""

    figures: Sequence[Figure]
    texts: tuple[int, int]
    on_the_same: bool


@router.get("/desk/models")
async def show(
    request: Request,
    caller: ModelReader,
    one: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    other: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    did: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Without a choice the newest stands beside the one in use, or beside the one before it."""
    administration = model_administration(request, caller)
    models = await administration.all()
    by_version = {model.version: model for model in models}
    chosen = [by_version[each] for each in (one, other) if each in by_version] or _usual(models)
    reader = Reader.of(request)
    return desk_page(
        request,
        reader,
        "models.html",
        models=models,
        chosen=chosen,
        compared=_compared(*chosen) if len(chosen) == 2 else None,
        unusable=any(model.is_wanted and not model.is_in_use for model in models),
        decides=caller.has(Role.ADMINISTRATOR),
        done=did == "used",
        training=await administration.trainings.newest(),
        steps=STEPS,
        whys=WHYS,
        precisions=[(each, f"{each} / 100") for each in PRECISIONS],
    )


@router.post("/desk/models/use")
async def use(request: Request, form: Form, caller: Administrator) -> Response:
    """Take one into use; an older one rolls back."""
    version = form.get("version", "")
    if not version.isdecimal() or len(version) > 6:
        raise not_found()
    await model_administration(request, caller).use(int(version))
    return RedirectResponse("/desk/models?did=used", 303, PRIVATE)


@router.get("/desk/models/thresholds")
async def thresholds(
    request: Request,
    caller: ModelReader,
    version: Annotated[int, Query(ge=1, le=1_000_000)],
    entity: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """Show what each precision that can be chosen for an entity would change."""
    entity = entity or ELSEWHERE
    record = await model_administration(request, caller).models.find(version)
    if record is None or entity not in record.options:
        raise not_found()
    reader = Reader.of(request)
    return desk_page(
        request,
        reader,
        "model_thresholds.html",
        model=record,
        entity=entity,
        entities=[(each, reader.names.entity(each)) for each in record.options if each != ELSEWHERE],
        options=record.options[entity],
        wanted=record.thresholds.share_wanted(entity),
        decides=caller.has(Role.ADMINISTRATOR),
    )


@router.post("/desk/models/thresholds")
async def set_threshold(request: Request, form: Form, caller: Administrator) -> Response:
    version, share, entity = form.get("version", ""), form.get("precision", ""), form.get("entity", "")
    if not version.isdecimal() or len(version) > 6 or share not in PRECISIONS:
        raise not_found()
    administration = model_administration(request, caller)
    # Where another administrator was quicker, the page that follows shows what holds now.
    with suppress(ModelChangedMeanwhile):
        await administration.set_threshold(int(version), entity[:100], int(share) / 100)
    query = urlencode({"version": version, "entity": entity})
    return RedirectResponse(f"/desk/models/thresholds?{query}", 303, PRIVATE)


@router.get("/desk/models/{action}")
async def back(action: str) -> Response:
    """Where a form was sent to there is no page."""
    return RedirectResponse("/desk/models", 303, PRIVATE)


@router.post("/desk/models/train")
async def train(request: Request, form: Form, caller: Administrator) -> Response:
    """Have a new one made. Where one is made already the page says so."""
    precision = form.get("precision", "")
    if precision not in PRECISIONS:
        raise not_found()
    # Where another administrator was quicker, the page that follows shows the training that runs.
    with suppress(TrainingRunning):
        await model_administration(request, caller).ask_for_training(int(precision) / 100)
    return RedirectResponse("/desk/models", 303, PRIVATE)


def _usual(models: Sequence[ModelShown]) -> list[ModelShown]:
    """The newest, and the one in use or else the one before it."""
    newest, others = models[:1], models[1:]
    beside = [model for model in others if model.is_wanted] or others[:1]
    return [*newest, *beside]


def _compared(one: ModelShown, other: ModelShown) -> Compared:
    """On the texts kept apart; of a model without them on those it was made of."""
    same = on_the_same((one.evaluation, one.held_out), (other.evaluation, other.held_out))
    first, second = same or (one.evaluation or one.held_out, other.evaluation or other.held_out)
    figures = []
    for name, (words, smaller) in FIGURES.items():
        mine, others = (getattr(scores, name) if scores else None for scores in (first, second))
        figures.append(Figure(words, mine, others, _better(mine, others, smaller) if same else 0))
    return Compared(figures, (first.texts if first else 0, second.texts if second else 0), same is not None)


def _better(one: float | None, other: float | None, smaller: bool) -> int:
    if one is None or other is None or round(one, 3) == round(other, 3):
        return 0
    return 1 if (one > other) is not smaller else 2
