"""Somebody of the entity is put in charge, by hand or by itself. Raises NotPossible where nothing is to do."""

from datetime import datetime

from shared.events.assignments import OfficialPutInCharge
from shared.events.envelope import OutgoingEvent
from shared.storage.aggregates import Decision

from router.cases.life import Move
from router.cases.model import ROUTER, Assignment, Charge
from router.staffing.model import Way


def put_in_charge(
    id: str, before: Assignment, official: str, way: Way, by: str | None, now: datetime
) -> Decision[Assignment]:
    """`by`: who did it by hand. Who took it up, or gave it away, themselves need not be told."""
    had_it = before.charge.official if before.charge else None
    after = before.moved(Move.PUT_IN_CHARGE, "OfficialPutInCharge", by or ROUTER, now, mentions=(official,)).changed(
        charge=Charge(official=official, since=now, way=way), unstaffed=None
    )
    event = OfficialPutInCharge(
        submission_id=id,
        from_state=before.state,
        to_state=after.state,
        entity=str(after.entity),
        officials=() if official == by else (official,),
        in_charge=official,
        way=way,
        official=by,
        relieved=(had_it,) if had_it not in (None, official, by) else (),
    )
    return Decision(after, [OutgoingEvent(event)])
