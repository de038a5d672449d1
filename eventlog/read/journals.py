"""The two journals that every service keeps: what became of each command, and each event as it was written."""

from collections.abc import Sequence
from typing import Any

import msgspec

from contracts.envelope import Commit, event_id
from contracts.names import text
from eventlog.read.projection import Fact, Row


def outcomes(commit: Commit, _facts: Sequence[Fact]) -> Sequence[Row]:
    """One row for a command. The commit that begins a partition is nobody's command."""
    if not commit.tenant:
        return ()
    refusal = commit.refusal
    return (
        {
            "_id": text(commit.command_id),
            "tenant": commit.tenant,
            "streamId": commit.stream,
            "type": commit.command_type,
            "status": "refused" if refusal else "applied",
            "version": commit.version,
            "problem": {"code": refusal.code, "detail": refusal.detail} if refusal else None,
            "payloadHash": commit.payload_hash,
            "origin": commit.origin,
            "actor": commit.actor,
            "at": commit.at,
        },
    )


def history(commit: Commit, _facts: Sequence[Fact]) -> Sequence[Row]:
    """One row for each event, in the words that it was written in: however it is read today, it happened once."""
    return tuple(_event(commit, number) for number in range(len(commit.events)))


def _event(commit: Commit, number: int) -> Row:
    recorded = commit.events[number]
    data: dict[str, Any] = msgspec.json.decode(recorded.data)
    return {
        "_id": text(event_id(commit.command_id, number)),
        "tenant": commit.tenant,
        "stream": commit.stream,
        "sessionId": data.get("sessionId"),
        "jobId": data.get("jobId"),
        "accountId": data.get("accountId"),
        "version": commit.version - len(commit.events) + number + 1,
        "type": recorded.type,
        "typeVersion": recorded.type_version,
        "at": commit.at,
        "commandId": text(commit.command_id),
        "actor": commit.actor,
        "data": data,
    }
