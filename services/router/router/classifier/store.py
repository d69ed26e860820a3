"""The store of models: a record of each version, and its file in GridFS."""

import contextlib
from collections.abc import Sequence
from datetime import datetime

from gridfs.asynchronous import AsyncGridFSBucket
from gridfs.errors import CorruptGridFile, NoFile
from pydantic import BaseModel, TypeAdapter
from pymongo import DESCENDING
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError
from shared.ids import new_id
from shared.storage.aggregates import Document

from router.assigning.rule_evidence import RuleEvidence
from router.classifier.examples import LabelledText
from router.classifier.suggestions import Thresholds
from router.text_model.scores import Option, Scores

TEXTS, TEXTS_FILE = TypeAdapter(list[LabelledText]), "texts"
MODELS = "models"
MODEL_FILES = "model_files"


class LearntFrom(BaseModel):
    """How many of each a model was made of."""

    categories: int
    texts: int
    corrections: int


class ModelRecord(BaseModel):
    """A version of the classifier's model and how good it is. `held_out`: on the texts that it was made of, each judged
    by a model that had not seen it; `evaluation`: on texts kept apart. `options`: what another share that is wanted
    would mean for an entity. `rules`: what the texts say of rules that decide by words, None
    where that was not asked. In use is the one taken into use last."""

    version: int
    at: datetime
    digest: str
    size: int
    directory_version: int
    learnt_from: LearntFrom
    thresholds: Thresholds
    held_out: Scores | None = None
    evaluation: Scores | None = None
    in_use_since: datetime | None = None
    options: dict[str, tuple[Option, ...]] = {}
    rules: dict[str, RuleEvidence] | None = None


class Models:
    """Every model that was ever made, numbered from 1. What it consists of is in GridFS: it is larger than a document
    may be. The file is stored before the record that names it."""

    def __init__(self, records: AsyncCollection[Document], files: AsyncGridFSBucket) -> None:
        self.collection = records
        self._files = files

    async def ensure_indexes(self) -> None:
        """Beside `_id`, which is the version: there are few."""

    async def add(self, record: ModelRecord, content: bytes) -> ModelRecord:
        """Under the next number."""
        file = new_id()
        await self._files.upload_from_stream_with_id(file, f"model {record.digest[:12]}", content)
        while True:
            newest = await self.collection.find_one({}, {"_id": 1}, sort=[("_id", DESCENDING)])
            numbered = record.model_copy(update={"version": (newest["_id"] if newest else 0) + 1})
            document = {"_id": numbered.version, "file": file, **numbered.model_dump(exclude={"version"})}
            try:
                await self.collection.insert_one(document)
            except DuplicateKeyError:
                continue  # another one was made at the same time
            return numbered

    async def keep_texts(self, texts: Sequence[LabelledText]) -> None:
        """What models are made of, beside catalogue and corrections: the next one that somebody asks for too."""
        content = TEXTS.dump_json(list(texts))
        with contextlib.suppress(NoFile):
            await self._files.delete(TEXTS_FILE)
        await self._files.upload_from_stream_with_id(TEXTS_FILE, "texts", content)

    async def texts(self) -> list[LabelledText]:
        """None where none were ever kept."""
        try:
            stream = await self._files.open_download_stream(TEXTS_FILE)
            return TEXTS.validate_json(await stream.read())
        except NoFile:
            return []

    async def all(self) -> list[ModelRecord]:
        """The newest first."""
        return [_model_record(document) async for document in self.collection.find().sort("_id", DESCENDING)]

    async def in_use(self) -> ModelRecord | None:
        document = await self.collection.find_one(
            {"in_use_since": {"$ne": None}}, sort=[("in_use_since", DESCENDING), ("_id", DESCENDING)]
        )
        return _model_record(document) if document else None

    async def use(self, version: int) -> bool:
        """From now on, in every process; False where there is no such version.

        The database's clock says since when: of two operators the later one decides, however their clocks differ.
        """
        found = await self.collection.update_one({"_id": version}, [{"$set": {"in_use_since": "$$NOW"}}])
        return found.matched_count == 1

    async def set_thresholds(self, version: int, before: Thresholds, after: Thresholds) -> bool:
        """False where somebody else has set them meanwhile."""
        known: Document = {"_id": version, "thresholds.wanted": before.wanted or {"$in": [None, {}]}}
        changed = await self.collection.update_one(known, {"$set": {"thresholds": after.model_dump()}})
        return changed.matched_count == 1

    async def find(self, version: int) -> ModelRecord | None:
        document = await self.collection.find_one({"_id": version})
        return _model_record(document) if document else None

    async def content(self, version: int) -> bytes:
        """Raises LookupError where it, or a part of it, is gone."""
        document = await self.collection.find_one({"_id": version}, {"file": 1})
        if document is None:
            raise LookupError(f"model {version}")
        try:
            stream = await self._files.open_download_stream(document["file"])
            return await stream.read()
        except (NoFile, CorruptGridFile) as error:
            raise LookupError(f"file of model {version}") from error


def _model_record(document: Document) -> ModelRecord:
    return ModelRecord.model_validate({"version": document["_id"], **document})
