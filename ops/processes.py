"""The processes of Playhead on one machine: what is run, on which port it answers, what it is told."""

import asyncio
import json
import ssl
import sys
from collections.abc import Mapping

from eventlog.tasks import plain_errors
from ops import logins
from ops.settings import PROJECT, OpsSettings, passed_on
from ops.stack.child import leash
from ops.stack.endpoints import Endpoints
from ops.stack.part import Program, StackError
from ops.stack.ports import Ports

SERVICES: Mapping[str, tuple[str, ...]] = {
    "session": ("-m", "services.session"),
    "render": ("-m", "services.render"),
    "worker": ("-m", "services.render", "worker"),
    "analytics": ("-m", "services.analytics"),
    "gateway": ("-m", "services.gateway"),
}

NICE = {"analytics": 5, "worker": 5}
"""Who steps back on a busy machine: nobody waits for a table of figures, and a film may take a little longer."""

SETUP: tuple[tuple[tuple[str, ...], ...], ...] = ((("topics",), ("migrate",)), (("seed",),))
"""Commands of `playhead` that are run once before the services, group after group, those of a group all at once; a
second time they change nothing."""
SETUP_SECONDS = 60.0

DEMO_KEY_FILE = "demo-key"


OWNERS_ONLY = ("DATABASE_URL", "DIRECT_URL", "PLAYHEAD_ROLE_PASSWORDS")
"""What a service is not told: where PostgreSQL is for it, it is told with a login of its own."""


def environment(settings: OpsSettings, endpoints: Endpoints) -> dict[str, str]:
    """What every process of Playhead is told, as the owner of the tables."""
    return passed_on() | {
        **{name: url for name, url in endpoints.environment().items() if url},
        "PLAYHEAD_DATA": str(settings.data_dir),
        "PLAYHEAD_PARTITIONS": str(settings.partitions),
        "PLAYHEAD_PROFILE": "local",
        "PLAYHEAD_DEMO_KEY_FILE": str(settings.data_dir / DEMO_KEY_FILE),
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": str(PROJECT),
        **subject_keys(settings, endpoints.postgres),
    }


def subject_keys(settings: OpsSettings, postgres: str) -> dict[str, str]:
    """What a service is told of the store of keys; nothing where there is none."""
    url, wrapping = logins.key_store(settings, postgres)
    if url is None:
        return {}
    shown = {name: secret.get_secret_value() for name, secret in wrapping.items()}
    return {"PLAYHEAD_SUBJECT_KEYS_URL": url.get_secret_value(), "PLAYHEAD_SUBJECT_KEYS_SECRETS": json.dumps(shown)}


def environment_of(name: str, settings: OpsSettings, endpoints: Endpoints) -> dict[str, str]:
    """What one service is told: who has no tables has no login. An address that was given is everybody's."""
    told = {key: value for key, value in environment(settings, endpoints).items() if key not in OWNERS_ONLY}
    if name not in logins.OF_SERVICE:
        return told
    login = logins.OF_SERVICE[name]
    mine = settings.postgres or logins.address(endpoints.postgres, login, logins.passwords(settings.data_dir)[login])
    return told | {"DATABASE_URL": mine}


def services(settings: OpsSettings, endpoints: Endpoints, ports: Ports) -> list[Program]:
    """All services, each with a port of its own; the gateway has the one that was asked for where it is free."""
    return [_service(name, argv, ports, settings, endpoints) for name, argv in SERVICES.items()]


def _service(name: str, argv: tuple[str, ...], ports: Ports, settings: OpsSettings, endpoints: Endpoints) -> Program:
    port = ports.take(name, settings.port if name == "gateway" else 0)
    url = f"http://127.0.0.1:{port}"

    async def ready() -> None:
        await _get_ready(url)

    return Program(
        name=name,
        argv=(sys.executable, *argv),
        url=url,
        port=port,
        ready=ready,
        folder=settings.data_dir,
        environment=environment_of(name, settings, endpoints) | {"PLAYHEAD_PORT": str(port)},
        deadline=45.0,
        nice=NICE.get(name, 0),
    )


_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts nobody: to load whom the world trusts takes a processor fifty milliseconds, and we ask until all are ready."""


async def _get_ready(url: str) -> None:
    import httpx  # noqa: PLC0415 - imported while the services start

    async with httpx.AsyncClient(timeout=5, trust_env=False, verify=_NO_TLS) as client:
        answer = await client.get(f"{url}/readyz")
    if not answer.is_success:
        raise StackError(f"{url}/readyz answers {answer.status_code}: {answer.text[:300]}")


async def set_up(settings: OpsSettings, endpoints: Endpoints) -> None:
    """Topics, tables, collections and the demo account: made where they are missing. `StackError` when one fails."""
    told = environment(settings, endpoints) | _role_passwords(settings)
    with plain_errors():
        for commands in SETUP:
            async with asyncio.TaskGroup() as group:
                for arguments in commands:
                    group.create_task(_run_playhead(arguments, told))


def _role_passwords(settings: OpsSettings) -> dict[str, str]:
    """Those that were given; our own where the services take their logins from us."""
    given = settings.role_passwords or ({} if settings.postgres else logins.passwords(settings.data_dir))
    shown = {login: password.get_secret_value() for login, password in given.items()}
    return {"PLAYHEAD_ROLE_PASSWORDS": json.dumps(shown)} if shown else {}


async def _run_playhead(arguments: tuple[str, ...], told: Mapping[str, str]) -> None:
    said = f"`playhead {' '.join(arguments)}`"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ops", *arguments),
        env=told,
        cwd=PROJECT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        preexec_fn=leash(),
    )
    try:
        async with asyncio.timeout(SETUP_SECONDS):
            output, _ = await process.communicate()
    except TimeoutError:
        raise StackError(
            f"{said} did not end within {SETUP_SECONDS:.0f} s. `playhead status` shows what runs."
        ) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise StackError(f"{said} failed (exit {process.returncode}):\n{output.decode(errors='replace').strip()}")
