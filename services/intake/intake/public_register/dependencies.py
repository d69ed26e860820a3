"""Filters and store of the public register, for endpoints, pages and feeds."""

from typing import Annotated, cast

from fastapi import Depends, Query, Request
from pydantic import BeforeValidator
from shared.events.model import Identifier, Kind
from shared.reference.directory import Directory

from intake.public_register.stages import STAGES, Stage
from intake.publication.store import PublicationQuery, Publications

UNSET = BeforeValidator(lambda sent: sent or None)
"""Reads an empty form field as one that is not set."""


class PublicationFilters:
    """The query parameters that the list, its page and its feeds share."""

    def __init__(
        self,
        kind: Annotated[Kind | None, UNSET] = None,
        category: Annotated[Identifier | None, UNSET, Query(description="a category, or a group of them")] = None,
        entity: Annotated[Identifier | None, UNSET] = None,
        area: Annotated[Identifier | None, UNSET] = None,
        state: Annotated[Stage | None, UNSET] = None,
        words: Annotated[str, Query(max_length=200, description="each begins a word of the text")] = "",
    ) -> None:
        self.given = {"kind": kind, "category": category, "entity": entity, "area": area, "state": state}
        self.words = words
        self._category = category

    def address_query(self) -> dict[str, str]:
        """The filters as the query string of an address, without those that are not set."""
        given = {name: str(value) for name, value in self.given.items() if value}
        return given | {"words": self.words} if self.words else given

    def database_query(self, directory: Directory, has_point: bool = False) -> PublicationQuery:
        kind, entity, area, state = (self.given[name] for name in ("kind", "entity", "area", "state"))
        below = [id for id, each in directory.categories.items() if each.parent == self._category]
        return PublicationQuery(
            kind=kind,
            categories=[self._category, *below] if self._category else None,
            entity=entity,
            area=area,
            statuses=STAGES[Stage(state)] if state else None,
            words=self.words,
            has_point=has_point,
        )


def the_publications(request: Request) -> Publications:
    return cast(Publications, request.app.state.publications)


ThePublications = Annotated[Publications, Depends(the_publications)]
Filters = Annotated[PublicationFilters, Depends()]
