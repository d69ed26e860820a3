"""Decide what an official may do with a case: at the own entity, and for the central office wherever it must."""

from dataclasses import dataclass
from datetime import date

from shared.events.model import Role
from shared.events.personal import place_kept
from shared.http.auth import OFFICIALS, Caller
from shared.reference.access import areas_of, headed_by, stands_for
from shared.reference.work_areas import works_in

from router.cases.life import Move, target
from router.cases.model import Assignment, Refusal
from router.cases.visibility import Visibility, is_confided_to
from router.directory.model import Official
from router.directory.snapshot import Directory
from router.staffing.model import acts_as_leader, colleagues


class NotVisible(Refusal):
    """There is no such case, or it is confidential and this caller may not know of it."""


class AccessDenied(Refusal):
    """`reason` is one of a few fixed words, counted by `tawasul_refusals_total`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


READERS_OF_ALL = (Role.CENTRAL, Role.AUDITOR)
OF_APPEALS = (Move.UPHOLD, Move.DISMISS)
FOR_CENTRAL_ALONE = (Move.TRIAGE, *OF_APPEALS)
FOR_CENTRAL_TOO = (
    *(Move.TRANSFER, Move.NOTE, Move.RECATEGORISE, Move.PRIORITISE),
    *(Move.LINK, Move.MERGE, Move.UNMERGE, Move.OPEN_SUB_CASE, Move.TAKE_BACK, Move.CONFIDE),
)
APPROVALS = (Move.APPROVE, Move.SEND_BACK)
FINAL = (Move.ANSWER, Move.DECLINE, Move.ACCEPT, Move.REJECT)
"""What an author reads as the end of it: where an entity's answers need approval, its supervisors alone do these."""
LEADERS = (Role.SUPERVISOR, Role.HEAD, *READERS_OF_ALL)
"""They see how much there is to do, not only what."""

OF_THEMSELVES = (
    *(Move.SEND_TO_TRIAGE, Move.GIVE_UP, Move.ASSIGN, Move.RESUME, Move.REOPEN, Move.APPEAL),
    *(Move.WITHDRAW, Move.CLOSE),
    *(Move.ANSWER_TOGETHER, Move.DECLINE_TOGETHER, Move.ACCEPT_TOGETHER, Move.REJECT_TOGETHER),
)
"""What follows from facts."""

COMMANDS = tuple(move for move in Move if move not in OF_THEMSELVES)
"""What officials do."""


@dataclass(frozen=True)
class Office:
    """The directory as far as it says who may do what, `today`."""

    directory: Directory | None = None
    today: date | None = None

    def needs_approval(self, entity: str | None) -> bool:
        """Whether what the entity's officers answer waits for a supervisor."""
        known = self.directory.entities.get(entity or "") if self.directory is not None else None
        return known is not None and known.answers_need_approval

    def would_judge_itself(self, entity: str | None, assignment: Assignment) -> bool:
        """Whether this entity gave the answer that is appealed against. Above the central office is nobody: there
        another person hears it."""
        central = self.directory.routing.central if self.directory is not None else None
        return entity is not None and entity == assignment.entity and entity != central

    def deputises(self, subject: str, entity: str | None) -> bool:
        """Whether this is the deputy of a supervisor or head of the entity who is absent."""
        if self.directory is None or self.today is None:
            return False
        return acts_as_leader(subject, self.directory.officials, entity, self.today)


NO_OFFICE = Office()


def visibility_of(caller: Caller, office: Office) -> Visibility:
    """Return what the caller may see. Raises AccessDenied where that is nothing."""
    if not has_desk(caller):
        raise AccessDenied("role")
    directory = office.directory
    officials = directory.officials if directory is not None else {}
    names = frozenset({caller.subject})
    if office.today is not None:
        names = stands_for(caller.subject, officials, office.today)
    heads = {entity.id: entity.head for entity in directory.country.entities} if directory is not None else {}
    headed = headed_by(names, heads, officials)
    if caller.has(*READERS_OF_ALL):
        return Visibility(None, None, names, headed)
    return Visibility(caller.entity, areas_of(names, officials), names, headed)


def has_desk(caller: Caller) -> bool:
    """Whether there is anything that the caller may see."""
    return caller.has(*READERS_OF_ALL) or caller.acts_for(caller.entity)


def may_read(caller: Caller, assignment: Assignment, office: Office) -> bool:
    return has_desk(caller) and visibility_of(caller, office).holds(assignment)


def sees_the_spot(caller: Caller, assignment: Assignment) -> bool:
    """Auditors see the block or place of a case, and not its address or point: they may be somebody's
    home."""
    return caller.has(Role.CENTRAL) or caller.acts_for(assignment.entity)


def as_seen_by(caller: Caller, assignment: Assignment) -> Assignment:
    submission = assignment.submission
    if submission is None or sees_the_spot(caller, assignment):
        return assignment
    masked = submission.model_copy(update={"location": place_kept(submission.location)})
    return assignment.changed(submission=masked)


