"""Everything that a projector has written into MongoDB, as of one moment."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from eventlog.commit import Position, Record
from eventlog.read.mongo.current import GENERATIONS, name_beside, physical
from eventlog.read.mongo.driver import Client, Database, Document, Session, our_errors
from eventlog.read.projection import Row
from eventlog.read.snapshot import ParkedRecord, Partition, waiting_of
from eventlog.read.store import Checkpoint

CHECKPOINTS = "checkpoints"
PARKED = "parked"
DISCARDED = "discarded"
"""As parked: what an operator gave up. Under the projector's own name, as each of its generations leaves it out."""
_PAGE = 1_000


def checkpoint_id(projector: str, topic: str, partition: int) -> str:
    """The `_id` of a checkpoint."""
    return f"{projector}/{topic}/{partition}"


def position_of(kept: Mapping[str, Any]) -> Position:
    """The position in a checkpoint's document."""
    return Position(kept["head"], kept["headOffset"], kept["nextOffset"], kept["lastId"], kept["lastOffset"])


def parked_record(kept: Mapping[str, Any], *, discarded: bool = False) -> ParkedRecord:
    """The record in a document of `parked` or `discarded`."""
    record = Record(kept["offset"], kept["key"], kept["value"], kept["id"], kept["prev"])
    return ParkedRecord(kept["topic"], kept["partition"], kept["stream"], record, kept["reason"], discarded)


class MongoSnapshot:
    """Reads of one session, all at the cluster time of its first. The server keeps that time for five minutes, unless
    its `minSnapshotHistoryWindowInSeconds` says otherwise; then they raise `Conflict`."""

    def __init__(
        self, database: Database, session: Session, projector: str, generation: int, *, beside: bool = False
    ) -> None:
        self._database = database
        self._session = session
        self._projector = name_beside(projector, generation) if beside else projector
        self._of = projector
        self._generation = generation

    async def checkpoints(self) -> Mapping[Partition, Checkpoint]:
        parked = waiting_of([one async for one in self.parked()])
        return {
            partition: Checkpoint(position_of(kept), parked.get(partition, {}))
            async for kept in self._all(CHECKPOINTS, {"projector": self._projector}, [("_id", 1)])
            for partition in [(kept["topic"], kept["partition"])]
        }

    async def parked(self) -> AsyncIterator[ParkedRecord]:
        order = [("topic", 1), ("partition", 1), ("offset", 1)]
        everything = [
            parked_record(kept, discarded=name == DISCARDED)
            for name, whose in ((PARKED, self._projector), (DISCARDED, self._of))
            async for kept in self._all(name, {"projector": whose}, order)
        ]
        for one in sorted(everything, key=lambda one: (one.topic, one.partition, one.record.offset)):
            yield one

    async def rows(self, name: str) -> AsyncIterator[Row]:
        async for document in self._all(physical(name, self._generation), {}, None):
            yield document

    def as_kept(self, _name: str, row: Row, /) -> Row:
        return row

    async def _all(self, name: str, where: Document, order: list[tuple[str, int]] | None) -> AsyncIterator[Document]:
        found = self._database[name].find(where, sort=order, batch_size=_PAGE, session=self._session)
        with our_errors():
            while page := await found.to_list(_PAGE):
                for document in page:
                    yield document


@asynccontextmanager
async def open_snapshot(
    client: Client, database: Database, projector: str, beside: int | None
) -> AsyncGenerator[MongoSnapshot]:
    """A session that reads one moment of the generation `beside`, or else of the current one. Raises `Unavailable`."""
    with our_errors():
        session = await client.start_session(snapshot=True)
    async with session:
        if beside is not None:
            yield MongoSnapshot(database, session, projector, beside, beside=True)
            return
        with our_errors():
            kept = await database[GENERATIONS].find_one({"_id": projector}, session=session)
        yield MongoSnapshot(database, session, projector, kept.get("current", 0) if kept else 0)
