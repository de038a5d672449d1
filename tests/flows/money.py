"""Accounts, sessions and jobs whose commands arrive late, twice and in any order; and what they ought to cost.

`Bank` runs the real rules and policies and lets chance decide. `Bill` is told only what happened to jobs, and adds up
by itself what their accounts owe; it knows nothing of reservations.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from math import ceil
from random import Random
from uuid import UUID

from contracts.catalog import as_command
from contracts.envelope import Command, category_of, stream_id
from contracts.messages import RENDER_CATALOG, SESSION_CATALOG
from contracts.messages.account import AccountKind, GrantCredits, RegisterAccount
from contracts.messages.job import (
    CancelJob,
    ClaimJob,
    CompleteStage,
    ExpireJob,
    FailJob,
    FailStage,
    JobApproved,
    JobCanceled,
    JobCompleted,
    JobExpired,
    JobFailed,
    JobPurged,
    JobQueued,
    JobRetried,
    JobStageCompleted,
    PurgeJob,
    ReleaseJob,
    ReleaseReason,
    RetryJob,
)
from contracts.messages.session import DeleteSession, PurgeSession, RequestStages, RestoreSession, StartSession
from contracts.model import CommandBody, EventBody
from contracts.rendering import STAGES, Stage
from contracts.topics import RENDER_EVENTS, SESSION_EVENTS
from eventlog.read.projection import Fact, Row, View
from services.render.deciders import DECIDERS as RENDER_DECIDERS
from services.render.policies import policies as render_policies
from services.render.projections.queue import fold as fold_queue
from services.session.deciders import DECIDERS as SESSION_DECIDERS
from services.session.policies import POLICIES as SESSION_POLICIES
from tests.bdd import NOON
from tests.eventlog.toys import commit_in
from tests.flows.world import Service
from tests.histories import TENANT
from tests.session.words import SCRIPT, an_id, output

ACCOUNTS = (an_id("a purse"), an_id("another purse"))
PAID = (Stage.SPEECH, Stage.SCENES, Stage.VIDEO)


@dataclass
class Bill:
    """What one job has cost, and has set aside, by what happened to it."""

    account: UUID
    run: int = 1
    estimate: int = 0
    approved: bool = False
    live: bool = True
    done: int = 0
    duration_ms: int = 0
    charged: dict[int, int] = field(default_factory=dict[int, int])

    def hear(self, body: EventBody) -> None:
        """One event of the job, in its order."""
        match body:
            case JobApproved():
                self.approved = True
            case JobStageCompleted(output=made):
                self.done += made.stage in PAID
                self.duration_ms = made.duration_ms or self.duration_ms
            case JobCompleted() | JobCanceled():
                self._end(self._worth())
            case JobFailed() | JobExpired():
                self._end(0)
            case JobRetried():
                self.run, self.estimate = body.run, body.estimate_points
                self.approved, self.live, self.done = False, True, 0
            case _:
                return

    def _end(self, points: int) -> None:
        self.live = False
        if self.approved:
            self.charged[self.run] = min(points, self.estimate)

    def _worth(self) -> int:
        """A point for each ten seconds begun, a third of it for each of the three paid stages, rounded up."""
        return ceil(Fraction(ceil(Fraction(self.duration_ms, 10_000)) * self.done, 3)) if self.done else 0

    @property
    def set_aside(self) -> int:
        """What a run at work has taken for now."""
        return self.estimate if self.live and self.approved else 0


class Bank:
    """Two accounts, up to four sessions; everything that is said waits until chance delivers it, perhaps twice."""

    def __init__(self, seed: int, *, enforce: bool, grant: int) -> None:
        self.chance = Random(seed)
        self.session = Service(SESSION_EVENTS.name, SESSION_DECIDERS, SESSION_CATALOG, SESSION_POLICIES)
        self.render = Service(
            RENDER_EVENTS.name, RENDER_DECIDERS, RENDER_CATALOG, render_policies(enforce_credits=enforce)
        )
        self.waiting: list[Command] = []
        self.delivered: list[Command] = []
        self.bills: dict[str, Bill] = {}
        self.queue: dict[str, View] = defaultdict(tuple)
        self.sessions: list[UUID] = []
        self.granted = dict.fromkeys(ACCOUNTS, grant)
        self._said = 0
        for account in ACCOUNTS:
            opened = RegisterAccount(account_id=account, kind=AccountKind.WALLET, starter_grant=grant)
            self._deliver(self._command("account", account, opened))

    def play(self, moves: int) -> None:
        """So many moves of chance, then everything that waits."""
        kinds: list[Callable[[], None]] = [self._begin, self._on_a_job, self._work, self._on_a_session, self._give]
        for _ in range(moves):
            self.chance.choices(kinds, weights=(3, 2, 24, 1, 1))[0]()
            for _ in range(self.chance.randrange(6)):
                self.arrive()
        self.settle_down()

    def settle_down(self) -> None:
        """Until nothing waits."""
        while self.waiting:
            self.arrive()

    def arrive(self) -> None:
        """Something that waits arrives; one time in six it will arrive again."""
        if self.waiting:
            place = self.chance.randrange(len(self.waiting))
            again = self.chance.random() < 1 / 6
            self._deliver(self.waiting[place] if again else self.waiting.pop(place))

    def everything_again(self) -> None:
        """All that was ever said, in any order, and all that the policies ask for on reading the logs anew."""
        told = [
            command
            for service in (self.session, self.render)
            for lane in [service.policy_lane()]
            for record in service.log
            for command in lane.see(record)
        ]
        again = [*self.delivered, *told]
        self.chance.shuffle(again)
        self.waiting = again
        while self.waiting:
            self._deliver(self.waiting.pop())

    def said_of(self, account: UUID) -> Iterator[EventBody]:
        """What happened to an account."""
        stream = stream_id("account", TENANT, str(account))
        for commit in self.session.commits():
            if commit.stream == stream:
                for event in commit.events:
                    yield from SESSION_CATALOG.read_event(event.type, event.type_version, bytes(event.data))

    def _begin(self) -> None:
        if len(self.sessions) < 4:
            name = an_id(f"session {len(self.sessions)}")
            script = self.chance.choice(("", SCRIPT))
            begun = StartSession(
                session_id=name,
                account_id=self.chance.choice(ACCOUNTS),
                job_id=an_id(f"job {len(self.sessions)}"),
                prompt="Why?",
                script=script,
                stages=STAGES if self.chance.random() < 0.8 else PAID if script else STAGES[:2],
            )
            self.sessions.append(name)
            self._say("session", name, begun)

    def _on_a_job(self) -> None:
        if self.bills:
            body = self.chance.choice(
                (
                    *(CancelJob(), RetryJob(), RetryJob(), RetryJob(), ExpireJob(), PurgeJob()),
                    FailJob(code="operator.stopped", message="enough"),
                )
            )
            self._say_to(self.chance.choice(sorted(self.bills)), body)

    def _on_a_session(self) -> None:
        if self.sessions:
            self._said += 1
            again = RequestStages(job_id=an_id(f"another job {self._said}"), stages=self.chance.choice((PAID, STAGES)))
            body = self.chance.choice((again, again, again, DeleteSession(), RestoreSession(), PurgeSession()))
            self._say("session", self.chance.choice(self.sessions), body)

    def _give(self) -> None:
        account, amount = self.chance.choice(ACCOUNTS), self.chance.randrange(1, 20)
        self._said += 1
        self.granted[account] += amount
        self._say("account", account, GrantCredits(entry_id=an_id(f"gift {self._said}"), amount=amount))

    def _work(self) -> None:
        rows = [view[0] for _, view in sorted(self.queue.items()) if view and view[0]["state"] != "over"]
        if rows:
            row = self.chance.choice(rows)
            self._say_to(row["stream"], self._word(row))

    def _word(self, row: Row) -> CommandBody:
        """What a worker says of a job as it sees it; now and then it has slept, and sees an old turn."""
        epoch = row["epoch"] if self.chance.random() < 0.9 else max(row["epoch"] - 1, 1)
        if row["state"] == "queued" or not row["stages_left"]:
            return ClaimJob(worker=f"worker-{self.chance.randrange(2)}", epoch=row["epoch"] + 1)
        stage = Stage(row["stages_left"][0])
        luck = self.chance.random()
        if luck < 0.8:
            return CompleteStage(epoch=epoch, output=output(stage, duration_ms=self.chance.randrange(1_000, 90_000)))
        if luck < 0.95:
            retryable = self.chance.random() < 0.5
            return FailStage(epoch=epoch, stage=stage, code="tool.failed", message="it broke", retryable=retryable)
        return ReleaseJob(epoch=epoch, reason=self.chance.choice((ReleaseReason.DRAINED, ReleaseReason.WORKER_LOST)))

    def _say(self, category: str, public: UUID, body: CommandBody) -> None:
        self.waiting.append(self._command(category, public, body))

    def _say_to(self, stream: str, body: CommandBody) -> None:
        self._said += 1
        self.waiting.append(self._of(stream, body))

    def _command(self, category: str, public: UUID, body: CommandBody) -> Command:
        self._said += 1
        return self._of(stream_id(category, TENANT, str(public)), body)

    def _of(self, stream: str, body: CommandBody) -> Command:
        return as_command(
            body,
            id_=an_id(f"said {self._said}"),
            stream=stream,
            at=NOON + timedelta(seconds=self._said),
            tenant=TENANT,
            actor="chance",
            origin="tests",
        )

    def _deliver(self, command: Command) -> None:
        service = self.render if category_of(command.stream) == "job" else self.session
        before = len(service.log)
        self.waiting.extend(service.handle(command))
        self.delivered.append(command)
        if service is self.render and len(service.log) > before:
            self._hear(service.log[-1].value)

    def _hear(self, record: bytes) -> None:
        commit = commit_in(record)
        for number, event in enumerate(commit.events, commit.version - len(commit.events) + 1):
            body = RENDER_CATALOG.decode_event(event.type, event.type_version, bytes(event.data))
            fact = Fact(
                stream=commit.stream,
                version=number,
                at=commit.at,
                tenant=TENANT,
                actor="chance",
                command_id=commit.command_id,
                body=body,
            )
            self.queue[commit.stream] = fold_queue(self.queue[commit.stream], fact)
            if isinstance(body, JobQueued):
                self.bills[commit.stream] = Bill(body.account_id, estimate=body.estimate_points)
            elif not isinstance(body, JobPurged):
                self.bills[commit.stream].hear(body)
