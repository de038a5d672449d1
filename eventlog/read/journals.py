"""The two journals that every service keeps: what became of each command, and each event as it was written."""

from collections.abc import Sequence
from typing import Any

import msgspec

from contracts.envelope import Commit
from eventlog.read.projection import Fact, Row


def outcomes(commit: Commit, _facts: Sequence[Fact]) -> Sequence[Row]:
    """One row for a command. The commit that begins a partition is nobody's command."""
    if not commit.tenant:
        return ()
    refusal = commit.refusal
    return (
        {
            "_id": str(commit.command_id),
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


def history(commit: Commit, facts: Sequence[Fact]) -> Sequence[Row]:
    """One row for each event."""
    return tuple(_event(commit, number, fact) for number, fact in enumerate(facts))


def _event(commit: Commit, number: int, fact: Fact) -> Row:
    recorded = commit.events[number]
    data: dict[str, Any] = msgspec.json.decode(recorded.data)
    return {
        "_id": str(fact.id),
        "tenant": fact.tenant,
        "stream": fact.stream,
        "sessionId": data.get("sessionId"),
        "jobId": data.get("jobId"),
        "accountId": data.get("accountId"),
        "version": fact.version,
        "type": recorded.type,
        "typeVersion": recorded.type_version,
        "at": fact.at,
        "commandId": str(fact.command_id),
        "actor": fact.actor,
        "data": data,
    }
