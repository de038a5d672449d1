"""The processes of Playhead on one machine: what is run, on which port it answers, what it is told."""

import asyncio
import os
import sys
from collections.abc import Mapping

import httpx

from ops.settings import PROJECT, OpsSettings
from ops.stack.launcher import Endpoints
from ops.stack.part import Program, StackError
from ops.stack.ports import Ports

SERVICES: Mapping[str, tuple[str, ...]] = {
    "session": ("-m", "services.session"),
    "render": ("-m", "services.render"),
    "worker": ("-m", "services.render", "worker"),
    "analytics": ("-m", "services.analytics"),
    "gateway": ("-m", "services.gateway"),
}

SETUP: tuple[tuple[str, ...], ...] = (("topics",), ("migrate",), ("seed",))
"""Commands of `playhead` that are run once before the services, each of which changes nothing the second time."""

DEMO_KEY_FILE = "demo-key"

PASSED_ON = (
    "PLAYHEAD_",
    "OTEL_",
    "LEGACY_",
    "BLOB_",
    "SSL_",
    "REQUESTS_CA_BUNDLE",
    "PATH",
    "HOME",
    "LANG",
    "TZ",
    "TMPDIR",
)


def environment(settings: OpsSettings, endpoints: Endpoints) -> dict[str, str]:
    """What every process of Playhead is told."""
    inherited = {
        name: value
        for name, value in os.environ.items()  # noqa: TID251 - handed on to children as it is, not read here
        if name.startswith(PASSED_ON)
    }
    return inherited | {
        **endpoints.environment(),
        "PLAYHEAD_DATA": str(settings.data_dir.resolve()),
        "PLAYHEAD_PARTITIONS": str(settings.partitions),
        "PLAYHEAD_PROFILE": "local",
        "PLAYHEAD_DEMO_KEY_FILE": str(settings.data_dir.resolve() / DEMO_KEY_FILE),
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": str(PROJECT),
    }


def services(settings: OpsSettings, endpoints: Endpoints) -> list[Program]:
    """All services, each with a port of its own; the gateway has the one that was asked for where it is free."""
    ports = Ports(settings.data_dir / "ports.json")
    return [_service(name, argv, ports, settings, endpoints) for name, argv in SERVICES.items()]


def _service(name: str, argv: tuple[str, ...], ports: Ports, settings: OpsSettings, endpoints: Endpoints) -> Program:
    port = ports.take(name, settings.port if name == "gateway" else 0)
    url = f"http://127.0.0.1:{port}"

    async def ready() -> None:
        async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
            answer = await client.get(f"{url}/readyz")
        if not answer.is_success:
            raise StackError(f"{url}/readyz answers {answer.status_code}: {answer.text[:300]}")

    return Program(
        name=name,
        argv=(sys.executable, *argv),
        url=url,
        port=port,
        ready=ready,
        folder=settings.data_dir,
        environment=environment(settings, endpoints) | {"PLAYHEAD_PORT": str(port)},
        deadline=45.0,
    )


async def set_up(settings: OpsSettings, endpoints: Endpoints) -> None:
    """Topics, tables, collections and the demo account: made where they are missing. `StackError` when one fails."""
    for arguments in SETUP:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "ops", *arguments),
            env=environment(settings, endpoints),
            cwd=PROJECT,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(60):
            output, _ = await process.communicate()
        if process.returncode:
            raise StackError(f"`playhead {' '.join(arguments)}` failed (exit {process.returncode}):\n{output.decode()}")
