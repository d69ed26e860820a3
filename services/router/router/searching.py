"""Lists of assignments, page by page, what a search finds, and how many there are."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from shared.aggregates import BY_ID, Aggregate, Aggregates, Document
from shared.cursors import Place

from router.domain.assignment import Assignment
from router.domain.sight import Sight
from router.wanted import (
    LOOKED_THROUGH,
    READ_AT_ONCE,
    READ_THROUGH,
    Found,
    Having,
    Wanted,
    candidates,
    candidates_query,
    hidden_from,
    page_query,
    seen_by,
    signs_index,
    signs_queries,
)

COUNTED_AT_MOST = 1_000
"""Of a view: whoever has more before them needs no exact number."""

LISTED = {"outbox": 0, "commands": 0, "state.history": 0}
STANDING = {"_id": 1, "state.submission.received_at": 1}


class Searching(Aggregates[Assignment]):
    async def look(self, wanted: Wanted, after: Place | None, limit: int) -> Found:
        """A page of a list, or of what has all signs that are wanted. A page of a search may hold fewer, as what it
        looks through is bounded; `end` then goes on."""
        if wanted.signs:
            return await self._search(wanted, after, limit)
        items = await self.page(wanted, after, limit + 1)
        return Found(items[:limit], wanted.place(items[limit - 1]) if len(items) > limit else None)

    async def page(self, wanted: Wanted, after: Place | None, limit: int) -> list[Aggregate[Assignment]]:
        """What is due first, first; or, where it is over, what was due last; of a search, what came last."""
        if wanted.signs:
            return (await self._search(wanted, after, limit)).items
        query, order = page_query(wanted, after)
        found = self.collection.find(query, LISTED).sort(order).limit(limit)
        if wanted.index:
            found = found.hint(wanted.index)
        return [self.read({**document, "commands": {}}) async for document in found]

    async def _search(self, wanted: Wanted, after: Place | None, limit: int) -> Found:
        """The newest first. Who has each sign is read from the index alone; documents, of those that may have all."""
        entities = [wanted.entity] if wanted.entity else await self.collection.distinct("state.entity")
        groups = await asyncio.gather(*(self._having(wanted, entities, group, after) for group in wanted.signs))
        meant = candidates(groups)
        items: list[Aggregate[Assignment]] = []
        for begin in range(0, min(len(meant.places), READ_THROUGH), READ_AT_ONCE):
            these = meant.places[begin : min(begin + READ_AT_ONCE, READ_THROUGH)]
            found = self.collection.find(candidates_query(wanted, these), LISTED).hint(BY_ID)
            documents = {document["_id"]: document async for document in found}
            for id in (id for _, id in these if id in documents):
                if len(items) == limit:
                    return Found(items, wanted.place(items[-1]))
                items.append(self.read({**documents[id], "commands": {}}))
        end = meant.places[READ_THROUGH - 1] if len(meant.places) > READ_THROUGH else meant.end
        return Found(items, end, is_full=len(items) == limit)

    async def _having(
        self, wanted: Wanted, entities: Sequence[str], signs: Sequence[str], after: Place | None
    ) -> Having:
        """Who has one of the signs, up to a bound; of a word alone no more than will be read."""
        most = LOOKED_THROUGH if len(wanted.signs) > 1 else READ_THROUGH
        places: list[Place] = []
        for query in signs_queries(wanted, entities, signs, after):
            left = most - len(places)
            if left > 0:
                found = self.collection.find(query, STANDING).sort(wanted.order).limit(left)
                places += [_place(document) for document in await found.hint(signs_index(wanted)).to_list()]
        return Having(places, places[-1] if len(places) == most else None)

    async def count(self, wanted: Wanted, most: int = COUNTED_AT_MOST) -> int:
        """Up to `most`."""
        return (await self.counts([wanted], most))[0]

    async def counts(self, lists: Sequence[Wanted], most: int = COUNTED_AT_MOST) -> list[int]:
        """Of each up to `most`. What is confidential is counted apart, where there is any: it is little, and has an
        index of its own."""
        sights = list({wanted.sight for wanted in lists if wanted.sight is not None})
        hide = await asyncio.gather(*map(self._hides, sights))
        hiding = {sight for sight, hides in zip(sights, hide, strict=True) if hides}
        return await asyncio.gather(*(self._count(wanted, wanted.sight in hiding, most) for wanted in lists))

    async def _hides(self, sight: Sight) -> bool:
        """Whether anything is confidential and not for this sight."""
        query = hidden_from(sight) | ({"state.entity": sight.entity} if sight.entity is not None else {})
        return await self.collection.find_one(query, {"_id": 1}, hint="confidential") is not None

    async def _count(self, wanted: Wanted, hides: bool, most: int) -> int:
        query, _ = page_query(replace(wanted, sight=None), None)
        # An open one has been decided, and where this is not asked no document is read.
        del query["state.decided"]
        query |= seen_by(wanted.sight, with_confidential=True)
        unseen = 0
        if hides and wanted.sight is not None:
            unseen = await self.collection.count_documents(query | hidden_from(wanted.sight), hint="confidential")
        named: dict[str, Any] = {"hint": wanted.index} if wanted.index else {}
        everything = await self.collection.count_documents(query, limit=most + unseen, **named)
        return max(0, min(most, everything - unseen))


def _place(document: Document) -> Place:
    return document["state"]["submission"]["received_at"], document["_id"]
