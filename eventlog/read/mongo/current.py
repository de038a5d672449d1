"""Which collection holds a projection's documents now: the current generation's, for as long as that is known.

`sessions` is what everybody asks for; generation 0 has that name, any other one its own: `sessions.g3`. The collection
`generations` says which is current. A reader believes what it has read there for `LEASE_SECONDS`; after a switch the
projector writes nothing until every such belief has ended. So whoever still reads the old documents reads what the new
ones say, and nobody reads less than he has read before. An answer that came after the belief had ended is looked at
again: it is given only if nothing was switched meanwhile.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from eventlog.errors import Conflict
from eventlog.read.mongo.driver import BlockingSession, Database, DriverCollection, our_errors
from eventlog.read.mongo.install import copy_empty

GENERATIONS = "generations"
LEASE_SECONDS = 0.4
OPEN_SECONDS = 5.0
_MARGIN_MILLISECONDS = 50
_LOOK_SECONDS = 0.03
Answer = TypeVar("Answer")


def physical(name: str, generation: int) -> str:
    """The collection of a generation."""
    return name if generation == 0 else f"{name}.g{generation}"


async def current_names(database: Database) -> Mapping[str, str]:
    """Projection to its current collection, where that has another name."""
    shown = {"names": 1, "current": 1}
    with our_errors():
        found = await database[GENERATIONS].find({"current": {"$gt": 0}}, shown).to_list(None)
    return {name: physical(name, one["current"]) for one in found for name in one["names"]}


class Current:
    """What one process believes of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._names: Mapping[str, str] = {}
        self._until = float("-inf")
        self._looking = asyncio.Lock()

    async def collection(self, name: str) -> DriverCollection:
        """The current one, to write into. Raises `Unavailable`."""
        return self._database[await self._name(name)]

    async def read(self, name: str, ask: Callable[[DriverCollection], Awaitable[Answer]]) -> Answer:
        """What the current one answers. Raises `Unavailable`, and what `ask` raises."""
        asked = await self._name(name)
        while True:
            answer = await ask(self._database[asked])
            if (now := await self._name(name)) == asked:
                return answer
            asked = now

    async def _name(self, name: str) -> str:
        if _now() >= self._until:
            async with self._looking:
                if (asked := _now()) >= self._until:
                    self._names = await current_names(self._database)
                    self._until = asked + LEASE_SECONDS
        return self._names.get(name, name)


class CurrentGeneration:
    """What a projector's store has to know of its own generations."""

    def __init__(self, database: Database, projector: str) -> None:
        self._database = database
        self._generations = database[GENERATIONS]
        self._checkpoints = database["checkpoints"]
        self._projector = projector

    async def number(self) -> int:
        """Of the current one."""
        kept = await self._generations.find_one({"_id": self._projector}, {"current": 1})
        return kept.get("current", 0) if kept else 0

    async def open(self) -> None:
        """Wait until the projector may write. Raises `Conflict` where that takes long, `Unavailable`."""
        with our_errors():
            until = _now() + OPEN_SECONDS
            while not await self._is_open():
                if _now() > until:
                    raise Conflict(f"{self._projector}: a switch of generations is under way for long: begin again")
                await asyncio.sleep(_LOOK_SECONDS)

    async def complete(self, generation: int, names: Sequence[str]) -> None:
        """A fold that has joined the projector since the generation was made has its collection in it, too."""
        if generation == 0:
            return
        there = set(await self._database.list_collection_names())
        for name in names:
            if name in there and physical(name, generation) not in there:
                await copy_empty(self._database, name, physical(name, generation))
        joined = {"$addToSet": {"names": {"$each": list(names)}}}
        await self._generations.update_one({"_id": self._projector, "current": generation}, joined)

    async def begin_lease(self) -> None:
        """From now on no reader learns any more that an earlier generation is current. A repeat changes nothing."""
        opens = {"$add": ["$$NOW", int(1_000 * LEASE_SECONDS) + _MARGIN_MILLISECONDS]}
        await self._generations.update_one(
            {"_id": self._projector, "closed": True, "opensAt": None}, [{"$set": {"opensAt": opens}}]
        )

    async def left(self) -> None:
        """Wait until nobody believes any more that what was current before the last switch still is."""
        await self.begin_lease()
        while await self._is_believed():  # noqa: ASYNC110 - the store says it, by its clock
            await asyncio.sleep(_LOOK_SECONDS)

    def hold_still(self, session: BlockingSession, generation: int) -> None:
        """In a transaction that writes a first position: no switch goes past it unseen."""
        here = {"_id": self._projector}
        generations = self._database.delegate[GENERATIONS]
        generations.update_one(here, {"$inc": {"begun": 1}}, session=session)
        kept = generations.find_one(here, {"current": 1}, session=session)
        if (kept.get("current", 0) if kept else 0) != generation:
            raise Conflict(f"{self._projector}: another generation of documents has become the current one")

    async def _is_open(self) -> bool:
        """Neither is it held still for a switch, nor may somebody still believe in what was current before."""
        frozen = {"projector": self._projector, "$expr": {"$gt": ["$frozenUntil", "$$NOW"]}}
        if await self._checkpoints.find_one(frozen, {"_id": 1}) is not None:
            return False
        await self.begin_lease()
        return not await self._is_believed()

    async def _is_believed(self) -> bool:
        waiting = {"_id": self._projector, "closed": True, "$expr": {"$gt": ["$opensAt", "$$NOW"]}}
        return await self._generations.find_one(waiting, {"_id": 1}) is not None


def name_beside(projector: str, generation: int) -> str:
    """Under which name the positions of a generation are kept that is not the current one."""
    return f"{projector}@{generation}"


def written_in(generation: int) -> Mapping[str, Any]:
    """Of a checkpoint: of that generation, and not held still. One from before there were any is of generation 0."""
    return {"generation": {"$in": [0, None]} if generation == 0 else generation, **LET_GO}


def letting_switches_pass(pipeline: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The stages of a change stream, so that none of them filters out that another generation is current."""
    return [
        {"$match": {"$or": [{"ns.coll": GENERATIONS}, stage["$match"]]}} if "$match" in stage else stage
        for stage in pipeline
    ]


LET_GO: Mapping[str, Any] = {"$nor": [{"$expr": {"$gt": ["$frozenUntil", "$$NOW"]}}]}
"""Of a checkpoint: it is not held still for a switch."""

SWITCHES: Mapping[str, Any] = {
    "ns.coll": GENERATIONS,
    "operationType": "update",
    "updateDescription.updatedFields.current": {"$exists": True},
}
"""In a change stream: another generation of something is current."""


def _now() -> float:
    return asyncio.get_running_loop().time()
