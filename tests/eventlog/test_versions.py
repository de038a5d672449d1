"""The report of the versions in a log: how many of each, where, and whether this version of the code reads them."""

import json

import pytest

from eventlog.memory import MemoryEventLog
from eventlog.read.versions import Seen, Version, tally
from ops.commands.versions import tell
from tests.eventlog.counting import CATALOG, NOON, TOPIC, Writer


async def a_log() -> MemoryEventLog:
    log, writer, other = MemoryEventLog(TOPIC, 2), Writer(), Writer(1)
    lost = Writer().commit("counter-lost", 9)
    await log.append(0, [writer.commit("counter-a", 1, 2), lost, writer.commit("counter-a", 3, type_version=2)])
    await log.append(1, [other.commit("counter-b", 4), other.raw("counter-c", b"{")])
    return log


async def test_each_version_is_counted_once_where_it_counts() -> None:
    read: list[int] = []
    told = await tally(await a_log(), [0, 1], CATALOG, read.append)
    first, second = told.versions()
    assert (first.type, first.version, first.count, first.reads) == ("counter.added", 1, 3, "newest")
    assert (first.first.partition, first.first.offset) == (0, 0)
    assert (first.last.partition, first.last.offset) == (1, 0)
    at = NOON.replace(second=2)
    assert second == Version("counter.added", 2, 1, Seen(0, 2, at), Seen(0, 2, at), "nothing")
    assert told.unreadable is not None
    assert (told.unreadable.count, told.unreadable.first_partition, told.unreadable.first_offset) == (1, 1, 1)
    assert sum(read) == 5


async def test_what_is_not_read_is_named_and_the_exit_code_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    told = await tally(await a_log(), [0, 1], CATALOG, lambda _: None)
    assert tell({TOPIC: told}, as_json=False) == 1
    out = capsys.readouterr().out
    assert "this version of the code does not read counter.added v2: run the one that wrote it" in out
    assert "1 commits cannot be read, the first at 1/1" in out
    assert tell({TOPIC: told}, as_json=True) == 1
    (one, two) = json.loads(capsys.readouterr().out)[TOPIC]["versions"]
    assert (one["count"], one["reads"], two["reads"]) == (3, "newest", "nothing")


async def test_a_log_that_is_read_whole_is_fine() -> None:
    log = MemoryEventLog(TOPIC, 1)
    await log.append(0, [Writer().commit("counter-a", 1)])
    assert tell({TOPIC: await tally(log, [0], CATALOG, lambda _: None)}, as_json=True) == 0
