"""What every store promises about parked records; each adapter's tests inherit this suite beside the other one."""

from abc import ABC, abstractmethod
from datetime import UTC, datetime

import pytest

from eventlog.errors import Conflict
from eventlog.read.parked import Act, ParkedStore, Release, Told
from eventlog.read.projector import Changes
from eventlog.read.snapshot import ParkedRecord
from tests.eventlog.store_promises import TOPIC, at, entry, of, parked, rows_of, thing


def parking(stream: str, *offsets: int) -> Changes:
    return Changes(parked=[parked(stream, offset) for offset in offsets])


REDRIVEN = Act("redriven", "ada", "", datetime(2026, 11, 21, 9, 0, 0, 123000, UTC))
DISCARDED = Act("discarded", "ada", "a test wrote it", datetime(2026, 11, 21, 9, 0, tzinfo=UTC))


class ParkedPromises(ABC):
    """What waits can be dealt with while its projector runs. Inherit beside `StorePromises`."""

    @abstractmethod
    def twin(self, store: ParkedStore) -> ParkedStore: ...

    async def test_what_waits_is_told_in_the_order_of_the_log(self, store: ParkedStore) -> None:
        assert await store.oldest_parked(TOPIC, 0) is None
        both = Changes(parked=[parked("thing-1", 1), parked("thing-2", 2), parked("thing-1", 3), parked("thing-1", 4)])
        await store.commit(TOPIC, 0, None, at(4), both)
        operator = self.twin(store)
        assert [one.record.offset for one in await operator.waiting(TOPIC, 0, "thing-1", 2)] == [1, 3]
        assert await operator.waiting(TOPIC, 1, "thing-1", 2) == []
        assert (await operator.waiting(TOPIC, 0, "thing-2", 9))[0] == ParkedRecord(TOPIC, 0, *parked("thing-2", 2))
        oldest = await operator.oldest_parked(TOPIC, 0)
        assert oldest is not None
        assert oldest.offset == 1

    async def test_what_is_released_and_what_it_became_are_one_write(self, store: ParkedStore) -> None:
        await store.commit(TOPIC, 0, None, at(3), parking("thing-1", 1, 2, 3))
        became = of(thing("thing-1"))
        became.entries["diary"] = [entry("a")]
        await self.twin(store).release(TOPIC, 0, Release("thing-1", (1, 2), REDRIVEN, became))
        assert await rows_of(store, "things") == {"thing-1": thing("thing-1")}
        assert set(await rows_of(store, "diary")) == {"a"}
        assert await store.checkpoint(TOPIC, 0) == (at(3), {"thing-1": 1})
        assert await store.acts(5) == [Told(store.projector, TOPIC, 0, "thing-1", (1, 2), REDRIVEN)]

    async def test_a_projector_that_runs_has_to_load_again_after_a_release(self, store: ParkedStore) -> None:
        await store.commit(TOPIC, 0, None, at(1), parking("thing-1", 1))
        assert await store.checkpoint(TOPIC, 0) == (at(1), {"thing-1": 1})
        await self.twin(store).release(TOPIC, 0, Release("thing-1", (1,), REDRIVEN))
        with pytest.raises(Conflict):
            await store.commit(TOPIC, 0, at(1), at(2), parking("thing-1", 2))
        assert await store.checkpoint(TOPIC, 0) == (at(1), {})
        await store.commit(TOPIC, 0, at(1), at(2), of(thing("thing-1")))

    @pytest.mark.parametrize("offsets", [(1,), (3,), (1, 2, 3)])
    async def test_only_the_first_that_wait_are_released_and_nobody_twice(
        self, store: ParkedStore, offsets: tuple[int, ...]
    ) -> None:
        await store.commit(TOPIC, 0, None, at(3), parking("thing-1", 1, 2, 3))
        await store.release(TOPIC, 0, Release("thing-1", (1,), REDRIVEN))
        with pytest.raises(Conflict):
            await store.release(TOPIC, 0, Release("thing-1", offsets, REDRIVEN))
        assert await store.checkpoint(TOPIC, 0) == (at(3), {"thing-1": 2})
        assert len(await store.acts(5)) == 1

    async def test_what_is_discarded_waits_no_longer_and_stays_to_be_seen(self, store: ParkedStore) -> None:
        await store.commit(TOPIC, 0, None, at(3), parking("thing-1", 1, 3))
        await self.twin(store).release(TOPIC, 0, Release("thing-1", (1,), DISCARDED))
        assert await store.checkpoint(TOPIC, 0) == (at(3), {"thing-1": 1})
        async with store.snapshot() as snapshot:
            seen = [(one.record, one.discarded) async for one in snapshot.parked()]
            assert (await snapshot.checkpoints())[TOPIC, 0] == (at(3), {"thing-1": 1})
        assert seen == [(parked("thing-1", 1).record, True), (parked("thing-1", 3).record, False)]
        assert [one.act for one in await store.acts(5)] == [DISCARDED]

    async def test_an_entry_that_is_there_already_stays_as_it_is_in_a_release(self, store: ParkedStore) -> None:
        changes = parking("thing-1", 1)
        changes.entries["diary"] = [entry("a", "first")]
        await store.commit(TOPIC, 0, None, at(1), changes)
        again = Changes(entries={"diary": [entry("a", "second"), entry("b")]})
        await store.release(TOPIC, 0, Release("thing-1", (1,), REDRIVEN, again))
        assert {id_: row["words"] for id_, row in (await rows_of(store, "diary")).items()} == {"a": "first", "b": ""}
