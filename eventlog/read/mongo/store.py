"""A projector's documents in MongoDB: views, journals, parked records and its checkpoint, in one transaction."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from eventlog.commit import Position, Record
from eventlog.errors import Conflict, Unavailable
from eventlog.read.mongo.batches import Batch, Repeated, batches_of, write
from eventlog.read.mongo.current import CurrentGeneration, name_beside, physical, written_in
from eventlog.read.mongo.driver import (
    PART,
    BlockingSession,
    Client,
    Database,
    Document,
    DuplicateKeyError,
    is_conflict,
    our_errors,
)
from eventlog.read.mongo.parked import ParkedDocuments
from eventlog.read.mongo.snapshot import CHECKPOINTS, PARKED, MongoSnapshot, checkpoint_id, open_snapshot, position_of
from eventlog.read.mongo.transaction import in_transaction
from eventlog.read.parked import Release, Told
from eventlog.read.projection import Journal, Projection, Row, View
from eventlog.read.projector import Changes, Parked, Place
from eventlog.read.snapshot import ParkedRecord, Partition
from eventlog.read.store import Checkpoint, TooMuch, refuse_other_folds

SECONDS = 20.0
"""For one commit of a batch, all its tries together."""
LARGE = 500
"""Documents. Of a store's commits that write more, one is written at a time: two leave the server's cache no room, and
it ends the one to make some for the other, again and again."""
LARGE_ATTEMPTS = 3
"""At such a commit, before it is tried in parts."""


class MongoProjectionStore:
    """The store of one projector. A projection is a collection whose `_id` is the stream, a journal one with any `_id`.

    A projector is known by `projector`: two processes of that name guard one another by the checkpoint.

    `beside` is the number of a generation that is not the current one; without it the store is of the current one, and
    what is written after another has become that is refused. `watching`: it reads only, whatever folds have written.
    """

    def __init__(
        self,
        client: Client,
        database: Database,
        projector: str,
        projections: Iterable[Projection],
        journals: Iterable[Journal] = (),
        seconds: float = SECONDS,
        *,
        beside: int | None = None,
        watching: bool = False,
    ) -> None:
        self._client = client
        self._database = database
        self._of = projector
        self._beside = beside
        self._current = CurrentGeneration(database, projector)
        self.projector = projector if beside is None else name_beside(projector, beside)
        self._folds = {one.name: one.version for one in (*projections, *journals)}
        self._watching = watching
        self._generation = beside or 0
        self._began: dict[Partition, int] = {}
        self._seconds = seconds
        self._of_parked = ParkedDocuments(client, database, self.projector, seconds)
        self._released: dict[str, int | None] = {}
        self._writing_large = asyncio.Lock()

    async def checkpoint(self, topic: str, partition: int) -> Checkpoint | None:
        id_ = checkpoint_id(self.projector, topic, partition)
        if self._beside is None and not self._watching:
            await self._current.open()
        with our_errors():
            kept = await self._database[CHECKPOINTS].find_one({"_id": id_})
            self._released[id_] = kept.get("released") if kept else None
            generation = kept.get("generation", 0) if kept else self._beside or await self._current.number()
            if not self._watching:
                await self._current.complete(generation, list(self._folds))
            self._began[topic, partition] = self._generation = generation
            if kept is None:
                return None
            if not self._watching:
                refuse_other_folds(self.projector, kept.get("folds"), self._folds)
            mine = {"projector": self.projector, "topic": topic, "partition": partition}
            count: list[dict[str, Any]] = [{"$match": mine}, {"$group": {"_id": "$stream", "n": {"$sum": 1}}}]
            parked = {one["_id"]: one["n"] async for one in self._database[PARKED].aggregate(count)}
        return Checkpoint(position_of(kept), parked)

    async def oldest_parked(self, topic: str, partition: int) -> Record | None:
        return await self._of_parked.oldest(topic, partition)

    async def waiting(self, topic: str, partition: int, stream: str, limit: int) -> Sequence[ParkedRecord]:
        return await self._of_parked.waiting(topic, partition, stream, limit)

    async def release(self, topic: str, partition: int, release: Release) -> None:
        generation = self._began.get((topic, partition), self._generation)
        if generation != self._generation:
            raise Conflict(f"{topic}[{partition}] was read of another generation of documents: read it again")

        async def attempt(*, again: bool) -> None:
            batches = self._batches(topic, partition, release.changes, again=again)

            def body(session: BlockingSession) -> None:
                for batch in batches:
                    write(self._database, session, batch, generation)

            written = generation if batches else None
            await self._of_parked.release(topic, partition, release, body, written)

        try:
            await attempt(again=False)
        except Repeated:
            await attempt(again=True)

    async def acts(self, limit: int) -> Sequence[Told]:
        return await self._of_parked.acts(limit)

    async def load(self, places: Sequence[Place]) -> Mapping[Place, View]:
        streams: dict[str, list[str]] = {}
        for name, stream in places:
            streams.setdefault(name, []).append(stream)
        with our_errors():
            return await asyncio.to_thread(self._find, streams, self._generation)

    async def commit(
        self, topic: str, partition: int, expected: Position | None, position: Position, changes: Changes
    ) -> None:
        moving = (checkpoint_id(self.projector, topic, partition), expected, self._kept(topic, partition, position))
        if moving[2]["generation"] != self._generation:
            raise Conflict(f"{moving[0]} was read of another generation of documents: read it again")
        try:
            await self._write(moving, self._batches(topic, partition, changes, again=False))
        except Repeated:
            await self._write(moving, self._batches(topic, partition, changes, again=True))

    def snapshot(self) -> AbstractAsyncContextManager[MongoSnapshot]:
        """Everything that this projector has written, as of one moment."""
        return open_snapshot(self._client, self._database, self._of, self._beside)

    def _find(self, streams: Mapping[str, Sequence[str]], generation: int) -> Mapping[Place, View]:
        views: dict[Place, View] = {}
        for name, wanted in streams.items():
            collection = self._database.delegate[physical(name, generation)]
            found = collection.find({"_id": {"$in": wanted}}, batch_size=len(wanted) + 1)
            views |= {(name, document["_id"]): (document,) for document in found}
        return views

    async def _write(self, moving: tuple[str, Position | None, Document], batches: Sequence[Batch]) -> None:
        def body(session: BlockingSession) -> None:
            self._move(session, *moving)
            for batch in batches:
                write(self._database, session, batch, moving[2]["generation"])

        if sum(len(batch.writes) for batch in batches) <= LARGE:
            await in_transaction(self._client, body, self._seconds)
            return
        async with self._writing_large:
            try:
                await in_transaction(self._client, body, self._seconds, LARGE_ATTEMPTS)
            except Unavailable as error:
                if is_conflict(error.__cause__):
                    raise TooMuch(PART, "the transaction was ended to make room in its cache: write less") from error
                raise

    def _move(self, session: BlockingSession, id_: str, expected: Position | None, kept: Document) -> None:
        checkpoints = self._database.delegate[CHECKPOINTS]
        if expected is None:
            if self._beside is None:
                self._current.hold_still(session, kept["generation"])
            try:
                checkpoints.insert_one({"_id": id_} | kept, session=session)
            except DuplicateKeyError as error:
                raise Conflict(f"{id_} was written before, and should not have been: read the checkpoint") from error
            return
        # None is what a document without the field has: nobody dealt with what is parked there.
        loaded = {"released": self._released[id_]} if id_ in self._released else {}
        mine = {"_id": id_, **_fields(expected), **loaded, **written_in(kept["generation"])}
        moved = checkpoints.update_one(mine, {"$set": kept}, session=session)
        if moved.matched_count != 1:
            raise Conflict(
                f"{id_} does not stand at {expected}: another process moved it or what it parked; read the checkpoint"
            )

    def _kept(self, topic: str, partition: int, position: Position) -> Document:
        return {
            "projector": self.projector,
            "topic": topic,
            "partition": partition,
            "generation": self._began.get((topic, partition), self._generation),
            "folds": self._folds,
            **_fields(position),
        }

    def _batches(self, topic: str, partition: int, changes: Changes, *, again: bool) -> list[Batch]:
        parked = [self._parked(topic, partition, one) for one in changes.parked]
        return batches_of(changes, {PARKED: parked} if parked else {}, again=again)

    def _parked(self, topic: str, partition: int, one: Parked) -> Row:
        return {
            "_id": f"{checkpoint_id(self.projector, topic, partition)}/{one.record.offset}",
            "projector": self.projector,
            "topic": topic,
            "partition": partition,
            "stream": one.stream,
            "reason": one.reason,
            **one.record._asdict(),
        }


def _fields(position: Position) -> Document:
    return {
        "head": position.head,
        "headOffset": position.head_offset,
        "nextOffset": position.next_offset,
        "lastId": position.last_id,
        "lastOffset": position.last_offset,
    }
