"""The keys of a batch are fetched at once, before it is folded; without them a fold waits and writes nothing wrong."""

import asyncio
import json
from collections.abc import Collection, Mapping

import msgspec
import pytest

from contracts.envelope import Commit
from contracts.messages import CATALOG, SESSION_CATALOG
from contracts.messages.session import SessionStarted
from contracts.sealing import KeyDestroyed, NoKeys
from eventlog.commit import Record, link, start
from eventlog.errors import Unavailable
from eventlog.keys.meeting import met, subjects_in
from eventlog.keys.memory import MemoryKeyStore
from eventlog.keys.ring import KeyRing
from eventlog.read.counted import counted_of
from eventlog.write.lane import Lane
from eventlog.write.ledger import MemoryLedger
from ops.bench.commands import commands
from services.session.deciders import DECIDERS
from tests.contracts.test_sealing import a_commit, sample

ACCOUNTS = [f"account-7b0c9c1e-59a1-5c55-9d5c-{number:012}" for number in range(50)]
STARTED = sample(SessionStarted)
PROMPT = json.loads(STARTED.model_dump_json())["prompt"]


class Asked(MemoryKeyStore):
    """Counts the questions, and can be away."""

    def __init__(self) -> None:
        super().__init__()
        self.questions: list[str] = []
        self.away = False

    def _count(self, question: str) -> None:
        self.questions.append(question)
        if self.away:
            raise Unavailable("the store of keys", "it is away")

    def find(self, subject: str) -> tuple[bool, bytes | None]:
        self._count("find")
        return super().find(subject)

    def these(self, subjects: Collection[str]) -> Mapping[str, bytes | None]:
        self._count("these")
        return super().these(subjects)

    def make(self, subject: str) -> bytes | None:
        self._count("make")
        return super().make(subject)


def sealed_for(store: MemoryKeyStore, subject: str) -> Record:
    return a_record(a_commit(STARTED, KeyRing(store), subject=subject))


def a_record(commit: Commit) -> Record:
    value = msgspec.json.encode(commit)
    made = link(b"", commit.stream.encode(), value)
    return Record(0, made.key, made.value, made.id, made.prev)


def read(record: Record, ring: KeyRing) -> Commit:
    counted = counted_of(record, CATALOG.under(ring))
    assert counted.commit is not None
    return counted.commit


async def test_a_batch_asks_once_for_all_keys_that_its_folder_never_met() -> None:
    store = Asked()
    records = [sealed_for(store, account) for account in ACCOUNTS]
    ring = KeyRing(store)
    store.questions.clear()
    await met(ring, records)
    await met(ring, records)
    for record in records:
        assert b"enc:v1:" not in bytes(read(record, ring).events[0].data)
    assert store.questions == ["these"]


async def test_of_many_keys_a_few_are_kept_ready_and_what_is_sealed_with_any_opens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("eventlog.keys.ring.READY", 2)
    store = Asked()
    records = [sealed_for(store, account) for account in ACCOUNTS]
    ring = KeyRing(store)
    await met(ring, records)
    store.questions.clear()
    ring.destroy(ACCOUNTS[0])
    for record in records[1:] * 2:
        assert b"enc:v1:" not in bytes(read(record, ring).events[0].data)
    assert json.loads(bytes(read(records[0], ring).events[0].data))["prompt"] == ""
    assert store.questions == []


async def test_a_store_that_is_away_stops_the_batch_and_what_it_says_afterwards_is_read() -> None:
    store = Asked()
    record = sealed_for(store, ACCOUNTS[0])
    ring = KeyRing(store)
    store.away = True
    with pytest.raises(Unavailable):
        await met(ring, [record])
    with pytest.raises(Unavailable):
        read(record, ring)
    store.away = False
    await met(ring, [record])
    assert b"enc:v1:" not in bytes(read(record, ring).events[0].data)


async def test_a_key_that_is_asked_for_keeps_nobody_else_waiting() -> None:
    store = Asked()
    record = sealed_for(store, ACCOUNTS[0])
    went_on, answered = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    class Slow(KeyRing):
        def meet(self, subjects: Collection[str]) -> None:
            asyncio.run_coroutine_threadsafe(went_on.wait(), loop).result(10)
            super().meet(subjects)

    async def meeting() -> None:
        await met(Slow(store), [record])
        answered.set()

    async with asyncio.TaskGroup() as group:
        group.create_task(meeting())
        await asyncio.sleep(0)
        assert not answered.is_set()
        went_on.set()


async def test_words_that_look_sealed_and_name_nobody_are_no_matter() -> None:
    store = Asked()
    record = sealed_for(store, ACCOUNTS[0])
    await met(KeyRing(Asked()), [record])
    assert subjects_in(record.value) == {ACCOUNTS[0]}


def test_a_key_that_was_destroyed_while_it_was_read_is_not_kept() -> None:
    class Late(MemoryKeyStore):
        def some(self, most: int) -> Mapping[str, bytes]:
            found = dict(super().some(most))
            ring.destroy(ACCOUNTS[0])
            return found

    ring = KeyRing(Late())
    ring.to_seal(ACCOUNTS[0])
    ring.load()
    assert ring.to_open(ACCOUNTS[0]) is None
    with pytest.raises(KeyDestroyed):
        ring.to_seal(ACCOUNTS[0])


async def test_a_rule_whose_key_cannot_be_had_refuses_nothing_and_decides_later() -> None:
    store = Asked()
    lane = Lane(DECIDERS, SESSION_CATALOG.under(KeyRing(store)), MemoryLedger(start("toys", 0)), lambda _: True)
    _, begin = commands(2, seed=1)
    store.away = True
    with pytest.raises(Unavailable):
        lane.propose(begin)
    assert lane.pending == 0
    store.away = False
    proposed = lane.propose(begin)
    assert proposed is not None
    commit = msgspec.json.decode(proposed.value, type=Commit)
    assert commit.refusal is None
    assert b"enc:v1:" in proposed.value


async def test_what_was_written_in_plain_text_is_read_beside_what_is_sealed_and_outlives_the_key() -> None:
    store = Asked()
    ring = KeyRing(store)
    plain = a_record(a_commit(STARTED, NoKeys(), subject=""))
    sealed = sealed_for(store, ACCOUNTS[0])
    words = [read(record, ring).events[0].data for record in (plain, sealed)]
    assert [json.loads(bytes(said))["prompt"] for said in words] == [PROMPT] * 2
    ring.destroy(ACCOUNTS[0])
    words = [read(record, ring).events[0].data for record in (plain, sealed)]
    assert [json.loads(bytes(said))["prompt"] for said in words] == [PROMPT, ""]
