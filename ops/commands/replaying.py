"""`playhead replay`: projections as they were, beside the live ones; or what a replay would change, with no write.

Live documents and tables are read here, never written. No policy runs, no worker hears of anything: what is folded is
what happened, and folding has no effects.
"""

import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

from contracts.envelope import stream_id
from eventlog.archive.objects import open_archive
from eventlog.archive.reading import ArchivedLog, existing_contents, joined
from eventlog.kafka import KafkaEventLog, partition_for
from eventlog.read.as_of import Past, Scope
from eventlog.read.differences import compare
from eventlog.read.replay import ReadableLog, Source
from eventlog.read.snapshot import Snapshot, SnapshotStore
from ops.commands.log import TOPIC_OF
from ops.commands.options import Json
from ops.commands.progress import bars
from ops.commands.projectors import KNOWN, Kept, store_of
from ops.commands.reach import log_of, mongo, postgres, subject_keys
from ops.commands.replay_aside import check_free, drop, keep_aside
from ops.commands.replay_telling import Told, tell
from ops.commands.restoring import moment_of
from ops.operations import recorded
from ops.settings import OpsSettings

FINE, WRONG, USAGE = 0, 1, 2
NAME = re.compile(r"[a-z][a-z0-9_]{0,29}")


class Asked(NamedTuple):
    """What is to be replayed. `stream` is its name in the log; `archive` a URL, or empty for the log alone."""

    scope: Scope
    projectors: Sequence[Kept]
    archive: str


async def replay(
    *,
    at: str = "",
    into: str = "",
    dry_run: bool = False,
    projector: str = "",
    stream: str = "",
    tenant: str = "",
    since: str = "",
    until: str = "",
    archive: str = "",
    drop_name: str = "",
    personal: bool = False,
    as_json: Json = False,
) -> int:
    """Fold the log as it was at a time, into a place beside the live documents and tables, or only to compare.

    Services may run meanwhile; what is live is never written. Everything is folded in memory, one projector after the
    other: narrow what is large.

    Parameters
    ----------
    at
        Up to this time, such as 2026-11-21T12:00:00Z; without it up to now.
    into
        A new name: the documents go to the database <documents>_<name> of MongoDB, the rows to schemas <name>_<schema>.
    dry_run
        Write nothing; say which documents and rows, and which of their fields, differ from the live ones.
    projector
        One projector only, such as session.mongo-projector.
    stream
        One stream only: its name in the log (session-<uuid>), or with --tenant what people call it.
    tenant
        One tenant's streams only.
    since, until
        Only streams to which something happened from this time, or up to it; with all that happened to them.
    archive
        Read from this archive as far as it goes, and only its tail from Kafka.
    drop_name
        Drop what a replay --into that name has made, and do nothing else.
    personal
        Show personal text, too; without it only how long it is.
    """
    settings = OpsSettings()
    if wrong := _misused(into, drop_name, dry_run=dry_run):
        return tell(Told(wrong=wrong), USAGE, as_json=as_json)
    if drop_name:
        async with recorded(settings, "replay drop", drop_name):
            return tell(Told(dropped=await drop(settings, drop_name)), FINE, as_json=as_json)
    try:
        asked = _asked(at, projector, stream, tenant, since, until, archive)
    except ValueError as error:
        return tell(Told(wrong=str(error)), USAGE, as_json=as_json)
    told = Told(personal=personal, into=into)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(mongo(settings, "playhead-replay"))
        pool = await stack.enter_async_context(postgres(settings, "playhead-replay", seconds=600))
        if into:
            await check_free(settings, pool, into)
            await stack.enter_async_context(recorded(settings, "replay into", into))
        for kept in asked.projectors:
            async with _source(settings, kept, asked) as source:
                if dry_run:
                    await _compare(kept, source, asked.scope, store_of(kept, database, pool), told)
                else:
                    past = await _folded(kept, source, asked.scope)
                    told.folded(kept.name, past)
                    told.kept |= await keep_aside(settings, pool, into, kept, past, asked.scope)
    return tell(told, WRONG if told.parked else FINE, as_json=as_json)


