"""The services as processes on the real stack, in databases and a folder of their own."""

import asyncio
import json
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from contracts.catalog import as_command
from contracts.envelope import Command, stream_id
from contracts.messages.account import AccountKind, RegisterAccount
from contracts.messages.session import StartSession
from contracts.model import CommandBody
from contracts.topics import COMMANDS_OF, TOPICS
from eventlog.clock import new_id, now
from eventlog.kafka import KafkaAccess, KafkaSender, create_topics
from eventlog.read.mongo import MongoDatabase
from ops.logins import KEYS, OF_SERVICE
from ops.settings import PROJECT
from ops.stack.launcher import Endpoints
from services.render import stores as render
from services.session import stores as session
from tests.live.databases import migrated_database
from tests.live.logins import login_of, passwords
from tests.plain_http import plain_http
from tests.waiting import eventually

PARTITIONS = 4
START_SECONDS = 120
RENDER_SECONDS = 240
LOOK_SECONDS = 0.1
"""Between two looks: services start and films are made beside them, on the same few processors."""
GRANT = 100
TENANT = "tests"
ONLY_OURS = """
CREATE FUNCTION render.only_ours() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO render.leases (stream, tenant_id, epoch, worker, lease_until, heartbeat_at)
    VALUES (NEW.stream, NEW.tenant_id, 0, 'nobody', 'infinity', 'infinity') ON CONFLICT DO NOTHING;
    RETURN NEW;
END $$;
CREATE TRIGGER only_ours AFTER INSERT ON render.queue
FOR EACH ROW WHEN (NEW.tenant_id <> '{tenant}') EXECUTE FUNCTION render.only_ours();
"""
"""Other tests speak into the same topics: what they ask for is queued here, too, and no worker of ours may take it."""
SCRIPT = "Tides rise and fall twice a day."


@dataclass(frozen=True, slots=True)
class Play:
    """A session that was asked for, with its one job and an account of its own."""

    tenant: str = TENANT
    session_id: UUID = field(default_factory=new_id)
    job_id: UUID = field(default_factory=new_id)
    account_id: UUID = field(default_factory=new_id)

    def command(self, category: str, public_id: UUID, body: CommandBody) -> Command:
        return as_command(
            body,
            id_=new_id(),
            stream=stream_id(category, self.tenant, str(public_id)),
            at=now(),
            tenant=self.tenant,
            actor="tests",
        )


