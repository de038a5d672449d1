"""P2: from a command's sending to the moment when the document that shows it can be read, at 50 commands a second.

Open loop (open_loop.py). The rival is a task queue's no-op at the same rate, which is neither durable nor projected:
Celery over the Redis protocol, with one worker process.
"""

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncGenerator

from contracts.envelope import Command
from eventlog import clock
from ops.bench.commands import commands
from ops.bench.measure import Figure, percentile
from ops.bench.open_loop import opened
from ops.commands.reach import endpoints
from ops.settings import PROJECT, OpsSettings

RATE = 50
COUNT = 1_500
WARM_UP = 200
SECONDS = 60.0


async def command_to_document(
    settings: OpsSettings, count: int = COUNT, warm_up: int = WARM_UP, rounds: int = 1
) -> Figure:
    """P2, on the running services; `playhead up` before. In each round `count` latencies of both are taken."""
    ours: list[list[float]] = []
    theirs: list[list[float]] = []
    missing = 0
    for number in range(rounds):
        seed = int(clock.now().timestamp()) + number
        seen, unseen = await _ours(settings, commands(count + warm_up, seed, rendered=False), warm_up)
        ours.append(seen)
        theirs.append(await _celery(endpoints(settings).redis, count, warm_up))
        missing += unseen
    together = sorted(latency for seen in ours for latency in seen), sorted(one for some in theirs for one in some)
    return Figure(
        id="P2",
        what=f"command to visible document, p99 at {RATE}/s",
        unit="ms",
        ours=[percentile(seen, 0.99) for seen in ours],
        limit_name="Celery + Redis no-op p99",
        limit=[percentile(seen, 0.99) for seen in theirs],
        goal_ratio=5,
        floor=60,
        at_least=False,
        correct=not missing,
        notes=[
            f"ours: {_percentiles(together[0])}",
            f"Celery: {_percentiles(together[1])}",
            f"{len(together[0])} of {count * rounds} outcomes seen in MongoDB, {missing} missing",
        ],
    )


def _percentiles(values: list[float]) -> str:
    shares = (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999))
    return ", ".join(f"{name} {percentile(values, share):.1f} ms" for name, share in shares)


async def _ours(settings: OpsSettings, given: list[Command], warm_up: int) -> tuple[list[float], int]:
    async with opened(settings, RATE) as sending:
        await sending.send(given)
        await sending.until_all_are_seen(SECONDS)
    counted = sending.seen(command.id for command in given[warm_up:])
    latencies = sorted(one.milliseconds for one in counted if one.visible is not None)
    return latencies, len(counted) - len(latencies)


async def _celery(url: str, count: int, warm_up: int) -> list[float]:
    """The same rate through a task queue: from the intended moment to the result's arrival."""
    async with _worker(url):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "ops.bench.celery_rival", url, str(RATE), str(count), str(warm_up)),
            cwd=PROJECT,
            stdout=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(SECONDS + (count + warm_up) / RATE):
            output, _ = await process.communicate()
    return sorted(float(line) for line in output.split())


@contextlib.asynccontextmanager
async def _worker(url: str) -> AsyncGenerator[None]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "celery", "-A", "ops.bench.celery_rival", "-b", url, "--result-backend", url),
        *("worker", "--pool", "solo", "--loglevel", "ERROR", "--without-gossip", "--without-mingle"),
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        await process.wait()
