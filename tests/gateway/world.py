"""A gateway in this process: its routes over ports in memory, with a clock that the test moves."""

import asyncio
import shutil
import weakref
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import httpx
from fastapi import FastAPI

from blobs.memory import MemoryBlobs
from contracts.envelope import Command
from contracts.messages.account import AccountKind, Role
from eventlog.clock import new_id
from services.gateway import api
from services.gateway.auth.credentials import Credentials
from services.gateway.auth.keys import KeyRing, digest, key_of
from services.gateway.auth.principal import Principal
from services.gateway.files.receiving import Uploads
from services.gateway.http.signing import Signer
from services.gateway.ports.gateway import Gateway, PartState
from services.gateway.ports.news import News
from services.gateway.ports.waiting import Outcome, Waiters
from services.gateway.webhooks.ports import Webhooks
from services.gateway.webhooks.secrets import Secrets
from services.gateway.webhooks.targets import Rules
from services.render.engines.inspection import inspect
from tests.gateway import samples
from tests.gateway.memory import MemoryAnswers, MemoryDocuments, MemorySender
from tests.gateway.memory_projects import MemoryProjects
from tests.gateway.memory_support import MemorySupport
from tests.gateway.memory_tables import MemoryTables
from tests.gateway.memory_webhooks import MemoryDeliveries, MemoryEndpoints

OURS, THEIRS = "ours", "theirs"
KEY, OTHER_KEY = key_of(bytes(range(20))), key_of(bytes(range(20, 40)))
US = Principal(OURS, AccountKind.API_KEY, "demo")
THEM = Principal(THEIRS, AccountKind.API_KEY, "demo")
ADMINS = KeyRing({digest(KEY): replace(US, role=Role.ADMIN), digest(OTHER_KEY): replace(THEM, role=Role.ADMIN)})
"""The same keys, of administrators."""
HERE = "http://127.0.0.1:8080"

Decide = Callable[[Command], dict[str, Any] | None]
"""What becomes of a command, as a document; None while it is not decided."""


@dataclass
class World:
    """The ports, and a client of each tenant. `decide` plays the services behind the log."""

    sender: MemorySender = field(default_factory=MemorySender)
    documents: MemoryDocuments = field(default_factory=MemoryDocuments)
    tables: MemoryTables = field(default_factory=MemoryTables)
    answers: MemoryAnswers = field(default_factory=MemoryAnswers)
    deliveries: MemoryDeliveries = field(default_factory=MemoryDeliveries)
    wake: Callable[[], None] = lambda: None
    blobs: MemoryBlobs = field(default_factory=MemoryBlobs)
    waiters: Waiters = field(default_factory=Waiters)
    news: News = field(default_factory=News)
    uploads: Uploads = field(init=False)
    signer: Signer = field(default_factory=lambda: Signer({"old": b"o" * 32, "new": b"n" * 32}))
    moment: datetime = samples.NOON
    legacy_tenant: str = OURS
    local: bool = True

    def __post_init__(self) -> None:
        """What is coming lies in a folder that goes with the world."""
        folder = Path(gettempdir()) / f"playhead-tests-{new_id()}"
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.uploads = Uploads(folder, self.blobs, inspect, largest=1_000_000)

    def gateway(self, **changed: Any) -> Gateway:
        """The ports as the routes get them."""
        made = Gateway(
            origin="gateway-1",
            public_url=HERE,
            version="0.1.0",
            now=lambda: self.moment,
            new_id=new_id,
            sender=self.sender,
            documents=self.documents,
            tables=self.tables,
            projects=MemoryProjects(self.documents),
            answers=self.answers,
            blobs=self.blobs,
            waiters=self.waiters,
            news=self.news,
            signer=self.signer,
            keys=KeyRing({digest(KEY): US, digest(OTHER_KEY): THEM}),
            credentials=Credentials(self.documents),
            support=MemorySupport(self.documents),
            uploads=self.uploads,
            webhooks=self.webhooks(),
            started_at=samples.NOON,
            demo=Principal(OURS, AccountKind.DEMO, "demo", Role.ADMIN) if self.local else None,
            legacy_tenant=self.legacy_tenant,
            legacy_wait_seconds=1.0,
            probes=dict.fromkeys(("kafka", "mongo", "database"), self._probe),
        )
        return replace(made, **changed)

    def webhooks(self) -> Webhooks:
        """Endpoints as the projections show them; messages may go to this machine, too."""
        secrets = Secrets({"2026-10": b"o" * 32, "2026-11": b"n" * 32})
        rules = Rules(loopback=True)
        return Webhooks(MemoryEndpoints(self.documents), self.deliveries, secrets, rules, self.wake)

    async def _probe(self) -> PartState:
        return PartState(connected=not self.documents.away, latency_ms=1.0)

    def app(self, **changed: Any) -> FastAPI:
        """The application."""
        return api.make(self.gateway(**changed))

    @asynccontextmanager
    async def client(self, key: str | None = KEY, **changed: Any) -> AsyncGenerator[httpx.AsyncClient]:
        """A client that speaks for the owner of `key`."""
        transport = httpx.ASGITransport(self.app(**changed), raise_app_exceptions=False)
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(transport=transport, base_url=HERE, headers=headers) as client:
            yield client

    @asynccontextmanager
    async def deciding(self, decide: Decide) -> AsyncGenerator[None]:
        """Tell whoever waits what becomes of each command that is sent meanwhile."""

        async def run() -> None:
            seen = 0
            while True:
                self.waiters.beat()
                for _, command in self.sender.sent[seen:]:
                    document = decide(command)
                    if document is not None:
                        self.documents.put("session_commands", document)
                        self.waiters.tell(command.id, Outcome.of(document))
                seen = len(self.sender.sent)
                await asyncio.sleep(0.002)

        self.waiters.beat()
        async with asyncio.TaskGroup() as tasks:
            work = tasks.create_task(run())
            try:
                yield
            finally:
                work.cancel()
