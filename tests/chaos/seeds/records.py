"""Faults of what stands in the topics, and of what services remember of it."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from uuid import uuid5

import msgspec
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from contracts.envelope import Command, stream_id
from contracts.messages.session import StartSession
from contracts.topics import COMMANDS_OF, RENDER_EVENTS, SESSION_COMMANDS, SESSION_EVENTS
from eventlog import clock
from eventlog.commit import Link, link
from eventlog.errors import Unavailable
from eventlog.kafka import KafkaAccess, KafkaEventLog, KafkaSender
from tests.chaos.history import History, read_histories
from tests.chaos.processes import frozen
from tests.chaos.seeds.plan import Fault
from tests.chaos.seeds.site import BACK_SECONDS, IDS, Site, ended
from tests.chaos.system import LOOK_SECONDS
from tests.waiting import eventually

REPEATED_RECORDS = 2_000
"""Of the newest of a partition: more of them would tell nothing new."""


async def delivered_again(site: Site, fault: Fault) -> None:
    """Every command that was ever given, in its topic; and the newest commits, in theirs, where they do not chain."""
    histories = await histories_of(site)
    commands = [said for one in histories.values() for wordings in one.asked.values() for said in wordings]
    sender = KafkaSender(KafkaAccess(site.system.endpoints.kafka), COMMANDS_OF)
    try:
        await until_there(lambda: sender.send(commands))
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
    await ended(signal.SIGKILL, site, fault.target)


async def ledgers_of_before(site: Site, fault: Fault) -> None:
    """As after a backup of the disk was restored: what the service knows of its own is older than the log."""
    kept = await asyncio.to_thread(_stopped_ledgers, site, fault.target)
    await asyncio.sleep(fault.lasts)
    site.system.send(fault.target, signal.SIGSTOP)
    site.system.forget_ledgers(fault.target)
    for path, content in kept.items():
        await asyncio.to_thread(path.write_bytes, content)
    await ended(signal.SIGKILL, site, fault.target)


def _stopped_ledgers(site: Site, name: str) -> Mapping[Path, bytes]:
    with frozen(int(site.system.told(name)["pid"])):
        return {path: path.read_bytes() for path in site.system.ledgers(name)}


async def offsets_deleted(site: Site, fault: Fault) -> None:
    """Those that the groups of the service had committed, while none of it runs."""
    servers = site.system.endpoints.kafka
    async with site.wired.without(fault.target):
        await eventually(lambda: asyncio.to_thread(_groups_deleted, servers, fault.target), BACK_SECONDS, LOOK_SECONDS)


def _groups_deleted(servers: str, name: str) -> bool:
    """Whether none is left; those that still have members, who are dead, are left for the next time."""
    admin = AdminClient({"bootstrap.servers": servers})
    try:
        known = admin.list_consumer_groups(request_timeout=10).result(15).valid or []
        groups = [one.group_id for one in known if one.group_id.startswith(f"playhead.{name}.")]
        for deleted in admin.delete_consumer_groups(groups, request_timeout=10).values() if groups else ():
            deleted.result(15)
    except KafkaException:
        return False
    return not groups


async def poison(site: Site, fault: Fault) -> None:
    """Bytes that are no record of ours in commands and events; commands of unknown versions and of the wrong shape."""
    noise = [Link(b"?", b"\xff\xfe no record", b"", b""), link(b"no such head 16b", b"session-?", b'{"stream": 7}')]
    for topic in (SESSION_COMMANDS.name, SESSION_EVENTS.name, RENDER_EVENTS.name):
        await _append(site, topic, site.seed % 2, noise)
    sender = KafkaSender(KafkaAccess(site.system.endpoints.kafka), COMMANDS_OF)
    try:
        await until_there(lambda: sender.send([_strange(site, "version"), _strange(site, "shape")]))
    finally:
        await sender.close()


def _strange(site: Site, what: str) -> Command:
    of_newer_code = what == "version"
    return Command(
        id=uuid5(IDS, f"{site.seed} {what}"),
        stream=stream_id("session", "demo", str(uuid5(IDS, f"{site.seed} stream"))),
        type=StartSession.TYPE,
        type_version=99 if of_newer_code else StartSession.VERSION,
        at=clock.now(),
        tenant="demo",
        actor="a stranger",
        data=msgspec.Raw(b"{}") if of_newer_code else msgspec.Raw(b'{"sessionId": 7}'),
    )


async def histories_of(site: Site) -> Mapping[str, History]:
    """Everything, once the broker gives it; fails after `BACK_SECONDS`."""

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
        await until_there(log.start)
        await until_there(lambda: log.append(partition, links))
    finally:
        await log.close()


async def until_there(act: Callable[[], Awaitable[object]]) -> None:
    """Do it again and again until nothing is `Unavailable`; fails after `BACK_SECONDS`."""

    async def done() -> bool:
        try:
            await act()
        except Unavailable:
            return False
        return True

    await eventually(done, BACK_SECONDS, LOOK_SECONDS)
