"""The current generation is read to its end before the one beside: a store keeps a moment for some minutes only."""

from collections.abc import AsyncIterator, Mapping, Sequence

from eventlog.read.memory import MemorySnapshot
from eventlog.read.projection import Row
from eventlog.read.rebuild.comparing import compare
from eventlog.read.snapshot import ParkedRecord, Partition
from eventlog.read.store import Checkpoint
from tests.eventlog.counting import OTHERS, OUTCOMES, TOTALS
from tests.eventlog.store_promises import TOPIC, at

ROWS = {"totals": [{"_id": "counter-1", "total": 7}], "others": [], "outcomes": [{"_id": "a", "of": "counter-1"}]}


class Watched(MemorySnapshot):
    """Its name stands in `reads` as often as it is read."""

    def __init__(self, name: str, reads: list[str], rows: Mapping[str, Sequence[Row]]) -> None:
        super().__init__({(TOPIC, 0): Checkpoint(at(3), {})}, [], rows)
        self._name = name
        self._reads = reads

    async def checkpoints(self) -> Mapping[Partition, Checkpoint]:
        self._reads.append(self._name)
        return await super().checkpoints()

    async def parked(self) -> AsyncIterator[ParkedRecord]:
        self._reads.append(self._name)
        async for one in super().parked():
            yield one

    async def rows(self, name: str) -> AsyncIterator[Row]:
        self._reads.append(self._name)
        async for row in super().rows(name):
            yield row


async def unheard(_rows: int) -> None:
    """Nobody waits for it."""


async def test_equal_generations_are_read_once_and_one_after_the_other() -> None:
    reads: list[str] = []
    live, beside = (Watched(name, reads, ROWS) for name in ("live", "beside"))
    found = await compare(live, beside, [TOTALS, OTHERS, OUTCOMES], unheard)
    assert found.equal
    assert {name: one.rows for name, one in found.contents.items()} == {"totals": 1, "others": 0, "outcomes": 1}
    assert reads == ["live"] * 5 + ["beside"] * 5
