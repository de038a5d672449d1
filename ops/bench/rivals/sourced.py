"""The rival eventsourcing, as its documentation has it: an aggregate a stream, and a projection with its tracking.

As a program, `decide` does the wishes that it reads from standard input and tells each that was saved; `project` keeps
the table of effects. Both find PostgreSQL in the library's own environment variables.
"""

import sys
from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.sql import SQL, Composed, Identifier

from contracts.catalog import Catalog
from contracts.envelope import Command
from contracts.messages import SESSION_CATALOG
from contracts.messages.account import RegisterAccount, ReserveCredits, SettleCredits
from contracts.messages.files import OpenSession
from contracts.messages.session import StartSession


class Account(Aggregate):
    """Points: given, set aside, taken."""

    @event("Registered")
    def __init__(self, account: UUID, wish: UUID, balance: int) -> None:
        self.account = account
        self.wish = wish
        self.balance = balance
        self.reserved: dict[UUID, int] = {}

    @staticmethod
    def create_id(account: UUID) -> UUID:
        return account

    def reserve(self, wish: UUID, job: UUID, amount: int) -> None:
        """Set points aside for a job."""
        if amount > self.balance:
            raise ValueError(f"{self.balance} points are not {amount}")
        if job not in self.reserved:
            self._reserve(wish, job, amount)

    def settle(self, wish: UUID, job: UUID, actual: int) -> None:
        """Take what the job took, give back the rest."""
        if job in self.reserved:
            self._settle(wish, job, actual)

    @event("Reserved")
    def _reserve(self, wish: UUID, job: UUID, amount: int) -> None:
        self.wish = wish
        self.balance -= amount
        self.reserved[job] = amount

    @event("Settled")
    def _settle(self, wish: UUID, job: UUID, actual: int) -> None:
        self.wish = wish
        self.balance += self.reserved.pop(job) - actual


class Session(Aggregate):
    """What somebody makes a film of."""

    @event("Opened")
    def __init__(self, session: UUID, wish: UUID, account: UUID, prompt: str) -> None:
        self.session = session
        self.wish = wish
        self.account = account
        self.prompt = prompt
        self.title = ""

    @staticmethod
    def create_id(session: UUID) -> UUID:
        return session

    def edit(self, wish: UUID, title: str) -> None:
        """Call it something else."""
        if title != self.title:
            self._retitle(wish, title)

    @event("Retitled")
    def _retitle(self, wish: UUID, title: str) -> None:
        self.wish = wish
        self.title = title


class Studio(Application[UUID]):
    """Does commands: each is one aggregate that is read, changed and saved."""

    def do(self, command: Command, catalog: Catalog = SESSION_CATALOG) -> None:
        """Return when it is saved."""
        body = catalog.decode_command(command.type, command.type_version, bytes(command.data))
        match body:
            case RegisterAccount():
                self.save(Account(account=_of(command), wish=command.id, balance=body.starter_grant))
            case StartSession() | OpenSession():
                self.open(_of(command), command.id, body.account_id, body.prompt or "")
            case ReserveCredits():
                account: Account = self.repository.get(_of(command))
                account.reserve(command.id, body.job_id, body.amount)
                self.save(account)
            case SettleCredits():
                account = self.repository.get(_of(command))
                account.settle(command.id, body.job_id, body.actual)
                self.save(account)
            case _:
                raise TypeError(f"no wish of this benchmark: {command.type}")

    def open(self, session: UUID, wish: UUID, account: UUID, prompt: str) -> None:
        """Begin a session."""
        self.save(Session(session=session, wish=wish, account=account, prompt=prompt))

    def edit(self, session: UUID, wish: UUID, title: str) -> None:
        """Return when it is saved."""
        found: Session = self.repository.get(session)
        found.edit(wish, title)
        self.save(found)


class EffectsView(PostgresTrackingRecorder):
    """The table of effects."""

    @property
    def _insert(self) -> Composed:
        statement = SQL("INSERT INTO {}.effects (wish, stream, number) VALUES (%s, %s, %s)")
        return statement.format(Identifier(self.datastore.schema))

    def add(self, wish: UUID, stream: UUID, number: int, tracking: Tracking) -> None:
        """A row and how far the projection has come, in one transaction."""
        with self.datastore.transaction(commit=True) as cursor:
            cursor.execute(self._insert, (wish, stream, number), prepare=True)
            self._insert_tracking(cursor, tracking)


class Effects(Projection[EffectsView]):
    """A row an event."""

    @singledispatchmethod
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        self.view.add(domain_event.wish, domain_event.originator_id, domain_event.originator_version, tracking)


def decide() -> None:
    """Until standard input ends. A line in: the wish's id, the session, the title. A line out: the id, once saved."""
    studio = Studio()
    for line in sys.stdin:
        wish, session, title = line.split()
        studio.edit(UUID(session), UUID(wish), title)
        print(wish, flush=True)


def project() -> None:
    """Until it is killed."""
    with ProjectionRunner(application_class=Studio, projection_class=Effects, view_class=EffectsView) as runner:
        runner.run_forever()


def _of(command: Command) -> UUID:
    """The aggregate that a command speaks of: its stream's name carries a UUID."""
    return UUID(command.stream.partition("-")[2])


if __name__ == "__main__":
    {"decide": decide, "project": project}[sys.argv[1]]()
