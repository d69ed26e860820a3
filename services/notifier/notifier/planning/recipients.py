"""Resolves an audience to recipients by the current directory."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.events.assignments import OfficialPutInCharge
from shared.events.deadlines import DeadlineEscalated
from shared.events.directory import OfficialChanged
from shared.events.fields import entity_of, officials_of
from shared.events.model import EventData, Role
from shared.events.submissions import FollowerAdded
from shared.reference.directory import Directory
from shared.reference.work_areas import works_in

from notifier.cases.model import Case, Follower
from notifier.notifications.model import Channel, RecipientKind
from notifier.planning.table import IN_CHARGE, RELIEVED, TEAM, Row

LANGUAGE_OF_ENTITIES = "ar"
CENTRAL = "central"
"""The kind of entity that is the central office."""
MINISTER = "minister"
"""The last rung of a ladder: who heads the entity above all others to which this one belongs; its own where none is."""
OF_PERSONS = ("named", RELIEVED)
"""Audiences that an event names one by one."""


@dataclass(frozen=True, slots=True)
class Recipient:
    kind: RecipientKind
    id: str
    language: str
    audience: str
    channel: Channel
    person: str | None = None
    """The signed-in person, if the recipient is their address."""
    in_charge: str | None = None
    """The person in charge, if the audience is the person in charge."""
    is_given_soon: bool = False
    """Nobody has it yet, and the entity puts somebody in charge by itself."""


def recipients(
    row: Row, data: EventData, case: Case, submission_id: str, directory: Directory, at: datetime
) -> list[Recipient]:
    """Each recipient by each of the row's channels that can reach them. For officials who are absent when it happened,
    `at`, their deputies are told."""
    if row.audience == "author":
        return [] if case.is_part else _author(row, case, submission_id)
    if row.audience == "follower":
        return [reached for follower in case.followers for reached in _follower(row, follower, case)]
    if row.audience == "new-follower":
        new = data.follower if isinstance(data, FollowerAdded) else None
        added = (each for each in case.followers if each.contact and each.subject == new)
        return [reached for follower in added for reached in _follower(row, follower, case)]
    audience = _of_rung(data) if row.audience == "rung" else row.audience
    entity = entity_of(data) or case.entity
    if audience == MINISTER:
        audience, entity = Role.HEAD.value, _topmost(entity, directory)
    officials = _readers(audience, data, entity, case, directory, at)
    charge = _charge(case, entity, directory) if audience == IN_CHARGE else {}
    found = [
        Recipient("official", official.official, official.language, audience, channel, **charge)
        for official in (officials if audience == RELIEVED else directory.acting(officials, at))
        for channel in row.channels
        if channel == "inbox" or official.email
    ]
    if audience in OF_PERSONS or case.confided:
        return found  # what concerns one person is nobody else's
    return found or _entity_itself(row, audience, entity, directory)


def _of_rung(data: EventData) -> str:
    return data.to_role if isinstance(data, DeadlineEscalated) else Role.HEAD.value


def _persons(audience: str, data: EventData) -> tuple[str, ...]:
    if audience == RELIEVED:
        return data.relieved if isinstance(data, OfficialPutInCharge) else ()
    return officials_of(data)


def _author(row: Row, case: Case, submission_id: str) -> list[Recipient]:
    """An author without an account: their inbox opens by the secret link of the submission."""
    reached: list[Recipient] = []
    if case.contact and "mail" in row.channels:
        reached.append(Recipient("contact", case.contact, case.language, "author", "mail", case.author))
    if "inbox" in row.channels and not case.erased:
        kind: RecipientKind = "subject" if case.author else "submission"
        reached.append(Recipient(kind, case.author or submission_id, case.language, "author", "inbox"))
    return reached


def _follower(row: Row, follower: Follower, case: Case) -> list[Recipient]:
    """By mail who gave an address, in the inbox who signed in."""
    if follower.contact:
        known = Recipient("contact", follower.contact, follower.language, "follower", "mail")
        return [known] if "mail" in row.channels else []
    if follower.subject == case.author or "inbox" not in row.channels:
        return []
    return [Recipient("subject", follower.subject, follower.language, "follower", "inbox")]


def _audience(
    audience: str, data: EventData, entity: str | None, case: Case, directory: Directory, at: datetime
) -> Sequence[OfficialChanged]:
    if audience in OF_PERSONS:
        named = (directory.officials.get(each) for each in _persons(audience, data))
        return _in_order(official for official in named if official is not None and official.active)
    if audience == IN_CHARGE:
        return _in_charge(case, entity, directory, at) or _officials(Role.OFFICER, entity, directory)
    if audience == TEAM:
        return _officials(Role.OFFICER, entity, directory)
    if audience == Role.SUPERVISOR:
        return _officials(Role.SUPERVISOR, entity, directory) or _officials(Role.HEAD, entity, directory)
    return _officials(audience, entity, directory)


def _charge(case: Case, entity: str | None, directory: Directory) -> dict[str, Any]:
    known = directory.entities.get(entity or "")
    gives_by_itself = known is not None and known.assigning != "hand"
    return {"in_charge": case.in_charge, "is_given_soon": case.in_charge is None and gives_by_itself}


def _in_charge(case: Case, entity: str | None, directory: Directory, at: datetime) -> Sequence[OfficialChanged]:
    """The person in charge; none if they have left, work elsewhere, or are absent without a deputy."""
    if case.in_charge is None or entity != case.entity:
        return ()
    known = directory.officials.get(case.in_charge)
    if known is None or not known.active or not directory.is_acted_for(known, at):
        return ()
    return _who_work_there([known], case)


def _officials(audience: str, entity: str | None, directory: Directory) -> Sequence[OfficialChanged]:
    if audience == "central":
        return _in_order(
            o for o in directory.officials.values() if o.active and Role.CENTRAL in (o.role, *o.other_roles)
        )
    if entity is None or audience not in set(Role):
        return ()
    roles = {Role(audience)}
    known = directory.entities.get(entity)
    if audience == Role.OFFICER and known is not None and known.kind == CENTRAL:
        roles.add(Role.CENTRAL)  # whoever does the triage is its officer
    return directory.officials_of(entity, roles)


def _who_work_there(officials: Iterable[OfficialChanged], case: Case) -> list[OfficialChanged]:
    """Another area's is as another entity's to them, as at the router's desk; who works centrally sees every area."""
    return [o for o in officials if Role.CENTRAL in (o.role, *o.other_roles) or works_in(o.areas, case.lies_in)]


