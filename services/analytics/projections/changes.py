"""Facts that are only ever added: each change of a status, and of an account's points. One row an event."""

from collections.abc import Callable, Sequence
from typing import Any

from contracts.envelope import Commit
from contracts.messages.access import PlanChanged, RoleChanged
from contracts.messages.account import (
    AccountRegistered,
    CreditsGranted,
    CreditsRefunded,
    CreditsReserved,
    CreditsSettled,
)
from contracts.messages.job import (
    JOB_EXPIRED,
    JobCanceled,
    JobClaimed,
    JobCompleted,
    JobExpired,
    JobFailed,
    JobPurged,
    JobQueued,
    JobReleased,
    JobRetried,
    JobStageFailed,
)
from contracts.messages.session import (
    SessionCanceled,
    SessionCompleted,
    SessionDeleted,
    SessionFailed,
    SessionPurged,
    SessionRestored,
    SessionRetried,
    SessionStarted,
    StagesRequested,
)
from contracts.model import EventBody
from eventlog.read.projection import Fact, Journal, Row

Columns = dict[str, Any]


def of_job(body: EventBody) -> Columns | None:
    """The status that the event gives a job, and why; None where it gives none."""
    match body:
        case JobQueued() | JobRetried():
            status, reason = "queued", None
        case JobClaimed():
            status, reason = "running", None
        case JobReleased(reason=why):
            status, reason = "queued", why.value
        case JobStageFailed(code=code):
            status, reason = "queued", code
        case JobCompleted():
            status, reason = "completed", None
        case JobFailed(code=code):
            status, reason = "failed", code
        case JobCanceled():
            status, reason = "canceled", None
        case JobExpired():
            status, reason = "expired", JOB_EXPIRED
        case JobPurged():
            status, reason = "purged", None
        case _:
            return None
    return {"job_id": body.job_id, "session_id": body.session_id, "status": status, "reason": reason}


def of_session(body: EventBody) -> Columns | None:
    """The status that the event gives a session, and why; None where it gives none."""
    match body:
        case SessionStarted():
            status, reason = "created", None
        case StagesRequested() | SessionRetried():
            status, reason = "active", None
        case SessionCompleted():
            status, reason = "completed", None
        case SessionFailed(code=code):
            status, reason = "failed", code
        case SessionCanceled():
            status, reason = "canceled", None
        case SessionDeleted():
            status, reason = "deleted", None
        case SessionRestored():
            status, reason = "restored", None
        case SessionPurged():
            status, reason = "purged", None
        case _:
            return None
    return {"session_id": body.session_id, "status": status, "reason": reason}


def of_account(body: EventBody) -> Columns | None:
    """The change of the points, signed, and what it is for; None where they do not change."""
    match body:
        case CreditsGranted():
            kind, job, session, run = "granted", None, None, None
        case CreditsReserved(job_id=job, session_id=session, run=run):
            kind = "reserved"
        case CreditsSettled(job_id=job, session_id=session, run=run):
            kind = "settled"
        case CreditsRefunded(job_id=job, session_id=session, run=run):
            kind = "refunded"
        case _:
            return None
    return {
        "account_id": body.account_id,
        "entry_id": body.entry_id,
        "kind": kind,
        "amount": body.amount,
        "balance_after": body.balance_after,
        "job_id": job,
        "session_id": session,
        "run": run,
    }


def of_plan(body: EventBody) -> Columns | None:
    """The plan and the role that an account has from then on; None where they do not change."""
    if not isinstance(body, AccountRegistered | PlanChanged | RoleChanged):
        return None
    return {"account_id": body.account_id, "kind": body.kind.value, "role": body.role.value, "plan": body.plan}


def _rows(told: Callable[[EventBody], Columns | None]) -> Callable[[Commit, Sequence[Fact]], list[Row]]:
    def rows(_commit: Commit, facts: Sequence[Fact]) -> list[Row]:
        return [
            {"stream": fact.stream, "version": fact.version, "tenant_id": fact.tenant, **columns, "changed_at": fact.at}
            for fact in facts
            if (columns := told(fact.body)) is not None
        ]

    return rows


_KEY = ("stream", "version")
JOBS = Journal("analytics.job_status_change", 1, _rows(of_job), key=_KEY)
SESSIONS = Journal("analytics.session_status_change", 1, _rows(of_session), key=_KEY)
PLANS = Journal("analytics.account_change", 1, _rows(of_plan), key=_KEY)
CREDITS = Journal("analytics.fact_credit", 1, _rows(of_account), key=_KEY)
