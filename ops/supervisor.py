"""One process that holds the data folder and runs what is in it: the parts, then the services.

    python -m ops.supervisor [--parts-only]

It writes what it knows into `<data folder>/stack.json` (endpoints, processes, problems) for `playhead status` and for
tests, and takes everything with it when it ends, however it ends.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from eventlog import clock
from eventlog.tasks import plain_errors
from ops.processes import services, set_up
from ops.settings import OpsSettings
from ops.stack.folder import DataFolder
from ops.stack.launcher import Endpoints, Launcher
from ops.stack.part import StackError
from ops.state import STATE_FILE

REMARKS_KEPT = 20


class Supervisor:
    """The state of one data folder, told in one file."""

    def __init__(self, settings: OpsSettings) -> None:
        self._settings = settings
        self._file = settings.data_dir / STATE_FILE
        self.launcher = Launcher(settings, self.tell)
        self.state = "starting"
        self.doing = "starting the parts"
        self.problem = ""
        self.endpoints: Endpoints | None = None
        self._started = clock.now().isoformat()

    def tell(self) -> None:
        """Write the state for others to read, whole or not at all."""
        content: dict[str, Any] = {
            "pid": os.getpid(),
            "state": self.state,
            "doing": self.doing,
            "problem": self.problem,
            "started": self._started,
            "fetched": self.launcher.fetched,
            "endpoints": self.endpoints.environment() if self.endpoints else {},
            "remarks": self.launcher.remarks[-REMARKS_KEPT:],
            "processes": [
                {
                    "name": name,
                    "pid": running.child.pid,
                    "port": running.program.port,
                    "url": running.program.url if running.program.url.startswith("http") else "",
                    "state": running.state,
                    "since": running.since,
                    "restarts": running.restarts,
                    "last_end": running.last_end,
                }
                for name, running in self.launcher.running.items()
            ],
        }
        fresh = self._file.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(content, indent=1))
        fresh.replace(self._file)

    @asynccontextmanager
    async def running(self, *, parts_only: bool) -> AsyncGenerator[Endpoints]:
        """Everything started on the way in, everything stopped on the way out."""
        folder = DataFolder(self._settings.data_dir)
        try:
            self.tell()
            self.endpoints = await self.launcher.start_parts(folder)
            if not parts_only:
                self._do("making topics, tables and the demo account")
                await set_up(self._settings, self.endpoints)
                self._do("starting the services")
                await self.launcher.start(services(self._settings, self.endpoints))
            self.state = "ready"
            self._do("")
            yield self.endpoints
        except StackError as error:
            self.state, self.problem = "failed", str(error)
            self.tell()
            raise
        finally:
            if self.state != "failed":
                self.state = "stopping"
            await self._stop()
            folder.close()
            if self.state != "failed":
                self._file.unlink(missing_ok=True)

    def _do(self, what: str) -> None:
        self.doing = what
        self.tell()

    async def _stop(self) -> None:
        """Services first, so that they can say goodbye to the parts."""
        parts = [name for name in self.launcher.running if name in ("kafka", "mongo", "postgres", "valkey")]
        await self.launcher.stop([name for name in self.launcher.running if name not in parts])
        await self.launcher.stop()


async def supervise(settings: OpsSettings, *, parts_only: bool) -> None:
    """Run until SIGTERM or SIGINT."""
    supervisor = Supervisor(settings)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with plain_errors():
        async with supervisor.running(parts_only=parts_only), asyncio.TaskGroup() as group:
            keeping = group.create_task(supervisor.launcher.supervise())
            await stop.wait()
            keeping.cancel()


def main() -> None:
    """The command line of the process."""
    parser = argparse.ArgumentParser(prog="python -m ops.supervisor", description=__doc__)
    parser.add_argument("--parts-only", action="store_true", help="start the parts, not the services")
    arguments = parser.parse_args()
    try:
        asyncio.run(supervise(OpsSettings(), parts_only=arguments.parts_only))
    except StackError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
