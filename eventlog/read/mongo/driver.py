"""The Mongo driver, named here and nowhere else: the client with its deadlines, and its errors in our words."""
# ruff: noqa: TID251 - the one module that may name the driver; all others import what they need from here

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC
from typing import Any, TypeAlias

import bson
from bson.codec_options import CodecOptions
from bson.errors import InvalidDocument
from bson.timestamp import Timestamp
from motor.core import AgnosticChangeStream
from motor.motor_asyncio import (
    AsyncIOMotorClient,
    AsyncIOMotorClientSession,
    AsyncIOMotorCollection,
    AsyncIOMotorDatabase,
)
from pymongo import DeleteMany, DeleteOne, InsertOne, MongoClient, ReplaceOne, UpdateOne, timeout
from pymongo.client_session import ClientSession
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    DocumentTooLarge,
    DuplicateKeyError,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
    WTimeoutError,
)
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
    ServerHeartbeatFailedEvent,
    ServerHeartbeatListener,
    ServerHeartbeatStartedEvent,
    ServerHeartbeatSucceededEvent,
)

from eventlog.errors import Conflict, Unavailable

Document: TypeAlias = dict[str, Any]
Client: TypeAlias = AsyncIOMotorClient[Document]
ChangeStream: TypeAlias = AgnosticChangeStream[Document]
Session: TypeAlias = AsyncIOMotorClientSession
Database: TypeAlias = AsyncIOMotorDatabase[Document]
DriverCollection: TypeAlias = AsyncIOMotorCollection[Document]
BlockingClient: TypeAlias = MongoClient[Document]
BlockingSession: TypeAlias = ClientSession
Write: TypeAlias = InsertOne[Document] | ReplaceOne[Document] | UpdateOne | DeleteOne | DeleteMany

__all__ = [
    "CODECS",
    "DROP_SECONDS",
    "BlockingClient",
    "BlockingSession",
    "BulkWriteError",
    "ChangeStream",
    "Client",
    "CommandFailedEvent",
    "CommandListener",
    "CommandStartedEvent",
    "CommandSucceededEvent",
    "Database",
    "DeleteMany",
    "DeleteOne",
    "Document",
    "DocumentTooLarge",
    "DriverCollection",
    "DuplicateKeyError",
    "InsertOne",
    "InvalidDocument",
    "OperationFailure",
    "PyMongoError",
    "ReplaceOne",
    "ServerHeartbeatFailedEvent",
    "ServerHeartbeatListener",
    "ServerHeartbeatStartedEvent",
    "ServerHeartbeatSucceededEvent",
    "Session",
    "UpdateOne",
    "Write",
    "after",
    "connect",
    "fits",
    "is_conflict",
    "our_errors",
    "timeout",
]

PART = "MongoDB"
DOCUMENT_BYTES = 16 * 1024 * 1024
CODECS: CodecOptions[Document] = CodecOptions(document_class=dict, tz_aware=True, tzinfo=UTC, uuid_representation=4)
"""Dates come back aware and in UTC, UUIDs as UUIDs: what was folded is what is loaded."""

DROP_SECONDS = 100.0
"""For dropping. MongoDB ends what a client that died had begun after a minute, unless told otherwise, and half of that
again; until then it drops nothing of it."""

HISTORY_LOST = 286
_MOMENT_LOST = 239
_WRITE_CONFLICT = 112
_AWAY = frozenset(
    {
        6, 7, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436,  # the member is away or not the primary
        50, 64, _WRITE_CONFLICT, 134, 202, 211, 246, 251, 290,  # it did not end in time, or its snapshot is stale
        388, 14031,  # its cache, or its disk, is full
    }
)  # fmt: skip
"""Server error codes after which the same request may work."""
_TOO_LONG = (
    f"{PART} does not keep the moment any more that is read: reading took longer than its parameter "
    "minSnapshotHistoryWindowInSeconds says, 300 by default. Set that to more, then begin again"
)


def connect(
    uri: str,
    application: str,
    pool: int,
    seconds: float,
    listeners: Sequence[CommandListener | ServerHeartbeatListener] = (),
) -> Client:
    """A client of this event loop. Every request ends within `seconds`; nothing connects before the first one."""
    milliseconds = int(seconds * 1000)
    return AsyncIOMotorClient(
        uri,
        appname=application,
        event_listeners=list(listeners),
        maxPoolSize=pool,
        maxConnecting=4,
        waitQueueTimeoutMS=milliseconds,
        timeoutMS=milliseconds,
        serverSelectionTimeoutMS=milliseconds,
        connectTimeoutMS=min(milliseconds, 5_000),
        w="majority",
        retryWrites=True,
        retryReads=False,  # under a deadline the driver would ask again without a pause: `retrying.py` asks instead
        tz_aware=True,
        tzinfo=UTC,
        uuidRepresentation="standard",
    )


def after(moment: Timestamp) -> Timestamp:
    """The next moment of the cluster's clock."""
    return Timestamp(moment.time, moment.inc + 1)


def fits(document: Mapping[str, Any]) -> bool:
    """Whether the server can hold it."""
    try:
        return len(bson.encode(document, codec_options=CODECS)) <= DOCUMENT_BYTES
    except (InvalidDocument, OverflowError, UnicodeError):
        return False


@contextmanager
def our_errors() -> Generator[None]:
    """`Unavailable` for whatever may work when it is tried again, `Conflict` for a key that is taken.

    The driver's text is kept only where it speaks of connections: others may quote a document.
    """
    try:
        yield
    except DuplicateKeyError as error:
        raise Conflict(f"{PART} holds another document under that key: read it, then decide again") from error
    except (ConnectionFailure, ExecutionTimeout, WTimeoutError) as error:
        raise Unavailable(PART, f"{type(error).__name__}: {str(error)[:200]}") from error
    except OperationFailure as error:
        if error.code == HISTORY_LOST:
            raise Conflict("the change stream's history is gone: read the documents, then watch from now") from error
        if error.code == _MOMENT_LOST and not _may_pass(error):
            raise Conflict(_TOO_LONG) from error
        if not _may_pass(error) and error.code not in _AWAY:
            raise
        raise Unavailable(PART, f"{type(error).__name__} {error.code or ''}".rstrip()) from error
    except PyMongoError as error:
        if not _may_pass(error):
            raise
        raise Unavailable(PART, type(error).__name__) from error


def is_conflict(error: BaseException | None) -> bool:
    """The server ended the transaction: it met another's write, or what it had written found no room in the cache."""
    return isinstance(error, OperationFailure) and error.code == _WRITE_CONFLICT


def _may_pass(error: PyMongoError) -> bool:
    return (
        error.timeout
        or error.has_error_label("TransientTransactionError")
        or error.has_error_label("UnknownTransactionCommitResult")
        or error.has_error_label("RetryableWriteError")
    )
