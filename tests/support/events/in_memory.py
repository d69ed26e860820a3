"""As much of MongoDB as a consumer needs for a batch, in memory: documents go through BSON and its limits both ways.

What this does not know raises, so that nothing passes here by being ignored.
"""

import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast

import bson
from bson.codec_options import CodecOptions
from pymongo import InsertOne, UpdateMany, UpdateOne
from pymongo.errors import BulkWriteError, DocumentTooLarge, DuplicateKeyError
from shared.storage.aggregates import DUPLICATE_KEY, Document

AWARE: CodecOptions[Document] = CodecOptions(tz_aware=True)
LARGEST_DOCUMENT = 16 * 1024 * 1024
OPERATORS = {"$set", "$setOnInsert", "$unset", "$max", "$push", "$pull"}


class InMemoryCollection:
    def __init__(self, name: str, client: "InMemoryClient") -> None:
        self.name = name
        self.database = SimpleNamespace(client=client)
        self._stored: dict[str, bytes] = {}

    @property
    def documents(self) -> list[Document]:
        return [_read(raw) for raw in self._stored.values()]

    def get(self, id: str) -> Document | None:
        return _read(self._stored[id]) if id in self._stored else None

    def clear(self) -> None:
        self._stored.clear()

    def kept(self) -> dict[str, bytes]:
        return dict(self._stored)

    def put_back(self, kept: dict[str, bytes]) -> None:
        self._stored = dict(kept)

    def take_all(self) -> list[Document]:
        """Every document, which is gone then."""
        taken = self.documents
        self.clear()
        return taken

    def waiting(self) -> list[Document]:
        """Entries that wait to be published."""
        return [entry for document in self.documents for entry in document.get("outbox", ())]

    def drain_outboxes(self) -> list[Document]:
        """Take out what waits to be published, as the relay does."""
        taken: list[Document] = []
        for document in self.documents:
            if entries := document.get("outbox"):
                taken += entries
                self.store(document | {"outbox": []})
        return taken

    def find(
        self, query: Document, projection: Document | None = None, session: Any = None, hint: Any = None
    ) -> AsyncIterator[Document]:
        return self._found(query, projection or {})

    async def _found(self, query: Document, projection: Document) -> AsyncIterator[Document]:
        for document in self._among(query):
            yield _projected(document, projection)

    def _among(self, query: Document) -> list[Document]:
        """Ids named by the query that match the rest of it."""
        if list(query.get("_id", ())) != ["$in"]:
            raise NotImplementedError(query)
        found = (self.get(id) for id in query["_id"]["$in"])
        rest = {name: wanted for name, wanted in query.items() if name != "_id"}
        return [document for document in found if document is not None and _matches(document, rest)]

    async def delete_many(self, query: Document, session: Any = None) -> None:
        async for document in self._found(query, {"_id": 1}):
            del self._stored[document["_id"]]

    async def insert_one(self, document: Document, session: Any = None) -> None:
        document.setdefault("_id", bson.ObjectId())
        if document["_id"] in self._stored:
            raise DuplicateKeyError("there already")
        self.store(document)

    async def insert_many(self, documents: Sequence[Document], ordered: bool = True, session: Any = None) -> None:
        await self.bulk_write([InsertOne(document) for document in documents], ordered, session)

    async def update_one(self, query: Document, change: Document, upsert: bool = False, hint: Any = None) -> Any:
        is_new = query["_id"] not in self._stored
        matched = self._update(query, change, upsert)
        return SimpleNamespace(matched_count=matched, upserted_id=query["_id"] if is_new and matched else None)

    async def bulk_write(
        self,
        operations: Sequence[InsertOne[Document] | UpdateOne | UpdateMany],
        ordered: bool = True,
        session: Any = None,
    ) -> Any:
        inserted = matched = 0
        faults: list[Document] = []
        for operation in operations:
            if isinstance(operation, UpdateOne):
                matched += self._update(operation._filter, operation._doc, bool(operation._upsert))  # type: ignore[arg-type]
                continue
            if isinstance(operation, UpdateMany):
                for document in self._among(cast(Document, operation._filter)):
                    matched += self._update({"_id": document["_id"]}, cast(Document, operation._doc), False)
                continue
            try:
                await self.insert_one(operation._doc)
                inserted += 1
            except DuplicateKeyError:
                faults.append({"code": DUPLICATE_KEY})
        if faults:
            raise BulkWriteError({"writeErrors": faults})
        return SimpleNamespace(matched_count=matched, inserted_count=inserted)

    def _update(self, query: Document, change: Document, upsert: bool) -> int:
        if unknown := change.keys() - OPERATORS:
            raise NotImplementedError(unknown)
        document = self.get(query["_id"])
        if document is not None and not _matches(document, query):
            document = None
        if document is None and not upsert:
            return 0
        after = document if document is not None else {"_id": query["_id"], **change.get("$setOnInsert", {})}
        for path, value in change.get("$set", {}).items():
            _put(after, path, value)
        for path in change.get("$unset", {}):
            _parent(after, path).pop(path.split(".")[-1], None)
        for path, value in change.get("$max", {}).items():
            _put(after, path, max(value, _parent(after, path).get(path.split(".")[-1], value)))
        for path, pushed in change.get("$push", {}).items():
            at = _parent(after, path)
            name = path.split(".")[-1]
            at[name] = [*at.get(name, []), *pushed.get("$each", [pushed])]
        for path, pulled in change.get("$pull", {}).items():
            (name, among) = next(iter(pulled.items()))
            _put(after, path, [each for each in _parent(after, path)[path] if each[name] not in among["$in"]])
        self.store(after)
        return 1

    def store(self, document: Document) -> None:
        raw = bson.encode(document)
        if len(raw) > LARGEST_DOCUMENT:
            raise DocumentTooLarge(f"{self.name}: {len(raw)} bytes")
        self._stored[document["_id"]] = raw


