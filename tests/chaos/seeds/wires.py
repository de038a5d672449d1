"""Wires between services and stores that can be cut, and a system whose services know the stores only through them."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from urllib.parse import urlsplit, urlunsplit

from ops.processes import SERVICES, services, set_up
from ops.settings import OpsSettings
from ops.stack.endpoints import Endpoints
from ops.stack.launcher import Launcher, Make
from ops.stack.part import Program
from ops.stack.ports import Ports
from ops.supervisor import Supervisor
from tests.chaos.drills import clock_of
from tests.chaos.system import System
from tests.live.infrastructure import CACHE

CHUNK = 65_536
LOOK_SECONDS = 0.05
START_SECONDS = 120.0
"""For a service, beside everything else that starts on a machine that may have other work. None is nice to that: an
encoder that gets no processor would look like one that hangs."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a wire does for a while. `late`: seconds each way; `loses`: how likely a line ends in place of an answer."""

    requests_held: bool = False
    answers_held: bool = False
    late: float = 0.0
    loses: float = 0.0


class Wire:
    """Forwards to `host:port` from a port of its own."""

    def __init__(self, host: str, port: int, random: Random) -> None:
        self.port = 0
        self._target = (host, port)
        self._random = random
        self._troubles: list[Trouble] = []
        self._lines: set[asyncio.StreamWriter] = set()

    def leads_to(self, host: str, port: int) -> None:
        """Where that is known only later."""
        self._target = (host, port)

    @contextmanager
    def troubled(self, trouble: Trouble) -> Generator[None]:
        """For as long as the block lasts; what was held passes afterwards, as after a cable is back."""
        self._troubles.append(trouble)
        try:
            yield
        finally:
            self._troubles.remove(trouble)

    def reset(self) -> None:
        """End every connection at once."""
        for line in [*self._lines]:
            line.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either end closes it."""
        lines = {writer}
        self._lines |= lines
        with suppress(OSError):
            there_reader, there_writer = await asyncio.open_connection(*self._target)
            lines.add(there_writer)
            self._lines.add(there_writer)
            with suppress(ExceptionGroup):
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._pump(reader, there_writer, answers=False))
                    group.create_task(self._pump(there_reader, writer, answers=True))
        self._lines -= lines
        for line in lines:
            line.transport.abort()

    async def _pump(self, here: asyncio.StreamReader, there: asyncio.StreamWriter, *, answers: bool) -> None:
        while data := await here.read(CHUNK):
            while any(one.answers_held if answers else one.requests_held for one in self._troubles):  # noqa: ASYNC110
                await asyncio.sleep(LOOK_SECONDS)
            if late := sum(one.late for one in self._troubles):
                await asyncio.sleep(late * self._random.uniform(0.5, 1.5))
            if answers and any(self._random.random() < one.loses for one in self._troubles):
                break
            there.write(data)
            await there.drain()
        raise ConnectionError("one end is closed: so is the other")


class WiredLauncher(Launcher):
    """Its Kafka tells its clients that it is at the other end of a wire; who comes without it is told the truth."""

    kafka_wire: Wire

    def _makers(self, folder: Path, ports: Ports) -> dict[str, Make]:
        makers = super()._makers(folder, ports)
        plain = makers["kafka"]

        def wired() -> Program | None:
            program = plain()
            assert program is not None
            port = ports.take("kafka-wired")
            self.kafka_wire.leads_to("127.0.0.1", port)
            _also_listen(Path(program.argv[-1]), port, self.kafka_wire.port)
            return program

        return makers | {"kafka": wired}


def _also_listen(config: Path, port: int, told: int) -> None:
    """A further listener: on that port, and said to be on another."""
    settings = dict(line.split("=", 1) for line in config.read_text().splitlines())
    settings["listeners"] += f",WIRED://127.0.0.1:{port}"
    settings["advertised.listeners"] += f",WIRED://127.0.0.1:{told}"
    settings["listener.security.protocol.map"] += ",WIRED:PLAINTEXT"
    config.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))


class WiredSupervisor(Supervisor):
    """Runs in this process, for `System` to look at; its services are told of the wires' ends, and can be drilled."""

    def __init__(self, settings: OpsSettings, random: Random) -> None:
        super().__init__(settings)
        self._given = settings
        self.launcher = self._launcher = WiredLauncher(settings, self.tell)
        self._random = random
        self._servers = AsyncExitStack()
        self.wires: dict[str, Wire] = {}

    @asynccontextmanager
    async def whole(self) -> AsyncGenerator[Endpoints]:
        """Everything, wires too."""
        async with self._servers:
            self._launcher.kafka_wire = await self._wire("kafka", "", 0)
            async with self.running(parts_only=False) as endpoints:
                yield endpoints

    async def add_services(self) -> None:
        """As every supervisor does, on other addresses."""
        assert self.endpoints is not None
        self._expected += SERVICES
        await set_up(self._given, self.endpoints)
        wired = replace(
            self.endpoints,
            kafka=f"127.0.0.1:{self._launcher.kafka_wire.port}",
            mongodb=await self._through("mongo", self.endpoints.mongodb, "directConnection=true"),
            postgres=await self._through("postgres", self.endpoints.postgres),
            redis=await self._through("valkey", self.endpoints.redis) if self.endpoints.redis else "",
        )
        programs = services(self._given, wired, Ports(self._given.data_dir / "ports.json"))
        await self.launcher.runner.start_all(map(self._drilled, programs))
        self.state, self.doing = "ready", ""
        self.tell()

    def _drilled(self, program: Program) -> Program:
        drills = ("-m", "tests.chaos.drills", str(clock_of(self._given.data_dir, program.name)))
        return replace(program, argv=(sys.executable, *drills, *program.argv[1:]), deadline=START_SECONDS, nice=0)

    async def _wire(self, part: str, host: str, port: int) -> Wire:
        wire = self.wires[part] = Wire(host, port, self._random)
        server = await asyncio.start_server(wire.serve, "127.0.0.1", 0)
        self._servers.callback(server.close)
        wire.port = int(server.sockets[0].getsockname()[1])
        return wire

    async def _through(self, part: str, url: str, query: str | None = None) -> str:
        parsed = urlsplit(url)
        wire = await self._wire(part, parsed.hostname or "", parsed.port or 0)
        user = f"{parsed.netloc.rpartition('@')[0]}@" if "@" in parsed.netloc else ""
        netloc = f"{user}127.0.0.1:{wire.port}"
        return urlunsplit(parsed._replace(netloc=netloc, query=parsed.query if query is None else query))


class WiredSystem(System):
    """Of a supervisor in this process. `wires`: by part."""

    def __init__(self, folder: Path, supervisor: WiredSupervisor) -> None:
        super().__init__(folder)
        self.wires: Mapping[str, Wire] = supervisor.wires
        self._runner = supervisor.launcher.runner

    @asynccontextmanager
    async def without(self, name: str) -> AsyncGenerator[None]:
        """That process is killed, and started again only when the block ends."""
        running = self._runner.running[name]
        running.state = "stopping"
        running.child.kill_group()
        try:
            yield
        finally:
            await self._runner.start(running.program)


@asynccontextmanager
async def wired_system(folder: Path, seed: int) -> AsyncGenerator[WiredSystem]:
    """A whole system of its own. The folder has to be new."""
    (folder / "logs").mkdir(parents=True)
    settings = OpsSettings(data_dir=folder, cache_dir=CACHE, port=0, kafka="", mongodb="", postgres="", redis="")
    supervisor = WiredSupervisor(settings, Random(f"{seed}:wires"))
    async with supervisor.whole():
        yield WiredSystem(folder, supervisor)
