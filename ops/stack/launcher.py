"""Starts the parts that no URL replaces, all at once, and tells where everything answers."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from eventlog.tasks import plain_errors
from ops.settings import OpsSettings
from ops.stack.endpoints import Endpoints as Endpoints
from ops.stack.kafka import kafka
from ops.stack.mongo import mongo
from ops.stack.part import Program
from ops.stack.ports import Ports
from ops.stack.postgres import postgres
from ops.stack.runner import Notify, Runner
from ops.stack.valkey import valkey

PARTS = ("kafka", "mongo", "postgres", "valkey")

Make = Callable[[], Program | None]
"""Prepares a part (its files, its port) and says how to run it; None where it is not installed and not needed."""


class Launcher:
    """The parts of one data folder. `fetched` counts Kafka's jars: (done, of)."""

    def __init__(self, settings: OpsSettings, notify: Notify) -> None:
        self._settings = settings
        self._notify = notify
        self.logs = settings.data_dir / "logs"
        self.runner = Runner(self.logs, notify)
        self.fetched = (0, 0)

    def given(self) -> list[str]:
        """The parts that a URL replaces."""
        given = self._settings
        urls = (given.kafka, given.mongodb, given.direct or given.postgres, given.redis)
        return [name for name, url in zip(PARTS, urls, strict=True) if url]

    async def start_parts(self, folder: Path) -> Endpoints:
        """Return when all of them work; `StackError` for the first that does not."""
        ports = Ports(folder / "ports.json")
        makers = {name: make for name, make in self._makers(folder, ports).items() if name not in self.given()}
        with plain_errors():
            async with asyncio.TaskGroup() as group:
                for name, make in makers.items():
                    group.create_task(self._start(name, make))
        for sentence in ports.moved:
            self.runner.remark(sentence)
        return self._endpoints()

    async def stop(self) -> None:
        """The services first, so that they can say goodbye to the parts."""
        await self.runner.stop([name for name in self.runner.running if name not in PARTS])
        await self.runner.stop(list(self.runner.running))

    async def _start(self, name: str, make: Make) -> None:
        program = await asyncio.to_thread(make)
        if program is None:
            self.runner.remark(
                f"{name} is not installed for this machine; everything works without it, some reads slower"
            )
        else:
            await self.runner.start(program)

    def _makers(self, folder: Path, ports: Ports) -> dict[str, Make]:
        cache, durable = self._settings.cache, self._settings.durable
        loop = asyncio.get_running_loop()

        def count(done: int, of: int) -> None:
            loop.call_soon_threadsafe(self._count_jars, done, of)

        return {
            "kafka": lambda: kafka(folder, cache, ports, self.logs, count, durable=durable),
            "mongo": lambda: mongo(folder, ports),
            "postgres": lambda: postgres(folder, ports, self.logs),
            "valkey": lambda: valkey(folder, ports),
        }

    def _endpoints(self) -> Endpoints:
        urls = {name: running.program.url for name, running in self.runner.running.items()}
        given = self._settings
        return Endpoints(
            kafka=given.kafka or urls["kafka"],
            mongodb=given.mongodb or urls["mongo"],
            postgres=given.direct or given.postgres or urls["postgres"],
            redis=given.redis or urls.get("valkey", ""),
        )

    def _count_jars(self, done: int, of: int) -> None:
        self.fetched = (done, of)
        self._notify()