def _readers(
    audience: str, data: EventData, entity: str | None, case: Case, directory: Directory, at: datetime
) -> Sequence[OfficialChanged]:
    """The audience, as far as they read it: who works in its area and, of what is confidential, whom it names. Where
    none of them does, the head of the entity hears in their place, so that nothing is told to nobody."""
    wherever = _audience(audience, data, entity, case, directory, at)
    is_theirs_alone = audience in OF_PERSONS
    officials = wherever if is_theirs_alone else _who_work_there(wherever, case)
    if case.confided:
        officials = [o for o in officials if directory.may_read({o.official}, case.confided, case.entity)]
        entity = case.entity
    elif not wherever:
        return ()
    return officials or (() if is_theirs_alone else directory.officials_of(entity or "", {Role.HEAD}))


def _topmost(entity: str | None, directory: Directory) -> str | None:
    seen: set[str] = set()
    while entity is not None and entity not in seen:
        seen.add(entity)
        known = directory.entities.get(entity)
        above = directory.entities.get(known.parent or "") if known else None
        if above is None or not above.active:
            return entity
        entity = above.entity
    return entity


def _in_order(officials: Iterable[OfficialChanged]) -> list[OfficialChanged]:
    return sorted(officials, key=lambda official: official.official)


def _entity_itself(row: Row, audience: str, entity: str | None, directory: Directory) -> list[Recipient]:
    """The entity's own address, where nobody holds the office."""
    if audience == "central":
        known = next((e for e in directory.entities.values() if e.kind == CENTRAL and e.active), None)
    else:
        known = directory.entities.get(entity or "")
    if known is None or not known.email or "mail" not in row.channels:
        return []
    return [Recipient("entity", known.entity, LANGUAGE_OF_ENTITIES, audience, "mail")]


def entity_name(entity: str | None, language: str, directory: Directory) -> str | None:
    if entity is None:
        return None
    known = directory.entities.get(entity)
    return str(getattr(known.name, language)) if known else entity
