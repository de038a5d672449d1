"""`playhead backup | restore`: what cannot be made again, into a folder and back."""

import asyncio
import json
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from blobs.opening import open_blobs
from blobs.store import BlobError
from contracts.digest import catalogue_digest
from eventlog.archive.writing import Progress
from eventlog.clock import now
from ops.backup.checking import findings, logs_in
from ops.backup.manifest import BackupError, Manifest, read_manifest
from ops.backup.restoring import restore_blobs
from ops.backup.taking import take
from ops.commands.options import Json
from ops.commands.progress import bars
from ops.commands.reach import log_of
from ops.commands.restoring import CHAINED, bring_back, check_stack, cuts, until_of
from ops.operations import recorded
from ops.settings import OpsSettings

FINE, WRONG, USAGE = 0, 1, 2


async def backup(folder: Path, *, as_json: Json = False) -> int:
    """Copy the log and the bytes that it names into a folder, and verify the copy. Services may run meanwhile.

    The log is copied up to one moment: each partition up to where it ended then. Documents and tables are not copied:
    the log makes them again. Neither are keys and passwords. Interrupted, the same command goes on where it stopped.
    """
    settings = OpsSettings()
    async with recorded(settings, "backup", str(folder)), AsyncExitStack() as stack:
        logs = [await stack.enter_async_context(log_of(settings, topic.name)) for topic in CHAINED]
        blobs = open_blobs(settings.blobs)
        stack.push_async_callback(blobs.close)
        told = stack.enter_context(bars())
        try:
            found = {log.topic: (log, range(log.partitions())) for log in logs}
            manifest = await take(folder, found, blobs, await asyncio.to_thread(catalogue_digest), now, told)
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
    logs = await logs_in(folder)
    try:
        ends = await cuts(logs, until)
    except ValueError as error:
        _tell({"folder": str(folder), "usage": str(error)}, str(error), as_json=as_json)
        return USAGE
    await check_stack(settings, logs, manifest.partitions)
    act = recorded(settings, "restore", str(folder), until_of(until), before=False, dry_run=dry_run)
    async with act:
        with bars() as told:
            log = await bring_back(settings, logs, ends, replication=replication, dry_run=dry_run, told=told)
            put = 0 if dry_run else await _put(settings, folder, manifest, told)
    done = {"records": log.wanted, "thereBefore": log.there, "appended": log.appended}
    done |= {"blobs": len(manifest.blobs), "put": put}
    _tell({"folder": str(folder), "dryRun": dry_run, "until": ends, **done}, _said(done, dry_run), as_json=as_json)
    return FINE


async def _put(settings: OpsSettings, folder: Path, manifest: Manifest, told: Progress) -> int:
    blobs = open_blobs(settings.blobs)
    try:
        return await restore_blobs(folder, manifest, blobs, told)
    except (BlobError, OSError) as error:
        raise BackupError(f"{error}. `playhead restore {folder}` goes on where it stopped.") from error
    finally:
        await blobs.close()


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
