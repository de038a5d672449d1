"""What every store of projections promises; each adapter's tests inherit one of these suites."""

import asyncio
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from eventlog.commit import Position, Record
from eventlog.errors import Conflict, Unavailable
from eventlog.read.parked import ParkedStore
from eventlog.read.projection import Journal, Projection, Row
from eventlog.read.projector import Changes, Parked
from eventlog.read.snapshot import ParkedRecord
from eventlog.read.store import Unkeepable

TOPIC = "playhead.thing.events"
THINGS = Projection("things", 1, "thing", lambda view, _fact: view, key=("stream",))
DIARY = Journal("diary", 1, lambda _commit, _facts: (), key=("_id",))


def at(offset: int) -> Position:
    return Position(bytes([offset % 256]) * 16, offset, offset + 1, b"\x00\xff" * 8, offset)


def thing(stream: str, **fields: Any) -> Row:
    """A document, and a row of a table: it has every column."""
    return {
        "_id": stream,
        "stream": stream,
        "tenant": "acme",
        "at": datetime(2026, 11, 20, 12, 30, 15, 123000, UTC),
        "n": 2**62,
        "words": "Zoë schreibt 日本語, 🎬 and ‘quotes’",
        "nothing": None,
        "nested": {
            "stages": [{"name": "speech", "ms": 1500, "share": 0.25}, {"done": True, "none": None}],
            "empty": [],
        },
        **fields,
    }


def entry(id_: str, words: str = "") -> Row:
    return {"_id": id_, "stream": f"thing-{id_}", "words": words}


def parked(stream: str, offset: int) -> Parked:
    return Parked(stream, Record(offset, b"k\xff\x00", b"{\x00}", b"i" * 16, b"p" * 16), "no event thing.made v9")


def of(*things: Row) -> Changes:
    return Changes(views={("things", row["stream"]): (row,) for row in things})


async def rows_of(store: ParkedStore, name: str) -> dict[str, Row]:
    async with store.snapshot() as snapshot:
        return {row["_id"]: row async for row in snapshot.rows(name)}


