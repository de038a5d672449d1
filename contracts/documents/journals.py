"""The documents that are written with each commit: what became of a command, and each event."""

from datetime import datetime
from typing import Literal

from pydantic import JsonValue

from contracts.documents.parts import Document, Part


class Problem(Part):
    """Why a command changed nothing."""

    code: str
    detail: str


class CommandDocument(Document):
    """`session_commands` and `render_commands`, each by its service's projector: what became of a command.

    `_id` is the command's id. `version` is the stream's number of events after it. `payload_hash` tells a repeat from
    another command that was given the same id; `origin` is the gateway instance that sent it, or, for a policy's
    command, the stream that made the policy ask.
    """

    stream_id: str
    type: str
    status: Literal["applied", "refused"]
    version: int
    problem: Problem | None
    payload_hash: str
    origin: str
    actor: str
    at: datetime


class HistoryDocument(Document):
    """`session_history` and `render_history`, each by its service's projector: one event, as it was written.

    `_id` is the event's id. Whichever of the three ids the event names are set, so that everything about one session
    is found in both collections by (`tenant`, `session_id`).
    """

    stream: str
    session_id: str | None
    job_id: str | None
    account_id: str | None
    version: int
    type: str
    type_version: int
    at: datetime
    command_id: str
    actor: str
    data: dict[str, JsonValue]
