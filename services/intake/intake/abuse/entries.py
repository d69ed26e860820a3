"""Add entries to the abuse list and remove them."""

from datetime import datetime

from shared.ids import new_id
from shared.storage.aggregates import Decision

from intake.abuse.model import MOST_ENTRIES, AbuseList, Entry, Sign, spelled
from intake.submissions.errors import ListIsFull, NothingOfThisKind


def watch_for(
    current: AbuseList, sign: Sign, value: str, reason: str, by: str, now: datetime
) -> Decision[AbuseList] | None:
    """Returns None where the entry is on the list already."""
    compared = spelled(sign, value)
    if compared is None:
        raise NothingOfThisKind
    if any(entry.sign == sign and entry.value == compared for entry in current.entries):
        return None
    if len(current.entries) >= MOST_ENTRIES:
        raise ListIsFull
    entry = Entry(id=new_id(), sign=sign, value=compared, reason=reason, by=by, at=now)
    return Decision(AbuseList(entries=[*current.entries, entry]))


def stop_watching(current: AbuseList, id: str) -> Decision[AbuseList] | None:
    """Removes an entry. Submissions that it holds stay held until a moderator decides."""
    left = [entry for entry in current.entries if entry.id != id]
    return Decision(AbuseList(entries=left)) if len(left) < len(current.entries) else None
