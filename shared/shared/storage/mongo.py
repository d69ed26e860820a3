"""Connections to MongoDB, and which of its errors mean "try again later"."""

from bson.codec_options import CodecOptions
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    ExecutionTimeout,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    WriteConcernError,
)
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from shared.concurrency.python311 import mend_wait_for
from shared.storage.aggregates import Document

mend_wait_for()

OUT_OF_DISK_SPACE = 14031
WRITE_CONFLICT = 112
INTERRUPTED = {11600, 11602, 10107, 13435, 13436, 189, 91, 262}
"""Server is shutting down, stepping down, not (any longer) primary, or ran out of time."""


def connect(uri: str, database: str) -> tuple[AsyncMongoClient[Document], AsyncDatabase[Document]]:
    """Majority writes and reads, aware UTC times. Waits at most 5 s for a server: callers back off themselves."""
    client: AsyncMongoClient[Document] = AsyncMongoClient(
        uri, serverSelectionTimeoutMS=5_000, connectTimeoutMS=5_000, socketTimeoutMS=30_000, maxPoolSize=64
    )
    return client, client.get_database(
        database,
        codec_options=CodecOptions(tz_aware=True),
        write_concern=WriteConcern("majority", wtimeout=10_000),
        read_concern=ReadConcern("majority"),
    )


def is_transient(error: BaseException) -> bool:
    """Whether the same work may succeed later without anyone changing it: an outage, not a bug."""
    if not isinstance(error, PyMongoError):
        return False
    if isinstance(error, ConnectionFailure | NetworkTimeout | ExecutionTimeout | WriteConcernError):
        return True
    if error.has_error_label("TransientTransactionError") or error.has_error_label("UnknownTransactionCommitResult"):
        return True
    if isinstance(error, BulkWriteError):
        write_errors = error.details.get("writeErrors", [])
        return not write_errors or all(fault.get("code") == OUT_OF_DISK_SPACE for fault in write_errors)
    return isinstance(error, OperationFailure) and (error.code == OUT_OF_DISK_SPACE or error.code in INTERRUPTED)


def is_write_conflict(error: BaseException) -> bool:
    """Whether another transaction wrote the same document: over in a moment, or when a killed client's one expires."""
    return isinstance(error, OperationFailure) and error.code == WRITE_CONFLICT
