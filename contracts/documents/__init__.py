"""The documents that MongoDB keeps: one class a collection, each written by exactly one projector.

| class             | collection                            | written by                | one for each     |
|-------------------|---------------------------------------|---------------------------|------------------|
| `SessionDocument` | `sessions`                            | session, from its events  | session stream   |
| `AccountDocument` | `accounts`                            | session, from its events  | account stream   |
| `PresetDocument`  | `presets`                             | session, from its events  | preset stream    |
| `CredentialsDocument` | `credentials`                     | session, from its events  | account stream   |
| `JobDocument`     | `jobs`                                | render, from its events   | job stream       |
| `ProjectDocument` | `projects`                            | session, from its events  | project stream   |
| `TimelineStateDocument` | `timeline_states`               | session, from each commit | saved timeline   |
| `UploadDocument`  | `uploads`                             | render, from its events   | upload stream    |
| `WebhooksDocument` | `webhooks`                       | session, from its events  | account stream   |
| `CommandDocument` | `session_commands`, `render_commands` | the same, from each commit | handled command |
| `HistoryDocument` | `session_history`, `render_history`   | the same, from each commit | event           |

`DeliveryDocument` (`webhook_deliveries`) is the gateway's own: no projection writes it, no log restores it.

Every document has an `_id` and a `tenant`; every query names the tenant. Ids are strings, times are dates, durations
whole milliseconds. Nothing in a document comes from a clock, a host name or another stream.
"""

from contracts.documents.accounts import LEDGER_ITEMS_KEPT, AccountDocument, LedgerEntry
from contracts.documents.credentials import CredentialsDocument
from contracts.documents.jobs import JobDocument, JobError, JobStage, JobStatus
from contracts.documents.journals import CommandDocument, HistoryDocument, Problem
from contracts.documents.parts import Asset, Document, Part, StageStatus, asset, with_expiry
from contracts.documents.presets import PresetDocument
from contracts.documents.projects import ProjectDocument, TimelinePart, TimelineStateDocument
from contracts.documents.sessions import AT_WORK, SessionDocument, SessionError, SessionStage, SessionStatus
from contracts.documents.uploads import UploadDocument
from contracts.documents.webhooks import AttemptPart, DeliveryDocument, EndpointPart, WebhooksDocument
from contracts.validators import json_schema

COLLECTIONS: dict[str, type[Document]] = {
    "sessions": SessionDocument,
    "accounts": AccountDocument,
    "presets": PresetDocument,
    "credentials": CredentialsDocument,
    "jobs": JobDocument,
    "projects": ProjectDocument,
    "timeline_states": TimelineStateDocument,
    "uploads": UploadDocument,
    "webhooks": WebhooksDocument,
    "session_commands": CommandDocument,
    "render_commands": CommandDocument,
    "session_history": HistoryDocument,
    "render_history": HistoryDocument,
}
"""Collection to what stands in it."""

__all__ = [
    "AT_WORK",
    "LEDGER_ITEMS_KEPT",
    "AccountDocument",
    "Asset",
    "AttemptPart",
    "CommandDocument",
    "CredentialsDocument",
    "DeliveryDocument",
    "Document",
    "EndpointPart",
    "HistoryDocument",
    "JobDocument",
    "JobError",
    "JobStage",
    "JobStatus",
    "LedgerEntry",
    "Part",
    "PresetDocument",
    "Problem",
    "ProjectDocument",
    "SessionDocument",
    "SessionError",
    "SessionStage",
    "SessionStatus",
    "StageStatus",
    "TimelinePart",
    "TimelineStateDocument",
    "UploadDocument",
    "WebhooksDocument",
    "asset",
    "json_schema",
    "with_expiry",
]
