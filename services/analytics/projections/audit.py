"""The audit trail: one row a command, whatever became of it. Who asked for what, when, of which stream.

No text of a person stands here: of what was asked for only what an operator changes, a plan, a role, points,
or what he did from his shell.
"""

from collections.abc import Sequence
from typing import Any

from contracts.envelope import Commit, category_of
from contracts.messages.access import PlanChanged, RoleChanged
from contracts.messages.account import AccountRegistered, CreditsGranted
from contracts.messages.operation import OperationBegun, OperationEnded
from contracts.model import EventBody
from eventlog.read.projection import Fact, Journal, Row


def rows(commit: Commit, facts: Sequence[Fact]) -> Sequence[Row]:
    """The row of a commit. The one that begins a partition is nobody's command."""
    if not commit.tenant:
        return ()
    category = category_of(commit.stream)
    refusal = commit.refusal
    return (
        {
            "command_id": commit.command_id,
            "stream": commit.stream,
            "tenant_id": commit.tenant,
            "happened_at": commit.at,
            "actor": commit.actor,
            "command": commit.command_type,
            "category": category,
            "subject_id": next((getattr(fact.body, f"{category}_id", None) for fact in facts), None),
            "outcome": "refused" if refusal else "applied",
            "code": refusal.code if refusal else None,
            "events": [event.type for event in commit.events],
            "details": {name: value for fact in facts for name, value in _told(fact.body).items()},
            "version": commit.version,
        },
    )


def _told(body: EventBody) -> dict[str, Any]:
    match body:
        case PlanChanged(plan=plan):
            return {"plan": plan}
        case RoleChanged(role=role):
            return {"role": role.value}
        case AccountRegistered(plan=plan, role=role):
            return {"plan": plan, "role": role.value}
        case CreditsGranted(amount=amount):
            return {"points": amount}
        case OperationBegun() | OperationEnded():
            return _of_operation(body)
        case _:
            return {}


def _of_operation(body: OperationBegun | OperationEnded) -> dict[str, Any]:
    """What an operator did, and what came of it."""
    return body.model_dump(mode="json", by_alias=True, exclude={"operation_id"})


OF_SESSIONS = Journal("platform.session_audit", 1, rows, key=("command_id",))
OF_JOBS = Journal("platform.job_audit", 1, rows, key=("command_id",))
