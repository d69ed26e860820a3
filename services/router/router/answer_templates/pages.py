"""`/desk/templates`: the templates of answers that an entity keeps for itself."""

from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Query, Request
from pydantic import ValidationError
from shared.http.auth import Caller, refuse
from shared.http.commands import cause_of_request
from shared.http.problems import Problem, not_found
from shared.reference.working_time import utc_now
from shared.storage.aggregates import StoredAggregate
from shared.web.catalogues import N_
from shared.web.forms import Fields, faults, posted
from shared.web.pages import PRIVATE
from starlette.responses import RedirectResponse, Response

from router.access.policy import AccessDenied
from router.answer_templates.commands import (
    TemplateCommand,
    WrittenTemplate,
    put_template,
    remove_template,
    writes_for,
)
from router.answer_templates.store import EntityTemplate
from router.desk.view import Reader, desk_page
from router.http.dependencies import TheTemplates, in_use
from router.http.refusals import as_problems
from router.http.sign_in import Leader

router = APIRouter(prefix="/desk/templates", include_in_schema=False)

Form = Annotated[dict[str, str], Depends(posted)]
NAMES = ("name.ar", "name.en", "category", "text.ar", "text.en")
DONE = {"put": N_("The template is kept."), "removed": N_("The template is removed.")}


def field_name(path: str) -> str:
    return path.replace(".", "-")


async def writer(caller: Leader) -> Caller:
    """Let supervisors and heads of an entity through. Raises a counted 403 in words."""
    try:
        writes_for(caller)
    except AccessDenied as denied:
        raise refuse(
            "role",
            "Templates are written by the supervisors and the head of an entity.",
            "قوالب الردود يكتبها مشرفو الجهة ومسؤولها.",
        ) from denied
    return caller


Writer = Annotated[Caller, Depends(writer)]


@router.get("")
async def show_list(
    request: Request, caller: Writer, templates: TheTemplates, did: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    kept = await templates.of_entity(caller.entity)
    return _page(request, "entity_templates.html", kept=kept, done=DONE.get(did), new=str(uuid4()))


@router.get("/{id}")
async def show(request: Request, id: UUID, caller: Writer, templates: TheTemplates) -> Response:
    """The form, empty where there is none with this id yet."""
    kept = await _own(templates, id, caller)
    return _form(request, id, kept, _typed(kept))


@router.post("/{id}")
async def act(request: Request, id: UUID, form: Form, caller: Writer, templates: TheTemplates) -> Response:
    """Keep what was written; with `do=remove` offer it no more."""
    kept = await _own(templates, id, caller)
    seen = form.get("version", "")
    version = int(seen) if seen.isdecimal() and len(seen) < 10 and kept is not None else None
    cause, now = cause_of_request(), utc_now()
    # The form needs no key: sent twice, the second one has an old version.
    command = TemplateCommand(str(id), caller, templates, in_use(request), version, None, cause, now)
    try:
        if form.get("do") == "remove":
            with as_problems():
                await remove_template(command)
            return RedirectResponse("/desk/templates?did=removed", 303, PRIVATE)
        written = WrittenTemplate.model_validate(_document(form))
        with as_problems():
            await put_template(command, written)
    except ValidationError as error:
        found = {field_name(field): said for field, said in faults(error).items()}
        return _form(request, id, kept, form, found, 422)
    except Problem as problem:
        said = problem.ar if Reader.of(request).lang == "ar" else problem.en
        newest = await _own(templates, id, caller)
        return _form(request, id, newest, form, {"form": said.replace("%", "%%")}, problem.status)
    return RedirectResponse("/desk/templates?did=put", 303, PRIVATE)


async def _own(templates: TheTemplates, id: UUID, caller: Caller) -> StoredAggregate[EntityTemplate] | None:
    """Raises Problem 404 for another entity's."""
    kept = await templates.find(str(id))
    if kept is None or kept.state is None:
        return None
    if kept.state.entity != caller.entity:
        raise not_found()
    return kept


def _typed(kept: StoredAggregate[EntityTemplate] | None) -> dict[str, str]:
    if kept is None or kept.state is None or kept.state.removed:
        return {}
    template = kept.state.template
    values = (template.name.ar, template.name.en, template.category or "", template.text.ar, template.text.en)
    return {field_name(name): value for name, value in zip(NAMES, values, strict=True)}


def _document(form: dict[str, str]) -> dict[str, Any]:
    typed = {name: form.get(field_name(name), "") for name in NAMES}
    return {
        "name": {"ar": typed["name.ar"], "en": typed["name.en"]},
        "category": typed["category"] or None,
        "text": {"ar": typed["text.ar"], "en": typed["text.en"]},
    }


def _form(
    request: Request,
    id: UUID,
    kept: StoredAggregate[EntityTemplate] | None,
    form: dict[str, str],
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    is_there = kept is not None and kept.state is not None and not kept.state.removed
    more = {"id": id, "version": kept.version if kept else 0, "is_there": is_there}
    return _page(request, "entity_template.html", status, form=Fields(form), errors=Fields(errors or {}), **more)


def _page(request: Request, template: str, status: int = 200, **more: Any) -> Response:
    return desk_page(request, Reader.of(request), template, status, **more)
