"""Faults after which nobody may go on as if nothing had happened: a part of the log is gone, and a person is needed."""

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from collections.abc import AsyncGenerator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from contracts.topics import SESSION_EVENTS
from eventlog.errors import Unavailable
from eventlog.kafka import KafkaAccess, create_topics
from eventlog.kafka.topics import delete_topics
from ops.settings import PROJECT
from tests.chaos.history import read_histories
from tests.chaos.processes import ended, environment_of
from tests.chaos.seeds.plan import Fault
from tests.chaos.seeds.site import Site
from tests.chaos.stores import Places, places_of, stores_of
from tests.chaos.system import LOOK_SECONDS, System
from tests.live.private_broker import change_byte, cut_tail
from tests.waiting import eventually

NOTICED_SECONDS = 120.0
LOST_BATCHES = 2
READERS = ("session", "analytics")
"""Whoever remembers the events of the session service: its lanes and documents, and the tables. The webhooks of the
gateway remember no more than the offsets of their group, which Kafka forgets with the topic."""
WAY_OUT = "from an archive"
"""What the sentence tells a person to do."""


async def tail_lost(site: Site, _fault: Fault) -> None:
    """Of the longest partition, while whoever reads it is at its end."""
    history = (await read_histories(site.system.endpoints))["session"]
    (topic, partition), _ = max(history.events.items(), key=lambda item: len(item[1]))
    async with site.wired.without("kafka"):
        folder = site.system.folder / "kafka" / "data" / f"{topic}-{partition}"
        await asyncio.to_thread(cut_tail, folder, LOST_BATCHES)


async def byte_changed(site: Site, _fault: Fault) -> None:
    """In an old commit, by somebody who makes the checksum right again. Whoever has read it does not read it again."""
    history = (await read_histories(site.system.endpoints))["session"]
    first = history.counted[0]
    async with site.wired.without("kafka"):
        folder = site.system.folder / "kafka" / "data" / f"{SESSION_EVENTS.name}-{first.partition}"
        await asyncio.to_thread(change_byte, folder, first.offset, b'"at":"20', b'"at":"19')


async def topic_deleted(site: Site, _fault: Fault) -> None:
    await delete_topics(KafkaAccess(site.system.endpoints.kafka), [SESSION_EVENTS])


async def topic_recreated(site: Site, fault: Fault) -> None:
    """Everybody who knew the old one finds a healthy chain, which is another."""
    access = KafkaAccess(site.system.endpoints.kafka)
    partitions = len((await read_histories(site.system.endpoints))["session"].events)
    await topic_deleted(site, fault)
    await eventually(lambda: _made(access, partitions), NOTICED_SECONDS, LOOK_SECONDS)


async def _made(access: KafkaAccess, partitions: int) -> bool:
    try:
        return bool(await create_topics(access, [SESSION_EVENTS], partitions, 1))
    except Unavailable:
        return False


@asynccontextmanager
async def noticed(site: Site, fault: Fault) -> AsyncGenerator[None]:
    """Around a loss: every reader says what is gone and what to do, and nothing moves afterwards.

    Fails with what went on all the same.
    """
    readers = (*READERS, "gateway") if fault.kind == "tail lost" else READERS
    # A topic that is gone may come back, as one whose leader changes: who asks for it waits, and says so.
    levels = ("warning", "critical") if fault.kind == "topic deleted" else ("critical",)
    before = {name: _log_size(site.system, name) for name in readers}
    stood = await _positions(site.system)
    began = asyncio.get_running_loop().time()
    yield
    for name, start in before.items():
        said = await eventually(partial(_said, site.system, name, start, levels), NOTICED_SECONDS, LOOK_SECONDS)
        site.remarks.append(f"{name} after {asyncio.get_running_loop().time() - began:.1f} s: {said['detail']}")
    moved = {name: (stood[name], now) for name, now in (await _positions(site.system)).items() if now != stood[name]}
    assert not moved, f"went on without what is gone: {moved}"


@asynccontextmanager
async def verified(site: Site, _fault: Fault) -> AsyncGenerator[None]:
    """Around a change of what nobody reads again: `playhead verify` finds nothing before, and names the place after."""
    first = (await read_histories(site.system.endpoints))["session"].counted[0]
    code, said = await _verify(site.system)
    assert code == 0, said
    yield
    code, said = await _verify(site.system)
    assert code == 1, f"verify ends with {code}: {said}"
    assert f"{SESSION_EVENTS.name}[{first.partition}]" in said, said
    assert f"offset {first.offset}" in said, said
    site.remarks.append(f"verify: {next(line for line in said.splitlines() if SESSION_EVENTS.name in line)}")


async def _verify(system: System) -> tuple[int | None, str]:
    told = environment_of(int(system.told("gateway")["pid"])) | system.endpoints.environment()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ops", "verify"), cwd=PROJECT, env=told, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT
    )
    try:
        async with asyncio.timeout(NOTICED_SECONDS):
            said, _ = await process.communicate()
    finally:
        await ended(process)
    return process.returncode, said.decode(errors="replace")


async def _said(system: System, name: str, start: int, levels: Collection[str]) -> Mapping[str, Any] | None:
    return next(_naming(system, name, start, levels), None)


def _naming(system: System, name: str, start: int, levels: Collection[str]) -> Iterator[Mapping[str, Any]]:
    """Lines of such a level that tell a person what to do about the topic, since its log had that size."""
    with (system.folder / "logs" / f"{name}.log").open("rb") as log:
        log.seek(start)
        for line in log:
            if line.startswith(b"{") and line.endswith(b"\n"):
                said = json.loads(line)
                detail = str(said.get("detail"))
                if said.get("level") in levels and SESSION_EVENTS.name in detail and WAY_OUT in detail:
                    yield said


def _log_size(system: System, name: str) -> int:
    return (system.folder / "logs" / f"{name}.log").stat().st_size


async def _positions(system: System) -> Mapping[str, Places]:
    """Of every projector that folds what is gone."""
    async with stores_of(system) as stores:
        return {
            kept.name: await places_of(store)
            for kept, store in stores
            if kept.projector.topic.name == SESSION_EVENTS.name
        }
