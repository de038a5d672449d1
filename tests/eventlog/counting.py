"""The smallest domain that a projector can be tried on: counters that are added to, and their projections."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar
from uuid import UUID, uuid5

import msgspec

from contracts.catalog import Catalog, encode
from contracts.envelope import Commit, Recorded, Refusal
from contracts.model import EventBody
from eventlog.commit import Link, link, start
from eventlog.memory import MemoryEventLog
from eventlog.read.memory import MemoryProjectionStore
from eventlog.read.projection import Fact, Journal, Projection, Row, View
from eventlog.read.projector import ProjectorLane
from eventlog.read.store import ProjectionStore

TOPIC = "playhead.counter.events"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
_COMMANDS = UUID("0d6d5d3e-3c5f-4b0e-8b1f-3a3a6f0f4c11")


class Added(EventBody):
    TYPE: ClassVar[str] = "counter.added"
    amount: int


CATALOG = Catalog([], [Added])


def total(view: View, fact: Fact) -> View:
    """One document a counter; a counter that comes to 0 is gone, one at 13 is unlucky."""
    assert isinstance(fact.body, Added)
    before = view[0]["total"] if view else 0
    after = before + fact.body.amount
    if after == 13:
        raise ValueError("thirteen")
    row = {"_id": fact.stream, "stream": fact.stream, "tenant": fact.tenant, "total": after, "at": fact.at}
    return (row,) if after else ()


def outcome(commit: Commit, facts: Sequence[Fact]) -> Sequence[Row]:
    refused = commit.refusal.code if commit.refusal else None
    return [{"_id": str(commit.command_id), "stream": commit.stream, "events": len(facts), "refused": refused}]


TOTALS = Projection("totals", 1, "counter", total)
OTHERS = Projection("others", 1, "lamp", total)
OUTCOMES = Journal("outcomes", 1, outcome)


class Writer:
    """Chains commits on one partition, as a processor does."""

    def __init__(self, partition: int = 0, topic: str = TOPIC) -> None:
        self.head = start(topic, partition).head
        self.versions: dict[str, int] = {}
        self._count = 0
        self._partition = partition

    def commit(self, stream: str, *amounts: int, refusal: str = "", type_version: int = 1) -> Link:
        """One commit: an event an amount, or a refusal."""
        self._count += 1
        version = self.versions.get(stream, 0) + len(amounts)
        self.versions[stream] = version
        return self.raw(
            stream,
            msgspec.json.encode(
                Commit(
                    stream=stream,
                    version=version,
                    command_id=uuid5(_COMMANDS, f"{self._partition}/{self._count}"),
                    command_type="Add",
                    payload_hash="0" * 32,
                    at=NOON + timedelta(seconds=self._count),
                    tenant="acme",
                    actor="tests",
                    events=tuple(
                        Recorded(type=Added.TYPE, type_version=type_version, data=encode(Added(amount=amount)))
                        for amount in amounts
                    ),
                    refusal=Refusal(code=refusal) if refusal else None,
                )
            ),
        )

    def raw(self, stream: str, value: bytes) -> Link:
        """One record of whatever bytes, on the chain."""
        made = link(self.head, stream.encode(), value)
        self.head = made.id
        return made


async def project(
    log: MemoryEventLog, store: ProjectionStore, *, batch: int = 100, partition: int = 0, topic: str = TOPIC
) -> ProjectorLane:
    """Fold what the log holds into the store, from where the store stands."""
    kept = await store.checkpoint(topic, partition)
    position = kept.position if kept else start(topic, partition)
    lane = ProjectorLane([TOTALS, OTHERS], [OUTCOMES], CATALOG, position, kept.parked if kept else {})
    expected = kept.position if kept else None
    records = log.partitions[partition][position.next_offset :]
    for n in range(0, len(records), batch):
        taken = records[n : n + batch]
        after, counted = lane.take(taken)
        changes = lane.fold(counted, await store.load(lane.places(counted)))
        await store.commit(topic, partition, expected, after, changes)
        lane.moved(after, len(taken), len(counted))
        expected = after
    return lane


def memory_store() -> MemoryProjectionStore:
    return MemoryProjectionStore([TOTALS, OTHERS], [OUTCOMES])


def totals(store: MemoryProjectionStore) -> dict[str, int]:
    return {stream: view[0]["total"] for stream, view in store.views["totals"].items()}
