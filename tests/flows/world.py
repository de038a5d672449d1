"""Both services in memory, wired as they are for real: lanes, policies and projectors, each over the same log."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from contracts.catalog import Catalog, as_command
from contracts.envelope import Command, Commit, category_of, stream_id
from contracts.messages import RENDER_CATALOG, SESSION_CATALOG
from contracts.messages.job import ClaimJob, CompleteStage
from contracts.model import CommandBody
from contracts.rendering import Stage
from contracts.sealing import NoKeys
from contracts.topics import RENDER_EVENTS, SESSION_EVENTS
from eventlog.commit import Record, start
from eventlog.keys.memory import MemoryKeyStore
from eventlog.keys.ring import KeyRing
from eventlog.read.memory import MemoryProjectionStore
from eventlog.read.projection import Journal, Projection, Row
from eventlog.read.projector import ProjectorLane
from eventlog.write.decider import Decider
from eventlog.write.lane import Lane
from eventlog.write.ledger import MemoryLedger
from eventlog.write.policy import Policy, PolicyLane
from services.analytics.projections import (
    ASSETS,
    CHANGES_OF_JOBS,
    CHANGES_OF_SESSIONS,
    OF_JOBS,
    OF_SESSIONS,
    WORKFLOW,
    audit,
    platform,
    platform_jobs,
)
from services.render import projections as render
from services.render.deciders import DECIDERS as RENDER_DECIDERS
from services.render.policies import policies as render_policies
from services.session import projections as session
from services.session.deciders import DECIDERS as SESSION_DECIDERS
from services.session.policies import POLICIES as SESSION_POLICIES
from tests.bdd import NOON
from tests.eventlog.toys import commit_in
from tests.flows.kept import check_document, check_row
from tests.histories import TENANT
from tests.session.words import ACCOUNT, JOB, PRESET, SESSION, UPLOAD, an_id, output, register

SESSION_STREAM = stream_id("session", TENANT, str(SESSION))
ACCOUNT_STREAM = stream_id("account", TENANT, str(ACCOUNT))
JOB_STREAM = stream_id("job", TENANT, str(JOB))
PRESET_STREAM = stream_id("preset", TENANT, str(PRESET))
STREAMS: Mapping[str, str] = {
    "session": SESSION_STREAM,
    "account": ACCOUNT_STREAM,
    "job": JOB_STREAM,
    "preset": PRESET_STREAM,
    "upload": stream_id("upload", TENANT, str(UPLOAD)),
}


class Service:
    """One partition of one service: what it decides, what follows elsewhere."""

    def __init__(
        self, topic: str, deciders: Iterable[Decider[Any]], catalog: Catalog, policies: Sequence[Policy]
    ) -> None:
        self.topic = topic
        self.catalog = catalog
        self.log: list[Record] = []
        self._policies = policies
        self._lane = Lane(deciders, catalog, MemoryLedger(start(topic, 0)), lambda _: True)
        self._heard = self.policy_lane()

    def policy_lane(self) -> PolicyLane:
        """One that has heard nothing yet."""
        return PolicyLane(self._policies, self.catalog, start(self.topic, 0), "policy")

    def handle(self, command: Command) -> list[Command]:
        """Decide, append, read back; what the policies ask for. Nothing where the command was handled before."""
        link = self._lane.propose(command)
        if link is None:
            return []
        record = Record(len(self.log), *link)
        self.log.append(record)
        assert self._lane.see(record)
        self._lane.save()
        return self._heard.see(record)

    def commits(self) -> list[Commit]:
        """All of the log, in plain text."""
        return [self.catalog.opened(commit_in(record.value)) for record in self.log]


class Reader:
    """A projector and what it keeps."""

    def __init__(self, service: Service, projections: Sequence[Projection], journals: Sequence[Journal] = ()) -> None:
        self.service = service
        self.projections = projections
        self.journals = journals
        self.store = MemoryProjectionStore(projections, journals)
        self._lane = ProjectorLane(projections, journals, service.catalog, start(service.topic, 0), {})

    async def read(self) -> None:
        """Everything that is new in the log; none of it may fail."""
        position, counted = self._lane.take(self.service.log[self._lane.position.next_offset :])
        loaded = await self.store.load(self._lane.places(counted))
        changes = self._lane.fold(counted, loaded)
        assert not changes.parked
        before = await self.store.checkpoint(self.service.topic, 0)
        await self.store.commit(self.service.topic, 0, before.position if before else None, position, changes)
        self._lane.moved(position, len(counted), len(counted))


class World:
    """A tenant with an account, and everything that follows from what is sent.

    `seals`: personal text stands in its log under keys that nobody else has. Without, as in installations that have no
    store of keys, whoever is given the log can read it.
    """

    def __init__(self, *, enforce: bool = True, starter_grant: int = 100, seals: bool = True) -> None:
        self.keys = MemoryKeyStore()
        self.ring = KeyRing(self.keys)
        opening = self.ring if seals else NoKeys()
        of_sessions, of_jobs = SESSION_CATALOG.under(opening), RENDER_CATALOG.under(opening)
        self.session = Service(SESSION_EVENTS.name, SESSION_DECIDERS, of_sessions, SESSION_POLICIES)
        self.render = Service(RENDER_EVENTS.name, RENDER_DECIDERS, of_jobs, render_policies(enforce_credits=enforce))
        self.documents = Reader(self.session, session.PROJECTIONS, session.JOURNALS)
        self.jobs = Reader(self.render, render.DOCUMENTS, render.JOURNALS)
        self.queue = Reader(self.render, render.QUEUE)
        self.retention = Reader(self.render, render.RETENTION)
        self.uploads = Reader(self.render, render.UPLOADS)
        self.facts = (
            Reader(
                self.session,
                (*OF_SESSIONS, *platform.OF_SESSIONS, *WORKFLOW),
                (*CHANGES_OF_SESSIONS, audit.OF_SESSIONS),
            ),
            Reader(self.render, (*OF_JOBS, *platform_jobs.OF_JOBS, *ASSETS), (*CHANGES_OF_JOBS, audit.OF_JOBS)),
        )
        self._looked_at: dict[int, Row] = {}
        self.sent: list[Command] = []
        self.send(register(starter_grant))

    def send(self, *bodies: CommandBody) -> list[str]:
        """Send, and let everything that follows happen; of each, `done` or the code of its refusal."""
        return [self._send(body) for body in bodies]

    def work(self, *stages: Stage, epoch: int = 1) -> list[str]:
        """A worker takes the job and finishes these stages."""
        words = (CompleteStage(epoch=epoch, output=output(stage)) for stage in stages)
        return self.send(ClaimJob(worker=f"worker-{epoch}", epoch=epoch), *words)

    def deliver(self, commands: Iterable[Command]) -> None:
        """Hand commands to their services, and what the policies ask for after them."""
        waiting = deque(commands)
        while waiting:
            command = waiting.popleft()
            self.sent.append(command)
            waiting.extend(self._of(command.stream).handle(command))

    async def view(self, name: str) -> Row:
        """The only document or row under that name; all stores are up to date afterwards."""
        (row,) = await self.rows(name)
        return row

    async def rows(self, name: str) -> list[Row]:
        """All that a store keeps under that name."""
        await self.read()
        return [
            row
            for reader in self._readers()
            for views in [reader.store.views.get(name, {})]
            for view in views.values()
            for row in view
        ] + [row for reader in self._readers() for row in reader.store.entries.get(name, {}).values()]

    async def read(self) -> None:
        """Bring every store up to date, and see that it could keep what it was given."""
        for reader in self._readers():
            await reader.read()
        for reader in self._readers():
            check = check_document if reader in (self.documents, self.jobs) else check_row
            for name, views in reader.store.views.items():
                for row in (row for view in views.values() for row in view):
                    self._look(check, name, row)
            for name, rows in reader.store.entries.items():
                for row in rows.values():
                    self._look(check, name, row)

    def _look(self, check: Callable[[str, Row], None], name: str, row: Row) -> None:
        """Once at each: a fold gives new rows and never changes those that it gave before."""
        if self._looked_at.get(id(row)) is not row:
            check(name, row)
            self._looked_at[id(row)] = row

    async def everything(self) -> object:
        """All logs and all stores."""
        await self.read()
        return (
            [list(service.log) for service in (self.session, self.render)],
            [(dict(reader.store.views), dict(reader.store.entries)) for reader in self._readers()],
        )

    def told_again(self) -> list[Command]:
        """What the policies ask for when they hear both logs from the beginning."""
        return [
            command
            for service in (self.session, self.render)
            for lane in [service.policy_lane()]
            for record in service.log
            for command in lane.see(record)
        ]

    def _send(self, body: CommandBody) -> str:
        category = next(d.category for d in (*SESSION_DECIDERS, *RENDER_DECIDERS) if isinstance(body, d.commands))
        command = as_command(
            body,
            id_=an_id(f"sent {len(self.sent)}"),
            stream=STREAMS[category],
            at=NOON + timedelta(seconds=len(self.sent)),
            tenant=TENANT,
            actor="ada",
            origin="gateway-1",
        )
        self.deliver([command])
        (commit,) = [one for one in self._of(command.stream).commits() if one.command_id == command.id]
        return commit.refusal.code if commit.refusal else "done"

    def _of(self, stream: str) -> Service:
        return self.render if category_of(stream) in ("job", "upload") else self.session

    def _readers(self) -> Sequence[Reader]:
        return (self.documents, self.jobs, self.queue, self.retention, self.uploads, *self.facts)
