"""Live updates of the desk follow a case, by its version; a part of one, by its version and its parent's
together; an entity's list, by the time of its last change.

A list has no version of its own: the writers of all processes would wait for one another to count it. Its number is a
time; whoever connects is told one newer than their page, and reads the list once more.
"""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence

from shared.live.updates import DocumentVersions, Version
from shared.storage.aggregates import Document

EVERY_LIST, EVERY_PART = "list:", "part:"
CLOCKS_DIFFER_MS = 2_000


def id_of_list(entity: str | None) -> str:
    """Name the list of an entity's cases, or of all cases."""
    return f"{EVERY_LIST}{entity or ''}"


def id_of_part(part: str, parent: str) -> str:
    """A page of it shows what its author adds to the parent."""
    return f"{EVERY_PART}{part}:{parent}"


def now_of_lists() -> int:
    """As a page is that was just drawn."""
    return int(time.time() * 1_000)


class CaseVersions(DocumentVersions):
    changes: Sequence[Document] = (
        {
            "$match": {
                "$or": [
                    {"operationType": "insert"},
                    {"operationType": "update", "updateDescription.updatedFields.version": {"$exists": True}},
                ]
            }
        },
        {"$project": {"documentKey": 1, "version": {"$ifNull": ["$updateDescription.updatedFields.version", 1]}}},
    )

    async def newest(self, ids: Collection[str]) -> Mapping[str, int]:
        lists = {id: now_of_lists() + CLOCKS_DIFFER_MS for id in ids if id.startswith(EVERY_LIST)}
        parts = {id: id.split(":")[1:] for id in ids if id.startswith(EVERY_PART)}
        cases = {id for id in ids if id not in lists and id not in parts}.union(*parts.values())
        found = await super().newest(cases) if cases else {}
        sums = {id: sum(found.get(each, 0) for each in both) for id, both in parts.items()}
        known = {**lists, **found, **sums}
        return {id: known[id] for id in ids if id in known}

    async def told_by(self, change: Document, listened: Collection[str]) -> Iterable[Version]:
        """The case, and the lists of who has it and of who had it before: read only where somebody looks at a list; so
        are the parts that are looked at."""
        told = list(await super().told_by(change, listened))
        changed = change["documentKey"]["_id"]
        parts = [id for id in listened if id.startswith(EVERY_PART) and changed in id.split(":")]
        if parts:
            told += (await self.newest(parts)).items()
        if not any(id.startswith(EVERY_LIST) for id in listened):
            return told
        kept = {"state.entity": 1, "state.custodians": {"$slice": -2}}
        document = await self.collection.find_one(change["documentKey"], kept)
        state = document["state"] if document else {}
        entities = {state.get("entity"), *(each["entity"] for each in state.get("custodians", ()))}
        at = now_of_lists() + CLOCKS_DIFFER_MS
        return [*told, *((id_of_list(entity), at) for entity in {None, *entities})]
