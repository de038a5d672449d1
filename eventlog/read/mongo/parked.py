"""Parked records in MongoDB: what waits, and taking it out of parking together with what it became."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from eventlog.commit import Record
from eventlog.errors import Conflict
from eventlog.read.mongo.driver import Client, Database, Session, our_errors
from eventlog.read.mongo.snapshot import CHECKPOINTS, DISCARDED, PARKED, checkpoint_id, parked_record
from eventlog.read.mongo.transaction import in_transaction
from eventlog.read.parked import Act, Release, Told
from eventlog.read.snapshot import ParkedRecord

ACTS = "parked_acts"
"""Who redrove or discarded which parked records, and why: one document a transaction."""


class ParkedDocuments:
    """The parked records of one projector."""

    def __init__(self, client: Client, database: Database, projector: str, seconds: float) -> None:
        self._client = client
        self._database = database
        self._projector = projector
        self._seconds = seconds

    async def oldest(self, topic: str, partition: int) -> Record | None:
        """See `ProjectionStore.oldest_parked`."""
        with our_errors():
            kept = await self._database[PARKED].find_one(self._place(topic, partition), sort=[("offset", 1)])
        return parked_record(kept).record if kept else None

    async def waiting(self, topic: str, partition: int, stream: str, limit: int) -> Sequence[ParkedRecord]:
        """See `ParkedStore.waiting`."""
        return [parked_record(kept) for kept in await self._first(topic, partition, stream, limit, None)]

    async def release(
        self, topic: str, partition: int, release: Release, write: Callable[[Session], Awaitable[None]]
    ) -> None:
        """See `ParkedStore.release`. `write` writes what the records became, in the same transaction."""
        id_ = checkpoint_id(self._projector, topic, partition)

        async def body(session: Session) -> None:
            # The document that the projector moves is taken first: whatever it parks comes before this, or after.
            moved = await self._database[CHECKPOINTS].update_one(
                {"_id": id_}, {"$inc": {"released": 1}}, session=session
            )
            if moved.matched_count != 1:
                raise Conflict(f"{id_} has no position: nothing is parked there")
            first = await self._first(topic, partition, release.stream, len(release.offsets), session)
            if tuple(kept["offset"] for kept in first) != release.offsets:
                raise Conflict(f"what waits of {release.stream} is not what it was: look again")
            if release.act.action == "discarded":
                await self._database[DISCARDED].insert_many(first, session=session)
            await self._database[PARKED].delete_many({"_id": {"$in": [kept["_id"] for kept in first]}}, session=session)
            await write(session)
            act = self._place(topic, partition) | {
                "stream": release.stream,
                "offsets": list(release.offsets),
                **release.act._asdict(),
            }
            await self._database[ACTS].insert_one(act, session=session)

        await in_transaction(self._client, body, self._seconds)

    async def acts(self, limit: int) -> Sequence[Told]:
        """See `ParkedStore.acts`."""
        with our_errors():
            found = self._database[ACTS].find(
                {"projector": self._projector}, sort=[("at", -1), ("_id", -1)], limit=limit
            )
            acts = await found.to_list(None)
        return [
            Told(
                self._projector,
                kept["topic"],
                kept["partition"],
                kept["stream"],
                tuple(kept["offsets"]),
                Act(kept["action"], kept["by"], kept["reason"], kept["at"]),
            )
            for kept in acts
        ]

    async def _first(
        self, topic: str, partition: int, stream: str, limit: int, session: Session | None
    ) -> list[dict[str, Any]]:
        mine = self._place(topic, partition) | {"stream": stream}
        with our_errors():
            found = self._database[PARKED].find(mine, sort=[("offset", 1)], limit=limit, session=session)
            return await found.to_list(None)

    def _place(self, topic: str, partition: int) -> dict[str, Any]:
        return {"projector": self._projector, "topic": topic, "partition": partition}
