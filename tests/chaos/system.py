"""A whole system in a folder of its own, as `playhead up` starts it: parts, services, and the supervisor of them all.

A test kills and freezes its processes by the numbers that the supervisor tells, and starts further ones beside them.
"""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

from contracts.sealing import Keys
from eventlog.keys.opening import open_keys
from ops.logins import key_store
from ops.processes import DEMO_KEY_FILE, SERVICES
from ops.settings import PROJECT, OpsSettings
from ops.stack.endpoints import Endpoints
from ops.state import read_state
from tests.chaos.processes import STOP_SECONDS, ended, environment_of, family
from tests.live.infrastructure import named, without_urls
from tests.plain_http import plain_http
from tests.waiting import eventually

START_SECONDS = 180.0
READY_SECONDS = 60.0
ANSWER_SECONDS = 20.0
LOOK_SECONDS = 0.1
"""Between two looks at many processes, which are to have the processors meanwhile."""


class System:
    """One data folder and what runs in it. `measured`: seconds by what was measured, told in `measured.json`;
    `places`: how far each projector was when it was last checked. `supervisor`: where it is another process."""

    def __init__(self, folder: Path, supervisor: Process | None = None) -> None:
        self.folder = folder
        self.measured: dict[str, float] = {}
        self.places: dict[str, Mapping[tuple[str, int], int]] = {}
        self._supervisor = supervisor
        self._environments: dict[str, Mapping[str, str]] = {}

    @property
    def endpoints(self) -> Endpoints:
        """Where the parts answer."""
        return named(self._state()["endpoints"])

    @contextmanager
    def keys(self) -> Generator[Keys]:
        """What opens the personal text of its log."""
        opened = open_keys(*key_store(OpsSettings(data_dir=self.folder), self.endpoints.postgres))
        try:
            yield opened.keys
        finally:
            opened.close()

    @property
    def key(self) -> str:
        """The API key of the demo account."""
        return (self.folder / DEMO_KEY_FILE).read_text().strip()

    @property
    def gateway(self) -> str:
        """The URL of the gateway."""
        return str(self.told("gateway")["url"])

    @property
    def blobs(self) -> str:
        """The URL of the blob store."""
        return f"file://{self.folder / 'blobs'}"

    def told(self, name: str) -> dict[str, Any]:
        """What the supervisor says of a process."""
        return next(found for found in self._state()["processes"] if found["name"] == name)

    def names(self) -> Sequence[str]:
        """Every process that it keeps."""
        return [found["name"] for found in self._state()["processes"]]

    def send(self, name: str, number: signal.Signals) -> int:
        """Signal one process; its number as it was."""
        pid = int(self.told(name)["pid"])
        os.kill(pid, number)
        return pid

    async def back(self, name: str, old: int) -> None:
        """Return when the supervisor has started it again and it works."""

        async def works() -> bool:
            found = self.told(name)
            return found["pid"] != old and found["state"] == "ready" and await self.is_ready(name)

        await eventually(works, READY_SECONDS, LOOK_SECONDS)

    async def is_ready(self, name: str) -> bool:
        """What the probe of a service says now; of a part, what the supervisor says."""
        told = self.told(name)
        if name not in SERVICES:
            return told["state"] == "ready"
        return await answers_ready(int(told["port"]))

    async def healed(self) -> None:
        """Return when every process works."""

        async def all_ready() -> bool:
            told = [(name, self.told(name)["state"] == "ready" and await self.is_ready(name)) for name in self.names()]
            return all(ready for _, ready in told)

        await eventually(all_ready, READY_SECONDS, LOOK_SECONDS)

    def forget_outputs(self) -> None:
        """A film that was made before is made again: its stages do not find their outputs."""
        shutil.rmtree(self.folder / "blobs" / "outputs", ignore_errors=True)

    def forget_ledgers(self, name: str) -> None:
        """What a service that does not run knows of its own: it reads its commands from offset 0 on."""
        for ledger in self.ledgers(name):
            ledger.unlink()

    def ledgers(self, name: str) -> Sequence[Path]:
        """The files of what a service knows of its own."""
        return list((self.folder / "ledgers").glob(f"playhead.{name}.*"))

    def measure(self, what: str, seconds: float) -> None:
        """Keep a figure for whoever reads the folder after the run."""
        self.measured[what] = round(seconds, 2)
        (self.folder.parent / "measured.json").write_text(json.dumps(self.measured, indent=1))

    @asynccontextmanager
    async def beside(self, name: str, *within: str, **settings: str) -> AsyncGenerator["Beside"]:
        """A further process of a service, told what the first was told but for its port.

        What that was is asked once, so the first may be away when others are started. `within` is a command that sets
        something up and then becomes the process.
        """
        port = _free_port()
        if name not in self._environments:
            self._environments[name] = environment_of(int(self.told(name)["pid"]))
        environment = {**self._environments[name], "PLAYHEAD_PORT": str(port), **settings}
        with (self.folder / "logs" / f"{name}-beside.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(*within, sys.executable, *SERVICES[name]),
                cwd=PROJECT,
                env=environment,
                stdin=DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            yield Beside(process, port)
        finally:
            await ended(process)

    def _state(self) -> dict[str, Any]:
        state = read_state(self.folder)
        assert state is not None, f"no supervisor tells anything in {self.folder}"
        return state

    async def started(self) -> None:
        """Return when all of it works; fails with what the supervisor said."""

        async def ready() -> bool:
            assert self._supervisor is None or self._supervisor.returncode is None, (
                self.folder / "logs" / "supervisor.log"
            ).read_text()
            state = read_state(self.folder)
            return state is not None and state["state"] == "ready"

        await eventually(ready, START_SECONDS, LOOK_SECONDS)

    async def stop(self) -> None:
        """Nothing of it runs afterwards."""
        if self._supervisor is None:
            return
        if self._supervisor.returncode is None:
            self._supervisor.terminate()
        async with asyncio.timeout(STOP_SECONDS):
            await self._supervisor.wait()


class Beside:
    """A process that the supervisor does not know."""

    def __init__(self, process: Process, port: int) -> None:
        self.process = process
        self.port = port

    async def parts(self) -> Mapping[str, Any] | None:
        """What its probe tells of itself, once it is ready."""
        assert self.process.returncode is None, f"it ended with exit code {self.process.returncode}"
        return await _probe(self.port)


@asynccontextmanager
async def whole_system(folder: Path, **settings: str) -> AsyncGenerator[System]:
    """Started from nothing on the way in, stopped on the way out; the folder is left to be looked at.

    `settings`: what its supervisor is told beside, as in its environment.
    """
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "logs").mkdir(parents=True)
    with (folder / "logs" / "supervisor.log").open("wb") as out:
        supervisor = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "ops.supervisor", "--data", str(folder), "--until-exit", str(os.getpid())),
            cwd=PROJECT,
            env={**without_urls(), **settings, "PLAYHEAD_DATA": str(folder), "PLAYHEAD_PORT": "0"},
            stdin=DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    system = System(folder, supervisor)
    try:
        await system.started()
        yield system
    finally:
        await system.stop()


def http_as(system: System, key: str) -> httpx.AsyncClient:
    """Calls with that key; each on a connection of its own, so that none tells of a gateway that was."""
    return plain_http(
        base_url=system.gateway,
        headers={"Authorization": f"Bearer {key}"},
        timeout=ANSWER_SECONDS,
        limits=httpx.Limits(max_keepalive_connections=0),
    )


async def encoding(system: System) -> list[psutil.Process] | None:
    """The programs that encode a film for the worker, once there are any."""
    return [one for one in family(int(system.told("worker")["pid"])) if "ffmpeg" in one.name()] or None


async def answers_ready(port: int) -> bool:
    """Whether the probe on this port says so."""
    return await _probe(port) is not None


async def _probe(port: int) -> Mapping[str, Any] | None:
    async with plain_http(timeout=5) as client:
        try:
            answer = await client.get(f"http://127.0.0.1:{port}/readyz")
        except httpx.TransportError:
            return None
    return answer.json().get("parts", {}) if answer.is_success else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
