"""`/inbox/wording/row`: edit or remove one row of the table, or mark its event as notifying nobody."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from shared.events.deadlines import Target
from shared.http.commands import cause_of_request
from shared.http.problems import not_found
from shared.web.catalogues import N_
from shared.web.forms import Fields, faults
from shared.web.language import language_of
from starlette.responses import Response

from notifier.cases.transitions import OF_SUBMISSIONS, STATES
from notifier.http.sign_in import Administrator
from notifier.http.words import AUDIENCES, LANES
from notifier.message_templates.commands import WordingCommands
from notifier.message_templates.form_pages import AT, Form, key_of, page, refusal_of, seen_by, to
from notifier.message_templates.http import Commands, as_problems
from notifier.message_templates.model import changed_row, silenced
from notifier.message_templates.views import read_draft
from notifier.planning.commands import EVENT_TYPES
from notifier.planning.table import Row, Silence, Table
from notifier.preferences.model import OF_CITIZENS, OF_OFFICIALS
from notifier.preferences.words import MATTERS

router = APIRouter(prefix=AT, include_in_schema=False)

BETTER = {
    "form": N_("SMS replaces the mail to an author only, and citizens and officials choose by different matters.")
}
CITIZENS, OFFICIALS = N_("Citizens"), N_("Officials")
TARGETS: tuple[str, ...] = get_args(Target)


@router.get("/row")
async def row(
    request: Request, caller: Administrator, commands: Commands, place: Annotated[int, Query(ge=-1, le=10_000)] = -1
) -> Response:
    """One row of the table, or a new one."""
    with as_problems():
        table = (await read_draft(commands)).wording.table
    if place >= len(table.rows):
        raise not_found()
    return await _row(request, commands, place, _fields(table.rows[place]) if place >= 0 else {})


@router.post("/row")
async def save_row(request: Request, form: Form, caller: Administrator, commands: Commands) -> Response:
    """Save or remove the row, or mark its event as notifying nobody."""
    number = form.get("place", "")
    place = int(number) if number.isdecimal() and len(number) < 6 else None
    try:
        change = _change(form, place)
    except ValidationError as error:
        wrong = Fields(faults(error, BETTER))
        return await _row(request, commands, -1 if place is None else place, form, 422, errors=wrong)
    key = key_of(request, form, caller)
    command = commands.write_table(change, caller, seen_by(form), key, cause_of_request(), "row")
    refusal = await refusal_of(request, command)
    if refusal:
        return await _row(request, commands, -1 if place is None else place, form, 409, refusal=refusal)
    return to("?did=row#table")


async def _row(
    request: Request, commands: WordingCommands, place: int, values: Mapping[str, str], status: int = 200, **more: Any
) -> Response:
    with as_problems():
        draft = await read_draft(commands)
    words = request.app.state.pages.messages(language_of(request))
    known: dict[str, Any] = {"errors": Fields(), "refusal": ""}
    context = {
        "draft": draft,
        "place": place,
        "values": Fields(values),
        "events": [(None, [(event, event) for event in sorted(EVENT_TYPES)])],
        "audiences_to_choose": [(None, [(each, words.ugettext(said)) for each, said in AUDIENCES.items()])],
        "templates": [(None, [(each, each) for each in sorted(draft.wording.templates)])],
        "matters": [
            (heading, [(each, words.ugettext(MATTERS[each][0])) for each in theirs])
            for heading, theirs in ((words.ugettext(CITIZENS), OF_CITIZENS), (words.ugettext(OFFICIALS), OF_OFFICIALS))
        ],
        "states": [(None, [(each, each) for each in STATES])],
        "targets": TARGETS,
        "over_in": OF_SUBMISSIONS,
        "lanes_to_choose": [(None, [(each, words.ugettext(said)) for each, said in LANES.items()])],
        **known,
        **more,
    }
    return page(request, "wording_row.html", context, status)


def _change(form: Mapping[str, str], place: int | None) -> Callable[[Table], Table]:
    """Raises ValidationError for an invalid row."""
    states = {"from": form.get("from") or None, "to": form.get("to") or None}
    if form.get("do") == "remove" and place is not None:
        return lambda table: changed_row(table, place, None)
    if form.get("do") in ("silence", "speak"):
        silence = Silence.model_validate({"event": form.get("event", ""), **states})
        return lambda table: silenced(table, silence, form["do"] == "silence")
    sent = {
        "event": form.get("event", ""),
        **states,
        "target": [each for each in TARGETS if form.get(f"target-{each}") == "yes"],
        "audience": form.get("audience", ""),
        "channels": [each for each in ("mail", "inbox") if form.get(each) == "yes"],
        "template": form.get("template", ""),
        "matter": form.get("matter") or None,
        "lane": form.get("lane") or "normal",
        "sms": form.get("sms") == "yes",
        "mandatory": form.get("mandatory") == "yes",
        "over_in": [each for each in OF_SUBMISSIONS if form.get(f"over-{each}") == "yes"],
    }
    Row.model_validate(sent)

    def _written(table: Table) -> Table:
        # Fields that the form does not have stay as they are.
        before = {} if place is None else table.rows[place].model_dump(by_alias=True)
        return changed_row(table, place, Row.model_validate(before | sent))

    return _written


def _fields(row: Row) -> dict[str, str]:
    ticked = {name: "yes" for name in ("sms", "mandatory") if getattr(row, name)}
    several = (*(f"target-{each}" for each in row.target), *(f"over-{each}" for each in row.over_in))
    ticked |= dict.fromkeys((*row.channels, *several), "yes")
    said = {"event": row.event, "audience": row.audience, "template": row.template, "lane": row.lane}
    said["matter"] = row.matter or ""
    return {**said, "from": row.from_state or "", "to": row.to_state or "", **ticked}
