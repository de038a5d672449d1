"""Parked records in MongoDB: what waits, and taking it out of parking together with what it became."""

from collections.abc import Sequence
from typing import Any

from eventlog.commit import Record
from eventlog.errors import Conflict
from eventlog.read.mongo.current import LET_GO, written_in
from eventlog.read.mongo.driver import BlockingSession, Client, Database, our_errors
from eventlog.read.mongo.snapshot import CHECKPOINTS, DISCARDED, PARKED, checkpoint_id, parked_record
from eventlog.read.mongo.transaction import Body, in_transaction
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
        mine = self._place(topic, partition) | {"stream": stream}
        with our_errors():
            found = self._database[PARKED].find(mine, sort=[("offset", 1)], limit=limit)
            return [parked_record(kept) for kept in await found.to_list(None)]

    async def release(
        self, topic: str, partition: int, release: Release, write: Body, generation: int | None = None
    ) -> None:
        """See `ParkedStore.release`. `write` writes what the records became, in the same transaction.

        `generation` is the one that it writes into; None where nothing is written, as every generation leaves out what
        was discarded.
        """
        id_ = checkpoint_id(self._projector, topic, partition)
        stands = {"_id": id_, **(LET_GO if generation is None else written_in(generation))}
        mine = self._place(topic, partition) | {"stream": release.stream}
        database = self._database.delegate

        def body(session: BlockingSession) -> None:
            # The document that the projector moves is taken first: whatever it parks comes before this, or after.
            moved = database[CHECKPOINTS].update_one(stands, {"$inc": {"released": 1}}, session=session)
            if moved.matched_count != 1:
                raise Conflict(
                    f"{id_} has no position, or another generation of documents has become the current one, or is "
                    "about to: look again"
                )
            found = database[PARKED].find(mine, sort=[("offset", 1)], limit=len(release.offsets), session=session)
            first = list(found)
            if tuple(kept["offset"] for kept in first) != release.offsets:
                raise Conflict(f"what waits of {release.stream} is not what it was: look again")
            if release.act.action == "discarded":
                database[DISCARDED].insert_many(first, session=session)
            database[PARKED].delete_many({"_id": {"$in": [kept["_id"] for kept in first]}}, session=session)
            write(session)
            act = mine | {"offsets": list(release.offsets), **release.act._asdict()}
            database[ACTS].insert_one(act, session=session)

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

    def _place(self, topic: str, partition: int) -> dict[str, Any]:
        return {"projector": self._projector, "topic": topic, "partition": partition}
