"""Intake without its relay, writing by group commit or, as the baseline, with a transaction per request."""

import sys

from intake.app import create_app
from intake.settings import IntakeSettings
from intake.submissions.group_commit_store import Rejected
from intake.submissions.store import COLLECTION
from pymongo.errors import DuplicateKeyError
from shared.serving.server import serve
from shared.serving.service import Service
from shared.storage.aggregates import Document
from shared.storage.mongo import connect

OUTBOX = "outbox"


class TransactionPerRequest:
    """The usual outbox: the submission and what is to be sent, two documents, in one transaction for each request."""

    def __init__(self, settings: IntakeSettings) -> None:
        self.client, database = connect(settings.mongo_uri.get_secret_value(), settings.mongo_database)
        self.submissions = database[COLLECTION]
        self.outbox = database[OUTBOX]

    async def ensure_indexes(self) -> None:
        """No index, but the collection: many transactions that would make it at once would fail one another."""
        if OUTBOX not in await self.submissions.database.list_collection_names():
            await self.submissions.database.create_collection(OUTBOX)

    async def add(self, document: Document) -> None:
        events = document.pop("outbox")
        del document["pending"]  # in this design whatever is in the outbox is pending
        try:
            async with self.client.start_session() as session, await session.start_transaction():
                await self.submissions.insert_one(document, session=session)
                await self.outbox.insert_one({"_id": document["_id"], "events": events}, session=session)
        except DuplicateKeyError as error:
            raise Rejected(error.details or {}) from error


def main(way: str) -> None:
    settings = IntakeSettings()
    baseline = TransactionPerRequest(settings) if way == "transactions" else None
    app = create_app(settings, baseline)
    service: Service = app.state.service
    if baseline is not None:
        service.stores.append(baseline)
    del service.workers["relay"]
    serve(app)


if __name__ == "__main__":
    main(sys.argv[1])
