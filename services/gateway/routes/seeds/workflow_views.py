"""The workflow application's shapes: rows as in its tables, with its names in snake_case."""

import json
from typing import Any

from pydantic import ConfigDict, JsonValue

from services.gateway.http.view import Moment, View
from services.gateway.ports.gateway import Gateway
from services.gateway.ports.tables import Row


class RowView(View):
    """A row, by the names of its columns."""

    model_config = ConfigDict(alias_generator=None)


class PhaseRow(RowView):
    """How far a phase of a workflow is: none, pending, running, done, failed or canceled."""

    name: str
    status: str
    finished_at: Moment | None = None


class WorkflowRow(RowView):
    """A workflow: what was asked for, what was made of it, and how far it is."""

    id: str
    user_id: str
    original_prompt: str
    enhanced_story: str
    story_title: str
    status: str
    phases: list[PhaseRow]
    error_message: str
    created_at: Moment
    updated_at: Moment
    completed_at: Moment | None = None
    version: int


class FileRow(RowView):
    """A file of a workflow. `url` has the bytes of one that was made here, for whoever may read the workflow."""

    id: str
    workflow_id: str
    file_type: str
    file_path: str
    file_name: str
    file_size: int
    metadata: dict[str, JsonValue]
    url: str | None = None
    created_at: Moment


class SceneRow(RowView):
    """A scene: what is written on it, what is said meanwhile, and its picture among the files."""

    workflow_id: str
    scene_number: int
    description: str
    prompt: str
    bullets: list[str]
    image_file_id: str | None = None
    image_url: str | None = None
    start_ms: int
    end_ms: int
    created_at: Moment


class FileRemoval(RowView):
    """The file that went; `deleted` is false while it is still on its way."""

    id: str
    deleted: bool


class UsageRow(RowView):
    """A use of a provider of words or voices. Money in millionths of a US dollar, at the prices of its time."""

    workflow_id: str
    job_id: str
    stage: str
    provider: str
    model: str
    operation: str
    calls: int
    prompt_tokens: int
    completion_tokens: int
    tokens_used: int
    cost_micro_usd: int
    price_book: int | None = None
    latency_ms: int
    created_at: Moment


class UsageTotals(RowView):
    """All uses in the time asked for together."""

    calls: int
    prompt_tokens: int
    completion_tokens: int
    tokens_used: int
    cost_micro_usd: int
    latency_ms: int


class UsageDay(UsageTotals):
    """All uses of one model on one day."""

    day: str
    provider: str
    model: str
    price_book: int | None = None


class UsagePage(RowView):
    """Uses, newest first; and all of the time asked for together, and by day and model."""

    items: list[UsageRow]
    nextCursor: str | None  # noqa: N815 - lists have the same frame everywhere
    hasMore: bool  # noqa: N815
    totals: UsageTotals
    days: list[UsageDay]


def workflow_row(row: Row) -> WorkflowRow:
    """The workflow."""
    return WorkflowRow.model_validate({**row, "id": str(row["id"]), "user_id": str(row["user_id"])})


def file_row(gateway: Gateway, row: Row) -> FileRow:
    """The file, with the address of its bytes where they are here."""
    workflow, file = str(row["workflow_id"]), str(row["id"])
    shown = {
        **row,
        "id": file,
        "workflow_id": workflow,
        "metadata": about(row),
        "url": content_url(gateway, workflow, file) if row["stage"] else None,
    }
    return FileRow.model_validate(shown)


def about(row: Row) -> dict[str, Any]:
    """A file's metadata, which is kept as JSON text."""
    return json.loads(row["metadata"])


def scene_row(gateway: Gateway, row: Row) -> SceneRow:
    """The scene, with the address of its picture."""
    workflow, picture = str(row["workflow_id"]), row["image_file_id"]
    shown = {
        **row,
        "workflow_id": workflow,
        "image_file_id": str(picture) if picture else None,
        "image_url": content_url(gateway, workflow, str(picture)) if picture else None,
    }
    return SceneRow.model_validate(shown)


def usage_row(row: Row) -> UsageRow:
    """The use."""
    return UsageRow.model_validate({**row, "workflow_id": str(row["workflow_id"]), "job_id": str(row["job_id"])})


def usage_day(row: Row) -> UsageDay:
    """The day."""
    return UsageDay.model_validate({**row, "day": row["day"].isoformat()})


def totals_of(days: list[UsageDay]) -> UsageTotals:
    """All of them together."""
    names = UsageTotals.model_fields
    return UsageTotals.model_validate({name: sum(getattr(day, name) for day in days) for name in names})


def content_url(gateway: Gateway, workflow: str, file: str) -> str:
    """Where the bytes of a file are that was made here."""
    return f"{gateway.public_url}/api/workflows/{workflow}/files/{file}/content"
