"""Starts parts and services, waits until each works, starts again what ends, and leaves nothing behind."""

import asyncio
import signal
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from eventlog import clock
from eventlog.tasks import plain_errors
from ops.settings import OpsSettings
from ops.stack.child import Child
from ops.stack.folder import DataFolder
from ops.stack.kafka import kafka
from ops.stack.mongo import mongo
from ops.stack.part import Program, StackError
from ops.stack.ports import Ports
from ops.stack.postgres import postgres
from ops.stack.valkey import valkey

POLL_SECONDS = 0.05
STOP_SECONDS = 12.0
FIRST_BACKOFF_SECONDS = 0.2
LONGEST_BACKOFF_SECONDS = 5.0

Notify = Callable[[], None]
"""Called whenever something that `status` shows has changed."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the parts answer, as URLs; Redis may be absent."""

    kafka: str
    mongodb: str
    postgres: str
    redis: str

    def environment(self) -> dict[str, str]:
        """As the services take them."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka,
            "MONGODB_URI": self.mongodb,
            "DATABASE_URL": self.postgres,
            "REDIS_URL": self.redis,
        }


@dataclass(slots=True)
class Running:
    """One program and its present process."""

    program: Program
    child: Child
    state: str = "starting"
    since: str = ""
    restarts: int = 0
    last_end: str = ""
    backoff: float = FIRST_BACKOFF_SECONDS


@dataclass(slots=True)
class Launcher:
    """Everything that one data folder runs. `fetched` counts Kafka's jars: (done, of)."""

    settings: OpsSettings
    notify: Notify
    running: dict[str, Running] = field(default_factory=dict[str, Running])
    fetched: tuple[int, int] = (0, 0)
    remarks: list[str] = field(default_factory=list[str])

    @property
    def logs(self) -> Path:
        return self.settings.data_dir / "logs"

    async def start_parts(self, folder: DataFolder) -> Endpoints:
        """Start every part that no URL replaces, all at once; where they answer once all of them work."""
        programs = await asyncio.to_thread(self._programs, folder.path)
        await self.start(programs.values())
        given = self.settings

        def url(name: str, replaced_by: str) -> str:
            return replaced_by or (programs[name].url if name in programs else "")

        return Endpoints(
            kafka=url("kafka", given.kafka),
            mongodb=url("mongo", given.mongodb),
            postgres=url("postgres", given.postgres),
            redis=url("valkey", given.redis),
        )

    async def start(self, programs: Iterable[Program]) -> None:
        """Start these and return when each works; `StackError` for the first that does not."""
        started = [self._spawn(program) for program in programs]
        with plain_errors():
            async with asyncio.TaskGroup() as group:
                for running in started:
                    group.create_task(self._until_ready(running))

    async def supervise(self) -> None:
        """Start again whatever ends, for as long as this runs."""
        with plain_errors():
            async with asyncio.TaskGroup() as group:
                for name in list(self.running):
                    group.create_task(self._keep(name))

    async def stop(self, names: Sequence[str] | None = None) -> None:
        """Ask these (all: in the opposite order of their start) to end; kill what does not within the deadline."""
        for name in names if names is not None else list(reversed(self.running)):
            running = self.running[name]
            running.state = "stopping"
            self.notify()
            # PostgreSQL: SIGINT is its fast shutdown, SIGTERM waits for every client to leave.
            running.child.signal(signal.SIGINT if name == "postgres" else signal.SIGTERM)
        for name in names if names is not None else list(self.running):
            running = self.running.pop(name)
            await _ended(running.child, STOP_SECONDS)
            running.child.kill_group()
            self.notify()

    def _programs(self, path: Path) -> dict[str, Program]:
        ports = Ports(path / "ports.json")
        given = self.settings
        found: list[Program | None] = []
        if not given.mongodb:
            found.append(mongo(path, ports))
        if not given.postgres:
            found.append(postgres(path, ports, self.logs))
        if not given.redis:
            found.append(valkey(path, ports))
        if not given.kafka:
            found.append(kafka(path, given.cache, ports, self.logs, self._count_jars, durable=given.durable))
        self.remarks.extend(ports.moved)
        return {program.name: program for program in found if program is not None}

    def _count_jars(self, done: int, of: int) -> None:
        self.fetched = (done, of)
        self.notify()

    def _spawn(self, program: Program, before: Running | None = None) -> Running:
        child = Child(
            program.name,
            program.argv,
            program.environment,
            self.logs / f"{program.name}.log",
            unprivileged=program.unprivileged,
        )
        running = Running(program, child, since=clock.now().isoformat())
        if before is not None:
            running.restarts, running.last_end, running.backoff = before.restarts + 1, before.last_end, before.backoff
        self.running[program.name] = running
        self.notify()
        return running

    async def _until_ready(self, running: Running) -> None:
        program = running.program
        problem: Exception | None = None
        try:
            async with asyncio.timeout(program.deadline):
                while True:
                    if (code := running.child.exit_code()) is not None:
                        raise StackError(_why_ended(running, code))
                    try:
                        if not _taken(program.port):
                            raise StackError(f"nothing listens on port {program.port} yet")
                        async with asyncio.timeout(10):
                            await program.ready()
                    except StackError as error:
                        problem = error
                    except Exception as error:  # noqa: BLE001 - whatever keeps it from working; the deadline tells it
                        problem = error
                    else:
                        running.state = "ready"
                        self.notify()
                        return
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            raise StackError(
                f"{program.name} did not work within {program.deadline:.0f} s ({problem or 'no answer'}). The end of "
                f"{running.child.log}:\n{running.child.tail()}"
            ) from problem

    async def _keep(self, name: str) -> None:
        while True:
            running = self.running.get(name)
            if running is None or running.state == "stopping":
                return
            code = running.child.exit_code()
            if code is None:
                await asyncio.sleep(POLL_SECONDS)
                continue
            running.state = "down"
            running.last_end = _why_ended(running, code)
            self.remarks.append(running.last_end.partition("\n")[0])
            self.notify()
            running.child.kill_group()
            await asyncio.sleep(running.backoff)
            running.backoff = min(running.backoff * 2, LONGEST_BACKOFF_SECONDS)
            if self.running.get(name) is running and running.state == "down":
                await self._try_again(running)

    async def _try_again(self, before: Running) -> None:
        running = self._spawn(before.program, before)
        try:
            await self._until_ready(running)
        except StackError as error:
            running.last_end = str(error)
        else:
            running.backoff = FIRST_BACKOFF_SECONDS


async def _ended(child: Child, seconds: float) -> None:
    """Wait for its end, for so long at the most; a program is looked at, it does not call."""
    for _ in range(int(seconds / POLL_SECONDS)):
        if child.exit_code() is not None:
            return
        await asyncio.sleep(POLL_SECONDS)


def _why_ended(running: Running, code: int) -> str:
    name, tail = running.program.name, running.child.tail()
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
    return f"{name} {how}{_advice(running.program, tail)} The end of {running.child.log}:\n{tail}"


def _advice(program: Program, tail: str) -> str:
    if "Address already in use" in tail or _taken(program.port):
        return f": port {program.port} is taken by another program. Stop that, or start again: a free one is chosen."
    if "No space left on device" in tail:
        return f": the disk of {program.folder} is full. Free some space and start again; nothing was lost."
    if "error while loading shared libraries" in tail:
        return (
            ": a system library is missing (mongod needs libssl3 and libcurl4); install it with the system's packages."
        )
    return "."


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0
