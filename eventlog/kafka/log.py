"""`KafkaEventLog`: one topic as the port `EventLog` describes it."""

import asyncio
from collections.abc import Sequence

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError, NoError, OffsetOutOfRangeError
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.protocol.offset import OffsetRequest
from aiokafka.protocol.produce import ProduceRequest

from eventlog.clock import Clock, now
from eventlog.commit import Link, Record
from eventlog.errors import Diverged, Unavailable
from eventlog.kafka.access import ANSWER_SECONDS, KafkaAccess
from eventlog.kafka.batches import Fetched, packed, unpacked
from eventlog.kafka.feed import Answer, Feed
from eventlog.kafka.leader import Leader

FETCH_BYTES = 512 * 1024
"""Asked for at once, by each reader of each partition that is behind: with what is made of them, most of the memory of
a service that catches up. A larger batch comes whole nevertheless, so a fetch always gets on."""
GATHER_SECONDS = 0.5
GATHER_BYTES = 64 * 1024
_LATEST = -1
_EARLIEST = -2
_ALL_REPLICAS = -1
_UNCOMMITTED = 0


class KafkaEventLog:
    """A topic's partitions: connections for appending and looking, for what its tails fetch together, and for a tail
    that is behind the others. `start` before, `close` after.
    """

    def __init__(
        self,
        access: KafkaAccess,
        topic: str,
        clock: Clock = now,
        fetch_bytes: int = FETCH_BYTES,
        *,
        gathers: bool = False,
    ) -> None:
        """`gathers`: for readers whom nobody waits for. Their first news comes at once; what follows it within
        `GATHER_SECONDS` comes together, for a tenth of the work.
        """
        self.topic = topic
        self._access = access
        self._clock = clock
        self._fetch_bytes = fetch_bytes
        self._gathers = gathers
        self._client = access.client()
        self._leaders: dict[int, Leader] = {}
        self._feeds: dict[int, Feed] = {}
        self._readers: set[Leader] = set()

    async def start(self) -> None:
        """Find the cluster. Raises `Unavailable`."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._client.bootstrap()
                await self._client.set_topics([self.topic])
        except (KafkaError, OSError, TimeoutError) as error:
            raise Unavailable("kafka", f"at {self._access.servers}: {type(error).__name__}: {error}") from error

    async def close(self) -> None:
        """Close every connection, those of open tails too."""
        for leader in (*self._leaders.values(), *self._readers):
            await leader.close()
        async with asyncio.timeout(ANSWER_SECONDS):
            await self._client.close()

    def partitions(self) -> int:
        """How many there are. Raises `Unavailable` where the topic is not known."""
        known = self._client.cluster.partitions_for_topic(self.topic)
        if not known:
            raise Unavailable("kafka", f"topic {self.topic} is not there: run `playhead topics`")
        return len(known)

    async def append(self, partition: int, links: Sequence[Link]) -> int:
        """Append in order, durably; the offset of the first. See `EventLog.append`."""
        first = None
        for _, batch in packed(links, int(self._clock().timestamp() * 1000)):
            offset = await self._produce(partition, batch)
            first = offset if first is None else first
        return await self.end(partition) if first is None else first

    async def end(self, partition: int) -> int:
        """The offset that the next record will get."""
        return await self._offset(partition, _LATEST)

    async def beginning(self, partition: int) -> int:
        """The offset of the first record that is still there."""
        return await self._offset(partition, _EARLIEST)

    async def record_at(self, partition: int, offset: int) -> Record | None:
        """The record at exactly this offset. See `EventLog.record_at`."""
        leader = self._leader(partition)
        try:
            # One byte is enough: a broker always gives the whole first batch.
            fetched = await fetch(leader, TopicPartition(self.topic, partition), offset, 0, 1)
        except Diverged:
            return None
        if fetched.records:
            return fetched.records[0] if fetched.records[0].offset == offset else None
        if fetched.next_offset > offset or await self.end(partition) <= offset:
            return None
        raise leader.unavailable(f"the record at offset {offset} is there but cannot be read yet")

    async def tail(self, partition: int, offset: int) -> "KafkaTail":
        """A reader from `offset` on. It fetches together with those of this log that stand where it does."""
        if partition not in self._feeds:
            self._feeds[partition] = Feed(self._fetcher(partition).fetch)
        fetcher = self._fetcher(partition)
        return KafkaTail(self._feeds[partition], fetcher, offset, self._readers)

    def _fetcher(self, partition: int) -> "Fetcher":
        place = TopicPartition(self.topic, partition)
        leader = Leader(self._client, self._access, place)
        self._readers.add(leader)
        return Fetcher(leader, place, self._fetch_bytes, self._gathers)

    def _leader(self, partition: int) -> Leader:
        if partition not in self._leaders:
            place = TopicPartition(self.topic, partition)
            self._leaders[partition] = Leader(self._client, self._access, place)
        return self._leaders[partition]

    async def _produce(self, partition: int, batch: bytes) -> int:
        leader = self._leader(partition)
        patience = int(ANSWER_SECONDS * 1000)
        answer = await leader.ask(ProduceRequest(None, _ALL_REPLICAS, patience, [(self.topic, [(partition, batch)])]))
        ((_, ((_, code, offset, *_),)),) = answer.topics
        if code != NoError.errno:
            raise leader.refused(code)
        return int(offset)

    async def _offset(self, partition: int, moment: int) -> int:
        leader = self._leader(partition)
        answer = await leader.ask(OffsetRequest(-1, _UNCOMMITTED, [(self.topic, [(partition, moment)])]))
        ((_, ((_, code, _, offset),)),) = answer.topics
        if code != NoError.errno:
            raise leader.refused(code)
        return int(offset)


class Fetcher:
    """Fetches over a connection of its own, one request at a time: the broker holds it until there is something."""

    def __init__(self, leader: Leader, place: TopicPartition, size: int, gathers: bool) -> None:
        self.leader = leader
        self._place = place
        self._size = size
        self._gathers = gathers
        self._news = False

    async def fetch(self, offset: int, wait: float) -> Answer:
        """What is there from `offset` on, or comes within `wait` seconds."""
        least = 1
        if self._gathers and self._news:
            least, wait = GATHER_BYTES, min(wait, GATHER_SECONDS)
        fetched = await fetch(self.leader, self._place, offset, wait, self._size, least)
        self._news = bool(fetched.records)
        return Answer(offset, fetched, self.leader.connections)


class KafkaTail:
    """Reads on, with the others that stand where it does or by itself.

    `generation` moves with each new connection that an answer came over, and with each change of the leader epoch that
    batches carry. Every record appended after a lost tail carries a newer epoch than those before it, so the loss
    cannot be read past.
    """

    def __init__(self, feed: Feed, alone: Fetcher, offset: int, readers: set[Leader]) -> None:
        self._feed = feed
        self._alone = alone
        self._readers = readers
        self._next = offset
        self._epoch = -1
        self._epochs = 0
        self._connections = 0

    @property
    def generation(self) -> int:
        """See `Tail.generation`."""
        return self._connections + self._alone.leader.connections + self._epochs

    async def read(self, wait: float) -> Sequence[Record]:
        """The next records, at least one; none when nothing came within `wait` seconds. See `Tail.read`."""
        # Who does not want to wait asks whether the log is still there, and others' waiting does not tell him.
        shared = await self._feed.read(self._next, wait) if wait else None
        fetched = shared.fetched if shared else (await self._alone.fetch(self._next, wait)).fetched
        if shared:
            self._connections = shared.connection
        for epoch in fetched.epochs:
            if epoch != self._epoch:
                self._epoch = epoch
                self._epochs += 1
        self._next = fetched.next_offset
        return fetched.records

    async def close(self) -> None:
        """Close its own connection."""
        self._readers.discard(self._alone.leader)
        await self._alone.leader.close()


async def fetch(leader: Leader, place: TopicPartition, offset: int, wait: float, size: int, least: int = 1) -> Fetched:
    """One fetch, answered when there are `least` bytes, or `wait` seconds are over.

    Raises `Diverged` where the log has no such offset, `Corrupt` or `Unavailable`.
    """
    asked = [(place.topic, [(place.partition, offset, size)])]
    answer = await leader.ask(FetchRequest(int(wait * 1000), least, size, _UNCOMMITTED, asked), wait)
    if not answer.topics:
        raise leader.unavailable("it answered a fetch without naming the partition")
    ((_, ((_, code, _, *rest),)),) = answer.topics
    where = f"{place.topic}[{place.partition}]"
    if code == OffsetOutOfRangeError.errno:
        raise Diverged(
            f"log diverged: {where} has no offset {offset}, where reading should go on: it lost its tail, or its "
            "beginning was deleted. Stop every service, restore the topic from an archive or accept the loss by "
            "rebuilding every projection."
        )
    if code != NoError.errno:
        raise leader.refused(code)
    return unpacked(rest[-1] or b"", offset, where)
