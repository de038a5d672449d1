"""A start of Kafka in half the time: its classes, loaded and linked once, are kept as Java lays them out in memory.

They are prepared once for one set of jars, by a broker that has no other purpose and runs at the lowest priority.
Without them, or where Java finds that they do not fit, Kafka only starts slower.
"""

import asyncio
import fcntl
import os
import shutil
from dataclasses import replace
from pathlib import Path

from ops.stack.kafka import aot_file, java_program, kafka
from ops.stack.kafka_jars import LOCK, fetch, locked
from ops.stack.part import Program
from ops.stack.ports import Ports
from ops.stack.runner import Runner

PREPARE_SECONDS = 300.0


async def prepare(cache: Path) -> bool:
    """Make what is missing; False where it is there or another process is at it. `StackError` when it fails."""
    home = cache / "kafka-training"
    with (cache / "kafka-training.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        kept = await asyncio.to_thread(_kept, cache)
        if kept.exists():
            return False
        shutil.rmtree(home, ignore_errors=True)
        try:
            return await _prepare(home, cache, kept)
        finally:
            await asyncio.to_thread(shutil.rmtree, home, ignore_errors=True)


async def _prepare(home: Path, cache: Path, kept: Path) -> bool:
    fresh = home / "classes.aot"
    runner = Runner(home / "logs", _nothing, stop_seconds=PREPARE_SECONDS)
    program = await asyncio.to_thread(_broker, home, cache)
    recording = (*_nice(), program.argv[0], f"-XX:AOTCacheOutput={fresh}", *program.argv[1:])
    try:
        await runner.start(replace(program, argv=recording, deadline=PREPARE_SECONDS))
        # It writes what it has recorded when it ends.
        await runner.stop(["kafka"])
        return await asyncio.to_thread(_keep, fresh, kept)
    finally:
        for running in runner.running.values():
            running.child.kill_group()


def _nothing(*_: int) -> None:
    """Nobody watches this one."""


def _keep(fresh: Path, kept: Path) -> bool:
    if not fresh.exists():
        return False
    for old in kept.parent.glob("kafka-*.aot"):
        old.unlink()
    fresh.replace(kept)
    return True


def _kept(cache: Path) -> Path:
    return aot_file(java_program(), fetch(locked(LOCK.read_text()), cache, _nothing), cache)


def _broker(home: Path, cache: Path) -> Program:
    home.mkdir(parents=True)
    return kafka(home, cache, Ports(home / "ports.json"), home / "logs", _nothing, durable=False)


def _nice() -> tuple[str, ...]:
    program = shutil.which("nice", path=os.defpath)
    return (program, "-n", "19") if program else ()
