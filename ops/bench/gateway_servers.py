"""The gateway and its rival as processes, with open connections to each."""

import asyncio
import json
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from eventlog.errors import Unavailable
from ops.bench.gateway_client import connected, request
from ops.bench.gateway_session import ACCOUNT, TENANT
from ops.settings import PROJECT
from ops.stack.launcher import Endpoints
from services.gateway.auth.keys import RANDOM_BYTES, digest, key_of

KEY = key_of(secrets.token_bytes(RANDOM_BYTES))
READY_SECONDS, PAUSE_SECONDS = 30.0, 0.1
_TICKS = os.sysconf("SC_CLK_TCK")


class Server(NamedTuple):
    """A process that serves on 127.0.0.1."""

    pid: int
    port: int

    def processor_ms(self) -> float:
        """How long processors have worked for it, in milliseconds."""
        fields = Path(f"/proc/{self.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / _TICKS


@asynccontextmanager
async def servers(parts: Endpoints, database: str, data: Path) -> AsyncGenerator[tuple[Server, Server]]:
    """The gateway over these parts, and its rival over the same database. Gone on the way out."""
    ours, theirs = _free_port(), _free_port()
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": parts.kafka,
        "MONGODB_URI": parts.mongodb,
        "MONGODB_DATABASE": database,
        "DATABASE_URL": parts.postgres,
        "PLAYHEAD_PROFILE": "local",
        "PLAYHEAD_DATA": str(data),
        "PLAYHEAD_PORT": str(ours),
        "PLAYHEAD_API_KEYS": json.dumps({digest(KEY): {"tenant": TENANT, "account": ACCOUNT}}),
    }
    rival = ("ops.bench.gateway_rival", str(theirs), parts.mongodb, database)
    async with (
        _serving(ours, environment, "services.gateway") as gateway,
        _serving(theirs, {}, *rival) as other,
    ):
        yield gateway, other


@asynccontextmanager
async def _serving(port: int, environment: Mapping[str, str], *argv: str) -> AsyncGenerator[Server]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *argv),
        cwd=PROJECT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        await _ready(port, argv[0])
        yield Server(process.pid, port)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _ready(port: int, name: str) -> None:
    deadline = asyncio.get_running_loop().time() + READY_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        try:
            async with connected(port, 1) as (connection,):
                answer = await connection.ask(request("GET", "/readyz"))
        except OSError:
            answer = None
        if answer is not None and answer.status == 200 and b'"connected":false' not in answer.body:
            return
        await asyncio.sleep(PAUSE_SECONDS)
    raise Unavailable(name, f"it did not serve within {READY_SECONDS:g} s")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
