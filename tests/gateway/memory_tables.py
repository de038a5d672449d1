"""The gateway's port onto tables, in memory: rows as the projections made them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from contracts.price_book import EDITION, cost_micro_usd
from eventlog.errors import Unavailable
from services.gateway.http.cursors import Place
from services.gateway.ports.tables import AuditFilter, Days, Row, usage_place

_NAMED = ("actor", "stream", "category", "command", "outcome")
"""Columns, in the order in which `AuditFilter` names them."""

SUMS = ("calls", "prompt_tokens", "completion_tokens", "tokens_used", "cost_micro_usd", "latency_ms")


class MemoryTables:
    """`rows` is a table by its name, `metrics` the rows of a metric; `away` refuses everything."""

    def __init__(self) -> None:
        self.rows: dict[str, Sequence[Row]] = {}
        self.metrics: dict[str, list[dict[str, Any]]] = {}
        self.away = False

    async def workflow(self, tenant: str, workflow_id: UUID) -> Row | None:
        return next((row for row in self._standing(tenant) if row["id"] == workflow_id), None)

    async def workflows(self, tenant: str, words: Sequence[str], after: Place | None, limit: int) -> Sequence[Row]:
        rows = [row for row in self._standing(tenant) if all(_found(word, row) for word in words)]
        return _page(rows, _by_id, after, limit)

    async def file(self, tenant: str, workflow_id: UUID, file_id: UUID) -> Row | None:
        if await self.workflow(tenant, workflow_id) is None:
            return None
        return next((row for row in self._files(tenant, workflow_id) if row["id"] == file_id), None)

    async def files(self, tenant: str, workflow_id: UUID, after: Place | None, limit: int) -> Sequence[Row]:
        return _page(self._files(tenant, workflow_id), _by_id, after, limit)

    async def scenes(self, tenant: str, workflow_id: UUID) -> Sequence[Row]:
        rows = [row for row in self._of("workflow.scenes", tenant) if row["workflow_id"] == workflow_id]
        return sorted(rows, key=lambda row: row["scene_number"])

    async def usage(
        self, tenant: str, days: Days, account: UUID | None, after: Place | None, limit: int
    ) -> Sequence[Row]:
        return _page(self._usage(tenant, days, account), usage_place, after, limit)

    async def usage_by_day(self, tenant: str, days: Days, account: UUID | None) -> Sequence[Row]:
        found: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in self._usage(tenant, days, account):
            key = (row["created_at"].date(), row["provider"], row["model"], row["price_book"])
            kept = found.setdefault(
                key,
                {**dict(zip(("day", "provider", "model", "price_book"), key, strict=True)), **dict.fromkeys(SUMS, 0)},
            )
            kept.update({name: kept[name] + row[name] for name in SUMS})
        return sorted(found.values(), key=lambda row: row["day"], reverse=True)

    async def metric(self, tenant: str, name: str, days: Days, limit: int) -> Sequence[Row]:
        self._look()
        rows = [row for row in self.metrics.get(name, ()) if row["tenant_id"] == tenant]
        inside = [row for row in rows if days.first <= row["day"] <= days.last][:limit]
        return [{column: row[column] for column in row if column != "tenant_id"} for row in inside]

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

    def _usage(self, tenant: str, days: Days, account: UUID | None) -> list[Row]:
        owners = {row["stream"]: row["account_id"] for row in self._of("analytics.fact_job", tenant)}
        return [
            _used(row)
            for row in self._of("analytics.api_usage", tenant)
            if days.begin <= row["used_at"] < days.end and account in (None, owners[row["stream"]])
        ]

    def _standing(self, tenant: str) -> list[Row]:
        return [row for row in self._of("workflow.workflows", tenant) if row["deleted_at"] is None]

    def _files(self, tenant: str, workflow_id: UUID) -> list[Row]:
        return [row for row in self._of("workflow.generated_files", tenant) if row["workflow_id"] == workflow_id]

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
