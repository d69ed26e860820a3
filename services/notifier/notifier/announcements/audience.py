"""Whether something is announced, and to whom it may be news."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.reference.directory import Directory

from notifier.announcements.model import Announcement
from notifier.cases.model import Case, Fact, kept
from notifier.notifications.model import TOO_OLD
from notifier.planning.table import Row


def is_announced(fact: Fact, case: Case, now: datetime) -> bool:
    """Not where there is nothing new for everybody: what is not published, what was announced, what is long ago."""
    again = fact.type == "SubmissionPublished" and case.first_published != fact.id
    return case.published and not again and now - fact.time <= TOO_OLD


def announcement_of(
    fact: Fact, row: Row, case: Case, submission_id: str, params: Mapping[str, dict[str, Any]], directory: Directory
) -> Announcement:
    return Announcement(
        id=f"{fact.id}/{row.template}",
        submission_id=submission_id,
        fact=kept(fact),
        row=row,
        params=dict(params),
        area=case.area,
        categories=_upwards(case.category, directory),
        but_not=tuple(filter(None, (case.author, *(each.subject for each in case.followers)))),
    )


def _upwards(category: str | None, directory: Directory) -> tuple[str, ...]:
    found: list[str] = []
    while category is not None and category not in found:
        found.append(category)
        known = directory.categories.get(category)
        category = known.parent if known else None
    return tuple(found)