class StorePromises(ABC):
    """Inherit, and give a fixture `store`: an empty store of `THINGS` and `DIARY`."""

    @abstractmethod
    def twin(self, store: ParkedStore) -> ParkedStore:
        """The same store, as another process of the same projector has it."""

    async def test_a_partition_that_was_never_written_has_no_checkpoint(self, store: ParkedStore) -> None:
        assert await store.checkpoint(TOPIC, 0) is None
        await store.commit(TOPIC, 0, None, at(0), Changes())
        assert await store.checkpoint(TOPIC, 1) is None
        assert await store.checkpoint("another.topic", 0) is None

    async def test_a_view_comes_back_exactly(self, store: ParkedStore) -> None:
        await store.commit(TOPIC, 0, None, at(0), of(thing("thing-1")))
        loaded = await self.twin(store).load([("things", "thing-1")])
        assert loaded == {("things", "thing-1"): (thing("thing-1"),)}
        assert loaded["things", "thing-1"][0]["at"].utcoffset().total_seconds() == 0

    async def test_what_has_no_view_is_left_out(self, store: ParkedStore) -> None:
        await store.commit(TOPIC, 0, None, at(0), of(thing("thing-1")))
        assert list(await store.load([("things", "thing-1"), ("things", "thing-2")])) == [("things", "thing-1")]
        assert await store.load([]) == {}

    async def test_the_position_is_kept_with_what_it_stands_for(self, store: ParkedStore) -> None:
        await store.commit(TOPIC, 0, None, at(4), of(thing("thing-1", n=1)))
        await store.commit(TOPIC, 0, at(4), at(9), of(thing("thing-1", n=2)))
        checkpoint = await self.twin(store).checkpoint(TOPIC, 0)
        assert checkpoint is not None
        assert checkpoint.position == at(9)
        assert (await store.load([("things", "thing-1")]))["things", "thing-1"][0]["n"] == 2

    async def test_of_two_first_writers_exactly_one_wins(self, store: ParkedStore) -> None:
        first, second = of(thing("thing-1", n=1)), of(thing("thing-1", n=2))
        outcomes = await asyncio.gather(
            store.commit(TOPIC, 0, None, at(1), first),
            self.twin(store).commit(TOPIC, 0, None, at(2), second),
            return_exceptions=True,
        )
        assert [type(outcome) for outcome in outcomes].count(Conflict) == 1
        won = outcomes.index(None)
        checkpoint = await store.checkpoint(TOPIC, 0)
        assert checkpoint is not None
        assert checkpoint.position == at(won + 1)
        assert (await rows_of(store, "things"))["thing-1"]["n"] == won + 1

    async def test_of_two_next_writers_exactly_one_wins(self, store: ParkedStore) -> None:
        await store.commit(TOPIC, 0, None, at(0), Changes())
        writers = [self.twin(store) for _ in range(4)]
        outcomes = await asyncio.gather(
            *(writer.commit(TOPIC, 0, at(0), at(n + 1), of(thing("thing-1", n=n))) for n, writer in enumerate(writers)),
            return_exceptions=True,
        )
        assert [type(outcome) for outcome in outcomes].count(Conflict) == 3
        assert (await rows_of(store, "things"))["thing-1"]["n"] == outcomes.index(None)

    @pytest.mark.parametrize("field", ["head", "head_offset", "next_offset", "last_id", "last_offset"])
    async def test_a_guard_that_differs_in_any_part_writes_nothing(self, store: ParkedStore, field: str) -> None:
        await store.commit(TOPIC, 0, None, at(5), of(thing("thing-1")))
        other = msgspec.structs.replace(at(5), **{field: getattr(at(6), field) if "id" not in field else b"other"})
        changes = Changes({("things", "thing-1"): ()}, {"diary": [entry("a")]}, [parked("thing-9", 6)])
        with pytest.raises(Conflict):
            await self.twin(store).commit(TOPIC, 0, other, at(6), changes)
        checkpoint = await store.checkpoint(TOPIC, 0)
        assert checkpoint == (at(5), {})
        assert await rows_of(store, "things") == {"thing-1": thing("thing-1")}
        assert await rows_of(store, "diary") == {}

    async def test_a_view_that_became_empty_is_gone(self, store: ParkedStore) -> None:
        await store.commit(TOPIC, 0, None, at(0), of(thing("thing-1"), thing("thing-2")))
        await store.commit(
            TOPIC, 0, at(0), at(1), Changes(views={("things", "thing-1"): (), ("things", "thing-3"): ()})
        )
        assert set(await rows_of(store, "things")) == {"thing-2"}

    async def test_an_entry_is_added_once(self, store: ParkedStore) -> None:
        changes = Changes(entries={"diary": [entry("a", "first"), entry("b")]})
        await store.commit(TOPIC, 0, None, at(0), changes)
        with pytest.raises(Conflict):
            await store.commit(TOPIC, 0, None, at(0), changes)
        again = Changes(entries={"diary": [entry("a", "second"), entry("c")]})
        await store.commit(TOPIC, 1, None, at(0), again)
        kept = await rows_of(store, "diary")
        assert {id_: row["words"] for id_, row in kept.items()} == {"a": "first", "b": "", "c": ""}

    async def test_parked_records_are_kept_in_order_with_their_bytes(self, store: ParkedStore) -> None:
        waiting = [parked("thing-1", 3), parked("thing-2", 5), parked("thing-1", 12)]
        await store.commit(TOPIC, 0, None, at(5), Changes(parked=waiting[:2]))
        await store.commit(TOPIC, 0, at(5), at(12), Changes(parked=waiting[2:]))
        await store.commit(TOPIC, 1, None, at(1), Changes(parked=[parked("thing-3", 0)]))
        assert await self.twin(store).checkpoint(TOPIC, 0) == (at(12), {"thing-1": 2, "thing-2": 1})
        async with store.snapshot() as snapshot:
            kept = [one async for one in snapshot.parked()]
            assert (await snapshot.checkpoints())[TOPIC, 1] == (at(1), {"thing-3": 1})
        expected = [ParkedRecord(TOPIC, 0, one.stream, one.record, one.reason) for one in waiting]
        assert kept[:3] == expected

    async def test_partitions_do_not_wait_for_one_another(self, store: ParkedStore) -> None:
        lanes = [store.commit(TOPIC, p, None, at(p), of(thing(f"thing-{p}", n=p))) for p in range(8)]
        await asyncio.gather(*lanes)
        assert {row["n"] for row in (await rows_of(store, "things")).values()} == set(range(8))

    async def test_a_big_batch_is_one_commit(self, store: ParkedStore) -> None:
        changes = of(*(thing(f"thing-{n}", n=n) for n in range(500)))
        changes.entries["diary"] = [entry(f"{n}", "word " * 20) for n in range(1_000)]
        await store.commit(TOPIC, 0, None, at(0), changes)
        assert len(await store.load([("things", f"thing-{n}") for n in range(600)])) == 500
        assert len(await rows_of(store, "diary")) == 1_000


