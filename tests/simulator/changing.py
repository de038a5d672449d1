"""A log of one partition that loses its tail when it is told to, and says so to whoever had opened it before."""

from collections.abc import Sequence

from eventlog.commit import Link, Record
from eventlog.memory import MemoryEventLog, MemoryTail


class ChangingTail(MemoryTail):
    """Its generation counts the losses since it was opened."""

    def __init__(self, log: "ChangingLog", offset: int) -> None:
        super().__init__(log, 0, offset)
        self._changing = log
        self._losses = log.losses

    async def read(self, wait: float) -> Sequence[Record]:
        self.generation = self._changing.losses - self._losses
        return await super().read(wait)


class ChangingLog(MemoryEventLog):
    """`when_opened` is what happens just before the next tail is opened: a length to keep, and links that follow."""

    def __init__(self, topic: str) -> None:
        super().__init__(topic, 1)
        self.losses = 0
        self.when_opened: tuple[int, Sequence[Link]] | None = None

    def lose(self, length: int) -> None:
        """Everything from offset `length` on."""
        del self.partitions[0][length:]
        self.losses += 1

    async def tail(self, partition: int, offset: int) -> ChangingTail:
        if self.when_opened is not None:
            (length, links), self.when_opened = self.when_opened, None
            self.lose(length)
            await self.append(partition, links)
        return ChangingTail(self, offset)
