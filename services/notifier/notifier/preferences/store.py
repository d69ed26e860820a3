"""Stores preferences: one aggregate for each person and address."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError
from pymongo.asynchronous.database import AsyncDatabase
from shared.storage.aggregates import Aggregates, Document

from notifier.preferences.model import Preferences, person_id

PERSONS = person_id("")


@dataclass(frozen=True)
class Subscriber:
    id: str
    subject: str
    language: str | None


class PreferenceStore(Aggregates[Preferences]):
    """By `person_id` and `address_id`."""

    def __init__(self, database: AsyncDatabase[Document], source: str) -> None:
        super().__init__(database["preferences"], Preferences, source)

    async def ensure_indexes(self) -> None:
        await super().ensure_indexes()
        for field in ("areas", "categories"):
            await self.collection.create_index([(f"state.{field}", 1), ("_id", 1)], name=field, sparse=True)

    async def interested(
        self, area: str | None, categories: Collection[str], after: str, limit: int
    ) -> Sequence[Subscriber]:
        """Persons who want to hear of this area or of any of these categories, in the order of their ids."""
        either: list[Document] = [{"state.categories": {"$in": list(categories)}}]
        either += [{"state.areas": area}] if area else []
        found = self.collection.find(
            {"$or": either, "_id": {"$gt": max(after, PERSONS)}}, {"state.language": 1}, sort=[("_id", 1)]
        )
        return [
            Subscriber(each["_id"], each["_id"].removeprefix(PERSONS), each["state"].get("language"))
            async for each in found.limit(limit)
        ]

    async def chosen(self, ids: Collection[str]) -> Mapping[str, Preferences | None]:
        """The preferences of those that have any; None if a newer version wrote them and they cannot be read."""
        if not ids:
            return {}
        found = self.collection.find({"_id": {"$in": list(ids)}}, {"state": 1})
        return {document["_id"]: _read(document) async for document in found}


def _read(document: Document) -> Preferences | None:
    try:
        return Preferences.model_validate(document["state"])
    except ValidationError:
        return None
