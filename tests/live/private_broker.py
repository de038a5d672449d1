"""A broker of a test's own: to be killed, frozen, and robbed of the end of a log."""

import asyncio
import signal
import struct
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from aiokafka.record.util import calc_crc32c_py

from ops.settings import PROJECT
from ops.stack.child import Child
from ops.stack.kafka import kafka
from ops.stack.ports import Ports
from tests.waiting import eventually

READY_SECONDS = 60
SEGMENT = "00000000000000000000.log"
CHECKED = 21
"""From here on a batch is covered by its checksum, which is the four bytes before."""


class PrivateBroker:
    """Started with `start`; the same data and port after `kill` or `stop` and another `start`."""

    def __init__(self, folder: Path) -> None:
        ports = Ports(folder / "ports.json")
        cache = PROJECT / ".playhead" / "cache"
        self._program = kafka(folder, cache, ports, folder / "logs", lambda _done, _of: None, durable=False)
        self._log = folder / "logs" / "kafka.log"
        self._child: Child | None = None
        self.data = folder / "kafka" / "data"
        self.servers = self._program.url

    async def start(self) -> None:
        """Return when it has taken a record."""
        self._child = Child("kafka", self._program.argv, self._program.environment, self._log)
        problem: Exception | None = None
        try:
            async with asyncio.timeout(READY_SECONDS):
                while True:
                    try:
                        return await self._program.ready()
                    except Exception as error:  # noqa: BLE001 - whatever keeps it from working; the deadline tells it
                        problem = error
                    await asyncio.sleep(0.2)
        except TimeoutError as error:
            raise AssertionError(f"the broker did not start: {problem}\n{self._child.tail()}") from error

    def kill(self) -> None:
        """As a lost machine does, without a word."""
        if self._child is not None:
            self._child.kill_group()

    @asynccontextmanager
    async def frozen(self) -> AsyncGenerator[None]:
        """It answers nothing until the block ends, and takes what was sent meanwhile afterwards."""
        assert self._child is not None
        self._child.signal(signal.SIGSTOP)
        try:
            await eventually(self._stands_still)
            yield
        finally:
            self._child.signal(signal.SIGCONT)

    async def _stands_still(self) -> bool | None:
        assert self._child is not None
        return _all_threads_stopped(self._child.pid) or None

    def lose_tail(self, topic: str, batches: int) -> None:
        """Cut the last batches off partition 0. The broker must not run."""
        cut_tail(self.data / f"{topic}-0", batches)


def cut_tail(partition: Path, batches: int) -> None:
    """Take the last batches out of the only segment of a partition's folder. The broker must not run."""
    segment = partition / SEGMENT
    raw = segment.read_bytes()
    segment.write_bytes(raw[: _batches(raw)[-batches]])


def change_byte(partition: Path, offset: int, before: bytes, after: bytes) -> None:
    """In the batch that begins at `offset` these bytes are others, as many, under a checksum that fits. As above."""
    segment = partition / SEGMENT
    raw = bytearray(segment.read_bytes())
    starts = [*_batches(raw), len(raw)]
    start = next(one for one in starts if struct.unpack_from(">q", raw, one)[0] == offset)
    end = start + 12 + struct.unpack_from(">i", raw, start + 8)[0]
    changed = raw[start + CHECKED : end].replace(before, after, 1)
    raw[start:end] = raw[start : start + CHECKED - 4] + calc_crc32c_py(changed).to_bytes(4) + changed
    segment.write_bytes(raw)


def _batches(raw: bytes | bytearray) -> list[int]:
    starts: list[int] = []
    at = 0
    while at + 12 <= len(raw) and (length := struct.unpack_from(">i", raw, at + 8)[0]) > 0:
        starts.append(at)
        at += 12 + length
    return starts


def _all_threads_stopped(pid: int) -> bool:
    """Whether the kernel has come round to each of them: that takes a moment."""
    threads = Path(f"/proc/{pid}/task").glob("*/stat")
    return all(thread.read_text().rpartition(")")[2].split()[0] == "T" for thread in threads)


@contextmanager
def private_broker(folder: Path) -> Generator[PrivateBroker]:
    """It is gone afterwards, with all that it started."""
    broker = PrivateBroker(folder)
    try:
        yield broker
    finally:
        broker.kill()