def _misused(into: str, drop_name: str, *, dry_run: bool) -> str:
    if sum((bool(into), bool(drop_name), dry_run)) != 1:
        return "give one of --dry-run (what would differ?), --into NAME (keep it beside) and --drop-name NAME"
    name = into or drop_name
    if name and not NAME.fullmatch(name):
        return f"{name!r} is no name: small letters, digits and _, beginning with a letter, at most 30"
    return ""


def _asked(at: str, projector: str, stream: str, tenant: str, since: str, until: str, archive: str) -> Asked:
    """ValueError says what is wrong with it."""
    times = {name: moment_of(text) for name, text in (("at", at), ("since", since), ("until", until)) if text}
    topic = ""
    if stream:
        category, _, public_id = stream.partition("-")
        if category not in TOPIC_OF or not public_id:
            raise ValueError(f"--stream: a name begins with one of {', '.join(f'{name}-' for name in TOPIC_OF)}")
        topic = TOPIC_OF[category]
        stream = stream_id(category, tenant, public_id) if tenant else stream
    if projector and projector not in KNOWN:
        raise ValueError(f"--projector: there are {', '.join(KNOWN)}")
    chosen = [
        kept for kept in KNOWN.values() if projector in ("", kept.name) and topic in ("", kept.projector.topic.name)
    ]
    if not chosen:
        raise ValueError(f"{projector} does not hear {topic}, where the events of {stream} are")
    return Asked(Scope(stream=stream, tenant=tenant, **times), chosen, archive)


@asynccontextmanager
async def _source(settings: OpsSettings, kept: Kept, asked: Asked) -> AsyncGenerator[Source]:
    with subject_keys(settings) as opening:
        async with log_of(settings, kept.projector.topic.name) as log:
            count = log.partitions()
            stream = asked.scope.stream
            partitions = [partition_for(stream, count)] if stream else range(count)
            catalog = kept.projector.catalog.under(opening.keys)
            yield Source(await _with_archive(log, asked.archive), partitions, catalog)


async def _with_archive(log: KafkaEventLog, where: str) -> ReadableLog:
    if not where:
        return log
    store = open_archive(where)
    contents = await existing_contents(store)
    return await joined(ArchivedLog(store, contents, log.topic), contents, log)


async def _folded(kept: Kept, source: Source, scope: Scope) -> Past:
    past = Past(source, *kept.folds, scope)
    ends = {partition: await source.log.end(partition) for partition in source.partitions}
    with bars() as told:
        await past.run(ends, lambda done, of: told(f"folding {kept.name}", done, of))
    return past


async def _compare(kept: Kept, source: Source, scope: Scope, live: SnapshotStore, told: Told) -> None:
    """Up to where the live projector stands: what it has not read yet is no difference."""
    past = Past(source, *kept.folds, scope)
    with bars() as shown:

        async def fold_to(snapshot: Snapshot) -> None:
            places: Mapping[tuple[str, int], int] = {
                place: found.position.next_offset for place, found in (await snapshot.checkpoints()).items()
            }
            ends = {partition: places.get((source.log.topic, partition), 0) for partition in source.partitions}
            await past.run(ends, lambda done, of: shown(f"folding {kept.name}", done, of))

        async with live.snapshot() as snapshot:  # nearly all of it, before the one that counts: none is kept for long
            await fold_to(snapshot)
        async with live.snapshot() as snapshot:
            await fold_to(snapshot)
            streams = None if scope.is_whole else past.streams
            compared = await compare(
                snapshot, past.store, (*kept.projector.projections, *kept.projector.journals), streams
            )
    told.folded(kept.name, past)
    told.compared[kept.name] = compared
