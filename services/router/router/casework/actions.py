"""The actions of the desk: the fields of each form, the command that they make, and the page that follows."""

import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from shared.http.auth import Caller
from shared.web.catalogues import N_
from shared.web.forms import faults

from router.access.policy import possible
from router.answer_templates.model import filled, fitting
from router.cases.life import Move, State
from router.cases.model import Assignment
from router.casework import commands as casework
from router.casework import placement
from router.casework.case_command import CaseCommand, CommandResult
from router.casework.command_models import (
    Acknowledge,
    Answer,
    Approve,
    Ask,
    Confide,
    DecideAppeal,
    DecideSuggestion,
    Decline,
    Done,
    Implement,
    InterimReply,
    Note,
    OpenSubCase,
    Prioritise,
    PutInCharge,
    Recategorise,
    SendBack,
    TakeBack,
    Transfer,
    Triage,
)
from router.desk.view import Reader
from router.directory.model import AnswerTemplate
from router.directory.snapshot import Directory
from router.http.names import Names
from router.http.words import ANSWER_CODES, DECLINE_CODES
from router.replies import commands as replies
from router.sub_cases import commands as sub_cases


@dataclass(frozen=True)
class Action:
    """One form: the moves that it may lead to, the command that its fields make (`model`), and the use case (`run`).

    The names of its fields begin with the name of the action."""

    moves: tuple[Move, ...]
    model: type[BaseModel]
    run: Callable[[CaseCommand, Any], Awaitable[CommandResult]]
    codes: dict[str, str] | None = None


ANSWERING = ("answer", "propose")
"""Where templates can be put in."""

TICKED = ("mentions", "files", "officials")
"""Fields of commands that are lists: a form has a box for each."""

ACTIONS = {
    "triage": Action((Move.TRIAGE,), Triage, placement.triage),
    "appeal": Action((Move.UPHOLD, Move.DISMISS), DecideAppeal, casework.decide_appeal),
    "acknowledge": Action((Move.ACKNOWLEDGE,), Acknowledge, casework.acknowledge),
    "approve": Action((Move.APPROVE,), Approve, replies.approve),
    "send-back": Action((Move.SEND_BACK,), SendBack, replies.send_back),
    "answer": Action((Move.ANSWER,), Answer, replies.answer, ANSWER_CODES),
    "propose": Action((Move.PROPOSE,), Answer, replies.propose, ANSWER_CODES),
    "suggestion": Action((Move.EVALUATE, Move.ACCEPT, Move.REJECT), DecideSuggestion, replies.decide_suggestion),
    "implement": Action((Move.IMPLEMENT,), Implement, replies.implement),
    "question": Action((Move.ASK,), Ask, casework.ask),
    "interim": Action((Move.INTERIM,), InterimReply, replies.interim_reply),
    "transfer": Action((Move.TRANSFER,), Transfer, placement.transfer),
    "note": Action((Move.NOTE,), Note, casework.note),
    "sub-case": Action((Move.OPEN_SUB_CASE,), OpenSubCase, sub_cases.open_sub_case),
    "take-back": Action((Move.TAKE_BACK,), TakeBack, sub_cases.take_back),
    "confidential": Action((Move.CONFIDE,), Confide, casework.confide),
    "in-charge": Action((Move.PUT_IN_CHARGE,), PutInCharge, casework.put_in_charge),
    "recategorise": Action((Move.RECATEGORISE,), Recategorise, casework.recategorise),
    "prioritise": Action((Move.PRIORITISE,), Prioritise, casework.prioritise),
    "decline": Action((Move.DECLINE,), Decline, replies.decline, DECLINE_CODES),
}
BETTER = {
    "text": N_("Write something before you send it."),
    "text:string_too_long": N_("The text is too long. At most 4,000 characters fit."),
    "reason": N_("Say why."),
    "reason:string_too_long": N_("The text is too long. At most 4,000 characters fit."),
    "reason_code": N_("Choose the reason that fits best."),
    "entity": N_("Choose the entity."),
    "category": N_("Choose a category of the list."),
    "question": N_("Write what they are to do or to answer."),
    "number": N_("Choose the part."),
    "despite_open": N_("Say why."),
    "decision": N_("Choose how you decide."),
    "official": N_("Choose a colleague."),
    "expected_on": N_("Name the day."),
    "priority": N_("Choose the priority."),
}


