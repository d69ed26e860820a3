"""`/desk/directory/<list>`: entities and catalogue as trees, officials, rules in their order; one thing as a form."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from shared.http.problems import Problem, not_found
from shared.web.catalogues import N_
from shared.web.forms import MESSAGES, OTHERWISE, Fields, posted
from starlette.responses import Response

from router.desk.view import Reader
from router.directory.differences import differences
from router.directory.model import MODELS, Category, Country, Entity, Item, Official, Rule, items_in
from router.directory_admin.fields import NotRight, document_of, fields, typed
from router.directory_admin.form_pages import Drafted, check_list, page, refusal_of, said, sent_by, to
from router.directory_admin.words import CHANGES, NEW, ROLES
from router.directory_drafts import draft_commands
from router.directory_drafts.draft_commands import DirectoryCommand
from router.directory_drafts.model import AlreadyThere
from router.http.sign_in import Administrator

router = APIRouter(prefix="/desk/directory", include_in_schema=False)

Form = Annotated[dict[str, str], Depends(posted)]
TAKEN = N_("This short name is taken.")
ABSENT = N_("absent %(from)s to %(to)s")
NEW_ID = "+"
"""No short name: where the form of something new is."""


@dataclass(frozen=True)
class Row:
    """One thing in its list; `depth` below others, `change`: how the draft changed it."""

    id: str
    name: str
    depth: int
    detail: str
    change: str | None


@router.get("/{name}")
async def show_list(
    request: Request, name: str, caller: Administrator, did: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    check_list(name)
    drafted, reader = await Drafted.of(request, caller), Reader.of(request)
    country = drafted.country
    rows = list(_rows(name, country, _changed(drafted, name), reader)) if country else []
    return page(request, "directory_list.html", drafted, did=did, name=name, rows=rows, new=NEW[name])


@router.get("/{name}/{id}")
async def show_item(request: Request, name: str, id: str, caller: Administrator) -> Response:
    check_list(name)
    drafted = await Drafted.of(request, caller)
    item = _item(drafted.country, name, id)
    if item is None and id != NEW_ID:
        raise not_found()
    return _form(request, drafted, name, id, typed(item, name) if item else {})


@router.post("/{name}/{id}")
async def put_item(request: Request, name: str, id: str, form: Form, caller: Administrator) -> Response:
    """Into the draft; with `do=remove` out of it."""
    check_list(name)
    reader = Reader.of(request)
    what = json.dumps({field: value for field, value in form.items() if field != "key"}, sort_keys=True).encode()
    at = sent_by(request, caller, form, what)
    if form.get("do") == "remove":
        problem = await refusal_of(draft_commands.remove_item(at, name, id))
        return to(f"/{name}", "removed") if problem is None else await _again(request, caller, name, id, form, problem)
    try:
        document = document_of(name, form if id == NEW_ID else form | {"id": id}, reader)
        problem = await refusal_of(_put(at, name, document, form.get("before") or None, is_new=id == NEW_ID))
    except (NotRight, AlreadyThere) as error:
        wrong = error.faults if isinstance(error, NotRight) else {"id": TAKEN}
        return _form(request, await Drafted.of(request, caller), name, id, form, wrong, 422)
    return to(f"/{name}", "put") if problem is None else await _again(request, caller, name, id, form, problem)


async def _put(at: DirectoryCommand, name: str, document: dict[str, Any], before: str | None, is_new: bool) -> None:
    """Read the item only here, so that what is wrong with it is shown as a refusal."""
    item = MODELS[name].model_validate(document)
    await draft_commands.put_item(at, name, item, before, is_new)


async def _again(
    request: Request, caller: Administrator, name: str, id: str, form: dict[str, str], problem: Problem
) -> Response:
    """The form with all that was typed, on the newest draft, and why nothing was done."""
    drafted = await Drafted.of(request, caller)
    faults = {"form": " ".join(said(problem, Reader.of(request))).replace("%", "%%")}
    return _form(request, drafted, name, id, form, faults, problem.status)


def _form(
    request: Request,
    drafted: Drafted,
    name: str,
    id: str,
    values: dict[str, str],
    faults: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    country = drafted.country
    if country is None:
        raise not_found()
    reader, is_new = Reader.of(request), id == NEW_ID
    known = {field: _message(code) for field, code in (faults or {}).items()}
    ids = [rule.id for rule in country.rules]
    item = _item(country, name, id)
    return page(
        request,
        "directory_item.html",
        drafted,
        status,
        name=name,
        id=id,
        is_new=is_new,
        title=reader.names.of(item.name) if item else reader.words.ugettext(NEW[name]),
        fields=fields(name, values, known, country, reader, is_new),
        errors=Fields(known),
        before=_before(country.rules, reader) if name == "rules" else [],
        stands_before=values.get("before") or (_next(ids, id) if name == "rules" else ""),
    )


def _message(code: str) -> str:
    """Pydantic's code of a fault as a message; what is one already stays."""
    if " " in code:
        return code
    return OTHERWISE if code in ("less_than_equal", "greater_than_equal") else MESSAGES.get(code, OTHERWISE)


