"""Announcements of a published submission to the subscribers of its area or category. Pure.

There may be thousands of subscribers: one announcement is stored with the event and sent to them in batches.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict

from notifier.cases.model import EarlyFact
from notifier.planning.table import Row


class Announcement(BaseModel):
    """A row of the table that is told because of a fact; `params` by language, `after` whom it has been told last.

    `categories`: that of the submission and those above it. `but_not`: who hears of it anyway.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    submission_id: str
    fact: EarlyFact
    row: Row
    params: dict[str, dict[str, Any]]
    area: str | None
    categories: tuple[str, ...]
    but_not: tuple[str, ...]
    after: str = ""