def check_may_read(caller: Caller, assignment: Assignment, office: Office) -> None:
    """Raise NotVisible for a confidential case of others, which does not exist for this reader, and AccessDenied for a
    case of another entity or area."""
    seen = visibility_of(caller, office)
    if not seen.is_confided(assignment):
        raise NotVisible
    if not seen.holds(assignment):
        raise AccessDenied("entity")


def by_what_right(caller: Caller, entity: str | None) -> str:
    """Why the caller may see what an entity has, for the audit trail."""
    if caller.acts_for(entity):
        return "custodian"
    return "central office" if caller.has(Role.CENTRAL) else "auditor"


def check_may(caller: Caller, move: Move, assignment: Assignment, office: Office = NO_OFFICE) -> None:
    """Raise AccessDenied where there is a `denial_reason`, and as `check_may_read` does."""
    if has_desk(caller):
        check_may_read(caller, assignment, office)
    reason = denial_reason(caller, move, assignment, office)
    if reason is not None:
        raise AccessDenied(reason)


def denial_reason(caller: Caller, move: Move, assignment: Assignment, office: Office = NO_OFFICE) -> str | None:
    """Triage and appeals are the central role's alone; it may also transfer and note anything, and correct what it is
    about. All else is the custodian's. Nobody hears an appeal against what they, or their own entity, said."""
    if move in FOR_CENTRAL_ALONE and not caller.has(Role.CENTRAL):
        return "role"
    if move in OF_APPEALS and (
        caller.subject in assignment.answered_by or office.would_judge_itself(caller.entity, assignment)
    ):
        return "own"
    if move in FOR_CENTRAL_ALONE:
        return None
    if caller.has(Role.CENTRAL) and (move in FOR_CENTRAL_TOO or caller.entity == assignment.entity):
        return None if move in FOR_CENTRAL_TOO else _hindrance_at_home(caller, move, assignment, office)
    if not caller.acts_for(assignment.entity):
        return "entity"
    return _hindrance_at_home(caller, move, assignment, office)


def _hindrance_at_home(caller: Caller, move: Move, assignment: Assignment, office: Office) -> str | None:
    """Nobody approves what they wrote themselves."""
    is_leader = leads(caller, assignment, office)
    if move in (*APPROVALS, Move.CONFIDE) and not is_leader:
        return "role"
    if move is Move.APPROVE and assignment.proposed and assignment.proposed.official == caller.subject:
        return "own"
    if move is Move.PROPOSE:
        return None if office.needs_approval(assignment.entity) else "approval"
    if move in FINAL and not is_leader and office.needs_approval(assignment.entity):
        return "approval"
    return None


def leads(caller: Caller, assignment: Assignment, office: Office = NO_OFFICE) -> bool:
    """As supervisor or head of the entity, or as the deputy of one who is absent."""
    if not caller.acts_for(assignment.entity):
        return False
    return caller.has(Role.SUPERVISOR, Role.HEAD) or office.deputises(caller.subject, assignment.entity)


def possible(caller: Caller, assignment: Assignment, office: Office = NO_OFFICE) -> list[Move]:
    """Return the moves that the table allows now and this official may make."""
    return [
        move
        for move in COMMANDS
        if target(assignment.state, move) is not None
        and assignment.allows(move)
        and denial_reason(caller, move, assignment, office) is None
    ]


def readers_of(directory: Directory | None, assignment: Assignment) -> list[Official]:
    """The officials who read it now: those of the custodian who work in its area, and the central office's; of what is
    confidential, those whom it names and the head."""
    if directory is None:
        return []
    entity = directory.entities.get(assignment.entity or "")
    return [
        official
        for official in directory.country.officials
        if official.role is Role.CENTRAL or _works_on(official, assignment)
        if is_confided_to(official, assignment, entity, directory.officials)
    ]


def can_have(directory: Directory, assignment: Assignment) -> list[Official]:
    """Return the officials of the entity who can be put in charge: those who may see the case."""
    entity = directory.entities.get(assignment.entity or "")
    return [
        official
        for official in colleagues(directory.country.officials, assignment.entity)
        if works_in(official.areas, assignment.area)
        if is_confided_to(official, assignment, entity, directory.officials)
    ]


def can_be_confided_to(directory: Directory | None, assignment: Assignment) -> list[Official]:
    """Return who may be named where it is confidential: the readers if it were not; for a part, of the entity that
    does it."""
    if directory is None:
        return []
    freed = assignment.changed(named=None)
    return readers_of(directory, freed) if assignment.parent is None else can_have(directory, freed)


def _works_on(official: Official, assignment: Assignment) -> bool:
    is_there = official.entity == assignment.entity and works_in(official.areas, assignment.area)
    return official.role in OFFICIALS and is_there
