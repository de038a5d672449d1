"""Two versions of the code side by side on one log: what each makes of the other's events, and how it goes on."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid5

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from contracts.catalog import UnknownMessage, as_command
from contracts.envelope import Command, Commit
from eventlog.commit import Record, start
from eventlog.read.memory import MemoryProjectionStore
from eventlog.read.parked import Act, Folder, redrive
from eventlog.read.projection import Row
from eventlog.read.projector import ProjectorLane
from eventlog.write.deciding import fold_version
from eventlog.write.lane import Lane
from eventlog.write.ledger import MemoryLedger
from eventlog.write.policy import PolicyLane
from tests.eventlog.jars import CODES, FIRST, SECOND, THIRD, TOPIC, Code, Fill, full

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ACT = Act("redriven", "ada", "", NOON)
_IDS = UUID("7a3f7b56-1f6b-4ee0-9c57-70a5f8f0a5ef")


def fill(number: int, stream: str, grams: int = 0, label: str = "") -> Command:
    return as_command(
        Fill(grams=grams, label=label),
        id_=uuid5(_IDS, str(number)),
        stream=stream,
        at=NOON,
        tenant="acme",
        actor="tests",
    )


class Shop:
    """One partition, and whoever writes to it."""

    def __init__(self) -> None:
        self.log: list[Record] = []
        self._lanes: dict[int, Lane] = {}
        self._sent = 0

    def say(self, code: Code, stream: str, grams: int = 0, label: str = "") -> Commit:
        """A processor of this version decides: it reads what others wrote first, as it does after a rebalance."""
        lane = self.lane(code)
        self._sent += 1
        link = lane.propose(fill(self._sent, stream, grams, label))
        assert link is not None
        self.log.append(Record(len(self.log), *link))
        assert lane.see(self.log[-1])
        return commits(self.log[-1:])[0]

    def lane(self, code: Code) -> Lane:
        version = code.decider.version
        if version not in self._lanes:
            ledger = MemoryLedger(start(TOPIC, 0))
            self._lanes[version] = Lane([code.decider], code.catalog, ledger, lambda _: True)
        lane = self._lanes[version]
        for record in self.log[lane.position.next_offset :]:
            assert lane.see(record)
        return lane

    async def shown(self, code: Code, store: MemoryProjectionStore | None = None) -> MemoryProjectionStore:
        """A projector of this version reads to the end, from where the store stands."""
        store = store or MemoryProjectionStore([code.projection])
        kept = await store.checkpoint(TOPIC, 0)
        position = kept.position if kept else start(TOPIC, 0)
        lane = ProjectorLane([code.projection], [], code.catalog, position, kept.parked if kept else {})
        after, counted = lane.take(self.log[position.next_offset :])
        changes = lane.fold(counted, await store.load(lane.places(counted)))
        await store.commit(TOPIC, 0, kept.position if kept else None, after, changes)
        return store


def commits(log: Sequence[Record]) -> list[Commit]:
    return [msgspec.json.decode(record.value, type=Commit) for record in log]


def documents(store: MemoryProjectionStore) -> dict[str, Row]:
    return {stream: view[0] for stream, view in store.views["jars"].items()}


def folder(code: Code) -> Folder:
    return Folder([code.projection], [], code.catalog)


async def test_a_new_reader_reads_what_every_version_wrote_through_a_chain_of_upcasters() -> None:
    shop = Shop()
    for code in CODES:
        shop.say(code, "jar-a", 2, "salt")
    assert [event.type for commit in commits(shop.log) for event in commit.events] == [
        "jar.filled",
        "jar.filled",
        "jar.poured",
        "jar.labelled",
    ]
    store = await shop.shown(THIRD)
    assert documents(store) == {"jar-a": {"_id": "jar-a", "milligrams": 6000, "label": "salt", "version": 4}}


async def test_an_event_that_is_several_today_counts_once_in_its_stream() -> None:
    shop = Shop()
    assert shop.say(FIRST, "jar-a", 2, "salt").version == 1
    assert shop.say(THIRD, "jar-a", 1).version == 2
    assert documents(await shop.shown(THIRD))["jar-a"]["version"] == 2
    (stored,) = commits(shop.log)[0].events
    assert len(THIRD.catalog.read_event(stored.type, stored.type_version, bytes(stored.data))) == 2


async def test_an_old_projector_parks_the_streams_of_newer_code_and_no_others_and_goes_on_after_the_upgrade() -> None:
    shop = Shop()
    shop.say(FIRST, "jar-a", 2, "salt")
    shop.say(SECOND, "jar-b", 1)
    shop.say(SECOND, "jar-b", 1, "rice")
    shop.say(FIRST, "jar-c", 3)
    store = await shop.shown(FIRST)
    assert set(documents(store)) == {"jar-a", "jar-c"}
    waiting = [(one.stream, one.record.offset) for one in store.parked[TOPIC, 0]]
    assert waiting == [("jar-b", 1), ("jar-b", 2)]
    assert store.parked[TOPIC, 0][0].reason == "no event jar.filled v2 in this version of the code: newer code wrote it"
    still = await redrive(store, folder(FIRST), TOPIC, 0, "jar-b", ACT)
    assert still.failure is not None
    assert [one.record.offset for one in store.parked[TOPIC, 0]] == [1, 2]
    assert (await redrive(store, folder(SECOND), TOPIC, 0, "jar-b", ACT)).failure is None
    shop.say(SECOND, "jar-b", 5)
    await shop.shown(SECOND, store)
    assert documents(store) == documents(await shop.shown(SECOND))


def test_old_policies_stop_at_an_event_of_newer_code_and_newer_ones_go_on_from_there() -> None:
    shop = Shop()
    shop.say(FIRST, "jar-a", 2)
    shop.say(THIRD, "jar-a", 1, "salt")
    old = PolicyLane([full], FIRST.catalog, start(TOPIC, 0), "policy")
    first = old.see(shop.log[0])
    before = old.position
    with pytest.raises(UnknownMessage, match=r"no event jar\.poured v1 .*: newer code wrote it"):
        old.see(shop.log[1])
    new = PolicyLane([full], THIRD.catalog, before, "policy")
    assert len(new.see(shop.log[1])) == 1
    again = PolicyLane([full], THIRD.catalog, start(TOPIC, 0), "policy")
    assert again.see(shop.log[0]) == first, "what was asked for before the split is asked for under the same id"


def test_an_old_decider_refuses_what_newer_code_wrote_and_decides_the_rest() -> None:
    shop = Shop()
    shop.say(SECOND, "jar-a", 2)
    refused = shop.say(FIRST, "jar-a", 1).refusal
    assert refused is not None
    assert refused.code == "stream.not_understood"
    assert shop.say(FIRST, "jar-b", 1).refusal is None
    assert shop.say(SECOND, "jar-a", 1).refusal is None


def test_a_ledger_of_code_that_understood_less_is_folded_anew() -> None:
    versions = {fold_version([FIRST.decider], code.catalog) for code in CODES}
    assert len(versions) == 3


@given(some.lists(some.tuples(some.sampled_from(CODES), some.sampled_from("ab"), some.integers(0, 3), some.booleans())))
async def test_whatever_versions_wrote_in_turn_the_newest_reads_it_as_if_it_had_written_it_all(
    said: Sequence[tuple[Code, str, int, bool]],
) -> None:
    mixed, alone = Shop(), Shop()
    accepted: list[tuple[str, int, str]] = []
    for code, stream, grams, named in said:
        word = (f"jar-{stream}", grams, "salt" if named else "")
        if mixed.say(code, *word).refusal is None:
            accepted.append(word)
    for word in accepted:
        alone.say(THIRD, *word)
    left, right = documents(await mixed.shown(THIRD)), documents(await alone.shown(THIRD))
    assert [{**one, "version": 0} for one in left.values()] == [{**one, "version": 0} for one in right.values()]
    for stream, document in left.items():
        assert document["version"] == sum(len(one.events) for one in commits(mixed.log) if one.stream == stream)
        assert mixed.say(THIRD, stream, 1).version == document["version"] + 1
