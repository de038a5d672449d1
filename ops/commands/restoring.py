"""What `playhead restore` and `playhead archive --restore` have in common: an archived log, into an empty stack."""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import NamedTuple

from contracts.topics import TOPICS
from eventlog.archive.manifest import ArchiveError
from eventlog.archive.reading import ArchivedLog
from eventlog.archive.restoring import check_target, cut_at, heads, restore_log
from eventlog.archive.writing import Progress
from eventlog.kafka import create_topics, existing_topics
from ops.commands.reach import kafka, log_of
from ops.commands.resetting import refuse_beside_services, stores_in_use
from ops.settings import OpsSettings

CHAINED = tuple(topic for topic in TOPICS if topic.chained)


class Restored(NamedTuple):
    """How many records are wanted, how many of them were there before, how many were appended."""

    wanted: int
    there: int
    appended: int


def moment_of(text: str) -> datetime:
    """A time as people write it; UTC where it names no zone. ValueError for what is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no time such as 2026-11-21T12:00:00Z") from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def until_of(until: str) -> Sequence[str]:
    """What `--until` said, as an option of an operation."""
    return [f"until={until}"] if until else []


async def cuts(logs: Mapping[str, ArchivedLog], until: str) -> dict[str, dict[int, int]]:
    """Topic to partition to where it is to end. ValueError: `until` names neither a time nor places that are there."""
    whole = {
        name: {partition: await log.end(partition) for partition in log.partitions()} for name, log in logs.items()
    }
    if not until:
        return whole
    if "=" in until:
        for part in until.split(","):
            place, _, end = part.strip().rpartition("=")
            topic, _, partition = place.rpartition("/")
            most = whole.get(topic, {}).get(int(partition) if partition.isdecimal() else -1)
            if most is None or not end.isdecimal() or not 1 <= int(end) <= most:
                known = ", ".join(f"{name}/{p}=1…{e}" for name, each in whole.items() for p, e in each.items())
                raise ValueError(f"--until {part.strip()!r} names no place that is there: there are {known}")
            whole[topic][int(partition)] = int(end)
        return whole
    try:
        moment = moment_of(until)
    except ValueError as error:
        raise ValueError(f"--until {error}, nor places such as playhead.session.events/0=120") from error
    return {name: await cut_at(log, log.partitions(), moment) for name, log in logs.items()}


async def check_stack(settings: OpsSettings, logs: Mapping[str, ArchivedLog], partitions: int) -> None:
    """Raises `ArchiveError` for a stack that this log does not fit, or that holds what another log gave.

    Raises `ResetRefused` where services run.
    """
    if set(logs) != {topic.name for topic in CHAINED}:
        raise ArchiveError(
            f"the archive is of {', '.join(sorted(logs))}; a stack has {', '.join(topic.name for topic in CHAINED)}"
        )
    if partitions != settings.partitions:
        raise ArchiveError(
            f"the archive has {partitions} partition(s) a topic, PLAYHEAD_PARTITIONS says {settings.partitions}: a "
            f"stream would be looked for elsewhere. Set PLAYHEAD_PARTITIONS={partitions} for this stack, and start it "
            "again."
        )
    await refuse_beside_services(settings)
    if used := await stores_in_use(settings):
        raise ArchiveError(
            f"{', '.join(used)} hold(s) what was made from another log: `playhead reset --everything` empties this "
            "stack; another data folder (PLAYHEAD_DATA) is a stack of its own"
        )


async def bring_back(
    settings: OpsSettings,
    logs: Mapping[str, ArchivedLog],
    ends: Mapping[str, Mapping[int, int]],
    *,
    replication: int,
    dry_run: bool,
    told: Progress,
) -> Restored:
    """Append what is missing up to `ends`, and verify every chain; `check_stack` comes before."""
    partitions = max(len(each) for each in ends.values())
    missing = {topic.name for topic in CHAINED}
    there = appended = 0
    if dry_run:
        missing -= await existing_topics(kafka(settings), CHAINED)
    else:
        await create_topics(kafka(settings), TOPICS, partitions, replication, begin=False)
        missing = set()
    async with AsyncExitStack() as stack:
        found = {name: await stack.enter_async_context(log_of(settings, name)) for name in logs if name not in missing}
        for name, log in found.items():
            there += await check_target(log, logs[name], ends[name])
        for name, log in () if dry_run else found.items():
            appended += await restore_log(log, logs[name], ends[name], told)
            await heads(log, ends[name], told)
    return Restored(sum(sum(each.values()) for each in ends.values()), there, appended)
