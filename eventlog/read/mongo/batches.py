"""What one commit writes into MongoDB, in bulk: one list of writes for each collection."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from eventlog.read.mongo.current import physical
from eventlog.read.mongo.driver import (
    PART,
    BlockingSession,
    BulkWriteError,
    Database,
    DeleteMany,
    DeleteOne,
    DocumentTooLarge,
    InsertOne,
    InvalidDocument,
    ReplaceOne,
    UpdateOne,
    Write,
    fits,
)
from eventlog.read.mongo.snapshot import PARKED
from eventlog.read.projection import Row, View
from eventlog.read.projector import Changes, Place
from eventlog.read.store import TooMuch, Unkeepable

_DUPLICATE = 11000
_TOO_LARGE_FOR_CACHE = 388


class Batch(NamedTuple):
    """The writes into one collection; `places` and `documents` say of each whose it is and what it holds."""

    collection: str
    writes: list[Write]
    places: list[Place]
    documents: list[Row]


class Repeated(Exception):
    """A journal holds an entry of this batch already."""


def batches_of(changes: Changes, parked: Mapping[str, Sequence[Row]], *, again: bool) -> list[Batch]:
    """Views are replaced, those of streams that begin, entries and what is `parked` are added.

    `again`: some of what is to be added may be there already.
    """
    batches: dict[str, Batch] = {}
    for (name, stream), view in changes.views.items():
        batch = batches.setdefault(name, Batch(name, [], [], []))
        begins = not again and (name, stream) in changes.begun
        batch.writes.append(_written(name, stream, view, begins=begins))
        batch.places.append((name, stream))
        batch.documents.append(view[0] if view else {})
    for (name, field), streams in changes.forgotten.items():
        forgetting: list[Write] = [DeleteMany({field: {"$in": streams}})]
        batches[f"{name} of the erased"] = Batch(name, forgetting, [], [])
    entries = {name: rows for name, rows in changes.entries.items() if rows} | dict(parked)
    added = [
        Batch(name, _added(name, rows, again=again), [(name, row.get("stream", "")) for row in rows], list(rows))
        for name, rows in entries.items()
    ]
    return [*batches.values(), *added]


def write(database: Database, session: BlockingSession, batch: Batch, generation: int) -> None:
    """In a worker thread.

    Raises `Unkeepable`, `TooMuch`, `Repeated` where something that was to be added is there, and the driver's errors.
    """
    try:
        name = PARKED if batch.collection == PARKED else physical(batch.collection, generation)
        database.delegate[name].bulk_write(batch.writes, ordered=True, session=session)
    except BulkWriteError as error:
        failed = error.details["writeErrors"]
        if not failed:
            raise
        if failed[0]["code"] == _TOO_LARGE_FOR_CACHE:
            raise TooMuch(PART, "the transaction does not fit into its cache: write less at once") from error
        if failed[0]["code"] == _DUPLICATE and isinstance(batch.writes[failed[0]["index"]], InsertOne):
            raise Repeated from error
        raise Unkeepable(batch.places[failed[0]["index"]], f"MongoDB error {failed[0]['code']}") from error
    except (InvalidDocument, DocumentTooLarge, OverflowError, UnicodeError) as error:
        unfit = (place for place, one in zip(batch.places, batch.documents, strict=True) if not fits(one))
        raise Unkeepable(next(unfit, (batch.collection, "")), type(error).__name__) from error


def _written(name: str, stream: str, view: View, *, begins: bool) -> Write:
    """What begins is inserted: nothing has to be looked for that it might replace."""
    if not view:
        return DeleteOne({"_id": stream})
    document = view[0]
    if len(view) != 1 or document.get("_id") != stream:
        raise ValueError(f"{name}: {stream} needs one document whose _id is the stream, its fold gave {len(view)}")
    if begins:
        return InsertOne(dict(document))
    return ReplaceOne({"_id": stream}, dict(document), upsert=True)


def _added(name: str, rows: Sequence[Row], *, again: bool) -> list[Write]:
    """Plain inserts, which cost half of an upsert; `again`: the first writer of an entry keeps it."""
    if not all("_id" in row for row in rows):
        raise ValueError(f"{name}: an entry without _id would be added twice when its batch is written again")
    if not again:
        return [InsertOne(dict(row)) for row in rows]
    return [UpdateOne({"_id": row["_id"]}, {"$setOnInsert": dict(row)}, upsert=True) for row in rows]
