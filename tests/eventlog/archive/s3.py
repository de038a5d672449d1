"""A server that speaks S3, in a process of its own: obstore talks HTTP with it as it would with the real one."""

import asyncio
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.waiting import eventually

BUCKET = "archives"


@asynccontextmanager
async def s3_server() -> AsyncGenerator[dict[str, Any]]:
    """The settings by which obstore reaches it; one empty bucket is there."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    quiet = asyncio.subprocess.DEVNULL
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", str(port)),
        stdout=quiet,
        stderr=quiet,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(timeout=5) as client:

            async def made() -> bool:
                try:
                    return (await client.put(f"{url}/{BUCKET}")).is_success
                except httpx.TransportError:
                    return False

            await eventually(made, within=60, every=0.1)
        yield {
            "endpoint": url,
            "access_key_id": "tests",
            "secret_access_key": "tests",
            "region": "us-east-1",
            "client_options": {"allow_http": True},
        }
    finally:
        server.kill()
        await server.wait()
