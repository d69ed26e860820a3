"""News of an entity rather than of one submission: how many due times of its open cases other rules moved."""

from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from shared.events.deadlines import DeadlinesMoved
from shared.events.envelope import Event
from shared.reference.directory import Directory
from shared.storage.aggregates import Decision

from notifier.cases.model import Case, fact_of
from notifier.devices.model import DevicesOf
from notifier.notifications.model import OF_AN_ENTITY, Notification
from notifier.notifications.store import notification_record
from notifier.planning.commands import nobodys, notification_of, pushes
from notifier.planning.recipients import entity_name, recipients
from notifier.planning.table import TellsRows


def tell_entity(
    case: Case | None,
    event: Event,
    directory: Directory,
    table: TellsRows,
    now: datetime,
    devices_of: DevicesOf = nobodys,
) -> Decision[Case]:
    """Its `case` belongs to no submission and stays empty: it only holds the sequence of what was taken."""
    fact, of_nobody = fact_of(event), Case(silent=True)
    moved: DeadlinesMoved = event.data
    planned: dict[str, Notification] = {}
    about = str(uuid5(NAMESPACE_URL, event.key))
    for row in table.rows_for(fact.data):
        for recipient in recipients(row, fact.data, of_nobody, about, directory, fact.time):
            params = {"entity": entity_name(moved.entity, recipient.language, directory)} | _counted(moved)
            told = notification_of(fact, about, recipient, row, params, now)
            for each in (told, *pushes(fact, about, recipient, row, params, now, devices_of)):
                planned[each.id] = each.model_copy(update={"audience": OF_AN_ENTITY})
    return Decision(case or of_nobody, records=[notification_record(each) for each in planned.values()])


def _counted(moved: DeadlinesMoved) -> dict[str, Any]:
    return {
        "moved": moved.moved,
        "later": moved.later,
        "earlier": moved.earlier,
        "late_now": moved.late_now,
        "in_time_again": moved.in_time_again,
    }