def _item(country: Country | None, name: str, id: str) -> Item | None:
    return next((item for item in items_in(country, name) if item.id == id), None) if country else None


def _before(rules: Sequence[Rule], reader: Reader) -> list[tuple[None, list[tuple[str, str]]]]:
    return [(None, [(rule.id, f"{number}. {reader.names.of(rule.name)}") for number, rule in enumerate(rules, 1)])]


def _next(ids: Sequence[str], id: str) -> str:
    """The rule behind this one; a new one stands before the last."""
    if id not in ids:
        return ids[-1]
    at = ids.index(id) + 1
    return ids[at] if at < len(ids) else ""


def _changed(drafted: Drafted, name: str) -> dict[str, str]:
    if drafted.written is None:
        return {}
    found = differences(drafted.latest.country if drafted.latest else None, drafted.written)
    return {each.id: CHANGES[each.what] for each in found if each.list == name}


def _rows(name: str, country: Country, changed: dict[str, str], reader: Reader) -> Iterator[Row]:
    for item, depth in _in_order(items_in(country, name)):
        yield Row(item.id, reader.names.of(item.name), depth, _detail(item, country, reader), changed.get(item.id))


def _in_order(items: Sequence[Any]) -> Iterator[tuple[Any, int]]:
    """Put items behind their parents; an item without a reachable parent stands at the end."""
    below: dict[str | None, list[Any]] = {}
    for item in items:
        below.setdefault(getattr(item, "parent", None), []).append(item)
    seen: set[str] = set()
    waiting = [(item, 0) for item in reversed(below.get(None, []))]
    while waiting:
        item, depth = waiting.pop()
        seen.add(item.id)
        yield item, depth
        if hasattr(item, "parent"):
            waiting += [(each, depth + 1) for each in reversed(below.get(item.id, [])) if each.id not in seen]
    yield from ((item, 0) for item in items if item.id not in seen)


def _detail(item: Item, country: Country, reader: Reader) -> str:
    words, names = reader.words.ugettext, {entity.id: entity.name for entity in country.entities}

    def named(id: str) -> str:
        return reader.names.of(names[id]) if id in names else id

    match item:
        case Official():
            absent = [words(ABSENT) % {"from": each.first_day, "to": each.last_day} for each in item.absences[:3]]
            roles = "، ".join(words(ROLES[role]) for role in (item.role, *item.other_roles))
            return " · ".join([roles, named(item.entity), *absent])
        case Category():
            by_area = dict.fromkeys(item.entity_by_area.values())
            return " · ".join(named(id) for id in ([item.entity] if item.entity else by_area))
        case Rule():
            return " ".join(said for said in item.then.model_dump(exclude_none=True).values() if isinstance(said, str))
        case Entity():
            return item.email or ""
    return ""