class InvalidForm(Exception):
    """The form is not right yet; its faults by the form's fields."""

    def __init__(self, found: dict[str, str]) -> None:
        super().__init__(", ".join(found))
        self.faults = found


def offered(caller: Caller, assignment: Assignment, reader: Reader) -> list[str]:
    """The actions that this official has for it now."""
    moves = possible(caller, assignment, reader.office)
    return [name for name, action in ACTIONS.items() if not set(moves).isdisjoint(action.moves)]


def form_field(name: str, field: str) -> str:
    return f"{name}_{field}"


def values(name: str, form: dict[str, str]) -> dict[str, str]:
    """Return what was filled in, by the names of the command's fields."""
    fields = ACTIONS[name].model.model_fields
    return {field: typed for field in fields if (typed := form.get(form_field(name, field), ""))}


def ticked(name: str, field: str, form: dict[str, str]) -> list[str]:
    """Return what was ticked of a list, in which each item has a box of its own."""
    beginning = form_field(name, f"{field}:")
    return [box.removeprefix(beginning) for box in form if box.startswith(beginning)]


def evidence_in(name: str, form: dict[str, str]) -> list[dict[str, Any]]:
    """Read the evidence that was ticked. A file that is public is shown with the answer, too."""
    shown, public = ticked(name, "evidence", form), ticked(name, "public", form)
    return [{"id": id, "is_public": id in public} for id in dict.fromkeys((*shown, *public))]


def command(name: str, form: dict[str, str], assignment: Assignment, reader: Reader) -> BaseModel:
    """Raises InvalidForm."""
    action = ACTIONS[name]
    filled: dict[str, Any] = dict(values(name, form))
    for field in TICKED:
        if field in action.model.model_fields:
            filled[field] = ticked(name, field, form)
    if "evidence" in action.model.model_fields:
        filled["evidence"] = evidence_in(name, form)
    category = filled.get("category")
    if name == "triage" and category and "entity" not in filled and assignment.submission and reader.directory:
        named = reader.directory.answers_for(category, assignment.submission)
        filled |= {"entity": named} if named else {}
    try:
        sent = action.model.model_validate(filled)
    except ValidationError as error:
        raise InvalidForm({form_field(name, field): said for field, said in faults(error, BETTER).items()}) from error
    if action.codes is not None and filled.get("reason_code") not in action.codes:
        raise InvalidForm({form_field(name, "reason_code"): BETTER["reason_code"]})
    return sent


def with_template(
    name: str,
    form: dict[str, str],
    assignment: Assignment,
    directory: Directory | None,
    own: Sequence[AnswerTemplate] = (),
) -> dict[str, str]:
    """The form of the action with the chosen template below what was typed, in the language of the submission.

    `own` are the templates of the entity."""
    chosen = form.get(form_field(name, "template"), "")
    fits: Iterator[AnswerTemplate] = iter(())
    if directory is not None:
        fits = fitting((*own, *directory.country.templates), directory.categories, assignment.category)
    template = next((template for template in fits if template.id == chosen), None)
    if template is None or assignment.submission is None:
        return form
    names = Names(directory, assignment.language)
    text = filled(
        template.text.ar if assignment.language == "ar" else template.text.en,
        {
            "reference": assignment.submission.reference,
            "category": names.category(assignment.category),
            "entity": names.entity(assignment.entity),
        },
    )
    field = form_field(name, "text")
    typed = form.get(field, "")
    return form | {field: f"{typed}\n\n{text}" if typed else text, form_field(name, "template"): ""}


def fingerprint(sent: BaseModel) -> bytes:
    return json.dumps(sent.model_dump(mode="json"), sort_keys=True).encode()


def leads_to(name: str, reference: str, from_triage: bool, done: Done) -> str:
    """The page after it was done: the next one to place, the desk where it has left it, else the submission."""
    if name == "transfer" and done.state is State.IN_TRIAGE:
        return "/desk?did=give-up"
    if name == "triage" or from_triage:
        return f"/desk/triage?did={name}"
    if name == "transfer":
        return f"/desk?did={name}"
    return f"/desk/{reference}?did={name}"
