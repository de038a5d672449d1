"""One partition that this process works on: what is known about it, and how it goes on after an error.

Every runner begins with what is durable, so after an error there is one thing to do: begin again. Nothing in memory
survives a doubt.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

import structlog

from eventlog.commit import Record
from eventlog.errors import Conflict, Poison, Unavailable
from eventlog.telemetry import Metrics

READ_SECONDS = 1.0
"""How long a runner waits for records before it looks whether the log is still the one it was."""
BATCH_RECORDS = 500
COMMIT_SECONDS = 5.0
"""Between two notes of a position that goes with nothing else: it may lag, what it covers is done again in vain."""
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0

State = Literal["opening", "running", "waiting", "stopped"]


class Work:
    """One role (`session.processor`) on one partition. The supervisor and the runner write here, probes read."""

    def __init__(self, role: str, topic: str, partition: int, metrics: Metrics) -> None:
        self.role = role
        self.topic = topic
        self.partition = partition
        self.metrics = metrics
        self.state: State = "opening"
        self.detail = ""
        self.next_offset = -1
        self.stopping = False
        self.progress_at = _monotonic()
        self._waiting: asyncio.Timeout | None = None

    @property
    def ready(self) -> bool:
        """Whether it was opened and moves."""
        return self.state == "running"

    def stop(self) -> None:
        """Ask it to end: what is in hand is finished, a wait for records is over at once."""
        self.stopping = True
        if self._waiting is not None:
            self._waiting.reschedule(_monotonic())

    async def until_stopped(self, reading: Awaitable[Sequence[Record]]) -> Sequence[Record]:
        """What is read, or nothing where this work is asked to stop meanwhile."""
        try:
            async with asyncio.timeout(None) as self._waiting:
                return await reading
        except TimeoutError:
            if not self.stopping:
                raise
            return ()
        finally:
            self._waiting = None

    def opened(self, next_offset: int) -> None:
        """The runner has read its way to where it goes on, and works from now on."""
        self.state = "running"
        self.detail = ""
        self.next_offset = next_offset
        self.progress_at = _monotonic()

    def moved(self, records: Sequence[Record], counted: int, seconds: float) -> None:
        """A batch is done and durable."""
        self.next_offset = records[-1].offset + 1
        self.progress_at = _monotonic()
        self.metrics.batch(self.role, self.partition, len(records), counted, seconds)

    def idle(self) -> None:
        """There was nothing to read."""
        self.progress_at = _monotonic()


async def keep_working(work: Work, run: Callable[[Work], Awaitable[None]]) -> None:
    """Run until `work.stopping`; begin again after `Conflict` and `Unavailable`, with longer and longer pauses.

    `Poison` ends this piece of work, loudly, and no other. Every other error is raised: it ends the process.
    """
    log = structlog.get_logger().bind(role=work.role, topic=work.topic, partition=work.partition)
    pause = FIRST_PAUSE_SECONDS
    while not work.stopping:
        began = work.next_offset
        try:
            await run(work)
        except (Conflict, Unavailable) as error:
            work.state, work.detail = "waiting", str(error)
            work.metrics.error(work.role, type(error).__name__)
            pause = FIRST_PAUSE_SECONDS if work.next_offset != began else min(pause * 2, LONGEST_PAUSE_SECONDS)
            log.warning("begins again", error=type(error).__name__, detail=str(error), pause_seconds=pause)
            await asyncio.sleep(pause)
            work.progress_at = _monotonic()
        except Poison as error:
            work.state, work.detail = "stopped", str(error)
            work.metrics.error(work.role, "Poison")
            log.error("stopped for good: a person is needed", detail=str(error))
            return


def batches(records: Sequence[Record]) -> list[Sequence[Record]]:
    """In pieces of what one transaction should hold."""
    return [records[start : start + BATCH_RECORDS] for start in range(0, len(records), BATCH_RECORDS)]


class Throttled:
    """Lets a group offset be committed once in a while, and whenever there is nothing else to do."""

    def __init__(self) -> None:
        self._due = 0.0

    def due(self) -> bool:
        """Whether it is time; if so, the next time is later."""
        moment = _monotonic()
        if moment < self._due:
            return False
        self._due = moment + COMMIT_SECONDS
        return True


def _monotonic() -> float:
    return asyncio.get_running_loop().time()
