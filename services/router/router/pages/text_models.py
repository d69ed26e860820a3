"""`/desk/models`: how good the classifier's models are, two of them side by side, and which is in use."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from shared.events.model import Role
from shared.problems import not_found
from shared.web.catalogues import N_
from shared.web.forms import posted
from shared.web.pages import PRIVATE, Pages
from starlette.responses import RedirectResponse, Response

from router.api import text_models as api
from router.api.text_models import ModelShown
from router.pages.view import Reader, shown
from router.pages.who import Administrator, ModelReader

router = APIRouter(include_in_schema=False)

Form = Annotated[dict[str, str], Depends(posted)]


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
class Compared:
    """One figure of two models, as shares. `better`: which of them, 0 where neither is."""

    name: str
    one: float | None
    other: float | None
    better: int


@router.get("/desk/models")
async def show(
    request: Request,
    caller: ModelReader,
    one: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    other: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    did: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Without a choice the newest stands beside the one in use, or beside the one before it."""
    models = await api.shown(request)
    by_version = {model.version: model for model in models}
    chosen = [by_version[each] for each in (one, other) if each in by_version] or _usual(models)
    pages: Pages = request.app.state.pages
    reader = Reader.of(request)
    context = shown(
        request,
        reader,
        models=models,
        chosen=chosen,
        compared=_compared(*chosen) if len(chosen) == 2 else [],
        unusable=any(model.is_wanted and not model.is_in_use for model in models),
        decides=caller.has(Role.ADMINISTRATOR),
        done=did == "used",
    )
    return pages.render(request, "models.html", context, headers=PRIVATE)


@router.post("/desk/models/use")
async def use(request: Request, form: Form, caller: Administrator) -> Response:
    """Take one into use; an older one rolls back."""
    version = form.get("version", "")
    if not version.isdecimal() or len(version) > 6:
        raise not_found()
    await api.use_model(api.Use(), int(version), request, caller)
    return RedirectResponse("/desk/models?did=used", 303, PRIVATE)


def _usual(models: Sequence[ModelShown]) -> list[ModelShown]:
    """The newest, and the one in use or else the one before it."""
    newest, others = models[:1], models[1:]
    beside = [model for model in others if model.is_wanted] or others[:1]
    return [*newest, *beside]


def _compared(one: ModelShown, other: ModelShown) -> list[Compared]:
    """On the texts kept apart; of a model without them on those it was made of."""
    first, second = one.evaluation or one.held_out, other.evaluation or other.held_out
    found = []
    for name, (words, smaller) in FIGURES.items():
        mine, others = (getattr(scores, name) if scores else None for scores in (first, second))
        found.append(Compared(words, mine, others, _better(mine, others, smaller)))
    return found


def _better(one: float | None, other: float | None, smaller: bool) -> int:
    if one is None or other is None or round(one, 3) == round(other, 3):
        return 0
    return 1 if (one > other) is not smaller else 2
