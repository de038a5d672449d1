"""Runs programs: starts them, waits until each works, starts again what ends, and leaves nothing behind."""

import asyncio
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from eventlog import clock
from eventlog.tasks import plain_errors
from ops.stack.child import Child
from ops.stack.part import Program, StackError
from ops.stack.ports import answers
from ops.stack.troubles import why_ended

POLL_SECONDS = 0.05
STOP_SECONDS = 12.0
ANSWER_SECONDS = 10.0
FIRST_BACKOFF_SECONDS = 0.2
LONGEST_BACKOFF_SECONDS = 5.0
STABLE_SECONDS = 30.0
"""What has worked for so long begins again with the shortest back-off when it ends."""
FIRST_STARTS = 3
"""How often a program may end before it ever worked: what a predecessor held is let go of in a moment."""
REMARKS_KEPT = 20

Notify = Callable[[], None]
"""Called whenever something that `status` shows has changed."""


@dataclass(slots=True)
class Running:
    """One program and its present process. States: starting, ready, down, stopping."""

    program: Program
    child: Child
    since: str
    began: float = field(default_factory=monotonic)
    state: str = "starting"
    restarts: int = 0
    last_end: str = ""
    backoff: float = FIRST_BACKOFF_SECONDS


@dataclass(slots=True)
class Runner:
    """The programs of one data folder. `remarks` are sentences for `status`; the whole story is on standard error."""

    logs: Path
    notify: Notify
    stop_seconds: float = STOP_SECONDS
    running: dict[str, Running] = field(default_factory=dict[str, Running])
    remarks: list[str] = field(default_factory=list[str])

    async def start(self, program: Program) -> None:
        """Start it and return when it works; `StackError` when it does not within its deadline."""
        running = self._spawn(program)
        for starts_left in reversed(range(FIRST_STARTS)):
            code = await self._ready_or_ended(running)
            if code is None:
                return
            trouble = why_ended(program, running.child, code)
            if not starts_left:
                raise StackError(trouble)
            self.remark(trouble)
            running.child.kill_group()
            await asyncio.sleep(running.backoff)
            running = self._spawn(program, running)

    async def start_all(self, programs: Iterable[Program]) -> None:
        """The same for several at once; the first error is raised."""
        with plain_errors():
            async with asyncio.TaskGroup() as group:
                for program in programs:
                    group.create_task(self.start(program))

    async def keep(self) -> None:
        """Start again whatever has worked and ends, for as long as this runs."""
        async with asyncio.TaskGroup() as group:
            while True:
                for running in list(self.running.values()):
                    if running.state == "ready" and (code := running.child.exit_code()) is not None:
                        running.state = "down"
                        group.create_task(self._start_again(running, code))
                await asyncio.sleep(POLL_SECONDS)

    async def stop(self, names: Iterable[str]) -> None:
        """Ask these to end, all at once; kill what does not within the deadline, and what they left behind."""
        ending = [self.running[name] for name in names]
        for running in ending:
            running.state = "stopping"
            running.child.signal(running.program.stop)
        self.notify()
        for running in ending:
            await _ended(running.child, self.stop_seconds)
            if running.child.exit_code() is None:
                self.remark(f"{running.program.name} did not end within {self.stop_seconds:g} s and was killed")
            running.child.kill_group()
            del self.running[running.program.name]
        self.notify()

    def remark(self, what: str) -> None:
        """Tell it to the log at length, and to `status` in one line."""
        sys.stderr.write(f"{clock.now().isoformat()} {what}\n")
        self.remarks = [*self.remarks, what.partition(" The end of ")[0]][-REMARKS_KEPT:]
        self.notify()

    def _spawn(self, program: Program, before: Running | None = None) -> Running:
        log = self.logs / f"{program.name}.log"
        child = Child(
            program.name,
            program.argv,
            program.environment,
            log,
            unprivileged=program.unprivileged,
        )
        running = Running(program, child, since=clock.now().isoformat())
        if before is not None:
            running.restarts, running.last_end = before.restarts + 1, before.last_end
            running.backoff = min(before.backoff * 2, LONGEST_BACKOFF_SECONDS)
        self.running[program.name] = running
        self.notify()
        return running

    async def _ready_or_ended(self, running: Running) -> int | None:
        """None once it works, its exit code when it ends before; `StackError` at the deadline."""
        program = running.program
        problem = "nothing listens on its port"
        deadline = monotonic() + program.deadline
        while monotonic() < deadline:
            if (code := running.child.exit_code()) is not None:
                return code
            if answers(program.port):
                try:
                    async with asyncio.timeout(ANSWER_SECONDS):
                        await program.ready()
                except Exception as error:  # noqa: BLE001 - whatever keeps it from working; the deadline tells it
                    problem = str(error) or type(error).__name__
                else:
                    # Not before: whoever starts on a busy machine is waited for.
                    running.child.step_back(program.nice)
                    running.state = "ready"
                    self.notify()
                    return None
            await asyncio.sleep(POLL_SECONDS)
        raise StackError(
            f"{program.name} did not work within {program.deadline:.0f} s: {problem}. The end of "
            f"{running.child.log}:\n{running.child.tail()}"
        )

    async def _start_again(self, running: Running, code: int) -> None:
        if monotonic() - running.began > STABLE_SECONDS:
            running.backoff = FIRST_BACKOFF_SECONDS
        ended: int | None = code
        while ended is not None:
            running.last_end = why_ended(running.program, running.child, ended)
            self.remark(running.last_end)
            running.child.kill_group()
            await asyncio.sleep(running.backoff)
            running = self._spawn(running.program, running)
            ended = await self._patiently(running)

    async def _patiently(self, running: Running) -> int | None:
        """As `_ready_or_ended`, but past the deadline, too: a long recovery is not helped by another start."""
        while True:
            try:
                return await self._ready_or_ended(running)
            except StackError as error:
                self.remark(str(error))


async def _ended(child: Child, seconds: float) -> None:
    """Wait for its end, for so long at the most; a program is looked at, it does not call."""
    deadline = monotonic() + seconds
    while child.exit_code() is None and monotonic() < deadline:  # noqa: ASYNC110 - as said
        await asyncio.sleep(POLL_SECONDS)
