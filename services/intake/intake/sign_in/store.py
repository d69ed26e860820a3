"""The sessions collection: one document for each signed-in browser, and for each browser that used tracking links.

Its `_id` is the hash of the renewal secret, so a copy of the collection opens no session. The provider's tokens are
sealed under the session keys and sent to the provider alone. MongoDB removes expired sessions.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pymongo import ReturnDocument
from pymongo.asynchronous.collection import AsyncCollection
from shared.events.model import Role
from shared.http.auth import Caller
from shared.http.session_cookie import LIFETIME, SCOPES_KEPT, Session, SessionKeys, Unreadable
from shared.storage.aggregates import Document

from intake.sign_in.provider import Identified

RENEWING_AT_MOST = timedelta(seconds=30)
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
TOKENS = "provider-tokens"

SESSIONS = "sessions"


@dataclass(frozen=True)
class StoredSession:
    """`caller` is None for a browser that only used tracking links."""

    id: str
    caller: Caller | None
    scope: tuple[str, ...]
    refresh_token: str | None
    id_token: str | None
    refreshed_at: datetime
    expires_at: datetime

    def cookie(self, now: datetime) -> Session:
        caller = self.caller
        return Session(
            id=self.id,
            subject=caller.subject if caller else None,
            name=caller.name if caller else "",
            roles=caller.roles if caller else frozenset(),
            entity=caller.entity if caller else None,
            scope=self.scope,
            expires_at=min(now + LIFETIME, self.expires_at),
            mail_mark=caller.mail_mark if caller else None,
        )


def id_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


class Sessions:
    def __init__(self, collection: AsyncCollection[Document], keys: SessionKeys, lifetime: timedelta) -> None:
        self._collection = collection
        self._keys = keys
        self._lifetime = lifetime

    async def ensure_indexes(self) -> None:
        await self._collection.create_index("expires_at", name="expiry", expireAfterSeconds=0)
        await self._collection.create_index("subject", name="subject", sparse=True)

    async def begin(
        self, identified: Identified | None, scope: Sequence[str], now: datetime
    ) -> tuple[str, StoredSession]:
        """Begin a session; returns it and its renewal secret."""
        secret = secrets.token_urlsafe(32)
        document = {
            "_id": id_of(secret),
            "scope": list(scope)[-SCOPES_KEPT:],
            "began_at": now,
            "expires_at": now + self._lifetime,
            "renewing_until": NEVER,
            **self._about(identified, now),
        }
        await self._collection.insert_one(document)
        return secret, self._stored(document)

    async def find(self, id: str, now: datetime) -> StoredSession | None:
        found = await self._collection.find_one({"_id": id, "expires_at": {"$gt": now}})
        return self._stored(found) if found else None

    async def widen(self, id: str, submission: str, now: datetime) -> StoredSession | None:
        """Add a submission to the session; the oldest one is dropped at the limit."""
        widened = await self._collection.find_one_and_update(
            {"_id": id, "expires_at": {"$gt": now}},
            [
                {
                    "$set": {
                        "scope": {
                            "$slice": [
                                {
                                    "$concatArrays": [
                                        {"$filter": {"input": "$scope", "cond": {"$ne": ["$$this", submission]}}},
                                        [submission],
                                    ]
                                },
                                -SCOPES_KEPT,
                            ]
                        }
                    }
                }
            ],
            return_document=ReturnDocument.AFTER,
        )
        return self._stored(widened) if widened else None

    async def claim(self, id: str, now: datetime) -> bool:
        """Claim the right to refresh at the provider, as many providers end a session whose refresh token is used
        twice."""
        claimed = await self._collection.update_one(
            {"_id": id, "renewing_until": {"$lte": now}}, {"$set": {"renewing_until": now + RENEWING_AT_MOST}}
        )
        return claimed.matched_count == 1

    async def release(self, id: str) -> None:
        await self._collection.update_one({"_id": id}, {"$set": {"renewing_until": NEVER}})

    async def refreshed(self, id: str, identified: Identified, now: datetime) -> StoredSession | None:
        updated = await self._collection.find_one_and_update(
            {"_id": id},
            {"$set": {"renewing_until": NEVER, **self._about(identified, now)}},
            return_document=ReturnDocument.AFTER,
        )
        return self._stored(updated) if updated else None

    async def end(self, id: str) -> None:
        await self._collection.delete_one({"_id": id})

    def _about(self, identified: Identified | None, now: datetime) -> Document:
        if identified is None:
            return {"refreshed_at": now}
        caller = identified.caller
        tokens = {"refresh": identified.refresh_token, "id": identified.id_token, "mail": caller.mail_mark}
        return {
            "refreshed_at": now,
            "subject": caller.subject,
            "name": caller.name,
            "roles": sorted(caller.roles),
            "entity": caller.entity,
            "tokens": self._keys.seal(TOKENS, tokens),
        }

    def _stored(self, document: Document) -> StoredSession:
        subject = document.get("subject")
        caller = None
        tokens: Document = {}
        if subject is not None:
            try:
                tokens = self._keys.open(TOKENS, document["tokens"])
            except Unreadable:
                tokens = {}  # its key was removed; the provider's session signs the person in again
            roles = frozenset(Role(role) for role in document["roles"])
            caller = Caller(subject, document["name"], roles, document["entity"], tokens.get("mail"))
        return StoredSession(
            id=document["_id"],
            caller=caller,
            scope=tuple(document["scope"]),
            refresh_token=tokens.get("refresh"),
            id_token=tokens.get("id"),
            refreshed_at=document["refreshed_at"],
            expires_at=document["expires_at"],
        )