class Running:
    """One process of a service."""

    def __init__(self, process: Process, port: int) -> None:
        self.process = process
        self.port = port

    async def ready(self) -> bool | None:
        """Whether its probe says so."""
        assert self.process.returncode is None, "the process has ended: see its log"
        async with plain_http() as client:
            try:
                return (await client.get(f"http://127.0.0.1:{self.port}/readyz", timeout=5)).is_success or None
            except httpx.TransportError:
                return None

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def encoders(self) -> list[int] | None:
        """The ffmpeg processes that it runs now."""
        return [pid for pid in _children(self.process.pid) if b"ffmpeg" in _command_line(pid)] or None

    async def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Its exit code."""
        if self.process.returncode is None:
            self.process.send_signal(number)
            self.process.send_signal(signal.SIGCONT)
        async with asyncio.timeout(30):
            return await self.process.wait()


class Company:
    """What they share, and what a test asks of it."""

    def __init__(
        self, stack: Endpoints, dsn: str, database: str, folder: Path, settings: Mapping[str, str] | None = None
    ) -> None:
        self._stack = stack
        self._settings = settings or {}
        self._database = database
        self.folder = folder
        self.dsn = dsn
        self.documents = MongoDatabase.connect(stack.mongodb, database, application="tests")
        self.access = KafkaAccess(stack.kafka)
        self.sender = KafkaSender(self.access, COMMANDS_OF)
        self.running: dict[str, Running] = {}

    def environment(self, login: str) -> dict[str, str]:
        """Where everything is, with this login at PostgreSQL."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self._stack.kafka,
            "MONGODB_URI": self._stack.mongodb,
            "MONGODB_DATABASE": self._database,
            "DATABASE_URL": login_of(self.dsn, login) if login else self.dsn,
            "PLAYHEAD_DATA": str(self.folder),
            "PLAYHEAD_GROUPS": self._database,
            **self._settings,
        }

    @asynccontextmanager
    async def hired(self, name: str, *argv: str, **settings: str) -> AsyncGenerator[Running]:
        """`python -m <argv>`, ready on the way in, gone on the way out."""
        port = _free_port()
        environment = {
            **self.environment(OF_SERVICE.get(argv[-1].removeprefix("services."), "nobody")),
            "PLAYHEAD_PORT": str(port),
            **settings,
        }
        with (self.folder / f"{name}.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", *argv), cwd=PROJECT, env=environment, stdin=DEVNULL, stdout=log, stderr=log
            )
        running = self.running[name] = Running(process, port)
        try:
            await eventually(running.ready, START_SECONDS, LOOK_SECONDS)
            yield running
        finally:
            if process.returncode is None:
                await running.end(signal.SIGKILL)

    def worker(self, name: str, blobs: str = "blobs") -> Any:
        """A worker of that name; `blobs` is the folder of its blob store."""
        url = f"file://{self.folder / blobs}"
        return self.hired(name, "services.render", "worker", PLAYHEAD_WORKER_NAME=name, PLAYHEAD_BLOBS_URL=url)

    async def stage(self, play: Play, **wish: Any) -> None:
        """Open the account and start the session, with `wish` instead of a script where one is given."""
        account = RegisterAccount(account_id=play.account_id, kind=AccountKind.DEMO, starter_grant=GRANT)
        start = StartSession(
            session_id=play.session_id,
            account_id=play.account_id,
            job_id=play.job_id,
            **(wish or {"title": "Tides", "script": SCRIPT}),
        )
        await self.sender.send(
            [play.command("account", play.account_id, account), play.command("session", play.session_id, start)]
        )

    async def document(self, collection: str, play: Play) -> dict[str, Any] | None:
        """The session, the job or the account of a play."""
        field_, value = {
            "sessions": ("sessionId", play.session_id),
            "jobs": ("jobId", play.job_id),
            "accounts": ("accountId", play.account_id),
        }[collection]
        return await self.documents.of_tenant(collection, play.tenant).find_one({field_: str(value)})

    async def until(self, collection: str, play: Play, within: float = RENDER_SECONDS, **wanted: Any) -> dict[str, Any]:
        """The document once its fields are as wanted."""

        async def look() -> dict[str, Any] | None:
            found = await self.document(collection, play)
            return found if found and all(found[name] == value for name, value in wanted.items()) else None

        return await eventually(look, within, LOOK_SECONDS)

    async def history(self, play: Play) -> list[dict[str, Any]]:
        """The events of the job."""
        where = {"jobId": str(play.job_id)}
        found = self.documents.of_tenant("render_history", play.tenant)
        return await found.find(where, sort=[("version", 1)], limit=1_000)

    async def close(self) -> None:
        await self.sender.close()
        await self.documents.drop()
        self.documents.close()


@asynccontextmanager
async def company(
    stack: Endpoints, folder: Path, *, tenant: str = TENANT, seals: bool = False, **settings: str
) -> AsyncGenerator[Company]:
    """Topics, tables and collections are there; the services that decide and project run, all with these settings.

    `tenant`: whose jobs its workers take. `seals`: they have a store of keys. Whoever shares the topics has another
    one, or none, and could not read what they write: so only on a stack of one's own.
    """
    await create_topics(KafkaAccess(stack.kafka), TOPICS, PARTITIONS, 1)
    async with migrated_database(stack) as dsn:
        await passwords(dsn)
        ours = await asyncpg.connect(dsn)
        await ours.execute(ONLY_OURS.replace("{tenant}", tenant))
        await ours.close()
        if seals:
            secrets = {"test": "a-secret-of-some-thirty-two-characters"}
            settings["PLAYHEAD_SUBJECT_KEYS_URL"] = login_of(dsn, KEYS)
            settings["PLAYHEAD_SUBJECT_KEYS_SECRETS"] = json.dumps(secrets)
        made = Company(stack, dsn, f"test_{new_id().hex}", folder, settings)
        await session.install(made.documents)
        await render.install(made.documents)
        try:
            async with AsyncExitStack() as hired:
                services = ("session", "render", "analytics")
                await asyncio.gather(
                    *(hired.enter_async_context(made.hired(name, f"services.{name}")) for name in services)
                )
                yield made
        finally:
            await made.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _children(pid: int) -> Sequence[int]:
    lists = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    return [int(child) for found in lists for child in found.split()]


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""
