"""Filters of the desk's lists. They stand in the address, so that a list can be kept as a bookmark."""

from dataclasses import asdict, dataclass, replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query
from shared.http.auth import Caller
from shared.web.catalogues import N_

from router.access.policy import READERS_OF_ALL, visibility_of
from router.cases.case_query import CaseQuery
from router.cases.life import HELD, OVER, RUNNING, TO_DO, UNDER_WAY, State
from router.cases.reference_numbers import beginning_of
from router.cases.search_terms import Signs
from router.cases.visibility import Visibility
from router.desk.view import Reader
from router.directory.snapshot import signs_wanted
from router.http.words import KINDS, PRIORITIES

LONGEST_SEARCH = 200
SUGGESTED = (State.EVALUATING, State.ACCEPTED)

VIEWS: dict[str, tuple[str, tuple[State, ...]]] = {
    "open": (N_("All open"), TO_DO),
    "overdue": (N_("Overdue"), RUNNING),
    "today": (N_("Due today"), RUNNING),
    "new": (N_("New"), (State.ASSIGNED,)),
    "in_work": (N_("In work"), (State.ACKNOWLEDGED,)),
    "waiting": (N_("Waits for its author"), (State.AWAITING_CITIZEN,)),
    "approval": (N_("To be approved"), HELD),
    "suggestions": (N_("Suggestions under way"), SUGGESTED),
    "appeals": (N_("Appeals"), (State.APPEALED,)),
    "finished": (N_("Finished"), OVER),
}
"""By their name in the address: what they are called, and the states they hold."""


@dataclass(frozen=True)
class Filters:
    """`entity` counts only for who sees all; `reference` is looked for in every state, `words` are words and places of
    which each must be there. `official` is who of the entity
    has it, `-` nobody, `me` who looks."""

    view: str = "open"
    category: str = ""
    entity: str = ""
    reference: str = ""
    official: str = ""
    kind: str = ""
    priority: str = ""
    words: str = ""

    def wanted(self, caller: Caller, reader: Reader) -> CaseQuery:
        return self.wanted_of(visibility_of(caller, reader.office), caller, reader)

    def wanted_of(self, seen: Visibility, caller: Caller, reader: Reader) -> CaseQuery:
        """The same, where it is known what the caller may see."""
        entity = seen.entity or self.entity or None
        official = {"": None, "-": "", "me": caller.subject}.get(self.official, self.official)
        if self.reference:
            # What cannot be a reference number is nobody's.
            beginning = beginning_of(self.reference) or "-"
            return CaseQuery((*UNDER_WAY, *OVER), entity, self.category or None, reference=beginning, visibility=seen)
        return CaseQuery(
            VIEWS[self.view][1],
            entity,
            self.category or None,
            due_from=reader.now if self.view == "today" else None,
            due_before={"overdue": reader.now, "today": reader.tonight}.get(self.view),
            newest_first=self.view == "finished",
            proposed=self.view == "approval",
            official=official,
            kind=self.kind or None,
            priority=self.priority or None,
            signs=self.signs(reader),
            visibility=seen,
        )

    def signs(self, reader: Reader) -> Signs:
        return signs_wanted(self.words, reader.directory)

    @property
    def is_narrowed(self) -> bool:
        return any((self.category, self.entity, self.reference, self.official, self.kind, self.priority, self.words))

    def seen_as(self, view: str) -> "Filters":
        return replace(self, view=view, reference="")

    def query(self, cursor: str | None = None) -> str:
        """As the end of an address."""
        said = {name: value for name, value in asdict(self).items() if value and (name, value) != ("view", "open")}
        if cursor is not None:
            said["cursor"] = cursor
        return f"?{urlencode(said)}" if said else ""


def asked(
    view: Annotated[str, Query(max_length=20)] = "open",
    category: Annotated[str, Query(max_length=100)] = "",
    entity: Annotated[str, Query(max_length=100)] = "",
    reference: Annotated[str, Query(max_length=40)] = "",
    official: Annotated[str, Query(max_length=100)] = "",
    kind: Annotated[str, Query(max_length=20)] = "",
    priority: Annotated[str, Query(max_length=20)] = "",
    words: Annotated[str, Query(max_length=LONGEST_SEARCH)] = "",
) -> Filters:
    return Filters(
        view if view in VIEWS else "open",
        category,
        entity,
        reference.strip(),
        official,
        kind if kind in KINDS else "",
        priority if priority in PRIORITIES else "",
        " ".join(words.split()),
    )


Asked = Annotated[Filters, Depends(asked)]


def sees_all(caller: Caller) -> bool:
    return caller.has(*READERS_OF_ALL)
