"""Keeps the answer of each command that publishes a numbered version with that publication, so that a repetition is
answered alike.

Only the newest few answers of each publication are kept, as with aggregates.
"""

from collections.abc import Awaitable, Callable

from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from shared.http.commands import ANSWERS_KEPT, CommandKey, key_reused
from shared.storage.aggregates import Conflict, Document


class IdempotencyStore:
    """Under `commands` of documents whose `_id` is their number."""

    def __init__(self, collection: AsyncCollection[Document]) -> None:
        self.collection = collection

    async def ensure_indexes(self) -> None:
        await self.collection.create_index("commands.key", name="commands", unique=True, sparse=True)

    async def find(self, key: CommandKey | None) -> Document | None:
        """The stored answer to this command. Raises Problem 409 where the key was another command's."""
        if key is None:
            return None
        found = await self.collection.find_one({"commands.key": key.key}, {"commands.$": 1})
        if found is None:
            return None
        [command] = found["commands"]
        if command["fingerprint"] != key.fingerprint:
            raise key_reused()
        answer: Document = command["answer"]
        return answer

    async def once(self, key: CommandKey | None, publish: Callable[[], Awaitable[Document]]) -> Document:
        """Return the stored answer, or call `publish` for one. Raises what `publish` raises, unless it was this
        very command, sent twice at the same time."""
        answer = await self.find(key)
        if answer is not None:
            return answer
        try:
            return await publish()
        except Exception:
            answer = await self.find(key)
            if answer is None:
                raise
            return answer

    async def keep(self, number: int, key: CommandKey | None, answer: Document) -> None:
        """For a command that changed nothing. Raises Conflict where the key was used at the same moment."""
        if key is None:
            return
        try:
            kept = await self.collection.update_one(
                {"_id": number, "commands.key": {"$ne": key.key}}, answer_update(key, answer)
            )
        except DuplicateKeyError as error:
            raise Conflict("this command came twice at the same moment") from error
        if kept.matched_count == 0:
            raise Conflict("this command came twice at the same moment")


def answer_update(key: CommandKey | None, answer: Document) -> Document:
    """The part of an update to an existing publication that keeps its command's answer."""
    if key is None:
        return {}
    return {"$push": {"commands": {"$each": [_command(key, answer)], "$slice": -ANSWERS_KEPT}}}


def answer_fields(key: CommandKey | None, answer: Document | None) -> Document:
    """The fields of a new publication's document that keep its command's answer."""
    return {} if key is None or answer is None else {"commands": [_command(key, answer)]}


def _command(key: CommandKey, answer: Document) -> Document:
    return {"key": key.key, "fingerprint": key.fingerprint, "answer": answer}
