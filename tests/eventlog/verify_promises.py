"""What `verify` finds, whatever the store is; the tests of each adapter inherit this suite."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from random import Random

import pytest

from eventlog.errors import Corrupt, Diverged, Unavailable
from eventlog.memory import MemoryEventLog
from eventlog.read.replay import Source
from eventlog.read.snapshot import SnapshotStore
from eventlog.read.verify import Finding, Report, verify
from tests.eventlog.counting import CATALOG, OTHERS, OUTCOMES, TOPIC, TOTALS, Writer, project
from tests.eventlog.unreliable import FATES, Fates, UnreliableStore


async def verified(log: MemoryEventLog, store: SnapshotStore) -> Report:
    return await verify([Source(log, range(len(log.partitions)), CATALOG)], store, [TOTALS, OTHERS], [OUTCOMES])


class VerifyPromises(ABC):
    """Inherit, and give a fixture `store`: an empty store of `TOTALS`, `OTHERS` and `OUTCOMES`."""

    @abstractmethod
    async def tamper(self, store: SnapshotStore, name: str, id_: str, field: str, value: object) -> None:
        """Change one field of one document or row behind the projector's back."""

    @abstractmethod
    async def remove(self, store: SnapshotStore, name: str, id_: str) -> None:
        """Delete one document or row behind the projector's back."""

    @pytest.fixture
    async def log(self, store: SnapshotStore) -> MemoryEventLog:
        """Two partitions, folded: with streams parked (at 13, by newer code), refusals, duplicates."""
        log = MemoryEventLog(TOPIC, 2)
        for partition in range(2):
            writer = Writer(partition)
            links = [writer.commit(f"counter-{partition}{n % 5}", n, 1) for n in range(20)]
            links += [links[3], writer.commit(f"counter-{partition}0", refusal="full")]
            if partition == 0:
                links += [writer.commit("counter-odd", 1, type_version=version) for version in (1, 2, 1)]
            await log.append(partition, [*links, links[21]])
            await project(log, store, batch=7, partition=partition)
        return log

    async def test_an_honest_store_has_no_findings(self, log: MemoryEventLog, store: SnapshotStore) -> None:
        report = await verified(log, store)
        assert report.findings == []
        assert (report.records, report.ignored, report.parked) == (49, 4, 8)
        assert {name: content.rows for name, content in report.contents.items()} == {
            "totals": 11, "others": 0, "outcomes": 37,
        }  # fmt: skip

    async def test_through_a_store_that_fails_in_every_way_the_fold_is_the_same(self, store: SnapshotStore) -> None:
        """Three calls in twenty, and a third of those that fail are carried out."""
        log, writer, fates = MemoryEventLog(TOPIC, 1), Writer(), Fates(Random(3), answer_seconds=0)
        await log.append(0, [writer.commit(f"counter-{n % 50}", 20 * n, 20) for n in range(1_000)])
        unreliable, done = UnreliableStore(store, fates), False
        while not done:
            with suppress(Unavailable):
                await project(log, unreliable, batch=10)
                done = True
        report = await verified(log, store)
        assert (report.findings, report.parked, report.records) == ([], 0, 1_000)
        offsets = [position.next_offset for position in unreliable.positions]
        assert offsets == sorted(set(offsets))
        assert {("store", fate) for fate in FATES} <= fates.met.keys()

    async def test_a_changed_field_is_named_with_both_values(self, log: MemoryEventLog, store: SnapshotStore) -> None:
        honest = await verified(log, store)
        await self.tamper(store, "totals", "counter-12", "total", 40)
        report = await verified(log, store)
        assert report.findings == [Finding((TOPIC, 1), "totals", "counter-12", "total", "42", "40")]
        assert report.contents["totals"].digest != honest.contents["totals"].digest
        assert report.contents["outcomes"].digest == honest.contents["outcomes"].digest

    async def test_personal_text_is_shortened(self, log: MemoryEventLog, store: SnapshotStore) -> None:
        await self.tamper(store, "totals", "counter-01", "tenant", "a very long and private sentence")
        (found,) = (await verified(log, store)).findings
        assert (found.expected, found.actual) == ("'acme'", "'a very long and '… (32 characters)")
        assert "private sentence" not in str(found)

    async def test_what_is_missing_is_named(self, log: MemoryEventLog, store: SnapshotStore) -> None:
        await self.remove(store, "totals", "counter-03")
        assert (await verified(log, store)).findings == [
            Finding((TOPIC, 0), "totals", "counter-03", "", "a document or row", "nothing")
        ]

    async def test_what_should_not_be_there_is_named(self, log: MemoryEventLog, store: SnapshotStore) -> None:
        log.partitions[1] = []
        fewer = await verify([Source(log, [0], CATALOG)], store, [TOTALS, OTHERS], [OUTCOMES])
        assert Finding(None, "totals", "counter-12", "", "nothing", "a document or row") in fewer.findings
        assert Finding((TOPIC, 1), "checkpoint", "", "partition", "no such partition", "23") in fewer.findings

    async def test_a_log_that_lost_its_tail_has_diverged(self, log: MemoryEventLog, store: SnapshotStore) -> None:
        del log.partitions[0][-1]
        with pytest.raises(Diverged, match=r"playhead\.counter\.events\[0\] ends at offset 25"):
            await verified(log, store)

    async def test_an_altered_record_is_named(self, log: MemoryEventLog, store: SnapshotStore) -> None:
        log.partitions[1][7] = log.partitions[1][7]._replace(key=b"counter-12\0")
        with pytest.raises(Corrupt, match=r"playhead\.counter\.events\[1\].*offset 7 "):
            await verified(log, store)

    async def test_an_altered_link_is_named_though_the_record_no_longer_counts(
        self, log: MemoryEventLog, store: SnapshotStore
    ) -> None:
        log.partitions[1][7] = log.partitions[1][7]._replace(prev=b"x" * 16)
        findings = (await verified(log, store)).findings
        assert [found.id for found in findings if found.name == "log"] == ["offset 7"]
        assert "head" in [found.field for found in findings if found.name == "checkpoint"]

    async def test_another_log_of_the_same_length_is_noticed_by_its_head(
        self, log: MemoryEventLog, store: SnapshotStore
    ) -> None:
        writer = Writer(1)
        other = MemoryEventLog(TOPIC, 1)
        await other.append(0, [writer.commit("counter-x", n + 1) for n in range(len(log.partitions[1]))])
        log.partitions[1] = other.partitions[0]
        fields = [found.field for found in (await verified(log, store)).findings if found.name == "checkpoint"]
        assert fields == ["head", "head_offset", "last_id"]

    async def test_progress_ends_at_the_whole(self, log: MemoryEventLog, store: SnapshotStore) -> None:
        seen: list[tuple[int, int]] = []
        sources: Sequence[Source] = [Source(log, range(2), CATALOG)]
        await verify(sources, store, [TOTALS, OTHERS], [OUTCOMES], lambda done, all_: seen.append((done, all_)))
        assert seen[-1] == (49, 49)

    async def test_it_can_be_asked_while_the_projector_writes(self, log: MemoryEventLog, store: SnapshotStore) -> None:
        writer = Writer(2)
        log.partitions.append([])
        await log.append(2, [writer.commit(f"counter-2{n % 9}", n + 20) for n in range(400)])
        async with asyncio.TaskGroup() as group:
            projecting = group.create_task(project(log, store, batch=3, partition=2))
            while not projecting.done():
                assert (await verified(log, store)).findings == []
                await asyncio.sleep(0)
        assert (await verified(log, store)).records == 449
