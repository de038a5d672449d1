"""The gateway's port onto tables, in memory: rows as the projections made them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from contracts.price_book import EDITION, cost_micro_usd
from eventlog.errors import Unavailable
from services.gateway.auth.reach import Reach
from services.gateway.http.cursors import Place
from services.gateway.ports.tables import AuditFilter, Days, Row, usage_place

_NAMED = ("actor", "stream", "category", "command", "outcome")
"""Columns, in the order in which `AuditFilter` names them."""

SUMS = ("calls", "prompt_tokens", "completion_tokens", "tokens_used", "cost_micro_usd", "latency_ms")


_OWNERS = ("tenant_id", "account_id")


class MemoryTables:
    """`rows` is a table by its name, `metrics` the rows of a metric; `away` refuses everything."""

    def __init__(self) -> None:
        self.rows: dict[str, Sequence[Row]] = {}
        self.metrics: dict[str, list[dict[str, Any]]] = {}
        self.away = False

    async def workflow(self, reach: Reach, workflow_id: UUID) -> Row | None:
        return next((row for row in self._standing(reach) if row["id"] == workflow_id), None)

    async def workflows(self, reach: Reach, words: Sequence[str], after: Place | None, limit: int) -> Sequence[Row]:
        rows = [row for row in self._standing(reach) if all(_found(word, row) for word in words)]
        return _page(rows, _by_id, after, limit)

    async def file(self, reach: Reach, workflow_id: UUID, file_id: UUID) -> Row | None:
        if await self.workflow(reach, workflow_id) is None:
            return None
        return next((row for row in self._files(reach, workflow_id) if row["id"] == file_id), None)

    async def files(self, reach: Reach, workflow_id: UUID, after: Place | None, limit: int) -> Sequence[Row]:
        return _page(self._files(reach, workflow_id), _by_id, after, limit)

    async def scenes(self, reach: Reach, workflow_id: UUID) -> Sequence[Row]:
        rows = [row for row in self._of_stream("workflow.scenes", reach) if row["workflow_id"] == workflow_id]
        return sorted(rows, key=lambda row: row["scene_number"])

    async def usage(
        self, reach: Reach, days: Days, account: UUID | None, after: Place | None, limit: int
    ) -> Sequence[Row]:
        return _page(self._usage(reach, days, account), usage_place, after, limit)

    async def usage_by_day(self, reach: Reach, days: Days, account: UUID | None) -> Sequence[Row]:
        found: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in self._usage(reach, days, account):
            key = (row["created_at"].date(), row["provider"], row["model"], row["price_book"])
            kept = found.setdefault(
                key,
                {**dict(zip(("day", "provider", "model", "price_book"), key, strict=True)), **dict.fromkeys(SUMS, 0)},
            )
            kept.update({name: kept[name] + row[name] for name in SUMS})
        return sorted(found.values(), key=lambda row: row["day"], reverse=True)

    async def metric(self, reach: Reach, name: str, days: Days, limit: int) -> Sequence[Row]:
        self._look()
        rows = [row for row in self.metrics.get(name, ()) if row["tenant_id"] == reach.tenant]
        mine = [row for row in rows if reach.only in (None, row.get("account_id"))]
        inside = [row for row in mine if days.first <= row["day"] <= days.last][:limit]
        return [{column: row[column] for column in row if column not in _OWNERS} for row in inside]

    async def audit(self, tenant: str, which: AuditFilter, after: Place | None, limit: int) -> Sequence[Row]:
        every = [*self._of("platform.session_audit", tenant), *self._of("platform.job_audit", tenant)]
        wanted = {name: value for name, value in zip(_NAMED, which, strict=False) if value is not None}
        rows = [
            row
            for row in every
            if all(row[name] == value for name, value in wanted.items())
            and (which.category is not None or row["category"] != "operation")
            and (which.since is None or row["happened_at"] >= which.since)
            and (which.until is None or row["happened_at"] < which.until)
        ]
        return _page(rows, _by_command, after, limit)

    def _usage(self, reach: Reach, days: Days, account: UUID | None) -> list[Row]:
        owners = {row["stream"]: row["account_id"] for row in self._of("analytics.fact_job", reach.tenant)}
        return [
            _used(row)
            for row in self._of("analytics.api_usage", reach.tenant)
            if days.begin <= row["used_at"] < days.end
            and account in (None, owners[row["stream"]])
            and reach.only in (None, owners[row["stream"]])
        ]

    def _standing(self, reach: Reach) -> list[Row]:
        return [row for row in self._own(reach) if row["deleted_at"] is None]

    def _own(self, reach: Reach) -> list[Row]:
        return [row for row in self._of("workflow.workflows", reach.tenant) if reach.only in (None, row["user_id"])]

    def _files(self, reach: Reach, workflow_id: UUID) -> list[Row]:
        rows = self._of_stream("workflow.generated_files", reach)
        return [row for row in rows if row["workflow_id"] == workflow_id]

    def _of_stream(self, table: str, reach: Reach) -> list[Row]:
        """Rows that say only by their workflow whose they are."""
        own = {row["stream"] for row in self._own(reach)}
        return [row for row in self._of(table, reach.tenant) if row["stream"] in own]

    def _of(self, table: str, tenant: str) -> list[Row]:
        self._look()
        return [row for row in self.rows.get(table, ()) if row["tenant_id"] == tenant]

    def _look(self) -> None:
        if self.away:
            raise Unavailable("PostgreSQL", "postgres-2.internal:5432 does not answer")


def _used(row: Row) -> Mapping[str, Any]:
    tokens = (row["prompt_tokens"], row["completion_tokens"])
    price = cost_micro_usd(row["model"], *tokens, row["used_at"])
    return {
        **row,
        "workflow_id": row["session_id"],
        "tokens_used": sum(tokens),
        "cost_micro_usd": row["cost_micro_usd"] if price is None else price,
        "price_book": None if price is None else EDITION,
        "created_at": row["used_at"],
    }


def _found(word: str, row: Row) -> bool:
    """Whole words alone, in any case, as the database's own search has it."""
    text = f"{row['story_title']} {row['original_prompt']} {row['enhanced_story']}".lower()
    return set(re.findall(r"\w+", word.lower())) <= set(re.findall(r"\w+", text)) and bool(re.search(r"\w", word))


def _by_id(row: Row) -> Place:
    return Place(row["created_at"], str(row["id"]))


def _by_command(row: Row) -> Place:
    return Place(row["happened_at"], str(row["command_id"]))


def _page(rows: Sequence[Row], place: Any, after: Place | None, limit: int) -> list[Row]:
    newest_first = sorted(rows, key=place, reverse=True)
    return [row for row in newest_first if after is None or place(row) < after][:limit]
