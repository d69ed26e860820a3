"""What a list of the desk holds: chosen by its address, so that a list can be kept as a bookmark."""

from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query
from shared.auth import Caller
from shared.web.catalogues import N_

from router.api.access import READERS_OF_ALL, entity_listed
from router.domain.life import OPEN, RUNNING, TO_DO, State
from router.domain.reference import beginning_of
from router.pages.view import Reader
from router.repository import Wanted

FINISHED = (State.ANSWERED, State.CLOSED, State.DECLINED, State.WITHDRAWN, State.MERGED)

VIEWS: dict[str, tuple[str, tuple[State, ...]]] = {
    "open": (N_("All open"), TO_DO),
    "overdue": (N_("Overdue"), RUNNING),
    "today": (N_("Due today"), RUNNING),
    "new": (N_("New"), (State.ASSIGNED,)),
    "in_work": (N_("In work"), (State.ACKNOWLEDGED,)),
    "waiting": (N_("Waits for its author"), (State.AWAITING_CITIZEN,)),
    "appeals": (N_("Appeals"), (State.APPEALED,)),
    "finished": (N_("Finished"), FINISHED),
}
"""By their name in the address: what they are called, and the states they hold."""


@dataclass(frozen=True)
class Filters:
    """`entity` counts only for who sees all; `reference` is looked for in every state."""

    view: str = "open"
    category: str = ""
    entity: str = ""
    reference: str = ""

    def wanted(self, caller: Caller, reader: Reader) -> Wanted:
        own = entity_listed(caller)
        entity = own or self.entity or None
        if self.reference:
            # What cannot be a reference number is nobody's.
            beginning = beginning_of(self.reference) or "-"
            return Wanted((*OPEN, *FINISHED), entity, self.category or None, reference=beginning)
        return Wanted(
            VIEWS[self.view][1],
            entity,
            self.category or None,
            due_from=reader.now if self.view == "today" else None,
            due_before={"overdue": reader.now, "today": reader.tonight}.get(self.view),
            newest_first=self.view == "finished",
        )

    def seen_as(self, view: str) -> "Filters":
        return replace(self, view=view, reference="")

    def query(self, cursor: str | None = None) -> str:
        """As the end of an address."""
        named = {"view": self.view, "category": self.category, "entity": self.entity, "reference": self.reference}
        said = {name: value for name, value in named.items() if value and (name, value) != ("view", "open")}
        if cursor is not None:
            said["cursor"] = cursor
        return f"?{urlencode(said)}" if said else ""


def asked(
    view: Annotated[str, Query(max_length=20)] = "open",
    category: Annotated[str, Query(max_length=100)] = "",
    entity: Annotated[str, Query(max_length=100)] = "",
    reference: Annotated[str, Query(max_length=40)] = "",
) -> Filters:
    return Filters(view if view in VIEWS else "open", category, entity, reference.strip())


Asked = Annotated[Filters, Depends(asked)]


def sees_all(caller: Caller) -> bool:
    return caller.has(*READERS_OF_ALL)
