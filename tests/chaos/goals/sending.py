"""Commands at a steady rate, straight into their topic, whatever becomes of those before."""

import asyncio
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final
from uuid import UUID

from contracts.envelope import Command
from eventlog.errors import Unavailable
from eventlog.write.policy_runner import Sender
from ops.bench.rivals.counting import Wish
from tests.chaos.goals.rounds import Numbered
from tests.chaos.seeds.records import until_there

SENT_AT_ONCE: Final = 100
"""Fewer than there are stories: of each stream the next command is sent when the one before was acknowledged."""


class Sending:
    """`sent`: in that order; `acknowledged`: ids of those that the broker took; `again`: how often a batch was sent
    once more, because nobody knew what had become of it; `over`: whether no more will be sent."""

    def __init__(self, sender: Sender, rate: float) -> None:
        """`rate`: commands a second."""
        self.sent: list[Wish] = []
        self.acknowledged: set[UUID] = set()
        self.again = 0
        self.over = False
        self._sender = sender
        self._rate = rate
        self._numbered = Numbered()

    async def run(self, commands: Iterator[Command], enough: Callable[[], bool]) -> None:
        """Until it is enough; what waited for a broker is made up for without a pause. Fails where none comes back."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            while not enough():
                await asyncio.sleep(max(0.0, began + len(self.sent) / self._rate - loop.time()))
                await self._send(list(islice(commands, SENT_AT_ONCE)))
        finally:
            self.over = True

    async def _send(self, batch: list[Command]) -> None:
        self.sent += map(self._numbered.wish, batch)

        async def taken() -> None:
            try:
                await self._sender.send(batch)
            except Unavailable:
                self.again += 1
                raise

        await until_there(taken)
        self.acknowledged.update(command.id for command in batch)
