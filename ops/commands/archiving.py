"""`playhead archive`: the log, copied out of Kafka a little more with each run; checked and brought back without it."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

from contracts.digest import catalogue_digest
from eventlog.archive.checking import findings, untold
from eventlog.archive.manifest import Contents
from eventlog.archive.objects import open_archive
from eventlog.archive.reading import ArchivedLog, existing_contents, read_contents
from eventlog.archive.store import ArchiveStore
from eventlog.archive.writing import archive as write_archive
from eventlog.archive.writing import ends_of
from eventlog.clock import now
from eventlog.errors import Diverged
from ops.commands.options import Json
from ops.commands.progress import bars
from ops.commands.reach import log_of
from ops.commands.restoring import CHAINED, bring_back, check_stack, cuts, until_of
from ops.operations import recorded
from ops.settings import OpsSettings

FINE, WRONG, USAGE = 0, 1, 2


async def archive(
    *,
    to: str = "",
    verify: bool = False,
    restore: bool = False,
    until: str = "",
    replication: int = 1,
    dry_run: bool = False,
    as_json: Json = False,
) -> int:
    """Copy what is new of the log into an archive. Services may run meanwhile; run it as often as you like.

    Each run goes on where the last one ended, or was cut off; nothing that is archived is ever written again. Every
    record is held against the chain as it is archived, and the log against the end of its archive.

    Parameters
    ----------
    to
        A folder, or s3://bucket/prefix; without it PLAYHEAD_ARCHIVE_URL.
    verify
        Archive nothing; check every hash and chain of what is there. Needs no Kafka. Exit 1 names what was altered.
    restore
        Bring the archive into an empty stack whose services do not run: `playhead up --parts-only` starts one. The
        archive is verified first. Interrupted, the same command goes on; `playhead up` then makes documents and tables.
    until
        With --restore: only what happened until then, a time such as 2026-11-21T12:00:00Z, or where partitions end,
        such as playhead.session.events/0=120.
    replication
        With --restore: of the topics that are made.
    dry_run
        Say what would be archived or restored, and write nothing.
    """
    settings = OpsSettings()
    where = to or settings.archive_url
    if wrong := _misused(where, verify=verify, restore=restore, until=until, dry_run=dry_run):
        return _tell({"usage": wrong}, wrong, USAGE, as_json=as_json)
    store = open_archive(where)
    if verify:
        return await _verify(store, as_json=as_json)
    if restore:
        return await _restore(settings, store, until, replication=replication, dry_run=dry_run, as_json=as_json)
    return await _archive(settings, store, dry_run=dry_run, as_json=as_json)


def _misused(where: str, *, verify: bool, restore: bool, until: str, dry_run: bool) -> str:
    if not where:
        return "where to? Name a folder or s3://bucket/prefix with --to, or once for all with PLAYHEAD_ARCHIVE_URL"
    if verify and (restore or dry_run):
        return "--verify stands alone: --restore verifies the archive before it writes, and a check changes nothing"
    if until and not restore:
        return "--until goes with --restore: an archive is always of the whole log"
    return ""


async def _archive(settings: OpsSettings, store: ArchiveStore, *, dry_run: bool, as_json: bool) -> int:
    before = await read_contents(store)
    async with AsyncExitStack() as stack:
        found = [await stack.enter_async_context(log_of(settings, topic.name)) for topic in CHAINED]
        ends = await ends_of({log.topic: (log, range(log.partitions())) for log in found})
        contents = before
        if not dry_run:
            async with recorded(settings, "archive", store.url, before=False):
                digest = await asyncio.to_thread(catalogue_digest)
                with bars() as told:
                    contents = await write_archive(store, {log.topic: log for log in found}, ends, digest, now, told)
    new = sum(sum(each.values()) for each in ends.values()) - before.records
    said = (
        f"{new} new record(s) would be archived to {store.url} ({before.records} are there); nothing was written"
        if dry_run
        else f"{new} new record(s) archived to {store.url}: {_about(contents)}"
    )
    return _tell({"new": new, "dryRun": dry_run, **_facts(store, contents)}, said, FINE, as_json=as_json)


async def _verify(store: ArchiveStore, *, as_json: bool) -> int:
    contents, wrong, left = Contents(), list[str](), list[str]()
    try:
        contents = await existing_contents(store)
        with bars() as told:
            wrong = [sentence async for sentence in findings(store, contents, told)]
        left = await untold(store, contents)
    except Diverged as error:
        wrong.append(str(error))
    facts = {"wrong": wrong, "untold": left, **_facts(store, contents)}
    if wrong:
        return _tell(facts, "\n".join([*wrong, "use another copy of this archive"]), WRONG, as_json=as_json)
    beside = f"; {len(left)} segment(s) of interrupted runs are no part of it" if left else ""
    return _tell(
        facts, f"{store.url} is whole: {_about(contents)}; every hash and chain holds{beside}", FINE, as_json=as_json
    )


async def _restore(
    settings: OpsSettings, store: ArchiveStore, until: str, *, replication: int, dry_run: bool, as_json: bool
) -> int:
    contents = await existing_contents(store)
    with bars() as told:
        if wrong := [sentence async for sentence in findings(store, contents, told)]:
            said = "\n".join([*wrong, "nothing was restored: use another copy of this archive"])
            return _tell({"wrong": wrong, **_facts(store, contents)}, said, WRONG, as_json=as_json)
        logs = {topic: ArchivedLog(store, contents, topic) for topic in contents.topics}
        try:
            ends = await cuts(logs, until)
        except ValueError as error:
            return _tell({"usage": str(error)}, str(error), USAGE, as_json=as_json)
        await check_stack(settings, logs, max(contents.topics.values()))
        options = until_of(until)
        async with recorded(settings, "archive restore", store.url, options, before=False, dry_run=dry_run):
            done = await bring_back(settings, logs, ends, replication=replication, dry_run=dry_run, told=told)
    facts = {"records": done.wanted, "thereBefore": done.there, "appended": done.appended, "until": ends}
    said = (
        f"the archive is whole: {done.wanted} records ({done.there} are there already) would be restored; nothing was "
        "written"
        if dry_run
        else f"{done.appended} records were appended ({done.there} were there); every chain verifies. `playhead up` "
        "makes documents and tables of them; the bytes of videos are not in an archive of the log, `playhead backup` "
        "has them."
    )
    return _tell({"dryRun": dry_run, **facts, **_facts(store, contents)}, said, FINE, as_json=as_json)


def _about(contents: Contents) -> str:
    size = sum(segment.size for segment in contents.segments)
    raw = sum(segment.raw_size for segment in contents.segments)
    return (
        f"{contents.records} records in {len(contents.segments)} segment(s), {size / 1e6:.1f} of {raw / 1e6:.1f} MB, "
        f"written by {contents.number + 1} manifest(s), the last {contents.digest[:16] or '(none)'}"
    )


def _facts(store: ArchiveStore, contents: Contents) -> Mapping[str, Any]:
    return {
        "archive": store.url,
        "records": contents.records,
        "segments": len(contents.segments),
        "bytes": sum(segment.size for segment in contents.segments),
        "rawBytes": sum(segment.raw_size for segment in contents.segments),
        "manifests": contents.number + 1,
        "digest": contents.digest,
        "catalogue": contents.catalogue,
        "topics": {
            topic: {"ends": ends, "heads": {part: contents.position(topic, part).head.hex() for part in ends}}
            for topic in contents.topics
            for ends in [contents.ends(topic)]
        },
    }


def _tell(told: Mapping[str, Any], said: str, code: int, *, as_json: bool) -> int:
    print(json.dumps(told) if as_json else said)
    return code