class InMemoryDatabase:
    """Writes of a transaction are seen at once: a test has one consumer at a time, and one that fails is a finding."""

    def __init__(self) -> None:
        self.client = InMemoryClient()
        self.collections: dict[str, InMemoryCollection] = {}

    def __getitem__(self, name: str) -> InMemoryCollection:
        return self.collections.setdefault(name, InMemoryCollection(name, self.client))

    def clear(self) -> None:
        for collection in self.collections.values():
            collection.clear()

    def kept(self) -> "Kept":
        return {name: collection.kept() for name, collection in self.collections.items()}

    def put_back(self, kept: "Kept") -> None:
        for name, collection in self.collections.items():
            collection.put_back(kept.get(name, {}))


Kept = dict[str, dict[str, bytes]]
"""Everything stored, by collection and id."""


class InMemoryClient:
    def start_session(self) -> "InMemorySession":
        return InMemorySession()


class InMemorySession:
    async def __aenter__(self) -> "InMemorySession":
        return self

    async def __aexit__(self, *error: object) -> None:
        return None

    async def start_transaction(self) -> contextlib.AbstractAsyncContextManager[None]:
        return contextlib.nullcontext()


def _read(raw: bytes) -> Document:
    return bson.decode(raw, AWARE)


def _matches(document: Document, query: Mapping[str, Any]) -> bool:
    for name, wanted in query.items():
        if wanted == {"$exists": True}:
            if name not in document:
                return False
        elif isinstance(wanted, dict):
            raise NotImplementedError(query)
        elif document.get(name) != wanted:
            return False
    return True


def _projected(document: Document, projection: Document) -> Document:
    if all(value == 0 for value in projection.values()):
        return {name: value for name, value in document.items() if name not in projection}
    return {name: document[name] for name in ("_id", *projection) if name in document}


def _parent(document: Document, path: str) -> Document:
    *steps, _ = path.split(".")
    for step in steps:
        document = document.setdefault(step, {})
    return document


def _put(document: Document, path: str, value: Any) -> None:
    _parent(document, path)[path.split(".")[-1]] = value


def entries_of(databases: Iterable[InMemoryDatabase]) -> list[Document]:
    """Everything that waits in the outboxes of these services."""
    return [
        entry
        for database in databases
        for name, collection in sorted(database.collections.items())
        if name != "dead_letters"
        for entry in collection.drain_outboxes()
    ]
