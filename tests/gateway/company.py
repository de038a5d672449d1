"""The gateway before the real rules: what a client asks for is decided, projected, worked on and shown, all in memory.

A worker does at once what may be done, unless the test holds it; a stage that is named in `failing` fails for good.
While it is `dark` the read store is away: nothing can be shown.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from contracts.catalog import as_command
from contracts.envelope import Command
from contracts.messages.job import ClaimJob, CompleteStage, FailStage
from contracts.model import CommandBody
from contracts.rendering import Stage, StageOutput
from eventlog.errors import Unavailable
from services.gateway.ports.waiting import Outcome
from services.session import projections as session
from tests.flows import world as flows
from tests.gateway import world as gateways
from tests.gateway.memory import MemorySender
from tests.gateway.world import KEY
from tests.session.words import SCRIPT, an_id, output


class Company:
    """One partition of each service, one worker, one gateway."""

    def __init__(self, *, enforce: bool = False, starter_grant: int = 100, **gateway: Any) -> None:
        self.services = flows.World(enforce=enforce)
        self.gateway = gateways.World(sender=_Sender(self), **gateway)
        self.changed: dict[str, Any] = {"starter_grant": starter_grant}
        self.working = True
        self.dark = False
        self.failing: set[Stage] = set()
        self.script = SCRIPT
        self.outputs: dict[Stage, StageOutput] = {}
        self._said = 0

    @asynccontextmanager
    async def client(self, key: str | None = KEY) -> AsyncGenerator[httpx.AsyncClient]:
        """A client of the gateway, which sees the outcomes of its commands."""
        self.gateway.waiters.beat()
        async with self.gateway.client(key, **self.changed) as client:
            yield client

    async def take(self, command: Command) -> None:
        """Decide a command and all that follows from it, and show it."""
        self.services.deliver([command])
        await self.show()
        if self.working:
            await self.work()

    async def send(self, stream: str, tenant: str, body: CommandBody) -> None:
        """A command of somebody else than the gateway."""
        self._said += 1
        await self.take(
            as_command(
                body,
                id_=an_id(f"said {self._said}"),
                stream=stream,
                at=self.gateway.moment,
                tenant=tenant,
                actor="tests",
            )
        )

    async def work(self) -> None:
        """Do everything that may be done now."""
        while row := next((row for row in await self.services.rows("render.queue") if row["claimable"]), None):
            epoch, stage = row["epoch"] + 1, Stage(row["stages_left"][0])
            done: CommandBody = CompleteStage(epoch=epoch, output=self.outputs.get(stage) or output(stage, self.script))
            if stage in self.failing:
                done = FailStage(epoch=epoch, stage=stage, code="tool.failed", message="it broke", retryable=False)
            for body in (ClaimJob(worker="worker-1", epoch=epoch), done):
                self._said += 1
                self.services.deliver([self._by_worker(row, body)])
        await self.show()

    async def claim(self, job_id: str) -> None:
        """The worker takes a job, and does nothing yet."""
        (row,) = [row for row in await self.services.rows("render.queue") if str(row["job_id"]) == job_id]
        self._said += 1
        self.services.deliver([self._by_worker(row, ClaimJob(worker="worker-1", epoch=row["epoch"] + 1))])
        await self.show()

    async def show(self) -> None:
        """Everything that was decided, as documents and as outcomes."""
        self.gateway.documents.away = self.dark
        if self.dark:
            self.gateway.waiters.lost()
            return
        await self.services.read()
        shown = self.gateway.documents.collections
        for reader in (self.services.documents, self.services.jobs):
            for name, views in reader.store.views.items():
                shown[name] = {row["_id"]: dict(row) for view in views.values() for row in view}
            for name, rows in reader.store.entries.items():
                shown[name] = {row["_id"]: dict(row) for row in rows.values()}
        for reader in self.services.facts:
            for name, views in reader.store.views.items():
                self.gateway.tables.rows[name] = [row for view in views.values() for row in view]
            for name, rows in reader.store.entries.items():
                self.gateway.tables.rows[name] = list(rows.values())
        for name in ("session_commands", "render_commands"):
            for document in shown.get(name, {}).values():
                self.gateway.waiters.tell(UUID(document["_id"]), Outcome.of(document))
        self.gateway.news.perhaps()
        self.gateway.waiters.beat()

    async def rebuild(self) -> None:
        """The session service's documents, from nothing but the log."""
        self.services.documents = flows.Reader(self.services.session, session.PROJECTIONS, session.JOURNALS)
        await self.show()

    def _by_worker(self, row: Any, body: CommandBody) -> Command:
        return as_command(
            body,
            id_=an_id(f"said {self._said}"),
            stream=row["stream"],
            at=self.gateway.moment + timedelta(milliseconds=self._said),
            tenant=row["tenant_id"],
            actor="worker:worker-1",
        )


class _Sender(MemorySender):
    """The way into the log: what was sent is decided before the sender hears that it is there."""

    def __init__(self, company: Company) -> None:
        super().__init__()
        self._company = company

    async def send(self, topic: str, command: Command, headers: Sequence[tuple[str, bytes]] = ()) -> None:
        if self.away:
            raise Unavailable("kafka", "broker-7.internal:9092 does not answer")
        self.sent.append((topic, command))
        await self._company.take(command)