class DurableStorePromises(StorePromises):
    """What only a store behind a wire can promise. Give two more fixtures: `cut_off`, a store whose server is not
    there, and `deaf`, one that never hears that its commits took effect."""

    async def test_a_server_that_is_not_there_is_unavailable(self, cut_off: ParkedStore) -> None:
        with pytest.raises(Unavailable):
            await cut_off.checkpoint(TOPIC, 0)
        with pytest.raises(Unavailable):
            await cut_off.commit(TOPIC, 0, None, at(0), of(thing("thing-1")))

    async def test_an_outcome_that_is_not_known_is_said_so_and_the_checkpoint_tells(
        self, store: ParkedStore, deaf: ParkedStore
    ) -> None:
        changes = of(thing("thing-1"))
        changes.entries["diary"] = [entry("a")]
        with pytest.raises(Unavailable):
            await deaf.commit(TOPIC, 0, None, at(0), changes)
        assert await store.checkpoint(TOPIC, 0) == (at(0), {})
        with pytest.raises(Conflict):
            await store.commit(TOPIC, 0, None, at(0), changes)
        assert set(await rows_of(store, "diary")) == {"a"}

    async def test_a_view_that_cannot_be_kept_is_named_and_nothing_is_written(self, store: ParkedStore) -> None:
        with pytest.raises(Unkeepable) as refused:
            await store.commit(TOPIC, 0, None, at(0), of(thing("thing-1"), thing("thing-2", n=2**70), thing("thing-3")))
        assert refused.value.place == ("things", "thing-2")
        assert await store.checkpoint(TOPIC, 0) is None
        assert await rows_of(store, "things") == {}

    async def test_an_entry_that_cannot_be_kept_is_named(self, store: ParkedStore) -> None:
        changes = Changes(entries={"diary": [entry("a"), entry("b", "\ud800")]})
        with pytest.raises(Unkeepable) as refused:
            await store.commit(TOPIC, 0, None, at(0), changes)
        assert refused.value.place == ("diary", "thing-b")

    async def test_a_snapshot_is_one_moment_whatever_is_written_meanwhile(self, store: ParkedStore) -> None:
        await store.commit(TOPIC, 0, None, at(0), of(thing("thing-1", n=1)))
        async with store.snapshot() as snapshot:
            before = await snapshot.checkpoints()
            await self.twin(store).commit(TOPIC, 0, at(0), at(1), of(thing("thing-1", n=2), thing("thing-2")))
            seen = [row["n"] async for row in snapshot.rows("things")]
            assert await snapshot.checkpoints() == before
        assert seen == [1]
        assert before[TOPIC, 0].position == at(0)
