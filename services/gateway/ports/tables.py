"""The read port onto PostgreSQL: what the routes ask of the tables there, always within a reach."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple, Protocol, TypeAlias
from uuid import UUID

from services.gateway.auth.reach import Reach
from services.gateway.http.cursors import Place

Row: TypeAlias = Mapping[str, Any]
"""A row, by the names of its columns."""


class Days(NamedTuple):
    """From the first day to the last, both included, UTC."""

    first: date
    last: date

    @property
    def begin(self) -> datetime:
        return datetime.combine(self.first, time(), UTC)

    @property
    def end(self) -> datetime:
        """The moment after them."""
        return datetime.combine(self.last + timedelta(days=1), time(), UTC)


class AuditFilter(NamedTuple):
    """Which commands an audit shows; None: whichever, but for what operators did: that is the category `operation`."""

    actor: str | None = None
    stream: str | None = None
    category: str | None = None
    command: str | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class Tables(Protocol):
    """Every method may raise `Unavailable`. Lists are newest first, from after a place, unless it says otherwise."""

    async def workflow(self, reach: Reach, workflow_id: UUID) -> Row | None:
        """The workflow; None for one that was deleted."""
        ...

    async def workflows(self, reach: Reach, words: Sequence[str], after: Place | None, limit: int) -> Sequence[Row]:
        """Those in which all the words stand, whole and in any case."""
        ...

    async def file(self, reach: Reach, workflow_id: UUID, file_id: UUID) -> Row | None: ...

    async def files(self, reach: Reach, workflow_id: UUID, after: Place | None, limit: int) -> Sequence[Row]: ...

    async def scenes(self, reach: Reach, workflow_id: UUID) -> Sequence[Row]:
        """In their order."""
        ...

    async def usage(
        self, reach: Reach, days: Days, account: UUID | None, after: Place | None, limit: int
    ) -> Sequence[Row]:
        """Uses of providers, of one account or of all."""
        ...

    async def usage_by_day(self, reach: Reach, days: Days, account: UUID | None) -> Sequence[Row]:
        """The same, summed by day and model; `latency_ms` is a sum, too."""
        ...

    async def metric(self, reach: Reach, name: str, days: Days, limit: int) -> Sequence[Row]:
        """Rows of one of `METRICS`, oldest day first."""
        ...

    async def audit(self, tenant: str, which: AuditFilter, after: Place | None, limit: int) -> Sequence[Row]:
        """What was asked for, and what became of it."""
        ...


def row_place(row: Row) -> Place:
    """Where a workflow, or one of its files, stands in its list."""
    return Place(row["created_at"], str(row["id"]))


def audit_place(row: Row) -> Place:
    """Where a command stands in the audit trail."""
    return Place(row["happened_at"], str(row["command_id"]))


def usage_place(row: Row) -> Place:
    """Where a use stands in its list."""
    return Place(row["created_at"], f"{row['job_id']}:{row['number']:06}")
