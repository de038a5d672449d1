"""One process that holds the data folder and runs what is in it: the parts, then the services.

    python -m ops.supervisor [--data FOLDER] [--parts-only] [--until-exit PID]

It writes what it knows into `<data folder>/stack.json` (endpoints, processes, problems) for `playhead status` and for
tests, and takes everything with it when it ends, however it ends. SIGTERM and SIGINT stop it; SIGUSR1 adds the
services to a supervisor that was started with the parts only.
"""

import argparse
import asyncio
import os
import signal
import sys
import traceback
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NoReturn

from eventlog import clock
from eventlog.tasks import plain_errors
from ops.processes import SERVICES, services, set_up
from ops.settings import OpsSettings
from ops.stack import kafka_training
from ops.stack.child import end_runs
from ops.stack.endpoints import Endpoints
from ops.stack.folder import DataFolder
from ops.stack.launcher import PARTS, Launcher
from ops.stack.part import StackError
from ops.stack.ports import Ports
from ops.stack.runner import Running
from ops.state import STATE_FILE, write_state

WATCH_SECONDS = 0.2
SETTLED_SECONDS = 20.0


class Supervisor:
    """The state of one data folder, told in one file."""

    def __init__(self, settings: OpsSettings, owner: int = 0) -> None:
        self._settings = settings
        self._owner = owner
        self.launcher = Launcher(settings, self.tell)
        self.state = "starting"
        self.doing = "starting the parts"
        self.problem = ""
        self.endpoints: Endpoints | None = None
        self._expected = [part for part in PARTS if part not in self.launcher.given()]
        self._started = clock.now().isoformat()
        self._over = False

    def tell(self) -> None:
        """Write the state for others to read."""
        if self._over:
            return
        runner = self.launcher.runner
        content: dict[str, Any] = {
            "pid": os.getpid(),
            "owner": self._owner,
            "state": self.state,
            "doing": self.doing,
            "problem": self.problem,
            "started": self._started,
            "fetched": self.launcher.fetched,
            "given": self.launcher.given(),
            "expected": self._expected,
            "endpoints": self.endpoints.environment() if self.endpoints else {},
            "remarks": runner.remarks,
            "processes": [_told(running) for running in runner.running.values()],
        }
        write_state(self._settings.data_dir, content)

    @asynccontextmanager
    async def running(self, *, parts_only: bool) -> AsyncGenerator[Endpoints]:
        """Everything started on the way in, everything stopped on the way out, or when that is interrupted.

        The data folder is held until this process ends: a thread may still be busy in it.
        """
        folder = DataFolder(self._settings.data_dir)
        try:
            self.tell()
            self.endpoints = await self.launcher.start_parts(folder.path)
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self.launcher.runner.keep()), group.create_task(self._prepare_kafka())]
                if parts_only:
                    self._ready()
                else:
                    await self.add_services()
                yield self.endpoints
                for task in tasks:
                    task.cancel()
        except BaseException as error:
            self._failed(error)
            raise
        finally:
            if self.state != "failed":
                self.state = "stopping"
            await self.launcher.stop()
            self._over = True
            if self.state != "failed":
                (folder.path / STATE_FILE).unlink(missing_ok=True)

    async def add_services(self) -> None:
        """What they need, then all of them. A repeat does nothing."""
        if self.endpoints is None or "gateway" in self._expected:
            return
        self._expected += SERVICES
        self.state = "starting"
        self._do("making topics, tables and the demo account")
        await set_up(self._settings, self.endpoints)
        self._do("starting the services")
        ports = Ports(self._settings.data_dir / "ports.json")
        programs = services(self._settings, self.endpoints, ports)
        for sentence in ports.moved:
            self.launcher.runner.remark(sentence)
        await self.launcher.runner.start_all(programs)
        self._ready()

    async def _prepare_kafka(self) -> None:
        """For the next start; not in a supervisor that is soon gone, and never a reason to stop."""
        if "kafka" in self.launcher.given():
            return
        await asyncio.sleep(SETTLED_SECONDS)
        try:
            await kafka_training.prepare(self._settings.cache)
        except (StackError, OSError) as error:
            self.launcher.runner.remark(f"Kafka's next start will not be faster than this one: {error}")

    def _failed(self, error: BaseException) -> None:
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        if isinstance(error, StackError):
            self.state, self.problem = "failed", str(error)
            self.tell()

    def _ready(self) -> None:
        self.state = "ready"
        self._do("")

    def _do(self, what: str) -> None:
        self.doing = what
        self.tell()


def _told(running: Running) -> dict[str, Any]:
    url = running.program.url
    return {
        "name": running.program.name,
        "pid": running.child.pid,
        "port": running.program.port,
        "url": url if url.startswith("http") else "",
        "state": running.state,
        "since": running.since,
        "restarts": running.restarts,
        "last_end": running.last_end,
    }


async def supervise(settings: OpsSettings, *, parts_only: bool, until_exit: int = 0) -> None:
    """Run until SIGTERM or SIGINT, or until the process `until_exit` is gone. A stop counts during the start, too."""
    supervisor = Supervisor(settings, owner=until_exit)
    stop, more = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGUSR1, more.set)

    async def work() -> None:
        async with supervisor.running(parts_only=parts_only):
            while await more.wait():
                more.clear()
                await supervisor.add_services()

    with plain_errors():
        async with asyncio.TaskGroup() as group:
            working = group.create_task(work())
            watching = group.create_task(_set_when_gone(until_exit, stop)) if until_exit else None
            working.add_done_callback(lambda _: stop.set())
            await stop.wait()
            working.cancel()
            if watching is not None:
                watching.cancel()


async def _set_when_gone(pid: int, stop: asyncio.Event) -> None:
    """Another process is looked at: it does not call."""
    while Path(f"/proc/{pid}").exists():  # noqa: ASYNC110, ASYNC240 - as said; /proc is memory
        await asyncio.sleep(WATCH_SECONDS)
    stop.set()


def main() -> None:
    """The command line of the process."""
    parser = argparse.ArgumentParser(prog="python -m ops.supervisor", description=__doc__)
    parser.add_argument("--data", type=Path, help="the data folder, instead of PLAYHEAD_DATA")
    parser.add_argument("--parts-only", action="store_true", help="start the parts, not the services")
    parser.add_argument("--until-exit", type=int, default=0, metavar="PID", help="stop when that process is gone")
    arguments = parser.parse_args()
    settings = OpsSettings(data_dir=arguments.data) if arguments.data else OpsSettings()
    asyncio.run(_to_the_end(settings, parts_only=arguments.parts_only, until_exit=arguments.until_exit))


async def _to_the_end(settings: OpsSettings, *, parts_only: bool, until_exit: int) -> NoReturn:
    """Leave at once when everything has stopped: a thread that still fetches or formats could keep us for a minute."""
    code = 0
    try:
        await supervise(settings, parts_only=parts_only, until_exit=until_exit)
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        code = 1
    except BaseException:  # noqa: BLE001 - told like everywhere; nothing comes after
        traceback.print_exc()
        code = 70
    end_runs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
