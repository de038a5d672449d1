"""A rebuild that gives way: it waits while the live projector is late, and goes no faster than it is told to."""

import asyncio
from collections import defaultdict, deque

from eventlog.read.rebuild.port import GenerationStore
from eventlog.read.replay import Source
from eventlog.work import COMMIT_SECONDS

LOOK_SECONDS = 0.1
"""Between two looks at the live projector."""
STILL_SECONDS = 3.0
"""A projector that has not moved for so long does not run, so nobody is in anybody's way."""
LOOKS = 100
"""After so many one batch is folded, however late the projector is: a rebuild has to end."""


class Pacing:
    """`most_late`: seconds; `per_second`: records, no limit where it is 0.

    A projector is as late as the oldest record that it has not read is known to stand in the log. To count the records
    would not do: two hundred are a tenth of a second in a busy log, and a minute in a quiet one. One that was not late
    when it last moved may have read more than it has noted: what changes nothing is noted once in `COMMIT_SECONDS`.
    """

    def __init__(self, store: GenerationStore, source: Source, most_late: float, per_second: int = 0) -> None:
        self._store = store
        self._source = source
        self.most_late = most_late
        self._per_second = per_second
        self._due = 0.0
        self._looked = float("-inf")
        self._looking = asyncio.Lock()
        self._ends: defaultdict[int, deque[tuple[int, float]]] = defaultdict(deque)
        """By partition, oldest first: ends of the log that the projector has not reached, and when they were seen."""
        self._moves: dict[int, tuple[int, float]] = {}
        """By partition: where the projector was last seen to move to, and how late it was there, in seconds."""
        self._moved = float("-inf")
        self.waited = 0.0
        """Seconds, in all."""

    async def pause(self, records: int) -> None:
        """Returns when the next batch may begin. Raises `Unavailable`."""
        began = _now()
        if self._per_second:
            self._due = max(self._due, began) + records / self._per_second
            await asyncio.sleep(max(0.0, self._due - _now()))
        async with self._looking:  # who folds another partition waits for the same look, and takes none of his own
            if _now() - self._looked >= LOOK_SECONDS:
                for _ in range(LOOKS):
                    if not await self._in_the_way():
                        break
                    await asyncio.sleep(LOOK_SECONDS)
                self._looked = _now()
        self.waited += _now() - began

    async def _in_the_way(self) -> bool:
        """Whether the live projector is late, and on its way."""
        late = False
        live, log = self._store.live(), self._source.log
        for partition in self._source.partitions:
            kept = await live.checkpoint(log.topic, partition)
            late |= self._late(partition, kept.position.next_offset if kept else 0, await log.end(partition))
        return late and _now() - self._moved < STILL_SECONDS

    def _late(self, partition: int, reached: int, end: int) -> bool:
        ends = self._ends[partition]
        while ends and ends[0][0] <= reached:
            ends.popleft()
        if end > (ends[-1][0] if ends else reached):
            ends.append((end, _now()))
        late = _now() - ends[0][1] if ends else 0.0
        place, late_there = self._moves.get(partition, (None, 0.0))
        if reached != place:
            if place is not None:
                self._moved = _now()
            late_there = late
            self._moves[partition] = reached, late
        unnoted = COMMIT_SECONDS if late_there <= self.most_late else 0.0
        return late > self.most_late + unnoted


def _now() -> float:
    return asyncio.get_running_loop().time()
