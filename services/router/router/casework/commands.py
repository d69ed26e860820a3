"""Commands of officials on a case: check what the directory says, then decide. Answers to the author are in `replies`.

Each takes the command's circumstances (`at`) and what was sent, and raises a Refusal.
"""

from shared.ids import new_id
from shared.storage.aggregates import Decision, Pair

from router.access.policy import AccessDenied, can_be_confided_to, can_have, leads, readers_of
from router.cases.life import Move
from router.cases.model import Assignment
from router.casework import decisions
from router.casework.case_command import CaseCommand, CommandResult
from router.casework.command_models import (
    Acknowledge,
    Ask,
    Confide,
    DecideAppeal,
    Note,
    Prioritise,
    PutInCharge,
    Recategorise,
)
from router.casework.errors import CannotBeConfidedTo, CannotReadCase, NotAColleague, SameCategory, UnknownCategory
from router.replies.evidence import check_files
from router.staffing import commands as staffing
from router.sub_cases import decisions as sub_cases


async def acknowledge(at: CaseCommand, sent: Acknowledge) -> CommandResult:
    return await at.carry_out(
        Move.ACKNOWLEDGE, lambda before: decisions.acknowledge(at.id, before, at.official, at.now)
    )


async def ask(at: CaseCommand, sent: Ask) -> CommandResult:
    question_id = new_id()
    return await at.carry_out(
        Move.ASK, lambda before: decisions.ask(at.id, before, question_id, sent.text, at.official, at.now)
    )


async def note(at: CaseCommand, sent: Note) -> CommandResult:
    """Refuse mentions of officials who cannot read the case, and files that officials did not add."""
    directory, mentions = at.directory, tuple(dict.fromkeys(sent.mentions))
    files = tuple(dict.fromkeys(sent.files))

    def decide(before: Assignment) -> Decision[Assignment]:
        readers = {official.id for official in readers_of(directory, before)}
        strangers = [official for official in mentions if official not in readers]
        if strangers:
            raise CannotReadCase(strangers[0])
        check_files(before, files)
        return decisions.note(at.id, before, sent.text, mentions, at.official, at.now, files)

    return await at.carry_out(Move.NOTE, decide)


async def confide(at: CaseCommand, sent: Confide) -> CommandResult:
    """Confide the case to the named officials, or, for a sub-case, name those of the entity that does it."""
    directory, officials = at.directory, tuple(dict.fromkeys(sent.officials))

    def check(before: Assignment) -> None:
        candidates = {official.id for official in can_be_confided_to(directory, before)}
        strangers = [official for official in officials if official not in candidates]
        if strangers:
            raise CannotBeConfidedTo(strangers[0])

    def decide(before: Assignment) -> Decision[Assignment]:
        check(before)
        return decisions.confide(at.id, before, officials, sent.reason, at.official, at.now)

    def decide_both(before: Assignment, parent: Assignment | None) -> Pair[Assignment]:
        check(before)
        # The caller keeps access: named here as one of the entity; readers of the parent case have it anyway.
        own = [at.official] if officials and at.caller.acts_for(before.entity) else []
        here = tuple(dict.fromkeys([*officials, *own]))
        return sub_cases.confide(at.id, before, parent, here, sent.reason, at.official, at.now)

    parent_id = await at.parent_id()
    if parent_id is not None:
        return await at.carry_out_both(Move.CONFIDE, parent_id, decide_both)
    return await at.carry_out(Move.CONFIDE, decide)


async def put_in_charge(at: CaseCommand, sent: PutInCharge) -> CommandResult:
    """Officers may take a case themselves; supervisors and heads may give it to any colleague."""
    directory = at.directory

    def decide(before: Assignment) -> Decision[Assignment]:
        if sent.official not in {official.id for official in can_have(directory, before)}:
            raise NotAColleague(sent.official)
        if sent.official != at.official and not leads(at.caller, before, at.office):
            raise AccessDenied("role")
        return staffing.put_in_charge(at.id, before, sent.official, "hand", at.official, at.now)

    return await at.carry_out(Move.PUT_IN_CHARGE, decide)


async def recategorise(at: CaseCommand, sent: Recategorise) -> CommandResult:
    category = at.directory.routing.leaf(sent.category)

    def decide(before: Assignment) -> Decision[Assignment]:
        if category is None:
            raise UnknownCategory(sent.category)
        if category.id == before.category:
            raise SameCategory
        return decisions.recategorise(at.id, before, category, sent.reason, at.official, at.now)

    return await at.carry_out(Move.RECATEGORISE, decide)


async def prioritise(at: CaseCommand, sent: Prioritise) -> CommandResult:
    return await at.carry_out(
        Move.PRIORITISE,
        lambda before: decisions.prioritise(at.id, before, sent.priority, sent.reason, at.official, at.now),
    )


async def decide_appeal(at: CaseCommand, sent: DecideAppeal) -> CommandResult:
    move = Move.UPHOLD if sent.decision == "upheld" else Move.DISMISS
    return await at.carry_out(
        move, lambda before: decisions.decide_appeal(at.id, before, sent.decision, sent.text, at.official, at.now)
    )
