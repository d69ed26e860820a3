"""Lists of assignments, page by page, what a search finds, and how many there are."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Any

from shared.storage.aggregates import BY_ID, Aggregates, Document, StoredAggregate
from shared.storage.cursors import Place
from shared.storage.item_isolation import read_each

from router.cases.case_query import (
    LOOKED_AT_FIRST,
    LOOKED_THROUGH,
    READ_AT_ONCE,
    READ_THROUGH,
    CasePage,
    CaseQuery,
    TermMatches,
    candidates_query,
    page_query,
    probe_query,
    rarest,
    signs_index,
    signs_queries,
    standing,
)
from router.cases.model import Assignment
from router.cases.visibility import Visibility, hidden_query, visible_query

COUNTED_AT_MOST = 1_000
"""Of a view: whoever has more before them needs no exact number."""

LISTED = {"outbox": 0, "commands": 0, "state.history": 0}
PLACE = {"at": "$state.submission.received_at"}


class Searching(Aggregates[Assignment]):
    async def look(self, wanted: CaseQuery, after: Place | None, limit: int) -> CasePage:
        """A page of a list, or of what has all signs that are wanted. A page of a search may hold fewer, as what it
        looks through is bounded; `end` then goes on."""
        if wanted.signs:
            return await self._search(wanted, after, limit)
        documents = await self._page(wanted, after, limit + 1)
        end = _due_place(documents[limit - 1]) if len(documents) > limit else None
        return self._found(documents[:limit], end)

    async def page(self, wanted: CaseQuery, after: Place | None, limit: int) -> list[StoredAggregate[Assignment]]:
        """Read a page: open cases by due time, ended ones and searches the newest first."""
        if wanted.signs:
            return (await self._search(wanted, after, limit)).items
        return self._found(await self._page(wanted, after, limit), None).items

    async def _page(self, wanted: CaseQuery, after: Place | None, limit: int) -> list[Document]:
        query, order = page_query(wanted, after)
        found = self.collection.find(query, LISTED).sort(order).limit(limit)
        return await (found.hint(wanted.index) if wanted.index else found).to_list()

    def _found(self, documents: Sequence[Document], end: Place | None, is_full: bool = True) -> CasePage:
        items = self.read_each(documents)
        return CasePage(items, end, len(documents) - len(items), is_full)

    def read_each(self, documents: Sequence[Document]) -> list[StoredAggregate[Assignment]]:
        """For who looks on. One that cannot be read is told and counted, and hides no other."""
        return read_each("list", documents, self.read_brief)

    def read_brief(self, document: Document) -> StoredAggregate[Assignment]:
        """Read documents that were fetched without their stored answers to commands."""
        return self.read({**document, "commands": {}})

    async def _search(self, wanted: CaseQuery, after: Place | None, limit: int) -> CasePage:
        """The newest first. Who has the signs is read from the index alone; documents, of those that have all."""
        listed: list[Document] = []
        last, end, left = after, None, READ_THROUGH
        async for meant in self._meant(wanted, after):
            places = list(meant.places)
            for begin in range(0, min(len(places), left), READ_AT_ONCE):
                these = places[begin : min(begin + READ_AT_ONCE, left)]
                found = self.collection.find(candidates_query(wanted, these), LISTED).hint(BY_ID)
                documents = {document["_id"]: document async for document in found}
                for place in (place for place in these if place[1] in documents):
                    if len(listed) == limit:
                        return self._found(listed, last)
                    listed.append(documents[place[1]])
                    last = place
            if len(places) > left:
                end = places[left - 1]
                break
            left -= len(places)
            end = meant.end
            if not left:
                break
        return self._found(listed, end, is_full=len(listed) == limit)

    async def _meant(self, wanted: CaseQuery, after: Place | None) -> AsyncIterator[TermMatches]:
        """Who has a sign of every group, bit by bit: those of the group that fewest have, as far as they are known to
        have the others, or are found at their place in the index."""
        entities = [wanted.entity] if wanted.entity else await self.collection.distinct("state.entity")
        several = len(wanted.signs) > 1
        first, most = (LOOKED_AT_FIRST, LOOKED_THROUGH) if several else (READ_AT_ONCE, READ_THROUGH)
        groups = await asyncio.gather(*(self._having(wanted, entities, signs, after, first) for signs in wanted.signs))
        number = rarest(groups)
        rare, left = groups[number], most - first
        others = [(signs, group) for signs, group in zip(wanted.signs, groups, strict=True) if group is not rare]
        while True:
            places = rare.places
            for signs, group in others:
                places = await self._that_have(wanted, signs, group, places)
            yield TermMatches(places, rare.end)
            if rare.end is None or not left:
                return
            rare = await self._having(wanted, entities, wanted.signs[number], rare.end, left)
            left = 0

    async def _having(
        self, wanted: CaseQuery, entities: Sequence[str], signs: Sequence[str], after: Place | None, most: int
    ) -> TermMatches:
        """Find cases with one of the signs, up to a bound."""
        queries = signs_queries(wanted, entities, signs, after)
        found = await asyncio.gather(*(self._standing(wanted, query, most) for query in queries))
        places = dict(islice(chain.from_iterable(each.items() for each in found), most))
        return TermMatches(places, next(reversed(places)) if len(places) == most else None)

    async def _that_have(
        self, wanted: CaseQuery, signs: Sequence[str], group: TermMatches, places: Mapping[Place, str]
    ) -> Mapping[Place, str]:
        """Keep those of the places whose case has one of these signs as well."""
        by_entity: dict[str, list[Place]] = defaultdict(list)
        for place in group.leaves_open(places):
            by_entity[places[place]].append(place)
        found = await asyncio.gather(
            *(
                self.collection.find(probe_query(wanted, entity, signs, open_ones), PLACE)
                .hint(signs_index(wanted))
                .to_list()
                for entity, open_ones in by_entity.items()
            )
        )
        having = {*group.places, *((each["at"], each["_id"]) for each in chain.from_iterable(found))}
        return {place: entity for place, entity in places.items() if place in having}

    async def _standing(self, wanted: CaseQuery, query: Document, most: int) -> dict[Place, str]:
        """Where those stand that such a query finds, the newest first, and which entity has each."""
        stages = standing(query, wanted.order, most)
        found = await (await self.collection.aggregate(stages, hint=signs_index(wanted))).to_list()
        places = ((place, each["_id"]) for each in found for place in zip(each["at"], each["ids"], strict=True))
        return dict(places if len(found) == 1 else sorted(places, reverse=True))

    async def count(self, wanted: CaseQuery, most: int = COUNTED_AT_MOST) -> int:
        """Up to `most`."""
        return (await self.counts([wanted], most))[0]

    async def counts(self, lists: Sequence[CaseQuery], most: int = COUNTED_AT_MOST) -> list[int]:
        """Of each up to `most`. What is confidential is counted apart, where there is any: it is little, and has an
        index of its own."""
        visibilities = list({wanted.visibility for wanted in lists if wanted.visibility is not None})
        hide = await asyncio.gather(*map(self._hides, visibilities))
        hiding = {visibility for visibility, hides in zip(visibilities, hide, strict=True) if hides}
        return await asyncio.gather(*(self._count(wanted, wanted.visibility in hiding, most) for wanted in lists))

    async def _hides(self, visibility: Visibility) -> bool:
        """Whether any confidential case is outside this visibility."""
        query = hidden_query(visibility) | (
            {"state.entity": visibility.entity} if visibility.entity is not None else {}
        )
        return await self.collection.find_one(query, {"_id": 1}, hint="confidential") is not None

    async def _count(self, wanted: CaseQuery, hides: bool, most: int) -> int:
        query, _ = page_query(replace(wanted, visibility=None), None)
        # An open one has been decided, and where this is not asked no document is read.
        del query["state.decided"]
        query |= visible_query(wanted.visibility, with_confidential=True)
        unseen = 0
        if hides and wanted.visibility is not None:
            unseen = await self.collection.count_documents(query | hidden_query(wanted.visibility), hint="confidential")
        named: dict[str, Any] = {"hint": wanted.index} if wanted.index else {}
        everything = await self.collection.count_documents(query, limit=most + unseen, **named)
        return max(0, min(most, everything - unseen))


def _due_place(document: Document) -> Place | None:
    """Where it stands in a list, as it is stored."""
    at = document["state"].get("list_at")
    return (at, document["_id"]) if at is not None else None
