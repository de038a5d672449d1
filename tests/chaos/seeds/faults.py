"""What each kind of fault does to a system. When its function returns, the fault is over and what it did is healed."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid5

import httpx
import msgspec
import psutil
import redis.asyncio

from blobs.store import key_of
from contracts.envelope import Command, stream_id
from contracts.messages.session import StartSession
from contracts.topics import COMMANDS_OF, RENDER_EVENTS, SESSION_COMMANDS, SESSION_EVENTS
from eventlog import clock
from eventlog.commit import Link, link
from eventlog.errors import Unavailable
from eventlog.kafka import KafkaAccess, KafkaEventLog, KafkaSender
from tests.chaos.client import FILM_SECONDS
from tests.chaos.history import History, read_histories
from tests.chaos.processes import frozen
from tests.chaos.seeds.load import http_of
from tests.chaos.seeds.plan import Fault
from tests.chaos.seeds.wires import Trouble, Wire
from tests.chaos.system import LOOK_SECONDS, System, encoding
from tests.waiting import eventually

BACK_SECONDS = 120.0
RESET_SECONDS = 0.5
REPEATED_RECORDS = 2_000
"""Of the newest of a partition: more of them would tell nothing new."""
_IDS = UUID("6d0a54c7-36c4-5d86-8c6e-3f1f0f3a9f02")


@dataclass(frozen=True, slots=True)
class Site:
    """Where faults happen. `wires` is empty where services and stores know each other; `findings` are what a fault
    itself saw go wrong; `back`: seconds until what was ended worked again."""

    system: System
    seed: int
    wires: Mapping[str, Wire]
    findings: list[str] = field(default_factory=list[str])
    remarks: list[str] = field(default_factory=list[str])
    back: list[tuple[str, float]] = field(default_factory=list[tuple[str, float]])


Happening = Callable[[Site, Fault], Awaitable[None]]


async def ended(number: signal.Signals, site: Site, fault: Fault) -> None:
    began = asyncio.get_running_loop().time()
    if fault.target == "postgres" and number is signal.SIGTERM:
        number = signal.SIGINT  # to PostgreSQL, SIGTERM says: when the last client has gone, which none of ours does
    old = site.system.send(fault.target, number)

    async def works() -> bool:
        told = site.system.told(fault.target)
        return told["pid"] != old and told["state"] == "ready"

    await eventually(works, BACK_SECONDS, LOOK_SECONDS)
    site.back.append((fault.target, asyncio.get_running_loop().time() - began))


async def stood_still(site: Site, fault: Fault) -> None:
    with suppress(psutil.NoSuchProcess), frozen(int(site.system.told(fault.target)["pid"])):
        await asyncio.sleep(fault.lasts)


async def troubled(trouble: Trouble, site: Site, fault: Fault) -> None:
    with site.wires[fault.target].troubled(trouble):
        await asyncio.sleep(fault.lasts)


async def reset(site: Site, fault: Fault) -> None:
    for _ in range(int(fault.lasts / RESET_SECONDS)):
        site.wires[fault.target].reset()
        await asyncio.sleep(RESET_SECONDS)


async def joining_and_leaving(site: Site, fault: Fault) -> None:
    """Two more members of the group, one with ledgers of its own, each for half of the time."""
    elsewhere = site.system.folder / f"joined-{site.seed}"
    settings: tuple[dict[str, str], ...] = ({}, {"PLAYHEAD_DATA": str(elsewhere)})
    if fault.target == "worker":
        settings = ({"PLAYHEAD_WORKER_NAME": "joined-1"}, {"PLAYHEAD_WORKER_NAME": "joined-2"})
    for told in settings:
        async with site.system.beside(fault.target, **told):
            await asyncio.sleep(fault.lasts / len(settings))


async def delivered_again(site: Site, fault: Fault) -> None:
    """Every command that was ever given, in its topic; and the newest commits, in theirs, where they do not chain."""
    histories = await _read(site)
    commands = [said for one in histories.values() for wordings in one.asked.values() for said in wordings]
    sender = KafkaSender(KafkaAccess(site.system.endpoints.kafka), COMMANDS_OF)
    try:
        await _until_there(lambda: sender.send(commands))
    finally:
        await sender.close()
    for history in histories.values():
        for (topic, partition), records in history.events.items():
            links = [Link(one.key, one.value, one.id, one.prev) for one in records[-REPEATED_RECORDS:]]
            if links:
                await _append(site, topic, partition, links)


async def ledgers_lost(site: Site, fault: Fault) -> None:
    """The service reads its commands from offset 0 on."""
    site.system.send(fault.target, signal.SIGSTOP)
    site.system.forget_ledgers(fault.target)
    await ended(signal.SIGKILL, site, fault)


async def poison(site: Site, fault: Fault) -> None:
    """Bytes that are no record of ours in commands and events; commands of unknown versions and of the wrong shape."""
    noise = [Link(b"?", b"\xff\xfe no record", b"", b""), link(b"no such head 16b", b"session-?", b'{"stream": 7}')]
    for topic in (SESSION_COMMANDS.name, SESSION_EVENTS.name, RENDER_EVENTS.name):
        await _append(site, topic, site.seed % 2, noise)
    sender = KafkaSender(KafkaAccess(site.system.endpoints.kafka), COMMANDS_OF)
    try:
        await _until_there(lambda: sender.send([_strange(site, "version"), _strange(site, "shape")]))
    finally:
        await sender.close()


def _strange(site: Site, what: str) -> Command:
    of_newer_code = what == "version"
    return Command(
        id=uuid5(_IDS, f"{site.seed} {what}"),
        stream=stream_id("session", "demo", str(uuid5(_IDS, f"{site.seed} stream"))),
        type=StartSession.TYPE,
        type_version=99 if of_newer_code else StartSession.VERSION,
        at=clock.now(),
        tenant="demo",
        actor="a stranger",
        data=msgspec.Raw(b"{}") if of_newer_code else msgspec.Raw(b'{"sessionId": 7}'),
    )


async def cache_flushed(site: Site, fault: Fault) -> None:
    async with redis.asyncio.from_url(site.system.endpoints.redis, socket_timeout=10) as cache:
        await cache.flushall()


async def file_cut_short(site: Site, fault: Fault) -> None:
    """A film on the disk loses its second half for a while: who asks for it must not be told that half is the whole."""
    async with http_of(site.system) as http:
        asset = await eventually(lambda: _a_film(http), FILM_SECONDS, 1.0)
        path = site.system.folder / "blobs" / key_of(asset["sha256"])
        content = await asyncio.to_thread(path.read_bytes)
        await asyncio.to_thread(path.write_bytes, content[: len(content) // 2])
        try:
            answer = await http.get(f"/v1/assets/{asset['assetId']}/content")
            if answer.is_success and len(answer.content) < len(content):
                site.findings.append(f"half of {asset['assetId']} was served as the whole")
        except httpx.TransportError as error:
            site.remarks.append(f"the connection ends in mid-film: {type(error).__name__}")
        finally:
            await asyncio.to_thread(path.write_bytes, content)


async def _a_film(http: httpx.AsyncClient) -> dict[str, Any] | None:
    try:
        found = await http.get("/v1/sessions", params={"status": "completed", "limit": 100})
        for item in found.json()["items"] if found.is_success else ():
            session = (await http.get(f"/v1/sessions/{item['sessionId']}")).json()
            for asset in session.get("assets", ()):
                if asset["kind"] == "video":
                    return asset
    except httpx.TransportError:
        return None
    return None


async def encoder_killed(site: Site, fault: Fault) -> None:
    """As the kernel does where memory is short."""
    for encoder in await eventually(lambda: encoding(site.system), FILM_SECONDS, LOOK_SECONDS):
        with suppress(psutil.NoSuchProcess):
            encoder.kill()


async def _read(site: Site) -> Mapping[str, History]:
    async def read() -> Mapping[str, History] | None:
        try:
            return await read_histories(site.system.endpoints)
        except Unavailable:
            return None

    return await eventually(read, BACK_SECONDS, LOOK_SECONDS)


async def _append(site: Site, topic: str, partition: int, links: Sequence[Link]) -> None:
    """As somebody who may write there, and does not know the chain."""
    log = KafkaEventLog(KafkaAccess(site.system.endpoints.kafka, client_id="playhead-chaos"), topic)
    try:
        await _until_there(log.start)
        await _until_there(lambda: log.append(partition, links))
    finally:
        await log.close()


async def _until_there(act: Callable[[], Awaitable[object]]) -> None:
    async def done() -> bool:
        try:
            await act()
        except Unavailable:
            return False
        return True

    await eventually(done, BACK_SECONDS, LOOK_SECONDS)


HAPPENINGS: Final[Mapping[str, Happening]] = {
    "service killed": partial(ended, signal.SIGKILL),
    "part killed": partial(ended, signal.SIGKILL),
    "service restarted": partial(ended, signal.SIGTERM),
    "part restarted": partial(ended, signal.SIGTERM),
    "frozen": stood_still,
    "cut off": partial(troubled, Trouble(requests_held=True, answers_held=True)),
    "answers cut off": partial(troubled, Trouble(answers_held=True)),
    "answers lost": partial(troubled, Trouble(loses=0.05)),
    "connections reset": reset,
    "late": partial(troubled, Trouble(late=0.1)),
    "slow": partial(troubled, Trouble(late=0.8)),
    "joining and leaving": joining_and_leaving,
    "delivered again": delivered_again,
    "ledgers lost": ledgers_lost,
    "poison": poison,
    "cache flushed": cache_flushed,
    "file cut short": file_cut_short,
    "encoder killed": encoder_killed,
}
