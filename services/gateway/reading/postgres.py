"""`Tables` over PostgreSQL: statements of `sql/`, each in a transaction that row-level security binds to the reach."""

import asyncio
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import asyncpg

from eventlog.errors import Unavailable
from eventlog.read.postgres import Pool, open_service_pool, tenant_transaction
from services.gateway.auth.reach import Reach
from services.gateway.http.cursors import Place
from services.gateway.ports.tables import AuditFilter, Days, Row
from services.gateway.reading import statements

ROLE: Final = "playhead_app"
"""Whom the policies bind; whoever logs in has to be allowed to be it."""
CONNECTIONS: Final = 5


class PostgresTables:
    """Connects when it is first asked, and again after the server was away."""

    def __init__(self, dsn: str, seconds: float, connections: int = CONNECTIONS) -> None:
        self._dsn = dsn
        self._seconds = seconds
        self._connections = connections
        self._pool: Pool | None = None
        self._opening = asyncio.Lock()

    async def workflow(self, reach: Reach, workflow_id: UUID) -> Row | None:
        return _first(await self._rows(reach, statements.WORKFLOW["workflow"], workflow_id))

    async def workflows(self, reach: Reach, words: Sequence[str], after: Place | None, limit: int) -> Sequence[Row]:
        asked = (" ".join(words), *_place(after), limit, reach.only)
        return await self._rows(reach, statements.WORKFLOW["workflows"], *asked)

    async def file(self, reach: Reach, workflow_id: UUID, file_id: UUID) -> Row | None:
        return _first(await self._rows(reach, statements.WORKFLOW["file"], workflow_id, file_id))

    async def files(self, reach: Reach, workflow_id: UUID, after: Place | None, limit: int) -> Sequence[Row]:
        return await self._rows(reach, statements.WORKFLOW["files"], workflow_id, *_place(after), limit)

    async def scenes(self, reach: Reach, workflow_id: UUID) -> Sequence[Row]:
        return await self._rows(reach, statements.WORKFLOW["scenes"], workflow_id)

    async def usage(
        self, reach: Reach, days: Days, account: UUID | None, after: Place | None, limit: int
    ) -> Sequence[Row]:
        return await self._rows(
            reach, statements.WORKFLOW["usage"], days.begin, days.end, account, *_place(after), limit
        )

    async def usage_by_day(self, reach: Reach, days: Days, account: UUID | None) -> Sequence[Row]:
        return await self._rows(reach, statements.WORKFLOW["usage_by_day"], days.begin, days.end, account)

    async def metric(self, reach: Reach, name: str, days: Days, limit: int) -> Sequence[Row]:
        return await self._rows(reach, statements.METRICS[name], days.first, days.last, limit)

    async def audit(self, tenant: str, which: AuditFilter, after: Place | None, limit: int) -> Sequence[Row]:
        place = (None, None) if after is None else (after.at, UUID(after.id))
        return await self._rows(Reach(tenant), statements.AUDIT["audit"], *which, *place, limit)

    def close(self) -> None:
        """Let go of every connection."""
        if self._pool is not None:
            self._pool.terminate()

    async def _rows(self, reach: Reach, statement: str, *values: object) -> list[Row]:
        pool = await self._opened()
        try:
            async with (
                asyncio.timeout(self._seconds),
                tenant_transaction(pool, reach.tenant, self._seconds, ROLE, reach.only) as connection,
            ):
                return [dict(row) for row in await connection.fetch(statement, reach.tenant, *values)]
        except TimeoutError as error:
            raise Unavailable("PostgreSQL", f"no answer within {self._seconds:g} s") from error
        except (
            asyncpg.UndefinedTableError,
            asyncpg.InvalidSchemaNameError,
            asyncpg.InvalidParameterValueError,
        ) as error:
            raise Unavailable("PostgreSQL", "the tables are not there yet: run `playhead migrate`") from error

    async def _opened(self) -> Pool:
        async with self._opening:
            if self._pool is None:
                self._pool = await open_service_pool(
                    self._dsn, application="playhead-gateway", size=self._connections, seconds=self._seconds
                )
            return self._pool


def _place(after: Place | None) -> tuple[object, str]:
    return (None, "") if after is None else (after.at, after.id)


def _first(rows: Sequence[Row]) -> Row | None:
    return rows[0] if rows else None
