"""`playhead backup | restore`: what cannot be made again, into a folder and back."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from blobs.opening import open_blobs
from blobs.store import BlobError
from contracts.topics import TOPICS
from eventlog.clock import now
from eventlog.copy import FileEventLog
from eventlog.kafka import create_topics, existing_topics
from ops.backup.checking import findings, heads
from ops.backup.manifest import BackupError, Manifest, read_manifest
from ops.backup.restoring import check_target, cut_at, restore_blobs, restore_log
from ops.backup.taking import take
from ops.commands.options import Json
from ops.commands.progress import bars
from ops.commands.reach import kafka, log_of
from ops.commands.resetting import refuse_beside_services, stores_in_use
from ops.settings import OpsSettings

FINE, WRONG, USAGE = 0, 1, 2
CHAINED = tuple(topic for topic in TOPICS if topic.chained)


async def backup(folder: Path, *, as_json: Json = False) -> int:
    """Copy the log and the bytes that it names into a folder, and verify the copy. Services may run meanwhile.

    The log is copied up to one moment: each partition up to where it ended then. Documents and tables are not copied:
    the log makes them again. Neither are keys and passwords. Interrupted, the same command goes on where it stopped.
    """
    settings = OpsSettings()
    async with AsyncExitStack() as stack:
        logs = [await stack.enter_async_context(log_of(settings, topic.name)) for topic in CHAINED]
        blobs = open_blobs(settings.blobs)
        stack.push_async_callback(blobs.close)
        told = stack.enter_context(bars())
        try:
            manifest = await take(
                folder, {log.topic: (log, range(log.partitions())) for log in logs}, blobs, now(), told
            )
        except (BlobError, OSError) as error:
            raise BackupError(f"{error}. What was copied is kept: `playhead backup {folder}` goes on.") from error
    _tell(
        {"folder": str(folder), **_about(manifest)},
        f"{manifest.records} records and {len(manifest.blobs)} blobs ({manifest.blob_bytes / 1e6:.1f} MB), as of "
        f"{manifest.taken_at.isoformat()}, are in {folder}; every chain and every hash was verified",
        as_json=as_json,
    )
    return FINE


async def restore(
    folder: Path, *, until: str = "", replication: int = 1, dry_run: bool = False, as_json: Json = False
) -> int:
    """Bring a backup into an empty stack whose services do not run: `playhead up --parts-only` starts one.

    The backup is verified first; exit 1 names what is wrong with it, and nothing is written. Interrupted, the same
    command goes on where it stopped. `playhead up` then makes documents and tables from the log.

    Parameters
    ----------
    until
        Only what happened until then: a time such as 2026-11-21T12:00:00Z, or where partitions end, such as
        playhead.session.events/0=120,playhead.render.events/3=44.
    replication
        Of the topics that are made.
    dry_run
        Verify the backup and look at the stack; write nothing.
    """
    settings = OpsSettings()
    manifest = await asyncio.to_thread(read_manifest, folder)
    with bars() as told:
        wrong = [sentence async for sentence in findings(folder, manifest, told)]
    if wrong:
        said = "\n".join([*wrong, "nothing was restored: use another copy of this backup"])
        _tell({"folder": str(folder), "wrong": wrong}, said, as_json=as_json)
        return WRONG
    logs = {topic.topic: await asyncio.to_thread(FileEventLog, folder / topic.file) for topic in manifest.topics}
    try:
        ends = await _ends(logs, manifest, until)
    except ValueError as error:
        _tell({"folder": str(folder), "usage": str(error)}, str(error), as_json=as_json)
        return USAGE
    _same_partitions(settings, manifest)
    await refuse_beside_services(settings)
    if used := await stores_in_use(settings):
        raise BackupError(
            f"{', '.join(used)} hold(s) what was made from another log: `playhead reset --everything` empties this "
            "stack; another data folder (PLAYHEAD_DATA) is a stack of its own"
        )
    done = await _restore(settings, folder, manifest, logs, ends, replication=replication, dry_run=dry_run)
    _tell({"folder": str(folder), "dryRun": dry_run, "until": ends, **done}, _said(done, dry_run), as_json=as_json)
    return FINE


async def _restore(
    settings: OpsSettings,
    folder: Path,
    manifest: Manifest,
    logs: Mapping[str, FileEventLog],
    ends: Mapping[str, dict[int, int]],
    *,
    replication: int,
    dry_run: bool,
) -> dict[str, Any]:
    missing = {topic.name for topic in CHAINED}
    there = appended = put = 0
    async with AsyncExitStack() as stack:
        told = stack.enter_context(bars())
        if not dry_run:
            await create_topics(kafka(settings), CHAINED, manifest.partitions, replication, begin=False)
        else:
            missing -= await existing_topics(kafka(settings), CHAINED)
        for name, source in logs.items():
            if dry_run and name in missing:
                continue
            log = await stack.enter_async_context(log_of(settings, name))
            there += await check_target(log, source, ends[name])
            if not dry_run:
                appended += await restore_log(log, source, ends[name], told)
                await heads(log, ends[name], told)
        if not dry_run:
            blobs = open_blobs(settings.blobs)
            stack.push_async_callback(blobs.close)
            try:
                put = await restore_blobs(folder, manifest, blobs, told)
            except (BlobError, OSError) as error:
                raise BackupError(f"{error}. `playhead restore {folder}` goes on where it stopped.") from error
    wanted = sum(sum(each.values()) for each in ends.values())
    return {"records": wanted, "thereBefore": there, "appended": appended, "blobs": len(manifest.blobs), "put": put}


async def _ends(logs: Mapping[str, FileEventLog], manifest: Manifest, until: str) -> dict[str, dict[int, int]]:
    """Topic to partition to where it ends. ValueError: `until` names neither a time nor places in this backup."""
    whole = {topic.topic: dict(topic.ends) for topic in manifest.topics}
    if not until:
        return whole
    if "=" in until:
        for part in until.split(","):
            place, _, end = part.strip().rpartition("=")
            topic, _, partition = place.rpartition("/")
            most = whole.get(topic, {}).get(int(partition) if partition.isdecimal() else -1)
            if most is None or not end.isdecimal() or not 1 <= int(end) <= most:
                known = ", ".join(f"{name}/{p}=1…{e}" for name, each in whole.items() for p, e in each.items())
                raise ValueError(f"--until {part.strip()!r} names no place in this backup: there are {known}")
            whole[topic][int(partition)] = int(end)
        return whole
    try:
        moment = datetime.fromisoformat(until)
    except ValueError as error:
        raise ValueError(
            f"--until {until!r} is neither a time such as 2026-11-21T12:00:00Z nor places such as "
            "playhead.session.events/0=120"
        ) from error
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return {name: await cut_at(log, aware) for name, log in logs.items()}


def _same_partitions(settings: OpsSettings, manifest: Manifest) -> None:
    if manifest.partitions != settings.partitions:
        raise BackupError(
            f"the backup has {manifest.partitions} partition(s) a topic, PLAYHEAD_PARTITIONS says "
            f"{settings.partitions}: a stream would be looked for elsewhere. Set PLAYHEAD_PARTITIONS="
            f"{manifest.partitions} for this stack, and start it again."
        )


def _about(manifest: Manifest) -> dict[str, Any]:
    return {
        "takenAt": manifest.taken_at.isoformat(),
        "records": manifest.records,
        "blobs": len(manifest.blobs),
        "blobBytes": manifest.blob_bytes,
        "topics": {topic.topic: {"ends": topic.ends, "heads": topic.heads} for topic in manifest.topics},
    }


def _said(done: Mapping[str, Any], dry_run: bool) -> str:
    if dry_run:
        return (
            f"the backup is whole: {done['records']} records ({done['thereBefore']} are there already) and "
            f"{done['blobs']} blobs would be restored; nothing was written"
        )
    return (
        f"{done['appended']} records were appended ({done['thereBefore']} were there), {done['put']} of "
        f"{done['blobs']} blobs put; every chain verifies. `playhead up` makes documents and tables of them, "
        "`playhead verify` compares these with the log."
    )


def _tell(told: Mapping[str, Any], said: str, *, as_json: bool) -> None:
    print(json.dumps(told) if as_json else said)
